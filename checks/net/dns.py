"""The one gateway to the DNS.

`Dns` lives as long as its owner and knows the resolvers; `DnsRun` is one report's view of it: every (name, type) is
asked once, whoever asks while the answer is under way shares it, and one deadline ends all. Reports side by side share
what they ask, since domains of one company have their provider's names in common. Nothing but cancellation is raised:
what could not be told is `Unreachable`, with the reason.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

from checks.model import Answer, Known, MxHost, Seen, Unreachable, Why
from checks.net.asking import CLOSED, LATE, Asking, Awaited, Job, known
from checks.net.authority import TRIES, TRY_S, DirectAnswer, direct_answer, public_server
from checks.net.exchange import Reply, Server, system_servers
from checks.net.response import Question, question

_DEMOTED_S = 30.0
"""How long a server that was silent while another one answered is asked last."""

_SHARED_S = 2.0
"""How long reports side by side share an answer, if its TTL allows: a resolver's cache would share it for longer."""

_PROOF_S = 600.0
"""How long it is believed that a resolver validates, or does not: what it forwards to may change."""

_SECURE_NAME = "."
_NEVER_SECURE_NAMES = ("10.in-addr.arpa", "home.arpa")
"""Delegated without DS on purpose, so that anybody may serve them locally (RFC 6303, RFC 8375)."""


