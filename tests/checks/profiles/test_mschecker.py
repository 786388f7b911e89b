"""The five verdicts: what lowers them, what does not, and when none can be told."""

from __future__ import annotations

import pytest

from checks import CATALOGUE, CheckResult, Finding, Outcome, Severity, Tier, Verdict, Why
from checks.profiles.mschecker import IN_NO_ITEM, ITEMS, verdict

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
    assert {c for item in ITEMS for c in item.checks} | IN_NO_ITEM <= known


TOPICS = {check.split(".")[0] for item in ITEMS for check in item.checks}


@pytest.mark.parametrize("check", [c for c in CATALOGUE.checks if c.topic in TOPICS], ids=lambda c: c.id)
def test_every_check_of_their_topics_is_in_one_item_or_in_none_on_purpose(check):
    places = [item.id for item in ITEMS if check.id in item.checks]
    assert len(places) + (check.id in IN_NO_ITEM) == 1, places


@pytest.mark.parametrize("check", [c for c in CATALOGUE.checks if c.id in IN_NO_ITEM], ids=lambda c: c.id)
def test_what_is_in_no_item_lowers_no_verdict(check):
    told = {(r.severity, r.tier) for r in check.rules} | {a for r in check.rules for a in r.alternatives}
    lowering = {(s, t) for s, t in told if t is not Tier.NONE and s.rank <= Severity.WARNING.rank}
    # What the addresses of the MX lack is a notice there: they need not send.
    assert not lowering or check.id == "ptr.mx"
