"""What of the mail do the passing signatures of the From domain protect from change?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why
from checks.rules._per_signature import FACTS, AlignedPasses, aligned_passes, found_at

_HEADERS = {"subject": "Subject", "date": "Date", "to": "To", "reply-to": "Reply-To"}
_MIME_HEADERS = {"content-type": "Content-Type", "content-transfer-encoding": "Content-Transfer-Encoding"}

BODY_LENGTH_LIMIT = Rule(
    id="DKIM205",
    name="body-length-limit",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    in_system=True,
    facts=(*FACTS, "length", "beyond"),
    texts=Texts(
        title=Text(
            en="The signature of `{domain}` covers only {length} octets of the body (`l=`)",
            ja="`{domain}` の署名が保護しているのは、本文の{length}オクテットだけです(`l=`)",
        ),
        why=Text(
            en="Anybody can append text to this mail, or put other content in place of what is shown, and DKIM and DMARC still "
            "pass for `{domain}` (RFC 6376 section 8.2).",
            ja="第三者がこのメールに文章を追加したり、表示される内容を差し替えたりしても、`{domain}` のDKIMとDMARCは合格します"
            "(RFC 6376 8.2節)。",
        ),
        fix=Text(
            en="In the system that signs with the selector `{selector}`, switch off the body length limit, so that the "
            "signature has no tag `l=` and covers the whole body.",
            ja="セレクター `{selector}` で署名しているシステムで、本文の長さの制限を無効にしてください。`l=` タグがなくなり、"
            "署名が本文全体を保護するようになります。",
        ),
    ),
    variants={
        "appended": Texts(
            title=Text(
                en="{beyond} octets of the body are not signed, yet the signature of `{domain}` passes (`l={length}`)",
                ja="本文の{beyond}オクテットが署名の範囲外ですが、`{domain}` の署名は合格しています(`l={length}`)",
            ),
            why=Text(
                en="What stands after the first {length} octets was appended on the way, or was never signed. To receivers all of "
                "it comes from `{domain}`: whoever holds one such mail can send any text in its name.",
                ja="先頭の{length}オクテットより後の部分は、途中で追加されたか、署名されていません。受信側では全体が `{domain}` からの"
                "メールとして扱われます。このようなメールを1通入手した第三者は、任意の文章をこのドメインの名前で送信できます。",
            ),
            fix=Text(
                en="At once, switch off the body length limit (`l=`) in the system that signs with the selector `{selector}`. "
                "Then change to a key under a new selector and delete `{key_name}`, so that mails already signed lose their "
                "value.",
                ja="セレクター `{selector}` で署名しているシステムで、本文の長さの制限(`l=`)をただちに無効にしてください。続いて、"
                "新しいセレクターの鍵に切り替えて `{key_name}` を削除すると、署名済みのメールも悪用できなくなります。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-8.2",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; l=1200; h=from:to:subject; ...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:to:subject; ...",
    ),
)

HEADERS_NOT_SIGNED = Rule(
    id="DKIM207",
    name="headers-not-signed",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=(*FACTS, "headers"),
    texts=Texts(
        title=Text(
            en="No signature of `{domain}` covers {headers:code}",
            ja="`{domain}` の署名の対象に {headers:code} が含まれていません",
        ),
        why=Text(
            en="They can be changed on the way, or by whoever sends the mail on once more, and DKIM still passes: a mail "
            "with another subject, date or address for replies seems to be signed by `{domain}`.",
            ja="これらのヘッダーは、途中や再送信の際に変更されてもDKIMに合格します。件名、日時、返信先などが異なるメールも、"
            "`{domain}` が署名したものとして扱われます。",
        ),
        fix=Text(
            en="Add them to the list of signed headers (`h=`) of the system that signs with the selector `{selector}`; RFC 6376 "
            "section 5.4.1 recommends all of them.",
            ja="セレクター `{selector}` で署名しているシステムの設定で、署名対象のヘッダー(`h=`)に加えてください。"
            "いずれもRFC 6376 5.4.1節で署名が推奨されているヘッダーです。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-5.4.1",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from; ...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:reply-to:to:subject:date; ...",
    ),
)

NOT_OVERSIGNED = Rule(
    id="DKIM208",
    is_detail=True,
    name="not-oversigned",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=FACTS,
    texts=Texts(
        title=Text(
            en="A second From header can be added to mail signed by `{domain}`",
            ja="`{domain}` の署名では、2つ目のFromヘッダーの追加を検出できません",
        ),
        why=Text(
            en="`h=` names `from` no more often than the mail has it. At a receiver that goes by the letter alone, the signature "
            "survives a From header put above the real one, and some programs show that one (RFC 6376 section 8.15).",
            ja="`h=` の `from` の数が、メールにあるFromヘッダーの数を超えていません。上に別のFromヘッダーを追加しても、署名だけを検証する"
            "受信側では合格し、追加されたほうが表示されることがあります(RFC 6376 8.15節)。",
        ),
        fix=Text(
            en="In the system that signs with the selector `{selector}`, have `from` signed once more than it is there "
            "(oversigning: `h=from:from:...`; in OpenDKIM `OversignHeaders From`).",
            ja="セレクター `{selector}` で署名しているシステムで、`from` を実際の数より1つ多く署名対象にしてください"
            "(オーバーサイン。`h=from:from:...`、OpenDKIMでは `OversignHeaders From` と設定します)。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-8.15",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:to:subject; ...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:from:to:subject; ...",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    """Only of the author's own domain: what a third party leaves open is not the author's to mend."""
    passes = aligned_passes(message, dmarc)
    by_key = {signature.key_name: signature for signature in reversed(passes.known)}
    known = tuple(reversed(by_key.values()))
    for signature in known:
        if signature.body_length is not None:
            beyond = signature.unsigned_octets
            variant = "appended" if beyond else None
            yield found_at(signature, BODY_LENGTH_LIMIT, variant=variant, length=signature.body_length, beyond=beyond)
    if known and (open_headers := _open_headers(message, passes)):
        yield found_at(known[0], HEADERS_NOT_SIGNED, headers=open_headers)
    for signature in known:
        if signature.signed_headers.count("from") <= len(message.from_fields):
            yield found_at(signature, NOT_OVERSIGNED)
    if passes.possible:
        raise CannotTell(passes.possible[0][1])
    if not known:
        raise NotApplicable(Why.NO_PASS)


def _open_headers(message: MessageEvidence, passes: AlignedPasses) -> tuple[str, ...]:
    """The headers that are there and that no passing signature covers, nor one whose key could not be looked up.

    Those of MIME where l= lets another part of the body be shown by changing them (RFC 6376 section 8.2).
    """
    present = set(message.header_names)
    signatures = (*passes.known, *(signature for signature, _ in passes.possible))
    covered = {name for signature in signatures for name in signature.signed_headers}
    limited = [set(signature.signed_headers) for signature in passes.known if signature.body_length is not None]
    return (
        *(shown for name, shown in _HEADERS.items() if name in present - covered),
        *(shown for name, shown in _MIME_HEADERS.items() if any(name in present - signed for signed in limited)),
    )


CHECKS = (
    Check(
        id="dkim.coverage",
        title=Text(en="DKIM: what the signatures cover", ja="DKIM: 署名の対象範囲"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(BODY_LENGTH_LIMIT, HEADERS_NOT_SIGNED, NOT_OVERSIGNED),
        judge=judge,
        of_mail=True,
    ),
)