class Dns:
    """The resolvers, and whether they validate. One per Checker; `run()` begins the questions of a report.

    `nameservers`: "127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:53"; None for those of the system. `try_s`: seconds
    until a question is sent again, `tries`: how often per server. `on_answer` is told what came of each question of a
    report. `proof_s`: for how long it is believed that a server validates. `authorities`: which server to ask at the
    address of a name server, None for one that must not be asked. Raises ValueError with a sentence for a text that is
    no server.
    """

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        *,
        try_s: float = 1.5,
        tries: int = 3,
        max_outstanding: int = 150,
        proof_s: float = _PROOF_S,
        on_answer: Callable[[Known[Answer[Any]]], None] = lambda told: None,
        authorities: Callable[[str], Server | None] = public_server,
    ) -> None:
        given = None if nameservers is None else tuple(dict.fromkeys(map(Server.parse, nameservers)))
        self.servers = system_servers() if given is None else given
        self._try_s = try_s
        self._tries = tries
        self._room = max_outstanding
        self._waiting: deque[Job] = deque()
        self._open: set[Asking] = set()
        self._shared: dict[Question, Job] = {}
        self._shared_before: dict[Question, Job] = {}
        self._shared_since = 0.0
        self._demoted: dict[Server, float] = {}
        self._proof_s = proof_s
        self._proofs: dict[Server, asyncio.Task[bool | None]] = {}
        self._proofs_begun: dict[Server, float] = {}
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
        for asking in sorted(self._open, key=lambda asking: asking.is_sent):  # so that nothing is sent in their room
            asking.settle(CLOSED, is_answer=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, job: Job) -> None:
        """Ask, once fewer than `max_outstanding` questions are under way."""
        if not job.servers:
            nobody = Reply(Unreachable(Why.NETWORK, "no name server is configured on this system"))
            asyncio.get_running_loop().call_soon(job.finish, nobody)
        elif self._room:
            self._room -= 1
            job.start()
        else:
            self._waiting.append(job)

    def leave(self) -> None:
        """A question that was under way is over."""
        self._room += 1
        while self._room and self._waiting:
            job = self._waiting.popleft()
            if job.is_wanted:
                self._room -= 1
                job.start()

    async def exchange(
        self, asked: Question, servers: Sequence[Server], on_sent: Callable[[], None] = lambda: None
    ) -> Reply:
        """Ask `servers`, those known to be silent last."""
        return await self._reply(asked, servers, on_sent, self._try_s, self._tries)

    async def exchange_direct(self, asked: Question, address: str, on_sent: Callable[[], None]) -> Reply | None:
        """Ask the name server at this address and no other; None where it must not be asked."""
        server = self._authorities(address)
        if server is None or self._closed:
            return None
        return await self._reply(asked, (server,), on_sent, TRY_S, TRIES)

    async def _reply(
        self, asked: Question, servers: Sequence[Server], on_sent: Callable[[], None], try_s: float, tries: int
    ) -> Reply:
        told: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def done(reply: Reply) -> None:
            if not told.done():
                told.set_result(reply)

        job = Job(self, asked, servers, on_sent, try_s, tries, done)
        self.begin(job)
        try:
            return await told
        finally:
            job.cancel(done)

    def job(
        self, asked: Question, on_sent: Callable[[], None], done: Callable[[Reply], None], *, anew: bool = False
    ) -> Job:
        """A question for the resolvers, begun: that of a report beside this one where there is one, else a new one.

        Where it has its `reply` already, `done` is told nothing.
        """
        job = None if anew else self._of_others(asked)
        if job is None:
            job = Job(self, asked, self.servers, on_sent, self._try_s, self._tries, done)
            if not anew:
                self._shared[asked] = job
            self.begin(job)
        elif job.reply is None:
            job.join(done)
        return job

    def _of_others(self, asked: Question) -> Job | None:
        """A question of a report beside this one that can be shared. What is older than that is forgotten."""
        now = time.monotonic()
        if now - self._shared_since > _SHARED_S:
            self._shared_before, self._shared, self._shared_since = self._shared, {}, now
        job = self._shared.get(asked) or self._shared_before.get(asked)
        if job is None or job.can_be_joined:
            return job
        return job if job.reply is not None and _is_fresh(job.reply, now - job.answered) else None

    def in_order(self, servers: Sequence[Server]) -> Sequence[Server]:
        """Those known to be silent last."""
        if not self._demoted:
            return servers
        now = time.monotonic()
        return sorted(servers, key=lambda server: self._demoted.get(server, 0.0) > now)

    def heard(self, answered: Server, silent: frozenset[Server]) -> None:
        """This server answered, and these were asked before and did not."""
        self._demoted.pop(answered, None)
        self._demoted.update(dict.fromkeys(silent - {answered}, time.monotonic() + _DEMOTED_S))

    def opened(self, asking: Asking) -> None:
        self._open.add(asking)

    def settled(self, asking: Asking) -> None:
        self._open.discard(asking)
        if not self._open:
            self._shared, self._shared_before = {}, {}

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
        task = self.proof(server)
        if task is None:
            return None
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    def proof(self, server: Server) -> asyncio.Task[bool | None] | None:
        """The proof that is done or under way, anew where it failed or is old; None once the gateway is closed."""
        task = self._proofs.get(server)
        if task is not None and (not task.done() or self._is_believed(server, task)):
            return task
        if self._closed:
            return None
        self._proofs_begun[server] = time.monotonic()
        task = self._proofs[server] = asyncio.create_task(self._prove(server))
        self.start(task)
        return task

    def _is_believed(self, server: Server, done: asyncio.Task[bool | None]) -> bool:
        is_told = not done.cancelled() and done.result() is not None
        return is_told and time.monotonic() - self._proofs_begun[server] < self._proof_s

    def begin_proofs(self) -> None:
        """Ask the servers what `proved` tells, so that nobody has to wait for it later."""
        for server in self.servers:
            self.proof(server)

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
        return await self.exchange(asked, (server,))


def _is_fresh(reply: Reply, age_s: float) -> bool:
    """A failure is not: it may have been a passing one."""
    told = reply.outcome
    return not isinstance(told, Unreachable) and age_s <= (
        min(told.value.ttl_s, _SHARED_S) if isinstance(told, Seen) else _SHARED_S
    )


