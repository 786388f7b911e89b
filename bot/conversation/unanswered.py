"""What was asked and got no answer, by topic and reason. Our own side's limits ("not tested here") are not meant."""

from collections.abc import Iterable

from bot.conversation import words
from checks import CATALOGUE, CheckResult, Lang, Outcome, Report, Why, reason_text

_BOGUS = "SEC201"
_SAYS_SO = {_BOGUS: "dnssec", "DANE104": "dane"}
"""Rules that say themselves that a lookup of their topic fails."""


def not_looked_up(report: Report, *, of_mail: bool | None = None) -> tuple[CheckResult, ...]:
    """The questions without an answer; `of_mail`: only those that a mail answers, or only the others."""
    kinds = {check.id: check.of_mail for check in CATALOGUE.checks}
    return tuple(
        result
        for result in report.checks
        if result.id in kinds and of_mail in (None, kinds[result.id]) and _is_open(result)
    )


def _is_open(result: CheckResult) -> bool:
    if result.outcome is Outcome.BROKEN:
        return True
    return result.outcome is Outcome.UNKNOWN and result.reason is not None and not result.reason.is_own_side


def is_bogus(report: Report) -> bool:
    """DNSSEC validation fails, so that no record of the domain can be looked up."""
    return any(finding.rule.id == _BOGUS for finding in report.findings)


def said_by_no_finding(report: Report, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Without those whose failed lookup is a finding itself."""
    told = {_SAYS_SO[finding.rule.id] for finding in report.findings if finding.rule.id in _SAYS_SO}
    return [r for r in results if r.reason not in (Why.SERVFAIL, Why.DEPENDS) or _topic(r) not in told]


def unanswered_text(report: Report, results: Iterable[CheckResult], lang: Lang) -> str:
    """One sentence for each reason: "SPF, DMARC and MX could not be looked up: ..."; empty without any.

    What a finding says already is not said again as if it were a second fault.
    """
    groups: dict[tuple[Why, bool], dict[str, None]] = {}
    for result in said_by_no_finding(report, results):
        topic, why = _topic(result), result.reason or Why.INTERNAL
        # A blocklist is asked in its own zone, whatever is wrong with that of the domain; which addresses it is asked
        # for, the MX of the domain tells.
        of_lists = topic.startswith("bl") and not (topic == "bl.mx" and is_bogus(report))
        groups.setdefault((why, of_lists), {})[topic] = None
    # What rests on another answer says nothing of its own where that other one is named.
    named = {topic for (why, _), topics in groups.items() if why is not Why.DEPENDS for topic in topics}
    said = []
    for (why, of_lists), topics in groups.items():
        shown = [t for t in topics if why is not Why.DEPENDS or t not in named]
        if len(shown) > 1 and "dns" in shown:
            shown.remove("dns")
        if len(lists := [t for t in shown if t.startswith("bl.")]) > 1:
            shown = [t if t not in lists else "bl" for t in shown if t not in lists[1:]]
        if not shown:
            continue
        facts = {"topics": _and([words.TOPIC[t].say(lang) for t in shown], lang), "reason": reason_text(why).say(lang)}
        bogus = is_bogus(report) and not of_lists and why in (Why.SERVFAIL, Why.DEPENDS)
        said.append(_begun((words.NOT_LOOKED_UP_BOGUS if bogus else words.NOT_LOOKED_UP).say(lang, facts)))
    return ("" if lang == "ja" else " ").join(dict.fromkeys(said))


def _topic(result: CheckResult) -> str:
    if result.id in words.TOPIC:
        return result.id
    topic = result.id.split(".", 1)[0]
    return topic if topic in words.TOPIC else "dns"


def _and(names: list[str], lang: Lang) -> str:
    if len(names) < 2:
        return "".join(names)
    most = ("、" if lang == "ja" else ", ").join(names[:-1])
    return words.AND.say(lang, {"most": most, "last": names[-1]})


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
