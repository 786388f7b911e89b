"""The root message of a thread about one domain: verdict, items, buttons."""

from collections.abc import Iterator

from bot.conversation import words
from bot.conversation.bounds import cut
from bot.conversation.content import Action, Button, Buttons, Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.findings import not_looked_up
from bot.conversation.phrases import counts_text, item_row, language_button, verdict_text
from bot.conversation.standing import current_report, deciding_mail
from bot.conversation.state import Conversation, Reports, report_of
from checks import Report, Text, Verdict

HEADING = 150
BAR = 12


def root(state: Conversation, reports: Reports) -> Content:
    """Before, during and after checks; the language is the thread's."""
    lang, row = state.lang, state.row
    report = current_report(state, reports)
    if report is None:
        said = words.CHECK_FAILED if row.failed else words.CHECKING
        summary = said.say(lang, {"domain": row.shown})
    else:
        summary = words.VERDICT_OF.say(lang, {"domain": row.shown, "verdict": verdict_text(report, lang)})
    return Content(lang, summary, tuple(_parts(state, reports, report)))


def _parts(state: Conversation, reports: Reports, report: Report | None) -> Iterator[Part]:
    lang, row = state.lang, state.row
    yield Heading(cut(row.shown, HEADING))
    if row.shown != row.ascii:
        yield Note(words.ALABEL.say(lang, {"ascii": row.ascii}))
    if row.note is not None:
        yield Note(row.note.say(lang))
    if report is None:
        yield from _without_report(state)
        return
    yield Paragraph(_explained(state, reports, report), lead=verdict_text(report, lang), breaks=True)
    counted = counts_text(report.findings, lang)
    if report.verdict is not None:
        nothing = words.CLEAR_AS_FAR if not_looked_up(report, lang) else words.NO_FINDINGS
        yield Note(words.COUNTS.say(lang, {"counts": counted}) if counted else nothing.say(lang))
    yield from _about_the_last_check(state)
    yield Buttons(_buttons(state, report))
    if report.verdict is not None:
        items = report.profiles.get("mschecker", ())
        header = words.ITEM.say(lang), words.STATE.say(lang), words.FOUND.say(lang)
        if items:
            yield Table(header, tuple(item_row(report, status, lang) for status in items))


def _without_report(state: Conversation) -> Iterator[Part]:
    lang = state.lang
    if state.row.failed:
        yield Paragraph(words.CHECK_FAILED.say(lang))
        yield Buttons((Button(Action.CHECK_AGAIN, words.BUTTON_CHECK_AGAIN.say(lang)), language_button(lang)))
    else:
        yield Paragraph(words.CHECKING_LINE.say(lang))
        yield from _progress(state)


def _progress(state: Conversation) -> Iterator[Part]:
    if state.total:
        filled = BAR * state.done // state.total
        bar = "▰" * filled + "▱" * (BAR - filled)
        facts: dict[str, str | int] = {"bar": bar, "done": state.done, "total": state.total}
        yield Note(words.PROGRESS.say(state.lang, facts))


def _explained(state: Conversation, reports: Reports, report: Report) -> str:
    lang = state.lang
    if report.verdict is None:
        return report.findings[0].title(lang) if report.findings else ""
    why: list[str] = []
    if report.verdict is Verdict.UNDETERMINED:
        why.append(words.UNDETERMINED_WHY.say(lang))
    if report.provisional:
        why.append(_provisional(state).say(lang))
    elif (mail := deciding_mail(state, reports)) is not None and mail.report is not None:
        seen = report_of(reports, mail.report).mail
        sender: str = cut((seen.from_address if seen else None) or "?")
        ip: str = (seen.client_ip if seen else None) or "?"
        why.append(words.FINAL_BY_MAIL.say(lang, {"sender": sender, "ip": ip}))
    elif report.non_sending:
        why.append(words.FINAL_NON_SENDING.say(lang))
    return ("" if lang == "ja" else " ").join(why)


def _provisional(state: Conversation) -> Text:
    return words.PROVISIONAL_WHY if state.address is not None else words.PROVISIONAL_NO_MAILBOX


def _about_the_last_check(state: Conversation) -> Iterator[Part]:
    if state.is_running:
        yield Note(words.CHECKING_AGAIN.say(state.lang))
        yield from _progress(state)
    elif state.row.failed:
        yield Note(words.CHECK_FAILED.say(state.lang))
    elif state.unchanged:
        yield Note(words.UNCHANGED.say(state.lang))


def _buttons(state: Conversation, report: Report) -> tuple[Button, ...]:
    lang = state.lang
    again = Button(Action.CHECK_AGAIN, words.BUTTON_CHECK_AGAIN.say(lang))
    if state.address is None or report.verdict is None or report.non_sending:
        return again, language_button(lang)
    send = Button(Action.SEND_TEST, words.BUTTON_SEND_TEST.say(lang), primary=report.provisional)
    return send, again, language_button(lang)
