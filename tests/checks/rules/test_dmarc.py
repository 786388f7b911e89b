"""DMARC as published: missing, several, unreadable, monitoring; inherited or not; never missing where a lookup failed."""

from __future__ import annotations

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, dmarc, domain, mx, txt, use, yields
from built_dmarc import place, receiving

from checks.engine import judge
from checks.model import Outcome, Severity, Tier, Why
from checks.rules import dmarc_policy, dmarc_record, dmarc_syntax

NAME = "example.co.jp"
FIRST_RUA = "; rua=mailto:dmarc-reports@example.co.jp"
GOOD = txt("v=DMARC1; p=reject; rua=mailto:r@example.co.jp")


def record_rules(name, at, **about):
    return yields(dmarc_record.CHECK, dmarc(name, at), use(name, **about), domain(name), place(name), receiving(name))


def test_missing_is_found_only_where_every_step_of_the_walk_was_answered():
    assert record_rules(NAME, {}) == ["DMARC001"]
    assert record_rules(NAME, {NAME: NODATA}) == ["DMARC001"]
    assert record_rules(NAME, {NAME: GOOD}) == []


@pytest.mark.parametrize("cause", [SERVFAIL, TIMEOUT], ids=["servfail", "timeout"])
@pytest.mark.parametrize("where", [NAME, "co.jp"])
def test_a_failed_lookup_is_never_missing(cause, where):
    result = judge(dmarc_record.CHECK, dmarc(NAME, {where: cause}), use(), domain(), place(), receiving())
    assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, cause.why, ())


def test_a_subdomain_inherits_from_the_organizational_domain():
    assert record_rules("news.example.co.jp", {NAME: GOOD}) == []


def test_a_record_in_between_does_not_govern():
    evidence = dmarc("a.b.example.co.jp", {NAME: GOOD, "b.example.co.jp": txt("v=DMARC1; p=none")})
    assert evidence.at == NAME


def test_a_public_suffix_record_alone_does_not_count():
    assert record_rules(NAME, {"co.jp": txt("v=DMARC1; p=reject; psd=y")}) == ["DMARC001"]


def test_the_proposed_record_stands_at_the_organizational_domain():
    result = judge(
        dmarc_record.CHECK,
        dmarc("news.example.co.jp", {}),
        use(),
        domain("news.example.co.jp"),
        place("news.example.co.jp"),
        receiving("news.example.co.jp"),
    )
    change = result.findings[0].records[0]
    assert (change.name, change.old) == ("_dmarc.example.co.jp", None)
    assert change.new == "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp"


@pytest.mark.parametrize(
    ("records", "variant", "new"),
    [
        (mx(""), "no_mailbox", "v=DMARC1; p=none"),
        (NODATA, "no_mailbox", "v=DMARC1; p=none"),
        (SERVFAIL, None, f"v=DMARC1; p=none{FIRST_RUA}"),
        (mx("mx1.example.co.jp"), None, f"v=DMARC1; p=none{FIRST_RUA}"),
    ],
    ids=["null MX", "no MX", "failed", "MX"],
)
def test_a_sender_that_receives_nothing_is_proposed_no_mailbox_of_its_own(records, variant, new):
    judged = judge(dmarc_record.CHECK, dmarc(NAME, {}), use(), domain(), place(), receiving(records=records))
    finding = judged.findings[0]
    assert (finding.variant, finding.records[0].new) == (variant, new)


def test_a_domain_without_mail_is_only_warned_and_told_to_reject():
    result = judge(dmarc_record.CHECK, dmarc(NAME, {}), use(non_sending=True), domain(), place(), receiving())
    finding = result.findings[0]
    assert (finding.severity, finding.tier, finding.records[0].new) == (
        Severity.WARNING,
        Tier.NONE,
        "v=DMARC1; p=reject",
    )


def test_where_it_is_unknown_whether_mail_is_sent_the_least_is_said():
    """A failed MX lookup is no proof that the domain sends; p=none is safe for either."""
    unknown = use(non_sending=None, has_mx=None)
    result = judge(dmarc_record.CHECK, dmarc(NAME, {}), unknown, domain(), place(), receiving(records=SERVFAIL))
    finding = result.findings[0]
    assert (finding.severity, finding.tier, finding.records[0].new) == (
        Severity.WARNING,
        Tier.NONE,
        f"v=DMARC1; p=none{FIRST_RUA}",
    )


