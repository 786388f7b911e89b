"""MTA-STS and TLS reporting: records and policies as RFC 8461 and RFC 8460 write them, and as people do."""

from __future__ import annotations

import time

import pytest
from checkdmarc.mta_sts import MTASTSPolicySyntaxError, mx_in_mta_sts_patterns, parse_mta_sts_policy
from checkdmarc.smtp_tls_reporting import SMTPTLSReportingError, parse_smtp_tls_reporting_record
from hypothesis import given
from hypothesis import strategies as st

from checks.evidence.sts import PolicyProblem, StsPolicy, StsRecord
from checks.evidence.tls_reports import TlsReportRecord
from checks.evidence.versioned import FaultyRecord
from checks.parse import sts, tls_reports

POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("v=STSv1; id=20160831085700Z;", "20160831085700Z"),
        ("v=STSv1;id=1", "1"),
        ("v=STSv1 ; id=1 ; ext=a b", "1"),
        ("v=STSv1; ext=a; id=1; id=2", "1"),
    ],
)
def test_records_that_senders_read(text: str, id: str) -> None:
    assert sts.read_record([b"something else", text.encode()]) == StsRecord(text, id)


@pytest.mark.parametrize(
    ("texts", "fault", "part"),
    [
        (["v=STSv1; id=1", "v=STSv1; id=2"], "multiple", ""),
        (["v=stsv1; id=1"], "look_alike", ""),
        (["V=STSv1; id=1"], "look_alike", ""),
        ([" v=STSv1; id=1"], "look_alike", ""),
        (['"v=STSv1; id=1"'], "look_alike", ""),
        (["v=STSv1"], "look_alike", ""),
        (["v=STSv1, id=1"], "look_alike", ""),
        (["v=STSv1 id=1"], "look_alike", ""),
        (["STSv1; id=1"], "look_alike", ""),
        (["v=STSv1;"], "missing", "id"),
        (["v=STSv1; ID=1"], "missing", "id"),
        (["v=STSv1; id=2026-11-01"], "value", "id=2026-11-01"),
        (["v=STSv1; id=" + "1" * 33], "value", "id=" + "1" * 33),
        (["v=STSv1; id = 1"], "syntax", "id = 1"),
        (["v=STSv1; id=1;; ext=1"], "syntax", ""),
        (["v=STSv1; id=１"], "syntax", "id=１"),
    ],
)
def test_records_that_senders_ignore(texts: list[str], fault: str, part: str) -> None:
    told = sts.read_record([text.encode() for text in texts])
    assert told == FaultyRecord(tuple(texts), fault, part)


@pytest.mark.parametrize(
    "text", ["", "v=spf1 -all", "v=STSv2; id=1", "v=STSv11; id=1", "some-site-verification=v=STSv1;"]
)
def test_what_nobody_meant_as_a_record_is_none(text: str) -> None:
    assert sts.read_record([text.encode()]) is None
    assert tls_reports.read_record([text.encode()]) is None


def test_a_policy() -> None:
    wanted = StsPolicy("enforce", 604800, ("mail.example.com", "*.example.net"))
    assert sts.parse_policy(POLICY, "text/plain") == wanted
    assert sts.parse_policy(POLICY.replace(b"\r\n", b"\n"), "text/plain") == wanted
    assert sts.parse_policy(POLICY + b"\n\nfuture_field: x y\nmode: none\nmax_age: 5\n", "text/plain") == wanted
    assert sts.parse_policy(b"version: STSv1\nmode: none\nmax_age: 0", "text/plain") == StsPolicy("none", 0, ())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((b"version: STSv1\r\n", b""), PolicyProblem("version")),
        ((b"STSv1", b"STSv2"), PolicyProblem("version", "STSv2")),
        ((b"enforce", b"Enforce"), PolicyProblem("mode", "Enforce")),
        ((b"mode: enforce\r\n", b""), PolicyProblem("mode")),
        ((b"604800", b"1 week"), PolicyProblem("max_age", "1 week")),
        ((b"604800", b"31557601"), PolicyProblem("max_age", "31557601")),
        ((b"*.example.net", b"*example.net"), PolicyProblem("mx_pattern", "*example.net")),
        ((b"*.example.net", b"<mail.example.net>"), PolicyProblem("mx_pattern", "<mail.example.net>")),
        ((b"mode: enforce", b"mode enforce\r\nmode: enforce"), PolicyProblem("line", "mode enforce")),
        ((b"version", b"<html>version"), PolicyProblem("line", "<html>version: STSv1")),
        ((b"mail.", b"\xff\xfe."), PolicyProblem("encoding")),
    ],
    ids=lambda value: value.fault if isinstance(value, PolicyProblem) else "",
)
def test_what_is_wrong_with_a_policy(change: tuple[bytes, bytes], problem: PolicyProblem) -> None:
    assert problem in sts.parse_policy(POLICY.replace(*change), "text/plain").problems


