"""Requirements of the profiles, assessed over results that are made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks import CATALOGUE, PROFILES, CheckResult, Finding, Outcome, RequirementStatus, Severity, Tier, Why
from checks.profiles.view import Authentication, assess

REQUIREMENTS = {r.id: r for profile in PROFILES.values() for r in profile.requirements}


def results(**outcomes: Outcome | Why) -> dict[str, CheckResult]:
    """Every check passed, but those named (dots as two underscores): an outcome, or unknown for this reason."""
    named = {name.replace("__", "."): o for name, o in outcomes.items()}
    made = {}
    for check in CATALOGUE.checks:
        told = named.get(check.id, Outcome.PASSED)
        made[check.id] = (
            CheckResult(check.id, Outcome.UNKNOWN, told) if isinstance(told, Why) else CheckResult(check.id, told)
        )
    return made


def before_a_mail() -> dict[str, CheckResult]:
    """All that DNS answers is in order, all else waits for a mail."""
    return results(**{c.id.replace(".", "__"): Why.NEEDS_MAIL for c in CATALOGUE.checks if c.of_mail})


def broken(check: str, rule: str, severity: Severity | None = None, **options: Any) -> dict[str, CheckResult]:
    """One check found this; to be put over `results()`."""
    its = CATALOGUE.rules[rule]
    facts = dict.fromkeys(its.facts, "x") | options.pop("facts", {})
    found = Finding(its, "x", severity or its.severity, options.pop("tier", Tier.NONE), facts, **options)
    failed = found.severity.rank <= Severity.WARNING.rank
    return {check: CheckResult(check, Outcome.FAILED if failed else Outcome.PASSED, None, (found,))}


def unmet(check: str, why: Why) -> dict[str, CheckResult]:
    """The question does not arise."""
    return {check: CheckResult(check, Outcome.NOT_APPLICABLE, why)}


def signature(result: str, aligned: bool | None) -> dict[str, Any]:
    return {"result": result, "aligned": aligned}


def authentication(
    spf: str | None,
    aligned: bool | None,
    *dkim: dict[str, Any],
    dmarc: str | None = "pass",
    policy: str | None = "none",
) -> dict[str, Any]:
    return {
        "spf": {"result": spf, "aligned": aligned},
        "dkim": list(dkim),
        "dmarc": {"result": dmarc, "policy": policy},
    }


def status_of(
    requirement: str, given: Mapping[str, CheckResult] | None = None, told: Authentication | None = None
) -> RequirementStatus:
    return assess(REQUIREMENTS[requirement], results() if given is None else given, CATALOGUE, told)
