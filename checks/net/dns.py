"""The one gateway to the DNS.

`Dns` lives as long as its owner and knows the resolvers; `DnsRun` is one report's view of it: every (name, type) is
asked once, whoever asks while the answer is under way shares it, and one deadline ends all. Nothing but cancellation
is raised: what could not be told is `Unreachable`, with the reason.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why
from checks.net.authority import TRIES, TRY_S, DirectAnswer, direct_answer, public_server
from checks.net.exchange import Exchange, Reply, Server, system_servers
from checks.net.response import Question, question

_DEMOTED_S = 30.0
"""How long a server that was silent while another one answered is asked last."""

_SECURE_NAME = "."
_NEVER_SECURE_NAMES = ("10.in-addr.arpa", "home.arpa")
"""Delegated without DS on purpose, so that anybody may serve them locally (RFC 6303, RFC 8375)."""


class Dns:
    """The resolvers, and whether they validate. One per Checker; `run()` begins the questions of a report.

    `nameservers`: "127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:53"; None for those of the system. `try_s`: seconds
    until a question is sent again, `tries`: how often per server. `on_answer` is told what came of each question of a
    report. `authorities`: which server to ask at the address of a name server, None for one that must not be asked.
    Raises ValueError with a sentence for a text that is no server.
    """

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        *,
        try_s: float = 1.5,
        tries: int = 3,
        max_outstanding: int = 150,
        on_answer: Callable[[Known[Answer[Any]]], None] = lambda told: None,
        authorities: Callable[[str], Server | None] = public_server,
    ) -> None:
        given = None if nameservers is None else tuple(dict.fromkeys(map(Server.parse, nameservers)))
        self.servers = system_servers() if given is None else given
        self._try_s = try_s
        self._tries = tries
        self._room = asyncio.Semaphore(max_outstanding)
        self._demoted: dict[Server, float] = {}
        self._proofs: dict[Server, asyncio.Task[bool | None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.on_answer = on_answer
        self._authorities = authorities

    def run(self, deadline_s: float = 20.0) -> DnsRun:
        """The questions of one report; after `deadline_s` seconds what is unanswered becomes Unreachable(TIMEOUT)."""
        return DnsRun(self, time.monotonic() + deadline_s)

    async def aclose(self) -> None:
        """Cancel what is under way and wait until it is gone; questions after that are Unreachable."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def exchange(self, asked: Question, servers: Sequence[Server], on_sent: Callable[[], None]) -> Reply:
        """Ask `servers`, those known to be silent last, once fewer than `max_outstanding` questions are under way."""
        if not servers:
            return Reply(Unreachable(Why.NETWORK, "no name server is configured on this system"))
        async with self._room:
            on_sent()
            now = time.monotonic()
            exchange = Exchange(
                asked,
                sorted(servers, key=lambda server: self._demoted.get(server, 0.0) > now),
                try_s=self._try_s,
                tries=self._tries,
            )
            reply = await exchange.run()
        if reply.server is not None:
            self._demoted.pop(reply.server, None)
            self._demoted.update(dict.fromkeys(exchange.silent - {reply.server}, time.monotonic() + _DEMOTED_S))
        return reply

    async def exchange_direct(self, asked: Question, address: str, on_sent: Callable[[], None]) -> Reply | None:
        """Ask the name server at this address and no other; None where it must not be asked."""
        server = self._authorities(address)
        if server is None or self._closed:
            return None
        async with self._room:
            on_sent()
            return await Exchange(asked, (server,), try_s=TRY_S, tries=TRIES).run()

    def start(self, work: asyncio.Task[Any]) -> None:
        """Take a task into the set that `aclose` ends."""
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)

    @property
    def closed(self) -> bool:
        return self._closed

    async def proved(self, server: Server) -> bool | None:
        """Does this resolver validate DNSSEC? None: it did not answer the questions that tell; asked again next time.

        It has to set AD for the SOA of the root, which is signed, and must not set it for a name that nobody can
        call secure. The first alone would be passed by a resolver that sets AD always or echoes the AD bit of the
        query; the second alone by one that knows no DNSSEC. Taken for the second is the SOA of a zone whose
        delegation is insecure by design and stays so: `10.in-addr.arpa`. Unbound and BIND serve it themselves,
        others fetch the unsigned copy of AS112, and systemd-resolved has it as a negative trust anchor: never AD.
        Not suitable are `localhost`, `invalid` or the reverse of 127.0.0.1 (systemd-resolved calls what it makes up
        authentic), a made-up TLD (the root proves its absence: AD is right), any company's unsigned domain (may be
        signed tomorrow) and a deliberately bogus one (somebody else's to keep). A forwarder that hands on the AD bit
        of a validating resolver passes; whether the path to it is safe, no question tells.
        """
        task = self._proofs.get(server)
        if task is None or (task.done() and (task.cancelled() or task.result() is None)):
            if self._closed:
                return None
            task = self._begin_proof(server)
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    def begin_proofs(self) -> None:
        """Ask the servers that were not asked yet what `proved` tells, so that nobody has to wait for it later."""
        for server in self.servers:
            if server not in self._proofs:
                self._begin_proof(server)

    def _begin_proof(self, server: Server) -> asyncio.Task[bool | None]:
        task = self._proofs[server] = asyncio.create_task(self._prove(server))
        self.start(task)
        return task

    async def _prove(self, server: Server) -> bool | None:
        # Side by side, for the first answers of a report wait for this; nearly always the first name is enough.
        secure, never = await asyncio.gather(self._soa(server, _SECURE_NAME), self._soa(server, _NEVER_SECURE_NAMES[0]))
        if isinstance(secure.outcome, Unreachable):
            return None
        if not (secure.claims_authentic and isinstance(secure.outcome, Seen)):
            return False
        if not isinstance(never.outcome, Unreachable):
            return not never.claims_authentic
        for name in _NEVER_SECURE_NAMES[1:]:
            reply = await self._soa(server, name)
            if not isinstance(reply.outcome, Unreachable):
                return not reply.claims_authentic
        return None

    async def _soa(self, server: Server, name: str) -> Reply:
        asked = question(name, "SOA")
        assert isinstance(asked, Question)  # the names are ours
        return await self.exchange(asked, (server,), lambda: None)