def test_a_policy_needs_mx_unless_it_says_none() -> None:
    without = b"version: STSv1\nmode: testing\nmax_age: 86400\n"
    assert sts.parse_policy(without, "text/plain").problems == (PolicyProblem("mx"),)


def test_a_policy_has_to_be_plain_text() -> None:
    assert sts.parse_policy(POLICY, "text/html").problems == (PolicyProblem("media_type", "text/html"),)


@pytest.mark.parametrize(
    ("host", "pattern", "expected"),
    [
        ("mail.example.com", "mail.example.com", True),
        ("MAIL.Example.com.", "mail.example.com", True),
        ("mail.example.com", "*.example.com", True),
        ("a.mail.example.com", "*.example.com", False),
        ("example.com", "*.example.com", False),
        ("badexample.com", "*.example.com", False),
    ],
)
def test_a_wildcard_stands_for_one_label(host: str, pattern: str, expected: bool) -> None:
    assert sts.matches(host, pattern) is expected
    assert mx_in_mta_sts_patterns(host.lower().rstrip("."), [pattern]) is expected


@given(st.binary(max_size=3000), st.sampled_from(["text/plain", "", "text/html"]))
def test_no_bytes_make_the_policy_parser_raise(body: bytes, media_type: str) -> None:
    policy = sts.parse_policy(body, media_type)
    assert policy.problems
    assert len(policy.problems) <= sts.MAX_PROBLEMS


@given(st.lists(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda b: b"v=STSv1;" + b)), max_size=3))
def test_no_bytes_make_the_record_parsers_raise(values: list[bytes]) -> None:
    assert isinstance(sts.read_record(values), StsRecord | FaultyRecord | None)
    reports = [value.replace(b"STSv1", b"TLSRPTv1") for value in values]
    assert isinstance(tls_reports.read_record(reports), TlsReportRecord | FaultyRecord | None)


LINES = st.sampled_from(
    [
        "version: STSv1",
        "mode: enforce",
        "mode: testing",
        "mode: none",
        "mode: off",
        "mx: a.example",
        "mx: *.example",
        "max_age: 5",
        "max_age: x",
        "max_age: 99999999",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=6, unique_by=lambda line: line.split(":")[0]))
def test_checkdmarc_agrees_on_which_policies_are_valid(lines: list[str]) -> None:
    try:
        parse_mta_sts_policy("\r\n".join(lines))
        is_valid = True
    except MTASTSPolicySyntaxError:
        is_valid = False
    assert (not sts.parse_policy("\n".join(lines).encode(), "text/plain").problems) is is_valid


@pytest.mark.parametrize(
    ("text", "uris"),
    [
        ("v=TLSRPTv1; rua=mailto:a@example.com", ("mailto:a@example.com",)),
        (
            "v=TLSRPTv1;rua=mailto:a@example.com,https://r.example.com/v1?x=y;",
            ("mailto:a@example.com", "https://r.example.com/v1?x=y"),
        ),
        (
            "v=TLSRPTv1; rua=mailto:a@example.com , mailto:b@example.com; ext=1",
            ("mailto:a@example.com", "mailto:b@example.com"),
        ),
    ],
)
def test_where_tls_reports_go(text: str, uris: tuple[str, ...]) -> None:
    assert tls_reports.read_record([text.encode()]) == TlsReportRecord(text, uris)
    parse_smtp_tls_reporting_record(text)


@pytest.mark.parametrize(
    ("text", "fault", "part"),
    [
        ("v=TLSRPTv1; rua=a@example.com", "value", "a@example.com"),
        ("v=TLSRPTv1; rua=http://example.com/", "value", "http://example.com/"),
        ("v=TLSRPTv1; rua=mailto:a@example.com,", "value", "rua"),
        ("v=TLSRPTv1;", "missing", "rua"),
        ("v=TLSRPTv1; ruf=mailto:a@example.com", "missing", "rua"),
        ("v=TLSRPTv1; rua=", "syntax", "rua="),
        ("v=TLSRPT1; rua=mailto:a@example.com", None, ""),
        ("v=tlsrptv1; rua=mailto:a@example.com", "look_alike", ""),
    ],
)
def test_tls_report_records_that_senders_ignore(text: str, fault: str | None, part: str) -> None:
    told = tls_reports.read_record([text.encode()])
    assert told == (FaultyRecord((text,), fault, part) if fault else None)
    with pytest.raises(SMTPTLSReportingError):
        parse_smtp_tls_reporting_record(text)


def test_a_line_of_blanks_is_read_at_once() -> None:
    began = time.process_time()
    policy = sts.parse_policy(b"x:a" + b" " * 65_000 + b"b\nmode: \t enforce \t\nmax_age:   ", "text/plain")
    assert time.process_time() - began < 0.5
    assert policy.mode == "enforce"
    assert PolicyProblem("line", "max_age:   ") in policy.problems
