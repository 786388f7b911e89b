"""Are the keys of the signed zone of a kind that is still to be used, and do its signatures hold a while longer?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dnssec import DelegationSigner, DnssecEvidence, Signature
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

MUST_NOT: Mapping[int, str] = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    12: "ECC-GOST",
}
"""Algorithms that must not be used for signing (RFC 9904, and RFC 9905 and 9906, which added SHA-1 and GOST)."""
NOT_RECOMMENDED: Mapping[int, str] = {10: "RSASHA512"}
DIGESTS_MUST_NOT: Mapping[int, str] = {0: "NULL", 1: "SHA-1", 3: "GOST R 34.11-94"}
"""Digest types that must not stand in a DS record (RFC 9904, 9905 and 9906)."""

HOUR_S, DAY_S = 3600, 86400
LEAST_S = 12 * HOUR_S
ONLINE_S, LONG_S = 3 * DAY_S, 7 * DAY_S
"""Up to three days of validity are what signers choose that sign every answer anew; from a week on, a plan to renew."""
MAX_AGE_S = DAY_S
"""Resolvers keep an answer no longer than about a day, whatever its TTL."""

OBSOLETE_ALGORITHM = Rule(
    id="SEC202",
    name="obsolete-algorithm",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.2",
    facts=("zone", "kinds"),
    alternatives=((Severity.NOTICE, Tier.DNS),),
    texts=Texts(
        title=Text(
            en="`{zone}` is signed with an obsolete DNSSEC algorithm: {kinds}",
            ja="`{zone}` は廃止されたDNSSECアルゴリズムで署名されています: {kinds}",
        ),
        why=Text(
            en="It must no longer be used for signing. Some validating resolvers, for example on systems whose policy forbids SHA-1, treat such a zone as unsigned or fail on it, and more will.",
            ja="このアルゴリズムによる署名は標準で禁止されています。SHA-1を禁止するOSで動くものなど、一部の検証リゾルバーは、このゾーンを未署名として扱うか、名前解決に失敗します。そうしたリゾルバーは今後さらに増える見込みです。",
        ),
        fix=Text(
            en="Roll the keys of `{zone}` over to ECDSAP256SHA256 (13): sign with both and wait for the TTLs of the zone, replace the old DS by the new one (digest type 2), wait for the TTL of the old DS, then take the old keys away. Most DNS hosts do it on request.",
            ja="`{zone}` の鍵をECDSAP256SHA256(13)に移行します。新旧両方の鍵で署名してゾーンのTTLが経過するのを待ち、旧DSを新しいDS(ダイジェストタイプ2)に置き換え、旧DSのTTLが経過してから旧鍵を撤去してください。多くのDNSホスティングでは、依頼すれば対応してもらえます。",
        ),
    ),
    variants={
        "not_recommended": Texts(
            title=Text(
                en="`{zone}` is signed with an algorithm that is not recommended: {kinds}",
                ja="`{zone}` の署名に推奨されないアルゴリズムが使われています: {kinds}",
            ),
            why=Text(
                en="It is secure and validates everywhere, but its answers are large, and it is not recommended for signing any more.",
                ja="安全で、どのリゾルバーでも検証できますが、応答が大きくなるため、署名には推奨されなくなりました。",
            ),
            fix=Text(
                en="Nothing is urgent. At the next change of keys of `{zone}`, choose ECDSAP256SHA256 (13).",
                ja="緊急ではありません。`{zone}` の次回の鍵更新(ロールオーバー)の際に、ECDSAP256SHA256(13)を選んでください。",
            ),
        ),
        "digest": Texts(
            title=Text(
                en="The DS record of `{zone}` uses an obsolete digest: {kinds}",
                ja="`{zone}` のDSレコードが廃止されたダイジェストを使っています: {kinds}",
            ),
            why=Text(
                en="This digest must no longer be used in a DS record. Resolvers that do not accept it any more treat `{zone}` as unsigned.",
                ja="このダイジェストをDSレコードに使うことは標準で禁止されています。受け付けないリゾルバーは `{zone}` を未署名として扱います。",
            ),
            fix=Text(
                en="At the registrar of `{zone}`, add the DS record with SHA-256 (digest type 2) of the same key; a day later, remove the old one.",
                ja="`{zone}` の登録事業者(レジストラ)で、同じ鍵のSHA-256(ダイジェストタイプ2)のDSレコードを追加し、1日ほど経過してから古いDSを削除してください。",
            ),
        ),
        "digest_beside": Texts(
            title=Text(
                en="`{zone}` has a DS record with an obsolete digest beside a good one: {kinds}",
                ja="`{zone}` に、廃止されたダイジェストのDSレコードが残っています: {kinds}",
            ),
            why=Text(
                en="Resolvers use the stronger digest, so nothing fails. But this one must no longer be published.",
                ja="リゾルバーは強いほうのダイジェストを使うため障害にはなりませんが、公開し続けることは標準で禁止されています。",
            ),
            fix=Text(
                en="Remove this DS record at the registrar of `{zone}`; the other one stays.",
                ja="`{zone}` の登録事業者(レジストラ)で、このDSレコードだけを削除してください。もう一方は残します。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc9904",
        "https://www.rfc-editor.org/rfc/rfc9905",
        "https://www.rfc-editor.org/rfc/rfc9906",
    ),
    sample=Sample(
        bad="example.co.jp.  DNSKEY  257 3 7 AwEAAb...  (RSASHA1-NSEC3-SHA1)",
        good="example.co.jp.  DNSKEY  257 3 13 mdsswUyr...  (ECDSAP256SHA256)",
    ),
)

SIGNATURES_EXPIRE_SOON = Rule(
    id="SEC203",
    name="signatures-expire-soon",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.2",
    facts=("zone", "covered", "hours", "expires"),
    texts=Texts(
        title=Text(
            en="DNSSEC signatures of `{zone}` expire in {hours} hours ({covered}, until {expires})",
            ja="`{zone}` のDNSSEC署名があと{hours}時間で期限切れになります({covered}、{expires} まで)",
        ),
        why=Text(
            en="Signers renew signatures long before that, so it seems that this one has stopped. Once they have expired, validating resolvers answer SERVFAIL for the whole domain, and mail stops in both directions.",
            ja="通常は期限よりかなり前に再署名されるため、自動署名が止まっている可能性があります。期限が切れると、検証を行うリゾルバーはドメイン全体にSERVFAILを返し、メールの送受信が止まります。",
        ),
        fix=Text(
            en="Find out why `{zone}` is not signed anew (signer stopped, key not readable, secondary servers without zone transfer), sign it, and look at the dates in `dig +dnssec SOA {zone}` and `dig +dnssec DNSKEY {zone}` at each name server.",
            ja="`{zone}` が再署名されない原因(署名プロセスの停止、鍵が読めない、セカンダリへのゾーン転送の失敗など)を調べて再署名し、各ネームサーバーの `dig +dnssec SOA {zone}` と `dig +dnssec DNSKEY {zone}` で有効期限を確認してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc4034#section-3.1.5", "https://www.rfc-editor.org/rfc/rfc6781"),
    sample=Sample(bad="RRSIG SOA valid for 14 days, 5 hours left", good="RRSIG SOA valid for 14 days, 9 days left"),
)


def _signed(dnssec: DnssecEvidence) -> str:
    """The zone. Raises where there is no chain of trust to look at: another question says so."""
    match dnssec.state:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen("secure"):
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    if dnssec.zone is None:
        raise CannotTell(Why.DEPENDS)
    return dnssec.zone


def judge_algorithms(dnssec: DnssecEvidence) -> Iterator[Finding]:
    zone = _signed(dnssec)
    match dnssec.keys:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(keys):
            used = {key.algorithm for key in keys if not key.is_revoked}
            if wrong := _named(used, MUST_NOT):
                yield OBSOLETE_ALGORITHM.found(zone, zone=zone, kinds=wrong)
                return  # the new keys bring new DS records
            if wrong := _named(used, NOT_RECOMMENDED):
                yield _notice(zone, "not_recommended", wrong)
    match dnssec.signers:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(signers):
            yield from _digests(zone, signers)
        case _ if not isinstance(dnssec.keys, Seen):
            raise NotApplicable(Why.NO_RECORD)


def _digests(zone: str, signers: tuple[DelegationSigner, ...]) -> Iterator[Finding]:
    """A DS with an obsolete digest is never used where the same key has a better one (RFC 4509 section 3)."""
    good = [s for s in signers if s.digest_type not in DIGESTS_MUST_NOT]
    bad = [s for s in signers if s.digest_type in DIGESTS_MUST_NOT]
    kinds = _named({s.digest_type for s in bad}, DIGESTS_MUST_NOT)
    if good and bad:
        records = tuple(RecordChange(zone, "DS", s.text, "") for s in bad)
        yield _notice(zone, "digest_beside", kinds, records)
    elif bad:
        records = tuple(RecordChange(zone, "DS", None, s.as_sha256) for s in bad if s.as_sha256)
        yield OBSOLETE_ALGORITHM.found(zone, variant="digest", records=records, zone=zone, kinds=kinds)


def _notice(zone: str, variant: str, kinds: tuple[str, ...], records: tuple[RecordChange, ...] = ()) -> Finding:
    return OBSOLETE_ALGORITHM.found(
        zone, severity=Severity.NOTICE, tier=Tier.DNS, variant=variant, records=records, zone=zone, kinds=kinds
    )


def _named(numbers: set[int], names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(f"{names[number]} ({number})" for number in sorted(numbers) if number in names)


def judge_expiry(dnssec: DnssecEvidence) -> Iterator[Finding]:
    zone = _signed(dnssec)
    match dnssec.signatures:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Absent() | None:
            raise NotApplicable(Why.NO_RECORD)  # the resolver handed none on, and vouches for the zone all the same
        case Seen(signatures):
            ending = [s for s in _last_of_each(signatures) if _ends_soon(s, dnssec.asked_at)]
    if ending:
        first = min(ending, key=lambda s: s.expires_at)
        yield SIGNATURES_EXPIRE_SOON.found(
            zone,
            zone=zone,
            covered=tuple(s.covered for s in ending),
            hours=max(0, (first.expires_at - dnssec.asked_at) // HOUR_S),
            expires=f"{datetime.fromtimestamp(first.expires_at, UTC):%Y-%m-%d %H:%M} UTC",
        )


def _last_of_each(signatures: tuple[Signature, ...]) -> list[Signature]:
    """Of several signatures over the same records, the one that lasts longest keeps them valid."""
    last: dict[str, Signature] = {}
    for signature in signatures:
        if signature.covered not in last or signature.expires_at > last[signature.covered].expires_at:
            last[signature.covered] = signature
    return [last[covered] for covered in sorted(last)]


def _ends_soon(signature: Signature, now: int) -> bool:
    """Judged as it was when the resolver fetched it: since then the zone may have been signed anew."""
    left_s = signature.expires_at - now + _age_s(signature, now)
    validity_s = signature.expires_at - signature.begins_at
    if validity_s <= ONLINE_S:
        return left_s < min(LEAST_S, validity_s / 10)
    return left_s < LEAST_S or (validity_s > LONG_S and left_s < validity_s / 10)


def _age_s(signature: Signature, now: int) -> int:
    """How long the resolver has had it; 0 where that cannot be told, for it cut the TTL to the end of the signature."""
    if signature.ttl_s >= signature.expires_at - now:
        return 0
    return min(MAX_AGE_S, max(0, signature.original_ttl_s - signature.ttl_s))


CHECKS = (
    Check(
        id="dnssec.algorithm",
        title=Text(en="DNSSEC algorithm", ja="DNSSECアルゴリズム"),
        needs=(DnssecEvidence,),
        rules=(OBSOLETE_ALGORITHM,),
        judge=judge_algorithms,
    ),
    Check(
        id="dnssec.expiry",
        title=Text(en="Life of the DNSSEC signatures", ja="DNSSEC署名の有効期限"),
        needs=(DnssecEvidence,),
        rules=(SIGNATURES_EXPIRE_SOON,),
        judge=judge_expiry,
    ),
)
