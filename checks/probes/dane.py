"""The TLSA records of the mail servers, asked for as a sender with DANE does (RFC 7672 section 2.2).

Unlike such a sender it asks where the addresses are insecure as well: records that nobody may use are worth a word.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from checks.evidence.dane import DaneEvidence, DaneHost, TlsaAnswer
from checks.evidence.dnssec import DnssecEvidence, Validity
from checks.evidence.mx import MxEvidence, MxTarget
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.parse.tlsa import tlsa_records
from checks.probes.dnssec import is_authentic
from checks.probes.run import Run

PORT = 25


async def ask_dane(run: Run) -> DaneEvidence:
    # The proof is asked for now: when the last server has answered, the time may be over.
    mx, validates = await asyncio.gather(run.evidence(MxEvidence), run.dns.validates())
    targets = [target for target in mx.targets if not target.literal]
    implicit = isinstance(mx.records, Absent) and any(isinstance(a, Seen) for a in (mx.own_ipv4, mx.own_ipv6))
    if implicit:
        targets = [MxTarget(run.domain, 0, mx.own_ipv4, mx.own_ipv6)]
    dnssec, hosts = await asyncio.gather(
        run.evidence(DnssecEvidence), asyncio.gather(*(_host(run, target) for target in targets))
    )
    known = tuple(hosts if validates else map(_unproved, hosts))
    return DaneEvidence(run.domain, mx.records, dnssec.state, dnssec.zone or run.domain, known, implicit)


def _unproved(host: DaneHost) -> DaneHost:
    """What a resolver says that does not validate: the records may be true, their state is nothing that it knows."""
    unknown = Unreachable(Why.NOT_VALIDATING)
    return replace(
        host,
        addresses=unknown if isinstance(host.addresses, Seen) else host.addresses,
        tlsa=replace(host.tlsa, validity=unknown if isinstance(host.tlsa.validity, Seen) else host.tlsa.validity),
    )


async def _host(run: Run, target: MxTarget) -> DaneHost:
    name = tlsa_name(target.host)
    (addresses, is_whole), at_name = await asyncio.gather(_addresses(run, target), _tlsa(run, name))
    has_address = any(isinstance(answer, Seen) for answer in (target.ipv4, target.ipv6))
    canonical = _canonical(target)
    if canonical is not None and is_whole and addresses == Seen("secure"):
        at_canonical = await _tlsa(run, tlsa_name(canonical))
        if not isinstance(at_canonical.records, Absent):
            return DaneHost(target.host, addresses, has_address, at_canonical)
    return DaneHost(target.host, addresses, has_address, at_name)


def tlsa_name(host: str) -> str:
    return f"_{PORT}._tcp.{host}"


def _canonical(target: MxTarget) -> str | None:
    aliases = (a.value.alias_of for a in (target.ipv4, target.ipv6) if isinstance(a, Seen))
    return next((alias for alias in aliases if alias is not None), None)


async def _addresses(run: Run, target: MxTarget) -> tuple[Known[Validity], bool]:
    """One state for both types: a sender connects to whichever address it likes, so the worse one counts.

    And whether it is that of the whole expansion; not, where only the alias at its beginning is secure.
    """
    states = await asyncio.gather(*(_validity(run, target.host, t, a) for t, a in _answers(target)))
    for state in states:
        if isinstance(state, Unreachable) or state.value == "bogus":
            return state, True
    if Seen("insecure") not in states:
        return Seen("secure"), True
    if _canonical(target) is not None:
        # Only the target may be unsigned: what the zone of the name itself signs is the CNAME record.
        alias = await run.dns.ask(target.host, "CNAME")
        if isinstance(alias, Seen) and alias.value.authentic:
            return Seen("secure"), False
    return Seen("insecure"), True


def _answers(target: MxTarget) -> tuple[tuple[str, Known[Answer[str]]], ...]:
    return (("A", target.ipv4), ("AAAA", target.ipv6))


async def _validity(run: Run, name: str, rdtype: str, told: Known[Answer[str]]) -> Seen[Validity] | Unreachable:
    """Bogus: SERVFAIL, and an answer where the resolver does not check (RFC 4035 section 3.2.2)."""
    if not isinstance(told, Unreachable):
        return Seen("secure" if is_authentic(told) else "insecure")
    if told.why is not Why.SERVFAIL:
        return told
    unchecked = await run.dns.ask(name, rdtype, checking_disabled=True)
    return told if isinstance(unchecked, Unreachable) else Seen("bogus")


async def _tlsa(run: Run, name: str) -> TlsaAnswer:
    told = await run.dns.ask(name, "TLSA")
    if isinstance(told, Unreachable) and told.why is Why.SERVFAIL:
        again = await run.dns.ask_again(name, "TLSA")
        if isinstance(again, Unreachable) and again.why is Why.SERVFAIL:
            return TlsaAnswer(name, told, await _validity(run, name, "TLSA", told), failed_twice=True)
        told = again
    records = Seen(tlsa_records(told.value.values)) if isinstance(told, Seen) else told
    return TlsaAnswer(name, records, await _validity(run, name, "TLSA", told))
