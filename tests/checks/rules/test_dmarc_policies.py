"""What the record asks for: in test mode, weaker below, with tags of old, as a suffix; and one record for all findings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from built import SERVFAIL, TIMEOUT, dmarc, domain, txt, use, yields
from built_dmarc import NAME, place, receiving

from checks.catalogue import Check
from checks.engine import judge
from checks.evidence.dmarc import MonitoringEvidence
from checks.model import LANGS, Outcome, Severity, Tier, Why
from checks.rules import (
    dmarc_organization,
    dmarc_policy,
    dmarc_record,
    dmarc_reports,
    dmarc_subdomains,
    dmarc_syntax,
    dmarc_tags,
)

RUA = "rua=mailto:dmarc@example.co.jp"
BELOW = f"news.{NAME}"
OF_RECORD = [
    dmarc_syntax.CHECK,
    dmarc_tags.CHECK,
    dmarc_policy.CHECK,
    dmarc_subdomains.CHECK,
    dmarc_organization.CHECK,
    dmarc_reports.CHECK,
]


def own(check: Check, record: str, name: str = NAME) -> list[tuple[str, Severity, str | None]]:
    result = judge(check, dmarc(name, {NAME: txt(record)}), use(name), receiving(name))
    assert result.outcome in (Outcome.PASSED, Outcome.FAILED)
    return [(f.rule.id, f.severity, f.variant) for f in result.findings]


@pytest.mark.parametrize("check", OF_RECORD, ids=lambda check: check.id)
@pytest.mark.parametrize("failed", [SERVFAIL, TIMEOUT], ids=["servfail", "timeout"])
def test_a_failed_lookup_is_unknown_and_no_record_no_question(check, failed) -> None:  # type: ignore[no-untyped-def]
    unknown = judge(check, dmarc(NAME, {NAME: failed}), use(), receiving())
    assert (unknown.outcome, unknown.reason, unknown.findings) == (Outcome.UNKNOWN, failed.why, ())
    none = judge(check, dmarc(NAME, {}), use(), receiving())
    assert (none.outcome, none.reason) == (Outcome.NOT_APPLICABLE, Why.NO_RECORD)


@pytest.mark.parametrize("check", OF_RECORD, ids=lambda check: check.id)
def test_a_good_record_yields_nothing(check: Check) -> None:
    assert own(check, f"v=DMARC1; p=reject; np=reject; psd=n; fo=1; {RUA}") == []


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ("p=quarantine; t=y", [("DMARC203", Severity.NOTICE, None)]),
        ("p=reject; t=n", []),
        ("p=none; t=y", [("DMARC201", Severity.NOTICE, None), ("DMARC203", Severity.NOTICE, "without_effect")]),
    ],
)
def test_test_mode(record: str, found: list[tuple[str, Severity, str | None]]) -> None:
    assert own(dmarc_policy.CHECK, f"v=DMARC1; {record}; {RUA}") == found


def test_test_mode_says_what_is_applied() -> None:
    evidence = dmarc(NAME, {NAME: txt(f"v=DMARC1; p=reject; t=y; {RUA}")})
    (finding,) = judge(dmarc_policy.CHECK, evidence, use(), receiving()).findings
    assert (finding.facts["policy"], finding.facts["applied"]) == ("reject", "quarantine")
    assert [(r.new, r.later) for r in finding.records] == [(f"v=DMARC1; p=reject; {RUA}", True)]


@pytest.mark.parametrize(
    ("record", "name", "variant"),
    [
        (f"v=DMARC1; p=none; {RUA}", NAME, None),
        ("v=DMARC1; p=none", NAME, "without_reports"),
        ("v=DMARC1; p=none; rua=x", NAME, "without_reports"),
        (f"v=DMARC1; p=none; {RUA}", BELOW, "inherited"),
    ],
)
def test_the_next_step_fits_where_they_are(record: str, name: str, variant: str | None) -> None:
    (finding,) = judge(dmarc_policy.CHECK, dmarc(name, {NAME: txt(record)}), use(name), receiving(name)).findings
    assert (finding.rule.id, finding.variant) == ("DMARC201", variant)
    assert all(change.later for change in finding.records)


@pytest.mark.parametrize("days", [0, 89, 90, 400, None])
@pytest.mark.parametrize(
    ("record", "name", "variant"),
    [
        (f"v=DMARC1; p=none; {RUA}", NAME, "long"),
        ("v=DMARC1; p=none", NAME, "long_without_reports"),
        (f"v=DMARC1; p=none; {RUA}", BELOW, "long_inherited"),
    ],
)
def test_monitoring_of_three_months_is_warned_of(record: str, name: str, variant: str, days: int | None) -> None:
    evidence = (dmarc(name, {NAME: txt(record)}), use(name), receiving(name), MonitoringEvidence(days))
    (finding,) = judge(dmarc_policy.CHECK, *evidence).findings
    is_long = days is not None and days >= 90
    assert (finding.severity, finding.tier) == (Severity.WARNING if is_long else Severity.NOTICE, Tier.NONE)
    assert (finding.variant == variant) is is_long
    for lang in LANGS:
        said = finding.title(lang)
        assert (str(days) in said) is is_long, said
    assert all(change.later for change in finding.records)


def test_monitoring_of_three_months_for_a_name_that_sends_nothing_needs_no_reports() -> None:
    evidence = (dmarc(NAME, {NAME: txt("v=DMARC1; p=none")}), use(non_sending=True), receiving())
    (finding,) = judge(dmarc_policy.CHECK, *evidence, MonitoringEvidence(90)).findings
    assert (finding.severity, finding.tier, finding.variant) == (Severity.WARNING, Tier.NONE, "non_sending")


def test_three_months_of_earlier_checks_say_nothing_where_it_enforces_now() -> None:
    evidence = (dmarc(NAME, {NAME: txt(f"v=DMARC1; p=quarantine; {RUA}")}), use(), receiving())
    assert judge(dmarc_policy.CHECK, *evidence, MonitoringEvidence(400)).findings == ()


@pytest.mark.parametrize(
    ("record", "name", "found"),
    [
        ("p=reject; sp=none", NAME, [None]),
        ("p=reject; sp=quarantine", NAME, [None]),
        ("p=quarantine; sp=none; np=reject", NAME, [None]),
        ("p=reject; np=none", NAME, ["nonexistent"]),
        ("p=reject; sp=none", BELOW, ["inherited"]),
        ("p=reject; np=none", BELOW, []),
        ("p=quarantine; sp=reject; np=quarantine", NAME, []),
        ("p=none; sp=none", NAME, []),
    ],
)
def test_weaker_below(record: str, name: str, found: list[str | None]) -> None:
    expected = [("DMARC202", Severity.WARNING, variant) for variant in found]
    assert own(dmarc_subdomains.CHECK, f"v=DMARC1; {record}; {RUA}", name) == expected


def test_nobody_reads_sp_below_the_organizational_domain() -> None:
    evidence = dmarc(BELOW, {BELOW: txt("v=DMARC1; p=reject; sp=none"), NAME: txt("v=DMARC1; p=reject")})
    assert yields(dmarc_subdomains.CHECK, evidence, use(BELOW), receiving(BELOW)) == []


def test_whether_it_is_the_organizational_domain_may_be_unknown() -> None:
    evidence = dmarc(NAME, {NAME: txt("v=DMARC1; p=reject; sp=none"), "co.jp": SERVFAIL})
    result = judge(dmarc_subdomains.CHECK, evidence, use(), receiving())
    assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, Why.SERVFAIL, ())


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ("p=reject; pct=100", [("DMARC104", Severity.NOTICE, None)]),
        ("p=reject; rf=afrf; ri=3600", [("DMARC104", Severity.NOTICE, None)]),
        ("p=none; pct=20", [("DMARC104", Severity.NOTICE, None)]),
        ("p=quarantine; pct=20", [("DMARC104", Severity.WARNING, "holds_back")]),
        ("p=reject; pct=0", [("DMARC104", Severity.WARNING, "holds_back")]),
        ("p=reject; pct=half", [("DMARC104", Severity.NOTICE, None)]),
        ("p=reject", []),
    ],
)
def test_tags_of_old(record: str, found: list[tuple[str, Severity, str | None]]) -> None:
    assert own(dmarc_tags.CHECK, f"v=DMARC1; {record}; {RUA}") == found


SUFFIX = txt(f"v=DMARC1; p=reject; psd=y; {RUA}")


def test_a_domain_that_is_no_public_suffix_must_not_say_so() -> None:
    for name in (NAME, BELOW):
        (finding,) = judge(dmarc_organization.CHECK, dmarc(name, {NAME: SUFFIX}), use(name), receiving(name)).findings
        assert (finding.rule.id, finding.severity, finding.tier) == ("DMARC204", Severity.ERROR, Tier.MAIL)
        assert [(r.name, r.new) for r in finding.records] == [(f"_dmarc.{NAME}", f"v=DMARC1; p=reject; {RUA}")]


def test_below_such_a_domain_no_second_record_is_proposed() -> None:
    assert (
        yields(
            dmarc_record.CHECK, dmarc(BELOW, {NAME: SUFFIX}), use(BELOW), domain(BELOW), place(BELOW), receiving(BELOW)
        )
        == []
    )


def test_a_public_suffix_may_say_so_and_an_organization_what_it_is() -> None:
    evidence = dmarc(NAME, {"co.jp": SUFFIX, NAME: txt("v=DMARC1; p=reject; psd=n")})
    assert yields(dmarc_organization.CHECK, evidence, use(), receiving()) == []
    assert yields(dmarc_organization.CHECK, dmarc(NAME, {"co.jp": SUFFIX}), use(), receiving()) == []


@pytest.mark.parametrize(
    "record",
    [
        "v=DMARC1; p=none; pct=50; t=y",
        "v=DMARC1; p=reject; sp=none; pct=50; t=y; rua=a@example.co.jp",
        "v=DMARC1; p=quarantin; adkim=strict; ri=1; psd=y",
        "v=DMARC1; rf=afrf; rua=mailto:a@example.co.jp!10m",
        "v=DMARC1; p=reject; sp=none; np=none; pct=0; rua=mailto:a@example.co.jp; ruf=b; psd=y",
        "v=DMARC1; p=whatever; pct=3; sp=none; t=y",
    ],
)
@pytest.mark.parametrize("name", [NAME, BELOW])
def test_all_findings_on_a_record_show_one_record_for_now_and_one_for_later(record: str, name: str) -> None:
    evidence = dmarc(name, {NAME: txt(record)})
    findings = [f for check in OF_RECORD for f in judge(check, evidence, use(name), receiving(name)).findings]
    changes = [change for finding in findings for change in finding.records]
    assert findings
    for later in (False, True):
        same = [c for c in changes if c.later is later]
        assert all(one == other for one, other in pairwise(same))
