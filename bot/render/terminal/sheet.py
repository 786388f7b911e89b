"""Reports as rows of a spreadsheet: CSV (RFC 4180) for people; programs read the JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter

from bot.conversation.phrases import verdict_text
from bot.render.terminal import words
from bot.render.terminal.marks import Mark, mark_of_result
from bot.render.terminal.questions import topic_title
from checks import CATALOGUE, CheckResult, Lang, Outcome, Report, Severity, printable

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""With these a cell becomes a formula; in Japanese editions of spreadsheets also with the full-width ones."""

_BEFORE = ("domain", "shown", "verdict")
_AFTER = ("critical", "error", "warning", "notice", "rules", "failure")


def _topics() -> list[str]:
    return list(dict.fromkeys(check.topic for check in CATALOGUE.checks))


def header(lang: Lang) -> list[str]:
    titles = [topic_title(topic, lang) for topic in _topics()]
    return [words.COLUMN[c].say(lang) for c in _BEFORE] + titles + [words.COLUMN[c].say(lang) for c in _AFTER]


def row_of_report(report: Report, lang: Lang) -> list[str]:
    """A column for each topic of the catalogue, so that all rows have the same."""
    kinds = {check.id: check.topic for check in CATALOGUE.checks}
    by_topic: dict[str, list[CheckResult]] = {topic: [] for topic in _topics()}
    for result in report.checks:
        if result.id in kinds:
            by_topic[kinds[result.id]].append(result)
    counted = Counter(finding.severity for finding in report.findings)
    return [
        report.subject,
        report.shown,
        verdict_text(report, lang),
        *(_outcome(results, lang) for results in by_topic.values()),
        *(str(counted[severity]) for severity in Severity),
        " ".join(dict.fromkeys(finding.rule.id for finding in report.findings)),
        "",
    ]


def row_of_failure(name: str, why: str) -> list[str]:
    return [name, *[""] * (len(_BEFORE) - 1 + len(_topics()) + len(_AFTER) - 1), why.replace("`", "")]


def written(row: list[str]) -> str:
    """One record with its line end. No cell is taken for a formula, none holds what cannot be seen."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_guarded(cell) for cell in row])
    return text.getvalue()


def _guarded(cell: str) -> str:
    return ("'" if cell.startswith(_FORMULA) else "") + printable(cell)


def _outcome(results: list[CheckResult], lang: Lang) -> str:
    """The answer of a topic: what is wrong outweighs what is not known, and that what is in order."""
    marks = {mark_of_result(result) for result in results}
    if marks & {Mark.FAILED, Mark.WARNING}:
        return words.OUTCOME[Outcome.FAILED].say(lang)
    if Mark.UNKNOWN in marks:
        return words.OUTCOME[Outcome.UNKNOWN].say(lang)
    if marks & {Mark.PASSED, Mark.NOTICE}:
        return (words.PASSED_SO_FAR if Mark.WAITING in marks else words.OUTCOME[Outcome.PASSED]).say(lang)
    if Mark.WAITING in marks:
        return words.NEEDS_A_MAIL.say(lang)
    if Mark.UNTESTED in marks:
        return words.UNTESTED.say(lang)
    return words.OUTCOME[Outcome.NOT_APPLICABLE].say(lang) if marks else ""
