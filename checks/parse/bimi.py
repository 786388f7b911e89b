"""BIMI records and logos in SVG Tiny PS. Never raises, whatever the bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from xml.parsers import expat

from checks.evidence.bimi import BimiRecord, Logo, LogoProblem
from checks.evidence.versioned import FaultyRecord
from checks.parse.tag_list import TagListError, parse_tag_list
from checks.parse.versioned import single_record

VERSION = "v=BIMI1"
MAX_LOGO = 32768
"""Octets of a logo, by the group that makes BIMI."""
MAX_PROBLEMS = 8
_MAX_DEPTH = 100
_SHOWN = 100
_SVG = "http://www.w3.org/2000/svg "
_URL = re.compile(
    r"https://(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*(?::[0-9]{1,5})?(?:[/?][\x21-\x2b\x2d-\x7e]*)?"
)
_FORBIDDEN = frozenset(
    {
        *("script", "handler", "listener", "image", "foreignObject", "a", "audio", "video", "animation", "discard"),
        *("animate", "animateColor", "animateMotion", "animateTransform", "set"),
    }
)


def read_record(values: Iterable[bytes]) -> BimiRecord | FaultyRecord | None:
    """The record among the TXT records at `default._bimi.<domain>`; None where there is none."""
    text = single_record(values, VERSION)
    if not isinstance(text, str):
        return text
    try:
        tags = {tag.name.lower(): tag.value for tag in parse_tag_list(text)}
    except TagListError as error:
        return FaultyRecord((text,), "syntax", text[error.position :].partition(";")[0].strip()[:_SHOWN])
    if "l" not in tags and not tags.get("a"):
        return FaultyRecord((text,), "missing", "l")
    for name in ("l", "a"):
        if tags.get(name) and not _URL.fullmatch(tags[name]):
            return FaultyRecord((text,), "value", f"{name}={tags[name][:_SHOWN]}")
    return BimiRecord(text, tags.get("l", ""), tags.get("a", ""))


def parse_logo(url: str, body: bytes, media_type: str) -> Logo:
    """Look at an SVG. No document type is read on, so that no entity can be defined; nothing outside is fetched."""
    problems = [] if media_type == "image/svg+xml" else [LogoProblem("media_type", media_type[:_SHOWN])]
    if len(body) > MAX_LOGO:
        problems.append(LogoProblem("size", f"{len(body) / 1024:.1f} KiB"))
    reader = _Reader()
    try:
        reader.read(body)
    except _Stop as stop:
        problems.append(stop.problem)
    # Also what Python's own decoders raise for the encoding that the document claims to be in.
    except (expat.ExpatError, ValueError, LookupError):
        problems.append(LogoProblem("xml"))
    else:
        problems += reader.problems
        if not reader.title.strip():
            problems.append(LogoProblem("title"))
    unique = tuple(dict.fromkeys(problems))
    return Logo(url, len(body), hashlib.sha256(body).hexdigest(), unique[:MAX_PROBLEMS])


class _Stop(Exception):
    def __init__(self, problem: LogoProblem) -> None:
        super().__init__(problem.fault)
        self.problem = problem


class _Reader:
    """Element by element; `title` is the text of the root's own title."""

    def __init__(self) -> None:
        self.problems: list[LogoProblem] = []
        self.title = ""
        self._path: list[str] = []

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        # An XML declaration has to be the first octet; receivers are not that strict about blank lines before it.
        parser.Parse(body.lstrip(b" \t\r\n"), True)

    def _doctype(self, *_: object) -> None:
        raise _Stop(LogoProblem("doctype"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._root(name, attributes)
        local = name.removeprefix(_SVG)
        if local in _FORBIDDEN:
            self.problems.append(LogoProblem("element", f"<{local}>"))
            attributes = {}
        for key, value in attributes.items():
            attribute = key.rpartition(" ")[2]
            if attribute == "href" and not value.startswith("#"):
                self.problems.append(LogoProblem("reference", f'href="{value[:_SHOWN]}"'))
            elif attribute.startswith("on"):
                self.problems.append(LogoProblem("element", f"{attribute[:_SHOWN]}="))
        self._path.append(local)
        if len(self._path) > _MAX_DEPTH or len(self.problems) > _MAX_DEPTH:
            raise _Stop(LogoProblem("xml"))

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != f"{_SVG}svg":
            raise _Stop(LogoProblem("root", f"<{name.rpartition(' ')[2][:_SHOWN]}>"))
        if attributes.get("version") != "1.2":
            self.problems.append(LogoProblem("version", attributes.get("version", "")[:_SHOWN]))
        if attributes.get("baseProfile") != "tiny-ps":
            self.problems.append(LogoProblem("profile", attributes.get("baseProfile", "")[:_SHOWN]))
        self.problems += [LogoProblem("position", f"{key}=") for key in ("x", "y") if key in attributes]

    def _end(self, _: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        if self._path == ["svg", "title"]:
            self.title += text
