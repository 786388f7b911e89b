"""One finding as a person reads it: what, why, how to mend it, and the record before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from rich.console import Console, RenderableType
from rich.text import Text as Line

from bot.conversation import record_words
from bot.conversation import words as shared
from bot.conversation.records import asked_of, in_a_zone_file, is_file, named
from bot.conversation.references import labelled
from bot.render.terminal import words
from bot.render.terminal.marks import severity_sign, severity_style
from bot.render.terminal.questions import spans
from bot.render.terminal.wrapping import Hanging, Unbroken
from checks import Finding, Lang, RecordChange, Report, Severity, Text, place_text, printable

Part = RenderableType | Unbroken
_INDENT = 2
_LINES = 40
"""Of a file; a policy may be as long as its owner likes."""
_STYLE = {" ": "", "-": "red", "+": "green"}


def finding(found: Finding, report: Report, lang: Lang, console: Console) -> Iterator[Part]:
    """A finding of `report` in full."""
    style = severity_style(found.severity)
    head = Line().append(shared.SEVERITY[found.severity].say(lang), style=style)
    head.append(f" {found.rule.id}", style="cyan").append("  ")
    head.append_text(spans(found.title(lang), "" if found.severity is Severity.NOTICE else "bold"))
    yield Hanging(severity_sign(found.severity, console), head)
    column = max(Line(label.say(lang)).cell_len for label in (words.WHY, words.FIX)) + 2
    column = max(column, Line(words.WHERE.say(lang)).cell_len + 2) if found.place else column
    yield _labelled(words.WHY, spans(found.why(lang)), lang, column)
    yield _labelled(words.FIX, spans(found.fix(lang)), lang, column)
    if found.place:
        yield _labelled(words.WHERE, spans(place_text(found.place).say(lang)), lang, column)
    for change in found.records:
        if asked := asked_of(change, report, lang):
            yield Hanging(Line(), spans(asked), indent=_INDENT, column=0)
        yield from (file(change, lang) if is_file(change) else record(change, lang))
    for label, url in labelled(found.rule.references[:1], lang):
        yield Unbroken(Line(" " * _INDENT).append(f"{label}  ", style="dim").append(url, style="dim underline"))


def _labelled(label: Text, text: Line, lang: Lang, column: int) -> RenderableType:
    return Hanging(Line(label.say(lang), style="bold dim"), text, indent=_INDENT, column=column)


def record(change: RecordChange, lang: Lang) -> Iterator[Part]:
    """Old and new as in a diff, each in a line of its own that can be copied whole.

    A record that stays has no sign, and one for later is no change to make now.
    """
    old, new = change.old, change.new
    if change.later and new:
        if old is not None and old != new:
            yield _name(words.NOW, change, lang)
            yield _value(" ", printable(old), "")
        yield Hanging(
            Line(), Line(record_words.RECORD_LATER.say(lang, named(change)), style="dim"), indent=_INDENT, column=0
        )
        yield _value(" ", printable(new), "")
        return
    if old is not None and old == new:
        yield _name(words.KEEP, change, lang)
        yield _value(" ", printable(old), "")
        return
    said = words.NOW if new is None else words.DELETE if not new else words.ADD if old is None else words.CHANGE
    if old is not None or new:
        yield _name(said, change, lang)
    before, after = _compared(printable(old or ""), printable(new or ""))
    if old is not None:
        yield _value("-" if new is not None else " ", before, "red" if new is not None else "")
    if new:
        yield _value("+", after, "green")


def file(change: RecordChange, lang: Lang) -> Iterator[Part]:
    """The lines of a file to serve, each whole; as in a diff where there is one now."""
    old, new = (None if text is None else _lines(text) for text in (change.old, change.new))
    if new is None or old is None or old == new:
        said = record_words.FILE_KEEP if old == new else record_words.FILE_NOW if old else record_words.FILE_ADD
        signs = [(" ", line) for line in old or new or ()]
    else:
        said = record_words.FILE_NEW if new else record_words.FILE_DELETE
        signs = [
            (sign, line)
            for kind, a, b, c, d in SequenceMatcher(None, old, new, False).get_opcodes()
            for sign, lines in ([(" ", old[a:b])] if kind == "equal" else [("-", old[a:b]), ("+", new[c:d])])
            for line in lines
        ]
    if signs:
        marked = words.SIGNS.say(lang) if {sign for sign, _ in signs} - {" "} else ""
        yield Unbroken(Line(" " * _INDENT).append(said.say(lang, named(change)) + marked, style="bold dim"))
    for sign, line in signs[:_LINES]:
        yield _value(sign, line, _STYLE[sign])
    if len(signs) > _LINES:
        yield _value(" ", "…", "")


def _lines(text: str) -> list[str]:
    return [printable(line.removesuffix("\r")) for line in text.split("\n")] if text else []


def zone_file_note(found: Iterable[Finding], lang: Lang) -> Iterator[Part]:
    """Once below all findings."""
    if in_a_zone_file(found):
        yield Line()
        yield Hanging(Line(), spans(record_words.IN_A_ZONE_FILE.say(lang), "dim"), indent=_INDENT, column=0)


def _name(said: Text, change: RecordChange, lang: Lang) -> Part:
    line = Line(" " * _INDENT)
    line.append(said.say(lang), style="bold dim").append("  ")
    return Unbroken(line.append(f"{change.type}  {printable(change.name)}", style="bold"))


def _value(mark: str, text: str | Line, style: str) -> Part:
    line = Line(" " * (_INDENT + 2))
    line.append(f"{mark} ", style=style)
    return Unbroken(line.append_text(Line(style=style).append(text) if isinstance(text, str) else _styled(text, style)))


def _styled(text: Line, style: str) -> Line:
    text.style = style
    return text


def _compared(old: str, new: str) -> tuple[Line, Line]:
    """Both texts, with what differs underlined, where something stayed."""
    before, after = Line(old), Line(new)
    if not (old and new):
        return before, after
    olds, news = _tokens(old), _tokens(new)
    for kind, a, b, c, d in SequenceMatcher(None, [t for t, _ in olds], [t for t, _ in news], False).get_opcodes():
        if kind == "equal":
            continue
        for line, tokens, first, end in ((before, olds, a, b), (after, news, c, d)):
            for text, at in tokens[first:end]:
                line.stylize("bold underline", at, at + len(text))
    return before, after


def _tokens(text: str) -> list[tuple[str, int]]:
    return [(found[0], found.start()) for found in re.finditer(r"[^\s;]+", text)]
