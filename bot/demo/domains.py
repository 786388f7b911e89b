"""The sample domains of the demo: one that is right, and several that are broken, each in one way.

All lie under the reserved top-level domain `.example` (RFC 2606), and all their servers in 192.88.99.0/24: it is global
address space as that of a mail server has to be, but nobody's (RFC 7526 took it out of use). Nothing is ever sent there;
mails say that they come from there by the PROXY protocol (see `mails`). SPF, PTR and address records agree with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.demo.nameserver import ALWAYS, Fault, Zone, ZoneState
from bot.demo.signing import SigningKey
from checks import Text

SIGNERS = ("good.example", "newsletter.example", "spf-limit.example")
"""The domains with a DKIM key."""

BLOCKLISTS: Mapping[str, Literal["ip", "domain"]] = {
    "zen.spamhaus.org": "ip",
    "b.barracudacentral.org": "ip",
    "bl.spamcop.net": "ip",
    "psbl.surriel.com": "ip",
    "bl.mailspike.net": "ip",
    "dbl.spamhaus.org": "domain",
    "multi.surbl.org": "domain",
    "multi.uribl.com": "domain",
}
"""The lists that the checks know. In the demo they list nothing but their test entry."""

_LISTED: Mapping[str, str] = {
    "dbl.spamhaus.org": "127.0.1.2",
    "multi.surbl.org": "127.0.0.254",
    "multi.uribl.com": "127.0.0.14",
}
"""What a list answers for its test entry, where it is not 127.0.0.2."""

_TEST_ENTRY: Mapping[str, str] = {
    "multi.surbl.org": "surbl-org-permanent-test-point.com",
    "multi.uribl.com": "2.0.0.127",
}
"""The test entries of lists that document another than RFC 5782 section 5 asks for."""


@dataclass(frozen=True, slots=True)
class SampleDomain:
    """A domain to try, and in one line what is to be found there."""

    name: str
    description: Text


SAMPLE_DOMAINS = (
    SampleDomain(
        "good.example",
        Text(
            "Everything is in place: SPF, DKIM, DMARC with p=reject, reverse DNS and DNSSEC.",
            "SPF、DKIM、DMARC(p=reject)、逆引き、DNSSECがすべて正しく設定されています。",
        ),
    ),
    SampleDomain(
        "spf-limit.example",
        Text(
            "The SPF record uses five services and needs 13 DNS lookups; the limit is 10.",
            "SPFレコードが5つのサービスをincludeし、DNSルックアップが上限の10回を超えて13回になります。",
        ),
    ),
    SampleDomain(
        "no-dmarc.example",
        Text(
            "SPF is fine, but there is no DMARC record.",
            "SPFは正しく設定されていますが、DMARCレコードがありません。",
        ),
    ),
    SampleDomain(
        "bogus-dnssec.example",
        Text(
            "DNSSEC validation fails: validating receivers cannot see the domain at all.",
            "DNSSECの検証に失敗し、検証を行う受信側からはドメイン全体が見えません。",
        ),
    ),
    SampleDomain(
        "third-party.example",
        Text(
            "Its newsletter is sent by a service with the service's own return path and DKIM domain, so DMARC fails.",
            "配信サービスのReturn-PathとDKIMドメインのままメールマガジンを送っているため、DMARCに不合格となります。",
        ),
    ),
    SampleDomain(
        "slow.example",
        Text(
            "Some lookups time out or fail: the DMARC record and two SPF includes cannot be told.",
            "一部のDNSルックアップがタイムアウトまたは失敗し、DMARCレコードと2つのSPF includeを確認できません。",
        ),
    ),
    SampleDomain(
        "parked.example",
        Text(
            "Never sends or receives mail, and says so: null MX, SPF -all, DMARC with p=reject.",
            "メールを送受信しないことを、Null MX、SPFの-all、DMARCのp=rejectで正しく宣言しています。",
        ),
    ),
)

_GOOD = """
@ MX 10 mx
@ TXT "v=spf1 ip4:192.88.99.110 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc-reports@good.example"
mail A 192.88.99.110
mx A 192.88.99.10
mail TXT "v=spf1 a -all"
"""

# One term after the other was added as the company bought services; the last ones are beyond the limit of 10.
_SPF_LIMIT = """
@ A 192.88.99.140
@ MX 10 mx
@ TXT ( "v=spf1 a mx include:_spf.mail-platform.example include:_spf.newsletter.example "
  "include:_spf.crm.example include:_spf.helpdesk.example include:_spf.invoices.example ~all" )
_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@spf-limit.example"
mail A 192.88.99.140
mx A 192.88.99.40
"""

_NO_DMARC = """
@ MX 10 mx
@ TXT "v=spf1 ip4:192.88.99.130 -all"
mail A 192.88.99.130
mx A 192.88.99.30
mail TXT "v=spf1 a -all"
"""

_BOGUS = """
@ MX 10 mx
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc-reports@bogus-dnssec.example"
mail A 192.88.99.170
mx A 192.88.99.70
"""

_THIRD_PARTY = """
@ MX 10 mx
@ TXT "v=spf1 ip4:192.88.99.150 -all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc-reports@third-party.example"
mail A 192.88.99.150
mx A 192.88.99.50
"""

_SLOW = """
@ MX 10 mx
@ TXT "v=spf1 ip4:192.88.99.160 include:_spf.silent-service.example include:_spf.failing-service.example -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc-reports@slow.example"
mail A 192.88.99.160
mx A 192.88.99.60
"""

_PARKED = """
@ MX 0 .
@ TXT "v=spf1 -all"
_dmarc TXT "v=DMARC1; p=reject"
"""

_NEWSLETTER = """
@ MX 10 mx
@ TXT "v=spf1 ip4:192.88.99.120 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc-reports@newsletter.example"
mail A 192.88.99.120
mx A 192.88.99.20
mail TXT "v=spf1 a -all"
_spf TXT "v=spf1 include:_spf-pool.newsletter.example ip4:192.88.99.120 -all"
_spf-pool TXT "v=spf1 ip4:198.51.100.0/27 ip4:198.51.100.64/27 -all"
bounce MX 10 mx
bounce TXT "v=spf1 ip4:192.88.99.120 -all"
"""

_MAIL_PLATFORM = """
_spf TXT ( "v=spf1 include:_netblocks.mail-platform.example include:_netblocks2.mail-platform.example "
  "include:_netblocks3.mail-platform.example ~all" )
