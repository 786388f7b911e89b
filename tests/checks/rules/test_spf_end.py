"""SPF104, SPF202 and SPF203: terms that are never reached, a neutral end, and none."""

from __future__ import annotations

import pytest
from built import TIMEOUT
from spf_judged import judged, new, of, single, unanswered
from spf_world import published

from bot.demo.nameserver import Fault
from checks.catalogue import CannotTell, NotApplicable, Rule
from checks.model import Absent, Severity, Tier, Why
from checks.rules import spf_end
from checks.rules._spf_change import WITH_END


@pytest.mark.parametrize(
    ("record", "rule", "proposal"),
    [
        ("mx ?all", "SPF202", "mx ~all"),
        ("?mx ?all", "SPF202", None),
        ("?all", "SPF202", None),
        ("mx", "SPF203", "mx ~all"),
        ("", "SPF203", None),
        ("mx x-note=1", "SPF203", "mx ~all x-note=1"),
        ("mx ipv4:11.0.0.1 ?all", "SPF202", "mx ip4:11.0.0.1 ~all"),
        ("mx moo ?all", "SPF202", None),
        ("mx ~all a", "SPF104", None),
        ("mx ~all mx", "SPF104", "mx ~all"),
        ("mx redirect=a.example ~all", "SPF104", None),
        ("-all -all", "SPF104", "-all"),
    ],
)
def test_each_end(record: str, rule: str, proposal: str | None) -> None:
    finding = single(spf_end.CHECK, of(f"v=spf1 {record}"))
    assert finding.rule.id == rule
    assert new(finding) == (proposal and f"v=spf1 {proposal}")
    assert (finding.variant is None) == (proposal is not None)


@pytest.mark.parametrize(
    "record",
    [
        "-all",
        "mx ~all",
        "mx +all",
        "mx -ALL",
        "redirect=a.example",
        "mx ~all exp=e.example x-note=1",
        "mx moo",
        "mx al",
    ],
)
def test_an_end_that_is_none_of_these(record: str) -> None:
    """What cannot be read may be the `all`."""
    assert judged(spf_end.CHECK, of(f"v=spf1 {record}", a="v=spf1 mx -all")) == []


def test_severities() -> None:
    after, neutral = judged(spf_end.CHECK, of("v=spf1 mx ?all include:a.example"))
    assert (after.rule.id, after.severity, after.tier) == ("SPF104", Severity.WARNING, Tier.NONE)
    assert (neutral.rule.id, neutral.severity, neutral.tier) == ("SPF202", Severity.WARNING, Tier.MAIL)
    assert after.facts["unreached"] == ("include:a.example",)
    assert new(neutral) == "v=spf1 mx ~all include:a.example"


def test_redirect_leads_to_the_end_that_counts() -> None:
    foreign = single(spf_end.CHECK, of("v=spf1 redirect=a.example", a="v=spf1 mx ?all"))
    assert (foreign.rule.id, foreign.variant, foreign.records) == ("SPF202", "foreign", ())
    assert "`include:`" in foreign.fix("en")
    own = single(spf_end.CHECK, published({"d": "v=spf1 redirect=x.d.example", "x.d": "v=spf1 mx"}))
    assert (own.rule.id, own.records[0].name, new(own)) == ("SPF203", "x.d.example", "v=spf1 mx ~all")


def test_the_end_behind_a_redirect_that_fails_is_not_told() -> None:
    evidence = published({"d": "v=spf1 redirect=a.example"}, faults=(Fault("a.example", "TXT", rcode="SERVFAIL"),))
    with pytest.raises(CannotTell) as caught:
        judged(spf_end.CHECK, evidence)
    assert caught.value.why is Why.SERVFAIL


@pytest.mark.parametrize("text", ["v=spf1 redirect=gone.example", "v=spf1 redirect=d.example", "v=spf1 redirect=%{d2}"])
def test_a_redirect_without_record_is_another_question(text: str) -> None:
    assert judged(spf_end.CHECK, of(text)) == []


def test_a_record_that_is_not_read_to_its_end() -> None:
    with pytest.raises(CannotTell):
        judged(spf_end.CHECK, of("v=spf1" + " mx" * 300))


def test_without_an_answer_and_without_a_record() -> None:
    with pytest.raises(CannotTell):
        judged(spf_end.CHECK, unanswered(TIMEOUT))
    with pytest.raises(NotApplicable):
        judged(spf_end.CHECK, unanswered(Absent()))


@pytest.mark.parametrize("rule", spf_end.CHECK.rules, ids=lambda rule: rule.id)
def test_the_samples_do_what_they_show(rule: Rule) -> None:
    assert single(spf_end.CHECK, of(rule.sample.bad)).rule is rule
    assert judged(spf_end.CHECK, of(rule.sample.good)) == []


def test_what_stands_behind_an_open_end_counts_again_in_the_new_record() -> None:
    for behind, variant in (
        ("ip4:11.0.0.1", "opened"),
        ("ip4:11.0.0.1 redirect=a.example", "opened_redirect"),
        ("ip4:11.0.0.1 -all", "opened"),
    ):
        opened = judged(spf_end.CHECK, of(f"v=spf1 mx +all {behind}"))[0]
        assert (opened.rule.id, opened.variant, new(opened)) == ("SPF104", variant, "v=spf1 mx ip4:11.0.0.1 ~all")
    for behind in ("-all", "redirect=a.example"):
        closed = judged(spf_end.CHECK, of(f"v=spf1 mx +all {behind}"))[0]
        assert (closed.variant, new(closed)) == (WITH_END, "v=spf1 mx ~all")
    neutral = judged(spf_end.CHECK, of("v=spf1 mx ?all mx"))[0]
    assert (neutral.rule.id, neutral.variant, new(neutral)) == ("SPF104", WITH_END, "v=spf1 mx ~all")


def test_an_end_in_the_record_of_others_is_told_as_theirs() -> None:
    foreign = single(spf_end.CHECK, of("v=spf1 redirect=a.example", a="v=spf1 mx"))
    assert (foreign.rule.id, foreign.variant, foreign.facts["holder"]) == ("SPF203", "foreign", "a.example")
    assert "`a.example`" in foreign.title("en")
