"""Can every receiver verify with the algorithms that the From domain signs with?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.rules._per_signature import FACTS, aligned_passes, found_at, is_aligned, why_alignment_is_unknown

ED25519_ONLY = Rule(
    id="DKIM209",
    name="ed25519-only",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=FACTS,
    texts=Texts(
        title=Text(
            en="`{domain}` signs with Ed25519 only, which many receivers cannot verify",
            ja="`{domain}` の署名はEd25519だけで、検証できない受信側が多くあります",
        ),
        why=Text(
            en="RFC 8463 is not implemented everywhere. To a receiver without it, the mail has no valid signature of `{domain}`, "
            "and DMARC rests on SPF alone, which fails when the mail is forwarded.",
            ja="Ed25519の署名(RFC 8463)に対応していない受信側では、`{domain}` の有効な署名がないメールとして扱われます。"
            "DMARCの合否はSPFだけで決まり、メールが転送されると不合格になります。",
        ),
        fix=Text(
            en="Let the system that signs with the selector `{selector}` add a second signature: `a=rsa-sha256` with a 2048-bit "
            "key under a selector of its own. Publish that key, and keep the Ed25519 signature.",
            ja="セレクター `{selector}` で署名しているシステムで、別のセレクターの2048ビットのRSA鍵による署名(`a=rsa-sha256`)を併用し、"
            "その公開鍵を登録してください。Ed25519の署名はそのまま残せます。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8463#section-5",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=ed25519-sha256; d=example.co.jp; s=ed1; ...",
        good="DKIM-Signature: v=1; a=ed25519-sha256; d=example.co.jp; s=ed1; ... / "
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; ...",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    """An RSA signature beside counts whether it passes or not: what is wrong with it is another finding."""
    passes = aligned_passes(message, dmarc)
    if ed25519 := next((s for s in passes.known if s.algorithm == "ed25519-sha256"), None):
        beside = [is_aligned(s.index, message, dmarc) for s in message.signatures if s.algorithm == "rsa-sha256"]
        if True in beside:
            return
        if None in beside:
            raise CannotTell(why_alignment_is_unknown(dmarc))
        yield found_at(ed25519, ED25519_ONLY)
    elif not passes.known:
        if passes.possible:
            raise CannotTell(passes.possible[0][1])
        raise NotApplicable(Why.NO_PASS)


CHECKS = (
    Check(
        id="dkim.algorithm",
        title=Text(en="DKIM: algorithms of the signatures", ja="DKIM: 署名アルゴリズム"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(ED25519_ONLY,),
        judge=judge,
        of_mail=True,
    ),
)
