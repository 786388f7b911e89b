"""The DMARC parser never raises, and the tree walk follows RFC 9989 section 4.10."""

from __future__ import annotations

import time

import pytest
from built import NXDOMAIN, SERVFAIL, dmarc, txt, walk
from hypothesis import given
from hypothesis import strategies as st

from checks.evidence.dmarc import DmarcRecord
from checks.model import Absent, Seen
from checks.parse.dmarc import effective_policy, is_meant_as_record, is_record, parse_dmarc, walk_names


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_exception(text):
    assert isinstance(is_record(text), bool)
    assert isinstance(is_meant_as_record(text), bool)
    assert isinstance(parse_dmarc(text), DmarcRecord)


def test_a_value_with_thousands_of_blanks_is_read_at_once():
    began = time.process_time()
    for n in range(20):
        assert parse_dmarc(f"v=DMARC1;p = none \t;x=a{' ' * 8000}b{n}").policy == "none"
    assert time.process_time() - began < 0.5


@given(st.sampled_from(["none", "quarantine", "reject"]), st.sampled_from(["", " ", "  "]), st.booleans())
def test_blanks_and_case_do_not_change_a_policy(policy, blank, upper):
    said = policy.upper() if upper else policy
    record = parse_dmarc(f"v{blank}={blank}DMARC1{blank};{blank}p{blank}={blank}{said}{blank};")
    assert (record.policy, record.problems) == (policy, ())


def test_the_version_is_exact():
    assert is_record("v=DMARC1; p=none")
    assert is_record("V = DMARC1;p=none")
    assert not is_record(" x v=DMARC1")
    assert not is_record("v=dmarc1; p=none")
    assert not is_record("v=DMARC12; p=none")


def test_a_long_name_jumps_to_seven_labels_and_asks_eight_times():
    names = walk_names("a.b.c.d.e.f.g.h.i.example.co.jp")
    assert names[:2] == ("a.b.c.d.e.f.g.h.i.example.co.jp", "f.g.h.i.example.co.jp")
    assert (len(names), names[-1]) == (8, "jp")
    assert walk_names("example.jp") == ("example.jp", "jp")


def test_eight_labels_jump_as_well():
    assert walk_names("a.b.c.d.e.f.g.jp")[1] == "b.c.d.e.f.g.jp"


def test_the_organizational_domain_is_the_record_with_the_fewest_labels():
    assert walk(
        "a.news.example.jp", {"news.example.jp": txt("v=DMARC1; p=none"), "example.jp": txt("v=DMARC1; p=none")}
    ).organizational == Seen("example.jp")


def test_psd_n_ends_the_walk_where_it_stands():
    tree = walk(
        "a.news.example.jp", {"news.example.jp": txt("v=DMARC1; psd=n; p=none"), "example.jp": txt("v=DMARC1; p=none")}
    )
    assert tree.organizational == Seen("news.example.jp")
    assert [s.domain for s in tree.steps] == ["a.news.example.jp", "news.example.jp"]


def test_psd_y_makes_the_name_below_it_the_organization():
    assert walk("a.example.city.jp", {"city.jp": txt("v=DMARC1; psd=y; p=none")}).organizational == Seen(
        "example.city.jp"
    )


def test_psd_y_at_the_start_is_not_another_organization():
    tree = walk("city.jp", {"city.jp": txt("v=DMARC1; psd=y; p=none"), "jp": txt("v=DMARC1; p=none")})
    assert tree.organizational == Seen("city.jp")
    assert [s.domain for s in tree.steps] == ["city.jp"]


def test_no_record_anywhere_is_absent_and_a_failed_step_is_not():
    assert isinstance(walk("example.jp", {}).organizational, Absent)
    assert walk("example.jp", {"jp": SERVFAIL}).organizational == SERVFAIL


def test_a_failed_step_beyond_the_end_of_the_walk_does_not_matter():
    assert walk("a.example.jp", {"example.jp": txt("v=DMARC1; psd=n; p=none"), "jp": SERVFAIL}).organizational == Seen(
        "example.jp"
    )


def test_the_policy_of_a_broken_record_depends_on_its_report_address():
    assert effective_policy(parse_dmarc("v=DMARC1; p=bad; rua=mailto:a@b.jp"), is_own=True) == "none"
    assert effective_policy(parse_dmarc("v=DMARC1; p=bad"), is_own=True) is None
    assert effective_policy(parse_dmarc("v=DMARC1; rua=a@b.jp"), is_own=True) is None


def test_subdomains_take_sp_and_names_that_do_not_exist_np():
    record = parse_dmarc("v=DMARC1; p=reject; sp=quarantine; np=none")
    assert effective_policy(record, is_own=True) == "reject"
    assert effective_policy(record, is_own=False) == "quarantine"
    assert effective_policy(record, is_own=False, exists=False) == "none"


