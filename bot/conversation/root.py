"""The root message of a thread about one domain: verdict, items, buttons."""

from collections.abc import Iterator

from bot.conversation import mail_words, step_words, words
from bot.conversation.bounds import HEADING, bounded, cut
from bot.conversation.content import Action, Button, Buttons, Content, Heading, Note, Paragraph, Part, Table
from bot.conversation.findings import is_effect_of_dns, serious
from bot.conversation.items import item_row, others_row
from bot.conversation.mail import why_unused
from bot.conversation.phrases import (
    around,
    counts_by_place,
    counts_text,
    language_button,
    mail_findings,
    ours_buttons,
    shortened,
    verdict_text,
)
from bot.conversation.standing import current_report, deciding_mail, dmarc_result, domain_report, unused, waiting_mail
from bot.conversation.state import Conversation, Reports, report_of
from bot.conversation.steps import numbered, steps
from bot.conversation.unanswered import is_bogus, not_looked_up, unanswered_text
from checks import Finding, Lang, Report, Severity, Status, Verdict

BAR = 12
CAUSES = 3
TITLE = 220


def root(state: Conversation, reports: Reports) -> Content:
    """Before, during and after checks; the language is the thread's."""
    lang, row = state.lang, state.row
    report = current_report(state, reports)
    if report is None:
        said = words.CHECK_FAILED if row.failed else words.CHECKING
        summary = said.say(lang, {"domain": row.shown})
    else:
        verdict = _question(state, reports) or verdict_text(report, lang)
        summary = words.VERDICT_OF.say(lang, {"domain": row.shown, "verdict": verdict})
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
    question = _question(state, reports)
    lead = question or verdict_text(report, lang)
    yield Paragraph(_explained(state, reports, report), lead=lead, breaks=True)
    if report.verdict is None:
        yield from _about_the_last_check(state)
        yield Buttons(_buttons(state, reports, report, None))
        return
    yield from _causes(state, reports)
    yield from _counts(state, reports)
    yield from _unused(state, reports)
    yield from _about_the_last_check(state)
    given = steps(state, reports)
    if not state.is_running:
        yield Paragraph("\n".join(numbered(given, state)), lead=step_words.NEXT.say(lang), breaks=True)
    yield Buttons(_buttons(state, reports, report, given.first))
    yield from _items(report, lang, waiting=question is not None)


def _items(report: Report, lang: Lang, *, waiting: bool) -> Iterator[Part]:
    shown = [
        (status, item_row(report, status, lang, waiting=waiting)) for status in report.profiles.get("mschecker", ())
    ]
    rows = [(status, row) for status, row in shown if row is not None]
    if rows:
        header = words.ITEM.say(lang), words.STATE.say(lang), words.FOUND.say(lang)
        failing = [at for at, (status, _) in enumerate(rows) if status.status is Status.NOT_MET]
        is_fault, others = others_row(report, lang)
        if is_fault:
            failing.append(len(rows))
        yield Table(header, (*(row for _, row in rows), others), tuple(failing))


def _question(state: Conversation, reports: Reports) -> str | None:
    """Whose the mail is that waits for an answer, if one does."""
    seen = waiting_mail(state, reports)
    if seen is None or seen.report is None:
        return None
    report = report_of(reports, seen.report)
    facts = report.mail
    if facts is None or facts.aligned_pass is None:
        said = words.WAITING["unknown"]
    else:
        said = words.WAITING["fail" if dmarc_result(report) == "fail" else "unproven"]
    return said.say(state.lang, {"sender": cut((facts and facts.from_address) or "?", 100)})


def _causes(state: Conversation, reports: Reports) -> Iterator[Part]:
    """What the worst findings say, so that nobody has to open the thread to learn what is wrong."""
    in_dns, in_mail = _found(state, reports)
    found = sorted(serious((*in_dns, *in_mail)), key=lambda finding: finding.severity.rank)
    lines = []
    for finding in found[:CAUSES]:
        sign = "✗" if finding.severity.rank <= Severity.ERROR.rank else "!"
        title = shortened(bounded(finding).title(state.lang), TITLE)
        lines.append(around(words.CAUSE, state.lang, sign=sign, rule=finding.rule.id, title=title))
    if lines:
        yield Paragraph("\n".join(lines))


