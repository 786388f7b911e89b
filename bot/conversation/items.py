"""The rows of the root's table: the item, its state, and the fact behind it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.conversation import words
from bot.conversation.bounds import bounded, cut
from bot.conversation.phrases import CELL, counts_text, plain, rules_named, state_text
from bot.conversation.unanswered import not_looked_up, said_by_no_finding
from checks import (
    MSCHECKER,
    Fact,
    Finding,
    Lang,
    Report,
    Requirement,
    RequirementStatus,
    Severity,
    Status,
    Text,
    Tier,
    Why,
    printable,
    reason_text,
)

MOST_KEYS = 3


def item_row(
    report: Report, status: RequirementStatus, lang: Lang, *, waiting: bool = False
) -> tuple[str, str, str] | None:
    """None for an item that this version no longer has (a stored report of an older one).

    `waiting`: a mail is there, and what is open rests on whose it is.
    """
    item = _item(status)
    if item is None:
        return None
    state = words.WARNED if is_warned(report, status) else state_text(status)
    return item.title.say(lang), state.say(lang), cut(_found(report, status, lang, waiting=waiting), CELL)


def _item(status: RequirementStatus) -> Requirement | None:
    return next((each for each in MSCHECKER if each.id == status.id), None)


def is_warned(report: Report, status: RequirementStatus) -> bool:
    """The item is met, and there is a warning that lowers no verdict: said as such in every row."""
    return status.status is Status.MET and bool(_warnings(report, status))


def _warnings(report: Report, status: RequirementStatus) -> list[Finding]:
    """The warnings in the row of an item: of its own questions and of those on its topic that decide no item."""
    item = _item(status)
    checks = _shown_with(item, report) if item is not None else frozenset()
    own = {id(finding) for result in report.checks if result.id in checks for finding in result.findings}
    return [f for f in report.findings if id(f) in own and f.severity is Severity.WARNING]


def _shown_with(item: Requirement, report: Report) -> frozenset[str]:
    """The MX is nobody's item, whatever is asked of it."""
    topics = {check.partition(".")[0] for check in item.checks}
    beside = {r.id for r in report.checks if r.id.partition(".")[0] in topics and not r.id.endswith(".mx")}
    return frozenset(item.checks) | (beside - {check for each in MSCHECKER for check in each.checks})


def others_row(report: Report, lang: Lang) -> tuple[bool, tuple[str, str, str]]:
    """The row of all questions that belong to no item, by the worst answer; and whether that is a fault.

    What only a mail tells is left out as long as there is none.
    """
    in_items = {check for item in MSCHECKER for check in item.checks}
    told = {
        id(finding)
        for status in report.profiles.get("mschecker", ())
        if status.status in (Status.MET, Status.NOT_KNOWN, Status.NOT_MET)
        for finding in _warnings(report, status)
    }
    own = {id(finding) for r in report.checks if r.id not in in_items for finding in r.findings} - told
    found = [finding for finding in report.findings if id(finding) in own]
    open_ = [result for result in said_by_no_finding(report, not_looked_up(report)) if result.id not in in_items]
    worst = next((f for f in found if f.severity.rank <= Severity.WARNING.rank), None)
    if worst is not None:
        is_fault = worst.tier is not Tier.NONE or worst.severity.rank <= Severity.ERROR.rank
        state = (words.STATUS[Status.NOT_MET] if is_fault else words.WARNED).say(lang)
        return is_fault, (words.OTHERS.say(lang), state, cut(plain(bounded(worst).title(lang)), CELL))
    if open_:
        why = reason_text(open_[0].reason or Why.INTERNAL).say(lang)
        return False, (words.OTHERS.say(lang), words.STATUS[Status.NOT_TESTABLE].say(lang), why)
    said = counts_text(found, lang) or words.NOTHING_WRONG.say(lang)
    return False, (words.OTHERS.say(lang), words.STATUS[Status.MET].say(lang), said)


def _found(report: Report, status: RequirementStatus, lang: Lang, *, waiting: bool) -> str:
    worst = next((f for f in report.findings if f.rule.id in status.rules), None)
    said = plain(bounded(worst).title(lang)) if worst is not None else None
    match status.status:
        case Status.NOT_MET if said is not None:
            return said
        case Status.MET | Status.NOT_KNOWN if warnings := _warnings(report, status):
            return _warned(warnings, status, lang, waiting=waiting)
        case Status.NOT_KNOWN if waiting:
            fact = _known_so_far(report, status, lang)
            return words.FACT_AND_ANSWER.say(lang, {"fact": fact}) if fact else words.NEEDS_AN_ANSWER.say(lang)
        case Status.NOT_KNOWN:
            return _so_far(report, status).say(lang, _facts_of_dns(report))
        case Status.MET:
            return _fact(report, status.id, lang) or said or words.NOTHING_WRONG.say(lang)
        case _ if status.reason is not None:
            return reason_text(status.reason).say(lang)
        case _:
            return "–"


