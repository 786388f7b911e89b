"""The grammar of RFC 7208 section 12: every error is found where it stands, and nothing valid is refused."""

from __future__ import annotations

import pytest
from checkdmarc.spf import SPFError, parse_spf_record
from dns import rdata
from dns.resolver import NoAnswer
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.evidence.spf import SpfRecord
from checks.parse.spf import KINDS, MAX_OCTETS, MAX_TERMS, parse_spf, render, spf_records, text_of

INVALID = [
    ("unknown_mechanism", "ip4:1.2.3.4 -all moo", 24),
    ("unknown_mechanism", "moo.cow/far_out=man:dog/cat -all", 7),
    ("unknown_mechanism", "moo.cow:far_out=man -all", 7),
    ("unknown_mechanism", "-all.", 7),
    ("unknown_mechanism", "ipv4:192.0.2.1", 7),
    ("unknown_mechanism", "192.0.2.1 -all", 7),
    ("bad_qualifier", "!all", 7),
    ("bad_qualifier", "--all", 7),
    ("bad_qualifier", "=all", 7),
    ("separator", "mx, -all", 7),
    ("separator", "mx;include:a.example -all", 7),
    ("separator", "include:a.example, -all", 15),
    ("modifier_as_mechanism", "ip4:1.2.3.4 redirect:t2.example.com", 19),
    ("modifier_as_mechanism", "exp:a.example -all", 7),
    ("bad_modifier_name", "1up=foo", 7),
    ("missing_value", "include +all", 14),
    ("missing_value", "exists", 13),
    ("missing_value", "ip4", 10),
    ("missing_value", "-all ip6", 15),
    ("empty_value", "a:", 9),
    ("empty_value", "mx: -all", 10),
    ("empty_value", "ptr:", 11),
    ("empty_value", "include: -all", 15),
    ("empty_value", "exists:", 14),
    ("empty_value", "ip4:", 10),
    ("empty_value", "?all redirect=", 21),
    ("empty_value", "exp= -all", 11),
    ("value_not_allowed", "-all:foobar", 11),
    ("value_not_allowed", "ptr/foo", 10),
    ("bad_domain", "a:foo-bar -all", 9),
    ("bad_domain", "a:example.com:8080", 9),
    ("bad_domain", "mx:example.com:8080", 10),
    ("bad_domain", "a:abc.123", 9),
    ("bad_domain", "mx:abc.123", 10),
    ("bad_domain", "a:example.-com", 9),
    ("bad_domain", "a:example.com-", 9),
    ("bad_domain", "a:museum", 9),
    ("bad_domain", "a:museum.", 9),
    ("bad_domain", "a:example.com..", 9),
    ("bad_domain", "a:%{d}.", 9),
    ("bad_domain", "exp=-all", 11),
    ("bad_domain", "redirect=-all ?all", 16),
    ("address_as_domain", "a:111.222.33.44", 9),
    ("address_as_domain", "include:192.0.2.1 -all", 15),
    ("bad_ip4", "ip4:1.2.3", 11),
    ("bad_ip4", "ip4:1.2.3.4:8080", 11),
    ("bad_ip4", "ip4:1.2.3.256", 11),
    ("bad_ip4", "ip4:01.2.3.4", 11),
    ("bad_ip4", "ip4:mail.example.com", 11),
    ("bad_ip6", "ip6::CAFE::BABE", 11),
    ("bad_ip6", "ip6:fe80::1%eth0", 11),
    ("bad_ip6", "ip6:192.0.2.1", 11),
    ("bad_prefix", "a/33", 9),
    ("bad_prefix", "a//129", 10),
    ("bad_prefix", "a/24/64", 8),
    ("bad_prefix", "mx/024", 10),
    ("bad_prefix", "a/foo", 8),
    ("bad_prefix", "a:mail.example.com/", 25),
    ("bad_prefix", "ip4:1.2.3.4/33", 19),
    ("bad_prefix", "ip4:1.2.3.4/032", 19),
    ("bad_prefix", "ip4:1.2.3.4//32", 19),
    ("bad_prefix", "ip4:1.2.3.4/", 19),
    ("bad_prefix", "ip6:::1.1.1.1/129", 21),
    ("bad_prefix", "ip6:::1.1.1.1//33", 21),
    ("prefix_not_allowed", "-all/8", 11),
    ("prefix_not_allowed", "ptr/0", 10),
    ("prefix_not_allowed", "include:ip5.example.com/24", 30),
    ("prefix_not_allowed", "exists:mail.example.com/24", 30),
    ("bad_macro", "-all foo=%abc", 16),
    ("bad_macro", "a:%(ir).example.com", 9),
    ("bad_macro", "a:foo.%", 13),
    ("bad_macro", "exists:%{x}.example.com", 14),
    ("bad_macro", "exists:%{d0}.example.com", 14),
    ("bad_macro", "exists:%{i.example.com", 14),
    ("macro_not_allowed", "exists:%{c}.example.com", 14),
    ("macro_not_allowed", "redirect=%{R}.example.com", 16),
    ("macro_not_allowed", "note=%{t}", 12),
    ("duplicate_modifier", "redirect=a.example -all redirect=a.example", 31),
    ("duplicate_modifier", "exp=a.example -all EXP=b.example", 26),
    ("control_character", "a:ctrl.example.com\rptr -all", 25),
    ("control_character", "a:foo.example.com\0", 24),
    ("control_character", "mx\t-all", 9),
    ("non_ascii", "a:\ufeffgarbage.example.net -all", 9),
    ("non_ascii", "a:example.net \u2013all", 21),
    ("non_ascii", "\x80a:example.net -all", 7),
]