def _found(state: Conversation, reports: Reports) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What DNS shows and what the deciding mail does; one fault that shows in both counts where it can be mended."""
    domain, seen = domain_report(state, reports), deciding_mail(state, reports)
    in_dns = domain.findings if domain is not None else ()
    if seen is None or seen.report is None or waiting_mail(state, reports) is not None:
        return in_dns, ()
    return in_dns, tuple(f for f in mail_findings(report_of(reports, seen.report)) if not is_effect_of_dns(f))


def _counts(state: Conversation, reports: Reports) -> Iterator[Part]:
    """How many findings there are, and where. A mail that waits for an answer is counted as the mail."""
    lang, domain = state.lang, domain_report(state, reports)
    seen = waiting_mail(state, reports) or deciding_mail(state, reports)
    if domain is None:
        return
    mail = report_of(reports, seen.report) if seen is not None and seen.report is not None else None
    waits = waiting_mail(state, reports) is not None
    if mail is None or waits:
        counted = counts_text(domain.findings, lang)
    else:
        # One fault that shows in both places counts once, where it can be mended.
        own = tuple(f for f in mail_findings(mail) if not is_effect_of_dns(f))
        counted = counts_by_place(domain.findings, own, lang)
    if counted:
        yield Note(words.COUNTS.say(lang, {"counts": counted}))
    if mail is not None and waits and (found := counts_text(mail_findings(mail), lang)):
        yield Note(mail_words.WAITING_COUNTS.say(lang, {"counts": found}))
    unanswered = (*not_looked_up(domain, of_mail=False), *(not_looked_up(mail, of_mail=True) if mail else ()))
    if untold := unanswered_text(domain, unanswered, lang):
        yield Note(untold)


def _unused(state: Conversation, reports: Reports) -> Iterator[Part]:
    """The mails that tell nothing of the domain, so that nobody waits for a verdict from them."""
    if not (mails := unused(state, reports)):
        return
    reason = why_unused(mails[-1], state, reports)
    text = mail_words.UNUSED if len(mails) == 1 else mail_words.UNUSED_MANY
    yield Note(around(text, state.lang, n=str(len(mails)), reason=reason))


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
    """What the verdict rests on; below a question, the verdict itself."""
    lang = state.lang
    if report.verdict is None:
        return report.findings[0].title(lang) if report.findings else ""
    if waiting_mail(state, reports) is not None:
        said = words.WAITING_SO_FAR if report.provisional else words.WAITING_DECIDED
        return around(said, lang, verdict=verdict_text(report, lang))
    if report.verdict is Verdict.UNDETERMINED:
        return words.UNDETERMINED_WHY.say(lang)
    if report.provisional:
        return _provisional(state, report)
    if (mail := deciding_mail(state, reports)) is not None and mail.report is not None:
        seen = report_of(reports, mail.report).mail
        sender: str = cut((seen.from_address if seen else None) or "?")
        ip: str = (seen.client_ip if seen else None) or "?"
        return words.FINAL_BY_MAIL.say(lang, {"sender": sender, "ip": ip})
    return words.FINAL_NON_SENDING.say(lang) if report.non_sending else ""


def _provisional(state: Conversation, report: Report) -> str:
    lang, found = state.lang, serious(report.findings)
    if is_bogus(report):
        return words.PROVISIONAL_BOGUS.say(lang)
    if state.address is None:
        return words.PROVISIONAL_NO_MAILBOX.say(lang)
    if report.verdict is not Verdict.SAFE:
        return words.PROVISIONAL_WHY.say(lang)
    if found:
        return words.PROVISIONAL_SAFE_BUT.say(lang, {"counts": counts_text(found, lang)})
    return words.PROVISIONAL_SAFE.say(lang)


def _about_the_last_check(state: Conversation) -> Iterator[Part]:
    if state.is_running:
        yield Note(words.CHECKING_AGAIN.say(state.lang))
        yield from _progress(state)
    elif state.row.failed:
        yield Note(words.CHECK_FAILED.say(state.lang))
    elif state.unchanged:
        yield Note(words.UNCHANGED.say(state.lang))


def _buttons(state: Conversation, reports: Reports, report: Report, first: Action | None) -> tuple[Button, ...]:
    """`first`: the one that is the next step, which is shown in green."""
    lang = state.lang
    again = Button(Action.CHECK_AGAIN, words.BUTTON_CHECK_AGAIN.say(lang), primary=first is Action.CHECK_AGAIN)
    # Behind a broken chain of trust a mail tells nothing; the next check brings the button back.
    if state.address is None or report.verdict is None or report.non_sending or is_bogus(report):
        return again, language_button(lang)
    send = Button(Action.SEND_TEST, words.BUTTON_SEND_TEST.say(lang), primary=first is Action.SEND_TEST)
    others = (send, again) if first is not Action.CHECK_AGAIN else (again, send)
    seen = waiting_mail(state, reports)
    return (*(ours_buttons(seen.id, lang) if seen else ()), *others, language_button(lang))
