"""Are the headers of one-click unsubscribe signed?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, Signature
from checks.model import Severity, Tier, Why
from checks.rules._bulk import demand_bulk
from checks.rules._per_signature import is_aligned

_HEADERS = ("list-unsubscribe", "list-unsubscribe-post")
_WHY = Text(
    en="RFC 8058 demands a valid signature over both headers, because anybody on the way could put in an address. Without it mail programs show no one-click button, and Google's requirement is not met.",
    ja="RFC 8058では、途中で書き換えられないように、両方のヘッダーを有効なDKIM署名の対象にすることが求められています。満たさないと、ワンクリックのボタンが表示されず、Googleの要件も満たしません。",
)

ONE_CLICK_NOT_SIGNED = Rule(
    id="LIST201",
    name="one-click-not-signed",
    severity=Severity.ERROR,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=("missing", "signers"),
    texts=Texts(
        title=Text(
            en="No valid DKIM signature covers {missing:code}",
            ja="有効なDKIM署名の対象に {missing:code} が含まれていません",
        ),
        why=_WHY,
        fix=Text(
            en="Add `list-unsubscribe` and `list-unsubscribe-post` to the signed headers (`h=`) of the system that signs as {signers:code}. Add the two headers before signing, not in a gateway after it.",
            ja="{signers:code} として署名しているシステムで、署名対象のヘッダー(`h=`)に `list-unsubscribe` と `list-unsubscribe-post` を加えてください。2つのヘッダーは、署名より前に付けます。",
        ),
    ),
    variants={
        "third_party": Texts(
            title=Text(
                en="No valid DKIM signature covers {missing:code}",
                ja="有効なDKIM署名の対象に {missing:code} が含まれていません",
            ),
            why=_WHY,
            fix=Text(
                en="Ask the service that signs as {signers:code} to cover `list-unsubscribe` and `list-unsubscribe-post` in `h=`. Its own signature is enough: RFC 8058 does not ask that `d=` is your domain.",
                ja="{signers:code} として署名している配信サービスに、`h=` に `list-unsubscribe` と `list-unsubscribe-post` を含めるよう依頼してください。第三者署名でもかまいません(RFC 8058は `d=` の一致を求めていません)。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc8058#section-4",),
    sample=Sample(
        bad="DKIM-Signature: ...; h=from:to:subject; ...",
        good="DKIM-Signature: ...; h=from:to:subject:list-unsubscribe:list-unsubscribe-post; ...",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    demand_bulk(message)
    header = message.form.list_unsubscribe
    if not (header.fields and header.post_fields):
        raise NotApplicable(Why.NO_UNSUBSCRIBE)
    if not message.signatures:
        raise NotApplicable(Why.NO_SIGNATURE)
    passing = [s for s in message.signatures if s.result == "pass"]
    if any(_covers(s) for s in passing):
        return
    for signature in message.signatures:
        if signature.result == "temperror" and _covers(signature):
            raise CannotTell(Why(signature.key_why) if signature.key_why else Why.DEPENDS)
    if not passing:
        raise NotApplicable(Why.NO_PASS)
    third_party = all(is_aligned(s.index, message, dmarc) is False for s in passing)
    best = max(passing, key=lambda s: len(set(_HEADERS) & set(s.signed_headers)))
    yield ONE_CLICK_NOT_SIGNED.found(
        "List-Unsubscribe",
        variant="third_party" if third_party else None,
        missing=tuple(name.title() for name in _HEADERS if name not in best.signed_headers),
        signers=tuple(dict.fromkeys(f"d={s.domain}" for s in passing))[:3],
    )


def _covers(signature: Signature) -> bool:
    return set(_HEADERS) <= set(signature.signed_headers)


CHECK = Check(
    id="list.signed",
    title=Text(en="Unsubscribing: covered by DKIM", ja="登録解除: DKIM署名の対象"),
    needs=(MessageEvidence, DmarcResultEvidence),
    rules=(ONE_CLICK_NOT_SIGNED,),
    judge=judge,
    of_mail=True,
)
