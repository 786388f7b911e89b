"""The raw header fields and the body of a mail, nothing decoded and nothing repaired."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

_END_OF_HEADER = re.compile(rb"(?:\A|\r?\n)\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+[ \t]*):")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_MAX_FIELDS = 10_000
"""Far over what any receiver takes; keeps a mail made of empty fields from filling the memory."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field (RFC 5322 section 2.2).

    `name`: as written, blanks before the colon included. `key`: the name in lower case.
    `value`: everything after the colon, folds and the last line end as CRLF.
    """

    name: bytes
    key: bytes
    value: bytes

    @property
    def text(self) -> str:
        """The unfolded value for people; octets that are not UTF-8 become `\\xNN`."""
        unfolded = self.value.replace(b"\r\n", b"").strip()
        return unfolded.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail cut at its first empty line. `body` has every line end as CRLF. `not_fields`: header lines passed over."""

    fields: tuple[Field, ...]
    body: bytes
    by_key: Mapping[bytes, tuple[Field, ...]] = field(repr=False)
    not_fields: int = 0

    def all(self, key: bytes) -> tuple[Field, ...]:
        """The fields of this lower-case name, from the top."""
        return self.by_key.get(key, ())


def split_mail(raw: bytes) -> Mail:
    """Cut a mail into fields and body; CRLF and bare LF both end a line.

    A line that is no field (no colon, a stray continuation, an mbox `From ` line) is passed over.
    """
    end = _END_OF_HEADER.search(raw)
    header, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    fields: list[Field] = []
    match: re.Match[bytes] | None = None
    not_fields = 0
    lines: list[bytes] = []

    def close() -> None:
        if match is not None:
            name = match.group(1)
            fields.append(Field(name, name.rstrip().lower(), b"\r\n".join(lines) + b"\r\n"))

    for line in _LINE_END.split(header):
        if line[:1] in (b" ", b"\t"):
            lines.append(line)
            not_fields += match is None
            continue
        close()
        if len(fields) >= _MAX_FIELDS:
            match = None
            break
        match = _FIELD.match(line)
        lines = [line[match.end() :]] if match else []
        not_fields += match is None and line != b""
    close()
    by_key: dict[bytes, list[Field]] = defaultdict(list)
    for one in fields:
        by_key[one.key].append(one)
    body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Mail(tuple(fields), body, {key: tuple(same) for key, same in by_key.items()}, not_fields)


def longest_line(raw: bytes) -> int:
    """Octets of the longest line, without its line end (RFC 5322 section 2.1.1: at most 998)."""
    return max(len(line) - line.endswith(b"\r") for line in raw.split(b"\n"))


def has_bare_line_ends(raw: bytes, *, from_wire: bool) -> bool:
    """A CR or LF alone. A file with LF throughout is a file in the form of its system, not a faulty mail."""
    if not from_wire and b"\r" not in raw:
        return False
    return _BARE.search(raw) is not None