def _warned(warnings: list[Finding], status: RequirementStatus, lang: Lang, *, waiting: bool) -> str:
    if status.status is Status.MET:
        return plain(bounded(warnings[0]).title(lang))
    rules = {"rules": rules_named(warnings, lang)}
    if waiting:
        return words.FACT_AND_ANSWER.say(lang, {"fact": words.WARNED_FACT.say(lang, rules)})
    return words.WARNED_SO_FAR.say(lang, rules)


def _facts_of_dns(report: Report) -> Mapping[str, Fact]:
    return {"policy": _policy(report), "keys": tuple(_keys(report))}


def _known_so_far(report: Report, status: RequirementStatus, lang: Lang) -> str | None:
    """What the DNS says of an item, while the mail that has to say the rest waits for an answer."""
    fact = _FACTS.get(_so_far(report, status))
    return fact.say(lang, _facts_of_dns(report)) if fact is not None else None


_FACTS: Mapping[Text, Text] = {
    words.SPF_SO_FAR: words.SPF_FACT,
    words.DMARC_SO_FAR: words.DMARC_FACT,
    words.DKIM_SO_FAR: words.DKIM_FACT,
    words.DNSBL_SO_FAR: words.DNSBL_FACT,
}


def _so_far(report: Report, status: RequirementStatus) -> Text:
    """What DNS says where a mail has to say the rest."""
    if status.so_far is not Status.MET:
        return words.NEEDS_A_MAIL
    match status.id:
        case "spf":
            return words.SPF_SO_FAR
        case "dmarc" if _policy(report):
            return words.DMARC_SO_FAR
        case "dkim" if any(_keys(report)):
            return words.DKIM_SO_FAR
        case "dnsbl":
            return words.DNSBL_SO_FAR
        case _:
            return words.FINE_SO_FAR


def _fact(report: Report, item: str, lang: Lang) -> str | None:
    """What there is to show of an item that is in order."""
    given: Mapping[str, Any] = report.authentication or {}
    mail = report.mail
    match item:
        case "tls_send" if mail is not None and mail.tls_version:
            return printable(mail.tls_version)
        case "spf" if mail is not None and mail.client_ip and (given.get("spf") or {}).get("result") == "pass":
            return words.SPF_ALLOWS.say(lang, {"ip": mail.client_ip})
        case "dkim":
            return _signature(given.get("dkim") or (), lang)
        case "dmarc" if policy := _policy(report):
            passes = (given.get("dmarc") or {}).get("result") == "pass"
            return words.DMARC_PASSES.say(lang, {"policy": policy}) if passes else f"p={policy}"
        case "reverse_dns" if mail is not None and mail.reverse_name:
            return printable(mail.reverse_name)
        case "dnssec" if _evidence(report, "DnssecEvidence", "state").get("value") == "secure":
            return words.ZONE_SIGNED.say(lang)
        case "dnsbl":
            return words.NOT_LISTED.say(lang)
        case _:
            return None


def _signature(signatures: Any, lang: Lang) -> str | None:
    passing = next((each for each in signatures if each.get("result") == "pass"), None)
    if passing is None:
        return None
    named = {"selector": cut(str(passing.get("selector")), 40), "domain": cut(str(passing.get("domain")), 60)}
    return words.DKIM_SIGNED.say(lang, named)


def _keys(report: Report) -> Iterator[str]:
    """Selectors with a usable key, seen in mail before or found by asking for usual names; a few of them."""
    known, usual = (report.evidence.get(kind) or {} for kind in ("KnownKeysEvidence", "SelectorsEvidence"))
    found = [key for key in (*known.get("keys", ()), *usual.get("found", ())) if not key.get("problem")]
    for key in found[:MOST_KEYS]:
        yield cut(str(key.get("selector")), 40)
    if len(found) > MOST_KEYS:
        yield "…"


def _policy(report: Report) -> str:
    """The published policy that governs the domain; "" where none is known."""
    record = _evidence(report, "DmarcEvidence", "record").get("value")
    published = record.get("policy") if isinstance(record, Mapping) else None
    return cut(str(published), 20) if published else ""


def _evidence(report: Report, kind: str, what: str) -> Mapping[str, Any]:
    found = report.evidence.get(kind)
    inner = found.get(what) if isinstance(found, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
