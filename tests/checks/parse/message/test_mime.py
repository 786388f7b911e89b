"""The MIME structure: what RFC 2045 and RFC 2046 allow and forbid, by section, and what Japanese mail looks like."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from formed import form_of, written

from checks.parse.message.fields import split_header
from checks.parse.message.mime import MAX_DEPTH, MAX_PARTS, parse_media_type, read_structure

MIXED = 'multipart/mixed; boundary="b1"'


def mime(body: bytes, *more: bytes, content_type: str | None = MIXED, version: str | None = "1.0") -> bytes:
    return written(body, *more, MIME_Version=version, Content_Type=content_type)


def problems(raw: bytes) -> list[tuple[str, str]]:
    return [(problem.kind, problem.part) for problem in form_of(raw).mime]


def leaves(raw: bytes) -> list[tuple[str, str]]:
    structure = read_structure(raw, split_header(raw))
    return [(part.number, part.type.name if part.type else "") for part in structure.leaves]


NESTED = (
    b"preamble\r\n--b1\r\n\r\nplain\r\n--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n"
    b"--b2\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\none\r\n--b2 \t\r\nContent-Type: text/html\r\n\r\n<p>two\r\n"
    b"-- \r\n--b\r\n--b22\r\n--b2--\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\nFrom: x\r\nContent-Type: multipart/mixed\r\n\r\n"
    b"--b1--\r\nepilogue\r\n--b1\r\nno part\r\n"
)


def test_parts_are_numbered_and_nested() -> None:
    """RFC 2046 section 5.1.1: preamble, padding, epilogue; an attached mail is one part."""
    assert problems(mime(NESTED)) == []
    assert leaves(mime(NESTED)) == [
        ("1", "text/plain"),
        ("2.1", "text/plain"),
        ("2.2", "text/html"),
        ("3", "message/rfc822"),
    ]
    assert problems(mime(NESTED.replace(b"\r\n", b"\n"))) == []


def test_the_examples_of_the_standards() -> None:
    """RFC 2046 section 5.1.1, and RFC 2045 section 5.1's two forms of one value."""
    simple = (
        b"This is the preamble.\r\n--simple boundary\r\n\r\nThis is implicitly typed plain US-ASCII text.\r\n"
        b"--simple boundary\r\nContent-type: text/plain; charset=us-ascii\r\n\r\nThis is explicitly typed.\r\n\r\n"
        b"--simple boundary--\r\nThis is the epilogue.\r\n"
    )
    assert problems(mime(simple, content_type='multipart/mixed; boundary="simple boundary"')) == []
    plain = parse_media_type("text/plain; charset=us-ascii (Plain text)")
    assert plain == parse_media_type('text/plain; charset="us-ascii"')
    assert plain is not None
    assert plain.parameters == {"charset": "us-ascii"}


@pytest.mark.parametrize(
    "value",
    [
        "text/plain",
        "TEXT/PLAIN; CHARSET=ISO-2022-JP",
        "text/plain;",
        'application/pdf; name="a (1) \\"x\\".pdf"',
        "application/pdf; name==?iso-2022-jp?B?GyRCTmMbKEI=?=",
        "application/pdf; name*0*=utf-8''%E4%BE%8B; name*1=.pdf",
        "multipart/mixed; boundary=----=_Part_1.2",
        "text/html; charset=utf-8 ; format=flowed",
    ],
)
def test_media_types(value: str) -> None:
    assert parse_media_type(value) is not None


