"""All findings on one SPF record propose the same new record, or none."""

from __future__ import annotations

import time

import pytest
from built import use
from hypothesis import given, settings
from hypothesis import strategies as st
from spf_judged import of
from spf_world import looked_up

from checks.catalogue import Finding, RecordChange
from checks.engine import judge
from checks.evidence.domain import UseEvidence
from checks.evidence.message import SessionEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.evidence.spf_alias import SpfAliasEvidence
from checks.model import Absent, Outcome
from checks.parse.spf import parse_spf
from checks.rules import CHECKS, spf_includes
from checks.rules._spf_change import ALL_CERTAIN
from checks.rules.spf_record import MULTIPLE_SPF_RECORDS

OF_DNS = [c for c in CHECKS if c.topic == "spf" and not c.of_mail]
NO_SESSION = SessionEvidence(None, None, None, None, None)
WORLD = {
    "a": "v=spf1 ip4:11.2.0.0/24 -all",
    "b": "v=spf1 include:a.example -all",
    "open": "v=spf1 +all",
    "two": "v=spf1 mx\nv=spf1 a",
    "bad": "v=spf1 moo",
    "h": "A 11.1.0.1",
    "d": "A 11.1.0.2\nMX 10 h.example.",
}


def found_in(record: str) -> list[Finding]:
    """What all checks of the record find."""
    spf, lookups = looked_up({**WORLD, "d": f"{WORLD['d']}\n{record}"})
    evidence = {
        SpfEvidence: spf,
        SpfLookupEvidence: lookups,
        SpfAliasEvidence: SpfAliasEvidence("d.example", Absent()),
        MxEvidence: MxEvidence("d.example", Absent(), (), Absent(), Absent()),
        UseEvidence: use("d.example"),
        SessionEvidence: NO_SESSION,
    }
    found: list[Finding] = []
    for check in OF_DNS:
        result = judge(check, *(evidence[kind] for kind in check.needs))
        assert result.outcome is not Outcome.BROKEN
        found += [f for f in result.findings if f.rule is not MULTIPLE_SPF_RECORDS]
    return found


def changes(record: str) -> list[RecordChange]:
    """What is proposed for the domain's own record, by all its findings."""
    return [c for f in found_in(record) for c in f.records if c.old == record]


def test_every_check_of_the_record_takes_part() -> None:
    assert len(OF_DNS) >= 9


@pytest.mark.parametrize(
    ("record", "proposal"),
    [
        (
            "v=spf1 mx mx ptr include:gone.example ip4:11.1.0.0/24 ip4:11.1.0.7 ?all",
            "v=spf1 mx ptr ip4:11.1.0.0/24 ~all",
        ),
        ("v=spf1 mx ipv4:11.1.0.1 mx, include:a.example ?all", "v=spf1 mx ip4:11.1.0.1 include:a.example ~all"),
        ("v=spf1 mx include:d.example include:open.example mx +all", "v=spf1 mx ~all"),
        ("v=spf1 include:b.example include:a.example mx mx", "v=spf1 include:b.example include:a.example mx ~all"),
    ],
)
def test_several_findings_and_one_new_record(record: str, proposal: str) -> None:
    found = [c.new for c in changes(record) if c.new is not None]
    assert len(found) >= 2
    assert set(found) == {proposal}


SEVERAL_FAULTS = (
    "v=spf1 mx mx include:gone.example ip4:11.1.0.0/24 ip4:11.1.0.7 ?all",
    "v=spf1 mx include:d.example include:d.example",
    "v=spf1 mx ipv4:11.1.0.1 mx, include:a.example ?all",
    "v=spf1 mx include:open.example mx +all",
    "v=spf1 mx mx ?all mx",
    "v=spf1 mx mx redirect=gone.example",
)

TERMS = [
    "mx",
    "MX",
    "a",
    "a:h.example",
    "ip4:11.1.0.0/24",
    "ip4:11.1.0.7",
    "ipv4:11.1.0.9",
    "include=a.example",
    "ptr",
    "mx,",
]
TERMS += [f"include:{name}.example" for name in ("a", "b", "open", "two", "bad", "gone", "d")]
TERMS += [
    "?all",
    "~all",
    "-all",
    "all",
    "ip4:10.0.0.1",
    "ip4:11.0.0.0/8",
    "redirect=gone.example",
    "redirect=a.example",
    "moo",
]


@given(st.lists(st.sampled_from(TERMS), max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_two_findings_contradict_one_another(terms: list[str]) -> None:
    record = " ".join(["v=spf1", *terms])
    found = {c.new for c in changes(record) if c.new is not None}
    assert len(found) <= 1, found
    for text in found:
        assert parse_spf(text).error is None


@pytest.mark.parametrize("record", SEVERAL_FAULTS)
def test_each_finding_says_that_the_new_record_mends_more(record: str) -> None:
    for finding in found_in(record):
        if any(c.new for c in finding.records):
            assert ALL_CERTAIN.en in finding.fix("en"), finding.rule.id
            assert ALL_CERTAIN.ja in finding.fix("ja"), finding.rule.id


@pytest.mark.parametrize("record", SEVERAL_FAULTS)
def test_a_new_end_has_its_condition_in_front(record: str) -> None:
    """`~all` in place of `?all` is safe only once all senders are listed, whatever the finding is about."""
    found = [f for f in found_in(record) if any(c.new and c.new.endswith("~all") for c in f.records)]
    assert len(found) >= 2
    for finding in found:
        if finding.rule.id not in ("SPF201", "SPF202", "SPF203") and finding.variant != "redirect":
            assert finding.fix("en").startswith(("First make sure that all your senders", "Once it lists all your"))
            assert finding.fix("ja").startswith(("新しいレコードの末尾は `~all` になるため、先に", "送信元がすべて"))


def test_an_end_that_stays_asks_for_nothing() -> None:
    found = found_in("v=spf1 mx mx include:gone.example ~all")
    assert {f.rule.id: f.variant for f in found} == {"SPF304": None, "SPF311": None}


def test_many_findings_on_one_long_record_cost_one_correction() -> None:
    networks = " ".join(f"ip6:2400:{i:x}::1" for i in range(139))
    dead = " ".join(f"include:x{i}.example" for i in range(59))
    spf = of(f"v=spf1 {networks} {dead} -all")
    began = time.process_time()
    found = list(spf_includes.CHECK.judge(spf))
    assert time.process_time() - began < 2
    assert len(found) == 59
    assert len({c.new for f in found for c in f.records}) == 1
