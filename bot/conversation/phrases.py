"""Small phrases that several messages share: verdicts, counts, states, one finding in full or in a line."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.conversation import record_words, records, words
from bot.conversation.bounds import bounded, cut
from bot.conversation.content import Action, Button, Line, Note, Paragraph, Part, References
from bot.conversation.references import labelled
from checks import (
    CATALOGUE,
    VERDICT_TITLES,
    Finding,
    Lang,
    Report,
    RequirementStatus,
    Severity,
    Status,
    Text,
    Verdict,
    Why,
    place_text,
    reason_text,
)

CELL = 90
RULES = 4
"""Named at a time; which they are says where to read on, not how many."""


def plain(markup: str) -> str:
    """A sentence without its backticks, for places that show no code."""
    return markup.replace("`", "")


def shortened(markup: str, most: int) -> str:
    """A sentence of at most `most` characters and a mark; a code span that was cut is closed."""
    kept = cut(markup, most)
    return kept + "`" if kept.count("`") % 2 else kept


def around(text: Text, lang: Lang, **said: str) -> str:
    """A sentence around sentences that were already said, whose code marks stay."""
    return (text.ja if lang == "ja" else text.en).format(**said)


def listed(lang: Lang, items: Iterable[str]) -> str:
    return ("、" if lang == "ja" else ", ").join(items)


def rules_named(found: Iterable[Finding], lang: Lang) -> str:
    """`SPF001, SPF304`, a few of them."""
    ids = list(dict.fromkeys(f.rule.id for f in found))
    return listed(lang, ids[:RULES] + (["…"] if len(ids) > RULES else []))


def verdict_text(report: Report, lang: Lang) -> str:
    """`Safe (provisional)`, or that the domain does not exist. What is undetermined is not provisional as well."""
    if report.verdict is None:
        return words.NO_VERDICT.say(lang)
    title = VERDICT_TITLES[report.verdict].say(lang)
    if report.provisional and report.verdict is not Verdict.UNDETERMINED:
        return words.PROVISIONAL.say(lang, {"verdict": title})
    return title


def counts_text(findings: Iterable[Finding], lang: Lang) -> str:
    """`2 errors, 1 notice`; empty without findings."""
    counted = Counter(finding.severity for finding in findings)
    return listed(lang, [_count(severity, n, lang) for severity in Severity if (n := counted[severity])])


def _count(severity: Severity, n: int, lang: Lang) -> str:
    one, several = words.COUNT_OF[severity]
    return one.say(lang) if n == 1 else several.say(lang, {"n": n})


def counts_by_place(in_dns: Iterable[Finding], in_mail: Iterable[Finding], lang: Lang) -> str:
    """`2 errors (1 in DNS, 1 in the mail), 1 notice (in DNS)`; empty without findings."""
    dns, mail = (Counter(f.severity for f in found) for found in (in_dns, in_mail))
    said = []
    for severity in Severity:
        if not (n := dns[severity] + mail[severity]):
            continue
        if dns[severity] and mail[severity]:
            parts = words.N_IN_DNS.say(lang, {"n": dns[severity]}), words.N_IN_MAIL.say(lang, {"n": mail[severity]})
            places = listed(lang, parts)
        else:
            places = (words.IN_DNS if dns[severity] else words.IN_MAIL).say(lang)
        said.append(words.COUNTED.say(lang, {"count": _count(severity, n, lang), "places": places}))
    return listed(lang, said)


def status_text(status: RequirementStatus, lang: Lang, *, waiting: bool = False) -> str:
    """The state of a requirement, with the reason where it has no answer; `waiting`: for an answer whose a mail is."""
    state = state_text(status).say(lang)
    if status.reason is None:
        return state
    needed = words.NEEDS_AN_ANSWER if waiting else words.NEEDS_A_MAIL
    reason = needed if status.reason is Why.NEEDS_MAIL else reason_text(status.reason)
    return words.BECAUSE.say(lang, {"state": state, "reason": reason.say(lang)})


def broken_rules(report: Report, status: RequirementStatus) -> tuple[str, ...]:
    """What broke a requirement that is not met, worst first; advice only where there is nothing else."""
    found = [f for f in report.findings if f.rule.id in status.rules]
    grave = [f for f in found if f.severity is not Severity.NOTICE]
    return tuple(dict.fromkeys(f.rule.id for f in grave or found)) if status.status is Status.NOT_MET else ()


def requirement_text(report: Report, status: RequirementStatus, lang: Lang, *, waiting: bool = False) -> str:
    """The state of a requirement, and what broke it."""
    state = status_text(status, lang, waiting=waiting)
    if rules := broken_rules(report, status):
        return words.BROKEN.say(lang, {"state": state, "rules": listed(lang, rules[:RULES])})
    return state


def state_text(status: RequirementStatus) -> Text:
    if status.status is Status.NOT_TESTABLE and status.reason is not None and status.reason.is_own_side:
        return words.NOT_TESTED_HERE
    return words.STATUS[status.status]


def mail_findings(report: Report) -> tuple[Finding, ...]:
    """What the mail itself showed, worst first; the rest of its report says what the domain check says anyway.

    Of two that ask for the same, only the graver; and the greeting before the reverse name that may repeat it.
    """
    of_mail = {check.id for check in CATALOGUE.checks if check.of_mail}
    shown = {id(f) for result in report.checks if result.id in of_mail for f in result.findings}
    found = [f for f in report.findings if id(f) in shown]
    rules = {f.rule.id for f in found}
    if "DMARC401" in rules:
        found = [f for f in found if f.rule.id != "DKIM401"]
    if "PTR001" in rules:
        greeting = [f for f in found if f.rule.id in ("HELO101", "HELO102")]
        found = [f for f in found if f not in greeting]
        at = next(n for n, f in enumerate(found) if f.rule.id == "PTR001")
        found[at:at] = greeting
    return tuple(found)


def titled(finding: Finding, lang: Lang) -> str:
    """`Error · SPF301 · title`, as markup."""
    return f"{words.SEVERITY[finding.severity].say(lang)} · {finding.rule.id} · {bounded(finding).title(lang)}"


def in_full(finding: Finding, lang: Lang, report: Report | None = None, *, held: bool = False) -> Iterator[Part]:
    """What, why it matters, how to fix it, the records old and new, and where to read on.

    `report`: that has it, to tell the domain's own zone from others'.
    `held`: what is to be published later must not be published now, since a mail of the thread fails DMARC.
    """
    shown = bounded(finding)
    lead = f"{words.SEVERITY[finding.severity].say(lang)} · {finding.rule.id}"
    yield Paragraph(shown.title(lang), lead=lead, breaks=True)
    yield Paragraph(shown.why(lang), lead=words.WHY.say(lang), breaks=True)
    yield Paragraph(shown.fix(lang), lead=words.HOW.say(lang), breaks=True)
    if finding.place is not None:
        yield Paragraph(place_text(finding.place).say(lang), lead=words.WHERE.say(lang), breaks=True)
    for record in shown.records:
        yield from records.shown(record, lang, report)
    if held and _asks_for_more(finding):
        yield Paragraph(record_words.HELD.say(lang))
    if finding.rule.references:
        yield References(words.REFERENCE.say(lang), labelled(finding.rule.references, lang))


def _asks_for_more(finding: Finding) -> bool:
    """The record that it shows for later is a DMARC policy; DMARC303 changes where reports go, and no policy."""
    later = [change for change in finding.records if change.later]
    return finding.rule.id != "DMARC303" and any(change.asked_name.startswith("_dmarc.") for change in later)


def zone_file_note(found: Iterable[Finding], lang: Lang) -> Iterator[Note]:
    """Once for each message that shows values to publish as TXT records."""
    if records.in_a_zone_file(found):
        yield Note(record_words.IN_A_ZONE_FILE.say(lang))


def in_a_line(finding: Finding, lang: Lang, where: str) -> Line:
    """`where`: the part of the button's value that names the report: "domain" or a mail's id."""
    value = f"{where}|{finding.rule.id}|{finding.subject}"
    button = Button(Action.EXPLAIN, words.BUTTON_EXPLAIN.say(lang), cut(value, 1_000))
    return Line(titled(finding, lang), button)


def language_button(lang: Lang) -> Button:
    other = "en" if lang == "ja" else "ja"
    return Button(Action.LANGUAGE, words.BUTTON_LANGUAGE.say(lang), other)


def ours_buttons(mail_id: str, lang: Lang) -> tuple[Button, Button]:
    """The two answers to the question whether an unproven mail is theirs."""
    return (
        Button(Action.OURS, words.BUTTON_OURS.say(lang), mail_id, primary=True),
        Button(Action.NOT_OURS, words.BUTTON_NOT_OURS.say(lang), mail_id),
    )