VALID = [
    "",
    "all -all",
    "?all",
    "A MX -ALL",
    "a  -all",
    "+mx/24//64 a//33 a/0//128",
    "mx:%{d}/27",
    "a:example.com.",
    "a:foo:bar/baz.example.com",
    "a:mail.example...com",
    "a:a12345678901234567890123456789012345678901234567890123456789012345.example.com",
    "a:foo.example.xn--zckzah",
    "a:x.12-34",
    "a:%{H}.bar",
    "mx:%%%_/.example.com/27",
    "exists:%{i}.%{s1}.100/86400.rate.%{d}",
    "exists:%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
    "exists:%{L+,/_=}.example.com",
    "ip4:1.1.1.1/0 ip4:192.0.2.1/32",
    "ip6:::1.1.1.1/0 ip6:CAFE:BABE:8000::/33",
    "redirect=%{d2}",
    "ip4:192.0.2.1 moo.cow-far_out=man:dog/cat -all",
    "default=+ default=pass",
    "ptr ptr:example.com ~all",
]


@pytest.mark.parametrize(("kind", "terms", "position"), INVALID)
def test_an_invalid_record_names_kind_term_and_place(kind: str, terms: str, position: int) -> None:
    error = parse_spf(f"v=spf1 {terms}").error
    assert error is not None
    assert (error.kind, error.position) == (kind, position)
    assert error.term in terms.split(" ")


def test_every_kind_of_error_has_a_case() -> None:
    assert {kind for kind, _, _ in INVALID} == set(KINDS)


@pytest.mark.parametrize("terms", VALID)
def test_a_valid_record_has_no_error(terms: str) -> None:
    assert parse_spf(f"v=spf1 {terms}").error is None


def test_an_error_anywhere_is_found_and_the_valid_terms_stay() -> None:
    record = parse_spf("v=spf1 mx moo -all")
    assert record.error is not None
    assert [t.text for t in record.terms] == ["mx", "-all"]


def test_a_term_tells_its_parts() -> None:
    a, include, network, redirect = parse_spf(
        "v=spf1 ~A:Mail.example.com./24//64 include:%{d}.example ip6:2001:db8::/32 redirect=x.example"
    ).terms
    assert (a.qualifier, a.name, a.value, a.prefix, a.target) == (
        "~", "a", "Mail.example.com.", "/24//64", "Mail.example.com",
    )  # fmt: skip
    assert (include.target, include.has_macro, include.needs_lookup) == ("%{d}.example", True, True)
    assert (network.value, network.target, network.needs_lookup) == ("2001:db8::/32", "", False)
    assert (redirect.kind, redirect.qualifier, redirect.target, redirect.position) == ("modifier", "", "x.example", 74)


