"""The head of a report: which domain, the verdict, and what it rests on."""

from __future__ import annotations

from rich.box import ROUNDED
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.text import Text as Line

from bot.conversation import words
from bot.conversation.mail import forwarding_signs
from bot.conversation.phrases import around, counts_text, verdict_text
from bot.conversation.unanswered import is_bogus
from bot.render.terminal.marks import Mark, sign
from bot.render.terminal.questions import spans
from bot.render.terminal.words import FORWARDED
from bot.render.terminal.wrapping import Hanging, fitted
from checks import Lang, Report, Verdict, printable

STYLE = {
    Verdict.DANGER: "bold white on red",
    Verdict.MAIL_NEEDS_WORK: "bold red",
    Verdict.DNS_NEEDS_WORK: "bold yellow",
    Verdict.SAFE: "bold green",
    Verdict.UNDETERMINED: "bold magenta",
    None: "bold magenta",
}
_BORDER = {Verdict.DANGER: "red", None: "magenta"}
MARK = {
    Verdict.DANGER: Mark.FAILED,
    Verdict.MAIL_NEEDS_WORK: Mark.FAILED,
    Verdict.DNS_NEEDS_WORK: Mark.WARNING,
    Verdict.SAFE: Mark.PASSED,
    Verdict.UNDETERMINED: Mark.UNKNOWN,
    None: Mark.UNKNOWN,
}


def name_of(report: Report) -> str:
    """The domain as people write it, and as the DNS has it where that differs."""
    return printable(report.shown if report.shown == report.subject else f"{report.shown} ({report.subject})")


def head(report: Report, lang: Lang, console: Console) -> RenderableType:
    style = STYLE[report.verdict]
    lines: list[RenderableType] = [
        Hanging(Line(), Line(name_of(report), style="bold"), column=0),
        Hanging(sign(MARK[report.verdict], console), Line(verdict_text(report, lang), style=style)),
    ]
    if report.findings and report.verdict is not None:
        lines.append(Hanging(Line(), Line(counts_text(report.findings, lang))))
    if basis := _basis(report, lang):
        lines.append(Hanging(Line(), spans(basis, "dim")))
    border = _BORDER.get(report.verdict, style.removeprefix("bold "))
    return Panel(Group(*lines), box=ROUNDED, border_style=border, padding=(0, 1), width=fitted(console.options))


def _basis(report: Report, lang: Lang) -> str:
    """What the verdict rests on; "" where it needs no word."""
    if report.mail is not None and report.mail.forwarded:
        return around(FORWARDED, lang, signs=forwarding_signs(report, lang))
    if report.kind == "message" or report.verdict is None:
        return ""
    if report.verdict is Verdict.UNDETERMINED:
        return words.UNDETERMINED_WHY.say(lang)
    if report.non_sending:
        return words.FINAL_NON_SENDING.say(lang)
    if not report.provisional:
        return ""
    return (words.PROVISIONAL_BOGUS if is_bogus(report) else words.PROVISIONAL_WHY).say(lang)
