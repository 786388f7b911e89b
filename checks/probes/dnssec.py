"""The DNSSEC state of the domain, as a validating resolver tells it."""

from __future__ import annotations

from checks.evidence.dnssec import DnssecEvidence
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
        if answer.why is not Why.SERVFAIL:
            return DnssecEvidence(run.domain, answer)
        unchecked = await run.dns.ask(run.domain, "SOA", checking_disabled=True)
        if isinstance(unchecked, Unreachable):
            return DnssecEvidence(run.domain, answer)
        return DnssecEvidence(run.domain, Seen("bogus"), answer.extended)
    if not await run.dns.validates():
        return DnssecEvidence(run.domain, Unreachable(Why.NOT_VALIDATING))
    authentic = answer.authentic if isinstance(answer, Absent) else answer.value.authentic
    return DnssecEvidence(run.domain, Seen("secure" if authentic else "insecure"))
