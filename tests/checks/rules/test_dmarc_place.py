"""DMARC records that stand where nobody looks, and what stands beside the right one."""

from __future__ import annotations

import pytest
from built import NXDOMAIN, SERVFAIL, TIMEOUT, dmarc, domain, txt, use, yields
from built_dmarc import NAME, place, receiving

from checks.engine import judge
from checks.model import Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.rules.dmarc_place import CHECK
from checks.rules.dmarc_record import CHECK as RECORD

MISPLACED = txt("v=DMARC1; p=reject; sp=reject; pct=50; rua=mailto:dmarc@example.co.jp")
MOVED = "v=DMARC1; p=none; rua=mailto:dmarc@example.co.jp"
GOOD = {NAME: txt("v=DMARC1; p=reject; rua=mailto:r@example.co.jp")}
PLACES = [
    pytest.param({"apex": MISPLACED}, "DMARC105", NAME, id="apex"),
    pytest.param({"nested": MISPLACED}, "DMARC105", f"_dmarc._dmarc.{NAME}", id="nested"),
    pytest.param({"doubled": MISPLACED}, "DMARC107", f"_dmarc.{NAME}.{NAME}", id="doubled"),
]


@pytest.mark.parametrize(("seen", "rule", "name"), PLACES)
def test_a_misplaced_record_is_moved_and_begins_with_none(seen, rule, name) -> None:  # type: ignore[no-untyped-def]
    (finding,) = judge(CHECK, dmarc(NAME, {}), place(**seen), use(), domain()).findings
    assert (finding.rule.id, finding.severity, finding.tier) == (rule, Severity.WARNING, Tier.NONE)
    assert (finding.subject, finding.variant) == (name, "alone")
    # The record to add is shown by DMARC001, once.
    assert [(r.name, r.new) for r in finding.records] == [(name, "")]


@pytest.mark.parametrize(("seen", "rule", "name"), PLACES)
def test_the_finding_of_the_missing_record_proposes_the_same(seen, rule, name) -> None:  # type: ignore[no-untyped-def]
    (missing,) = judge(RECORD, dmarc(NAME, {}), use(), domain(), place(**seen), receiving()).findings
    assert [(r.name, r.new) for r in missing.records] == [(f"_dmarc.{NAME}", MOVED)]
    assert (missing.variant, missing.facts["misplaced"]) == ("misplaced", name)
    assert "`_dmarc`" in missing.fix("en")


def test_below_an_organization_without_record_the_misplaced_one_is_moved_once() -> None:
    """There DMARC001 proposes one for the organization."""
    below = f"news.{NAME}"
    seen = place(below, apex=MISPLACED, doubled=MISPLACED)
    found = judge(CHECK, dmarc(below, {}), seen, use(below, is_below=True), domain(below)).findings
    added = [r for f in found for r in f.records if r.old is None]
    assert [(r.name, r.new) for r in added] == [(f"_dmarc.{below}", MOVED)]
    (missing,) = judge(
        RECORD, dmarc(below, {}), use(below, is_below=True), domain(below), seen, receiving(below)
    ).findings
    assert (missing.variant, [r.name for r in missing.records]) == (None, [f"_dmarc.{NAME}"])


def test_a_domain_without_mail_moves_it_with_reject() -> None:
    (finding,) = judge(CHECK, dmarc(NAME, {}), place(apex=MISPLACED), use(non_sending=True), domain()).findings
    assert [r.new for r in finding.records] == [""]
    evidence = dmarc(NAME, {}), use(non_sending=True), domain(), place(apex=MISPLACED), receiving()
    (missing,) = judge(RECORD, *evidence).findings
    assert [r.new for r in missing.records] == ["v=DMARC1; p=reject; rua=mailto:dmarc@example.co.jp"]


def test_beside_a_record_that_governs_it_is_only_deleted() -> None:
    (finding,) = judge(
        CHECK, dmarc(NAME, GOOD), place(apex=MISPLACED, nested=None, doubled=None), use(), domain()
    ).findings
    assert (finding.variant, [(r.name, r.new) for r in finding.records]) == (None, [(NAME, "")])
    below = f"news.{NAME}"
    (inherits,) = judge(CHECK, dmarc(below, GOOD), place(below, doubled=MISPLACED), use(below), domain(below)).findings
    assert inherits.facts["governing"] == f"_dmarc.{NAME}"
    assert [r.new for r in inherits.records] == [""]


def test_nothing_is_added_beside_what_was_meant_as_a_record() -> None:
    look_alike = dmarc(NAME, {NAME: txt("v=dmarc1; p=none")})
    (finding,) = judge(CHECK, look_alike, place(apex=MISPLACED, nested=None, doubled=None), use(), domain()).findings
    assert [r.new for r in finding.records] == [""]


def test_what_is_in_place_yields_nothing() -> None:
    spf = txt("v=spf1 -all", "some-verification=1")
    assert yields(CHECK, dmarc(NAME, GOOD), place(apex=spf, nested=None, doubled=None), use(), domain()) == []
    assert yields(CHECK, dmarc(NAME, {}), place(apex=spf, nested=spf, doubled=spf), use(), domain()) == []


def test_other_text_beside_the_record_is_a_notice() -> None:
    crowded = {NAME: txt("v=DMARC1; p=reject", "v=spf1 -all", "x=1")}
    (finding,) = judge(CHECK, dmarc(NAME, crowded), place(nested=None, doubled=None), use(), domain()).findings
    assert (finding.rule.id, finding.severity, finding.facts["count"]) == ("DMARC106", Severity.NOTICE, 2)
    assert {r.new for r in finding.records} == {None}
    assert yields(CHECK, dmarc(NAME, {NAME: txt("x=1")}), place(), use(), domain()) == []


@pytest.mark.parametrize("failed", [SERVFAIL, TIMEOUT], ids=["servfail", "timeout"])
@pytest.mark.parametrize("where", ["apex", "nested", "doubled"])
def test_a_place_that_could_not_be_asked_is_unknown(failed, where) -> None:  # type: ignore[no-untyped-def]
    result = judge(CHECK, dmarc(NAME, {}), place(**{where: failed}), use(), domain())
    assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, failed.why, ())


def test_where_the_right_name_could_not_be_asked_nothing_is_moved_there() -> None:
    unknown = dmarc(NAME, {NAME: SERVFAIL})
    (finding,) = judge(CHECK, unknown, place(apex=MISPLACED, nested=None, doubled=None), use(), domain()).findings
    assert [r.new for r in finding.records] == [""]


def test_a_name_too_long_to_be_asked_for_holds_no_record() -> None:
    result = judge(CHECK, dmarc(NAME, {}), place(doubled=Unreachable(Why.BAD_NAME)), use(), domain())
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


def test_a_look_alike_at_the_organization_is_not_called_missing_below() -> None:
    below = f"news.{NAME}"
    evidence = dmarc(below, {NAME: txt("v=dmarc1; p=none")})
    assert yields(RECORD, evidence, use(below), domain(below), place(below), receiving(below)) == []
    assert isinstance(evidence.walk.steps[1].answer, Seen)
    assert evidence.walk.steps[0].answer == NXDOMAIN
