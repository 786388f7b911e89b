"""The raw header fields and the body of a mail, nothing decoded and nothing repaired."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

_LINE_END = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+[ \t]*):")
_MAX_FIELDS = 10_000
_MAX_HEADER_OCTETS = 1024 * 1024
"""Both over what any receiver takes; keep a mail that is all header from filling the memory."""
_SPLIT_AT_ONCE = 1024 * 1024
_USUAL_LINE = 78


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
    """A mail cut at its first empty line. `body` has every line end as CRLF. `not_fields`: header lines passed over.

    `header_octets`: the whole header as it came, without the empty line. `body_start`: where the body begins in it.
    """

    fields: tuple[Field, ...]
    body: bytes
    by_key: Mapping[bytes, tuple[Field, ...]] = field(repr=False)
    not_fields: int = 0
    header_octets: int = 0
    body_start: int = 0

    def all(self, key: bytes) -> tuple[Field, ...]:
        """The fields of this lower-case name, from the top."""
        return self.by_key.get(key, ())


def split_mail(raw: bytes) -> Mail:
    """Cut a mail into fields and body; CRLF and bare LF both end a line.

    A line that is no field (no colon, a stray continuation, an mbox `From ` line) is passed over.
    """
    end, start = cut_mail(raw)
    body = raw[start:].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return _read_header(raw[: min(end, _MAX_HEADER_OCTETS)], body, end, start)


def split_header(raw: bytes) -> Mail:
    """As `split_mail`, with an empty `body`: the octets from `body_start` are left as they are."""
    end, start = cut_mail(raw)
    return _read_header(raw[: min(end, _MAX_HEADER_OCTETS)], b"", end, start)


def cut_mail(raw: bytes) -> tuple[int, int]:
    """Where the header ends, its last line end left out, and where the body begins; both the end without a body."""
    if raw[:1] == b"\n":
        return 0, 1
    if raw[:2] == b"\r\n":
        return 0, 2
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if end >= 0]
    if not ends:
        return len(raw), len(raw)
    end = min(ends)
    return end - raw[:end].endswith(b"\r"), end + (2 if raw[end + 1 : end + 2] == b"\n" else 3)


def _read_header(header: bytes, body: bytes, octets: int, body_start: int) -> Mail:
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
    named = {key: tuple(same) for key, same in by_key.items()}
    return Mail(tuple(fields), body, named, not_fields, octets, body_start)


def find_longest_line(raw: bytes) -> tuple[int, int]:
    """Octets of the longest line without its line end (RFC 5322 section 2.1.1: at most 998), and where it starts.

    Of a large mail that has no line over 78 octets, the longest of its first megabyte.
    """
    longest, start, position = 0, 0, 0
    for line in raw[:_SPLIT_AT_ONCE].split(b"\n"):
        if len(line) > longest:
            longest, start = len(line), position
        position += len(line) + 1
    if len(raw) > _SPLIT_AT_ONCE:
        # The line that the cut went through is measured again. Lines no longer than the longest so far are leapt over.
        position = raw.rfind(b"\n", 0, _SPLIT_AT_ONCE) + 1
        while position < len(raw):
            bound = max(longest, _USUAL_LINE)
            leap = raw.rfind(b"\n", position, position + bound + 1)
            if leap < 0:
                end = raw.find(b"\n", position)
                leap = len(raw) if end < 0 else end
                if leap - position > longest:
                    longest, start = leap - position, position
            position = leap + 1
    return longest - raw[start : start + longest].endswith(b"\r"), start


def count_bare_line_ends(raw: bytes, *, from_wire: bool) -> tuple[int, int]:
    """How many CR and how many LF stand alone.

    A file with LF throughout is a file in the form of its system, not a faulty mail: (0, 0).
    """
    if not from_wire and b"\r" not in raw:
        return 0, 0
    pairs = raw.count(b"\r\n")
    return raw.count(b"\r") - pairs, raw.count(b"\n") - pairs
