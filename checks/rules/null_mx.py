"""Does the domain send although it says that it has no mail (null MX, RFC 7505)?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence, SenderTargetsEvidence
from checks.evidence.spf import SpfEvidence, SpfNode, SpfTerm
from checks.model import Severity, Tier, Unreachable, Why

NULL_MX_BUT_SENDS = Rule(
    id="MX106",
    name="null-mx-but-sends",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain",),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="`{domain}` sends mail, but its null MX says that it has none",
            ja="`{domain}` はメールを送信していますが、null MX(`0 .`)で受信しないと宣言しています",
        ),
        why=Text(
            en="Receivers may refuse mail whose sender cannot be answered: RFC 7505 section 4.2 tells domains that send not to publish a null MX, and gives the error 550 5.7.27 for it. Bounces and replies are lost.",
            ja="返信できない差出人からのメールは受信を拒否されることがあります。RFC 7505 4.2節は、送信に使うドメインでnull MXを公開しないよう求め、拒否の応答(550 5.7.27)も定めています。エラーメールと返信は届きません。",
        ),
        fix=Text(
            en="Replace `0 .` at `{domain}` by an MX record with a server that takes its replies and bounces. If this mail should not have come from here, send from another domain and publish SPF `v=spf1 -all`.",
            ja="`{domain}` のMXの `0 .` を、返信とエラーメールを受け取るサーバーのMXレコードに置き換えてください。このドメインで送信するつもりがない場合は、ほかのドメインから送信し、SPFに `v=spf1 -all` を公開します。",
        ),
    ),
    variants={
        "by_spf": Texts(
            title=Text(
                en="`{domain}` has a null MX, but its SPF record lets somebody send",
                ja="`{domain}` はnull MX(`0 .`)を公開していますが、SPFで送信を許可しています",
            ),
            why=Text(
                en="A null MX says that the domain has no mail at all; receivers may refuse what comes from it (RFC 7505 section 4.2). Whom SPF permits could still send in its name.",
                ja="null MXはメールを一切使わないという宣言で、このドメインからのメールは受信を拒否されることがあります(RFC 7505 4.2節)。一方、SPFで許可された送信元はこのドメインを名乗って送信できます。",
            ),
            fix=Text(
                en="If `{domain}` sends, replace its MX `0 .` by a server that takes replies and bounces. If not, change its SPF record to `v=spf1 -all`.",
                ja="`{domain}` から送信する場合は、MXの `0 .` を返信とエラーメールを受け取るサーバーに置き換えてください。送信しない場合は、SPFレコードを `v=spf1 -all` に変更してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc7505#section-4.2",),
    sample=Sample(
        bad='example.co.jp.  MX  0 .\nexample.co.jp.  TXT  "v=spf1 ip4:192.0.2.25 -all"',
        good='example.co.jp.  MX  0 .\nexample.co.jp.  TXT  "v=spf1 -all"',
    ),
)


def judge_domain(mx: MxEvidence, spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(mx.records, Unreachable):
        raise CannotTell(mx.records.why)
    if not mx.has_null or mx.targets:
        raise NotApplicable(Why.NO_RECORD)
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None:
        return
    match _permits(spf.tree, mx):
        case True:
            options: dict[str, Any] = {"severity": Severity.WARNING, "tier": Tier.NONE, "variant": "by_spf"}
            yield NULL_MX_BUT_SENDS.found(mx.domain, **options, records=_records(mx.domain), domain=mx.domain)
        case None:
            raise CannotTell(spf.tree.why_unknown or Why.DEPENDS)


def _permits(node: SpfNode, mx: MxEvidence) -> bool | None:
    """Does the record let anybody pass? None: a failed lookup decides it. What depends on the mail (macros) counts."""
    if isinstance(node.records, Unreachable):
        return True if node.cut else False if node.loops else None
    if node.record is None:
        return False
    said = [_term_permits(term, node, mx) for term in node.record.reached if term.qualifier in ("+", "")]
    return True if True in said else None if None in said else False


def _term_permits(term: SpfTerm, node: SpfNode, mx: MxEvidence) -> bool | None:
    match term.name:
        case "include" | "redirect":
            below = next((child for child in node.children if child.via is term or child.via == term), None)
            return True if below is None else _permits(below, mx)
        case "mx" if term.target in ("", mx.domain) and node.domain == mx.domain:
            return False
        case "a" if term.target in ("", mx.domain) and node.domain == mx.domain:
            if mx.own_addresses:
                return True
            return None if any(isinstance(a, Unreachable) for a in (mx.own_ipv4, mx.own_ipv6)) else False
    return True


def judge_mail(senders: SenderTargetsEvidence) -> Iterator[Finding]:
    if not senders.targets:
        raise NotApplicable(Why.NO_FROM)
    for target in senders.targets:
        if target.is_null:
            yield NULL_MX_BUT_SENDS.found(target.domain, records=_records(target.domain), domain=target.domain)
    for target in senders.targets:
        if isinstance(target.records, Unreachable):
            raise CannotTell(target.records.why)


def _records(domain: str) -> list[RecordChange]:
    return [RecordChange(domain, "MX", "0 .", None)]


CHECKS = (
    Check(
        id="mx.null",
        title=Text(en="Null MX against SPF", ja="null MXとSPFの整合"),
        needs=(MxEvidence, SpfEvidence),
        rules=(NULL_MX_BUT_SENDS,),
        judge=judge_domain,
    ),
    Check(
        id="msg.null_mx",
        title=Text(en="Null MX of the sender's domains", ja="差出人ドメインのnull MX"),
        needs=(SenderTargetsEvidence,),
        rules=(NULL_MX_BUT_SENDS,),
        judge=judge_mail,
        of_mail=True,
    ),
)
