"""Does the DNS lead mail for the test addresses to this machine, and do its addresses have names?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from bot.doctor.finding import Finding, State
from bot.doctor.machine import Machine
from bot.settings import Settings
from checks import BadDomain, Checker, Fact, Text, Why, reason_text

DEADLINE_S = 12.0

_NO_DOMAIN = Text(
    en="`MAILCHECK_MAIL_DOMAIN` is not set: the bot runs without test addresses.",
    ja="`MAILCHECK_MAIL_DOMAIN` が設定されていません。ボットはテスト用アドレスなしで動作します。",
)
_CHOOSE_DOMAIN = Text(
    en="To offer send-tests, give the bot a domain of its own, e.g. `check.example.com`, with an MX record that leads to this machine.",
    ja="送信テストを行うには、ボット専用のドメイン(例: `check.example.com`)を用意し、MXレコードをこのマシンに向けてください。",
)
_PUBLISH_MX = Text(
    en="Publish `{domain}. MX 10 {host}.` and, for `{host}`, an A record with the public address of this machine.",
    ja="`{domain}. MX 10 {host}.` を登録し、`{host}` のAレコードにこのマシンのグローバルIPアドレスを登録してください。",
)
_ASK_AGAIN = Text(
    en="Run the doctor again; if it stays so, see the resolver below and the name servers of `{domain}`.",
    ja="もう一度実行してください。変わらない場合は、後述のリゾルバーの結果と `{domain}` のネームサーバーを確認してください。",
)


@dataclass(frozen=True, slots=True)
class _Host:
    """An MX host: its addresses, and why some are not known."""

    name: str
    addresses: tuple[str, ...]
    failed: Why | None


async def examine_mail_domain(settings: Settings, machine: Machine) -> list[Finding]:
    """Findings mx and ptr; mail_domain alone where there is none."""
    domain = settings.mail_domain
    if domain is None:
        return [Finding("mail_domain", State.OK, _NO_DOMAIN, {}, _CHOOSE_DOMAIN)]
    try:
        async with Checker(settings.nameservers or None, connect=False, deadline_s=DEADLINE_S) as checker:
            evidence = (await checker.check_domain(domain, topics=("mx", "ptr"))).evidence
    except BadDomain as error:
        return [Finding("mail_domain", State.WRONG, error.text, error.facts, _CHOOSE_DOMAIN)]
    facts: dict[str, Fact] = {"domain": domain, "host": settings.greeting_name}
    mx = evidence["MxEvidence"]
    hosts = [_host(target) for target in mx["targets"]]
    return [_mx(mx["records"], hosts, facts, settings, machine), _ptr(evidence.get("MxReverseEvidence"), facts)]


def _host(target: Mapping[str, Any]) -> _Host:
    answers = (target["ipv4"], target["ipv6"])
    addresses = tuple(value for answer in answers if answer["state"] == "seen" for value in answer["value"]["values"])
    failed = next((Why(answer["why"]) for answer in answers if answer["state"] == "unreachable"), None)
    return _Host(target["host"], addresses, failed)


def _mx(
    records: Mapping[str, Any], hosts: Sequence[_Host], facts: Mapping[str, Fact], settings: Settings, machine: Machine
) -> Finding:
    if records["state"] == "unreachable":
        return _unanswered("mx", _MX_UNANSWERED, Why(records["why"]), facts)
    if not hosts:
        seen = Text(
            en="`{domain}` has no MX record that names a host.",
            ja="`{domain}` に、ホストを指すMXレコードがありません。",
        )
        return Finding("mx", State.WRONG, seen, facts, _PUBLISH_MX)
    if empty := next((host for host in hosts if not host.addresses), None):
        named = {**facts, "host": empty.name}
        if empty.failed is not None:
            return _unanswered("mx", _MX_UNANSWERED, empty.failed, named)
        seen = Text(
            en="MX `{host}` of `{domain}` has neither A nor AAAA record.",
            ja="`{domain}` のMX `{host}` にAレコードもAAAAレコードもありません。",
        )
        return Finding("mx", State.WRONG, seen, named, _PUBLISH_MX)
    return _placed([(host.name, address) for host in hosts for address in host.addresses], facts, settings, machine)


_MX_UNANSWERED = Text(
    en="Where mail for `{domain}` goes could not be told: ", ja="`{domain}` 宛てのメールの配送先を確認できません: "
)


def _unanswered(finding_id: str, text: Text, why: Why, facts: Mapping[str, Fact]) -> Finding:
    reason = reason_text(why)
    return Finding(
        finding_id, State.UNKNOWN, Text(f"{text.en}{reason.en}.", f"{text.ja}{reason.ja}。"), facts, _ASK_AGAIN
    )


def _placed(
    targets: Sequence[tuple[str, str]], facts: Mapping[str, Fact], settings: Settings, machine: Machine
) -> Finding:
    """Every address must be ours: another host would refuse the test addresses."""
    unsure: list[str] = []
    for host, address in targets:
        found = {**facts, "host": host, "address": address}
        version = ip_address(address).version
        if version not in _versions(settings.mailbox_host):
            found["version"] = version
            return Finding("mx", State.WRONG, _OTHER_VERSION, found, _LISTEN_ON_BOTH)
        match machine.has_address(address):
            case True if not ip_address(address).is_global:
                return Finding("mx", State.WRONG, _NOT_PUBLIC, found, _POINT_HERE)
            case False if not settings.proxy_from and _is_public(machine.source_address(version)):
                return Finding("mx", State.WRONG, _ELSEWHERE, found, _POINT_HERE)
            case None | False:
                unsure.append(address)
    shown = {**facts, "addresses": tuple(unsure or [address for _, address in targets])}
    if unsure:
        return Finding(
            "mx", State.UNKNOWN, _BEHIND_PROXY if settings.proxy_from else _BEHIND_NAT, shown, _SEE_FORWARDING
        )
    seen = Text(
        en="The MX of `{domain}` leads to this machine ({addresses}).",
        ja="`{domain}` のMXはこのマシンを指しています({addresses})。",
    )
    return Finding("mx", State.OK, seen, shown)


def _versions(mailbox_host: str) -> tuple[int, ...]:
    """The IP versions on which the mailbox listens; "::" means IPv6 alone, for asyncio keeps the two apart."""
    try:
        return (ip_address(mailbox_host).version,)
    except ValueError:  # a name, or "" for every address
        return (4, 6)


_OTHER_VERSION = Text(
    en="MX `{host}` has the address `{address}`, but the mailbox does not listen on IPv{version}.",
    ja="MX `{host}` のアドレスに `{address}` がありますが、メールボックスはIPv{version}で待ち受けていません。",
)
_LISTEN_ON_BOTH = Text(
    en="Set `MAILCHECK_MAILBOX_HOST=` (empty) to listen on IPv4 and IPv6, or delete the record with `{address}`.",
    ja="`MAILCHECK_MAILBOX_HOST=`(空)を設定してIPv4とIPv6の両方で待ち受けるか、`{address}` のレコードを削除してください。",
)
_NOT_PUBLIC = Text(
    en="MX `{host}` has the address `{address}`, which nobody outside can reach.",
    ja="MX `{host}` のアドレス `{address}` には、外部から到達できません。",
)
_ELSEWHERE = Text(
    en="MX `{host}` of `{domain}` leads to `{address}`, which is not an address of this machine.",
    ja="`{domain}` のMX `{host}` が指す `{address}` は、このマシンのアドレスではありません。",
)
_POINT_HERE = Text(
    en="Point `{host}` to the public address of this machine, or take that MX record away. If something in front of this machine forwards port 25 of `{address}` to it, leave it so.",
    ja="`{host}` をこのマシンのグローバルIPアドレスに向けるか、そのMXレコードを削除してください。前段の機器が `{address}` の25番ポートをこのマシンに転送している場合は、変更不要です。",
)
_BEHIND_NAT = Text(
    en="Whether {addresses}, where the MX of `{domain}` leads, is this machine could not be told: it knows itself only by private addresses (NAT).",
    ja="`{domain}` のMXが指す {addresses} がこのマシンかどうかは確認できません。このマシンにはプライベートアドレスしかありません(NAT)。",
)
_BEHIND_PROXY = Text(
    en="Whether {addresses}, where the MX of `{domain}` leads, is the proxy in front of this machine could not be told.",
    ja="`{domain}` のMXが指す {addresses} が、このマシンの前段のプロキシかどうかは確認できません。",
)
_SEE_FORWARDING = Text(
    en="See that your router, cloud or proxy forwards port 25 of that address to this machine. The first test mail from outside proves it.",
    ja="ルーター、クラウド、プロキシの設定で、そのアドレスの25番ポートがこのマシンに転送されることを確認してください。外部からテストメールが1通届けば確認できます。",
)


def _is_public(address: str | None) -> bool:
    return address is not None and ip_address(address).is_global


def _ptr(evidence: Mapping[str, Any] | None, facts: Mapping[str, Fact]) -> Finding:
    """The worst of the addresses; a name is good if it is the MX host's, or the one in our greeting."""
    reverse = evidence["reverse"] if evidence else []
    if not reverse:
        seen = Text(
            en="No address of an MX of `{domain}` is known whose reverse name could be looked up.",
            ja="`{domain}` のMXのアドレスが得られず、逆引きを確認できません。",
        )
        fix = Text(
            en="Once the MX of `{domain}` is in order, run the doctor again.",
            ja="`{domain}` のMXを確認・修正したあと、もう一度実行してください。",
        )
        return Finding("ptr", State.UNKNOWN, seen, facts, fix)
    findings = [_reverse_name(each, facts) for each in reverse]
    return min(findings, key=lambda finding: (State.WRONG, State.UNKNOWN, State.OK).index(finding.state))


