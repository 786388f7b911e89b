"""A report as a person reads it in a terminal.

Everything is put into `rich.text.Text`, never into console markup, so that a record cannot style or link anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text as Line

from bot.conversation import step_words as next_words
from bot.conversation.phrases import counts_text
from bot.conversation.unanswered import not_looked_up
from bot.render.terminal import words
from bot.render.terminal.authentication import authentication, hearsay
from bot.render.terminal.evidence import evidence
from bot.render.terminal.findings import Part, finding, zone_file_note
from bot.render.terminal.profiles import guidelines, items, profile_title
from bot.render.terminal.questions import not_told, questions
from bot.render.terminal.steps import steps
from bot.render.terminal.verdict import head
from bot.render.terminal.wrapping import Hanging, Heading, Unbroken
from checks import Lang, Report


def print_report(console: Console, report: Report, lang: Lang, *, verbose: bool = False) -> None:
    """Write the whole report; colours only where the console is a terminal. `verbose`: with all that was seen."""
    for part in _parts(console, report, lang, verbose=verbose):
        if isinstance(part, Unbroken):
            console.print(part.line, soft_wrap=True, highlight=False)
        else:
            console.print(part, highlight=False)


def _parts(console: Console, report: Report, lang: Lang, *, verbose: bool) -> Iterator[Part]:
    yield head(report, lang, console)
    if report.verdict is None:
        yield from _findings(console, report, lang, verbose=verbose)
        return
    if report.authentication is not None:
        yield Line()
        yield Heading(words.AUTHENTICATION.say(lang))
        yield authentication(report.authentication, lang)
        if told := report.authentication.get("hearsay"):
            yield hearsay(told, lang)
    yield from _findings(console, report, lang, verbose=verbose)
    yield Line()
    yield Heading(next_words.NEXT.say(lang))
    yield from steps(report, lang)
    yield Line()
    yield Heading(words.QUESTIONS.say(lang))
    yield from questions(report, lang, console, verbose=verbose)
    if "mschecker" in report.profiles:
        yield Line()
        yield Heading(profile_title("mschecker", lang))
        yield from items(report, lang, console)
    yield Line()
    yield Heading(words.GUIDELINES.say(lang))
    yield from guidelines(report, lang, console, verbose=verbose)
    if untold := list(not_told(report, lang)):
        yield Line()
        yield Heading(words.NOT_TOLD.say(lang))
        yield from untold
    if verbose:
        yield Line()
        yield Heading(words.EVIDENCE.say(lang))
        yield from evidence(report, lang, console)


def _findings(console: Console, report: Report, lang: Lang, *, verbose: bool) -> Iterator[Part]:
    """Worst first. Only where nothing stayed without an answer may a report be all clear."""
    shown = (*report.findings, *(report.details if verbose else ()))
    if shown:
        said = counts_text(shown, lang)
        if len(shown) > 1:
            said = words.WORST_FIRST.say(lang, {"counts": said})
        yield Line()
        yield Heading(words.FINDINGS.say(lang), said if report.verdict is not None else "")
    elif not not_looked_up(report):
        yield Line()
        yield Hanging(Line(), Line(words.NOTHING_TO_CHANGE.say(lang), style="green"), indent=1, column=0)
    for at, found in enumerate(shown):
        if at:
            yield Line()
        yield from finding(found, report, lang, console)
    yield from zone_file_note(shown, lang)
