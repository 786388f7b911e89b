"""The DNSSEC state of the domain, as a validating resolver tells it, and the records that it rests on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from checks.evidence.dnssec import VALIDATION_ERRORS, DnssecEvidence, Validity
from checks.evidence.domain import DomainEvidence
from checks.model import Absent, Answer, ExtendedError, Known, Seen, Unreachable, Why
from checks.parse.dnssec import bogus_cause, delegation_signers, signatures_of, zone_keys
from checks.probes.run import Run
from checks.probes.zone import zone_cut


async def ask_dnssec(run: Run) -> DnssecEvidence:
    """The state, and where there is a chain of trust to look at, its keys and signatures, fitting or not."""
    domain = await run.evidence(DomainEvidence)
    told = domain.start_of_authority
    state, errors = await _state(run, told)
    evidence = DnssecEvidence(run.domain, state, errors, asked_at=int(run.now.timestamp()))
    if not isinstance(state, Seen):
        return evidence
    cut = await zone_cut(run.dns, run.domain, told)
    if not isinstance(cut, Seen):
        return evidence
    evidence = replace(evidence, zone=cut.value)
    if state.value == "insecure":
        return evidence
    signed = await _signing(run, evidence, cut.value, told)
    if isinstance(told, Unreachable) and not _names_validation(told) and not isinstance(signed.signers, Seen):
        # Where no DS record is seen no broken chain is, either: a passing failure can be told twice from a cache.
        return replace(evidence, state=told)
    return signed


async def _state(run: Run, told: Known[Answer[str]]) -> tuple[Known[Validity], tuple[ExtendedError, ...]]:
    """Bogus is SERVFAIL that becomes an answer with the CD bit (RFC 4035 section 3.2.2); plain SERVFAIL stays unknown.

    AD on the negative answer counts as well: below a signed zone apex there is no SOA at the name, but a proof of that.
    """
    if isinstance(told, Unreachable):
        return await _of_failure(run, told)
    if not await run.dns.validates():
        return Unreachable(Why.NOT_VALIDATING), ()
    if (told.alias_of if isinstance(told, Absent) else told.value.alias_of) is not None:
        # AD speaks for the whole chain: what the zone of the name itself signs is the CNAME record.
        told = await run.dns.ask(run.domain, "CNAME")
        if isinstance(told, Unreachable):
            return told, ()
    return Seen("secure" if is_authentic(told) else "insecure"), ()


def is_authentic(told: Seen[Answer[str]] | Absent) -> bool:
    return told.authentic if isinstance(told, Absent) else told.value.authentic


async def _of_failure(run: Run, failure: Unreachable) -> tuple[Known[Validity], tuple[ExtendedError, ...]]:
    """Where no extended error names validation as the cause, a second SERVFAIL has to: one alone may be passing."""
    if failure.why is not Why.SERVFAIL:
        return failure, ()
    unchecked = await run.dns.ask(run.domain, "SOA", checking_disabled=True)
    if isinstance(unchecked, Unreachable):
        return failure, ()
    if not _names_validation(failure):
        again = await run.dns.ask_again(run.domain, "SOA")
        if not isinstance(again, Unreachable) or again.why is not Why.SERVFAIL:
            return failure, ()
    return Seen("bogus"), failure.extended


def _names_validation(failure: Unreachable) -> bool:
    return any(error.code in VALIDATION_ERRORS for error in failure.extended)


async def _signing(run: Run, evidence: DnssecEvidence, zone: str, told: Known[Answer[str]]) -> DnssecEvidence:
    """Asked without validation (CD), so that the records of a bogus zone are seen as well."""
    keys, signers, soa = await asyncio.gather(
        run.dns.ask(zone, "DNSKEY", checking_disabled=True),
        run.dns.ask(zone, "DS", checking_disabled=True),
        _start_of_authority(run, zone, told),
    )
    known_keys, known_signers = zone_keys(keys), delegation_signers(zone, signers, keys)
    signatures = signatures_of(soa, keys)
    cause = None
    if evidence.state == Seen("bogus"):
        cause = bogus_cause(known_keys, known_signers, signatures, evidence.asked_at)
    return replace(evidence, cause=cause, keys=known_keys, signers=known_signers, signatures=signatures)


async def _start_of_authority(run: Run, zone: str, told: Known[Answer[str]]) -> Known[Answer[str]]:
    if zone == run.domain and isinstance(told, Seen):
        return told
    return await run.dns.ask(zone, "SOA", checking_disabled=True)
