"""Is the zone signed, and do its signatures hold?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.dnssec import VALIDATION_ERRORS, DnssecEvidence
from checks.evidence.domain import DomainEvidence
from checks.model import Seen, Severity, Tier, Unreachable

UNSIGNED_ZONE = Rule(
    id="SEC001",
    name="unsigned-zone",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.1",
    facts=("domain",),
    texts=Texts(
        title=Text(en="`{domain}` is not signed with DNSSEC", ja="`{domain}` はDNSSECで署名されていません"),
        why=Text(
            en="Receivers cannot tell forged DNS answers from yours. Forged MX, SPF, DKIM or DMARC records would be believed, and DANE cannot be used.",
            ja="受信側は、偽造されたDNS応答を見分けられません。MX、SPF、DKIM、DMARCの偽の応答が信用されるおそれがあり、DANEも利用できません。",
        ),
        fix=Text(
            en="Turn on DNSSEC at your DNS host, then register the DS record at the registrar of `{domain}`. In this order: a DS without signatures makes the domain unreachable.",
            ja="DNSホスティングでDNSSEC署名を有効にし、その後に `{domain}` のレジストラでDSレコードを登録します。署名より先にDSを登録すると名前解決ができなくなるため、順序を守ってください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc9364",),
    sample=Sample(bad="example.co.jp.  (no DS in co.jp)", good="example.co.jp.  DS  12345 13 2 49FD46E6C4B45C55..."),
)

_BOGUS_TITLE = Text(
    en="DNSSEC validation of `{domain}` fails ({error})", ja="`{domain}` のDNSSEC検証に失敗しています({error})"
)
_BOGUS_WHY = Text(
    en="Urgent: resolvers that validate, Google's among them, answer SERVFAIL. To their users the whole domain is gone, mail in both directions included. SPF, DMARC and MX cannot be judged until this is repaired.",
    ja="緊急の対応が必要です。Google Public DNSなど、DNSSEC検証を行うリゾルバーはSERVFAILを返すため、ドメイン全体の名前解決ができず、メールの送受信もできません。SPF、DMARC、MXも、直るまで検査できません。",
)


def _bogus(fix: Text) -> Texts:
    """The fact and its consequence are the same whatever the cause; what to do is not."""
    return Texts(title=_BOGUS_TITLE, why=_BOGUS_WHY, fix=fix)


_VARIANTS = {7: "expired", 8: "early", 9: "key_missing", 10: "signatures_missing"}
"""Wordings by INFO-CODE (RFC 8914 section 4)."""

BOGUS = Rule(
    id="SEC201",
    name="bogus",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "error"),
    texts=_bogus(
        Text(
            en="Key tags in `dig DS {domain}` and `dig +cd +multi DNSKEY {domain}` differ: put the right DS at the registrar. The RRSIG in `dig +cd +dnssec SOA {domain}` has expired: sign the zone again. If neither is quick, remove the DS at the registrar; that works once its TTL has run out.",
            ja="`dig DS {domain}` と `dig +cd +multi DNSKEY {domain}` の鍵タグ(key tag)が一致しない場合は、レジストラのDSを差し替えてください。`dig +cd +dnssec SOA {domain}` のRRSIGが期限切れの場合は、ゾーンを再署名してください。すぐに直せない場合は、レジストラのDSを一時的に削除します(DSのTTLの経過後に有効)。",
        )
    ),
    variants={
        "expired": _bogus(
            Text(
                en="The signatures have run out (`dig +cd +dnssec SOA {domain}` shows when): find out why the zone is not signed anew, and sign it. If that takes long, remove the DS at the registrar; it helps once its TTL has run out.",
                ja="署名の有効期限が切れています(`dig +cd +dnssec SOA {domain}` で確認できます)。再署名されない原因を調べ、ゾーンを再署名してください。時間がかかる場合は、レジストラのDSを一時的に削除します(DSのTTLの経過後に有効)。",
            )
        ),
        "early": _bogus(
            Text(
                en="The signatures begin in the future (`dig +cd +dnssec SOA {domain}` shows when): set the clock of the machine that signs the zone right, and sign it again.",
                ja="署名の開始日時が未来になっています(`dig +cd +dnssec SOA {domain}` で確認できます)。署名を行うサーバーの時刻を合わせ、ゾーンを再署名してください。",
            )
        ),
        "key_missing": _bogus(
            Text(
                en="No key in `dig +cd +multi DNSKEY {domain}` fits the DS in `dig DS {domain}`, as after a move to another DNS host. Register the DS of the present key at the registrar; if the zone is not signed now, remove the DS there.",
                ja="`dig DS {domain}` のDSに対応する鍵が `dig +cd +multi DNSKEY {domain}` にありません。DNSホスティングの移転後によくある状態です。レジストラに現在の鍵のDSを登録し、署名していない場合はDSを削除してください。",
            )
        ),
        "signatures_missing": _bogus(
            Text(
                en="The DS says that the zone is signed, but its records come without RRSIG (`dig +cd +dnssec SOA {domain}`): turn signing on at all its name servers. If that takes long, remove the DS at the registrar.",
                ja="DSが登録されているのに、レコードにRRSIGが付いていません(`dig +cd +dnssec SOA {domain}` で確認できます)。すべてのネームサーバーで署名を有効にしてください。時間がかかる場合は、レジストラのDSを一時的に削除します。",
            )
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc4035#section-5", "https://www.rfc-editor.org/rfc/rfc8914"),
    sample=Sample(bad="SERVFAIL, EDE 7 (Signature Expired); answers with CD=1", good="NOERROR with the AD bit"),
)


def judge(dnssec: DnssecEvidence, domain: DomainEvidence) -> Iterator[Finding]:
    match dnssec.state:
        case Seen("insecure"):
            yield UNSIGNED_ZONE.found(dnssec.domain, domain=domain.shown)
        case Seen("bogus"):
            cause = _cause(dnssec)
            named = f"EDE {cause} {VALIDATION_ERRORS[cause]}" if cause is not None else "SERVFAIL"
            yield BOGUS.found(dnssec.domain, variant=_VARIANTS.get(dnssec.cause or 0), domain=domain.shown, error=named)
        case Unreachable(why=why):
            raise CannotTell(why)


def _cause(dnssec: DnssecEvidence) -> int | None:
    """What the records show; else what the resolver said, which may be another thing the next time it is asked."""
    said = (error.code for error in dnssec.errors if error.code in VALIDATION_ERRORS)
    return dnssec.cause if dnssec.cause is not None else next(said, None)


CHECK = Check(
    id="dnssec.zone",
    title=Text(en="DNSSEC", ja="DNSSEC"),
    needs=(DnssecEvidence, DomainEvidence),
    rules=(UNSIGNED_ZONE, BOGUS),
    judge=judge,
    required=True,
)
