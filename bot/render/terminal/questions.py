"""Every question by topic, in the order of the catalogue, with a mark for its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text as Line

from bot.conversation.phrases import plain
from bot.conversation.unanswered import not_looked_up, unanswered_text
from bot.render.terminal import words
from bot.render.terminal.marks import Mark, mark_of_result, mark_of_status, sign
from bot.render.terminal.wrapping import Hanging, fitted
from checks import CATALOGUE, Check, CheckResult, Lang, Report, Text, Why, reason_text

_SPACE = 2
_COUNTED: Mapping[Mark, tuple[Text, Text]] = {
    Mark.WAITING: words.N_NEED_A_MAIL,
    Mark.UNTESTED: words.N_NOT_TESTED,
    Mark.OUTSIDE: words.N_NOT_APPLICABLE,
}


def topic_title(topic: str, lang: Lang) -> str:
    """Of a topic without a word of its own, its id in capitals."""
    said = words.TOPIC.get(topic)
    return said.say(lang) if said else topic.upper()


def asked(report: Report) -> list[tuple[Check, CheckResult]]:
    """The questions of the report that this catalogue still has."""
    checks = {check.id: check for check in CATALOGUE.checks}
    return [(checks[result.id], result) for result in report.checks if result.id in checks]


def questions(report: Report, lang: Lang, console: Console, *, verbose: bool = False) -> Iterator[RenderableType]:
    """A line for each topic: what passed and failed by name, the rest counted; `verbose`: a line for each question."""
    by_topic: dict[str, list[tuple[Check, CheckResult]]] = {}
    for check, result in asked(report):
        by_topic.setdefault(check.topic, []).append((check, result))
    column = max((Line(topic_title(topic, lang)).cell_len for topic in by_topic), default=0) + 3
    # The items of MSchecker below have the same signs.
    used = {mark_of_status(status) for status in report.profiles.get("mschecker", ())}
    for topic, pairs in by_topic.items():
        title = Line(topic_title(topic, lang), style="bold")
        used |= {mark_of_result(result) for _, result in pairs}
        if verbose:
            for at, (check, result) in enumerate(pairs):
                yield Hanging(Line() if at else title, _in_full(check, result, lang, console), indent=1, column=column)
        else:
            yield _Row(title, _pieces(pairs, lang, console), column)
    yield _legend(used, lang, console)


def _pieces(pairs: Sequence[tuple[Check, CheckResult]], lang: Lang, console: Console) -> list[Line]:
    pieces = []
    counted: dict[Mark, int] = {}
    for check, result in pairs:
        mark = mark_of_result(result)
        if mark in _COUNTED:
            counted[mark] = counted.get(mark, 0) + 1
        else:
            pieces.append(_named(check, result, mark, lang, console))
    for mark, (one, several) in _COUNTED.items():
        if n := counted.get(mark):
            said = one.say(lang) if n == 1 else several.say(lang, {"n": n})
            pieces.append(sign(mark, console).append(f" {said}", style="dim"))
    return pieces


def _named(check: Check, result: CheckResult, mark: Mark, lang: Lang, console: Console) -> Line:
    title = Line(" ").append(plain(check.title.say(lang)), style="" if mark in (Mark.PASSED, Mark.NOTICE) else "bold")
    line = sign(mark, console).append_text(title)
    if named := dict.fromkeys(f.rule.id for f in result.findings if not f.rule.is_detail):
        line.append(" " + " ".join(named), style="cyan")
    return line


def _in_full(check: Check, result: CheckResult, lang: Lang, console: Console) -> Line:
    line = _named(check, result, mark_of_result(result), lang, console)
    if result.reason is not None and result.reason is not Why.NEEDS_MAIL:
        line.append(f"  {reason_text(result.reason).say(lang)}", style="dim")
    return line


def _legend(used: Set[Mark], lang: Lang, console: Console) -> RenderableType:
    pieces = [
        sign(mark, console).append(f" {words.LEGEND[mark].say(lang)}", style="dim") for mark in Mark if mark in used
    ]
    return _Row(Line(), pieces, 0)


class _Row:
    """A title, and pieces beside it that stay whole, as many to the line as there is room for."""

    def __init__(self, title: Line, pieces: Sequence[Line], column: int) -> None:
        self._title = title
        self._pieces = pieces
        self._column = column

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = fitted(options) - self._column - 1
        lines: list[Line] = [Line()]
        for piece in self._pieces:
            if lines[-1].plain and lines[-1].cell_len + _SPACE + piece.cell_len > width:
                lines.append(Line())
            if lines[-1].plain:
                lines[-1].append(" " * _SPACE)
            lines[-1].append_text(piece)
        for at, line in enumerate(lines):
            yield Hanging(Line() if at else self._title, line, indent=1, column=self._column)


def not_told(report: Report, lang: Lang) -> Iterator[RenderableType]:
    """What stayed without an answer, and why: what failed, what we did not test, what only a mail can tell."""
    if untold := unanswered_text(report, not_looked_up(report), lang):
        yield _point(untold, "bold magenta")
    waiting: dict[str, None] = {}
    untested: dict[Why, list[str]] = {}
    n = 0
    for check, result in asked(report):
        mark = mark_of_result(result)
        if mark is Mark.WAITING:
            waiting[topic_title(check.topic, lang)] = None
            n += 1
        elif mark is Mark.UNTESTED and result.reason is not None:
            untested.setdefault(result.reason, []).append(plain(check.title.say(lang)))
    comma = "、" if lang == "ja" else ", "
    for why, titles in untested.items():
        facts = {"reason": reason_text(why).say(lang), "questions": comma.join(titles)}
        yield _point(words.NOT_TESTED.say(lang, facts))
    if n:
        one, several = words.NEED_A_MAIL
        yield _point((one if n == 1 else several).say(lang, {"n": n, "topics": comma.join(waiting)}))


def _point(said: str, style: str = "") -> RenderableType:
    return Hanging(Line(), spans(said, style), indent=1, column=0)


def spans(text: str, style: str = "") -> Line:
    """Backticks are the only markup of a text: what stands between two of them is a value."""
    line = Line(style=style)
    for index, part in enumerate(text.split("`")):
        line.append(part, style="bold cyan" if index % 2 else "")
    return line
