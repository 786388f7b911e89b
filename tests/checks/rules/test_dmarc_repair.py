"""What takes the place of a DMARC record that receivers ignore or misread: one record, and no stricter than what applies."""

from __future__ import annotations

import pytest
from built import dmarc, txt, use
from built_dmarc import NAME, receiving

from checks.engine import judge
from checks.rules import dmarc_syntax


@pytest.mark.parametrize(
    ("record", "new"),
    [
        ("v=DMARC1 p=none; rua=mailto:dmarc-reports@a.jp", "v=DMARC1; p=none; rua=mailto:dmarc-reports@a.jp"),
        ("v=dmarc1; p=none; rua=mailto:dmarc@a.jp", "v=DMARC1; p=none; rua=mailto:dmarc@a.jp"),
        ("v=dmarc1;p=none;rua=mailto:r@dmarc-x.jp", "v=DMARC1; p=none; rua=mailto:r@dmarc-x.jp"),
        (
            "v=dmarc1; p=none; rua=dmarc1@dmarc.jp;dmarc@b.jp",
            "v=DMARC1; p=none; rua=mailto:dmarc1@dmarc.jp,mailto:dmarc@b.jp",
        ),
        ("DMARC1; p=none; rua=mailto:a@b.jp", "v=DMARC1; p=none; rua=mailto:a@b.jp"),
        ("p=none v=DMARC1 rua=mailto:a@b.jp", "v=DMARC1; p=none; rua=mailto:a@b.jp"),
        ("v=DMARC1, p=none; rua=mailto:a@b.jp", "v=DMARC1; p=none; rua=mailto:a@b.jp"),
    ],
)
def test_the_version_is_removed_where_it_stands_alone_and_never_from_an_address(record, new):
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()).findings[0]
    assert (finding.variant, finding.records[0].new) == ("ignored", new)


@pytest.mark.parametrize(
    ("texts", "new"),
    [
        (("v=dmarc1; p=none", "“v=DMARC1; p=reject”"), ["v=DMARC1; p=none", ""]),
        (("v=dmarc1; rua=mailto:a@b.jp", "“v=DMARC1; rua=mailto:c@d.jp”"), [None, None]),
        (("v=dmarc1; p=please", "v=dmarc1; p=thanks"), [None, None]),
        (tuple(f"v=dmarc1; p=none; x{n}=1; rua=mailto:a@b.jp" for n in range(30)), [None] * 10),
    ],
)
def test_of_several_look_alikes_one_at_most_becomes_a_record(texts, new):
    """Two valid ones would all be discarded (RFC 9989 section 4.10)."""
    (finding,) = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(*texts)}), use(), receiving()).findings
    assert (finding.variant, finding.facts["count"]) == ("ignored_several", len(texts))
    assert [r.new for r in finding.records] == new


@pytest.mark.parametrize(
    ("above", "record", "new"),
    [
        ("v=DMARC1; p=reject", "v=dmarc1; p=rejct; rua=mailto:a@b.jp", "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
        (
            "v=DMARC1; p=reject; t=y",
            "v=dmarc1; p=reject; rua=mailto:a@b.jp",
            "v=DMARC1; p=quarantine; rua=mailto:a@b.jp",
        ),
        ("v=DMARC1; p=reject", "v=dmarc1; p=reject; adkim=s; aspf=s", "v=DMARC1; p=reject"),
        ("v=DMARC1; p=reject; aspf=s", "v=dmarc1; p=reject; aspf=s", "v=DMARC1; p=reject; aspf=s"),
        ("v=DMARC1; p=reject", "v=dmarc1; p=reject; psd=y", "v=DMARC1; p=reject"),
        ("v=DMARC1; p=reject", "v=dmarc1; p=reject; psd=n", "v=DMARC1; p=reject"),
    ],
)
def test_a_look_alike_becomes_no_stricter_record_and_no_boundary(above, record, new):
    name = "news.example.co.jp"
    at = {name: txt(record), NAME: txt(above)}
    finding = judge(dmarc_syntax.CHECK, dmarc(name, at), use(name), receiving(name)).findings[0]
    assert finding.records[0].new == new


@pytest.mark.parametrize(
    ("about", "record", "new"),
    [
        ({}, "v=DMARC1; p=rejct; rua=mailto:a@b.jp", "v=DMARC1; p=none; rua=mailto:a@b.jp"),
        ({}, "v=DMARC1; p=quarantine; sp=rejct; rua=mailto:a@b.jp", "v=DMARC1; p=none; rua=mailto:a@b.jp"),
        ({"non_sending": True}, "v=DMARC1; p=rejct; rua=mailto:a@b.jp", "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
    ],
)
def test_a_mistyped_policy_acts_as_none_and_does_not_begin_at_once(about, record, new):
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(**about), receiving()).findings[0]
    assert (finding.variant, finding.records[0].new, finding.records[0].later) == (None, new, False)


@pytest.mark.parametrize(
    ("record", "new"),
    [
        ('"v=DMARC1; p=none"', "v=DMARC1; p=reject"),
        ("v=dmarc1; p=quarantine; rua=mailto:a@b.jp; sp=none", "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
    ],
)
def test_a_look_alike_below_a_strict_policy_does_not_lift_it(record, new):
    name = "news.example.co.jp"
    at = {name: txt(record), NAME: txt("v=DMARC1; p=reject")}
    finding = judge(dmarc_syntax.CHECK, dmarc(name, at), use(name), receiving(name)).findings[0]
    assert (finding.variant, finding.records[0].new) == ("ignored", new)


def test_what_nobody_can_read_is_not_said_to_be_replaced_by_a_record_below():
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt("v=dmarc1; p=please")}), use(), receiving()).findings[0]
    assert (finding.variant, finding.records[0].new) == ("ignored_by_hand", None)


def test_a_policy_that_receivers_read_in_two_ways_is_left_to_its_owner():
    record = "v=DMARC1; p=reject; np=rejct; rua=mailto:a@b.jp"
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()).findings[0]
    assert (finding.variant, [r.new for r in finding.records]) == ("np", [None])


@pytest.mark.parametrize(
    ("record", "new"),
    [
        ("v=DMARC1; p=reject; rua=mailto:a@b.jp; adkim=x; adkim=s", "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
        ("v=DMARC1; p=reject; rua=mailto:a@b.jp; t=yes; t=y", "v=DMARC1; p=reject; rua=mailto:a@b.jp"),
        ("v=DMARC1; p=reject; rua=mailto:a@b.jp; adkim=s; adkim=s", "v=DMARC1; p=reject; rua=mailto:a@b.jp; adkim=s"),
    ],
)
def test_a_tag_that_stands_there_again_does_not_begin_to_count(record, new):
    finding = judge(dmarc_syntax.CHECK, dmarc(NAME, {NAME: txt(record)}), use(), receiving()).findings[0]
    assert finding.records[0].new == new
