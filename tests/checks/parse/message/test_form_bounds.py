"""No bytes make the reading of a mail's form raise, and none make it slow."""

from __future__ import annotations

import time

import pytest
from formed import form_of
from hypothesis import given, settings
from hypothesis import strategies as st

MB = 1024 * 1024
TYPED = b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: "
MIXED = TYPED + b"multipart/mixed; boundary=b\r\n\r\n"
HTML = TYPED + b"text/html\r\n\r\n"

HOSTILE = {
    "empty lines": (b"A: b\r\n\r\n", b"\n"),
    "header of empty fields": (b"", b"A:\n"),
    "endless fold": (b"A:\n", b" x\n"),
    "one line": (b"A: b\r\n\r\n", b"x"),
    "bare CR": (b"A: b\r\n\r\n", b"\r"),
    "lines of dashes": (MIXED, b"--\n"),
    "100,000 parts and more": (MIXED, b"--b\n"),
    "parts with headers": (MIXED, b"--b\nA: b\n\nx\n"),
    "closed again and again": (MIXED, b"--b--\n"),
    "nested without end": (b"", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"),
    "header of a part": (MIXED + b"--b\n", b"A: b\n"),
    "blanks after a boundary": (MIXED, b"--b" + b" " * 1000 + b"\n"),
    "quoted-printable": (TYPED + b"a/b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", b"= "),
    "quoted-printable blanks": (
        TYPED + b"a/b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        b"=" + b" " * 200,
    ),
    "base64": (TYPED + b"text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n", b"AAAA\r\n"),
    "base64 padding": (TYPED + b"text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n", b"="),
    "entities": (HTML, b"&#"),
    "half words": (HTML, b"no longer "),
    "half words in Japanese": (HTML + b"\r\n", "配信の".encode()),
    "subject of half words": (b"Subject: ", b"=?utf-8?b?"),
    "subject of words": (b"Subject: ", b"=?utf-8?b?AAAA?= "),
    "comments in From": (b"From: ", b"("),
    "quotes in From": (b"From: ", b'"'),
    "escapes in From": (b"From: =?a?q?", b'"\\'),
    "brackets in From": (b"From: ", b"<=?"),
    "addresses in From": (b"From: ", b"a@b.example "),
    "commas in From": (b"From: ", b"a@b.example,"),
    "semicolons in Content-Type": (TYPED + b"a/b", b"; a=b"),
    "escapes in Content-Type": (TYPED + b"a/b; a=", b'"\\'),
    "comments in Content-Type": (TYPED, b'("'),
    "comments in List-Unsubscribe": (b"List-Unsubscribe: ", b"()"),
    "brackets in List-Unsubscribe": (b"List-Unsubscribe: ", b"<"),
    "dots in Message-ID": (b"Message-ID: <", b"a."),
    "comments in Date": (b"Date: ", b"("),
    "many dates": (b"", b"Date: " + b"(" * 900 + b"\r\n"),
    "many encoded fields": (b"", b'To: "' + b"=?" * 400 + b'"\r\n'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_25_megabytes_of_anything_end_fast(name: str) -> None:
    start, again = HOSTILE[name]
    raw = (start + again * (25 * MB // len(again)))[: 25 * MB]
    began = time.process_time()
    form_of(raw)
    assert time.process_time() - began < 4.0


def test_a_thousand_levels_and_lengthening_lines_end_fast() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000))
    longer = b"A: b\r\n\r\n" + b"".join(b"x" * n + b"\n" for n in range(7000))
    began = time.process_time()
    assert not form_of(deep).mime_is_whole
    assert form_of(longer).longest_line == 6999
    assert time.process_time() - began < 2.0


def test_what_is_told_of_a_mail_is_bounded() -> None:
    names = b"".join(b"%d%s: \xff=?a?q?b?=\r\n" % (n, b"X" * 3000) for n in range(300))
    form = form_of(names + b"Message-ID: " + b"x" * 5000 + b"\r\nDate: " + b"y" * 5000 + b"\r\n\r\n")
    assert len(form.not_utf8_fields) == 20
    assert max(map(len, (*form.not_utf8_fields, form.message_id, form.date))) == 61
    assert len(repr(form)) < 20_000


_WORDS = st.sampled_from(
    [
        *(
            b"From: Date: Subject: Message-ID: MIME-Version: Content-Type: Content-Transfer-Encoding: List-Unsubscribe:".split()
        ),
        *(
            b"multipart/mixed; boundary=b text/plain text/html base64 quoted-printable 8bit charset=iso-2022-jp 1.0".split()
        ),
        *(b"--b --b-- =?utf-8?B? ?= =?iso-2022-jp?B?GyRC?= <https://a> List-Unsubscribe=One-Click".split()),
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b"\r\n\r\n",
            b"=",
            b";",
            b"\xff",
            b"\0",
            b"@",
            b'"',
            b"<",
            b">",
            b"(",
            b")",
            b"\\",
        ),
        *(
            b"Tue,",
            b"24",
            b"Nov",
            b"2026",
            b"10:00:00",
            b"+0900",
            b"99999",
            b"a@b.example",
            b"xn--",
            "例え.jp".encode(),
        ),
    ]
)


@given(st.one_of(st.binary(max_size=2000), st.lists(_WORDS, max_size=80).map(b"".join)), st.booleans())
@settings(max_examples=600, deadline=None)
def test_no_bytes_make_it_raise(raw: bytes, live: bool) -> None:
    form_of(raw, live=live, smtputf8=None)
