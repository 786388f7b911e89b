"""What the resolvers can do that the checks rest on: for whoever runs them, not for a report of a domain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from checks.data.blocklists import Blocklist, blocklists
from checks.model import Why
from checks.net.dns import Dns, DnsRun
from checks.net.exchange import Server
from checks.probes.blocklist import ask_test_entries

_KINDS: tuple[Literal["ip"], Literal["domain"]] = ("ip", "domain")
_REFUSALS = (Why.BLOCKED, Why.REFUSED, Why.FILTERED)


@dataclass(frozen=True, slots=True)
class ServerState:
    """One resolver ("IP:port"). `validates` DNSSEC: None where it did not answer the questions that tell."""

    address: str
    validates: bool | None


@dataclass(frozen=True, slots=True)
class BlocklistState:
    """One list that the checks ask, by its test entries (RFC 5782 section 5).

    answers: as documented. refuses: it, or the resolver, answers otherwise, and the checks do not believe it. silent:
    could not tell. `why`: what failed, None where it answers. `answered`: the addresses that came for the test entry.
    """

    zone: str
    title: str
    state: Literal["answers", "refuses", "silent"]
    why: Why | None = None
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolverState:
    """`servers`: those that the checks would ask, in their order; none where the system names none."""

    servers: tuple[ServerState, ...]
    blocklists: tuple[BlocklistState, ...]

    @property
    def validates(self) -> bool | None:
        """As the checks take it: at least one resolver proved it, no other failed the proof. None: none answered."""
        proofs = {server.validates for server in self.servers}
        if False in proofs:
            return False
        return True if True in proofs else None


async def resolver_state(nameservers: Sequence[str] | None = None, *, deadline_s: float = 10.0) -> ResolverState:
    """Ask the resolvers (None: those of the system) what they can do; takes `deadline_s` seconds at most.

    Raises ValueError with a sentence for a text that is no name server.
    """
    dns = Dns(nameservers)
    lists = [bl for kind in _KINDS for bl in blocklists(kind) if bl.decisive]
    try:
        run = dns.run(deadline_s)
        servers, states = await asyncio.gather(
            asyncio.gather(*(_server(dns, server, deadline_s) for server in dns.servers)),
            asyncio.gather(*(_blocklist(run, bl) for bl in lists)),
        )
        return ResolverState(tuple(servers), tuple(states))
    finally:
        await dns.aclose()


async def _server(dns: Dns, server: Server, deadline_s: float) -> ServerState:
    try:
        async with asyncio.timeout(deadline_s):
            return ServerState(str(server), await dns.proved(server))
    except TimeoutError:
        return ServerState(str(server), None)


async def _blocklist(run: DnsRun, bl: Blocklist) -> BlocklistState:
    fault, answered = await ask_test_entries(run, bl)
    if fault is None:
        return BlocklistState(bl.zone, bl.title, "answers", None, answered)
    state: Literal["refuses", "silent"] = "refuses" if fault.why in _REFUSALS else "silent"
    return BlocklistState(bl.zone, bl.title, state, fault.why, answered)
