"""Lines as English and Japanese are set: names stay whole, and no line begins with a full stop or a closing bracket."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text as Line

WIDEST = 100
"""Cells; longer lines are hard to read, however wide the terminal is."""

_NARROW = 28
"""What has to be left beside an indent for it to be kept."""

_NOT_FIRST = frozenset(
    "、。,.)」』】〉》〕]}!?:;・ー…‥々%％ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.)]}:;!?%，．）！？：；"
)
_NOT_LAST = frozenset("「『【〈《〔([{(（“‘")


def fitted(options: ConsoleOptions) -> int:
    """The width to write in."""
    return max(min(options.max_width, WIDEST), 8)


def wrapped(text: Line, width: int) -> list[Line]:
    """The text in lines of at most `width` cells, styles kept. Only what is wider than a line by itself is cut."""
    plain = text.plain
    cuts: list[int] = []
    used = 0
    for start, end in _unbreakable(plain):
        cells, bare = cell_len(plain[start:end]), cell_len(plain[start:end].rstrip(" "))
        if used and used + bare > width:
            cuts.append(start)
            used = 0
        if bare > width:
            for at in _chopped(plain, start, end, width):
                cuts.append(at)
                start = at
            cells = cell_len(plain[start:end])
        used += cells
    lines = list(text.divide(cuts)) if cuts else [text.copy()]
    for line in lines:
        line.rstrip()
    return lines


def _unbreakable(plain: str) -> Iterator[tuple[int, int]]:
    """The pieces between two places where a line may end; the blanks after a word are part of it."""
    start = 0
    for at in range(1, len(plain)):
        if _may_break(plain[at - 1], plain[at]):
            yield start, at
            start = at
    if start < len(plain):
        yield start, len(plain)


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before == " ":
        return True
    if after in _NOT_FIRST or before in _NOT_LAST or not cell_len(after):
        return False
    return cell_len(before) > 1 or cell_len(after) > 1


def _chopped(plain: str, start: int, end: int, width: int) -> Iterator[int]:
    used = 0
    for at in range(start, end):
        cells = cell_len(plain[at])
        if used + cells > width:
            yield at
            used = 0
        used += cells


class Hanging:
    """A lead and, beside it, a text whose lines all begin at one column; below each other where that is too narrow.

    `indent`: cells before the lead. `column`: cells from there to the text.
    """

    def __init__(self, lead: Line, text: Line, *, indent: int = 0, column: int = 2) -> None:
        self._lead = lead
        self._text = text
        self._indent = indent
        self._column = column

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = fitted(options)
        indent = self._indent if width - self._indent >= _NARROW else 0
        column = self._column
        if width - indent - column < _NARROW and self._lead.plain and column > 2:
            yield from _indented(wrapped(self._lead, width - indent), indent)
            yield from _indented(wrapped(self._text, width - indent - 2), indent + 2)
            return
        lines = wrapped(self._text, max(width - indent - column, 4)) or [Line()]
        lead = self._lead.copy()
        lead.append(" " * max(column - lead.cell_len, 1 if lead.plain else 0))
        first = Line(" " * indent).append_text(lead)
        yield _trimmed(first.append_text(lines[0]))
        yield from _indented(lines[1:], indent + column)


class Unbroken:
    """A value that somebody copies: one line, however long; a terminal wraps it without putting anything into it."""

    def __init__(self, line: Line) -> None:
        self.line = line


class Heading:
    """A title with a rule to the end of the line."""

    def __init__(self, title: str, note: str = "") -> None:
        self._title = title
        self._note = note

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = fitted(options)
        line = Line(self._title, style="bold")
        if self._note:
            line.append(f"  {self._note}", style="not bold dim")
        *lines, last = wrapped(line, width)
        if (rest := width - last.cell_len - 1) > 0:
            last.append(" " + ("-" if options.ascii_only else "─") * rest, style="not bold dim")
        yield from (*lines, last)


def _indented(lines: list[Line], indent: int) -> Iterator[Line]:
    for line in lines:
        yield _trimmed(Line(" " * indent).append_text(line))


def _trimmed(line: Line) -> Line:
    line.rstrip()
    line.no_wrap = True
    line.overflow = "ignore"
    return line
