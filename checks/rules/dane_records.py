"""Can senders use the TLSA records of the mail servers (DANE for SMTP, RFC 7672)?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dane import DaneEvidence, DaneHost, TlsaRecord
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

_PKIX_EE, _DANE_TA, _DANE_EE = 1, 2, 3
_FULL = 0
_MAX_SHOWN = 5
_OCTETS = {1: 32, 2: 64}
"""Length of the data by matching type: SHA2-256, SHA2-512 (RFC 6698 section 7.4)."""

TLSA_IN_INSECURE_ZONE = Rule(
    id="DANE102",
    name="tlsa-in-insecure-zone",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "host", "name"),
    texts=Texts(
        title=Text(
            en="TLSA records of the mail server `{host}` lie in an unsigned zone",
            ja="メールサーバー `{host}` のTLSAレコードが、DNSSEC未署名のゾーンにあります",
        ),
        why=Text(
            en="Senders use TLSA records only if DNSSEC vouches for them and for the server's addresses. Here they ignore `{name}`: mail for `{domain}` is as unprotected as without it.",
            ja="送信側は、TLSAレコードとサーバーのアドレスの両方がDNSSECで検証できる場合にだけDANEを使います。現状では `{name}` は無視され、`{domain}` 宛てのメールは保護されません。",
        ),
        fix=Text(
            en="Sign the zone of `{host}` and register its DS at the registrar. Before that, see that the records fit the server's certificate: from then on they count. If the zone cannot be signed, delete them.",
            ja="`{host}` のゾーンをDNSSECで署名し、登録事業者(レジストラ)にDSを登録してください。登録した時点から有効になるため、事前にTLSAレコードがサーバー証明書と一致することを確認します。署名できない場合はTLSAレコードを削除してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7672#section-2.2",),
    sample=Sample(
        bad="_25._tcp.mx.example.co.jp.  TLSA  3 1 1 8D02...  (without AD)",
        good="_25._tcp.mx.example.co.jp.  TLSA  3 1 1 8D02...  (with AD)",
    ),
)

TLSA_UNUSABLE = Rule(
    id="DANE103",
    name="tlsa-unusable",
    severity=Severity.WARNING,
    tier=Tier.DNS,
    since="0.2",
    facts=("name", "host", "unusable"),
    texts=Texts(
        title=Text(
            en="No TLSA record at `{name}` can be used for mail: {unusable:code}",
            ja="`{name}` に、メールで利用できるTLSAレコードがありません: {unusable:code}",
        ),
        why=Text(
            en="For SMTP only usages 2 (DANE-TA) and 3 (DANE-EE) count, with a selector of 0 or 1 and data as long as the matching type says. With none of these, senders use TLS, but do not check that it is `{host}`.",
            ja="SMTPで有効なのは、証明書の用途(usage)が2(DANE-TA)か3(DANE-EE)、セレクタが0か1で、データの長さがマッチング種別と合うレコードだけです。1つもないと、送信側はTLSを使っても `{host}` であることを確認しません。",
        ),
        fix=Text(
            en="Publish `3 1 1` with the SHA-256 digest of the public key of the certificate that `{host}` shows on port 25, and take the unusable records away. Usage 1 can become 3 with the same data, once that is seen to fit the certificate.",
            ja="`{host}` が25番ポートで提示する証明書の公開鍵のSHA-256ダイジェストを `3 1 1` として公開し、利用できないレコードは削除してください。usageが1のレコードは、データが証明書と一致することを確認したうえで、そのまま3に変更できます。",
        ),
    ),
    variants={
        "beside_usable": Texts(
            title=Text(
                en="Some TLSA records at `{name}` cannot be used for mail: {unusable:code}",
                ja="`{name}` のTLSAレコードの一部はメールで利用できません: {unusable:code}",
            ),
            why=Text(
                en="Senders ignore them and use the others. If one of these was meant for the next certificate of `{host}`, mail will be held back when it is changed.",
                ja="送信側はこれらを無視し、ほかのレコードだけを使います。`{host}` の次の証明書用に用意したレコードである場合、証明書の更新後に、DANE対応の送信側からのメールが保留されます。",
            ),
            fix=Text(
                en="Delete the unusable records, or replace them by records with usage 3 (or 2), selector 1, matching type 1 and a SHA-256 digest (32 octets).",
                ja="利用できないレコードを削除するか、usageが3(または2)、セレクタが1、マッチング種別が1で、SHA-256ダイジェスト(32オクテット)を持つレコードに置き換えてください。",
            ),
        )
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7672#section-3.1",
        "https://www.rfc-editor.org/rfc/rfc6698#section-2.1",
    ),
    sample=Sample(
        bad="_25._tcp.mx.example.co.jp.  TLSA  1 1 1 8D02...",
        good="_25._tcp.mx.example.co.jp.  TLSA  3 1 1 8D02...",
    ),
)

_FAILS = Text(
    en="The TLSA lookup at `{name}` fails (SERVFAIL)",
    ja="`{name}` のTLSAレコードの問い合わせが失敗します(SERVFAIL)",
)
_BOGUS = Text(
    en="The TLSA answer at `{name}` fails DNSSEC validation",
    ja="`{name}` のTLSAの応答がDNSSEC検証に失敗します",
)
_FAILS_EN = "The address of `{host}` is signed, so senders with DANE have to know whether there are TLSA records. As long as they cannot find out, they hold back mail for `{domain}` to this server"
_FAILS_JA = "`{host}` のアドレスはDNSSECで署名されているため、DANE対応の送信側はTLSAレコードの有無を確認する必要があります。確認できない間、DANE対応の送信側から、このサーバーへの `{domain}` 宛ての配送が保留されます"
_BOGUS_EN = "The address of `{host}` is signed, but what its name servers say of TLSA records does not validate. Senders with DANE hold back mail for `{domain}` to this server"
_BOGUS_JA = "`{host}` のアドレスはDNSSECで検証できますが、TLSAレコードの有無についての応答が検証に失敗します。DANE対応の送信側から、このサーバーへの `{domain}` 宛ての配送が保留されます"
_OTHERS_EN = "; they may use the others ({others:code})."
_OTHERS_JA = "(ほかのMX {others:code} には配送されることがあります)。"
_REPAIR_EN = "Have the operator of the DNS of `{host}` see to it, if that is not you: `dig +dnssec TLSA {name}` has to return TLSA records, or a signed answer that there are none. Old DNS servers and firewalls fail on record types that they do not know. Do not invent a TLSA record."
_REPAIR_JA = "`dig +dnssec TLSA {name}` の応答が、TLSAレコードか、署名付きの不在証明(NODATAまたはNXDOMAIN)になるようにします。`{host}` のDNSが自社の管理でない場合は、管理者に連絡してください。古いDNSサーバーやファイアウォールには、TLSAなど未対応のタイプの問い合わせを正しく処理できないものがあります。エラーを消すために、証明書と一致しないTLSAレコードを登録しないでください。"
_RESIGN_EN = "Usual cause: a wrong or missing proof that there is no record (NSEC, NSEC3). Compare `dig +dnssec TLSA {name}` with `dig +cd +dnssec TLSA {name}`, and have the operator of the DNS of `{host}` sign the zone again or update the server. Do not invent a TLSA record."
_RESIGN_JA = "多くの場合、不在証明(NSEC、NSEC3)の誤りや欠落が原因です。`dig +dnssec TLSA {name}` と `dig +cd +dnssec TLSA {name}` の結果を比べ、ゾーンの再署名またはDNSサーバーの更新を行ってください。`{host}` のDNSが自社の管理でない場合は、管理者に連絡します。エラーを消すために、証明書と一致しないTLSAレコードを登録しないでください。"
_MEANWHILE_EN = " Meanwhile you can take this MX out, if others take all mail."
_MEANWHILE_JA = "ほかのMXですべてのメールを受信できる場合は、直るまでこのMXを一時的に外す方法もあります。"

TLSA_LOOKUP_FAILS = Rule(
    id="DANE104",
    name="tlsa-lookup-fails",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "host", "name", "others"),
    texts=Texts(
        title=_FAILS,
        why=Text(en=f"{_FAILS_EN}.", ja=f"{_FAILS_JA}。"),
        fix=Text(en=_REPAIR_EN, ja=_REPAIR_JA),
    ),
    variants={
        "others_serve": Texts(
            title=_FAILS,
            why=Text(en=_FAILS_EN + _OTHERS_EN, ja=_FAILS_JA + _OTHERS_JA),
            fix=Text(en=_REPAIR_EN + _MEANWHILE_EN, ja=_REPAIR_JA + _MEANWHILE_JA),
        ),
        "bogus": Texts(
            title=_BOGUS,
            why=Text(en=f"{_BOGUS_EN}.", ja=f"{_BOGUS_JA}。"),
            fix=Text(en=_RESIGN_EN, ja=_RESIGN_JA),
        ),
        "bogus_others_serve": Texts(
            title=_BOGUS,
            why=Text(en=_BOGUS_EN + _OTHERS_EN, ja=_BOGUS_JA + _OTHERS_JA),
            fix=Text(en=_RESIGN_EN + _MEANWHILE_EN, ja=_RESIGN_JA + _MEANWHILE_JA),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7672#section-2.1",),
    sample=Sample(
        bad="_25._tcp.mx.example.co.jp.  TLSA  (SERVFAIL, while A of the name is answered with AD)",
        good="_25._tcp.mx.example.co.jp.  TLSA  (NXDOMAIN with AD)",
    ),
)


def _hosts(dane: DaneEvidence) -> tuple[DaneHost, ...]:
    """All but those that have no address: nobody asks for the TLSA records of a name that leads nowhere."""
    if isinstance(dane.records, Unreachable):
        raise CannotTell(dane.records.why)
    hosts = tuple(h for h in dane.hosts if h.has_address or h.addresses not in (Seen("secure"), Seen("insecure")))
    if not hosts:
        raise NotApplicable(Why.NO_MX)
    return hosts


def judge_records(dane: DaneEvidence) -> Iterator[Finding]:
    """What stands there. A resolver that does not validate tells that as well; only the state of the zone it does not."""
    hosts = _hosts(dane)
    for host in hosts:
        if isinstance(host.tlsa.records, Seen):
            if Seen("insecure") in (host.addresses, host.tlsa.validity):
                yield TLSA_IN_INSECURE_ZONE.found(host.host, domain=dane.domain, host=host.host, name=host.tlsa.name)
            yield from _unusable(host, host.tlsa.records.value)
    for host in hosts:
        for told in (host.tlsa.records, host.tlsa.validity, host.addresses):
            # Of a server without TLSA records there is nothing more to know.
            if isinstance(told, Unreachable) and not isinstance(host.tlsa.records, Absent):
                raise CannotTell(told.why)
    if not any(isinstance(host.tlsa.records, Seen) for host in hosts):
        raise NotApplicable(Why.NO_RECORD)


def _unusable(host: DaneHost, records: tuple[TlsaRecord, ...]) -> Iterator[Finding]:
    """Subject is the server: one finding, whatever the number of its records."""
    bad = [record for record in records if not is_usable(record)]
    if bad:
        yield TLSA_UNUSABLE.found(
            host.host,
            variant=None if len(bad) == len(records) else "beside_usable",
            records=tuple(_change(host.tlsa.name, record) for record in bad),
            name=host.tlsa.name,
            host=host.host,
            unusable=tuple(f"{record.usage} {record.selector} {record.matching}" for record in bad),
        )


def is_usable(record: TlsaRecord) -> bool:
    """By a sender of mail: RFC 7672 section 3.1, and data of the length that RFC 6698 section 2.1 says."""
    if not _has_sound_data(record):
        return False
    return record.usage in (_DANE_TA, _DANE_EE)


def _has_sound_data(record: TlsaRecord) -> bool:
    if record.selector not in (0, 1):
        return False
    return record.is_der if record.matching == _FULL else _OCTETS.get(record.matching) == record.octets


def _change(name: str, record: TlsaRecord) -> RecordChange:
    """PKIX-EE(1) and DANE-EE(3) take the same data; that it fits the certificate has to be seen first."""
    if record.usage == _PKIX_EE and _has_sound_data(record):
        return RecordChange(name, "TLSA", record.text, f"{_DANE_EE}{record.text[1:]}", later=True)
    return RecordChange(name, "TLSA", record.text, None)


def judge_lookups(dane: DaneEvidence) -> Iterator[Finding]:
    """Only where the address is secure does a sender ask for TLSA at all, and only then a failure holds mail back."""
    hosts = _hosts(dane)
    for host in hosts:
        if host.addresses == Seen("secure") and host.tlsa.failed_twice:
            others = tuple(other.host for other in hosts if _delivers(other))[:_MAX_SHOWN]
            is_bogus = host.tlsa.validity == Seen("bogus")
            variants = ("bogus", "bogus_others_serve") if is_bogus else (None, "others_serve")
            yield TLSA_LOOKUP_FAILS.found(
                host.host,
                variant=variants[bool(others)],
                domain=dane.domain,
                host=host.host,
                name=host.tlsa.name,
                others=others or ("-",),
            )
    for host in hosts:
        if isinstance(host.addresses, Unreachable):
            raise CannotTell(host.addresses.why)
        if host.addresses == Seen("bogus"):
            raise CannotTell(Why.SERVFAIL)
        if (
            host.addresses == Seen("secure")
            and not host.tlsa.failed_twice
            and isinstance(host.tlsa.records, Unreachable)
        ):
            raise CannotTell(host.tlsa.records.why)


def _delivers(host: DaneHost) -> bool:
    """It surely has an address, and no question of DANE holds mail to it back."""
    if not host.has_address or host.addresses not in (Seen("secure"), Seen("insecure")):
        return False
    return host.addresses == Seen("insecure") or not isinstance(host.tlsa.records, Unreachable)


CHECKS = (
    Check(
        id="dane.records",
        title=Text(en="TLSA records (DANE)", ja="TLSAレコード(DANE)"),
        needs=(DaneEvidence,),
        rules=(TLSA_IN_INSECURE_ZONE, TLSA_UNUSABLE),
        judge=judge_records,
    ),
    Check(
        id="dane.lookup",
        title=Text(en="Lookup of TLSA records", ja="TLSAレコードの問い合わせ"),
        needs=(DaneEvidence,),
        rules=(TLSA_LOOKUP_FAILS,),
        judge=judge_lookups,
    ),
)
