"""Where does the domain receive mail, and do these names have addresses?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence, MxTarget
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

NO_MAIL_SERVER = Rule(
    id="MX001",
    name="no-mail-server",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.1",
    facts=("domain",),
    texts=Texts(
        title=Text(
            en="`{domain}` has neither an MX record nor an address: it receives no mail",
            ja="`{domain}` にはMXレコードもアドレスもなく、メールを受信できません",
        ),
        why=Text(
            en="Replies and bounces to this domain fail. If it also sends, receivers may refuse its mail, since its senders cannot be answered.",
            ja="このドメイン宛ての返信やエラーメールは届きません。このドメインから送信している場合は、返信できない差出人として受信を拒否されることがあります。",
        ),
        fix=Text(
            en="If it should receive mail, publish an MX record. If it never has mail, say so: `{domain}` MX `0 .` (null MX), SPF `v=spf1 -all` and DMARC `p=reject`.",
            ja="受信する場合はMXレコードを公開します。メールを使わないドメインであれば、`{domain}` のMXに `0 .`(null MX)、SPFに `v=spf1 -all`、DMARCに `p=reject` を公開して明示します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-5.1", "https://www.rfc-editor.org/rfc/rfc7505"),
    sample=Sample(bad="(no MX, no A, no AAAA)", good="example.co.jp.  MX  10 mx1.example.co.jp."),
)

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
            en="No other MX of the domain has an address either ({others}): nobody can deliver mail to it.",
            ja="アドレスを持つMXがほかになく({others})、このドメイン宛てのメールは配送できません。",
        ),
        fix=Text(
            en="Publish an A (and AAAA) record for `{host}`, or change the MX record of `{domain}` to the name of the server that receives its mail.",
            ja="`{host}` のAレコード(およびAAAAレコード)を公開するか、`{domain}` のMXレコードを実際に受信するサーバーの名前に変更してください。",
        ),
    ),
    variants={
        "others_serve": Texts(
            title=Text(
                en="MX of `{domain}`: `{host}` has no address",
                ja="`{domain}` のMXに指定された `{host}` にアドレスがありません",
            ),
            why=Text(
                en="Mail still arrives through `{others}`, but senders lose time on `{host}`, and there is one server less when another fails.",
                ja="`{others}` で受信できていますが、送信側は `{host}` への配送に失敗してからほかのMXを試すため遅延し、障害時の予備も1台少なくなります。",
            ),
            fix=Text(
                en="Publish an A (and AAAA) record for `{host}`, or remove its MX record from `{domain}`.",
                ja="`{host}` のAレコード(およびAAAAレコード)を公開するか、`{domain}` からこのMXレコードを削除してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc5321#section-5.1",),
    sample=Sample(
        bad="example.co.jp.  MX  10 old-mx.example.co.jp.  (NXDOMAIN)",
        good="example.co.jp.  MX  10 mx1.example.co.jp.  (A 192.0.2.25)",
    ),
)


def judge_use(mx: MxEvidence) -> Iterator[Finding]:
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen():
            return
    addresses = (mx.own_ipv4, mx.own_ipv6)
    if any(isinstance(a, Seen) for a in addresses):
        return
    for address in addresses:
        if isinstance(address, Unreachable):
            raise CannotTell(address.why)
    yield NO_MAIL_SERVER.found(mx.domain, domain=mx.domain)


def judge_addresses(mx: MxEvidence) -> Iterator[Finding]:
    match mx.records:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent():
            raise NotApplicable(Why.NO_MX)
    if not mx.targets:
        # The null MX (RFC 7505).
        raise NotApplicable(Why.NO_MX)
    dead = [t for t in mx.targets if _has_address(t) is False and not t.literal]
    alive = [t.host for t in mx.targets if _has_address(t)]
    open_questions = [t for t in mx.targets if _has_address(t) is None]
    for target in dead:
        if alive:
            yield MX_UNRESOLVABLE.found(
                target.host,
                severity=Severity.WARNING,
                tier=Tier.NONE,
                variant="others_serve",
                domain=mx.domain,
                host=target.host,
                others=tuple(alive),
            )
        elif not open_questions:
            others = tuple(t.host for t in dead if t is not target) or ("-",)
            yield MX_UNRESOLVABLE.found(target.host, domain=mx.domain, host=target.host, others=others)
    if open_questions and not alive:
        raise CannotTell(_why(open_questions[0]))


def _has_address(target: MxTarget) -> bool | None:
    answers = (target.ipv4, target.ipv6)
    if any(isinstance(a, Seen) for a in answers):
        return True
    return None if any(isinstance(a, Unreachable) for a in answers) else False


def _why(target: MxTarget) -> Why:
    return next(a.why for a in (target.ipv4, target.ipv6) if isinstance(a, Unreachable))


CHECKS = (
    Check(
        id="mx.record",
        title=Text(en="Mail server (MX)", ja="メールサーバー(MX)"),
        needs=(MxEvidence,),
        rules=(NO_MAIL_SERVER,),
        judge=judge_use,
        required=True,
    ),
    Check(
        id="mx.addresses",
        title=Text(en="Addresses of the MX names", ja="MXのアドレス"),
        needs=(MxEvidence,),
        rules=(MX_UNRESOLVABLE,),
        judge=judge_addresses,
        required=True,
    ),
)
