"""How a requirement's status follows from the results of the checks behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from checks.catalogue import Catalogue, CheckResult, Finding, Text
from checks.model import Outcome, Severity, Why

Authentication: TypeAlias = Mapping[str, Any]
"""The authentication results of one mail, as a report carries them."""


def is_error(finding: Finding) -> bool:
    return finding.severity.rank <= Severity.ERROR.rank


class Status(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    NOT_KNOWN = "not_known"
    """Not known yet: needs a mail."""
    NOT_TESTABLE = "not_testable"
    NOT_MEASURABLE = "not_measurable"
    """Cannot be measured from one mail."""
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of somebody's list, and the checks that tell whether it is met.

    `checks`: all must be met (`any_of`: one is enough). `counts`: which of their findings count against it.
    `unmeasurable`: no check of one mail can tell. `mail`: reads the authentication results of a mail in
    place of the checks, for a requirement that is met in more ways than a check can pass; None where it cannot tell.
    """

    id: str
    title: Text
    applies: Literal["all", "bulk", "marketing"] = "all"
    checks: tuple[str, ...] = ()
    any_of: bool = False
    counts: Callable[[Finding], bool] = is_error
    unmeasurable: bool = False
    mail: Callable[[Authentication], bool | None] | None = None
    reason: Why | None = None
    """Why it is not testable, where no check stands behind it yet."""


@dataclass(frozen=True, slots=True)
class RequirementStatus:
    """`so_far`: where a mail is needed, the status of what is known without one (MET: nothing wrong in the DNS), else None."""

    id: str
    applies: str
    status: Status
    reason: Why | None
    rules: tuple[str, ...]
    so_far: Status | None = None


def assess(
    requirement: Requirement,
    results: Mapping[str, CheckResult],
    catalogue: Catalogue,
    authentication: Authentication | None = None,
) -> RequirementStatus:
    """The status of one requirement. Checks that were not run (another topic asked for) leave it untested."""
    rules = dict.fromkeys(r.id for c in catalogue.checks if c.id in requirement.checks for r in c.rules)
    status, reason = _status(requirement, results)
    if authentication is not None and requirement.mail is not None:
        status, reason = _of_mail(requirement.mail(authentication), reason)
    so_far = _so_far(requirement, results) if status is Status.NOT_KNOWN else None
    return RequirementStatus(requirement.id, requirement.applies, status, reason, tuple(rules), so_far)


def _of_mail(met: bool | None, reason: Why | None) -> tuple[Status, Why | None]:
    if met is None:
        return Status.NOT_TESTABLE, reason or Why.DEPENDS
    return (Status.MET if met else Status.NOT_MET), None


def _so_far(requirement: Requirement, results: Mapping[str, CheckResult]) -> Status | None:
    states = [_of_check(requirement, results.get(check)) for check in requirement.checks]
    known = [s for s in states if s[0] not in (Status.NOT_KNOWN, Status.NOT_APPLICABLE)]
    return _first(_ALL_ORDER, known)[0] if known and not requirement.any_of else None


def _status(requirement: Requirement, results: Mapping[str, CheckResult]) -> tuple[Status, Why | None]:
    if requirement.unmeasurable:
        return Status.NOT_MEASURABLE, None
    states = [_of_check(requirement, results.get(check)) for check in requirement.checks]
    if not states:
        return Status.NOT_TESTABLE, requirement.reason or Why.NOT_COVERED
    return _first(_ANY_ORDER if requirement.any_of else _ALL_ORDER, states)


def _of_check(requirement: Requirement, result: CheckResult | None) -> tuple[Status, Why | None]:
    if result is None:
        return Status.NOT_TESTABLE, Why.NOT_ASKED
    if any(requirement.counts(finding) for finding in result.findings):
        return Status.NOT_MET, None
    if any(finding.rule.is_about_absence for finding in result.findings):
        # It is missing, and here it need not be there.
        return Status.NOT_APPLICABLE, Why.NO_RECORD
    match result.outcome:
        case Outcome.UNKNOWN if result.reason is Why.NEEDS_MAIL:
            return Status.NOT_KNOWN, result.reason
        case Outcome.UNKNOWN:
            return Status.NOT_TESTABLE, result.reason
        case Outcome.BROKEN:
            return Status.NOT_TESTABLE, Why.INTERNAL
        case Outcome.NOT_APPLICABLE:
            return Status.NOT_APPLICABLE, result.reason
        case _:
            return Status.MET, None


_ALL_ORDER = (Status.NOT_MET, Status.NOT_TESTABLE, Status.NOT_KNOWN, Status.MET, Status.NOT_APPLICABLE)
_ANY_ORDER = (Status.MET, Status.NOT_TESTABLE, Status.NOT_KNOWN, Status.NOT_MET, Status.NOT_APPLICABLE)


def _first(order: Sequence[Status], states: Iterable[tuple[Status, Why | None]]) -> tuple[Status, Why | None]:
    return min(states, key=lambda state: order.index(state[0]))
