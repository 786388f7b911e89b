"""Do the authoritative servers of the zone serve it? Each is asked for its SOA, without the resolver.

A resolver takes whichever server answers, so one that is dead shows nowhere else. Packets go only to globally
reachable addresses (`checks.net.authority`): what a stranger's zone names must not make us knock within our own
network. So a zone on loopback, as in the demo and in most tests, sends nothing; the lab has addresses that look global.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.evidence.domain import DomainEvidence
from checks.evidence.nameservers import NameServer, NameServersEvidence, Serving
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.asking import LATE
from checks.net.authority import DirectAnswer
from checks.net.dns import DnsRun
from checks.probes.run import Run
from checks.probes.zone import zone_cut

MAX_SERVERS = 6
MAX_ABOVE = 2
"""So many servers of the zone above are asked for the delegation."""
MAX_LABELS_UP = 3
_MAY_BE_THE_ZONE = (Why.SERVFAIL, Why.TIMEOUT)


async def ask_name_servers(run: Run) -> NameServersEvidence:
    if not run.connect:
        return NameServersEvidence(run.domain, None, Unreachable(Why.NO_CONNECT), resolver_answers=False)
    # Most names that are checked are zones: their NS records are asked for before that is known.
    ahead = run.dns.ask(run.domain, "NS", checking_disabled=True)
    try:
        return await _name_servers(run)
    finally:
        ahead.cancel()


async def _name_servers(run: Run) -> NameServersEvidence:
    domain = await run.evidence(DomainEvidence)
    cut = await zone_cut(run.dns, run.domain, domain.start_of_authority)
    if isinstance(cut, Seen):
        return await _of_zone(run, cut.value)
    if isinstance(cut, Unreachable) and cut.why in _MAY_BE_THE_ZONE:
        return await _of_failing_zone(run, cut)
    return NameServersEvidence(run.domain, None, cut, resolver_answers=False)


async def _of_zone(run: Run, zone: str) -> NameServersEvidence:
    """By the NS records of the zone itself; where these cannot be told, by the delegation."""
    names = await run.dns.ask(zone, "NS", checking_disabled=True)
    servers = await _all(run.dns, zone, names, {})
    if not isinstance(servers, Absent) and (
        isinstance(servers, Unreachable) or all(server.state == "unresolved" for server in servers.value)
    ):
        found = await _delegation(run.dns, zone)
        if found is not None and found.zone == zone:
            servers = await _all(run.dns, zone, found.names, found.glue)
    return NameServersEvidence(run.domain, zone, servers, resolver_answers=True)


async def _of_failing_zone(run: Run, failure: Unreachable) -> NameServersEvidence:
    """The resolver gets nothing from the zone: its servers stand in the delegation, in the zone above."""
    found = await _delegation(run.dns, run.domain)
    if found is None:
        return NameServersEvidence(run.domain, None, failure, resolver_answers=False)
    servers = await _all(run.dns, found.zone, found.names, found.glue)
    return NameServersEvidence(run.domain, found.zone, servers, resolver_answers=False, reaches_out=True)


@dataclass(frozen=True, slots=True)
class _Delegation:
    zone: str
    names: Known[Answer[str]]
    glue: Mapping[str, tuple[str, ...]]


async def _delegation(dns: DnsRun, name: str) -> _Delegation | None:
    """Up to the first name for which the resolver has an answer; the zone below it is the one that fails."""
    for _ in range(MAX_LABELS_UP):
        above = name.partition(".")[2] or "."
        told: Known[Answer[str]] = await dns.ask(above, "SOA")
        if not isinstance(told, Unreachable):
            cut = await zone_cut(dns, above, told)
            return await _referral(dns, name, cut.value) if isinstance(cut, Seen) else None
        if told.why not in _MAY_BE_THE_ZONE or above == ".":
            return None
        name = above
    return None


async def _referral(dns: DnsRun, zone: str, above: str) -> _Delegation | None:
    names = await dns.ask(above, "NS")
    if not isinstance(names, Seen):
        return None
    addresses = await asyncio.gather(*(server_address(dns, name, {}) for name in names.value.values[:MAX_ABOVE]))
    asked = [dns.ask_authority(a.value, zone, "NS") for a in addresses if isinstance(a, Seen)]
    for direct in await asyncio.gather(*asked):
        if direct is not None and isinstance(direct.outcome, Seen):
            return _Delegation(zone, direct.outcome, direct.glue)
    return None


async def _all(
    dns: DnsRun, zone: str, names: Known[Answer[str]], glue: Mapping[str, tuple[str, ...]]
) -> Known[tuple[NameServer, ...]]:
    if not isinstance(names, Seen):
        return names
    return Seen(tuple(await asyncio.gather(*(_one(dns, zone, n, glue) for n in names.value.values[:MAX_SERVERS]))))


async def _one(dns: DnsRun, zone: str, name: str, glue: Mapping[str, tuple[str, ...]]) -> NameServer:
    address = await server_address(dns, name, glue)
    if not isinstance(address, Seen):
        return NameServer(name, None, "no-address" if isinstance(address, Absent) else "unresolved")
    direct = await dns.ask_authority(address.value, zone, "SOA")
    return NameServer(name, address.value, "not-asked" if direct is None else _state(direct, address.value))


async def server_address(dns: DnsRun, name: str, glue: Mapping[str, tuple[str, ...]]) -> Known[str]:
    """One address, IPv4 before IPv6: not everybody who checks has IPv6."""
    if known := _preferred(glue.get(name, ())):
        return Seen(known)
    for rdtype in ("A", "AAAA"):
        told: Known[Answer[str]] = await dns.ask(name, rdtype, checking_disabled=True)
        if isinstance(told, Seen):
            return Seen(told.value.values[0])
        if isinstance(told, Unreachable):
            return told
    return Absent()


def _preferred(addresses: Iterable[str]) -> str | None:
    return min(addresses, key=lambda address: (":" in address, address), default=None)


def _state(direct: DirectAnswer, address: str) -> Serving:
    if direct.outcome is LATE:
        return "late"
    match direct.outcome:
        case Seen() if direct.authoritative:
            return "serves"
        case Seen() | Absent():
            return "lame"
        case Unreachable(why=Why.REFUSED):
            return "refuses"
        case Unreachable(why=Why.TIMEOUT | Why.NETWORK):
            return "not-asked" if ":" in address else "silent"
        case Unreachable(why=Why.SERVFAIL):
            return "fails"
        case _:
            return "not-asked"
