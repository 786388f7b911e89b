"""SPF103: a TXT record that is meant as SPF, alone and beside a valid one."""

from __future__ import annotations

import pytest
from built import TIMEOUT, use
from spf_judged import judged, new, of, single, unanswered

from checks.catalogue import CannotTell, NotApplicable
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Answer, Seen, Severity, Tier
from checks.rules import spf_look_alike, spf_record

CHECK = spf_look_alike.CHECK
USE = use("d.example")


def at_the_name(*texts: bytes, alias_of: str | None = None) -> SpfEvidence:
    return SpfEvidence("d.example", Seen(Answer("d.example", "TXT", texts, alias_of=alias_of)), (), None)


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        (b" v=spf1 mx -all", "v=spf1 mx -all"),
        (b'"v=spf1 mx -all"', "v=spf1 mx -all"),
        ("\u201cv=spf1 mx \u2013all\u201d".encode(), "v=spf1 mx -all"),
        (b"\x93v=spf1 mx -all\x94", "v=spf1 mx -all"),
        (b"v=spf1;mx;-all", "v=spf1 mx -all"),
        (b"v=spf1include:a.example ~all", "v=spf1 include:a.example ~all"),
        (b"v = spf1 mx ~all", "v=spf1 mx ~all"),
        (b"spf1 mx ~all", "v=spf1 mx ~all"),
        (b"v=spf include:a.example ~all", "v=spf1 include:a.example ~all"),
        (b" v=spf1 mx mx", "v=spf1 mx ~all"),
        (b" v=spf1 mx +all", "v=spf1 mx ~all"),
        (b"v=spf1;moo", None),
        (b" v=spf1 +all", None),
    ],
)
def test_alone_it_is_corrected(text: bytes, proposal: str | None) -> None:
    finding = single(CHECK, at_the_name(b"some-verification=1", text), USE)
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF103", Severity.WARNING, Tier.MAIL)
    assert new(finding) == proposal
    assert finding.variant == (None if proposal else "by_hand")
    missing = single(spf_record.CHECK, at_the_name(text), USE)
    assert missing.rule.id == "SPF001"
    assert proposal is None or new(missing) == proposal


@pytest.mark.parametrize(
    "text",
    [
        b"v=spf1",
        b"v=spf1 moo",
        b"v=spf10 mx -all",
        b"spf2.0/pra mx -all",
        b"x=v=spf1 mx",
        b"spf all mail",
        b"",
        b"v=spf1.x",
    ],
)
def test_other_records_are_none(text: bytes) -> None:
    assert judged(CHECK, at_the_name(text), USE) == []


def test_beside_a_valid_record_it_is_never_corrected() -> None:
    listed = single(CHECK, of('v=spf1 mx a ~all\nTXT " v=spf1 mx -all"'), USE)
    assert (listed.variant, new(listed)) == ("surplus", "")
    more = single(CHECK, of('v=spf1 mx ~all\nTXT " v=spf1 mx a -all"'), USE)
    assert (more.variant, new(more)) == ("beside", None)
    unreadable = single(CHECK, of('v=spf1 mx ~all\nTXT "v=spf1;moo"'), USE)
    assert (unreadable.variant, new(unreadable)) == ("beside", None)
    broken = single(CHECK, of('v=spf1 mx moo ~all\nTXT " v=spf1 mx -all"'), USE)
    assert new(broken) is None


@pytest.mark.parametrize(
    ("texts", "one"),
    [
        ((b'"v=spf1 mx -all"', b"v=spf1; include:a.example; ~all"), "v=spf1 mx include:a.example ~all"),
        ((b" v=spf1 mx -all", b"v=spf1;mx;-all"), "v=spf1 mx -all"),
        ((b" v=spf1 mx -all", b" v=spf1 a +all"), "v=spf1 mx a ~all"),
        ((b" v=spf1 mx -all", b"v=spf1;moo"), None),
        ((b" v=spf1 ip4:0.0.0.0/3 -all", b" v=spf1 ip4:32.0.0.0/3 -all"), None),
    ],
)
def test_several_never_become_two_records(texts: tuple[bytes, ...], one: str | None) -> None:
    """Receivers would use neither. One finding proposes one record for all, and so does the one on the missing record."""
    finding = single(CHECK, at_the_name(*texts), USE)
    assert [change.old for change in finding.records] == [text.decode() for text in texts]
    assert [change.new for change in finding.records] == ([one, ""] if one else [None, None])
    missing = single(spf_record.CHECK, at_the_name(*texts), USE)
    assert (missing.records == finding.records) is (one is not None)


def test_several_beside_a_valid_record_are_one_finding() -> None:
    surplus = single(CHECK, of('v=spf1 mx a ~all\nTXT " v=spf1 mx -all"\nTXT "v=spf1;a"'), USE)
    assert (surplus.variant, [change.new for change in surplus.records]) == ("surplus", ["", ""])
    more = single(CHECK, of('v=spf1 mx ~all\nTXT " v=spf1 mx -all"\nTXT "v=spf1;a"'), USE)
    assert (more.variant, [change.new for change in more.records]) == ("beside", [None, None])


def test_where_no_mail_is_sent_the_verdict_stays() -> None:
    finding = single(CHECK, at_the_name(b" v=spf1 -all"), use("d.example", non_sending=True, has_mx=False))
    assert (finding.severity, finding.tier) == (Severity.WARNING, Tier.NONE)
    missing = single(spf_record.CHECK, at_the_name(b" v=spf1 -all"), use("d.example", non_sending=True, has_mx=False))
    assert (missing.severity, missing.tier, new(missing)) == (Severity.WARNING, Tier.NONE, "v=spf1 -all")


def test_hundreds_and_huge_ones_are_bounded() -> None:
    many = [b" v=spf1 a:h%d.example -all" % i for i in range(300)]
    assert len(single(CHECK, at_the_name(*many), USE).records) == 20
    assert judged(CHECK, at_the_name(b" v=spf1" + b" mx" * 20_000), USE) == []


def test_at_an_alias_it_is_not_the_domains_own() -> None:
    assert judged(CHECK, at_the_name(b" v=spf1 mx -all", alias_of="cdn.example"), USE) == []


def test_without_an_answer_and_without_a_record() -> None:
    with pytest.raises(CannotTell):
        judged(CHECK, unanswered(TIMEOUT), USE)
    with pytest.raises(NotApplicable):
        judged(CHECK, unanswered(Absent()), USE)


def test_the_sample_does_what_it_shows() -> None:
    sample = spf_look_alike.LOOK_ALIKE_SPF_RECORD.sample
    assert new(single(CHECK, at_the_name(sample.bad.encode()), USE)) == sample.good
    assert judged(CHECK, of(sample.good), USE) == []
