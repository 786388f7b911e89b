"""Is the zone signed, and do its signatures hold?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.dnssec import VALIDATION_ERRORS, DelegationSigner, DnssecEvidence, ZoneKey
from checks.evidence.domain import DomainEvidence
from checks.model import Absent, Known, Seen, Severity, Tier, Unreachable

_UNSIGNED = Text(en="`{domain}` is not signed with DNSSEC", ja="`{domain}` はDNSSECで署名されていません")
_WHY_UNSIGNED = Text(
    en="Receivers cannot tell forged DNS answers from yours. Forged MX, SPF, DKIM or DMARC records would be believed, and DANE cannot be used.",
    ja="受信側は、偽造されたDNS応答を見分けられません。MX、SPF、DKIM、DMARCの偽の応答が信用されるおそれがあり、DANEも利用できません。",
)

UNSIGNED_ZONE = Rule(
    id="SEC001",
    name="unsigned-zone",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.1",
    facts=("domain", "zone", "parent"),
    texts=Texts(
        title=_UNSIGNED,
        why=_WHY_UNSIGNED,
        fix=Text(
            en="Turn on DNSSEC for the zone `{zone}` at your DNS host, then have the registrar put its DS record into `{parent}`. In this order: a DS without signatures makes the domain unreachable.",
            ja="DNSホスティングでゾーン `{zone}` のDNSSEC署名を有効にし、その後に登録事業者(レジストラ、JPドメインでは指定事業者)を通じて、DSレコードを `{parent}` に登録します。署名より先にDSを登録すると名前解決ができなくなるため、順序を守ってください。",
        ),
    ),
    variants={
        "delegated": Texts(
            title=_UNSIGNED,
            why=_WHY_UNSIGNED,
            fix=Text(
                en="Sign the zone `{zone}` at its DNS host, then have whoever runs the DNS of `{parent}` publish its DS record there (no registrar is involved; that zone has to be signed too). In this order: a DS without signatures makes the name unreachable.",
                ja="ゾーン `{zone}` のDNSSEC署名を有効にし、その後に `{parent}` のDNSの管理者にDSレコードの登録を依頼します(登録事業者ではありません。上位のゾーンも署名されている必要があります)。署名より先にDSを登録すると名前解決ができなくなるため、順序を守ってください。",
            ),
        ),
        "above": Texts(
            title=_UNSIGNED,
            why=_WHY_UNSIGNED,
            fix=Text(
                en="`{domain}` has no zone of its own: its records stand in the zone `{zone}`, and only the operator of that can sign it. Ask there.",
                ja="`{domain}` には独自のゾーンがなく、レコードはゾーン `{zone}` にあります。署名できるのはそのゾーンの管理者だけです。管理者に確認してください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc9364",),
    sample=Sample(bad="example.co.jp.  (no DS in co.jp)", good="example.co.jp.  DS  12345 13 2 49FD46E6C4B45C55..."),
)

_BOGUS_TITLE = Text(
    en="DNSSEC validation of `{domain}` fails ({error})", ja="`{domain}` のDNSSEC検証に失敗しています({error})"
)
_BOGUS_WHY = Text(
    en="Urgent: resolvers that validate, Google's among them, answer SERVFAIL. Partners who use one can neither send mail to the domain nor accept mail from it: it is deferred, and returned after some days. SPF, DMARC and MX cannot be judged until this is repaired.",
    ja="緊急の対応が必要です。Google Public DNSなど、DNSSEC検証を行うリゾルバーはSERVFAILを返します。そうしたリゾルバーを使う相手とはメールの送受信ができず、メールは保留され、数日後に返送されます。SPF、DMARC、MXも、修復するまで検査できません。",
)


def _bogus(fix: Text) -> Texts:
    """The fact and its consequence are the same whatever the cause; what to do is not."""
    return Texts(title=_BOGUS_TITLE, why=_BOGUS_WHY, fix=fix)


_MAX_SHOWN = 4
_VARIANTS = {7: "expired", 8: "early", 9: "key_missing", 10: "signatures_missing"}
"""Wordings by INFO-CODE (RFC 8914 section 4)."""

BOGUS = Rule(
    id="SEC201",
    name="bogus",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "error", "zone", "signers", "keys"),
    texts=_bogus(
        Text(
            en="If the DS at the parent ({signers:code}, see `dig DS {zone}`) fits no DNSKEY ({keys:code}, see `dig +cd +multi DNSKEY {zone}`), register the right DS and remove the old one. If the RRSIG in `dig +cd +dnssec SOA {zone}` has expired, sign anew. If neither is quick, remove the DS; that works once its TTL has run out.",
            ja="親ゾーンのDS(`dig DS {zone}`、鍵タグ {signers:code})に対応するDNSKEY(`dig +cd +multi DNSKEY {zone}`、鍵タグ {keys:code})がない場合は、正しいDSを登録し、古いDSを削除します。`dig +cd +dnssec SOA {zone}` のRRSIGが期限切れの場合は、再署名します。すぐに直せない場合は、DSを一時的に削除してください(TTLの経過後に有効)。",
        )
    ),
    variants={
        "expired": _bogus(
            Text(
                en="The signatures have run out (see the RRSIG in `dig +cd +dnssec SOA {zone}` and `dig +cd +dnssec DNSKEY {zone}`): find out why the zone is not signed anew, and sign it. If that takes long, remove the DS (key tag {signers:code}) at the registrar or parent zone; it helps once its TTL has run out.",
                ja="署名の有効期限が切れています(`dig +cd +dnssec SOA {zone}` と `dig +cd +dnssec DNSKEY {zone}` のRRSIGで確認できます)。再署名されない原因を調べ、ゾーンを再署名してください。時間がかかる場合は、登録事業者(レジストラ)または親ゾーンのDS(鍵タグ {signers:code})を一時的に削除します(DSのTTLの経過後に有効)。",
            )
        ),
        "early": _bogus(
            Text(
                en="The signatures begin in the future (see the RRSIG in `dig +cd +dnssec SOA {zone}` and `dig +cd +dnssec DNSKEY {zone}`): set the clock of the machine that signs the zone right, and sign it again.",
                ja="署名の開始日時が未来になっています(`dig +cd +dnssec SOA {zone}` と `dig +cd +dnssec DNSKEY {zone}` のRRSIGで確認できます)。署名を行うサーバーの時刻を合わせ、ゾーンを再署名してください。",
            )
        ),
        "key_missing": _bogus(
            Text(
                en="The DS at the parent (key tag {signers:code}, see `dig DS {zone}`) fits no DNSKEY of the zone ({keys:code}, see `dig +cd +multi DNSKEY {zone}`), as after a move to another DNS host. At the registrar register the DS of the present key and remove the old DS; if the zone is not signed now, only remove it.",
                ja="親ゾーンのDS(鍵タグ {signers:code}、`dig DS {zone}` で確認)が、ゾーンのDNSKEY(鍵タグ {keys:code}、`dig +cd +multi DNSKEY {zone}` で確認)のどれにも対応していません。DNSホスティングの移転後によくある状態です。登録事業者(レジストラ)で現在の鍵のDSを登録し、古いDSを削除してください。署名していない場合は、削除だけを行います。",
            )
        ),
        "not_signed": _bogus(
            Text(
                en="The DS at the parent (key tag {signers:code}, see `dig DS {zone}`) says that the zone is signed, but it has no DNSKEY (see `dig +cd DNSKEY {zone}`), as after a move to a DNS host that does not sign. Remove the DS at the registrar or parent zone. To keep DNSSEC, let the DNS host sign the zone after that, then register the new DS.",
                ja="親ゾーンにDS(鍵タグ {signers:code}、`dig DS {zone}` で確認)が残っていますが、ゾーンは署名されておらず、DNSKEYがありません(`dig +cd DNSKEY {zone}` で確認)。署名しないDNSホスティングへの移転後によくある状態です。登録事業者(レジストラ)または親ゾーンでDSを削除してください。DNSSECを続ける場合は、その後に移転先で署名し、新しいDSを登録します。",
            )
        ),
        "signatures_missing": _bogus(
            Text(
                en="The DS (key tag {signers:code}) says that the zone is signed, but its records come without RRSIG (see `dig +cd +dnssec SOA {zone}`): turn signing on at all its name servers. If that takes long, remove the DS at the registrar or parent zone.",
                ja="DS(鍵タグ {signers:code})が登録されているのに、レコードにRRSIGが付いていません(`dig +cd +dnssec SOA {zone}` で確認できます)。すべてのネームサーバーで署名を有効にしてください。時間がかかる場合は、登録事業者(レジストラ)または親ゾーンのDSを一時的に削除します。",
            )
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc4035#section-5", "https://www.rfc-editor.org/rfc/rfc8914"),
    sample=Sample(bad="SERVFAIL, EDE 7 (Signature Expired); answers with CD=1", good="NOERROR with the AD bit"),
)


def judge(dnssec: DnssecEvidence, domain: DomainEvidence) -> Iterator[Finding]:
    match dnssec.state:
        case Seen("insecure"):
            zone = _zone(dnssec)
            yield UNSIGNED_ZONE.found(
                dnssec.domain,
                variant=_place(zone, domain.registrable or domain.ascii),
                domain=domain.shown,
                zone=zone,
                parent=zone.partition(".")[2] or ".",
            )
        case Seen("bogus"):
            cause = _cause(dnssec)
            named = f"EDE {cause} {VALIDATION_ERRORS[cause]}" if cause is not None else "SERVFAIL"
            yield BOGUS.found(
                dnssec.domain,
                variant=_variant(dnssec),
                domain=domain.shown,
                error=named,
                zone=_zone(dnssec),
                signers=_tags(dnssec.signers),
                keys=_tags(dnssec.keys),
            )
        case Unreachable(why=why):
            raise CannotTell(why)


def _variant(dnssec: DnssecEvidence) -> str | None:
    if isinstance(dnssec.keys, Absent) and isinstance(dnssec.signers, Seen):
        return "not_signed"
    return _VARIANTS.get(dnssec.cause or 0)


def _zone(dnssec: DnssecEvidence) -> str:
    return dnssec.zone or dnssec.domain


def _place(zone: str, registrable: str) -> str | None:
    """The wording by where the DS of the zone goes: to the registrar only that of a registered domain."""
    if zone == registrable:
        return None
    return "delegated" if zone.endswith(f".{registrable}") else "above"


def _tags(known: Known[tuple[ZoneKey, ...]] | Known[tuple[DelegationSigner, ...]] | None) -> tuple[str, ...]:
    """The key tags, "?" where that could not be told."""
    tags = [str(one.key_tag) for one in known.value] if isinstance(known, Seen) else []
    return tuple(dict.fromkeys(tags))[:_MAX_SHOWN] or ("?",)


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
