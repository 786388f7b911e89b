"""BIMI records, logos and mark certificates, friendly and hostile."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from checks.evidence.bimi import BimiRecord, Logo, LogoProblem, MarkCertificate
from checks.evidence.versioned import FaultyRecord
from checks.parse.bimi import MAX_LOGO, MAX_PROBLEMS, parse_logo, read_record
from checks.parse.mark_certificate import parse_mark_certificate

URL = "https://bimi.example.com/logo.svg"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">'
GOOD = f'<?xml version="1.0" encoding="UTF-8"?>\n{HEAD}<title>A company</title><rect width="64" height="64"/></svg>'


def logo(text: str | bytes, media_type: str = "image/svg+xml") -> list[LogoProblem]:
    body = text if isinstance(text, bytes) else text.encode()
    return list(parse_logo(URL, body, media_type).problems)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"v=BIMI1; l={URL}", (URL, "")),
        (f"v=BIMI1; l={URL}; a=https://bimi.example.com/mark.pem;", (URL, "https://bimi.example.com/mark.pem")),
        ("v=BIMI1; l=; a=", ("", "")),
        ("v=BIMI1; l=; a=https://bimi.example.com/mark.pem", ("", "https://bimi.example.com/mark.pem")),
        (f"v=BIMI1;l = {URL} ; avp=brand", (URL, "")),
    ],
)
def test_records_that_receivers_read(text: str, where: tuple[str, str]) -> None:
    assert read_record([text.encode()]) == BimiRecord(text, *where)


@pytest.mark.parametrize(
    ("text", "fault", "part"),
    [
        ("v=BIMI1; l=http://example.com/a.svg", "value", "l=http://example.com/a.svg"),
        ("v=BIMI1; l=https://192.0.2.1/a.svg", "value", "l=https://192.0.2.1/a.svg"),
        ("v=BIMI1; l=https://localhost/a.svg", "value", "l=https://localhost/a.svg"),
        ("v=BIMI1; l=https://a@example.com/a.svg", "value", "l=https://a@example.com/a.svg"),
        (f"v=BIMI1; l={URL}; a=mark.pem", "value", "a=mark.pem"),
        ("v=BIMI1;", "missing", "l"),
        (f"v=BIMI1; {URL}", "syntax", URL),
        (f"v=bimi1; l={URL}", "look_alike", ""),
    ],
)
def test_records_that_receivers_ignore(text: str, fault: str, part: str) -> None:
    assert read_record([text.encode()]) == FaultyRecord((text,), fault, part)


def test_a_good_logo() -> None:
    told = parse_logo(URL, GOOD.encode(), "image/svg+xml")
    assert told == Logo(URL, len(GOOD), hashlib.sha256(GOOD.encode()).hexdigest(), ())
    assert logo("\n" + GOOD.replace("UTF-8", "ISO-8859-1")) == []
    assert logo(GOOD.replace("UTF-8", "UTF-16").encode("utf-16")) == []
    assert logo(GOOD.replace("<rect", '<use xlink:href="#a" xmlns:xlink="http://www.w3.org/1999/xlink"/><rect')) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('version="1.2"', 'version="1.1"'), LogoProblem("version", "1.1")),
        (('version="1.2" ', ""), LogoProblem("version")),
        (("tiny-ps", "tiny"), LogoProblem("profile", "tiny")),
        (('baseProfile="tiny-ps"', ""), LogoProblem("profile")),
        (("<title>A company</title>", ""), LogoProblem("title")),
        (("A company", " "), LogoProblem("title")),
        (("<title>A company</title>", "<g><title>A company</title></g>"), LogoProblem("title")),
        (("viewBox", 'x="0" viewBox'), LogoProblem("position", "x=")),
        (("<rect", "<script>alert(1)</script><rect"), LogoProblem("element", "<script>")),
        (("<rect", '<image href="data:image/png;base64,AA"/><rect'), LogoProblem("element", "<image>")),
        (
            ("<rect", '<use href="https://evil.example/a.svg#b"/><rect'),
            LogoProblem("reference", 'href="https://evil.example/a.svg#b"'),
        ),
        (("<rect", '<rect onload="x()"'), LogoProblem("element", "onload=")),
        (("http://www.w3.org/2000/svg", "http://example.com/"), LogoProblem("root", "<svg>")),
        (("</svg>", ""), LogoProblem("xml")),
        (("UTF-8", "no-such-encoding"), LogoProblem("xml")),
        (("UTF-8", "shift_jis"), LogoProblem("xml")),
    ],
    ids=lambda value: value.fault if isinstance(value, LogoProblem) else "",
)
def test_what_is_wrong_with_a_logo(change: tuple[str, str], problem: LogoProblem) -> None:
    assert logo(GOOD.replace(*change)) == [problem]


def test_type_and_size_count() -> None:
    assert logo(GOOD, "text/xml") == [LogoProblem("media_type", "text/xml")]
    padded = GOOD + " " * (MAX_LOGO + 1 - len(GOOD))
    assert logo(padded) == [LogoProblem("size", "32.0 KiB")]
    assert logo(padded[:-1]) == []


BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in ["ab", "bc", "cd", "de", "ef", "fg"])


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE svg>",
        f'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">{BOMB}]>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
        '<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://127.0.0.1/a.dtd"> %a;]>',
    ],
    ids=["empty", "bomb", "file", "public", "parameter"],
)
def test_no_document_type_is_read(doctype: str) -> None:
    began = time.process_time()
    hostile = GOOD.replace("<svg", doctype + "<svg", 1).replace("A company", "&g;&a;")
    assert logo(hostile) == [LogoProblem("doctype")]
    assert time.process_time() - began < 1.0


def test_deep_and_wide_files_are_bounded() -> None:
    assert LogoProblem("xml") in logo(HEAD + "<g>" * 20_000)
    assert len(logo(HEAD + "".join(f'<a href="{i}"/>' for i in range(3000)))) <= MAX_PROBLEMS


@given(st.one_of(st.binary(max_size=500), st.text(max_size=300).map(lambda t: (HEAD + t).encode())))
def test_no_bytes_make_the_logo_parser_raise(body: bytes) -> None:
    assert logo(body)


@given(
    st.lists(st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(lambda b: b"v=BIMI1; l=" + b)), max_size=3)
)
def test_no_bytes_make_the_record_parser_raise(values: list[bytes]) -> None:
    assert isinstance(read_record(values), BimiRecord | FaultyRecord | None)


def certificate(*names: str, **more) -> bytes:
    return trustme.CA().issue_cert(*names, **more).cert_chain_pems[0].bytes()


def faults(body: bytes, domain: str = "example.com") -> list[str]:
    told = parse_mark_certificate("https://a.example/mark.pem", body, domain, NOW, "0" * 64)
    assert isinstance(told, MarkCertificate)
    return [problem.fault for problem in told.problems]


def test_a_certificate_that_is_none_of_a_mark() -> None:
    """One of a web server: for the right name and dates, but without a logo, and from no mark authority."""
    around = {"not_before": NOW - timedelta(days=1), "not_after": NOW + timedelta(days=1)}
    assert faults(certificate("example.com", **around)) == ["profile", "no_logo"]
    assert faults(certificate("example.com", **around), "mail.example.com") == ["profile", "no_logo"]
    assert faults(certificate("other.example", **around)) == ["profile", "domain", "no_logo"]
    before = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
    assert faults(certificate("example.com", **before)) == ["expired", "no_logo"]


@pytest.mark.parametrize("body", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nbm90\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(body: bytes) -> None:
    assert faults(body) == ["pem"]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_certificate_parser_raise(body: bytes) -> None:
    assert faults(body)