def test_several_records_are_all_discarded_and_the_walk_goes_on():
    two = txt("v=DMARC1; p=none", "v=DMARC1; p=reject")
    assert record_rules(NAME, {NAME: two}) == ["DMARC101"]
    below = judge(
        dmarc_record.CHECK,
        dmarc("news.example.co.jp", {"news.example.co.jp": two, NAME: GOOD}),
        use(),
        domain(),
        place(),
        receiving(),
    )
    assert below.findings[0].facts["governing"] == "_dmarc.example.co.jp"
    assert [(r.old, r.new) for r in below.findings[0].records] == [
        ("v=DMARC1; p=none", ""),
        ("v=DMARC1; p=reject", "v=DMARC1; p=reject"),
    ]


def test_one_record_beside_unrelated_text_is_one_record():
    assert record_rules(NAME, {NAME: txt("hello", "v=DMARC1; p=none")}) == []


@pytest.mark.parametrize(
    ("record", "severity", "new"),
    [
        ("v=DMARC1; p=quarantaine", Severity.ERROR, f"v=DMARC1; p=none{FIRST_RUA}"),
        (
            "v=DMARC1; p=reject; sp=nonne; rua=mailto:a@b.jp",
            Severity.ERROR,
            "v=DMARC1; p=none; rua=mailto:a@b.jp",
        ),
        ("v=DMARC1; p=reject; adkim=strict", Severity.WARNING, f"v=DMARC1; p=reject{FIRST_RUA}"),
        ("v=DMARC1; p=reject; psd=yes", Severity.WARNING, f"v=DMARC1; p=reject{FIRST_RUA}"),
        ("v=DMARC1; p=reject; t=yes", Severity.WARNING, f"v=DMARC1; p=reject{FIRST_RUA}"),
        ("v=DMARC1; p=reject; p=none", Severity.WARNING, None),
        ("v=DMARC1; p=reject; rua mailto:a@b.jp", Severity.WARNING, "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
        ("v=DMARC1; p=other; adkim=x", Severity.ERROR, None),
        ("v=dmarc1; p=reject", Severity.ERROR, "v=DMARC1; p=none"),
        ("p=reject; v=DMARC1", Severity.ERROR, "v=DMARC1; p=none"),
        ("“v=DMARC1; p=reject”", Severity.ERROR, "v=DMARC1; p=none"),
    ],
)
def test_what_receivers_ignore_is_found_with_its_correction(record, severity, new):
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.records[0].new) == ("DMARC102", severity, new)


@pytest.mark.parametrize(
    "record",
    [
        "v=DMARC1; p=none",
        "v=DMARC1;p=reject;",
        "v = DMARC1 ; p = Quarantine",
        "v=DMARC1; p=reject; unknown=1; pct=50; np=reject; t=y; psd=n",
    ],
)
def test_valid_records_are_not_accused(record):
    assert yields(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()) == []


def test_a_lookalike_is_explained_as_such_and_not_called_missing():
    assert record_rules(NAME, {NAME: txt("v=dmarc1; p=reject")}) == []
    assert yields(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt("v=dmarc1; p=reject")}), use(), receiving()) == [
        "DMARC102"
    ]


def test_monitoring_is_a_notice_with_the_next_record():
    finding = judge(
        dmarc_policy.CHECK, dmarc(NAME, {NAME: txt("v=DMARC1; p=none; sp=none")}), use(), receiving()
    ).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("DMARC201", Severity.NOTICE, Tier.NONE)
    change = finding.records[0]
    assert (change.new, change.later) == (f"v=DMARC1; p=quarantine; sp=none{FIRST_RUA}", True)


