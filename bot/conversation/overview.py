"""The root message of one command with several domains: one row each, details behind buttons."""

from bot.conversation import words
from bot.conversation.bounds import LABEL, bounded, cut
from bot.conversation.content import Action, Button, Buttons, Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.phrases import CELL, language_button, listed, plain, verdict_text
from bot.conversation.state import Conversation, Reports, Row, report_of
from bot.conversation.unanswered import not_looked_up
from checks import Lang

NAME = 60


def overview(state: Conversation, reports: Reports) -> Content:
    lang = state.lang
    done = sum(row.run is None for row in state.rows)
    heading = words.OVERVIEW.say(lang, {"n": len(state.rows)})
    if state.is_running:
        line = words.OVERVIEW_RUNNING.say(lang, {"done": done, "n": len(state.rows)})
    else:
        line = words.OVERVIEW_DONE.say(lang)
    notes: list[Part] = [Note(f"`{row.shown}`: {row.note.say(lang)}") for row in state.rows if row.note is not None]
    aliases = [f"`{row.shown}` = `{row.ascii}`" for row in state.rows if row.shown != row.ascii]
    if aliases:
        notes.append(Note(listed(lang, aliases)))
    details = tuple(
        Button(
            Action.CHECK_DOMAIN, cut(words.BUTTON_DETAILS.say(lang, {"domain": cut(row.shown, NAME)}), LABEL), row.ascii
        )
        for row in state.rows
    )
    header = words.DOMAIN.say(lang), words.VERDICT.say(lang), words.WORST.say(lang)
    table = Table(header, tuple(_row(row, reports, lang) for row in state.rows))
    again = Button(Action.CHECK_AGAIN, words.BUTTON_CHECK_AGAIN.say(lang))
    buttons = Buttons(details), Buttons((again, language_button(lang)))
    parts = (Heading(heading), Paragraph(line), *notes, *buttons, table)
    return Content(lang, heading, parts)


def _row(row: Row, reports: Reports, lang: Lang) -> tuple[str, str, str]:
    name = cut(row.shown, NAME)
    if row.report is None:
        return name, (words.ROW_FAILED if row.failed else words.ROW_RUNNING).say(lang), "–"
    report = report_of(reports, row.report)
    worst = report.findings[0] if report.findings else None
    if worst is not None:
        found = cut(plain(bounded(worst).title(lang)), CELL)
    else:
        found = (words.NOT_TOLD if not_looked_up(report) else words.NOTHING_WRONG).say(lang)
    return name, verdict_text(report, lang), found
