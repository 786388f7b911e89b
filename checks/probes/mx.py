"""Where the domain receives mail, and the reverse names of these addresses."""

from __future__ import annotations

import asyncio
import ipaddress

from checks.evidence.message import SessionEvidence
from checks.evidence.mx import MxEvidence, MxTarget
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import Answer, Known, MxHost, Seen, Unreachable
from checks.net.dns import DnsRun
from checks.probes.run import Run

MAX_HOSTS = 20
MAX_ADDRESSES = 20
MAX_PTR_NAMES = 10
"""As many PTR names as an SPF check would read (RFC 7208 section 4.6.4)."""


async def ask_mx(run: Run) -> MxEvidence:
    records, own4, own6 = await asyncio.gather(
        run.dns.mx(run.domain), run.dns.addresses(run.domain, "A"), run.dns.addresses(run.domain, "AAAA")
    )
    hosts = _hosts(records)
    targets = await asyncio.gather(*(_target(run.dns, host) for host in hosts))
    return MxEvidence(run.domain, records, tuple(targets), own4, own6)


def _hosts(records: Known[Answer[MxHost]]) -> list[MxHost]:
    if not isinstance(records, Seen):
        return []
    named = {host.host: host for host in records.value.values if host.host}
    return sorted(named.values(), key=lambda h: (h.preference, h.host))[:MAX_HOSTS]


async def _target(dns: DnsRun, mx: MxHost) -> MxTarget:
    ipv4, ipv6 = await asyncio.gather(dns.addresses(mx.host, "A"), dns.addresses(mx.host, "AAAA"))
    return MxTarget(mx.host, mx.preference, ipv4, ipv6, _is_address(mx.host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def addresses_of(*answers: Known[Answer[str]]) -> list[str]:
    return [value for answer in answers if isinstance(answer, Seen) for value in answer.value.values]


async def ask_mx_reverse(run: Run) -> MxReverseEvidence:
    mx = await run.evidence(MxEvidence)
    pairs = [(address, t.host) for t in mx.targets for address in addresses_of(t.ipv4, t.ipv6)]
    pairs = pairs[:MAX_ADDRESSES]
    names = await asyncio.gather(*(run.dns.ptr(address) for address, _ in pairs))
    reverse = (ReverseName(address, host, told) for (address, host), told in zip(pairs, names, strict=True))
    return MxReverseEvidence(run.domain, tuple(reverse))


async def ask_client_reverse(run: Run) -> ClientReverseEvidence:
    session = await run.evidence(SessionEvidence)
    if session.client_ip is None:
        return ClientReverseEvidence(None)
    return ClientReverseEvidence(await _confirmed(run.dns, session.client_ip, session.helo or ""))


async def _confirmed(dns: DnsRun, address: str, host: str) -> ReverseName:
    names = await dns.ptr(address)
    if not isinstance(names, Seen):
        return ReverseName(address, host, names)
    wanted = ipaddress.ip_address(address)
    candidates = names.value.values[:MAX_PTR_NAMES]
    forward = await asyncio.gather(*(dns.addresses(n, "A" if wanted.version == 4 else "AAAA") for n in candidates))
    for name, answer in zip(candidates, forward, strict=True):
        if any(ipaddress.ip_address(value) == wanted for value in addresses_of(answer)):
            return ReverseName(address, host, names, name)
    failed = next((answer.why for answer in forward if isinstance(answer, Unreachable)), None)
    return ReverseName(address, host, names, unconfirmed_why=failed)
