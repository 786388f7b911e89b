"""Small phrases that several messages share: verdicts, counts, states, one finding in full or in a line."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.conversation import words
from bot.conversation.bounds import bounded, cut
from bot.conversation.content import Action, Button, Code, Line, Paragraph, Part, References
from checks import (
    CATALOGUE,
    MSCHECKER,
    VERDICT_TITLES,
    Finding,
    Lang,
    Outcome,
    Report,
    RequirementStatus,
    Severity,
    Status,
    Text,
    Why,
    place_text,
    printable,
    reason_text,
)

CELL = 90


def plain(markup: str) -> str:
    """A sentence without its backticks, for places that show no code."""
    return markup.replace("`", "")


def around(text: Text, lang: Lang, **said: str) -> str:
    """A sentence around sentences that were already said, whose code marks stay."""
    return (text.ja if lang == "ja" else text.en).format(**said)


def listed(lang: Lang, items: Iterable[str]) -> str:
    return ("、" if lang == "ja" else ", ").join(items)


def verdict_text(report: Report, lang: Lang) -> str:
    """`Safe (provisional)`, or that the domain does not exist."""
    if report.verdict is None:
        return words.NO_VERDICT.say(lang)
    title = VERDICT_TITLES[report.verdict].say(lang)
    return words.PROVISIONAL.say(lang, {"verdict": title}) if report.provisional else title


def counts_text(findings: Iterable[Finding], lang: Lang) -> str:
    """`2 errors, 1 notice`; empty without findings."""
    counted = Counter(finding.severity for finding in findings)
    said = []
    for severity in Severity:
        if n := counted[severity]:
            one, several = words.COUNT_OF[severity]
            said.append(one.say(lang) if n == 1 else several.say(lang, {"n": n}))
    return listed(lang, said)


def status_text(status: RequirementStatus, lang: Lang) -> str:
    """The state of a requirement, with the reason where it has no answer."""
    state = _state(status).say(lang)
    if status.reason is None:
        return state
    reason = words.NEEDS_A_MAIL if status.reason is Why.NEEDS_MAIL else reason_text(status.reason)
    return words.BECAUSE.say(lang, {"state": state, "reason": reason.say(lang)})


def _state(status: RequirementStatus) -> Text:
    if status.status is Status.NOT_TESTABLE and status.reason is not None and status.reason.is_own_side:
        return words.NOT_TESTED_HERE
    return words.STATUS[status.status]


def item_row(report: Report, status: RequirementStatus, lang: Lang) -> tuple[str, str, str]:
    """One MSchecker item: its name, its state, and the worst finding or why there is no answer."""
    requirement = next(each for each in MSCHECKER if each.id == status.id)
    return requirement.title.say(lang), _state(status).say(lang), _found(report, status, requirement.checks, lang)


def _found(report: Report, status: RequirementStatus, checks: Iterable[str], lang: Lang) -> str:
    worst = next((f for f in report.findings if f.rule.id in status.rules), None)
    match status.status:
        case Status.NOT_MET if worst is not None:
            return cut(plain(bounded(worst).title(lang)), CELL)
        case Status.NOT_KNOWN:
            answered = [r for r in map(report.result, checks) if r is not None and r.outcome is Outcome.PASSED]
            return (words.FINE_SO_FAR if answered else words.NEEDS_A_MAIL).say(lang)
        case _ if status.reason is not None:
            return reason_text(status.reason).say(lang)
        case Status.MET if worst is not None:
            return cut(plain(bounded(worst).title(lang)), CELL)
        case Status.MET:
            return words.NOTHING_WRONG.say(lang)
        case _:
            return "–"


def mail_findings(report: Report) -> tuple[Finding, ...]:
    """What the mail itself showed, worst first; the rest of its report says what the domain check says anyway."""
    of_mail = {check.id for check in CATALOGUE.checks if check.of_mail}
    shown = {id(f) for result in report.checks if result.id in of_mail for f in result.findings}
    return tuple(f for f in report.findings if id(f) in shown)


def titled(finding: Finding, lang: Lang) -> str:
    """`Error · SPF301 · title`, as markup."""
    return f"{words.SEVERITY[finding.severity].say(lang)} · {finding.rule.id} · {bounded(finding).title(lang)}"


def in_full(finding: Finding, lang: Lang) -> Iterator[Part]:
    """What, why it matters, how to fix it, the records old and new, and where to read on."""
    shown = bounded(finding)
    lead = f"{words.SEVERITY[finding.severity].say(lang)} · {finding.rule.id}"
    yield Paragraph(shown.title(lang), lead=lead, breaks=True)
    yield Paragraph(shown.why(lang), lead=words.WHY.say(lang), breaks=True)
    yield Paragraph(shown.fix(lang), lead=words.HOW.say(lang), breaks=True)
    if finding.place is not None:
        yield Paragraph(place_text(finding.place).say(lang), lead=words.WHERE.say(lang), breaks=True)
    for record in shown.records:
        named = {"type": record.type, "name": printable(record.name)}
        if record.old is not None:
            yield Code(words.RECORD_NOW.say(lang, named), record.old)
        if record.new is not None:
            lead_text = words.RECORD_ADD if record.old is None else words.RECORD_NEW
            yield Code(lead_text.say(lang, named), record.new)
    if finding.rule.references:
        yield References(words.REFERENCE.say(lang), finding.rule.references)


def in_a_line(finding: Finding, lang: Lang, where: str) -> Line:
    """`where`: the part of the button's value that names the report: "domain" or a mail's id."""
    value = f"{where}|{finding.rule.id}|{finding.subject}"
    button = Button(Action.EXPLAIN, words.BUTTON_EXPLAIN.say(lang), cut(value, 1_000))
    return Line(titled(finding, lang), button)


def language_button(lang: Lang) -> Button:
    other = "en" if lang == "ja" else "ja"
    return Button(Action.LANGUAGE, words.BUTTON_LANGUAGE.say(lang), other)
