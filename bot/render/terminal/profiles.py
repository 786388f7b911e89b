"""What others demand of senders, requirement by requirement: the lists that the report carries, in its order."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text as Line

from bot.conversation import words as shared
from bot.conversation.items import is_warned, item_row
from bot.conversation.phrases import broken_rules
from bot.conversation.requirement_counts import is_asked, requirement_counts
from bot.render.terminal import words
from bot.render.terminal.marks import Mark, mark_of_status, sign
from bot.render.terminal.wrapping import Hanging
from checks import PROFILES, Lang, Report, RequirementStatus, Status, Why, reason_text

_IN_FULL = "google"
"""The list whose answers stand there one by one; of the others, those that are not met, unless more is asked for."""


def profile_title(profile: str, lang: Lang) -> str:
    said = PROFILES[profile].name if profile in PROFILES else words.PROFILE.get(profile)
    return said.say(lang) if said else profile.capitalize()


def items(report: Report, lang: Lang, console: Console) -> Iterator[RenderableType]:
    """MSchecker's items with what was found of each."""
    rows = []
    for status in report.profiles.get("mschecker", ()):
        if (row := item_row(report, status, lang)) is not None:
            rows.append((status, row[0], row[2]))
    column = max((Line(title).cell_len for _, title, _ in rows), default=0) + 4
    for status, title, found in rows:
        mark = Mark.WARNING if is_warned(report, status) else mark_of_status(status)
        lead = sign(mark, console).append(f" {title}")
        yield Hanging(lead, Line(found, style="" if mark is Mark.FAILED else "dim"), indent=1, column=column)


def guidelines(report: Report, lang: Lang, console: Console, *, verbose: bool = False) -> Iterator[RenderableType]:
    """The lists of all others, each with its counts: so many met, so many not.

    `verbose`: with every requirement, and with what is only recommended.
    """
    lists = {profile: rows for profile, rows in report.profiles.items() if profile != "mschecker"}
    titles = {profile: Line(profile_title(profile, lang), style="bold") for profile in lists}
    column = max((title.cell_len for title in titles.values()), default=0) + 3
    for profile, rows in lists.items():
        counts = requirement_counts(rows, lang, in_full=verbose)
        yield Hanging(titles[profile], Line(counts, style="dim"), indent=1, column=column)
        for status in rows if verbose else filter(is_asked, rows):
            if verbose or status.status is Status.NOT_MET or (profile == _IN_FULL and _is_answered(status)):
                yield _row(report, profile, status, lang, console)


def _is_answered(status: RequirementStatus) -> bool:
    return mark_of_status(status) in (Mark.PASSED, Mark.FAILED, Mark.UNKNOWN)


def _row(report: Report, profile: str, status: RequirementStatus, lang: Lang, console: Console) -> RenderableType:
    known = PROFILES[profile].requirements if profile in PROFILES else ()
    titles = {requirement.id: requirement.title for requirement in known}
    mark = mark_of_status(status)
    if mark is Mark.FAILED and not is_asked(status):
        mark = Mark.WARNING
    title = titles[status.id].say(lang) if status.id in titles else status.id
    line = Line().append(title, style="dim" if mark in (Mark.WAITING, Mark.UNTESTED, Mark.OUTSIDE) else "")
    if status.applies in shared.APPLIES_TO and status.applies != "all":
        line.append(f" [{shared.APPLIES_TO[status.applies].say(lang)}]", style="dim")
    if note := _note(report, status, lang):
        line.append(f"  {note}", style="cyan" if status.status is Status.NOT_MET else "dim")
    return Hanging(sign(mark, console), line, indent=3)


def _note(report: Report, status: RequirementStatus, lang: Lang) -> str:
    match status.status:
        case Status.NOT_MET:
            return " ".join(broken_rules(report, status))
        case Status.NOT_MEASURABLE:
            return words.NOT_MEASURABLE.say(lang)
        case Status.NOT_KNOWN if status.so_far is Status.MET:
            return words.FINE_SO_FAR.say(lang)
        case _ if status.reason is not None and status.reason is not Why.NEEDS_MAIL:
            return reason_text(status.reason).say(lang)
        case _:
            return ""
