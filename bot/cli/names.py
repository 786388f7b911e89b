"""The domains to check, from arguments and from lists, one a line; each keeps the place where it stood."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from checks import BadDomain, Domain, Lang, Text, parse_domain, printable

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"(^|\s)#.*$", re.DOTALL)
_SHOWN = 80

_TWICE = Text(
    en="`{domain}` was given before ({before}); it is checked once.",
    ja="`{domain}` は重複しています({before})。検査は1回だけ行います。",
)
_UNREADABLE = Text(en="cannot be read: {error}", ja="読み込めません: {error}")
_NO_TEXT = Text(
    en="is no text in UTF-8, UTF-16 or Shift_JIS.", ja="UTF-8、UTF-16、Shift_JISのいずれのテキストでもありません。"
)
_ARGUMENT = Text(en="argument {n}", ja="{n}番目の引数")
_LINE = Text(en="line {n}", ja="{n}行目")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a domain should, and the sentence that says why it is none."""

    text: str
    sentence: str


@dataclass(slots=True)
class Names:
    """`entries` in the order given, each domain once; `remarks`: what the person who gave them should know."""

    entries: list[Domain | Unreadable] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def domains(self) -> int:
        return sum(isinstance(entry, Domain) for entry in self.entries)


class ListError(Exception):
    """A whole list cannot be read; the message is the sentence for the person who named it."""


def read_names(arguments: Sequence[str], files: Sequence[str], lang: Lang) -> Names:
    """Arguments first, then the lists. Raises ListError."""
    names = Names()
    seen: dict[str, str] = {}
    for prefix, place, text in _given(arguments, files, lang):
        try:
            domain = parse_domain(text)
        except BadDomain as error:
            names.entries.append(Unreadable(printable(text)[:_SHOWN], error.say(lang)))
            names.remarks.append(prefix + error.say(lang))
            continue
        if (before := seen.get(domain.ascii)) is not None:
            names.remarks.append(prefix + _TWICE.say(lang, {"domain": domain.shown, "before": before}))
            continue
        seen[domain.ascii] = place
        names.entries.append(domain)
        if note := domain.say_note(lang):
            names.remarks.append(prefix + note)
    return names


def _given(arguments: Sequence[str], files: Sequence[str], lang: Lang) -> Iterator[tuple[str, str, str]]:
    """What begins a remark, where it stands, and the text."""
    for n, text in enumerate(arguments, 1):
        yield "", _ARGUMENT.say(lang, {"n": n}), text
    for path in files:
        shown = "stdin" if path == "-" else printable(path)
        for n, line in enumerate(_LINE_END.split(_read(path, shown, lang)), 1):
            if text := _COMMENT.sub("", line).strip():
                place = _LINE.say(lang, {"n": n})
                yield f"{shown}:{n}: ", f"{shown}, {place}" if len(files) > 1 or arguments else place, text


def _read(path: str, shown: str, lang: Lang) -> str:
    """The text of a list, in what editors and spreadsheets write: UTF-8, UTF-16 with its mark, Shift_JIS."""
    try:
        if path == "-":
            raw = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                raw = file.read()
    except (OSError, ValueError) as error:
        said = _UNREADABLE.say(lang, {"error": getattr(error, "strerror", None) or str(error)})
        raise ListError(f"{shown}: {said}") from error
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListError(f"{shown}: {_NO_TEXT.say(lang)}")
