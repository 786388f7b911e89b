"""The five verdicts: what lowers them, what does not, and when none can be told."""

from __future__ import annotations

import pytest

from checks import CATALOGUE, CheckResult, Finding, Outcome, Severity, Tier, Verdict, Why
from checks.profiles.mschecker import ITEMS, verdict

ANY_RULE = next(iter(CATALOGUE.rules.values()))


def found(severity: Severity, tier: Tier) -> CheckResult:
    return CheckResult("spf.all", Outcome.FAILED, None, (Finding(ANY_RULE, "x", severity, tier, {}),))


def unknown(check: str, why: Why) -> CheckResult:
    return CheckResult(check, Outcome.UNKNOWN, why)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (found(Severity.CRITICAL, Tier.DANGER), Verdict.DANGER),
        (found(Severity.WARNING, Tier.DANGER), Verdict.DANGER),
        (found(Severity.ERROR, Tier.MAIL), Verdict.MAIL_NEEDS_WORK),
        (found(Severity.WARNING, Tier.MAIL), Verdict.DNS_NEEDS_WORK),
        (found(Severity.ERROR, Tier.DNS), Verdict.DNS_NEEDS_WORK),
        (found(Severity.WARNING, Tier.DNS), Verdict.DNS_NEEDS_WORK),
        (found(Severity.NOTICE, Tier.MAIL), Verdict.SAFE),
        (found(Severity.NOTICE, Tier.DNS), Verdict.SAFE),
        (found(Severity.ERROR, Tier.NONE), Verdict.SAFE),
        (unknown("spf.record", Why.TIMEOUT), Verdict.UNDETERMINED),
        (unknown("dnssec.zone", Why.NOT_VALIDATING), Verdict.SAFE),
        (unknown("bl.client", Why.BLOCKED), Verdict.SAFE),
        (unknown("tls.session", Why.NEEDS_MAIL), Verdict.SAFE),
        (unknown("dmarc.policy", Why.TIMEOUT), Verdict.SAFE),
        (CheckResult("dmarc.record", Outcome.BROKEN), Verdict.UNDETERMINED),
    ],
)
def test_one_result_decides(result, expected):
    passed = {c.id: CheckResult(c.id, Outcome.PASSED) for c in CATALOGUE.checks}
    assert verdict(passed | {result.id: result}, CATALOGUE) is expected


def test_what_is_known_to_be_wrong_outweighs_what_is_not_known():
    results = {"a": found(Severity.ERROR, Tier.MAIL), "spf.record": unknown("spf.record", Why.TIMEOUT)}
    assert verdict(results, CATALOGUE) is Verdict.MAIL_NEEDS_WORK


def test_every_check_of_an_item_exists():
    known = {check.id for check in CATALOGUE.checks}
    assert {c for item in ITEMS for c in item.checks} <= known