class DnsRun:
    """The questions of one report. `queries`: those that really went out, retransmissions not counted."""

    def __init__(self, gateway: Dns, deadline: float) -> None:
        """`deadline`: an instant of time.monotonic()."""
        self.queries = 0
        self.dns = gateway
        self._deadline = deadline
        self._asked: dict[tuple[tuple[bytes, ...], str, bool], Asking] = {}
        self._by_text: dict[tuple[str, str, bool], Asking] = {}
        self._open: set[Asking] = set()
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, name: str, rdtype: str, *, checking_disabled: bool = False) -> Awaited:
        """The records of a name and type (values: see `Answer`), CNAMEs followed. Asked at once, awaited or not.

        `name`: A-labels, one trailing dot allowed, characters up to U+00FF taken as octets; neither search list nor
        IDNA. `checking_disabled`: have the resolver answer although validation fails (CD, RFC 4035 section 3.2.2).
        """
        text = (name, rdtype, checking_disabled)
        asking = self._by_text.get(text)
        if asking is not None and not asking.is_given_up:
            return asking.wait()
        asked = question(name, rdtype, checking_disabled=checking_disabled)
        if isinstance(asked, Unreachable):
            return known(asked)
        key = (asked.labels, asked.rdtype.name, checking_disabled)
        asking = self._asked.get(key)
        if asking is None or asking.is_given_up:
            begun = self._begin(asked)
            if isinstance(begun, Unreachable):
                return known(begun)
            asking = self._asked[key] = begun
        self._by_text[text] = asking
        return asking.wait()

    def _begin(self, asked: Question, *, anew: bool = False) -> Asking | Unreachable:
        if self.dns.closed:
            return CLOSED
        left_s = self._left_s()
        if not left_s:
            return LATE
        asking = Asking(self, asked, anew=anew)
        if asking.is_told:
            return asking
        self.dns.opened(asking)
        if not self._open:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._expire)
        self._open.add(asking)
        return asking

    def settled(self, asking: Asking) -> None:
        """This question is answered or given up."""
        self.dns.settled(asking)
        self._open.discard(asking)
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        for asking in sorted(self._open, key=lambda asking: asking.is_sent):  # so that nothing is sent in their room
            asking.settle(LATE)

    async def ask_again(self, name: str, rdtype: str) -> Known[Answer[Any]]:
        """Ask although the question was answered in this run: for a failure that may have been a passing one."""
        asked = question(name, rdtype)
        begun = asked if isinstance(asked, Unreachable) else self._begin(asked, anew=True)
        return begun if isinstance(begun, Unreachable) else await begun.wait()

    async def ask_authority(self, address: str, name: str, rdtype: str) -> DirectAnswer | None:
        """Ask the authoritative server at an address, without recursion; None where it must not be asked.

        The outcome LATE, when the time of this report ended it, says nothing of the server. No question of this kind is
        shared: whoever asks knows that nobody else does.
        """
        asked = question(name, rdtype, recursion=False)
        if isinstance(asked, Unreachable):
            return DirectAnswer(asked)
        try:
            async with asyncio.timeout(self._left_s()):
                reply = await self.dns.exchange_direct(asked, address, self.count)
        except TimeoutError:
            return DirectAnswer(LATE)
        return None if reply is None else direct_answer(reply)

    def txt(self, name: str) -> asyncio.Future[Known[Answer[bytes]]]:
        return self.ask(name, "TXT")

    def mx(self, name: str) -> asyncio.Future[Known[Answer[MxHost]]]:
        return self.ask(name, "MX")

    def addresses(self, name: str, rdtype: Literal["A", "AAAA"]) -> asyncio.Future[Known[Answer[str]]]:
        return self.ask(name, rdtype)

    def ptr(self, address: str) -> asyncio.Future[Known[Answer[str]]]:
        """The names of an IPv4 or IPv6 address in text form (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return known(Unreachable(Why.BAD_NAME, "not an IP address"))
        if isinstance(ip, ipaddress.IPv6Address):
            ip = ip.ipv4_mapped or ipaddress.IPv6Address(int(ip))  # without the zone of a link-local address
        return self.ask(ip.reverse_pointer, "PTR")

    async def validates(self) -> bool:
        """Whether the resolvers proved that they validate DNSSEC: at least one did, and no other failed the proof."""
        try:
            async with asyncio.timeout(self._left_s()):
                proofs = await asyncio.gather(*map(self.dns.proved, self.dns.servers))
        except TimeoutError:
            return False
        return True in proofs and False not in proofs

    def count(self) -> None:
        self.queries += 1

    def _left_s(self) -> float:
        return max(0.0, self._deadline - time.monotonic())
