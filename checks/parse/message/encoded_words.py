"""Encoded-words (RFC 2047): decoding, and the places where they may not stand."""

from __future__ import annotations

import base64
import binascii
import re

from checks.parse.message.charsets import decode
from checks.parse.message.fields import Field

_ENCODED_WORD = re.compile(rb"=\?([^\s?*]{1,40})(?:\*[^\s?]{0,40})?\?([bBqQ])\?([^\s?]*)\?=")
_BLANK = re.compile(rb"[ \t\r\n]*\Z")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_QUOTED = re.compile(rb'"(?:[^"\\]++|\\.)*(?:"|\\?\Z)', re.DOTALL)
"""One that is never closed runs to the end, so that nothing is looked at twice."""
_ANGLE = re.compile(rb"<[^<>]*+>")
_AT = re.compile(rb"\?=@|@=\?")
_MAX_OCTETS = 100_000

_OF_ADDRESSES = frozenset(
    name.encode()
    for kind in ("", "resent-")
    for name in (f"{kind}from", f"{kind}sender", f"{kind}reply-to", f"{kind}to", f"{kind}cc", f"{kind}bcc")
)
_OF_TOKENS = frozenset(
    {
        *(b"message-id", b"in-reply-to", b"references", b"date", b"received", b"return-path", b"dkim-signature"),
        *(b"authentication-results", b"arc-seal"),
        *(b"resent-date", b"resent-message-id", b"mime-version", b"content-type", b"content-transfer-encoding"),
        *(b"content-disposition", b"content-id", b"list-unsubscribe", b"list-unsubscribe-post"),
    }
)


def decode_words(value: bytes) -> str:
    """An unstructured value with its encoded-words decoded; anything else as UTF-8. Beyond 100,000 octets: cut.

    The octets of neighbours in one charset are joined first, since many programs cut characters in two.
    """
    value = value[:_MAX_OCTETS].replace(b"\r\n", b"")
    parts: list[str] = []
    pending, charset, position = b"", "", 0
    for match in _ENCODED_WORD.finditer(value):
        octets = _octets(match.group(2), match.group(3))
        name = match.group(1).decode("latin-1").lower()
        between = value[position : match.start()]
        position = match.end()
        if pending and name == charset and _BLANK.match(between):
            pending += octets
            continue
        parts.append(decode(pending, charset))
        if not (pending and _BLANK.match(between)):
            parts.append(between.decode("utf-8", "replace"))
        pending, charset = octets, name
    parts += [decode(pending, charset), value[position:].decode("utf-8", "replace")]
    return "".join(parts)


def _octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        try:
            return base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            return b""
    return _HEX.sub(lambda match: bytes.fromhex(match.group(1).decode()), text.replace(b"_", b" "))


def has_misplaced_word(field: Field) -> bool:
    """An encoded-word where RFC 2047 section 5 forbids one: in an address, a quoted string, or a field of tokens."""
    value = field.value[:_MAX_OCTETS]
    if b"=?" not in value:
        return False
    if field.key in _OF_ADDRESSES:
        value = _without_comments(value)
        in_quotes = any(_ENCODED_WORD.search(quoted.group()) for quoted in _QUOTED.finditer(value))
        bare = _QUOTED.sub(b'""', value)
        in_address = any(_ENCODED_WORD.search(angle.group()) for angle in _ANGLE.finditer(bare))
        return in_quotes or in_address or _AT.search(bare) is not None
    return field.key in _OF_TOKENS and _ENCODED_WORD.search(_without_comments(value)) is not None


def _without_comments(value: bytes) -> bytes:
    """Comments in round brackets, where encoded-words may stand, are left out; those in quotes are none."""
    if b"(" not in value:
        return value
    kept = bytearray()
    depth, is_quoted, position = 0, False, 0
    while position < len(value):
        octet = value[position : position + 1]
        if octet == b"\\":
            kept += value[position : position + 2] if not depth else b""
            position += 2
            continue
        if octet == b'"' and not depth:
            is_quoted = not is_quoted
        depth += (octet == b"(" and not is_quoted) - (octet == b")" and depth > 0)
        kept += octet if not depth and not (octet == b")" and not is_quoted) else b""
        position += 1
    return bytes(kept)
