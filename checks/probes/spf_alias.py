"""Does anything stand beside a CNAME at the domain?

A resolver shows one of the two only, the one that it came to first, so a server of the zone is asked itself. Only an
alias costs these questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from checks.evidence.spf import SpfEvidence
from checks.evidence.spf_alias import AliasAtSource, SpfAliasEvidence
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.authority import DirectAnswer
from checks.net.dns import DnsRun
from checks.parse.spf import spf_records
from checks.probes.nameservers import server_address
from checks.probes.run import Run
from checks.probes.zone import zone_cut

MAX_SERVERS = 2
"""So many servers of a zone are asked, one after the other, until one answers with authority."""
MAX_STEPS = 3
"""So many names above one another are looked at for a delegation."""
MAX_TEXT = 2000
"""Octets of an SPF record that are kept."""

_NOT_HEARD = Unreachable(Why.NO_DIRECT, "no authoritative server answered")


async def ask_spf_alias(run: Run) -> SpfAliasEvidence:
    told: Known[Answer[str]] = await run.dns.ask(run.domain, "CNAME")
    target = _target(told, (await run.evidence(SpfEvidence)).answer)
    if not isinstance(target, Seen):
        return SpfAliasEvidence(run.domain, target)
    if not run.connect:
        return SpfAliasEvidence(run.domain, target, Unreachable(Why.NO_CONNECT))
    return SpfAliasEvidence(run.domain, target, await _at_source(run.dns, run.domain))


def _target(told: Known[Answer[str]], txt: Known[Answer[bytes]]) -> Known[str]:
    """By the CNAME question, and where that was not answered by the TXT question, which followed it."""
    match told, txt:
        case Seen(answer), _:
            return Seen(answer.values[0])
        case Unreachable(), Seen(Answer(alias_of=str(canonical))) | Absent(alias_of=str(canonical)):
            return Seen(canonical)
        case Unreachable(), _:
            return told
    return Absent()


@dataclass(frozen=True, slots=True)
class _Zone:
    """A zone, its servers by name, and the addresses that came with its delegation."""

    name: str
    servers: tuple[str, ...]
    addresses: Mapping[str, tuple[str, ...]]


async def _at_source(dns: DnsRun, domain: str) -> Known[AliasAtSource]:
    above = domain.partition(".")[2] or "."
    cut = await zone_cut(dns, above, await dns.ask(above, "SOA"))
    if not isinstance(cut, Seen):
        return cut if isinstance(cut, Unreachable) else _NOT_HEARD
    names: Known[Answer[str]] = await dns.ask(cut.value, "NS")
    if not isinstance(names, Seen):
        return names if isinstance(names, Unreachable) else _NOT_HEARD
    zone = _Zone(cut.value, names.value.values, {})
    for name in _between(domain, cut.value):
        found = await _zone_of(dns, name, zone)
        if found is None:
            return _NOT_HEARD
        zone = found
    for server in zone.servers[:MAX_SERVERS]:
        address = await server_address(dns, server, zone.addresses)
        if isinstance(address, Seen):
            told = await _ask_one(dns, domain, server, address.value, is_apex=zone.name == domain)
            if told is not None:
                return Seen(told)
    return _NOT_HEARD


def _between(domain: str, zone: str) -> list[str]:
    """The names where a delegation may lie, downwards: usually the domain alone. Of too many, those that are lowest."""
    names = [domain]
    while len(names) < MAX_STEPS:
        above = names[0].partition(".")[2]
        if above in ("", zone):
            break
        names.insert(0, above)
    return names


async def _zone_of(dns: DnsRun, name: str, above: _Zone) -> _Zone | None:
    """The zone that holds the name, told by the servers of a zone above; None where they are not heard.

    A referral comes without authority. So does what a box on the way answers in their place, but that follows the
    alias.
    """
    for server in above.servers[:MAX_SERVERS]:
        address = await server_address(dns, server, above.addresses)
        direct = await dns.ask_authority(address.value, name, "NS") if isinstance(address, Seen) else None
        match direct:
            case DirectAnswer(outcome=Seen(Answer(alias_of=None, values=servers))):
                return _Zone(name, servers, direct.glue)
            case DirectAnswer(outcome=Seen() | Absent(), authoritative=True):
                return above
    return None


async def _ask_one(dns: DnsRun, domain: str, server: str, address: str, *, is_apex: bool) -> AliasAtSource | None:
    alias, txt = await asyncio.gather(
        dns.ask_authority(address, domain, "CNAME"), dns.ask_authority(address, domain, "TXT")
    )
    if not (_is_said(alias) and _is_said(txt)):
        return None
    assert alias is not None
    assert txt is not None
    target = alias.outcome.value.values[0] if isinstance(alias.outcome, Seen) else None
    own = txt.outcome.value if isinstance(txt.outcome, Seen) and txt.outcome.value.alias_of is None else None
    texts = own.values if own else ()
    records = spf_records(texts)
    return AliasAtSource(server, is_apex, target, len(texts), bool(records), records[0][:MAX_TEXT] if records else "")


def _is_said(direct: DirectAnswer | None) -> bool:
    """With authority. An alias of a name in another zone may come without what it leads to."""
    return direct is not None and direct.authoritative and not isinstance(direct.outcome, Unreachable)
