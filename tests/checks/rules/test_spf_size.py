"""SPF307: a record over 450 octets, and an answer over 1232."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest
from built import TIMEOUT
from hypothesis import given
from hypothesis import strategies as st
from spf_judged import judged, new, of, single, unanswered

from checks.catalogue import CannotTell, NotApplicable
from checks.model import Absent, Severity, Tier
from checks.parse.spf_size import MAX_RECORD, answer_octets
from checks.rules import spf_size

CHECK = spf_size.CHECK


def record(octets: int) -> str:
    """Valid, of exactly this length."""
    return "v=spf1 mx x-note=".ljust(octets - 5, "x") + " -all"


def test_450_octets_are_fine_and_451_are_not() -> None:
    assert judged(CHECK, of(record(450))) == []
    finding = single(CHECK, of(record(451)))
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF307", Severity.WARNING, Tier.NONE)
    assert (finding.facts["octets"], finding.facts["limit"], new(finding)) == (451, MAX_RECORD, None)


def test_without_its_repetitions_it_may_be_short_enough() -> None:
    finding = single(CHECK, of("v=spf1" + " include:a.example" * 40 + " -all", a="v=spf1 mx -all"))
    assert (finding.variant, new(finding)) == ("corrected", "v=spf1 include:a.example -all")


def test_a_huge_record_is_too_long() -> None:
    assert single(CHECK, of("v=spf1" + " a:h.example" * 1000)).facts["octets"] == 12_006


def test_all_records_of_the_name_come_in_one_answer() -> None:
    others = "\n".join(f'TXT "some-site-verification-{i:02d}={"x" * 100}"' for i in range(10))
    finding = single(CHECK, of(f"v=spf1 mx -all\n{others}"))
    assert (finding.variant, finding.facts["records_at_name"], finding.records) == ("answer", 11, ())
    assert judged(CHECK, of("v=spf1 mx -all\n" + others.rpartition("\n")[0].rpartition("\n")[0])) == []


@given(st.lists(st.binary(max_size=600), max_size=8))
def test_the_estimate_is_the_size_of_a_real_answer(txts: list[bytes]) -> None:
    query = dns.message.make_query("d.example.", "TXT", use_edns=0)
    response = dns.message.make_response(query)
    response.use_edns(0)
    chunks = [[t[i : i + 255] for i in range(0, len(t), 255)] or [b""] for t in dict.fromkeys(txts)]
    lines = [" ".join('"' + "".join(f"\\{b:03d}" for b in chunk) + '"' for chunk in one) for one in chunks]
    if lines:
        response.answer.append(dns.rrset.from_text("d.example.", 60, "IN", "TXT", *lines))
    assert answer_octets("d.example", list(dict.fromkeys(txts))) == len(response.to_wire())


def test_without_an_answer_and_without_a_record() -> None:
    with pytest.raises(CannotTell):
        judged(CHECK, unanswered(TIMEOUT))
    with pytest.raises(NotApplicable):
        judged(CHECK, unanswered(Absent()))
    with pytest.raises(NotApplicable):
        judged(CHECK, of("v=other"))


def test_the_sample_does_what_it_shows() -> None:
    sample = spf_size.RECORD_TOO_LONG.sample
    assert single(CHECK, of(sample.bad)).rule is spf_size.RECORD_TOO_LONG
    assert judged(CHECK, of(sample.good)) == []
