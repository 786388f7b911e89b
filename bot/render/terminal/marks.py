"""The sign before each answer: what it is, not how it looks; a terminal without Unicode gets letters of its own."""

from __future__ import annotations

from enum import StrEnum

from rich.console import Console
from rich.text import Text as Line

from checks import CheckResult, Outcome, RequirementStatus, Severity, Status, Why, is_error


class Mark(StrEnum):
    """The value is the key of its word in the legend."""

    PASSED = "passed"
    NOTICE = "notice"
    """Passed, with advice."""
    FAILED = "failed"
    WARNING = "warning"
    WAITING = "waiting"
    UNTESTED = "untested"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"


_SIGN = {
    Mark.PASSED: ("✓", "+", "green"),
    Mark.NOTICE: ("i", "i", "cyan"),
    Mark.FAILED: ("✗", "x", "bold red"),
    Mark.WARNING: ("!", "!", "bold yellow"),
    Mark.WAITING: ("…", "~", "dim"),
    Mark.UNTESTED: ("–", "-", "dim"),
    Mark.UNKNOWN: ("?", "?", "bold magenta"),
    Mark.OUTSIDE: ("·", ".", "dim"),
}
_SEVERITY = {
    Severity.CRITICAL: ("✗", "x", "bold white on red"),
    Severity.ERROR: ("✗", "x", "bold red"),
    Severity.WARNING: ("!", "!", "bold yellow"),
    Severity.NOTICE: ("i", "i", "cyan"),
}


def sign(mark: Mark, console: Console) -> Line:
    fine, plain, style = _SIGN[mark]
    return Line().append(plain if console.options.ascii_only else fine, style=style)


def severity_sign(severity: Severity, console: Console) -> Line:
    fine, plain, style = _SEVERITY[severity]
    return Line().append(plain if console.options.ascii_only else fine, style=style)


def severity_style(severity: Severity) -> str:
    return _SEVERITY[severity][2]


def mark_of_result(result: CheckResult) -> Mark:
    match result.outcome:
        case Outcome.PASSED:
            return Mark.NOTICE if any(not finding.rule.is_detail for finding in result.findings) else Mark.PASSED
        case Outcome.FAILED:
            return Mark.FAILED if any(map(is_error, result.findings)) else Mark.WARNING
        case Outcome.NOT_APPLICABLE:
            return Mark.OUTSIDE
        case Outcome.UNKNOWN if result.reason is Why.NEEDS_MAIL:
            return Mark.WAITING
        case Outcome.UNKNOWN if result.reason is not None and result.reason.is_own_side:
            return Mark.UNTESTED
        case _:
            return Mark.UNKNOWN


def mark_of_status(status: RequirementStatus) -> Mark:
    match status.status:
        case Status.MET:
            return Mark.PASSED
        case Status.NOT_MET:
            return Mark.FAILED
        case Status.NOT_KNOWN:
            return Mark.WAITING
        case Status.NOT_TESTABLE if status.reason is None or not status.reason.is_own_side:
            return Mark.UNKNOWN
        case Status.NOT_APPLICABLE:
            return Mark.OUTSIDE
        case _:
            return Mark.UNTESTED
