"""Do all name servers of the zone serve it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.nameservers import NameServer, NameServersEvidence, Serving
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

_SHOWN: Mapping[Serving, str] = {
    "refuses": "REFUSED",
    "fails": "SERVFAIL",
    "lame": "AA=0",
    "silent": "timeout",
    "no-address": "NXDOMAIN",
}
"""The states in which a server is of no use, in words of the protocol, which are the same in both languages."""

NAMESERVER_FAILING = Rule(
    id="DNS101",
    name="nameserver-failing",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("zone", "servers", "others"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="No name server of `{zone}` serves it: {servers}",
            ja="`{zone}` のゾーンを提供しているネームサーバーがありません: {servers}",
        ),
        why=Text(
            en="Urgent: nobody can look anything up in this zone. Mail to it waits and comes back, and mail from it is refused or put off, for neither SPF, DKIM nor DMARC can be found.",
            ja="緊急の対応が必要です。このゾーンの名前解決がまったくできません。このゾーン宛てのメールは保留された後に返送されます。このゾーンからのメールも、SPF、DKIM、DMARCを確認できないため、拒否または一時拒否されます。",
        ),
        fix=Text(
            en="See with `dig @SERVER SOA {zone}` what each server says. REFUSED or AA=0: the zone is not set up there, as after a move or an unpaid bill. No answer: server or firewall. Then correct the servers, or the NS records at the registrar.",
            ja="`dig @サーバー SOA {zone}` で各サーバーの応答を確認してください。REFUSEDやAA=0の場合はゾーンが設定されていません(移転や契約切れなど)。応答がない場合はサーバーかファイアウォールの障害です。サーバー、または登録事業者(レジストラ)のNSレコードを修正してください。",
        ),
    ),
    variants={
        "others_serve": Texts(
            title=Text(
                en="A name server of `{zone}` does not serve it: {servers}",
                ja="`{zone}` のネームサーバーの一部が、このゾーンを提供していません: {servers}",
            ),
            why=Text(
                en="The others answer ({others:code}), so mail flows. But resolvers lose time on this one, and when another one fails there is one less.",
                ja="ほかのサーバー({others:code})がゾーンを提供しているため、メールは届いています。ただし、名前解決が遅くなることがあり、別のサーバーが停止したときの予備も1台少なくなります。",
            ),
            fix=Text(
                en="See what `dig @SERVER SOA {zone}` says there: set the zone up on that server, or take it out of the NS records of `{zone}`, both in the zone and at the registrar.",
                ja="`dig @サーバー SOA {zone}` で応答を確認し、そのサーバーにゾーンを設定するか、`{zone}` のNSレコードから外してください(ゾーン内と登録事業者(レジストラ)の両方)。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc2182", "https://www.rfc-editor.org/rfc/rfc1912#section-2.8"),
    sample=Sample(
        bad="example.co.jp.  NS  ns2.example.net.  (SOA: REFUSED)",
        good="example.co.jp.  NS  ns2.example.net.  (SOA: AA)",
    ),
)


def judge(nameservers: NameServersEvidence) -> Iterator[Finding]:
    """A silent server is its own fault only if another one was heard: else nothing gets out from here."""
    match nameservers.servers:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_RECORD)
        case Seen(servers):
            pass
    serving = tuple(s.name for s in servers if s.state == "serves")
    failing = [s for s in servers if s.state in _SHOWN]
    zone = nameservers.zone or nameservers.domain
    if serving:
        for server in failing:
            yield NAMESERVER_FAILING.found(
                server.name,
                severity=Severity.WARNING,
                tier=Tier.NONE,
                variant="others_serve",
                zone=zone,
                servers=(_shown(server),),
                others=serving,
            )
    if any(server.state == "late" for server in servers):
        raise CannotTell(Why.TIMEOUT)
    if serving:
        return
    if any(server.state == "unresolved" for server in servers):
        raise CannotTell(Why.DEPENDS)
    if nameservers.resolver_answers or not nameservers.reaches_out or len(failing) < len(servers):
        raise CannotTell(Why.NO_DIRECT)
    yield NAMESERVER_FAILING.found(zone, zone=zone, servers=tuple(map(_shown, failing)), others=())


def _shown(server: NameServer) -> str:
    return f"{server.name} ({_SHOWN[server.state]})"


CHECK = Check(
    id="dns.servers",
    title=Text(en="Name servers", ja="ネームサーバー"),
    needs=(NameServersEvidence,),
    rules=(NAMESERVER_FAILING,),
    judge=judge,
)