@dataclass(slots=True, eq=False)
class _Shared:
    """A question under way or answered, and how many are waiting for it."""

    task: asyncio.Task[Known[Answer[Any]]]
    waiting: int = 0


class DnsRun:
    """The questions of one report. `queries`: those that really went out, retransmissions not counted."""

    def __init__(self, gateway: Dns, deadline: float) -> None:
        """`deadline`: an instant of time.monotonic()."""
        self.queries = 0
        self._dns = gateway
        self._deadline = deadline
        self._asked: dict[Question, _Shared] = {}

    async def ask(self, name: str, rdtype: str, *, checking_disabled: bool = False) -> Known[Answer[Any]]:
        """The records of a name and type (values: see `Answer`), CNAMEs followed.

        `name`: A-labels, one trailing dot allowed, characters up to U+00FF taken as octets; neither search list nor
        IDNA. `checking_disabled`: have the resolver answer although validation fails (CD, RFC 4035 section 3.2.2).
        """
        asked = question(name, rdtype, checking_disabled=checking_disabled)
        if isinstance(asked, Unreachable):
            return asked
        shared = self._asked.get(asked)
        if shared is None:
            if self._dns.closed:
                return _CLOSED
            if time.monotonic() >= self._deadline:
                return _LATE
            shared = self._asked[asked] = _Shared(asyncio.create_task(self._answer(asked)))
            self._dns.start(shared.task)
        if shared.task.done() and not shared.task.cancelled():
            return shared.task.result()
        shared.waiting += 1
        try:
            await asyncio.wait({shared.task})
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.task.done():
                # All who wanted to know were cancelled. Whoever asks later begins anew.
                shared.task.cancel()
                self._asked.pop(asked, None)
        return _CLOSED if shared.task.cancelled() else shared.task.result()

    async def ask_again(self, name: str, rdtype: str) -> Known[Answer[Any]]:
        """Ask although the question was answered in this run: for a failure that may have been a passing one."""
        asked = question(name, rdtype)
        return asked if isinstance(asked, Unreachable) else await self._answer(asked)

    async def ask_authority(self, address: str, name: str, rdtype: str) -> DirectAnswer | None:
        """Ask the authoritative server at an address, without recursion; None where it must not be asked.

        No question of this kind is shared: whoever asks knows that nobody else does.
        """
        asked = question(name, rdtype, recursion=False)
        if isinstance(asked, Unreachable):
            return DirectAnswer(asked)
        try:
            async with asyncio.timeout(self._left_s()):
                reply = await self._dns.exchange_direct(asked, address, self._count)
        except TimeoutError:
            return DirectAnswer(_LATE)
        return None if reply is None else direct_answer(reply)

    async def txt(self, name: str) -> Known[Answer[bytes]]:
        return await self.ask(name, "TXT")

    async def mx(self, name: str) -> Known[Answer[MxHost]]:
        return await self.ask(name, "MX")

    async def addresses(self, name: str, rdtype: Literal["A", "AAAA"]) -> Known[Answer[str]]:
        return await self.ask(name, rdtype)

    async def ptr(self, address: str) -> Known[Answer[str]]:
        """The names of an IPv4 or IPv6 address in text form (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return Unreachable(Why.BAD_NAME, "not an IP address")
        if isinstance(ip, ipaddress.IPv6Address):
            ip = ip.ipv4_mapped or ipaddress.IPv6Address(int(ip))  # without the zone of a link-local address
        return await self.ask(ip.reverse_pointer, "PTR")

    async def validates(self) -> bool:
        """Whether the resolvers proved that they validate DNSSEC: at least one did, and no other failed the proof."""
        try:
            async with asyncio.timeout(self._left_s()):
                proofs = await asyncio.gather(*map(self._dns.proved, self._dns.servers))
        except TimeoutError:
            return False
        return True in proofs and False not in proofs

    async def _answer(self, asked: Question) -> Known[Answer[Any]]:
        told: Known[Answer[Any]] = _LATE
        try:
            async with asyncio.timeout(self._left_s()):
                reply = await self._dns.exchange(asked, self._dns.servers, self._count)
                told = reply.outcome
                # With CD the resolver did not look at the signatures, or not now.
                server = reply.server if reply.claims_authentic and not asked.checking_disabled else None
                if server is not None and not isinstance(told, Unreachable) and await self._dns.proved(server):
                    told = _authentic(told)
        except TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001 - a fault in here must cost one answer, not the report
            told = Unreachable(Why.INTERNAL, f"{type(error).__name__}: {error}")
        self._dns.on_answer(told)
        return told

    def _count(self) -> None:
        self.queries += 1

    def _left_s(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def _authentic(told: Seen[Answer[Any]] | Absent) -> Known[Answer[Any]]:
    return Seen(replace(told.value, authentic=True)) if isinstance(told, Seen) else replace(told, authentic=True)


_LATE = Unreachable(Why.TIMEOUT, "the time for this report is over")
_CLOSED = Unreachable(Why.NETWORK, "the DNS gateway is closed")
