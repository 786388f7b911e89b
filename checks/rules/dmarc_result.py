"""Does the mail pass DMARC?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, Signature, SignatureReason, SpfResultEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc_rewrite import corrected
from checks.rules._dmarc_change import mailbox_at
from checks.rules._policy_record import policy_change

_FACTS = ("from_domain", "return_path", "spf", "signatures", "policy", "asked", "applied")
_ALIGNMENT = "https://www.rfc-editor.org/rfc/rfc9989#section-4.4"

_WHERE = Text(
    en="From: `{from_domain}`, Return-Path: `{return_path}` (SPF `{spf}`), DKIM: {signatures:code}. ",
    ja="From: `{from_domain}`、Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: {signatures:code}。",
)
_UNSIGNED = Text(
    en="From: `{from_domain}`, Return-Path: `{return_path}` (SPF `{spf}`), DKIM: not signed. ",
    ja="From: `{from_domain}`、Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: 署名なし。",
)
_PUBLISHED = Text(en=" The published policy is `{asked}`.", ja="公開しているポリシーは `{asked}` です。")


def _why(en: str, ja: str, where: Text = _WHERE) -> Text:
    return Text(en=where.en + en + _PUBLISHED.en, ja=where.ja + ja + _PUBLISHED.ja)


_NOTHING_PASSES = Text(
    en="DMARC fails: neither SPF nor DKIM passes for the From domain `{from_domain}`",
    ja="DMARCに不合格です: Fromドメイン `{from_domain}` について、SPFにもDKIMにも合格していません",
)
_OTHERS_PASS = Text(
    en="DMARC fails: SPF or DKIM passes, but for other domains than the From domain `{from_domain}`",
    ja="DMARCに不合格です: 合格した認証のドメインが、Fromドメイン `{from_domain}` とのアライメントを満たしていません",
)
_ALIGNED_BROKEN = Text(
    en="DMARC fails: the aligned signature `d={signed}` does not pass; what passes is for another domain",
    ja="DMARCに不合格です: アライメントを満たす `d={signed}` の署名が不合格で、合格した認証は別のドメインのものです",
)
_NEEDED = (
    "SPF or DKIM must pass for a domain that is aligned with From.",
    "Fromドメインとアライメントを満たすドメインで、SPFかDKIMの少なくとも一方が合格する必要があります。",
)
_COUNTED = (
    "DMARC counts a pass only if its domain is aligned with From.",
    "DMARCでは、Fromドメインとアライメントを満たすドメインの合格だけが有効です。",
)
_TITLES = {
    "": (_NOTHING_PASSES, _why(*_NEEDED)),
    "not_aligned": (_OTHERS_PASS, _why(*_COUNTED)),
    "unsigned": (_NOTHING_PASSES, _why(*_NEEDED, _UNSIGNED)),
    "unsigned_not_aligned": (_OTHERS_PASS, _why(*_COUNTED, _UNSIGNED)),
}
_WAYS_OUT = {
    "": Text(
        en="If the mail is yours, keep From as it is and do one of two things at the system that sent it, each with the DNS record it shows: sign with DKIM as `d={from_domain}` (better: it survives forwarding), or use a Return-Path at a subdomain such as `bounce.{from_domain}`.",
        ja="自社のメールであれば、送信したシステムで次のどちらかを設定し、表示されるレコードをDNSに登録します。(1) `d={from_domain}` でDKIM署名する(転送されても有効なため推奨)。(2) Return-Pathを `bounce.{from_domain}` などのサブドメインにする。どちらか一方で合格します(Fromは変えません)。",
    ),
    "strict": Text(
        en="If the mail is yours, do one of two things at the system that sent it, each with the DNS record it shows: sign with DKIM as `d={from_domain}` (better: it survives forwarding), or use a Return-Path at exactly `{from_domain}`, since the record says `aspf=s`.",
        ja="自社のメールであれば、送信したシステムで次のどちらかを設定し、表示されるレコードをDNSに登録します。(1) `d={from_domain}` でDKIM署名する(転送されても有効なため推奨)。(2) Return-PathをFromと同じ `{from_domain}` にする(`aspf=s` のため、サブドメインは不可)。どちらか一方で合格します。",
    ),
    "signature": Text(
        en="The mail has a signature `d={signed}` that is aligned, but does not pass. Repair it as {rules:code} says: then DMARC passes. From, Return-Path and `d=` can stay as they are.",
        ja="アライメントを満たす署名 `d={signed}` はありますが、合格していません。{rules:code} に従って署名を修正すれば、DMARCは合格します。From、Return-Path、`d=` の変更は不要です。",
    ),
    "spf": Text(
        en="From and Return-Path are aligned already and can stay. If the server may send for you, let SPF pass as `SPF401` says: then DMARC passes. Let it sign with DKIM as `d={from_domain}` as well, since SPF fails when mail is forwarded.",
        ja="FromとReturn-Pathはすでにアライメントを満たしており、変更は不要です。正当な送信元であれば、`SPF401` に従ってSPFに合格させると、DMARCも合格します。SPFは転送されると不合格になるため、`d={from_domain}` のDKIM署名もあわせて設定してください。",
    ),
    "both": Text(
        en="From, Return-Path and `d=` are aligned and can stay, but neither that signature nor SPF passes. Repair the signature `d={signed}` as {rules:code} says (better: it survives forwarding), or let SPF pass as `SPF401` says, if the server may send for you. One of them is enough for DMARC.",
        ja="From、Return-Path、`d=` はアライメントを満たしており、変更は不要です。ただし、アライメントを満たす署名 `d={signed}` とSPFは、どちらも合格していません。{rules:code} に従って署名を修正するか(転送されても有効なため推奨)、正当な送信元であれば `SPF401` に従ってSPFに合格させてください。どちらか一方でDMARCは合格します。",
    ),
}
_REPAIRED_BY: Mapping[SignatureReason, str] = {
    "key_not_found": "DKIM002",
    "key_revoked": "DKIM003",
    "key_syntax": "DKIM101",
    "signature_syntax": "DKIM102",
    "key_too_short": "DKIM202",
    "sha1": "DKIM204",
    "from_not_signed": "DKIM206",
    "key_restricted": "DKIM210",
    "expired": "DKIM301",
    "body_changed": "DKIM302",
    "signature_invalid": "DKIM303",
}
"""The rule that says how to repair a signature that fails for this reason."""


def _wordings() -> Iterator[tuple[str, Texts]]:
    """What is said of what passes, with each way out."""
    for what, (title, why) in _TITLES.items():
        for how, fix in _WAYS_OUT.items():
            if what.startswith("unsigned") and how in ("signature", "both"):
                continue
            is_broken = what == "not_aligned" and how in ("signature", "both")
            said = _ALIGNED_BROKEN if is_broken else title
            yield "_".join(filter(None, (what, how))), Texts(title=said, why=why, fix=fix)


_WORDINGS = dict(_wordings())

DMARC_FAIL = Rule(
    id="DMARC401",
    name="dmarc-fail",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*_FACTS, "signed", "rules"),
    texts=_WORDINGS.pop(""),
    variants=_WORDINGS,
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
            en="Return-Path: `{return_path}` (SPF `{spf}`), DKIM: {signatures:code}. They belong to the same organization, but "
            "`adkim=s` or `aspf=s` demands the very same name. The published policy is `{asked}`.",
            ja="Return-Path: `{return_path}`(SPF `{spf}`)、DKIM: {signatures:code}。同じ組織のドメインですが、"
            "`adkim=s` または `aspf=s` はFromドメインとの完全一致を求めます。公開しているポリシーは `{asked}` です。",
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
        broken = _broken(message, dmarc)
        named = tuple(dict.fromkeys(_REPAIRED_BY[s.reason] for s in broken))
        what = ("" if message.signatures else "unsigned", "not_aligned" if passes else "")
        variant = "_".join(filter(None, (*what, _way_out(message, dmarc, spf, broken))))
        signed = broken[0].domain if broken else "-"
        yield DMARC_FAIL.found(from_domain, variant=variant or None, **facts, signed=signed, rules=named)


def _broken(message: MessageEvidence, dmarc: DmarcResultEvidence) -> list[Signature]:
    """The signatures that DMARC would count, if they passed."""
    aligned = zip(message.signatures, dmarc.dkim_aligned, strict=False)
    return [s for s, is_aligned in aligned if is_aligned and s.result != "pass" and s.reason in _REPAIRED_BY]


def _way_out(
    message: MessageEvidence, dmarc: DmarcResultEvidence, spf: SpfResultEvidence, broken: Sequence[Signature]
) -> str:
    """Which of `_WAYS_OUT`: never what is so already."""
    # No record lists a forwarder, and an empty return path is no setting.
    by_spf = bool(dmarc.spf_aligned) and spf.result != "pass" and not spf.is_null_return_path and not message.forwarded
    if broken:
        return "both" if by_spf else "signature"
    if by_spf:
        return "spf"
    return "strict" if isinstance(dmarc.record, Seen) and dmarc.record.value.strict_spf else ""


def _asked(dmarc: DmarcResultEvidence) -> str:
    """The tag that the policy is taken from, and t=y where that eases it."""
    asked = f"{dmarc.policy_tag or 'p'}={dmarc.policy or 'none'}"
    return f"{asked}; t=y" if dmarc.applied not in (None, dmarc.policy) else asked


def _cause(message: MessageEvidence, dmarc: DmarcResultEvidence, spf: SpfResultEvidence) -> Why:
    for known in (dmarc.record, dmarc.organizational):
        if isinstance(known, Unreachable):
            return known.why
    if spf.why is None and any(s.is_not_read for s in message.signatures):
        return Why.NOT_COVERED
    return spf.why or next((Why(s.key_why) for s in message.signatures if s.key_why), Why.DEPENDS)


def _without_strict(name: str, dmarc: DmarcResultEvidence) -> tuple[RecordChange, ...]:
    if not isinstance(dmarc.record, Seen):
        return ()
    record = dmarc.record.value
    reports_to = mailbox_at(name.removeprefix("_dmarc."))
    new = corrected(record, reports_to=reports_to, without=("adkim", "aspf"))
    return (policy_change(name, dmarc.alias_of, record.text, new),)


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