def _reverse_name(each: Mapping[str, Any], facts: Mapping[str, Fact]) -> Finding:
    found: dict[str, Fact] = {**facts, "host": each["host"], "address": each["address"]}
    names = each["names"]
    if names["state"] == "unreachable":
        return _unanswered("ptr", _PTR_UNANSWERED, Why(names["why"]), found)
    if names["state"] == "absent":
        return Finding("ptr", State.WRONG, _NO_PTR, found, _ASK_FOR_PTR)
    values = tuple(names["value"]["values"])
    found["names"] = values[:5]
    if {name.lower() for name in values} & {str(each["host"]).lower(), str(facts["host"])}:
        return Finding("ptr", State.OK, _PTR_OK, found)
    return Finding("ptr", State.WRONG, _OTHER_PTR, found, _ASK_FOR_PTR)


_PTR_UNANSWERED = Text(
    en="The reverse name of `{address}` could not be told: ", ja="`{address}` の逆引きを確認できません: "
)
_NO_PTR = Text(
    en="`{address}` of MX `{host}` has no reverse name (PTR).",
    ja="MX `{host}` の `{address}` に逆引き(PTR)がありません。",
)
_PTR_OK = Text(en="The reverse name of `{address}` is {names}.", ja="`{address}` の逆引きは {names} です。")
_OTHER_PTR = Text(
    en="The reverse name of `{address}` is {names}, not `{host}`.",
    ja="`{address}` の逆引きは `{host}` ではなく {names} です。",
)
_ASK_FOR_PTR = Text(
    en="Ask whoever assigned `{address}` to set its PTR record to `{host}`. Receiving works without it, but blocklists such as Spamhaus may refuse a resolver at an address without one of its own.",
    ja="`{address}` を割り当てた事業者に、PTRレコードを `{host}` にするよう依頼してください。受信はこのままでもできますが、固有の逆引きがないアドレスのリゾルバーからの問い合わせは、Spamhausなどのブラックリストに拒否されることがあります。",
)
