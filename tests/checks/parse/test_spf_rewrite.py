"""Corrections are made only where one reading is possible, and what comes out is valid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.parse.spf import parse_spf
from checks.parse.spf_proposal import merged
from checks.parse.spf_repair import Correction, misread_terms, recognised, repaired
from checks.parse.spf_rewrite import with_all, with_term, without_terms


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("ipv4:192.0.2.1 ~all", "ip4:192.0.2.1 ~all"),
        ("ip:2001:db8::1 -all", "ip6:2001:db8::1 -all"),
        ("ip4:2001:db8::/32 ~all", "ip6:2001:db8::/32 ~all"),
        ("ip4:192.0.2.0/024 ~all", "ip4:192.0.2.0/24 ~all"),
        ("ip4:mail.example.com -all", "a:mail.example.com -all"),
        ("a:192.0.2.1 -all", "ip4:192.0.2.1 -all"),
        ("192.0.2.1 -all", "ip4:192.0.2.1 -all"),
        ("include=_spf.example.com ~all", "include:_spf.example.com ~all"),
        ("ipv4=192.0.2.1 ~all", "ip4:192.0.2.1 ~all"),
        ("include _spf.example.com ~all", "include:_spf.example.com ~all"),
        ("include: _spf.example.com ~all", "include:_spf.example.com ~all"),
        ("redirect:_spf.example.com", "redirect=_spf.example.com"),
        ("mx, a, ~all", "mx a ~all"),
        ("+ip4:192.0.2.1,192.0.2.2 -all", "+ip4:192.0.2.1 ip4:192.0.2.2 -all"),
        ("-a:h.example,ip4:192.0.2.1,192.0.2.2 -all", "-a:h.example ip4:192.0.2.1 ip4:192.0.2.2 -all"),
        ("mx ~all 192.0.2.1", "mx ~all ip4:192.0.2.1"),
        ("include:a.example,include:b.example;-all", "include:a.example include:b.example -all"),
        ("\u201cinclude:a.example\u201d \u2013all", "include:a.example -all"),
        ("include:a.example\u3000\uff5eall", "include:a.example ~all"),
        ("include:a.example\t-all", "include:a.example -all"),
        ('include:a.example -all"', "include:a.example -all"),
        ("- all", "-all"),
        ("-all.", "-all"),
        ("redirect=a.example redirect=a.example", "redirect=a.example"),
        ("exists:%{i}.a,b.example mx,", "exists:%{i}.a,b.example mx"),
    ],
)
def test_a_certain_correction(broken: str, meant: str) -> None:
    assert repaired(f"v=spf1 {broken}") == Correction(f"v=spf1 {meant}")


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("mx al", "mx ~all"),
        ("mx all.", "mx ~all"),
        ("ipv4:192.0.2.1 +all", "ip4:192.0.2.1 ~all"),
        ("mx, +all, include:a.example exp=e.example", "mx include:a.example ~all exp=e.example"),
        ("include=a.example all", "include:a.example ~all"),
    ],
)
def test_a_correction_does_not_open_the_domain_to_everybody(broken: str, meant: str) -> None:
    assert repaired(f"v=spf1 {broken}") == Correction(f"v=spf1 {meant}", closed=True)
    assert recognised(f" v=spf1 {broken}") == Correction(f"v=spf1 {meant}", closed=True)


@pytest.mark.parametrize(
    "broken",
    [
        "al",
        "+all.",
        "~mx all.",
        "ipv4:0.0.0.0/0 -all",
        "ipv4:0.0.0.0/3 ipv4:64.0.0.0/3 -all",
        "ipv6:2000::/3 -all",
        "a/1 al",
        "mx//8, -all",
        "exists:a.example, -all",
    ],
)
def test_what_only_says_that_everybody_may_send_is_not_repaired(broken: str) -> None:
    assert repaired(f"v=spf1 {broken}") is None
    assert recognised(f" v=spf1 {broken}") is None


@pytest.mark.parametrize(
    "broken",
    [
        "moo -all",
        "ip4:192.0.2 -all",
        "ip4:192.0.2.1/33 -all",
        "ip4:192.0.02.1 -all",
        "include:a.example/24 -all",
        "include:example ~all",
        "a:example.com:8080 -all",
        "redirect=a.example redirect=b.example",
        "-all:foo",
        "exists:%{x}.a.example -all",
        "-ip4:192.0.2.1,192.0.2.2 ip4:192.0.2.0/24 ~all",
        "-ip4:192.0.2.1, 192.0.2.2,192.0.2.3/32 mx ~all",
        "mx ?ip4:192.0.2.1 2001:db8::1 ~all",
    ],
)
def test_what_has_several_readings_is_left_to_its_owner(broken: str) -> None:
    assert repaired(f"v=spf1 {broken}") is None


@pytest.mark.parametrize("piece", ["ipv4:192.0.2.1 ", "a,", "- ", "\ufdfa", "\ufdfa:"])
def test_of_what_is_too_long_to_be_read_nothing_is_made(piece: str) -> None:
    huge = "v=spf1 ipv4:192.0.2.1 " + piece * 4000
    assert repaired(huge) is None
    assert recognised(" " + huge) is None
    assert merged([huge, "v=spf1 mx ~all"]) is None
    assert merged([f"v=spf1 ip4:192.0.2.{i} ~all" for i in range(200)]) is None


def test_what_would_need_too_many_lookups_together_is_not_merged() -> None:
    def includes(*numbers: int) -> str:
        return f"v=spf1 {' '.join(f'include:s{n}.example' for n in numbers)} ~all"

    assert merged([includes(*range(5)), includes(*range(5, 10))]) == includes(*range(10))
    assert merged([includes(*range(6)), includes(*range(4, 11))]) is None


def test_a_repair_does_not_grow_beyond_what_is_read() -> None:
    """One Arabic ligature is eighteen letters in plain text."""
    for text in ("\ufdfa" * 1300, "ipv4:192.0.2.1," * 250):
        assert repaired(f"v=spf1 {text}") is None


def test_a_valid_record_needs_no_repair() -> None:
    assert repaired("v=spf1 mx  x-note=y ~all") is None


@given(st.text(alphabet="amx:/=.,;-~ 1248%{}dinclurets\u3000\uff1a", max_size=40))
def test_a_repaired_record_is_valid(text: str) -> None:
    if (correction := repaired(f"v=spf1 {text}")) is not None:
        record = parse_spf(correction.text)
        assert record.error is None
        assert not misread_terms(record)
        assert record.all_term is None or record.all_term.qualifier != "+"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (" v=spf1 mx -all", "v=spf1 mx -all"),
        ('"v=spf1 mx -all"', "v=spf1 mx -all"),
        ("v=spf1;mx;-all", "v=spf1 mx -all"),
        ("v=spf1\u00a0mx -all", "v=spf1 mx -all"),
        ("\uff56=spf1 mx \uff5eall", "v=spf1 mx ~all"),
        ("v=spf1 mx -all", None),
        ("v=spf10 mx -all", None),
        ("v=spf1;moo", None),
        ("spf2.0/pra mx -all", None),
        ("google-site-verification=v=spf1 mx", None),
    ],
)
def test_a_look_alike_is_recognised(text: str, meant: str | None) -> None:
    assert recognised(text) == (meant and Correction(meant))


@pytest.mark.parametrize(
    ("records", "one"),
    [
        (["-all", "include:_spf.a.example ~all"], "include:_spf.a.example ~all"),
        (["mx include:a.example -all", "+MX ip4:192.0.2.1 -all"], "mx include:a.example ip4:192.0.2.1 -all"),
        (["mx", "a ?all"], "mx a ~all"),
        (["mx ~all", "redirect=a.example"], "mx include:a.example ~all"),
        (["ipv4:192.0.2.1 -all", "mx -all"], "ip4:192.0.2.1 mx -all"),
        (["mx +all exp=e.example", "a"], "mx a ~all exp=e.example"),
    ],
)
def test_merging(records: list[str], one: str) -> None:
    assert merged([f"v=spf1 {r}" for r in records]) == f"v=spf1 {one}"


def test_no_merging_of_what_cannot_be_read() -> None:
    assert merged(["v=spf1 moo -all", "v=spf1 mx -all"]) is None


@pytest.mark.parametrize("records", [["ip4:0.0.0.0/0 -all", "mx -all"], ["ip4:0.0.0.0/3 ~all", "ip4:32.0.0.0/3 -all"]])
def test_no_merging_into_a_record_that_everybody_passes(records: list[str]) -> None:
    assert merged([f"v=spf1 {r}" for r in records]) is None


def test_rewriting_keeps_everything_else() -> None:
    record = parse_spf("v=spf1 a include:b.example  a x-note=1 +all ptr exp=e.example")
    assert without_terms(record, record.terms[1]) == "v=spf1 a a x-note=1 +all ptr exp=e.example"
    assert with_all(record, "~") == "v=spf1 a include:b.example a ptr ~all x-note=1 exp=e.example"
    assert with_term(record, "ip4:192.0.2.1") == (
        "v=spf1 a include:b.example a ip4:192.0.2.1 +all x-note=1 exp=e.example"
    )


def test_nothing_is_proposed_that_lists_no_sender_or_leaves_a_broken_part_out() -> None:
    for text in ("+all", "~mx +all", "mx moo +all", "mx +all" + " a" * 300):
        assert with_all(parse_spf(f"v=spf1 {text}"), "~") is None
    for text in ("include:a.example -all", "include:a.example moo mx", "include:a.example" + " mx" * 300):
        record = parse_spf(f"v=spf1 {text}")
        assert without_terms(record, record.terms[0]) is None
    broken = parse_spf("v=spf1 mx mx moo -all")
    assert with_term(broken, "a") is None


def test_a_dead_redirect_leaves_an_end() -> None:
    record = parse_spf("v=spf1 mx redirect=a.example")
    assert without_terms(record, record.terms[1]) == "v=spf1 mx ~all"
