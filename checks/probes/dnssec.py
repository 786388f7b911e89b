"""The DNSSEC state of the domain, as a validating resolver tells it."""

from __future__ import annotations

from checks.evidence.dnssec import VALIDATION_ERRORS, DnssecEvidence
from checks.evidence.domain import DomainEvidence
from checks.model import Absent, Seen, Unreachable, Why
from checks.probes.run import Run


async def ask_dnssec(run: Run) -> DnssecEvidence:
    """Bogus is SERVFAIL that becomes an answer with the CD bit (RFC 4035 section 3.2.2); plain SERVFAIL stays unknown.

    AD on the negative answer counts as well: below a signed zone apex there is no SOA at the name, but a proof of that.
    """
    domain = await run.evidence(DomainEvidence)
    answer = domain.start_of_authority
    if isinstance(answer, Unreachable):
        return await _of_failure(run, answer)
    if not await run.dns.validates():
        return DnssecEvidence(run.domain, Unreachable(Why.NOT_VALIDATING))
    if (answer.alias_of if isinstance(answer, Absent) else answer.value.alias_of) is not None:
        # AD speaks for the whole chain: what the zone of the name itself signs is the CNAME record.
        answer = await run.dns.ask(run.domain, "CNAME")
        if isinstance(answer, Unreachable):
            return DnssecEvidence(run.domain, answer)
    authentic = answer.authentic if isinstance(answer, Absent) else answer.value.authentic
    return DnssecEvidence(run.domain, Seen("secure" if authentic else "insecure"))


async def _of_failure(run: Run, failure: Unreachable) -> DnssecEvidence:
    """Where no extended error names validation as the cause, a second SERVFAIL has to: one alone may be passing."""
    if failure.why is not Why.SERVFAIL:
        return DnssecEvidence(run.domain, failure)
    unchecked = await run.dns.ask(run.domain, "SOA", checking_disabled=True)
    if isinstance(unchecked, Unreachable):
        return DnssecEvidence(run.domain, failure)
    if not any(error.code in VALIDATION_ERRORS for error in failure.extended):
        again = await run.dns.ask_again(run.domain, "SOA")
        if not isinstance(again, Unreachable) or again.why is not Why.SERVFAIL:
            return DnssecEvidence(run.domain, failure)
    return DnssecEvidence(run.domain, Seen("bogus"), failure.extended)