_netblocks TXT "v=spf1 ip4:192.0.2.0/26 ip4:192.0.2.64/26 ~all"
_netblocks2 TXT "v=spf1 ip6:2001:db8:4000::/36 ip6:2001:db8:6000::/36 ~all"
_netblocks3 TXT "v=spf1 ip4:192.0.2.128/26 ~all"
"""

_CRM = """
_spf TXT "v=spf1 include:_spf-mta.crm.example -all"
_spf-mta TXT "v=spf1 ip4:203.0.113.0/26 -all"
"""

_HELPDESK = """
_spf TXT "v=spf1 ip4:203.0.113.64/27 ip4:203.0.113.96/27 -all"
"""

_INVOICES = """
_spf TXT "v=spf1 include:_spf-tokyo.invoices.example -all"
_spf-tokyo TXT "v=spf1 ip4:192.88.99.141 -all"
mail A 192.88.99.141
mail TXT "v=spf1 a -all"
"""

_REVERSE = """
110 PTR mail.good.example.
120 PTR mail.newsletter.example.
130 PTR mail.no-dmarc.example.
140 PTR mail.spf-limit.example.
141 PTR mail.invoices.example.
150 PTR mail.third-party.example.
160 PTR mail.slow.example.
170 PTR mail.bogus-dnssec.example.
10 PTR mx.good.example.
20 PTR mx.newsletter.example.
30 PTR mx.no-dmarc.example.
40 PTR mx.spf-limit.example.
50 PTR mx.third-party.example.
60 PTR mx.slow.example.
70 PTR mx.bogus-dnssec.example.
"""

_ZONES: Mapping[str, tuple[ZoneState, str]] = {
    "example": ("signed", ""),
    "good.example": ("signed", _GOOD),
    "spf-limit.example": ("signed", _SPF_LIMIT),
    "no-dmarc.example": ("signed", _NO_DMARC),
    "bogus-dnssec.example": ("bogus", _BOGUS),
    "third-party.example": ("signed", _THIRD_PARTY),
    "slow.example": ("signed", _SLOW),
    "parked.example": ("signed", _PARKED),
    "newsletter.example": ("signed", _NEWSLETTER),
    "mail-platform.example": ("signed", _MAIL_PLATFORM),
    "crm.example": ("unsigned", _CRM),
    "helpdesk.example": ("unsigned", _HELPDESK),
    "invoices.example": ("unsigned", _INVOICES),
    "silent-service.example": ("silent", ""),
    "failing-service.example": ("servfail", ""),
    "99.88.192.in-addr.arpa": ("unsigned", _REVERSE),
}


def sample_zones(
    keys: Mapping[str, SigningKey], blocklists: Mapping[str, Literal["ip", "domain"]] = BLOCKLISTS
) -> tuple[Zone, ...]:
    """The zones for `Nameserver`, with the public halves of `keys` (by domain) in place."""
    return (*_sample_zones(keys), *_blocklist_zones(blocklists))


def sample_faults() -> tuple[Fault, ...]:
    """Where the nameserver has to stay silent. New at each call, since faults are used up."""
    return (Fault("_dmarc.slow.example", drop=ALWAYS),)


def _sample_zones(keys: Mapping[str, SigningKey]) -> Iterator[Zone]:
    for name, (state, records) in _ZONES.items():
        key = keys.get(name)
        yield Zone(name, records if key is None else records + _key_record(key), state)


def _key_record(key: SigningKey) -> str:
    """A TXT record in strings of at most 255 octets (RFC 6376 section 3.6.2.2)."""
    strings = " ".join(f'"{key.record[i : i + 250]}"' for i in range(0, len(key.record), 250))
    return f"{key.selector}._domainkey TXT ( {strings} )\n"


def narrowed(zones: Iterable[Zone]) -> Iterator[Zone]:
    """The pretended blocklists answer for the samples alone: of real names only the real lists can tell."""
    for zone in zones:
        kind = BLOCKLISTS.get(zone.name)
        if kind is None:
            yield zone
            continue
        entry = _test_entry(zone.name)
        if kind == "ip":
            yield Zone(f"0.0.127.{zone.name}", zone.records.replace(f"{entry} ", "2 "), zone.state)
            yield Zone(f"99.88.192.{zone.name}", "", zone.state)
            continue
        yield Zone(f"{entry}.{zone.name}", zone.records.replace(f"{entry} ", "@ "), zone.state)
        yield Zone(f"invalid.{zone.name}", "", zone.state)
        yield Zone(f"example.{zone.name}", "", zone.state)


def _blocklist_zones(blocklists: Mapping[str, Literal["ip", "domain"]]) -> Iterator[Zone]:
    """Every list answers its test entry and nothing else (RFC 5782 section 5)."""
    for name in blocklists:
        entry = _test_entry(name)
        yield Zone(name, f'{entry} A {_LISTED.get(name, "127.0.0.2")}\n{entry} TXT "test entry of the demo"\n')


def _test_entry(name: str) -> str:
    return _TEST_ENTRY.get(name, "2.0.0.127" if BLOCKLISTS.get(name) != "domain" else "test")