def test_nxdomain_at_dmarc_is_absence():
    assert walk("example.jp", {"example.jp": NXDOMAIN}).organizational == Absent()


def test_a_duplicate_tag_does_not_break_the_policy():
    assert effective_policy(parse_dmarc("v=DMARC1; p=reject; sp=none; sp=reject"), is_own=True) == "reject"


@given(st.binary(max_size=400))
def test_any_octets_are_read_without_an_exception(raw):
    text = raw.decode("utf-8", "replace")
    assert isinstance(parse_dmarc(text), DmarcRecord)
    assert isinstance(parse_dmarc("v=DMARC1;" + text), DmarcRecord)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("mailto:a@b.jp", ("b.jp", "", "")),
        ("MailTo:a@B.JP!10m", ("b.jp", "", "10m")),
        ("mailto:a@b.jp!10x", ("", "no_address", "")),
        ("mailto:a%2Bb@b.jp?subject=x", ("b.jp", "", "")),
        ("mailto:a@b..jp", ("", "no_address", "")),
        ("mailto://a@b.jp", ("", "no_address", "")),
        ("mailto: a@b.jp", ("", "no_address", "")),
        ("https://b.jp/", ("", "other_scheme", "")),
        ("a@b.jp", ("", "no_scheme", "")),
        ("mailto:a@日本.jp", ("", "no_address", "")),
    ],
)
def test_only_a_mailto_uri_is_an_address_for_reports(uri, told):
    (read,) = parse_dmarc(f"v=DMARC1; p=none; rua={uri}").aggregate_uris
    assert (read.domain, read.problem, read.size_limit) == told


def test_failure_options_are_checked():
    assert parse_dmarc("v=DMARC1; p=none; fo=0:d:s").problems == ()
    assert [t.value for t in parse_dmarc("v=DMARC1; p=none; fo=2").problems] == ["2"]


# RFC 9989: the walks that the text itself goes through.

RECORD = txt("v=DMARC1; p=none")
NO_SUFFIX = txt("v=DMARC1; psd=n; p=none")
SUFFIX = txt("v=DMARC1; psd=y; p=none")


def test_section_4_10_eight_questions_for_a_name_of_thirteen_labels():
    assert walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


def test_section_5_1_8_a_deep_organizational_domain_is_never_found():
    deep = "mail.a.b.c.d.e.f.g.example.com"
    found = dmarc(deep, {"b.c.d.e.f.g.example.com": NO_SUFFIX, "example.com": RECORD})
    assert [s.domain for s in found.walk.steps][1:3] == ["c.d.e.f.g.example.com", "d.e.f.g.example.com"]
    assert (found.at, len(found.walk.steps)) == ("example.com", 8)
    assert dmarc(deep, {deep: RECORD, "example.com": RECORD}).at == deep


@pytest.mark.parametrize(
    ("at", "organizational"),
    [
        ({"mail.example.com": RECORD, "example.com": RECORD}, "example.com"),
        ({"mail.example.com": NO_SUFFIX, "example.com": RECORD}, "mail.example.com"),
        ({"com": SUFFIX}, "example.com"),
    ],
    ids=["fewest labels", "psd=n", "psd=y"],
)
def test_section_4_10_2_the_organizational_domain(at, organizational):
    assert walk("a.mail.example.com", at).organizational == Seen(organizational)


def organization(name, at):
    found = walk(name, at).organizational
    return found.value if isinstance(found, Seen) else name


def test_appendix_b_4_1_simple():
    at = {"example.com": RECORD, "signing.example.com": RECORD}
    assert organization("example.com", at) == organization("signing.example.com", at) == "example.com"
    assert dmarc("example.com", at).at == "example.com"


def test_appendix_b_4_2_deep():
    at = {"example.com": RECORD, "signing.example.com": RECORD}
    author = dmarc("a.b.c.d.e.f.g.h.i.j.k.example.com", at)
    assert [s.domain for s in author.walk.steps][1] == "g.h.i.j.k.example.com"
    assert (author.at, author.walk.organizational) == ("example.com", Seen("example.com"))


def test_appendix_b_4_3_with_a_record_of_the_public_suffix():
    at = {"bank.example": SUFFIX, "giant.bank.example": RECORD}
    assert organization("giant.bank.example", at) == "giant.bank.example"
    assert organization("mail.giant.bank.example", at) == "giant.bank.example"
    assert organization("mail.mega.bank.example", at) == "mega.bank.example"
    assert dmarc("giant.bank.example", at).at == "giant.bank.example"
    assert dmarc("mega.bank.example", at).is_suffix_record


def test_section_4_10_several_records_are_all_discarded_and_the_walk_goes_on():
    two = txt("v=DMARC1; psd=n; p=none", "v=DMARC1; p=reject")
    assert dmarc("mail.example.com", {"mail.example.com": two, "example.com": RECORD}).at == "example.com"
