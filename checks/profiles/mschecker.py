"""The five verdicts and the items of MSchecker (mschecker.jp).

Where DMARC and the blocklists sit is our reading: MSchecker does not publish it, so shares are not comparable.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from checks.catalogue import Catalogue, CheckResult, Finding, Text
from checks.model import Outcome, Severity, Tier, Why
from checks.profiles.view import Requirement


class Verdict(StrEnum):
    """From worst to best; UNDETERMINED where something required stayed unknown and nothing worse is known."""

    DANGER = "danger"
    MAIL_NEEDS_WORK = "mail_needs_work"
    DNS_NEEDS_WORK = "dns_needs_work"
    SAFE = "safe"
    UNDETERMINED = "undetermined"


TITLES: Mapping[Verdict, Text] = {
    Verdict.DANGER: Text(en="Danger", ja="危険"),
    Verdict.MAIL_NEEDS_WORK: Text(en="Mail system needs work", ja="メールシステム要改善"),
    Verdict.DNS_NEEDS_WORK: Text(en="DNS needs work", ja="DNS等要改善"),
    Verdict.SAFE: Text(en="Safe", ja="安全"),
    Verdict.UNDETERMINED: Text(en="Undetermined", ja="判定不能"),
}


def verdict(results: Mapping[str, CheckResult], catalogue: Catalogue) -> Verdict:
    """The verdict over these results. What our own side prevents neither makes it undetermined nor keeps it from safe."""
    found = {(f.tier, f.severity) for result in results.values() for f in result.findings}
    if any(tier is Tier.DANGER for tier, _ in found):
        return Verdict.DANGER
    if any(tier is Tier.MAIL and severity.rank <= Severity.ERROR.rank for tier, severity in found):
        return Verdict.MAIL_NEEDS_WORK
    if any(tier in (Tier.DNS, Tier.MAIL) and severity.rank <= Severity.WARNING.rank for tier, severity in found):
        return Verdict.DNS_NEEDS_WORK
    required = {check.id for check in catalogue.checks if check.required}
    if any(_is_open(result) for result in results.values() if result.id in required):
        return Verdict.UNDETERMINED
    return Verdict.SAFE


def lowers_verdict(finding: Finding) -> bool:
    return finding.tier is not Tier.NONE and finding.severity.rank <= Severity.WARNING.rank


def _is_open(result: CheckResult) -> bool:
    if result.outcome is Outcome.BROKEN:
        return True
    # A resolver of ours that rewrites what blocklists say keeps nothing of the domain itself from us.
    is_own_side = result.reason is Why.FILTERED and result.id.startswith("bl.")
    return result.outcome is Outcome.UNKNOWN and not (is_own_side or (result.reason and result.reason.is_own_side))


def _item(item: str, en: str, ja: str, *checks: str, why: Why | None = None) -> Requirement:
    return Requirement(item, Text(en=en, ja=ja), checks=checks, counts=lowers_verdict, reason=why)


ITEMS: tuple[Requirement, ...] = (
    _item("tls_send", "TLS when sending", "送信時のTLS", "tls.session"),
    _item("tls_receive", "TLS when receiving", "受信時のTLS", why=Why.NOT_COVERED),
    _item("relay", "Open relay", "オープンリレー", why=Why.NEEDS_PROOF),
    _item(
        "spf",
        "SPF",
        "SPF",
        "spf.record",
        "spf.alias",
        "spf.syntax",
        "spf.look_alike",
        "spf.all",
        "spf.end",
        "spf.lookups",
        "spf.includes",
        "spf.voids",
        "spf.mx",
        "spf.result",
    ),
    _item(
        "dkim",
        "DKIM",
        "DKIM",
        "dkim.published",
        "dkim.signature",
        "dkim.field",
        "dkim.key",
        "dkim.verification",
        "dkim.coverage",
        "dkim.alignment",
    ),
    _item(
        "dmarc", "DMARC", "DMARC", "dmarc.record", "dmarc.syntax", "dmarc.policy", "dmarc.organization", "dmarc.result"
    ),
    _item("reverse_dns", "Reverse DNS", "逆引き", "ptr.client"),
    _item("dnssec", "DNSSEC", "DNSSEC", "dnssec.zone", "dnssec.algorithm", "dnssec.expiry"),
    _item("dnsbl", "Blocklists", "ブラックリスト(DNSBL)", "bl.domain", "bl.client"),
)

IN_NO_ITEM = frozenset(
    {
        "spf.networks",
        "spf.macros",
        "spf.terms",
        "spf.size",
        "spf.author",
        "spf.alignment",
        "dkim.algorithm",
        "dmarc.place",
        "dmarc.tags",
        "dmarc.subdomains",
        "dmarc.reports",
        "dmarc.destinations",
        "dmarc.mechanisms",
        "ptr.mx",
        "dnssec.mx",
        "bl.mx",
    }
)
"""Questions of the same topics that lower no verdict: whether they were answered must not leave an item undecided."""
