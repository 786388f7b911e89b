"""What to do next: the same steps as in a thread, in the words of a command line."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from bot.conversation import step_words as shared
from bot.conversation.findings import is_effect_of_dns, serious
from bot.conversation.phrases import mail_findings, rules_named
from bot.conversation.records import Wait, are_own_records
from bot.conversation.steps import joined, wait_text
from bot.conversation.unanswered import is_bogus, not_looked_up
from bot.render.terminal import step_words as words
from bot.render.terminal.questions import spans
from bot.render.terminal.wrapping import Hanging
from checks import Finding, Lang, Report, Text, Verdict

_WAIT = {
    Wait.OLD_RECORDS: words.TTL,
    Wait.NO_RECORDS: words.ADDED,
    Wait.ELSEWHERE: words.ELSEWHERE,
    Wait.NOTHING: words.THEN_AGAIN,
}


def steps(report: Report, lang: Lang) -> Iterator[RenderableType]:
    """Numbered, unless there is only one."""
    given = list(_steps(report, lang))
    for n, line in enumerate(given, 1):
        lead = Line(f"{n}." if len(given) > 1 else "")
        yield Hanging(lead, spans(line), indent=1, column=3 if len(given) > 1 else 0)


def _steps(report: Report, lang: Lang) -> Iterator[str]:
    found = serious(report.findings)
    if is_bogus(report):
        texts: list[tuple[Text, tuple[Finding, ...]]] = [(words.DNSSEC, ()), (words.DNSSEC_THEN, ())]
    elif found:
        texts = list(_changes(report, found))
    else:
        texts = list(_nothing_found(report))
    for text, named in texts:
        facts = {"domain": report.subject, "rules": rules_named(named, lang)}
        yield text.say(lang, {name: facts[name] for name in text.fields()})


def _changes(report: Report, found: tuple[Finding, ...]) -> Iterator[tuple[Text, tuple[Finding, ...]]]:
    is_mail = report.kind == "message"
    of_mail = {id(f) for f in mail_findings(report)} if is_mail else set()
    in_mail = tuple(f for f in found if id(f) in of_mail and not is_effect_of_dns(f))
    in_dns = tuple(f for f in found if id(f) not in of_mail)
    if in_dns:
        yield (words.DNS if are_own_records(in_dns, report) else words.DO), in_dns
    may_be_anothers = bool(in_mail and report.mail and report.mail.forwarded)
    if may_be_anothers:
        yield words.DIRECT, in_mail
    elif in_mail:
        no_record = not in_dns and all(f.rule.in_system for f in in_mail)
        yield (words.SYSTEM if no_record else words.DO), in_mail
    if not in_dns:
        if not may_be_anothers:
            yield words.MAIL_AGAIN, ()
        return
    wait = wait_text(_WAIT, words.TTL_OF, in_dns, report)
    if is_mail:
        yield joined(wait, words.MAIL_AGAIN), ()
        return
    yield wait, ()
    if not report.non_sending:
        yield words.THEN_MAIL, ()


def _nothing_found(report: Report) -> Iterator[tuple[Text, tuple[Finding, ...]]]:
    notices = report.findings
    if report.verdict is Verdict.UNDETERMINED:
        yield (words.TRY_MAIL_AGAIN if report.kind == "message" else words.TRY_AGAIN), ()
        yield shared.STEP_ASK_OPERATOR, ()
        return
    if report.kind == "message" and not_looked_up(report, of_mail=True):
        yield words.TRY_MAIL_AGAIN, ()
    elif report.provisional:
        yield words.MAIL, ()
    else:
        yield shared.STEP_NONE, ()
    if notices:
        yield words.ADVICE, notices
