"""Does the mail pass DMARC?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc_rewrite import corrected
from checks.rules._dmarc_change import mailbox_at

_FACTS = ("from_domain", "return_path", "spf", "signatures", "policy", "asked", "applied")
_ALIGNMENT = "https://www.rfc-editor.org/rfc/rfc9989#section-4.4"

_FIX_EN = (
    "At the sending service do one of two things, each with the DNS record it shows you: sign with DKIM as `d={from_domain}` "
    "(better: it survives forwarding), or use a Return-Path at or below `{from_domain}`, often called custom return path."
)
_FIX_JA = (
    "送信サービスで次のどちらかを設定し、表示されるレコードをDNSに登録してください。(1) 作成者署名: `d={from_domain}` でDKIM署名する"
    "(転送されても有効なため推奨)。(2) Return-Pathを `{from_domain}` またはそのサブドメインにする。どちらも送信サービス側の設定が必要です。"
)

DMARC_FAIL = Rule(
    id="DMARC401",
    name="dmarc-fail",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=_FACTS,
    texts=Texts(
        title=Text(
            en="DMARC fails: neither SPF nor DKIM passes for the From domain `{from_domain}`",
            ja="DMARCに不合格です: Fromドメイン `{from_domain}` について、SPFにもDKIMにも合格していません",
        ),
        why=Text(
            en="From: `{from_domain}`, Return-Path: `{return_path}` (SPF `{spf}`), DKIM: `{signatures}`. SPF or DKIM must pass "
            "for a domain that is aligned with From. Receivers are asked for `{asked}`.",
            ja="From: `{from_domain}`、Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: `{signatures}`。"
            "SPFかDKIMの少なくとも一方に、Fromドメインと一致するドメインで合格する必要があります。受信側に示しているポリシーは `{asked}` です。",
        ),
        fix=Text(
            en=_FIX_EN,
            ja=_FIX_JA,
        ),
    ),
    variants={
        "not_aligned": Texts(
            title=Text(
                en="DMARC fails: SPF or DKIM passes, but for other domains than the From domain `{from_domain}`",
                ja="DMARCに不合格です: 合格した認証のドメインが、Fromドメイン `{from_domain}` と一致していません",
            ),
            why=Text(
                en="From: `{from_domain}`, Return-Path: `{return_path}` (SPF `{spf}`), DKIM: `{signatures}`. To DMARC only a pass "
                "counts that is aligned with From. Receivers are asked for `{asked}`.",
                ja="From: `{from_domain}`、Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: `{signatures}`。"
                "DMARCでは、Fromドメインとアライメントした合格だけが有効です。受信側に示しているポリシーは `{asked}` です。",
            ),
            fix=Text(en=_FIX_EN, ja=_FIX_JA),
        )
    },
    references=(_ALIGNMENT, "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad="From: info@example.co.jp / Return-Path: bounce@esp.example.net / d=esp.example.net",
        good="From: info@example.co.jp / Return-Path: bounce@esp.example.net / d=example.co.jp",
    ),
)

STRICT_ALIGNMENT_MISS = Rule(
    id="DMARC402",
    name="strict-alignment-miss",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*_FACTS, "record_name"),
    texts=Texts(
        title=Text(
            en="DMARC fails for `{from_domain}` only because its record asks for strict alignment",
            ja="`{from_domain}` のDMARCは、strictアライメントの指定が原因で不合格です",
        ),
        why=Text(
            en="Return-Path: `{return_path}` (SPF `{spf}`), DKIM: `{signatures}`. They belong to the same organization, but "
            "`adkim=s` or `aspf=s` demands the very same name. Receivers are asked for `{asked}`.",
            ja="Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: `{signatures}`。同じ組織のドメインですが、"
            "`adkim=s` または `aspf=s` はFromドメインとの完全一致を求めます。受信側に示しているポリシーは `{asked}` です。",
        ),
        fix=Text(
            en="Remove `adkim=s` and `aspf=s` from the record at `{record_name}` (relaxed is the default), or let the sending "
            "system sign with exactly `d={from_domain}`.",
            ja="`{record_name}` のレコードから `adkim=s` と `aspf=s` を削除してください(既定のrelaxedになります)。"
            "または、送信システムでFromと同じ `d={from_domain}` で署名します。",
        ),
    ),
    references=(_ALIGNMENT,),
    sample=Sample(
        bad="From: info@example.co.jp / d=mail.example.co.jp / v=DMARC1; p=reject; adkim=s",
        good="From: info@example.co.jp / d=mail.example.co.jp / v=DMARC1; p=reject",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence, spf: SpfResultEvidence) -> Iterator[Finding]:
    match dmarc.result:
        case "pass":
            return
        case None:
            raise CannotTell(Why.NOT_PROVIDED)
        case "temperror":
            raise CannotTell(_cause(message, dmarc, spf))
        case "none" | "permerror":
            # The missing or broken record, or the missing author, is the finding of another check.
            raise NotApplicable(Why.NO_FROM if message.from_domain is None else Why.NO_RECORD)
    from_domain = dmarc.from_domain or "-"
    facts: dict[str, Any] = {
        "from_domain": from_domain,
        "return_path": "<>" if spf.is_null_return_path else spf.domain or "-",
        "spf": spf.result or "-",
        "signatures": tuple(f"d={s.domain or '-'} {s.result}" for s in message.signatures) or ("-",),
        "policy": dmarc.policy or "none",
        "asked": _asked(dmarc),
        "applied": dmarc.applied or dmarc.policy or "none",
    }
    if dmarc.near_miss:
        at = dmarc.at or from_domain
        record_name = f"_dmarc.{at}"
        yield STRICT_ALIGNMENT_MISS.found(
            from_domain, records=_without_strict(record_name, dmarc), **facts, record_name=record_name
        )
    else:
        passes = spf.result == "pass" or any(s.result == "pass" for s in message.signatures)
        yield DMARC_FAIL.found(from_domain, variant="not_aligned" if passes else None, **facts)


def _asked(dmarc: DmarcResultEvidence) -> str:
    """The tag that the policy is taken from, and t=y where that eases it."""
    asked = f"{dmarc.policy_tag or 'p'}={dmarc.policy or 'none'}"
    return f"{asked}; t=y" if dmarc.applied not in (None, dmarc.policy) else asked


def _cause(message: MessageEvidence, dmarc: DmarcResultEvidence, spf: SpfResultEvidence) -> Why:
    for known in (dmarc.record, dmarc.organizational):
        if isinstance(known, Unreachable):
            return known.why
    return spf.why or next((Why(s.key_why) for s in message.signatures if s.key_why), Why.DEPENDS)


def _without_strict(name: str, dmarc: DmarcResultEvidence) -> tuple[RecordChange, ...]:
    if not isinstance(dmarc.record, Seen):
        return ()
    record = dmarc.record.value
    reports_to = mailbox_at(name.removeprefix("_dmarc."))
    new = corrected(record, reports_to=reports_to, without=("adkim", "aspf"))
    return (RecordChange(name, "TXT", record.text, new),)


CHECKS = (
    Check(
        id="dmarc.result",
        title=Text(en="DMARC: result of the mail", ja="DMARC: メールの判定結果"),
        needs=(MessageEvidence, DmarcResultEvidence, SpfResultEvidence),
        rules=(DMARC_FAIL, STRICT_ALIGNMENT_MISS),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
