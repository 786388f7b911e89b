"""The reply with the findings, one finding explained, and what changed since the last check."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.conversation import words
from bot.conversation.bounds import HEADING, bounded, cut
from bot.conversation.content import Content, Divider, Heading, Note, Paragraph, Part
from bot.conversation.phrases import (
    around,
    counts_text,
    in_a_line,
    in_full,
    mail_findings,
    verdict_text,
    zone_file_note,
)
from bot.conversation.standing import deciding_mail, fails_dmarc, waiting_mail
from bot.conversation.state import Conversation, Reports, report_of
from bot.conversation.talk_words import SINCE_OTHER, SINCE_OTHER_TITLE
from bot.conversation.unanswered import not_looked_up, unanswered_text
from checks import CATALOGUE, MSCHECKER, Finding, Lang, Outcome, Report, Severity, Status

IN_FULL = 5
MOST_LINES = 30
MOST_SERVICES = 8


def findings(state: Conversation, report: Report, reports: Reports) -> Content:
    """All findings of the domain, worst first: five in full, the others in a line each."""
    lang = state.lang
    summary = words.FINDINGS.say(lang, {"domain": state.row.shown})
    parts = _parts(report, lang, summary, fault=_fault_in_mail(state, reports), held=fails_dmarc(state, reports))
    return Content(lang, summary, tuple(parts))


def _fault_in_mail(state: Conversation, reports: Reports) -> bool:
    seen = waiting_mail(state, reports) or deciding_mail(state, reports)
    if seen is None or seen.report is None:
        return False
    return any(not is_effect_of_dns(f) for f in serious(mail_findings(report_of(reports, seen.report))))


def is_effect_of_dns(finding: Finding) -> bool:
    """A permerror of the mail that the domain's own SPF record caused: mended in DNS, and gone with the next mail."""
    return finding.variant == "permerror_own"


def depends_on_the_server(finding: Finding) -> bool:
    """Whether something has to change at all depends on whose the server is, which only the reader knows."""
    return finding.rule.id == "SPF401" and (finding.variant or "").endswith(("_if_own", "_include", "_maybe_copy"))


def serious(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that something has to be done about: a notice is advice."""
    return tuple(f for f in found if f.severity.rank <= Severity.WARNING.rank)


def _parts(report: Report, lang: Lang, heading: str, *, fault: bool, held: bool) -> Iterator[Part]:
    found, unknown = report.findings, not_looked_up(report, of_mail=False)
    yield Heading(cut(heading, HEADING))
    if found:
        said = words.FINDINGS_COUNT if len(found) == 1 else words.FINDINGS_SORTED
        yield Paragraph(said.say(lang, {"counts": counts_text(found, lang)}))
    fault = fault and not serious(found)
    if not found and (unknown or not fault):
        yield Paragraph((words.CLEAR_AS_FAR if unknown else words.ALL_CLEAR).say(lang))
    if fault:
        yield Paragraph((words.FAULT_SEEN_IN_MAIL if unknown else words.FAULT_IN_MAIL).say(lang))
    for finding in found[:IN_FULL]:
        yield Divider()
        yield from in_full(finding, lang, report, held=held)
    yield from zone_file_note(found[:IN_FULL], lang)
    yield from in_lines(found[IN_FULL:], lang, "domain")
    if untold := unanswered_text(report, unknown, lang):
        yield Divider()
        yield Paragraph(untold)
    if services := _services(report):
        yield Note(words.SEEN_IN_DNS.say(lang, {"services": services}))


def _services(report: Report) -> tuple[str, ...]:
    """Who the DNS shows to handle the domain's mail, each with what shows it."""
    seen = (report.evidence.get("ProvidersEvidence") or {}).get("services", ())
    return tuple(_service(each) for each in seen[:MOST_SERVICES])


def _service(seen: Mapping[str, Any]) -> str:
    signs = ", ".join(dict.fromkeys(str(sign["kind"]).upper() for sign in seen["signs"]))
    return f"{seen['name']} ({signs})"


def in_lines(found: tuple[Finding, ...], lang: Lang, where: str, *, also: bool = True) -> Iterator[Part]:
    """A line with a button each; `also`: others stand above in full."""
    if not found:
        return
    yield Divider()
    yield Paragraph("", lead=(words.MORE if also else words.LINES).say(lang))
    for finding in found[:MOST_LINES]:
        yield in_a_line(finding, lang, where)
    if len(found) > MOST_LINES:
        yield Note(words.MORE_LEFT_OUT.say(lang, {"n": len(found) - MOST_LINES}))


def explanation(finding: Finding, lang: Lang, report: Report | None = None) -> Content:
    """One finding of a report in full, for whoever pressed *Explain*."""
    parts = (*in_full(finding, lang, report), *zone_file_note((finding,), lang))
    return Content(lang, bounded(finding).title(lang), parts)


def differences(before: Report, after: Report, lang: Lang) -> list[str]:
    """What a second check of the same domain gave that the first did not, as sentences; empty if nothing."""
    old = {(f.rule.id, f.subject): f for f in before.findings}
    new = {(f.rule.id, f.subject): f for f in after.findings}
    said: list[str] = []
    if verdict_text(before, lang) != verdict_text(after, lang):
        facts = {"old": verdict_text(before, lang), "new": verdict_text(after, lang)}
        said.append(words.SINCE_VERDICT.say(lang, facts))
    asked = {result.id for result in after.checks if result.outcome in (Outcome.PASSED, Outcome.FAILED)}
    for key, finding in old.items():
        # A question that got no answer this time solves nothing.
        if key not in new and _answered(finding, asked):
            said.append(around(words.SINCE_GONE, lang, title=bounded(finding).title(lang)))
    for key, finding in new.items():
        title = bounded(finding).title(lang)
        if key not in old:
            said.append(around(words.SINCE_NEW, lang, title=title))
        elif finding.facts != old[key].facts:
            before_title = bounded(old[key]).title(lang)
            other = SINCE_OTHER if title == before_title else SINCE_OTHER_TITLE
            said.append(around(other, lang, title=title, before=before_title))
    return said + _items(before, after, lang)


def _answered(finding: Finding, asked: set[str]) -> bool:
    return any(check.id in asked for check in CATALOGUE.checks if finding.rule in check.rules)


def _items(before: Report, after: Report, lang: Lang) -> list[str]:
    open_states = (Status.NOT_TESTABLE, Status.NOT_KNOWN)
    old = {each.id: each.status for each in before.profiles.get("mschecker", ())}
    titles = {each.id: each.title for each in MSCHECKER}
    said = []
    for each in after.profiles.get("mschecker", ()):
        if each.id not in titles:
            continue
        then = old.get(each.id, each.status)
        item = {"item": titles[each.id].say(lang)}
        if then in open_states and each.status is Status.MET:
            said.append(words.SINCE_KNOWN.say(lang, item))
        elif then in (Status.MET, Status.NOT_MET) and each.status is Status.NOT_TESTABLE:
            said.append(words.SINCE_UNKNOWN.say(lang, item))
    return said


def since(before: Report, after: Report, lang: Lang) -> Content:
    lead = words.SINCE.say(lang)
    lines = differences(before, after, lang)
    shown = [*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])]
    return Content(lang, lead, (Paragraph("\n".join(shown), lead=lead, breaks=True),))
