"""Can mail be delivered to the servers that the MX records name?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence, MxTarget, is_global
from checks.model import Absent, Severity, Tier, Unreachable, Why

MX_UNRESOLVABLE = Rule(
    id="MX103",
    name="mx-unresolvable",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "host", "others"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="MX of `{domain}`: `{host}` has no address",
            ja="`{domain}` のMXに指定された `{host}` にアドレスがありません",
        ),
        why=Text(
            en="No other MX of the domain has an address either ({others:code}): nobody can deliver mail to it.",
            ja="アドレスを持つMXがほかになく({others:code})、このドメイン宛てのメールは配送できません。",
        ),
        fix=Text(
            en="Publish an A (and AAAA) record for `{host}`, or change the MX record of `{domain}` to the name of the server that receives its mail.",
            ja="`{host}` のAレコード(およびAAAAレコード)を公開するか、`{domain}` のMXレコードを実際に受信するサーバーの名前に変更してください。",
        ),
    ),
    variants={
        "alone": Texts(
            title=Text(
                en="MX of `{domain}`: `{host}` has no address",
                ja="`{domain}` のMXに指定された `{host}` にアドレスがありません",
            ),
            why=Text(
                en="The domain has no other MX: nobody can deliver mail to it.",
                ja="ほかにMXがないため、このドメイン宛てのメールは配送できません。",
            ),
            fix=Text(
                en="Publish an A (and AAAA) record for `{host}`, or change the MX record of `{domain}` to the name of the server that receives its mail.",
                ja="`{host}` のAレコード(およびAAAAレコード)を公開するか、`{domain}` のMXレコードを実際に受信するサーバーの名前に変更してください。",
            ),
        ),
        "others_serve": Texts(
            title=Text(
                en="MX of `{domain}`: `{host}` has no address",
                ja="`{domain}` のMXに指定された `{host}` にアドレスがありません",
            ),
            why=Text(
                en="Mail still arrives through {others:code}, but senders lose time on `{host}`, and there is one server less when another fails.",
                ja="{others:code} で受信できていますが、送信側は `{host}` への配送に失敗してからほかのMXを試すため遅延し、障害時の予備も1台少なくなります。",
            ),
            fix=Text(
                en="Publish an A (and AAAA) record for `{host}`, or remove its MX record from `{domain}`.",
                ja="`{host}` のAレコード(およびAAAAレコード)を公開するか、`{domain}` からこのMXレコードを削除してください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-5.1",),
    sample=Sample(
        bad="example.co.jp.  MX  10 old-mx.example.co.jp.  (NXDOMAIN)",
        good="example.co.jp.  MX  10 mx1.example.co.jp.  (A 192.0.2.25)",
    ),
)

MX_NOT_GLOBAL = Rule(
    id="MX105",
    name="mx-not-global",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "host", "addresses", "others"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="MX of `{domain}`: `{host}` has an address that nobody outside can reach",
            ja="`{domain}` のMX `{host}` が、外部から到達できないアドレスを指しています",
        ),
        why=Text(
            en="{addresses:code} is private or reserved (RFC 6890), and no other MX of the domain can be reached from the internet ({others:code}): mail from outside does not arrive.",
            ja="{addresses:code} はプライベートアドレスまたは予約済みアドレス(RFC 6890)です。外部から到達できるMXがほかになく({others:code})、社外からのメールは届きません。",
        ),
        fix=Text(
            en="Publish the server's public address as A (or AAAA) record of `{host}`. If inside the network the name has to give the private one, answer it there by an internal DNS view, not in the public zone.",
            ja="`{host}` のA(またはAAAA)レコードに、サーバーのグローバルIPアドレスを登録してください。社内でプライベートアドレスを返す必要がある場合は、公開ゾーンではなく社内用のDNSで返します。",
        ),
    ),
    variants={
        "alone": Texts(
            title=Text(
                en="MX of `{domain}`: `{host}` has an address that nobody outside can reach",
                ja="`{domain}` のMX `{host}` が、外部から到達できないアドレスを指しています",
            ),
            why=Text(
                en="{addresses:code} is private or reserved (RFC 6890), and the domain has no other MX: mail from outside does not arrive.",
                ja="{addresses:code} はプライベートアドレスまたは予約済みアドレス(RFC 6890)です。ほかにMXがないため、社外からのメールは届きません。",
            ),
            fix=Text(
                en="Publish the server's public address as A (or AAAA) record of `{host}`. If inside the network the name has to give the private one, answer it there by an internal DNS view, not in the public zone.",
                ja="`{host}` のA(またはAAAA)レコードに、サーバーのグローバルIPアドレスを登録してください。社内でプライベートアドレスを返す必要がある場合は、公開ゾーンではなく社内用のDNSで返します。",
            ),
        ),
        "others_serve": Texts(
            title=Text(
                en="MX of `{domain}`: `{host}` has an address that nobody outside can reach",
                ja="`{domain}` のMX `{host}` が、外部から到達できないアドレスを指しています",
            ),
            why=Text(
                en="{addresses:code} is private or reserved (RFC 6890). Mail still arrives through {others:code}, but senders lose time here, and may hand the mail to a machine of their own network that has this address.",
                ja="{addresses:code} はプライベートアドレスまたは予約済みアドレス(RFC 6890)です。{others:code} で受信できていますが、送信側は配送に失敗して遅延し、送信側のネットワーク内にある同じアドレスの機器に接続してしまうこともあります。",
            ),
            fix=Text(
                en="Take this A (or AAAA) record of `{host}` out of the public zone, put the public address in its place, or remove the MX record of `{host}`.",
                ja="`{host}` のこのA(またはAAAA)レコードを公開ゾーンから削除するかグローバルIPアドレスに変更する、または `{host}` のMXレコードを削除してください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc6890", "https://www.rfc-editor.org/rfc/rfc5321#section-5.1"),
    sample=Sample(bad="mx1.example.co.jp.  A  192.168.1.25", good="mx1.example.co.jp.  A  (a public address)"),
)
_MAX_SHOWN = 5


def judge(mx: MxEvidence) -> Iterator[Finding]:
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_MX)
    if not mx.targets:
        # The null MX (RFC 7505).
        raise NotApplicable(Why.NO_MX)
    if all(t.literal for t in mx.targets):
        # No name, so no address of one: MX102 says what is wrong.
        raise NotApplicable(Why.NO_MX)
    usable = [t.host for t in mx.targets if t.usable]
    undecided = [t for t in mx.targets if t.usable is None]
    for target in mx.targets:
        # While another one cannot be told, neither can it be told how bad this is.
        if not target.literal and (usable or not undecided):
            yield from _of_target(mx.domain, target, usable, [t.host for t in mx.targets if t is not target])
    if undecided and not usable:
        raise CannotTell(undecided[0].unknown or Why.DEPENDS)


def _of_target(domain: str, target: MxTarget, usable: Sequence[str], others: Sequence[str]) -> Iterator[Finding]:
    bad = tuple(a for a in target.addresses if not is_global(a))
    if not bad and (target.addresses or target.unknown):
        return
    serving = tuple(usable[:_MAX_SHOWN])
    facts: dict[str, Any] = {
        "domain": domain,
        "host": target.host,
        "others": serving or tuple(others[:_MAX_SHOWN]) or ("-",),
    }
    if serving:
        facts |= {"severity": Severity.WARNING, "tier": Tier.NONE, "variant": "others_serve"}
    elif not others:
        facts |= {"variant": "alone"}
    if bad:
        yield MX_NOT_GLOBAL.found(target.host, **facts, addresses=bad[:_MAX_SHOWN])
    else:
        yield MX_UNRESOLVABLE.found(target.host, **facts)


CHECK = Check(
    id="mx.addresses",
    title=Text(en="Addresses of the MX names", ja="MXのアドレス"),
    needs=(MxEvidence,),
    rules=(MX_UNRESOLVABLE, MX_NOT_GLOBAL),
    judge=judge,
    required=True,
)
