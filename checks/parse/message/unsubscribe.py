"""How a mail lets its readers unsubscribe: the header fields (RFC 2369, RFC 8058), and what stands in the text."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Iterable

from checks.evidence.message_form import ListUnsubscribe
from checks.parse.message.charsets import decode
from checks.parse.message.fields import Mail
from checks.parse.message.mime import Part

_ENTRY = re.compile(r"[\s,]*(?:\([^()]*+\)[\s,]*)*<([^<>]*)>")
_REST = re.compile(r"[\s,]*(?:\([^()]*+\)[\s,]*)*\Z")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_POST = "list-unsubscribe=one-click"
_MAX_CHARACTERS = 20_000
_MAX_ENTRIES = 100
_LONG_REFERENCE = re.compile(r"&#[0-9]{100,};?")
"""No character has such a number, and `html.unescape` raises for one of thousands of digits."""
_MAX_FIELDS = 20

_MAX_PARTS = 20
_MAX_OCTETS = 1024 * 1024
"""Of one text part; a notice to unsubscribe stands at the top or at the end, so that both ends are read."""

_WORDS = re.compile(
    r"unsubscri|opt[-_ ]?out|(?:email|mail|subscription|notification|communication)[-_ ]?(?:preference|setting)"
    r"|manage[-_ ](?:your[-_ ])?(?:subscription|preference)|(?:stop|no longer)[^.]{0,40}receiv"
    r"|remove (?:me|yourself) from"
    r"|配信(?:の|を)?(?:停止|解除|中止|拒否|不要|設定)|購読(?:の|を)?(?:停止|解除|中止|設定)|登録(?:の|を)?(?:解除|削除|変更)"
    r"|受信(?:の|を)?(?:停止|拒否|解除|設定)|解約|退会|解除|オプトアウト|メール(?:の)?(?:停止|設定|不要)|配信を(?:ご)?希望(?:され)?ない"
)


def read_list_unsubscribe(mail: Mail) -> ListUnsubscribe:
    """The List-Unsubscribe and List-Unsubscribe-Post fields. Never raises."""
    fields, posts = mail.all(b"list-unsubscribe"), mail.all(b"list-unsubscribe-post")
    schemes: list[str] = []
    unreadable = False
    for field in fields[:_MAX_FIELDS]:
        found, is_readable = _uris(field.text[:_MAX_CHARACTERS])
        schemes += found
        unreadable = unreadable or not is_readable
    told = ("https", "http", "mailto")
    return ListUnsubscribe(
        fields=len(fields),
        https=schemes.count("https"),
        http=schemes.count("http"),
        mailto=schemes.count("mailto"),
        other=sum(scheme not in told for scheme in schemes),
        unreadable=unreadable,
        post_fields=len(posts),
        is_one_click=len(posts) == 1 and posts[0].text.lower() == _POST,
    )


def _uris(value: str) -> tuple[list[str], bool]:
    """The schemes of the URIs in angle brackets, and whether nothing else is there (RFC 2369 section 2)."""
    schemes: list[str] = []
    position, is_readable = 0, True
    for _ in range(_MAX_ENTRIES):
        match = _ENTRY.match(value, position)
        if match is None:
            break
        # Blanks within the brackets come from folding; they are no part of the URI.
        scheme = _SCHEME.match("".join(match.group(1).split()))
        if scheme:
            schemes.append(scheme.group(1).lower())
        is_readable = is_readable and scheme is not None
        position = match.end()
    return schemes, is_readable and position > 0 and _REST.match(value, position) is not None


def shows_unsubscribe(raw: bytes, parts: Iterable[Part]) -> bool | None:
    """A text part has words or a link for it, in English or Japanese. None without a text part that can be read."""
    texts = [p for p in parts if p.type and p.type.name in ("text/plain", "text/html") and not p.is_attachment]
    if not texts:
        return None
    return any(_mentions(raw, part) for part in texts[:_MAX_PARTS])


def _mentions(raw: bytes, part: Part) -> bool:
    if part.end - part.start <= _MAX_OCTETS:
        return _WORDS.search(_text(raw[part.start : part.end], part)) is not None
    half = _MAX_OCTETS // 2
    # The second piece begins with a line: there base64 begins a group of four, and ISO-2022-JP is in ASCII.
    tail = max(raw.find(b"\n", part.end - half, part.end) + 1, part.end - half)
    pieces = (raw[part.start : part.start + half], raw[tail : part.end])
    return any(_WORDS.search(_text(piece, part)) is not None for piece in pieces)


def _text(octets: bytes, part: Part) -> str:
    """The text in lower case, every white space one blank."""
    charset = part.type.parameters.get("charset", "") if part.type else ""
    text = decode(_decoded(octets, part.encoding), charset)
    if part.type and part.type.name == "text/html":
        text = html.unescape(_LONG_REFERENCE.sub("\ufffd", text))
    return " ".join(text.lower().split())


def _decoded(octets: bytes, encoding: str) -> bytes:
    match encoding:
        case "base64":
            piece = b"".join(octets.split()).rstrip(b"=")
            try:
                return base64.b64decode(piece[: len(piece) // 4 * 4] + _last_group(piece))
            except binascii.Error:
                return b""
        case "quoted-printable":
            return quopri.decodestring(octets)
        case _:
            return octets


def _last_group(piece: bytes) -> bytes:
    rest = piece[len(piece) // 4 * 4 :]
    return rest + b"=" * (-len(rest) % 4) if len(rest) > 1 else b""
