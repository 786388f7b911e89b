"""List-Unsubscribe (RFC 2369), one click (RFC 8058), and the words in the text."""

from __future__ import annotations

import base64
import codecs
import quopri

import pytest
from formed import form_of, written

from checks.evidence.message_form import ListUnsubscribe
from checks.parse.message.charsets import _ALIASES, _OTHERS, decode

POST = "List-Unsubscribe=One-Click"


def read(value: str | None, post: str | None = None, *more: bytes) -> ListUnsubscribe:
    return form_of(written(b"", *more, List_Unsubscribe=value, List_Unsubscribe_Post=post)).list_unsubscribe


def test_the_examples_of_rfc_8058() -> None:
    """Section 8: a simple header, and one with a mailto URI beside."""
    simple = read("<https://example.com/unsubscribe/opaquepart>", POST)
    assert simple == ListUnsubscribe(fields=1, https=1, post_fields=1, is_one_click=True)
    complex_one = read(
        "\r\n   <mailto:listrequest@example.com?subject=unsubscribe>,\r\n   <https://example.com/unsubscribe.html?opaque=123456789>",
        POST,
    )
    assert complex_one == ListUnsubscribe(fields=1, https=1, mailto=1, post_fields=1, is_one_click=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # RFC 2369 section 3.2
        ("<mailto:list@host.com?subject=unsubscribe>", ListUnsubscribe(1, mailto=1)),
        ("(Use this command to get off the list)\r\n <mailto:list-manager@host.com?body=unsubscribe%20list>", ListUnsubscribe(1, mailto=1)),
        ("<http://www.host.com/list.cgi?cmd=unsub&lst=list>,\r\n <mailto:list-request@host.com?subject=unsubscribe>", ListUnsubscribe(1, http=1, mailto=1)),
        ("<HTTPS://EXAMPLE.JP/u>", ListUnsubscribe(1, https=1)),
        ("<https://example.jp/\r\n u>", ListUnsubscribe(1, https=1)),
        ("<tel:+81-3>", ListUnsubscribe(1, other=1)),
        ("https://example.jp/u", ListUnsubscribe(1, unreadable=True)),
        ("<example.jp/u>", ListUnsubscribe(1, unreadable=True)),
        ("<https://example.jp/u> or mail us", ListUnsubscribe(1, https=1, unreadable=True)),
        ("=?utf-8?Q?=3Chttps=3A//example.jp/u=3E?=", ListUnsubscribe(1, unreadable=True)),
        ("", ListUnsubscribe(1, unreadable=True)),
        (None, ListUnsubscribe()),
    ],
)  # fmt: skip
def test_list_unsubscribe(value: str | None, expected: ListUnsubscribe) -> None:
    assert read(value) == expected


def test_several_headers_are_counted_together() -> None:
    more = (b"List-Unsubscribe: <https://b.example/u>", b"List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    assert read("<https://a.example/u>", POST, *more) == ListUnsubscribe(2, https=2, post_fields=2, is_one_click=False)


@pytest.mark.parametrize(
    ("post", "is_one_click"),
    [
        (POST, True),
        ("list-unsubscribe=one-click", True),
        ("One-Click", False),
        ("List-Unsubscribe=One-Click; a=b", False),
        ("List-Unsubscribe = One-Click", False),
        ("", False),
    ],
)
def test_list_unsubscribe_post(post: str, is_one_click: bool) -> None:
    assert read("<https://example.jp/u>", post).is_one_click is is_one_click


def shown(text: bytes, content_type: str = "text/plain; charset=utf-8", encoding: str = "8bit") -> bool | None:
    raw = written(text, MIME_Version="1.0", Content_Type=content_type, Content_Transfer_Encoding=encoding)
    return form_of(raw).shows_unsubscribe


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe: https://example.jp/u",
        "To opt out, click here",
        "Manage your preferences",
        "Email preferences",
        "If you no longer want to receive these mails",
        "配信停止はこちら",
        "配信を停止する場合",
        "購読解除",
        "メールマガジンの解除",
        "今後メールの配信を希望されない方は",
        "登録の変更・解除",
        "メール設定の変更",
        "退会はこちら",
    ],
)
def test_words_of_unsubscribing(text: str) -> None:
    octets = text.encode()
    assert shown(octets) is True
    assert shown(base64.encodebytes(octets), encoding="base64") is True
    assert shown(quopri.encodestring(octets), encoding="quoted-printable") is True
    assert shown(f"<p><a href='https://x'>{text}</a>".encode(), "text/html; charset=utf-8") is True


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"])
def test_words_in_the_charsets_of_japan(charset: str) -> None:
    assert shown("配信停止".encode(charset), f"text/plain; charset={charset}") is True


def test_links_and_entities_count() -> None:
    assert shown(b'<a href="https://example.jp/unsubscribe/1">x</a>', "text/html") is True
    assert shown("".join(f"&#{ord(c)};" for c in "配信停止").encode(), "text/html") is True


@pytest.mark.parametrize("text", ["Hello", "新着商品のご案内", "ご請求書をお送りします"])
def test_other_texts_show_nothing(text: str) -> None:
    assert shown(text.encode()) is False


def test_what_cannot_be_read_is_not_known() -> None:
    assert shown(b"x", "application/pdf") is None
    assert shown(b"x", "multipart/mixed") is None
    assert shown(b"\xff\xfe", "text/plain; charset=zip") is False


def test_both_ends_of_a_large_text_are_read() -> None:
    filler = b"x" * 3_000_000
    assert shown("配信停止".encode() + b"\r\n" + filler) is True
    assert shown(filler + b"\r\n" + "配信停止".encode()) is True
    assert shown(base64.encodebytes(filler + "配信停止".encode()), encoding="base64") is True


def test_a_reference_to_no_character_and_every_charset_can_be_read() -> None:
    assert shown(b"<p>&#" + b"1" * 5000 + b";</p> unsubscribe", "text/html; charset=utf-8") is True
    for charset in sorted({*_ALIASES, *_OTHERS}):
        assert decode("ab".encode("utf-16" if charset.startswith("utf-16") else "ascii"), charset)
        codecs.lookup(_ALIASES.get(charset, charset))
    assert decode(b"\xa1\xa2", "windows-874") == "กข"
