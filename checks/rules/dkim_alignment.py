"""Does a passing signature belong to the author's domain?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.rules._per_signature import has_aligned_pass, is_aligned

NO_ALIGNED_SIGNATURE = Rule(
    id="DKIM401",
    name="no-aligned-signature",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.1",
    facts=("from_domain", "domains"),
    texts=Texts(
        title=Text(
            en="No signature is aligned with From `{from_domain}`: only {domains:code} signed",
            ja="第三者署名({domains:code})だけで、`{from_domain}` の署名がありません",
        ),
        why=Text(
            en="A third party's signature is not aligned with the From domain and does not count for DMARC. DMARC then rests "
            "on SPF alone and fails when the mail is forwarded.",
            ja="第三者署名はアライメント(Fromドメインとの一致)を満たさず、DMARCでは使われません。"
            "DMARCの合否はSPFだけで決まり、メールが転送されると不合格になります。",
        ),
        fix=Text(
            en="At the service that sent this mail, set up domain authentication (DKIM) for `{from_domain}`, publish the "
            "records it shows and activate it, so that it signs with `d={from_domain}`.",
            ja="このメールを送信したサービスで `{from_domain}` のドメイン認証(DKIM)を設定し、表示されたレコードをDNSに登録して"
            "有効化してください。第三者署名が作成者署名(`d={from_domain}`)に切り替わります。",
        ),
    ),
    variants={
        "aligned_broken": Texts(
            title=Text(
                en="No signature that is aligned with From `{from_domain}` passes, only {domains:code} does",
                ja="Fromドメイン `{from_domain}` とアライメントを満たす署名が不合格で、合格したのは {domains:code} の署名だけです",
            ),
            why=Text(
                en="Only a signature that passes and is aligned with the From domain counts for DMARC. DMARC rests on SPF "
                "alone now and fails when the mail is forwarded.",
                ja="DMARCで使われるのは、合格し、かつFromドメインとアライメントを満たす署名だけです。現状ではDMARCの合否はSPFだけで決まり、"
                "メールが転送されると不合格になります。",
            ),
            fix=Text(
                en="Mend the aligned signature, as the finding on it says; its `d=` can stay. The other signature may stay "
                "as well.",
                ja="アライメントを満たす署名を、その署名についての指摘に従って修正してください。`d=` の変更は不要です。"
                "もう一方の署名はそのままでかまいません。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.4", "https://support.google.com/a/answer/81126"),
    sample=Sample(
        bad="From: info@example.co.jp / DKIM-Signature: v=1; a=rsa-sha256; d=esp.example.net; s=s1; ...",
        good="From: info@example.co.jp / DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; ...",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    if not message.signatures:
        raise NotApplicable(Why.NO_SIGNATURE)
    if message.from_domain is None:
        raise NotApplicable(Why.NO_FROM)
    if has_aligned_pass(message, dmarc):
        return
    passing = tuple(dict.fromkeys(s.domain for s in message.signatures if s.result == "pass"))
    if not passing:
        raise NotApplicable(Why.NO_PASS)
    aligned = any(is_aligned(s.index, message, dmarc) for s in message.signatures)
    yield NO_ALIGNED_SIGNATURE.found(
        message.from_domain,
        variant="aligned_broken" if aligned else None,
        from_domain=message.from_domain,
        domains=passing,
    )


CHECKS = (
    Check(
        id="dkim.alignment",
        title=Text(en="DKIM: alignment with the From domain", ja="DKIM: アライメント(Fromドメインとの一致)"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(NO_ALIGNED_SIGNATURE,),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