def test_monitoring_does_not_fail_the_question():
    assert (
        judge(dmarc_policy.CHECK, dmarc(NAME, {NAME: txt("v=DMARC1; p=none")}), use(), receiving()).outcome
        is Outcome.PASSED
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [(NXDOMAIN, Outcome.NOT_APPLICABLE, Why.NO_RECORD), (TIMEOUT, Outcome.UNKNOWN, Why.TIMEOUT)],
)
def test_without_a_record_there_is_no_policy_to_judge(answer, outcome, why):
    for check, evidence in (
        (dmarc_policy.CHECK, (dmarc(NAME, {NAME: answer}), use(), receiving())),
        (dmarc_syntax.CHECK, (dmarc(NAME, {NAME: answer}), use(), receiving())),
    ):
        result = judge(check, *evidence)
        assert (result.outcome, result.reason) == (outcome, why)


def test_enforcement_is_not_monitoring():
    assert yields(dmarc_policy.CHECK, dmarc(NAME, {NAME: GOOD}), use(), receiving()) == []


PARKED = "parked.example.co.jp"


def test_a_parked_subdomain_never_changes_the_record_of_its_organization():
    missing = judge(
        dmarc_record.CHECK,
        dmarc(PARKED, {}),
        use(PARKED, non_sending=True),
        domain(PARKED),
        place(PARKED),
        receiving(PARKED),
    ).findings[0]
    assert [(r.name, r.new) for r in missing.records] == [(f"_dmarc.{PARKED}", "v=DMARC1; p=reject")]
    inherits = dmarc(PARKED, {NAME: txt("v=DMARC1; p=none; rua=mailto:r@example.co.jp")})
    monitoring = judge(dmarc_policy.CHECK, inherits, use(PARKED, non_sending=True), receiving(PARKED)).findings[0]
    assert [(r.name, r.old, r.new) for r in monitoring.records] == [(f"_dmarc.{PARKED}", None, "v=DMARC1; p=reject")]


def test_several_records_at_the_parent_are_not_also_missing():
    two = txt("v=DMARC1; p=none", "v=DMARC1; p=reject")
    assert record_rules("news.example.co.jp", {NAME: two}) == ["DMARC101"]


def test_a_record_is_judged_by_what_it_asks_for():
    two = txt("v=DMARC1; p=none; sp=reject", "v=DMARC1; p=quarantine")
    records = (
        judge(dmarc_record.CHECK, dmarc(NAME, {NAME: two}), use(), domain(), place(), receiving()).findings[0].records
    )
    assert [r.old for r in records if r.new] == ["v=DMARC1; p=none; sp=reject"]


@pytest.mark.parametrize(
    ("above", "non_sending", "kept"),
    [
        (None, False, "v=DMARC1; p=none"),
        (None, None, "v=DMARC1; p=none"),
        (None, True, "v=DMARC1; p=reject"),
        ("v=DMARC1; p=quarantine", False, "v=DMARC1; p=quarantine"),
        ("v=DMARC1; p=reject; sp=none", False, "v=DMARC1; p=none"),
        ("v=DMARC1; p=reject", False, "v=DMARC1; p=reject"),
    ],
)
def test_of_several_the_strictest_stays_that_takes_nothing_away(above, non_sending, kept):
    """None of them applies today: a policy that begins at once may cost mail that nobody has seen fail."""
    name = "news.example.co.jp"
    at = {name: txt("v=DMARC1; p=none", "v=DMARC1; p=reject", "v=DMARC1; p=quarantine")}
    if above:
        at[NAME] = txt(above)
    judged = judge(
        dmarc_record.CHECK,
        dmarc(name, at),
        use(name, non_sending=non_sending),
        domain(name),
        place(name),
        receiving(name),
    )
    finding = judged.findings[0]
    assert [r.old for r in finding.records if r.new] == [kept]


def test_that_a_name_has_no_mail_says_nothing_of_its_organization():
    at = {NAME: txt("v=DMARC1; p=none", "v=DMARC1; p=reject")}
    name = "news.example.co.jp"
    judged = judge(
        dmarc_record.CHECK, dmarc(name, at), use(name, non_sending=True), domain(name), place(name), receiving(name)
    )
    assert [r.old for r in judged.findings[0].records if r.new] == ["v=DMARC1; p=none"]


