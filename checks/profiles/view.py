"""How a requirement's status follows from the results of the checks behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from checks.catalogue import Catalogue, Check, CheckResult, Finding, Text
from checks.model import Outcome, Severity, Why

Authentication: TypeAlias = Mapping[str, Any]
"""The authentication results of one mail, as a report carries them."""

Applies: TypeAlias = Literal["all", "bulk", "marketing", "recommended"]
"""Of whom it is asked; `recommended`: of nobody, it is advice to all."""


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

    `checks`: all must be met (`any_of`: one is enough). `rules`: only findings of these count, each where it is no milder
    than the rule usually is; they stand for the checks that have them, or narrow `checks` where both are named.
    `counts`: which findings count against it, in place of the errors. `unmeasurable`: no check of one mail can tell.
    `mail`: reads the authentication results of a mail in place of the checks, for a requirement that is met in more ways
    than a check can pass.
    """

    id: str
    title: Text
    applies: Applies = "all"
    checks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    any_of: bool = False
    counts: Callable[[Finding], bool] | None = None
    broken_where: tuple[Why, ...] = ()
    """Reasons for which a question behind it does not arise, and which break it themselves."""
    unmeasurable: bool = False
    mail: Callable[[Authentication], Status] | None = None
    reason: Why | None = None
    """Why it is not testable, where no check stands behind it yet."""

    def is_broken_by(self, finding: Finding) -> bool:
        if self.rules and finding.rule.id not in self.rules:
            return False
        if self.counts is not None:
            return self.counts(finding)
        return finding.severity.rank <= finding.rule.severity.rank if self.rules else is_error(finding)


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody's list of requirements, in the order in which to read it. `note`: what is particular about it."""

    name: Text
    note: Text
    requirements: tuple[Requirement, ...]
    references: tuple[str, ...]


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
    """The status of one requirement; see `assess_all`."""
    return assess_all((requirement,), results, catalogue, authentication)[0]


def assess_all(
    requirements: Iterable[Requirement],
    results: Mapping[str, CheckResult],
    catalogue: Catalogue,
    authentication: Authentication | None = None,
) -> tuple[RequirementStatus, ...]:
    """The status of each requirement.

    Checks that were not run (another topic asked for) leave it untested, and so do rules that the catalogue lacks.
    """
    named = _named(catalogue.checks)
    return tuple(_assess(requirement, results, named, authentication) for requirement in requirements)


class _Named:
    """The checks of one catalogue by their ids, and by the ids of their rules."""

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self.by_name: dict[str, list[Check]] = {}
        for check in checks:
            for name in (check.id, *(rule.id for rule in check.rules)):
                self.by_name.setdefault(name, []).append(check)
        self._behind: dict[int, tuple[Requirement, tuple[Check, ...], tuple[str, ...]]] = {}

    def behind(self, requirement: Requirement) -> tuple[tuple[Check, ...], tuple[str, ...]]:
        """The checks behind a requirement, and the ids of their rules that count for it."""
        kept = self._behind.get(id(requirement))  # the requirement is kept with it, so that its id stays its own
        if kept is None:
            names = requirement.checks or requirement.rules
            checks = tuple({check.id: check for name in names for check in self.by_name.get(name, ())}.values())
            only = frozenset(requirement.rules)
            rules = dict.fromkeys(r.id for c in checks for r in c.rules if not only or r.id in only)
            kept = self._behind[id(requirement)] = (requirement, checks, tuple(rules))
        return kept[1:]


_latest: _Named | None = None


def _named(checks: tuple[Check, ...]) -> _Named:
    """Of the catalogue that was asked for last: nearly always there is but one in the life of a process."""
    global _latest
    latest = _latest
    if latest is None or latest.checks is not checks:
        latest = _latest = _Named(checks)
    return latest


def _assess(
    requirement: Requirement,
    results: Mapping[str, CheckResult],
    named: _Named,
    authentication: Authentication | None,
) -> RequirementStatus:
    behind, rules = named.behind(requirement)
    states = list(_states(requirement, behind, results, rules))
    status, reason = _status(requirement, states)
    if authentication is not None and requirement.mail is not None:
        status, reason = _of_mail(requirement.mail(authentication), reason)
    so_far = _so_far(requirement, states) if status is Status.NOT_KNOWN else None
    return RequirementStatus(requirement.id, requirement.applies, status, reason, rules, so_far)


_State: TypeAlias = tuple[Status, Why | None]


def _states(
    requirement: Requirement, behind: Iterable[Check], results: Mapping[str, CheckResult], rules: Sequence[str]
) -> Iterator[_State]:
    for check in behind:
        yield _of_check(requirement, results.get(check.id))
    if len(rules) < len(requirement.rules) and set(requirement.rules) - set(rules):
        yield Status.NOT_TESTABLE, Why.NOT_COVERED


def _of_mail(status: Status, reason: Why | None) -> _State:
    return status, (reason or Why.DEPENDS) if status is Status.NOT_TESTABLE else None


def _so_far(requirement: Requirement, states: Iterable[_State]) -> Status | None:
    known = [s for s in states if s[0] not in (Status.NOT_KNOWN, Status.NOT_APPLICABLE)]
    return _first(_ALL_ORDER, known)[0] if known and not requirement.any_of else None


def _status(requirement: Requirement, states: Sequence[_State]) -> _State:
    if requirement.unmeasurable:
        return Status.NOT_MEASURABLE, None
    if not states:
        return Status.NOT_TESTABLE, requirement.reason or Why.NOT_COVERED
    return _first(_ANY_ORDER if requirement.any_of else _ALL_ORDER, states)


def _of_check(requirement: Requirement, result: CheckResult | None) -> _State:
    if result is None:
        return Status.NOT_TESTABLE, Why.NOT_ASKED
    if result.findings and any(requirement.is_broken_by(finding) for finding in result.findings):
        return Status.NOT_MET, None
    if any(f.rule.is_about_absence and f.rule.id in (requirement.rules or (f.rule.id,)) for f in result.findings):
        # It is missing, and here it need not be there.
        return Status.NOT_APPLICABLE, Why.NO_RECORD
    match result.outcome:
        case Outcome.UNKNOWN if result.reason is Why.NEEDS_MAIL:
            return Status.NOT_KNOWN, result.reason
        case Outcome.UNKNOWN:
            return Status.NOT_TESTABLE, result.reason
        case Outcome.BROKEN:
            return Status.NOT_TESTABLE, Why.INTERNAL
        case Outcome.NOT_APPLICABLE if result.reason in requirement.broken_where:
            return Status.NOT_MET, None
        case Outcome.NOT_APPLICABLE:
            return Status.NOT_APPLICABLE, result.reason
        case _:
            return Status.MET, None


_ALL_ORDER = (Status.NOT_MET, Status.NOT_TESTABLE, Status.NOT_KNOWN, Status.MET, Status.NOT_APPLICABLE)
_ANY_ORDER = (Status.MET, Status.NOT_TESTABLE, Status.NOT_KNOWN, Status.NOT_MET, Status.NOT_APPLICABLE)


def _first(order: Sequence[Status], states: Iterable[_State]) -> _State:
    return min(states, key=lambda state: order.index(state[0]))
