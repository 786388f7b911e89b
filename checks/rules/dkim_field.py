"""Are the signature fields themselves as RFC 6376 and RFC 8301 demand?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier
from checks.rules._per_signature import ALTERNATIVES, FACTS, broken_signatures

_FIELD = "https://www.rfc-editor.org/rfc/rfc6376#section-3.5"

SIGNATURE_SYNTAX = Rule(
    id="DKIM102",
    name="signature-syntax",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=(*FACTS, "number"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="DKIM signature no. {number} is malformed (`d={domain}`)",
            ja="{number}番目のDKIM署名の書式が正しくありません(`d={domain}`)",
        ),
        why=Text(
            en="A tag of the `DKIM-Signature` header is missing, given twice or has an impossible value, so receivers "
            "ignore the signature.",
            ja="`DKIM-Signature` ヘッダーのタグに、欠落、重複、または不正な値があります。受信側はこの署名を無視します。",
        ),
        fix=Text(
            en="Check the signing software or the service that made this signature, and update it. If a gateway rewraps or "
            "cuts long headers after signing, switch that off.",
            ja="この署名を付けたソフトウェアまたはサービスの設定を確認し、更新してください。署名後のゲートウェイが長いヘッダーを"
            "折り返し直したり切り詰めたりしている場合は、その処理を止めます。",
        ),
    ),
    references=(_FIELD,),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; h=from; bh=...; b=...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from; bh=...; b=...",
    ),
)

SHA1_SIGNATURE = Rule(
    id="DKIM204",
    name="sha1-signature",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="`{domain}` signs with `rsa-sha1`, which is no longer valid",
            ja="`{domain}` の署名は、廃止された `rsa-sha1` です",
        ),
        why=Text(
            en="SHA-1 must not be used for DKIM (RFC 8301); receivers treat such a signature as failed.",
            ja="DKIMでSHA-1を使うことは禁止されています(RFC 8301)。受信側では、この署名は不合格になります。",
        ),
        fix=Text(
            en="Set the signature algorithm of the sending system to `rsa-sha256`. The key of the selector `{selector}` can "
            "stay, unless its record says `h=sha1`.",
            ja="送信システムの署名アルゴリズムを `rsa-sha256` に変更してください。セレクター `{selector}` の公開鍵は、"
            "レコードに `h=sha1` がなければそのまま使えます。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc8301#section-3.1",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha1; d=example.co.jp; s=s1; ...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; ...",
    ),
)

FROM_NOT_SIGNED = Rule(
    id="DKIM206",
    name="from-not-signed",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=FACTS,
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The signature of `{domain}` does not cover the From header",
            ja="`{domain}` の署名の対象にFromヘッダーが含まれていません",
        ),
        why=Text(
            en="`from` must be in `h=` (RFC 6376 section 5.4). Receivers ignore a signature that leaves the author open.",
            ja="`h=` には `from` が必須です(RFC 6376 5.4節)。差出人を保護していない署名は、受信側で無視されます。",
        ),
        fix=Text(
            en="Add `from` to the list of signed headers in the configuration of the system that signs with the selector "
            "`{selector}`; most software does so by default.",
            ja="セレクター `{selector}` で署名しているシステムの設定で、署名対象のヘッダーに `from` を加えてください"
            "(多くのソフトウェアでは既定で含まれます)。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-5.4",),
    sample=Sample(
        bad="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=to:subject; ...",
        good="DKIM-Signature: v=1; a=rsa-sha256; d=example.co.jp; s=s1; h=from:to:subject; ...",
    ),
)

SIGNATURE_EXPIRED = Rule(
    id="DKIM301",
    name="signature-expired",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    in_system=True,
    facts=(*FACTS, "signed_at", "expires_at"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The signature of `{domain}` was not valid at the time of arrival",
            ja="`{domain}` の署名は、受信した時点で有効期間外でした",
        ),
        why=Text(
            en="It is valid from `{signed_at}` (`t=`) to `{expires_at}` (`x=`), in UTC; outside that time receivers may treat "
            "it as failed.",
            ja="署名の有効期間は `{signed_at}`(`t=`)から `{expires_at}`(`x=`)まで(UTC)です。"
            "期間外に届いた署名は、受信側で不合格になることがあります。",
        ),
        fix=Text(
            en="Check the clock of the signing server (NTP). If it is right, raise the lifetime of signatures to at least "
            "seven days, so that mail that waits in a queue still verifies, or drop `x=`.",
            ja="署名サーバーの時計(NTP)を確認してください。正しい場合は、キューで待たされたメールも検証できるように、"
            "署名の有効期間を7日以上に延ばすか、`x=` を外します。",
        ),
    ),
    references=(_FIELD,),
    sample=Sample(
        bad="DKIM-Signature: v=1; ...; t=1700000000; x=1700000060; ...",
        good="DKIM-Signature: v=1; ...; t=1700000000; x=1700604800; ...",
    ),
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    for broken in broken_signatures(message, dmarc, ("signature_syntax", "sha1", "from_not_signed", "expired")):
        signature = broken.signature
        match signature.reason:
            case "signature_syntax":
                yield broken.found(SIGNATURE_SYNTAX, number=signature.index + 1)
            case "sha1":
                yield broken.found(SHA1_SIGNATURE)
            case "from_not_signed":
                yield broken.found(FROM_NOT_SIGNED)
            case "expired":
                yield broken.found(
                    SIGNATURE_EXPIRED,
                    signed_at=_written(signature.signed_at),
                    expires_at=_written(signature.expires_at),
                )


def _written(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError, OSError):
        return str(seconds)


CHECKS = (
    Check(
        id="dkim.field",
        title=Text(en="DKIM: form of the signatures", ja="DKIM: 署名の書式と有効期間"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(SIGNATURE_SYNTAX, SHA1_SIGNATURE, FROM_NOT_SIGNED, SIGNATURE_EXPIRED),
        judge=judge,
        of_mail=True,
    ),
)
