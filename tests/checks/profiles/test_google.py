"""Google's list read through the checks: before a mail, with one, and where a lookup failed."""

from __future__ import annotations

from typing import Any

import pytest

from checks import CATALOGUE, GOOGLE, CheckResult, Finding, Outcome, Severity, Status, Tier, Why
from checks.profiles.view import assess

REQUIREMENTS = {r.id: r for r in GOOGLE}


def results(**outcomes: Outcome | Why) -> dict[str, CheckResult]:
    """Every check passed, but those named (dots as two underscores): an outcome, or unknown for this reason."""
    named = {name.replace("__", "."): o for name, o in outcomes.items()}
    made = {}
    for check in CATALOGUE.checks:
        told = named.get(check.id, Outcome.PASSED)
        made[check.id] = (
            CheckResult(check.id, Outcome.UNKNOWN, told) if isinstance(told, Why) else CheckResult(check.id, told)
        )
    return made


def authentication(spf: str | None, aligned: bool | None, *dkim: tuple[str, bool | None]) -> dict[str, Any]:
    return {
        "spf": {"result": spf, "aligned": aligned},
        "dkim": [{"result": result, "aligned": aligned} for result, aligned in dkim],
    }


def test_every_check_that_a_requirement_names_exists():
    known = {check.id for check in CATALOGUE.checks}
    assert {c for r in GOOGLE for c in r.checks} <= known


@pytest.mark.parametrize(
    ("spf", "aligned", "dkim", "either", "alignment"),
    [
        ("pass", True, [], Status.MET, Status.MET),
        ("pass", False, [], Status.MET, Status.NOT_MET),
        ("fail", True, [], Status.NOT_MET, Status.NOT_MET),
        ("softfail", True, [("pass", True)], Status.MET, Status.MET),
        ("none", False, [("pass", False)], Status.MET, Status.NOT_MET),
        ("temperror", True, [], Status.NOT_TESTABLE, Status.NOT_TESTABLE),
        (None, None, [("pass", True)], Status.MET, Status.MET),
        (None, None, [], Status.NOT_TESTABLE, Status.NOT_TESTABLE),
        ("pass", None, [], Status.MET, Status.NOT_TESTABLE),
    ],
)
def test_a_mail_tells_authentication_and_alignment(spf, aligned, dkim, either, alignment):
    told = authentication(spf, aligned, *dkim)
    assert assess(REQUIREMENTS["spf-or-dkim"], results(), CATALOGUE, told).status is either
    assert assess(REQUIREMENTS["alignment"], results(), CATALOGUE, told).status is alignment


def test_alignment_does_not_need_a_dmarc_record():
    told = authentication("pass", True)
    no_record = results(dmarc__result=Outcome.NOT_APPLICABLE)
    assert assess(REQUIREMENTS["alignment"], no_record, CATALOGUE, told).status is Status.MET


def test_before_a_mail_it_is_not_known_and_says_what_is_in_order():
    waiting = results(spf__result=Why.NEEDS_MAIL)
    status = assess(REQUIREMENTS["spf"], waiting, CATALOGUE)
    assert (status.status, status.so_far) == (Status.NOT_KNOWN, Status.MET)


def test_a_failed_lookup_is_not_testable_and_never_not_met():
    status = assess(REQUIREMENTS["dmarc"], results(dmarc__record=Why.TIMEOUT), CATALOGUE)
    assert (status.status, status.reason) == (Status.NOT_TESTABLE, Why.TIMEOUT)


def test_what_one_mail_cannot_show_is_said_as_such():
    for name in ("unsubscribe-48h", "spam-rate"):
        assert assess(REQUIREMENTS[name], results(), CATALOGUE).status is Status.NOT_MEASURABLE


def test_a_missing_record_that_need_not_be_there_is_neither_met_nor_not_met():
    """A non-sending domain, or a web host: the finding is advice, and the requirement does not arise."""
    missing = CATALOGUE.rules["DMARC001"]
    found = Finding(missing, "x", Severity.WARNING, Tier.NONE, {})
    told = results() | {"dmarc.record": CheckResult("dmarc.record", Outcome.FAILED, None, (found,))}
    told |= {c: CheckResult(c, Outcome.NOT_APPLICABLE, Why.NO_RECORD) for c in ("dmarc.syntax", "dmarc.policy")}
    status = assess(REQUIREMENTS["dmarc"], told, CATALOGUE)
    assert (status.status, status.reason) == (Status.NOT_APPLICABLE, Why.NO_RECORD)


@pytest.mark.parametrize(
    ("result", "status"), [("pass", Status.MET), ("none", Status.NOT_MET), ("softfail", Status.NOT_MET)]
)
def test_spf_of_a_mail_is_what_it_was_even_where_the_finding_is_only_advice(result, status):
    assert assess(REQUIREMENTS["spf"], results(), CATALOGUE, authentication(result, True)).status is status


def test_one_passing_signature_is_enough_for_dkim():
    told = authentication("pass", True, ("fail", True), ("pass", False))
    assert assess(REQUIREMENTS["dkim"], results(), CATALOGUE, told).status is Status.MET
