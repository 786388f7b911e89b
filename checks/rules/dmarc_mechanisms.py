"""Does DMARC of the mail rest on more than SPF?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Unreachable, Why

REJECT_ON_SPF_ONLY = Rule(
    id="DMARC205",
    name="reject-on-spf-only",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("from_domain", "policy", "signatures"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="p={policy}, but DMARC of the mail from `{from_domain}` rests on SPF alone",
            ja="p={policy}ですが、`{from_domain}` からのメールのDMARC合格はSPFだけに依存しています",
        ),
        why=Text(
            en="No aligned DKIM signature passed ({signatures:code}). SPF breaks when mail is forwarded, and with p={policy} such mail is then lost. RFC 9989 (7.4) forbids p=reject on SPF alone.",
            ja="Fromドメインとアライメントして合格したDKIM署名がありません({signatures:code})。転送されるとSPFは不合格になるため、p={policy}では正当なメールが失われます。RFC 9989(7.4)は、p=rejectでSPFだけに頼ることを認めていません。",
        ),
        fix=Text(
            en="Have the sending system sign with DKIM as `d={from_domain}` and publish the key it shows. Until that works, a milder policy than p={policy} loses less mail.",
            ja="送信システムで `d={from_domain}` のDKIM署名を有効にし、表示された公開鍵を登録してください。署名が合格するまでは、p={policy}より緩いポリシーにすると正当なメールの損失を抑えられます。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-7.4",),
    sample=Sample(
        bad="From: info@example.co.jp / v=DMARC1; p=reject / SPF pass, no DKIM-Signature",
        good="From: info@example.co.jp / v=DMARC1; p=reject / SPF pass, DKIM pass d=example.co.jp",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    match dmarc.result:
        case "none" | "permerror":
            raise NotApplicable(Why.NO_FROM if message.from_domain is None else Why.NO_RECORD)
        case "fail":
            # Nothing that passes could be too little; the failure is another check's.
            raise NotApplicable(Why.NO_PASS)
        case None:
            raise CannotTell(Why.NOT_PROVIDED)
    signed = list(zip(message.signatures, dmarc.dkim_aligned, strict=True))
    if any(s.result == "pass" and aligned for s, aligned in signed):
        return
    for known in (dmarc.record, dmarc.organizational):
        if isinstance(known, Unreachable):
            raise CannotTell(known.why)
    if dmarc.policy is None:
        # Whether the author's domain exists, and with it the policy, could not be told.
        raise CannotTell(Why.DEPENDS)
    if dmarc.policy not in ("quarantine", "reject"):
        return
    open_ones = [
        s
        for s, a in signed
        if s.is_not_read or (s.result == "temperror" and a is not False) or (s.result == "pass" and a is None)
    ]
    if open_ones or dmarc.result == "temperror":
        raise CannotTell(next((Why(s.key_why) for s in open_ones if s.key_why), Why.DEPENDS))
    yield REJECT_ON_SPF_ONLY.found(
        dmarc.from_domain or "-",
        severity=Severity.NOTICE if dmarc.policy == "quarantine" else None,
        from_domain=dmarc.from_domain or "-",
        policy=dmarc.policy,
        signatures=tuple(f"d={s.domain or '-'} {s.result}" for s, _ in signed) or ("-",),
    )


CHECK = Check(
    id="dmarc.mechanisms",
    title=Text(en="DMARC: SPF and DKIM both", ja="DMARC: SPFとDKIMの両立"),
    needs=(MessageEvidence, DmarcResultEvidence),
    rules=(REJECT_ON_SPF_ONLY,),
    judge=judge,
    of_mail=True,
)
