"""Google's list read through the checks: before a mail, with one, and where a lookup failed."""

from __future__ import annotations

import pytest
from assessed import authentication, broken, results, signature, status_of

from checks import CATALOGUE, CheckResult, Finding, Outcome, Severity, Status, Tier, Why


@pytest.mark.parametrize(
    ("spf", "aligned", "dkim", "either", "both", "alignment"),
    [
        ("pass", True, [], Status.MET, Status.NOT_MET, Status.MET),
        ("pass", False, [], Status.MET, Status.NOT_MET, Status.NOT_MET),
        ("fail", True, [], Status.NOT_MET, Status.NOT_MET, Status.NOT_MET),
        ("softfail", True, [("pass", True)], Status.MET, Status.NOT_MET, Status.MET),
        ("pass", True, [("pass", True)], Status.MET, Status.MET, Status.MET),
        ("pass", True, [("fail", True), ("pass", False)], Status.MET, Status.MET, Status.MET),
        ("none", False, [("pass", False)], Status.MET, Status.NOT_MET, Status.NOT_MET),
        ("temperror", True, [], Status.NOT_TESTABLE, Status.NOT_MET, Status.NOT_TESTABLE),
        ("temperror", True, [("pass", False)], Status.MET, Status.NOT_TESTABLE, Status.NOT_TESTABLE),
        ("temperror", False, [("pass", False)], Status.MET, Status.NOT_TESTABLE, Status.NOT_MET),
        (None, None, [("pass", True)], Status.MET, Status.NOT_TESTABLE, Status.MET),
        (None, None, [], Status.NOT_TESTABLE, Status.NOT_MET, Status.NOT_TESTABLE),
        ("pass", None, [], Status.MET, Status.NOT_MET, Status.NOT_TESTABLE),
        ("pass", True, [("temperror", True)], Status.MET, Status.NOT_TESTABLE, Status.MET),
    ],
)
def test_a_mail_tells_authentication_and_alignment(spf, aligned, dkim, either, both, alignment):
    told = authentication(spf, aligned, *(signature(*each) for each in dkim))
    assert status_of("G-A01", told=told).status is either
    assert status_of("G-B01", told=told).status is both
    assert status_of("G-B03", told=told).status is alignment


def test_alignment_does_not_need_a_dmarc_record():
    no_record = results(dmarc__result=Outcome.NOT_APPLICABLE)
    assert status_of("G-B03", no_record, authentication("pass", True)).status is Status.MET


def test_before_a_mail_it_is_not_known_and_says_what_is_in_order():
    waiting = results(spf__result=Why.NEEDS_MAIL, dkim__verification=Why.NEEDS_MAIL)
    status = status_of("G-B01", waiting)
    assert (status.status, status.so_far) == (Status.NOT_KNOWN, Status.MET)
    assert status_of("G-A01", waiting).status is Status.NOT_KNOWN


def test_void_lookups_by_which_nobody_passes_are_known_before_a_mail():
    waiting = results(spf__result=Why.NEEDS_MAIL, dkim__verification=Why.NEEDS_MAIL)
    assert status_of("G-B01", waiting | broken("spf.voids", "SPF303")).status is Status.NOT_MET


def test_a_failed_lookup_is_not_testable_and_never_not_met():
    status = status_of("G-B02", results(dmarc__record=Why.TIMEOUT))
    assert (status.status, status.reason) == (Status.NOT_TESTABLE, Why.TIMEOUT)


@pytest.mark.parametrize("requirement", ["G-A04", "G-A16", "G-A17", "G-B06", "G-R03"])
def test_what_one_mail_cannot_show_is_said_as_such(requirement):
    told = authentication("pass", True, signature("pass", True))
    assert status_of(requirement).status is Status.NOT_MEASURABLE
    assert status_of(requirement, told=told).status is Status.NOT_MEASURABLE


def test_a_missing_record_that_need_not_be_there_is_neither_met_nor_not_met():
    """A non-sending domain, or a web host: the finding is advice, and the requirement does not arise."""
    missing = CATALOGUE.rules["DMARC001"]
    found = Finding(missing, "x", Severity.WARNING, Tier.NONE, {})
    told = results() | {"dmarc.record": CheckResult("dmarc.record", Outcome.FAILED, None, (found,))}
    told |= {c: CheckResult(c, Outcome.NOT_APPLICABLE, Why.NO_RECORD) for c in ("dmarc.syntax", "dmarc.policy")}
    status = status_of("G-B02", told)
    assert (status.status, status.reason) == (Status.NOT_APPLICABLE, Why.NO_RECORD)


@pytest.mark.parametrize(
    ("result", "policy", "status"),
    [
        ("pass", "reject", Status.MET),
        ("fail", "reject", Status.NOT_MET),
        ("fail", "quarantine", Status.NOT_MET),
        ("fail", "none", Status.NOT_APPLICABLE),
        ("none", None, Status.NOT_APPLICABLE),
        ("temperror", "reject", Status.NOT_TESTABLE),
        ("temperror", "none", Status.NOT_APPLICABLE),
        (None, "none", Status.NOT_APPLICABLE),
        (None, None, Status.NOT_TESTABLE),
    ],
)
def test_the_own_policy_matters_only_where_it_asks_for_something(result, policy, status):
    told = authentication("pass", True, dmarc=result, policy=policy)
    assert status_of("G-A09", told=told).status is status
    assert status_of("JP-S1", told=told).status is status


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("pass", Status.MET),
        ("softfail", Status.MET),
        ("none", Status.MET),
        ("fail", Status.NOT_MET),
        ("temperror", Status.NOT_TESTABLE),
    ],
)
def test_only_fail_forbids_the_address(result, status):
    assert status_of("G-A08", told=authentication(result, True)).status is status


@pytest.mark.parametrize(
    ("dkim", "status"),
    [
        ([("pass", True)], Status.MET),
        ([("pass", False)], Status.NOT_MET),
        ([], Status.NOT_MET),
        ([("temperror", True)], Status.NOT_TESTABLE),
    ],
)
def test_both_aligned_is_a_recommendation(dkim, status):
    made = status_of("G-R01", told=authentication("pass", True, *(signature(*each) for each in dkim)))
    assert (made.status, made.applies) == (status, "recommended")