def test_only_what_is_evaluated_is_reached() -> None:
    assert [t.text for t in parse_spf("v=spf1 redirect=a.example mx").reached] == ["mx", "redirect=a.example"]
    assert [t.text for t in parse_spf("v=spf1 redirect=a.example mx -all a").reached] == ["mx", "-all"]


@pytest.mark.parametrize(
    ("txt", "is_spf"),
    [
        (b"v=spf1", True),
        (b"V=sPf1 -all", True),
        (b"v=spf1  ", True),
        (b"v=spf10", False),
        (b"v=spf1mx", False),
        (b"v=spf1;-all", False),
        (b"v=spf1\t-all", False),
        (b" v=spf1 -all", False),
        (b'"v=spf1 -all"', False),
        (b"spf2.0/pra -all", False),
        (b"", False),
    ],
)
def test_selection_of_records(txt: bytes, is_spf: bool) -> None:
    assert bool(spf_records([b"google-site-verification=x", txt])) == is_spf


def test_octets_outside_utf8_are_an_error_and_not_an_exception() -> None:
    (text,) = spf_records([b"v=spf1 a:example.net \x96all"])
    error = parse_spf(text).error
    assert error is not None
    assert (error.kind, error.position) == ("non_ascii", 21)


@pytest.mark.parametrize("piece", ["/", "a", "%", "%{d", "a:", "1.", "/1", "=", "%%"])
def test_of_a_huge_record_only_the_beginning_is_read(piece: str) -> None:
    text = "v=spf1 " + f"a:x.example{piece * 40}_ " * 1000
    record = parse_spf(text)
    assert record.cut
    assert parse_spf(record.text) == record
    assert len(record.terms) <= MAX_TERMS
    (selected,) = spf_records([text.encode()])
    assert len(selected) == MAX_OCTETS + 1
    assert parse_spf(selected) == record


def test_the_longest_records_that_are_read_whole() -> None:
    terms = parse_spf("v=spf1" + " a" * MAX_TERMS)
    assert (len(terms.terms), terms.cut) == (MAX_TERMS, False)
    assert parse_spf("v=spf1" + " a" * (MAX_TERMS + 1)) == SpfRecord(
        "v=spf1" + " a" * (MAX_TERMS + 1), terms.terms, None, cut=True
    )
    octets = "v=spf1 ".ljust(MAX_OCTETS - 4) + "-all"
    assert parse_spf(octets) == SpfRecord(octets, parse_spf(octets).terms, None)
    assert parse_spf(octets).all_term is not None


@pytest.mark.parametrize("end", ["ip4:10.0.0.0/24", "-all.example", "exists:%{i}.example"])
def test_half_a_term_is_not_read(end: str) -> None:
    for kept in range(len(end)):
        record = parse_spf("v=spf1 mx ".ljust(MAX_OCTETS - kept) + end + " -all")
        assert ([t.text for t in record.terms], record.error, record.cut) == (["mx"], None, True)


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    parse_spf(text)
    parse_spf(f"v=spf1 {text}")


_LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_MACRO = st.builds("%{{{}{}{}{}}}".format, st.sampled_from("slodipvhSLODIPVH"), st.sampled_from(["", "1", "20"]),
                   st.sampled_from(["", "r", "R"]), st.text("-.+,/_=", max_size=2))  # fmt: skip
_DOMAIN = st.one_of(
    st.builds("{}.{}".format, st.lists(st.one_of(_LABEL, _MACRO), min_size=1, max_size=3).map(".".join),
              st.sampled_from(["jp", "example.", "xn--zckzah", "a1"])),
    _MACRO,
)  # fmt: skip
_PREFIX = st.builds(
    "{}{}".format,
    st.one_of(st.just(""), st.integers(0, 32).map("/{}".format)),
    st.one_of(st.just(""), st.integers(0, 128).map("//{}".format)),
)
_MECHANISM = st.one_of(
    st.just("all"),
    st.builds("include:{}".format, _DOMAIN),
    st.builds("exists:{}".format, _DOMAIN),
    st.builds(
        "{}{}{}".format, st.sampled_from(["a", "mx"]), st.one_of(st.just(""), _DOMAIN.map(":{}".format)), _PREFIX
    ),
    st.builds("ptr{}".format, st.one_of(st.just(""), _DOMAIN.map(":{}".format))),
    st.builds("ip4:{}{}".format, st.ip_addresses(v=4), st.one_of(st.just(""), st.integers(0, 32).map("/{}".format))),
    st.builds("ip6:{}{}".format, st.ip_addresses(v=6), st.one_of(st.just(""), st.integers(0, 128).map("/{}".format))),
)
_TERMS = st.lists(
    st.one_of(
        st.builds("{}{}".format, st.sampled_from(["", "+", "-", "~", "?"]), _MECHANISM),
        st.builds("x-{}={}".format, _LABEL, st.one_of(st.just(""), _DOMAIN)),
    ),
    max_size=6,
)