@pytest.mark.parametrize(
    "value",
    ["", "text", "text/", "/plain", "text/plain charset=utf-8", "text/plain; charset", "text plain", "text/pl@in"],
)
def test_no_media_types(value: str) -> None:
    assert parse_media_type(value) is None
    assert problems(mime(b"x\r\n", content_type=value)) == [("bad_type", "")]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # RFC 2045 section 4
        (mime(b"x\r\n", content_type="text/plain", version=None), [("no_version", "")]),
        (mime(b"x\r\n", content_type="text/plain", version="1.1"), [("bad_version", "")]),
        (mime(b"x\r\n", content_type="text/plain", version="1.(produced by X)0"), []),
        (written(b"x\r\n"), []),
        # section 3: one of each
        (mime(b"x\r\n", b"Content-Type: text/html", content_type="text/plain"), [("duplicate_field", "")]),
        (mime(b"x\r\n", b"MIME-Version: 1.0", content_type="text/plain"), [("duplicate_field", "")]),
        (mime(b"--b1\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\nx\r\n--b1--\r\n"), [("duplicate_field", "1")]),
        # RFC 2046 section 5.1.1
        (mime(b"--b1--\r\n", content_type="multipart/mixed"), [("no_boundary", "")]),
        (mime(b"--" + b"x" * 71 + b"\r\n\r\n", content_type="multipart/mixed; boundary=" + "x" * 71), [("bad_boundary", ""), ("not_closed", "")]),
        (mime(b"--b{\r\n\r\nx\r\n--b{--\r\n", content_type='multipart/mixed; boundary="b{"'), [("bad_boundary", "")]),
        (mime(b"text only\r\n"), [("no_parts", "")]),
        (mime(b"--b1--\r\n"), [("no_parts", "")]),
        (mime(b"--b1\r\n\r\nx\r\n"), [("not_closed", "")]),
        (mime(b"--b1\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\nx\r\n--b1--\r\n"), [("not_closed", "1")]),
        # RFC 2045 section 6.1
        (mime(b"x\r\n", b"Content-Transfer-Encoding: utf-8", content_type="text/plain"), [("bad_encoding", "")]),
        (mime(b"x\r\n", b"Content-Transfer-Encoding: 8-bit", content_type="text/plain"), [("bad_encoding", "")]),
        (mime(b"x\r\n", b"Content-Transfer-Encoding: 7BIT (text)", content_type="text/plain"), []),
        (mime(b"x\r\n", b"Content-Transfer-Encoding: x-uuencode", content_type="text/plain"), []),
        # section 6.4
        (mime(NESTED, b"Content-Transfer-Encoding: base64"), [("encoded_composite", "")]),
        (mime(NESTED, b"Content-Transfer-Encoding: 8bit"), []),
        (mime(b"--b1\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTo=\r\n--b1--\r\n"), [("encoded_composite", "1")]),
        # RFC 6532 section 3.7
        (mime(b"--b1\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTo=\r\n--b1--\r\n"), []),
        # RFC 2045 section 2.7, 2.8, 6.2
        (written("例\r\n".encode()), [("eight_bit", "")]),
        (mime("例\r\n".encode(), b"Content-Transfer-Encoding: 8bit", content_type="text/plain; charset=utf-8"), []),
        (mime(b"a\0b\r\n", b"Content-Transfer-Encoding: 8bit", content_type="text/plain"), [("nul", "")]),
        (mime(b"\xff\0\r\n", b"Content-Transfer-Encoding: binary", content_type="a/b"), []),
        # section 6.8
        (mime(b"5L6L\r\n5L6L\r\n", b"Content-Transfer-Encoding: base64", content_type="text/plain"), []),
        (mime(b"5L6LCg==\r\n", b"Content-Transfer-Encoding: BASE64", content_type="text/plain"), []),
        (mime(b"5L6L\r\n-- \r\nA footer.\r\n", b"Content-Transfer-Encoding: base64", content_type="text/plain"), [("bad_base64", "")]),
        (mime(b"5L6LCg==\r\n5L6LCg==\r\n", b"Content-Transfer-Encoding: base64", content_type="text/plain"), [("bad_base64", "")]),
        (mime(b"5L6LC\r\n", b"Content-Transfer-Encoding: base64", content_type="text/plain"), [("bad_base64", "")]),
        # section 6.7
        (mime(b"=E4=BE=8b a =\r\nb =3D\r\n=", b"Content-Transfer-Encoding: quoted-printable", content_type="text/plain"), []),
        (mime(b"a=b\r\n", b"Content-Transfer-Encoding: quoted-printable", content_type="text/plain"), [("bad_quoted_printable", "")]),
        (mime("例\r\n".encode(), b"Content-Transfer-Encoding: quoted-printable", content_type="text/plain"), [("bad_quoted_printable", "")]),
    ],
)  # fmt: skip
def test_faults(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert problems(raw) == expected


def test_a_fault_is_told_once_with_the_part_where_it_is_first() -> None:
    part = b"--b1\r\nContent-Transfer-Encoding: utf-8\r\n\r\nx\r\n"
    (problem,) = form_of(mime(b"--b1\r\n\r\nx\r\n" + part * 3 + b"--b1--\r\n")).mime
    assert (problem.kind, problem.part, problem.value) == ("bad_encoding", "2", "utf-8")


def japanese(charset: str, cte: str, *, html: bool = False, attached: bool = False) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = '"例示株式会社" <info@example.jp>'
    message["To"] = "you@example.net"
    message["Subject"] = "【重要】年末年始休業のお知らせと、来年のセミナーのご案内について" * 3
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0900"
    message["Message-ID"] = "<1@example.jp>"
    text = "お客様各位\n\n平素より格別のお引き立てを賜り、厚く御礼申し上げます。\n" * 10
    message.set_content(text, charset=charset, cte=cte)
    if html:
        message.add_alternative(f"<p>{text}</p>", subtype="html", charset="utf-8", cte="base64")
    if attached:
        message.add_attachment(b"\0\xff" * 2000, maintype="application", subtype="pdf", filename="見積書.pdf")
    return message.as_bytes()


@pytest.mark.parametrize(("charset", "cte"), [("iso-2022-jp", "7bit"), ("utf-8", "base64"), ("utf-8", "quoted-printable"), ("shift_jis", "base64"), ("euc-jp", "8bit")])  # fmt: skip
@pytest.mark.parametrize(("html", "attached"), [(False, False), (True, False), (True, True)])
def test_japanese_mails_are_clean(charset: str, cte: str, html: bool, attached: bool) -> None:
    form = form_of(japanese(charset, cte, html=html, attached=attached))
    assert (form.mime, form.misplaced_words, form.utf8_fields, form.not_utf8_fields, form.not_fields) == (
        (),
        (),
        (),
        (),
        0,
    )
    assert (form.date_problem, form.message_id_problem, form.duplicates) == ("", "", ())
    assert (form.name_shows_address, form.name_shows_emoji) == (False, False)


def test_a_japanese_mail_with_folded_iso_2022_jp_words_and_an_encoded_file_name_is_clean() -> None:
    """As mailers in Japan have written it for decades."""
    body = (
        b'--b1\r\nContent-Type: text/plain; charset="ISO-2022-JP"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\x1b$BNc\x1b(B\r\n'
        b'--b1\r\nContent-Type: application/pdf;\r\n name="=?ISO-2022-JP?B?GyRCTmMbKEIucGRm?="\r\n'
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n"
        b' filename="=?ISO-2022-JP?B?GyRCTmMbKEIucGRm?="\r\n\r\n' + base64.encodebytes(b"x" * 200) + b"--b1--\r\n"
    )
    words = "=?ISO-2022-JP?B?GyRCTmMbKEI=?=\r\n =?ISO-2022-JP?B?GyRCTmMbKEI=?="
    form = form_of(written(body, Subject=words, From=f"{words} <a@example.jp>", MIME_Version="1.0", Content_Type=MIXED))
    assert (form.mime, form.misplaced_words, form.subject_characters) == ((), (), 2)


def test_what_is_beyond_the_bounds_is_not_judged() -> None:
    many = mime(b"--b1\r\n\r\nx\r\n" * (MAX_PARTS + 10))
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1, MAX_DEPTH + 10)
    )
    for raw in (many, mime(b"--b1\r\n" + deep.partition(b"--b1\r\n")[2])):
        form = form_of(raw)
        assert (form.mime, form.mime_is_whole, form.shows_unsubscribe) == ((), False, None)


def test_a_boundary_in_pieces_is_one() -> None:
    assert parse_media_type('multipart/mixed; boundary*0="abc"; boundary*1="def"').parameters["boundary"] == "abcdef"
    body = b"--abcdef\r\nContent-Type: text/plain\r\n\r\nx\r\n--abcdef--\r\n"
    assert problems(mime(body, content_type='multipart/mixed; boundary*0="abc"; boundary*1=def')) == []
