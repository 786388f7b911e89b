"""Are the names of the mail servers in signed zones?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.dane import DaneEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.domain import is_within

UNSIGNED_MX_ZONE = Rule(
    id="SEC002",
    name="unsigned-mx-zone",
    severity=Severity.NOTICE,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "hosts"),
    texts=Texts(
        title=Text(
            en="Mail servers of `{domain}` have names in unsigned zones: {hosts:code}",
            ja="`{domain}` のメールサーバーの名前が、DNSSEC未署名のゾーンにあります: {hosts:code}",
        ),
        why=Text(
            en="Their addresses can be forged even where `{domain}` itself is signed, and DANE, by which senders insist on TLS with the right server, cannot be used for them.",
            ja="`{domain}` 自体が署名されていても、これらのサーバーのアドレスは偽造されるおそれがあり、正しいサーバーとのTLSを送信側に必須とさせるDANEも利用できません。",
        ),
        fix=Text(
            en="If the zone is yours, sign it and register its DS. If it is the mail provider's, ask there for MX names in a signed zone: several offer them beside the usual ones.",
            ja="自社のゾーンであれば、署名してDSを登録してください。メールプロバイダーのゾーンであれば、署名されたゾーンのMX名を提供しているか確認してください(通常の名前と別に用意しているプロバイダーもあります)。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc7672#section-2.2",),
    sample=Sample(
        bad="example.co.jp.  MX  10 mx.unsigned.example.  (A without AD)",
        good="example.co.jp.  MX  10 mx.signed.example.  (A with AD)",
    ),
)


def judge(dane: DaneEvidence) -> Iterator[Finding]:
    """Where the domain itself is unsigned, so is all below it: SEC001 says that, and this speaks of other zones only."""
    if isinstance(dane.records, Unreachable):
        raise CannotTell(dane.records.why)
    if dane.implicit or not dane.hosts:
        raise NotApplicable(Why.NO_MX)
    own_is_unsigned = dane.own == Seen("insecure")
    asked = [h for h in dane.hosts if not (own_is_unsigned and is_within(h.host, dane.zone))]
    unsigned = tuple(h.host for h in asked if h.has_address and h.addresses == Seen("insecure"))
    if unsigned:
        yield UNSIGNED_MX_ZONE.found(dane.domain, domain=dane.domain, hosts=unsigned)
    for host in asked:
        match host.addresses:
            case Unreachable(why=why):
                raise CannotTell(why)
            case Seen("bogus"):
                raise CannotTell(Why.SERVFAIL)


CHECK = Check(
    id="dnssec.mx",
    title=Text(en="DNSSEC of the MX names", ja="MXの名前のDNSSEC"),
    needs=(DaneEvidence,),
    rules=(UNSIGNED_MX_ZONE,),
    judge=judge,
)