@given(_TERMS, st.one_of(st.none(), _DOMAIN))
def test_what_the_grammar_generates_is_valid_and_survives_rendering(terms: list[str], redirect: str | None) -> None:
    text = " ".join(["v=spf1", *terms, *([f"redirect={redirect}"] if redirect else [])])
    record = parse_spf(text)
    assert record.error is None
    assert parse_spf(render(record)) == record


@given(st.lists(st.binary(max_size=60).map(lambda octets: b"v=spf1 " + octets), max_size=3))
def test_no_octets_raise_and_rendering_loses_no_term(txts: list[bytes]) -> None:
    for text in (*spf_records(txts), *map(text_of, txts)):
        record = parse_spf(text)
        again = parse_spf(render(record))
        assert again.error is None
        assert [t.text for t in again.terms] == [t.text for t in record.terms]
        assert parse_spf(render(again)) == again


class _Answers:
    """A resolver for checkdmarc that knows one SPF record, one address and one mail server, at every name."""

    lifetime = 1.0

    def resolve(self, name: str, rdtype: str, **_: object) -> list[rdata.Rdata]:
        texts = {"TXT": '"v=spf1 -all"', "A": "192.0.2.1", "MX": "10 mx.example.com.", "AAAA": "2001:db8::1"}
        if str(rdtype) not in texts:
            raise NoAnswer
        return [rdata.from_text("IN", str(rdtype), texts[str(rdtype)])]


def checkdmarc_accepts(text: str) -> bool:
    try:
        parse_spf_record(text, "opinion.example", resolver=_Answers())
    except SPFError:
        return False
    return True


_WRONG = st.sampled_from(
    ["ip4:192.0.2", "ip4:192.0.2.1/33", "ip6:2001:db8::zz", "ipv4:192.0.2.1", "include:", "ip4:", "mxx"]
)
_PLAIN = st.one_of(
    st.builds("ip4:{}/{}".format, st.ip_addresses(v=4), st.integers(0, 32)),
    st.builds("ip6:{}/{}".format, st.ip_addresses(v=6), st.integers(0, 128)),
    st.sampled_from(
        [
            "a",
            "mx",
            "a:h.opinion.example",
            "mx:h.opinion.example",
            "include:i.opinion.example",
            "exists:%{i}.e.opinion.example",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PLAIN, max_size=4), st.lists(_WRONG, max_size=1), st.sampled_from(["-all", "~all", "?all"]))
def test_checkdmarc_agrees_on_what_is_valid(terms: list[str], wrong: list[str], end: str) -> None:
    """Within what it reads as RFC 7208 does: not all kinds of errors, each term once, and at most ten lookups."""
    text = " ".join(["v=spf1", *dict.fromkeys(terms), *wrong, end])
    assert (parse_spf(text).error is None) == checkdmarc_accepts(text)


@pytest.mark.parametrize(
    ("record", "is_valid"),
    [
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", True),
        ("v=spf1 ip4:192.0.2.1 ip4:198.51.100.7 ~all", True),
        ("v=spf1 -all", True),
        ("v=spf1 ip4:192.0.2.0/33 -all", False),
        ("v=spf1 ip4:192.0.2.256 -all", False),
        ("v=spf1 ipv4:192.0.2.1 -all", False),
        ("v=spf1 ip6:2001:db8::zz -all", False),
    ],
)
def test_checkdmarc_agrees_on_plain_records(record: str, is_valid: bool) -> None:
    try:
        parse_spf_record(record, "example.com")
        theirs = True
    except SPFError:
        theirs = False
    assert (parse_spf(record).error is None, theirs) == (is_valid, is_valid)
