"""Which mail counts for the verdict on a domain."""

from __future__ import annotations

from enum import StrEnum

from checks.report import Report


class Standing(StrEnum):
    COUNTS = "counts"
    NEEDS_CONFIRMATION = "needs_confirmation"
    """No aligned identifier passed: it counts once a person says that it is theirs."""
    BOUNCE = "bounce"
    FORWARDED = "forwarded"
    OTHER_DOMAIN = "other_domain"


def standing(domain: Report, mail: Report) -> Standing:
    """Whether this mail tells something of that domain.

    From has the checked name or its organizational domain, the return path is not null, and nothing says that it was
    forwarded.
    """
    facts = mail.mail
    if facts is None:
        return Standing.OTHER_DOMAIN
    if facts.null_return_path:
        return Standing.BOUNCE
    if facts.from_domain is None or facts.from_domain not in (domain.subject, domain.organizational):
        return Standing.OTHER_DOMAIN
    if facts.forwarded:
        return Standing.FORWARDED
    return Standing.COUNTS if facts.aligned_pass else Standing.NEEDS_CONFIRMATION