def test_of_several_that_are_all_strict_the_mildest_stays():
    two = txt("v=DMARC1; p=reject", "v=DMARC1; p=quarantine", "v=DMARC1; rua=mailto:a@b.jp")
    records = (
        judge(dmarc_record.CHECK, dmarc(NAME, {NAME: two}), use(), domain(), place(), receiving()).findings[0].records
    )
    assert [r.old for r in records if r.new] == ["v=DMARC1; p=quarantine"]


@pytest.mark.parametrize(
    ("above", "non_sending", "new"),
    [
        (None, False, "v=DMARC1; p=none; rua=mailto:a@b.jp"),
        (None, True, "v=DMARC1; p=reject; sp=reject; rua=mailto:a@b.jp"),
        ("v=DMARC1; p=quarantine", False, "v=DMARC1; p=quarantine; rua=mailto:a@b.jp"),
        ("v=DMARC1; p=reject", False, "v=DMARC1; p=reject; sp=reject; rua=mailto:a@b.jp"),
    ],
)
def test_a_policy_that_nobody_has_applied_yet_does_not_begin_at_once(above, non_sending, new):
    name = "news.example.co.jp"
    at = {name: txt("v=dmarc1; p=reject; sp=reject; rua=mailto:a@b.jp")}
    if above:
        at[NAME] = txt(above)
    about = use(name, non_sending=non_sending)
    finding = judge(dmarc_syntax.CHECK, dmarc(name, at), about, receiving(name)).findings[0]
    assert (finding.variant, finding.records[0].new) == ("ignored", new)


def test_a_domain_without_mail_is_told_one_new_record_alone():
    """By whatever is wrong in its record, and by the policy that it should have."""
    evidence = dmarc(NAME, {NAME: txt("v=DMARC1; p=none; rua mailto:a@b.jp")})
    told = [
        finding.records[0].new
        for check in (dmarc_syntax.CHECK, dmarc_policy.CHECK)
        for finding in judge(check, evidence, use(non_sending=True), receiving()).findings
    ]
    assert told == ["v=DMARC1; p=reject; rua=mailto:a@b.jp"] * 2


def test_a_missing_semicolon_costs_neither_the_record_nor_the_policy_that_applies():
    at = {"news.example.co.jp": txt("v=DMARC1 p=quarantine; rua=mailto:a@b.jp"), NAME: GOOD}
    finding = judge(dmarc_syntax.CHECK, dmarc("news.example.co.jp", at), use(), receiving()).findings[0]
    assert finding.records[0].new == "v=DMARC1; p=reject; rua=mailto:a@b.jp"


def test_a_public_suffix_record_is_nobodys_to_change():
    at_suffix = dmarc(NAME, {"co.jp": txt("v=DMARC1; p=none; psd=y; adkim=x")})
    assert judge(dmarc_policy.CHECK, at_suffix, use(), receiving()).reason is Why.NO_RECORD
    assert judge(dmarc_syntax.CHECK, at_suffix, use(), receiving()).reason is Why.NO_RECORD


def test_a_huge_record_makes_few_and_small_findings():
    huge = txt("v=DMARC1; p=bad;" + "a;" * 20_000)
    findings = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: huge}), use(), receiving()).findings
    assert len(findings) == 3
    assert findings[0].severity is Severity.ERROR
    assert all(len(r.old or "") < 10_000 for f in findings for r in f.records)


@pytest.mark.parametrize(
    ("record", "new"),
    [
        ("v=DMARC1; rua=mailto:r@example.co.jp", "v=DMARC1; p=none; rua=mailto:r@example.co.jp"),
        ("v=DMARC1", f"v=DMARC1; p=none{FIRST_RUA}"),
        ("v=DMARC1;", f"v=DMARC1; p=none{FIRST_RUA}"),
    ],
)
def test_a_record_without_policy_is_an_error_with_its_correction(record, new):
    finding = judge(dmarc_policy.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()).findings[0]
    assert (finding.rule.id, finding.severity, finding.records[0].new) == ("DMARC103", Severity.ERROR, new)


def test_an_invalid_policy_is_not_also_a_missing_one():
    assert (
        yields(
            dmarc_policy.CHECK,
            dmarc(NAME, {NAME: txt("v=DMARC1; p=bad; rua=mailto:r@example.co.jp")}),
            use(),
            receiving(),
        )
        == []
    )
