"""Do the signatures fit the mail that arrived?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.rules._per_signature import ALTERNATIVES, FACTS, broken_signatures, has_aligned_pass

BODY_CHANGED = Rule(
    id="DKIM302",
    name="body-changed",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The body does not match what `{domain}` signed: most likely it was changed afterwards",
            ja="本文が `{domain}` のDKIM署名のハッシュと一致しません(署名後に変更された可能性が高い)",
        ),
        why=Text(
            en="The body hash (`bh=`) of the signature with the selector `{selector}` does not match the body that arrived: "
            "to receivers the signature fails. Unless SPF or another signature passes and is aligned, DMARC fails as well.",
            ja="セレクター `{selector}` の署名の本文ハッシュ(`bh=`)が届いた本文と一致せず、DKIMは不合格になります。"
            "アライメントを満たすSPFや別の署名に合格していなければ、DMARCも不合格になります。",
        ),
        fix=Text(
            en="Usually a gateway, service or list adds a footer, rewrites links or re-encodes text afterwards. If it "
            "is yours, switch that off (no record changes), or sign after it as `d={domain}` with a selector "
            "whose key you publish. If not, change nothing: test again with a mail sent directly.",
            ja="署名後にゲートウェイ、配信サービス、メーリングリストなどが、フッターの追加、リンクの書き換え、文字コードの変換をしている"
            "可能性があります。自社で管理・利用するものであれば、その処理を止めるか(DNSの変更は不要です)、処理の後に `d={domain}` で署名"
            "してください(専用のセレクターの公開鍵を登録します)。そうでなければ何も変更せず、転送先やメーリングリストを経由しないテストメールで、もう一度検査してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-3.7",),
    sample=Sample(
        bad="DKIM-Signature: ...; bh=<hash of the text>; ...  (body: the text and an appended disclaimer)",
        good="DKIM-Signature: ...; bh=<hash of the text with the disclaimer>; ...  (body: the same)",
    ),
)

SIGNATURE_INVALID = Rule(
    id="DKIM303",
    name="signature-invalid",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The signature of `{domain}` (selector `{selector}`) does not verify",
            ja="`{domain}` の署名(セレクター `{selector}`)を検証できませんでした",
        ),
        why=Text(
            en="The body is intact. Most likely signed headers were changed on the way, the key at `{key_name}` is not the one "
            "that signed, or the signer made a mistake. To receivers the signature fails.",
            ja="本文は署名時と一致しています。署名対象のヘッダーが途中で変更された、`{key_name}` の公開鍵が署名に使った鍵と"
            "対応していない、署名の処理に誤りがある、のいずれかと考えられます。受信側では、この署名は不合格になります。",
        ),
        fix=Text(
            en="Compare the record at `{key_name}` with the sending system's. If they differ: publish a new selector's key, then "
            "let this system sign with that; replace the record only if nothing else uses it. If they agree: sign after the "
            "gateway that rewrites headers, or check the signer.",
            ja="`{key_name}` のTXTレコードを送信システムの値と照合します。異なる場合、同じセレクターで合格している別のシステムがあれば、"
            "レコードは変更せず、このシステム専用のセレクターの公開鍵を登録し、それで署名します。ほかで使っていないことを確認できた場合は、登録し直してください。同じ場合は、署名後にSubjectや"
            "Toなどを書き換えるゲートウェイを探し、書き換えの後に署名するようにします。それもなければ、署名ソフトの設定を確認してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-6.1.3",),
    sample=Sample(
        bad="DKIM-Signature: ...; h=from:subject; ...  (Subject rewritten to [EXTERNAL] ... after signing)",
        good="DKIM-Signature: ...; h=from:subject; ...  (Subject as it was signed)",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    """Passed only if a signature passed. What stops a signature before this question (key, field) is another check's finding."""
    found = False
    for broken in broken_signatures(message, dmarc, ("body_changed", "signature_invalid")):
        found = True
        yield broken.found(BODY_CHANGED if broken.signature.reason == "body_changed" else SIGNATURE_INVALID)
    if found or any(signature.result == "pass" for signature in message.signatures):
        return
    has_aligned_pass(message, dmarc)  # raises where a key lookup failed
    raise NotApplicable(Why.NO_PASS)


CHECKS = (
    Check(
        id="dkim.verification",
        title=Text(en="DKIM: verification of the signatures", ja="DKIM: 署名の検証"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(BODY_CHANGED, SIGNATURE_INVALID),
        judge=judge,
        of_mail=True,
        required=True,
    ),
)
