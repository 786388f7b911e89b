"""The MIME parts of a mail and what is wrong with them (RFC 2045, RFC 2046). No recursion, linear time, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.evidence.message_form import MimeKind, MimeProblem
from checks.parse.message.fields import Mail, split_header

_TOKEN = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]++"
_TYPE = re.compile(rf"({_TOKEN})/({_TOKEN})[ \t]*(?:;|\Z)")
_PARAMETER = re.compile(rf'[ \t;]*({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]++|\\.)*)"|([^\s;"]++))[ \t]*(?=;|\Z)')
_ESCAPED = re.compile(r"\\(.)")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]\Z")
_QUOTED_OR_COMMENT = re.compile(r'("(?:[^"\\]++|\\.)*(?:"|\\?\Z))|\([^()]*+\)')
_EIGHT_BIT = re.compile(rb"[\x80-\xff]")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANK = b" \t\r\n"
_NOT_QUOTED_PRINTABLE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]{0,100}(?:\r?\n|\Z))")
_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})
_PLAIN = frozenset({"7bit", "8bit", "binary"})
_ONCE = (b"content-type", b"content-transfer-encoding", b"content-id", b"content-description", b"content-disposition")

MAX_PARTS = 2000
MAX_DEPTH = 50
_MAX_CANDIDATES = 200_000
"""Lines that begin with `--`: each is compared with the boundaries that are open."""
_MAX_HEADER_OCTETS = 64 * 1024
_MAX_PARAMETERS = 50
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class MediaType:
    """`name`: type and subtype in lower case. `parameters`: the first of each name (in lower case) as it is written."""

    name: str
    parameters: dict[str, str]


@dataclass(slots=True)
class Part:
    """One entity. `number`: "" for the mail itself. `start`, `end`: where its content is. `encoding`: in lower case."""

    number: str
    start: int
    end: int
    type: MediaType | None
    encoding: str
    is_attachment: bool
    boundary: bytes = b""
    children: int = 0

    @property
    def is_multipart(self) -> bool:
        return self.type is not None and self.type.name.startswith("multipart/")


@dataclass(slots=True)
class Structure:
    """The leaves in order, and what is wrong. `is_whole` False: there is more than is read."""

    leaves: list[Part] = field(default_factory=list)
    problems: list[MimeProblem] = field(default_factory=list)
    is_whole: bool = True


def read_structure(raw: bytes, mail: Mail) -> Structure:
    """The parts of a mail whose header has been read by `split_header`. Attached mails are one part. Never raises."""
    return _Reader(raw).read(mail)


def parse_media_type(value: str) -> MediaType | None:
    """A Content-Type value (RFC 2045 section 5.1), None where it is none."""
    text = _without_comments(value[:_MAX_HEADER_OCTETS]).strip()
    match = _TYPE.match(text)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    position = match.end() - text[: match.end()].endswith(";")
    for _ in range(_MAX_PARAMETERS):
        found = _PARAMETER.match(text, position)
        if found is None:
            break
        quoted, bare = found.group(2), found.group(3)
        parameters.setdefault(found.group(1).lower(), _ESCAPED.sub(r"\1", quoted) if bare is None else bare)
        position = found.end()
    if text[position:].strip(" \t;"):
        return None
    return MediaType(f"{match.group(1)}/{match.group(2)}".lower(), _joined(parameters))


def _joined(parameters: dict[str, str]) -> dict[str, str]:
    """With the parameters that were written in pieces (`boundary*0`, `boundary*1`; RFC 2231 section 3) as one."""
    for name in [name.removesuffix("*0") for name in parameters if name.endswith("*0")]:
        pieces: list[str] = []
        while (piece := parameters.get(f"{name}*{len(pieces)}")) is not None:
            pieces.append(piece)
        parameters.setdefault(name, "".join(pieces))
    return parameters


class _Reader:
    """Walks once over the lines that begin with `--`; the multiparts that are open stand on a stack."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._structure = Structure()
        self._seen: set[MimeKind] = set()
        self._open: list[Part] = []
        self._by_boundary: dict[bytes, int] = {}
        """Where in the stack the innermost part with this boundary is."""
        self._shadowed: list[int | None] = []
        """For each open part, what stood in `_by_boundary` before."""
        self._leaf: Part | None = None
        self._header_start: int | None = None
        self._parts = 0

    def read(self, mail: Mail) -> Structure:
        self._judge_version(mail)
        top = self._part("", mail, mail.body_start)
        self._begin(top)
        if self._open:
            self._walk(mail.body_start)
        self._finish(len(self._raw))
        return self._structure

    def _walk(self, start: int) -> None:
        position = start - 1 if start and self._raw[start - 1 : start] == b"\n" else start
        candidates = 0
        while True:
            at = self._next(position, start)
            if at < 0 or not (self._open or self._header_start is not None):
                return
            candidates += 1
            if candidates > _MAX_CANDIDATES or self._parts > MAX_PARTS:
                self._structure.is_whole = False
                return
            end = self._raw.find(b"\n", at)
            end = len(self._raw) if end < 0 else end
            self._close_header(at)
            self._delimit(at, self._raw[at + 2 : end].rstrip(b" \t\r"), min(end + 1, len(self._raw)))
            position = end

    def _next(self, position: int, start: int) -> int:
        """Where the next line with `--` at its beginning is, -1 without one."""
        if position == start and self._raw.startswith(b"--", start):
            return start
        found = self._raw.find(b"\n--", position)
        return found if found < 0 else found + 1

    def _delimit(self, at: int, line: bytes, after: int) -> None:
        level = self._by_boundary.get(line)
        is_close = level is None and line.endswith(b"--")
        if is_close:
            level = self._by_boundary.get(line[:-2])
        if level is None:
            return
        self._end_leaf(at)
        while len(self._open) > level + 1:
            self._say("not_closed", self._open[-1])
            self._pop()
        if is_close:
            self._pop()
        else:
            self._open[level].children += 1
            self._header_start = after

    def _close_header(self, before: int) -> None:
        """Where the header of a part has ended before this line, the part begins."""
        start = self._header_start
        if start is None:
            return
        # Only up to this line, so that nothing is searched twice. In a header, a line with `--` is its end.
        mail = split_header(self._raw[start : min(before, start + _MAX_HEADER_OCTETS)])
        self._header_start = None
        self._parts += 1
        parent = self._open[-1]
        number = f"{parent.number}.{parent.children}" if parent.number else str(parent.children)
        self._begin(self._part(number, mail, start + mail.body_start))

    def _begin(self, part: Part) -> None:
        if not part.is_multipart:
            self._leaf = part
            return
        if not part.boundary or len(self._open) >= MAX_DEPTH:
            self._structure.is_whole = self._structure.is_whole and not part.boundary
            return
        self._shadowed.append(self._by_boundary.get(part.boundary))
        self._by_boundary[part.boundary] = len(self._open)
        self._open.append(part)

    def _pop(self) -> None:
        part, shadowed = self._open.pop(), self._shadowed.pop()
        if shadowed is None:
            del self._by_boundary[part.boundary]
        else:
            self._by_boundary[part.boundary] = shadowed
        if not part.children:
            self._say("no_parts", part)

    def _end_leaf(self, end: int) -> None:
        leaf, self._leaf = self._leaf, None
        if leaf is None:
            return
        leaf.end = max(leaf.start, end)
        self._structure.leaves.append(leaf)
        for kind in _faults_of_content(self._raw[leaf.start : leaf.end], leaf):
            self._say(kind, leaf, leaf.encoding or "7bit")

    def _finish(self, end: int) -> None:
        if self._structure.is_whole:
            self._close_header(end)
            self._end_leaf(end)
        while self._open:
            part = self._open[-1]
            if self._structure.is_whole and part.children:
                self._say("not_closed", part)
            if not self._structure.is_whole:
                part.children += 1
            self._pop()

    def _part(self, number: str, mail: Mail, start: int) -> Part:
        """The entity that this header describes, and what is wrong with the header."""
        part = Part(number, start, start, None, "", False)
        for key in _ONCE:
            if len(mail.all(key)) > 1:
                self._say("duplicate_field", part, key.decode().title())
        fields = mail.all(b"content-type")
        value = fields[0].text if fields else "text/plain"
        part.type = parse_media_type(value)
        if part.type is None:
            self._say("bad_type", part, _without_comments(value[:1000]).partition(";")[0].strip())
        part.encoding = next((_bare(f.text) for f in mail.all(b"content-transfer-encoding")), "")
        part.is_attachment = any(f.text.lower().startswith("attachment") for f in mail.all(b"content-disposition"))
        if part.encoding and part.encoding not in _ENCODINGS and not part.encoding.startswith("x-"):
            self._say("bad_encoding", part, part.encoding)
        elif part.type and part.encoding and not _may_be_encoded(part.type.name) and part.encoding not in _PLAIN:
            self._say("encoded_composite", part, f"{part.type.name}; {part.encoding}")
        if part.is_multipart and part.type:
            boundary = part.type.parameters.get("boundary", "")
            # What follows the padding on a delimiter line does not count, so that blanks at its end cannot.
            part.boundary = boundary.encode("utf-8", "replace").rstrip(b" \t")
            if not boundary:
                self._say("no_boundary", part, part.type.name)
            elif not _BOUNDARY.match(boundary):
                self._say("bad_boundary", part, part.type.name)
        return part

    def _judge_version(self, mail: Mail) -> None:
        versions = mail.all(b"mime-version")
        part = Part("", 0, 0, None, "", False)
        if len(versions) > 1:
            self._say("duplicate_field", part, "MIME-Version")
        if versions:
            version = _without_comments(versions[0].text[:1000])
            if "".join(version.split()) != "1.0":
                self._say("bad_version", part, version.strip())
        elif mail.all(b"content-type") or mail.all(b"content-transfer-encoding"):
            self._say("no_version", part)

    def _say(self, kind: MimeKind, part: Part, value: str = "") -> None:
        """The first of each kind is told."""
        if kind not in self._seen:
            self._seen.add(kind)
            value = value or (part.type.name if part.type else "")
            self._structure.problems.append(MimeProblem(kind, part.number[:_SHOWN], value[:_SHOWN]))


def _without_comments(value: str) -> str:
    return _QUOTED_OR_COMMENT.sub(lambda match: match.group(1) or " ", value)


def _bare(value: str) -> str:
    return _without_comments(value[:1000]).strip().rstrip(";").strip().lower()[:100]


def _may_be_encoded(name: str) -> bool:
    """multipart and message entities must not be (RFC 2045 section 6.4); message/global may (RFC 6532 section 3.7)."""
    if name.startswith("message/"):
        return name.startswith("message/global")
    return not name.startswith("multipart/")


def _faults_of_content(content: bytes, part: Part) -> Iterator[MimeKind]:
    match part.encoding:
        case "" | "7bit" | "8bit":
            if part.encoding != "8bit" and _EIGHT_BIT.search(content):
                yield "eight_bit"
            if b"\0" in content:
                yield "nul"
        case "base64":
            text = content.translate(None, _BLANK)
            unpadded = text.rstrip(b"=")
            padding = len(text) - len(unpadded)
            if unpadded.translate(None, _BASE64) or padding > 2 or len(text) % 4:
                yield "bad_base64"
        case "quoted-printable":
            if _NOT_QUOTED_PRINTABLE.search(content) or _EIGHT_BIT.search(content):
                yield "bad_quoted_printable"
