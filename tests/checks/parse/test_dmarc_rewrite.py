"""The whole corrected record: what it mends, what it leaves to the owner, and that it is stable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.evidence.dmarc import DmarcRecord
from checks.parse.dmarc import effective_policy, is_record, parse_dmarc
from checks.parse.dmarc_rewrite import corrected, enforced, render, repaired_uri

RUA = "rua=mailto:a@b.jp"
NAMES = ["p", "sp", "np", "adkim", "aspf", "fo", "psd", "t", "rua", "ruf", "pct", "rf", "ri", "x", "unknown"]
VALUES = st.one_of(
    st.sampled_from(["none", "quarantine", "reject", "r", "s", "y", "n", "50", "0", "a@b.jp", "mailto:a@b.jp!10m"]),
    st.sampled_from(["nonne", "rejct", "strict", "yes", "no"]),
    st.text(st.characters(codec="utf-8", exclude_characters=";"), max_size=12).map(str.strip).filter(bool),
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), unique_by=lambda pair: pair[0], max_size=8)
RECORDS = st.one_of(
    PAIRS.map(lambda pairs: render([("v", "DMARC1"), *pairs])),
    st.lists(st.one_of(st.sampled_from(NAMES), st.sampled_from(["=", ";", " ", "none", "mailto:", "a@b.jp", ","])))
    .map("".join)
    .map("v=DMARC1;{}".format),
)


@given(PAIRS)
def test_what_was_rendered_is_read_back(pairs: list[tuple[str, str]]) -> None:
    tags = [("v", "DMARC1"), *((name, value.strip(" \t")) for name, value in pairs)]
    record = parse_dmarc(render(tags))
    assert [(t.name, t.value) for t in record.tags] == tags
    assert parse_dmarc(render((t.name, t.value) for t in record.tags)) == record


@given(RECORDS)
def test_a_corrected_record_is_valid_and_needs_no_correction(text: str) -> None:
    new = corrected(parse_dmarc(text), reports_to="r@example.jp")
    if new is not None:
        record = parse_dmarc(new)
        assert is_record(new)
        assert not [t for t in record.problems if t.name not in ("pct", "rf", "ri")]
        assert record.policy
        assert record.report_uris
        assert corrected(record, reports_to="r@example.jp") == new


@given(RECORDS)
def test_a_valid_policy_stays_as_it_is(text: str) -> None:
    record = parse_dmarc(text)
    new = corrected(record)
    if new is not None and record.policy and effective_policy(record, is_own=True) == record.policy:
        after = parse_dmarc(new)
        assert (after.policy, after.testing, after.psd) == (record.policy, record.testing, record.psd)


@given(st.binary(max_size=400))
def test_any_octets_are_corrected_without_an_exception(raw: bytes) -> None:
    record = parse_dmarc("v=DMARC1;" + raw.decode("utf-8", "replace"))
    for new in (corrected(record), enforced(record)):
        assert new is None or is_record(new)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("v=DMARC1;p=reject;rua=mailto:a@b.jp;", f"v=DMARC1; p=reject; {RUA}"),
        (f"v=DMARC1; {RUA}; p=reject", f"v=DMARC1; p=reject; {RUA}"),
        (f"v=DMARC1; {RUA}", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=quarantin; sp=Rejct; {RUA}", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=none; adkim=strict; aspf=relaxed; {RUA}", f"v=DMARC1; p=none; aspf=r; {RUA}"),
        (f"v=DMARC1; p=none; adkim=x; {RUA}", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=none; fo=1,s; {RUA}", f"v=DMARC1; p=none; fo=1:s; {RUA}"),
        (f"v=DMARC1; p=reject; pct=100; rf=afrf; ri=86400; {RUA}", f"v=DMARC1; p=reject; {RUA}"),
        (f"v=DMARC1; p=none; pct=20; {RUA}", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=reject; pct=20; {RUA}", f"v=DMARC1; p=reject; pct=20; {RUA}"),
        ("v=DMARC1; p=none; rua=a@b.jp", f"v=DMARC1; p=none; {RUA}"),
        ("v=DMARC1; p=none; rua=mailto: a@b.jp!10m", f"v=DMARC1; p=none; {RUA}"),
        ("v=DMARC1; p=none; rua=mailto:a@b.jp; mailto:c@d.jp", f"v=DMARC1; p=none; {RUA},mailto:c@d.jp"),
        ("v=DMARC1; p=none; rua=mailto:a@b.jp; rua=mailto:c@d.jp", f"v=DMARC1; p=none; {RUA},mailto:c@d.jp"),
        ("v=DMARC1; p=none; rua mailto:a@b.jp", f"v=DMARC1; p=none; {RUA}"),
        ("v=DMARC1; p:reject; rua=mailto:a@b.jp", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=none; p=none; {RUA}", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=none; {RUA}; ruf=nobody", f"v=DMARC1; p=none; {RUA}"),
        (f"v=DMARC1; p=none; {RUA}; x=1", f"v=DMARC1; p=none; {RUA}; x=1"),
    ],
)
def test_what_was_meant_is_written(text: str, new: str) -> None:
    assert corrected(parse_dmarc(text)) == new


@given(RECORDS)
def test_receivers_do_with_the_corrected_record_what_they_do_today(text: str) -> None:
    def told(record: DmarcRecord) -> list[object]:
        ways = [(True, True), (False, True), (False, False)]
        policies = [effective_policy(record, is_own=own, exists=exists) or "none" for own, exists in ways]
        return [*policies, record.strict_dkim, record.strict_spf, record.testing, record.psd]

    record = parse_dmarc(text)
    new = corrected(record)
    assert new is None or told(parse_dmarc(new)) == told(record)


@pytest.mark.parametrize(
    "ignored",
    ["psd=yes", "psd=no", "psd y", "t=yes", "t: y", "adkim=strict", "aspf s", "sp none", "np reject"],
)
def test_what_is_ignored_today_does_not_begin_to_act(ignored: str) -> None:
    assert corrected(parse_dmarc(f"v=DMARC1; p=reject; {ignored}; {RUA}")) == f"v=DMARC1; p=reject; {RUA}"


def test_as_meant_the_policy_is_the_one_that_was_written() -> None:
    record = parse_dmarc(f"v=DMARC1; p=quarantin; sp=Rejct; psd=yes; {RUA}")
    assert corrected(record, as_meant=True) == f"v=DMARC1; p=quarantine; sp=reject; {RUA}"


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC1; p=please",
        "v=DMARC1; p=none; p=reject",
        "v=DMARC1; p=none; sp=x",
        "v=DMARC1; p=none; rua=https://example.jp/",
        "v=DMARC1; p=none; rua=somebody",
        "v=DMARC1; p=none; " + "x=1; " * 3000,
    ],
)
def test_only_the_owner_can_decide(text: str) -> None:
    assert corrected(parse_dmarc(text)) is None
    assert enforced(parse_dmarc(text)) is None


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (f"v=DMARC1; p=none; {RUA}", f"v=DMARC1; p=quarantine; {RUA}"),
        (f"v=DMARC1; p=none; sp=none; t=y; {RUA}", f"v=DMARC1; p=quarantine; sp=none; t=y; {RUA}"),
        (f"v=DMARC1; p=reject; sp=none; np=quarantine; pct=5; t=y; {RUA}", f"v=DMARC1; p=reject; {RUA}"),
        (f"v=DMARC1; p=quarantine; sp=reject; {RUA}", f"v=DMARC1; p=quarantine; sp=reject; {RUA}"),
    ],
)
def test_one_step_follows_another(text: str, new: str) -> None:
    assert enforced(parse_dmarc(text)) == new


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mailto:a@b.jp", "mailto:a@b.jp"),
        ("mailto:a@b.jp?subject=x", "mailto:a@b.jp?subject=x"),
        ("MAILTO:a@b.jp!5", "MAILTO:a@b.jp"),
        ("a@b.jp", "mailto:a@b.jp"),
        ("<a@b.jp>", "mailto:a@b.jp"),
        ("mailto://a@b.jp", "mailto:a@b.jp"),
        ("mailto: a@b.jp", "mailto:a@b.jp"),
        ("mailto:b.jp", None),
        ("https://b.jp/a", None),
        ("", None),
    ],
)
def test_an_address_is_recognised(written: str, meant: str | None) -> None:
    assert repaired_uri(written) == meant
