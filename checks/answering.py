"""Each check is judged as soon as the evidence it needs is there.

A report asks some two hundred questions of some sixty kinds of evidence: what waits here is a count for each question,
not a task.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from checks.catalogue import CannotTell, Check, CheckResult, Finding, NotApplicable
from checks.evidence.domain import UseEvidence
from checks.isolation.pool import NotAnalysed
from checks.model import Outcome, Severity, Why
from checks.probes.run import Run

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """One more check is done: `done` of `total`."""

    check_id: str
    outcome: Outcome
    done: int
    total: int


OnProgress = Callable[[Progress], None]


class Answering:
    """The checks of one report. `kind`: "domain" or "message"."""

    def __init__(self, kind: str, run: Run, checks: Sequence[Check], on_progress: OnProgress | None) -> None:
        self._kind = kind
        self._run = run
        self._checks = checks
        self._on_progress = on_progress
        self._results: dict[str, CheckResult] = {}
        self._lacking: dict[str, int] = {}
        self._waiting: dict[type[Any], Sequence[Check]] = {}
        self._is_missing = False
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def results(self, timeout_s: float) -> dict[str, CheckResult]:
        """Those of all checks, in their order; what is unfinished after `timeout_s` seconds is a timeout.

        Of a domain that does not exist nothing further is asked. Raises what `on_progress` raises.
        """
        try:
            self._begin()
            await asyncio.wait([self._over], timeout=timeout_s)
            if self._over.done():
                self._over.result()
        finally:
            self._over.cancel()
            self._waiting.clear()
        if self._is_missing:
            exists = self._results["dns.exists"]
            return {c.id: exists if c.id == exists.id else _no_domain(c) for c in self._checks}
        late = {c.id: CheckResult(c.id, Outcome.UNKNOWN, Why.TIMEOUT) for c in self._checks}
        return {name: self._results.get(name, late[name]) for name in late}

    def _begin(self) -> None:
        asked = []
        for check in self._checks:
            if self._foreseen(check) is None:
                asked.append(check)
            else:
                self._answer(check)
        plan = _plan(self._kind, asked)
        self._lacking, self._waiting = dict(plan.lacking), dict(plan.waiting)
        for check in asked:
            if not self._lacking[check.id]:
                self._answer(check)
        for kind in plan.waiting:
            self._run.begin(kind).add_done_callback(partial(self._arrived, kind))

    def _foreseen(self, check: Check) -> CheckResult | None:
        """What no evidence can change."""
        if isinstance(self._run.prepared, NotAnalysed) and not check.of_mail:
            return _not_analysed(check, self._run.prepared)
        if self._kind == "message" and not check.of_mail and not self._run.has_author:
            return CheckResult(check.id, Outcome.NOT_APPLICABLE, Why.NO_FROM)
        return None

    def _arrived(self, kind: type[Any], task: asyncio.Task[Any]) -> None:
        for check in self._waiting.pop(kind, ()):
            self._lacking[check.id] -= 1
            if not self._lacking[check.id]:
                self._answer(check)

    def _answer(self, check: Check) -> None:
        if self._over.done():
            return
        result = self._results[check.id] = self._judged(check)
        try:
            if self._on_progress:
                self._on_progress(Progress(check.id, result.outcome, len(self._results), len(self._checks)))
        except Exception as error:  # noqa: BLE001 - it is for whoever wants to be told
            self._over.set_exception(error)
            return
        self._is_missing = self._is_missing or (
            self._kind == "domain" and check.id == "dns.exists" and result.outcome is Outcome.FAILED
        )
        if self._is_missing or len(self._results) == len(self._checks):
            self._over.set_result(None)

    def _judged(self, check: Check) -> CheckResult:
        """The only place where an unexpected exception becomes an outcome: our bug, and the rest goes on."""
        try:
            if foreseen := self._foreseen(check):
                return foreseen
            if _waits_for_mail(self._kind, check):
                if self._run.known(UseEvidence).non_sending:
                    return CheckResult(check.id, Outcome.NOT_APPLICABLE, Why.NON_SENDING)
                return CheckResult(check.id, Outcome.UNKNOWN, Why.NEEDS_MAIL)
            return judge(check, *map(self._run.known, check.needs))
        except NotAnalysed as stop:
            return _not_analysed(check, stop)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - a probe that was cancelled: not we, the check is
            _LOG.exception("check %s broke", check.id)
            return CheckResult(check.id, Outcome.BROKEN, Why.INTERNAL)


def _waits_for_mail(kind: str, check: Check) -> bool:
    return check.of_mail and kind == "domain"


@dataclass(frozen=True, slots=True)
class _Plan:
    """How many kinds of evidence each of these checks needs, and who waits for each kind."""

    checks: Sequence[Check]
    lacking: Mapping[str, int]
    waiting: Mapping[type[Any], Sequence[Check]]


_plans: dict[tuple[str, tuple[int, ...]], _Plan] = {}
"""By the kind of report and the objects that its checks are, which the plan keeps: nearly all reports have the same."""
_MAX_PLANS = 16


def _plan(kind: str, checks: Sequence[Check]) -> _Plan:
    key = kind, tuple(map(id, checks))
    found = _plans.get(key)
    if found is None:
        if len(_plans) >= _MAX_PLANS:
            _plans.clear()
        needs = [({UseEvidence} if _waits_for_mail(kind, c) else set(c.needs), c) for c in checks]
        waiting: dict[type[Any], list[Check]] = {}
        for kinds, check in needs:
            for each in kinds:
                waiting.setdefault(each, []).append(check)
        found = _plans[key] = _Plan(checks, {c.id: len(kinds) for kinds, c in needs}, waiting)
    return found


def _no_domain(check: Check) -> CheckResult:
    return CheckResult(check.id, Outcome.NOT_APPLICABLE, Why.NO_DOMAIN)


def _not_analysed(check: Check, stop: NotAnalysed) -> CheckResult:
    """Nothing that rests on the mail is missing: it is not known. Why, the isolation has logged."""
    return CheckResult(check.id, Outcome.BROKEN if stop.why is Why.INTERNAL else Outcome.UNKNOWN, stop.why)


def judge(check: Check, *evidence: object) -> CheckResult:
    """Let the check judge this evidence. Findings made before it could not tell the rest stand."""
    findings: list[Finding] = []
    why: Why | None = None
    outcome = Outcome.PASSED
    try:
        for finding in check.judge(*evidence):
            findings.append(finding)
    except NotApplicable as stop:
        outcome, why = Outcome.NOT_APPLICABLE, stop.why
    except CannotTell as stop:
        outcome, why = Outcome.UNKNOWN, stop.why
    if any(f.severity.rank <= Severity.WARNING.rank for f in findings):
        outcome, why = Outcome.FAILED, None
    return CheckResult(check.id, outcome, why, tuple(findings))
