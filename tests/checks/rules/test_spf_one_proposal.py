"""All findings on one SPF record propose the same new record, or none."""

from __future__ import annotations

import pytest
from built import use
from hypothesis import given, settings
from hypothesis import strategies as st
from spf_world import looked_up

from checks.catalogue import RecordChange
from checks.engine import judge
from checks.evidence.domain import UseEvidence
from checks.evidence.message import SessionEvidence
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.evidence.spf_alias import SpfAliasEvidence
from checks.model import Absent, Outcome
from checks.parse.spf import parse_spf
from checks.rules import CHECKS
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


def changes(record: str) -> list[RecordChange]:
    """What is proposed for the domain's own record, by all its findings."""
    spf, lookups = looked_up({**WORLD, "d": f"{WORLD['d']}\n{record}"})
    evidence = {
        SpfEvidence: spf,
        SpfLookupEvidence: lookups,
        SpfAliasEvidence: SpfAliasEvidence("d.example", Absent()),
        UseEvidence: use("d.example"),
        SessionEvidence: NO_SESSION,
    }
    found: list[RecordChange] = []
    for check in OF_DNS:
        result = judge(check, *(evidence[kind] for kind in check.needs))
        assert result.outcome is not Outcome.BROKEN
        found += [
            c for f in result.findings if f.rule is not MULTIPLE_SPF_RECORDS for c in f.records if c.old == record
        ]
    return found


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
