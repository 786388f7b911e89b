"""What the authentication results of one mail say to a requirement: true, false, or a lookup failed that may decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from checks.profiles.view import Authentication, Status

Identifier: TypeAlias = Mapping[str, Any]
"""SPF, or one DKIM signature: `result` in a word of RFC 8601, `aligned` whether its domain is aligned with From."""


def spf_passes(given: Authentication) -> Status:
    return _status(_passes([given["spf"]]))


def dkim_passes(given: Authentication) -> Status:
    return _status(_passes(given["dkim"]))


def spf_or_dkim_passes(given: Authentication) -> Status:
    return _status(_passes([given["spf"], *given["dkim"]]))


def spf_and_dkim_pass(given: Authentication) -> Status:
    return _status(_both(_passes([given["spf"]]), _passes(given["dkim"])))


def is_aligned(given: Authentication) -> Status:
    """SPF or DKIM passes for a domain that is aligned with From; whether there is a DMARC record does not matter."""
    return _status(_passes([given["spf"], *given["dkim"]], aligned=True))


def both_are_aligned(given: Authentication) -> Status:
    return _status(_both(_passes([given["spf"]], aligned=True), _passes(given["dkim"], aligned=True)))


def dmarc_passes(given: Authentication) -> Status:
    """Needs a record: where there is none DMARC cannot pass."""
    return _status(_as_bool(given["dmarc"]["result"]))


def follows_own_policy(given: Authentication) -> Status:
    """DMARC passes, where the domain itself asks receivers to hold back or refuse what fails."""
    dmarc = given["dmarc"]
    if dmarc.get("policy") == "none":
        return Status.NOT_APPLICABLE  # whatever the result
    if dmarc["result"] is None or dmarc["result"] == "temperror":
        return Status.NOT_TESTABLE
    if dmarc.get("policy") not in ("quarantine", "reject"):
        return Status.NOT_APPLICABLE
    return _status(_as_bool(dmarc["result"]))


def is_not_disowned_by_spf(given: Authentication) -> Status:
    """SPF does not give `fail`, with which the domain says that the address may not send for it."""
    result = given["spf"]["result"]
    return Status.NOT_TESTABLE if result in (None, "temperror") else _status(result != "fail")


def aligned_signatures_pass(given: Authentication) -> Status:
    """Every signature of a domain that is aligned with From passes, not only one of them."""
    signatures: Sequence[Identifier] = given["dkim"]
    passed = [_as_bool(each["result"]) for each in signatures if each["aligned"]]
    if False in passed:
        return Status.NOT_MET
    if None in passed or any(each["aligned"] is None for each in signatures):
        return Status.NOT_TESTABLE
    return Status.MET if passed else Status.NOT_APPLICABLE


def _passes(identifiers: Sequence[Identifier], *, aligned: bool = False) -> bool | None:
    """One of them passes (for a domain that is aligned with From)."""
    if any(i["result"] == "pass" and (i["aligned"] or not aligned) for i in identifiers):
        return True
    return None if any(_is_undecided(i, aligned=aligned) for i in identifiers) else False


def _is_undecided(one: Identifier, *, aligned: bool) -> bool:
    if aligned and one["aligned"] is False:
        return False  # whatever its result
    if one["result"] == "pass":
        return one["aligned"] is None
    return one["result"] in (None, "temperror") or one.get("reason") == "too_many"


def _as_bool(result: str | None) -> bool | None:
    return None if result in (None, "temperror") else result == "pass"


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _status(met: bool | None) -> Status:
    if met is None:
        return Status.NOT_TESTABLE
    return Status.MET if met else Status.NOT_MET
