"""A question between who asks it and the wire: who waits for the answer, and for room among those under way.

A report asks a hundred questions and more: so this is done in plain calls, without a task for each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.exchange import Exchange, Reply, Server
from checks.net.response import Question

if TYPE_CHECKING:
    from checks.net.dns import Dns, DnsRun

Awaited: TypeAlias = "asyncio.Future[Known[Answer[Any]]]"
"""What was asked. A future and not a coroutine, for `asyncio.gather` makes a task of each coroutine."""

_LOG = logging.getLogger(__name__)

LATE = Unreachable(Why.TIMEOUT, "the time for this report is over")
CLOSED = Unreachable(Why.NETWORK, "the DNS gateway is closed")


def known(told: Known[Answer[Any]]) -> Awaited:
    """What needs no waiting."""
    made: Awaited = asyncio.get_running_loop().create_future()
    made.set_result(told)
    return made


class Job:
    """A question on its way through the gateway, and who is to be told the reply: one, or reports side by side.

    `reply`: once it is there. `answered`, `sent`: the instants by `time.monotonic()`.
    """

    __slots__ = (
        "_asked",
        "_dns",
        "_exchange",
        "_on_sent",
        "_tries",
        "_try_s",
        "_wanting",
        "answered",
        "reply",
        "sent",
        "servers",
    )

    def __init__(
        self,
        gateway: Dns,
        asked: Question,
        servers: Sequence[Server],
        on_sent: Callable[[], None],
        try_s: float,
        tries: int,
        done: Callable[[Reply], None],
    ) -> None:
        self._dns = gateway
        self._asked = asked
        self.servers = servers
        self._on_sent: Callable[[], None] | None = on_sent
        self._try_s = try_s
        self._tries = tries
        self._wanting = [done]
        self._exchange: Exchange | None = None
        self.reply: Reply | None = None
        self.sent = self.answered = 0.0

    @property
    def is_wanted(self) -> bool:
        """Under way or waiting for room, and somebody wants to know."""
        return bool(self._wanting)

    @property
    def can_be_joined(self) -> bool:
        """Whether nobody who joins now gets less patience than by asking himself, or nearly."""
        return self.is_wanted and (not self.is_sent or time.monotonic() - self.sent < self._try_s)

    @property
    def is_sent(self) -> bool:
        return self._exchange is not None

    def start(self) -> None:
        if self._on_sent is not None:
            self._on_sent()
        self._on_sent = None  # it holds the report of whoever asked first, which others may outlive
        self.sent = time.monotonic()
        servers = self.servers if len(self.servers) == 1 else self._dns.in_order(self.servers)
        self._exchange = Exchange(
            self._asked, servers, try_s=self._try_s, tries=self._tries, done=self.finish, start=self._dns.start
        )
        self._exchange.begin()

    def finish(self, reply: Reply) -> None:
        exchange, wanting = self._exchange, self._wanting
        self._exchange, self._wanting = None, []
        self.reply, self.answered = reply, time.monotonic()
        if exchange is not None:
            if reply.server is not None:
                self._dns.heard(reply.server, exchange.silent)
            self._dns.leave()
        for done in wanting:
            done(reply)

    def join(self, done: Callable[[Reply], None]) -> None:
        self._wanting.append(done)

    def cancel(self, done: Callable[[Reply], None]) -> None:
        """This one does not want to know any more; the question is given up when nobody does."""
        if done in self._wanting:
            self._wanting.remove(done)
        if not self._wanting and self._exchange is not None:
            self._exchange.close()
            self._exchange = None
            self._dns.leave()


class Waiter(asyncio.Future[Known[Answer[Any]]]):
    """What one who asks waits for. Cancelled, it tells the question that one fewer wants to know."""

    asking: Asking | None = None

    def cancel(self, msg: Any | None = None) -> bool:
        is_cancelled = super().cancel(msg)
        asking, self.asking = self.asking, None
        if is_cancelled and asking is not None:
            asking.left()
        return is_cancelled


class Asking:
    """A question of a run, under way or answered, and who waits for it."""

    __slots__ = ("_job", "_loop", "_question", "_run", "_told", "_waiters", "_wanted")

    def __init__(self, run: DnsRun, asked: Question, *, anew: bool = False) -> None:
        """`anew`: not from what others have asked, and not for them."""
        self._run: DnsRun | None = run
        self._question = asked
        self._loop = asyncio.get_running_loop()
        self._told: Awaited | None = None
        self._waiters: list[Waiter] = []
        self._wanted = 0
        self._job = run.dns.job(asked, run.count, self._replied, anew=anew)
        if self._job.reply is not None:
            self._replied(self._job.reply)

    @property
    def is_told(self) -> bool:
        return self._told is not None

    @property
    def is_given_up(self) -> bool:
        """All who wanted to know were cancelled. Whoever asks later begins anew."""
        return self._run is None and self._told is None

    @property
    def is_sent(self) -> bool:
        return self._job.is_sent

    def wait(self) -> Awaited:
        if self._told is not None:
            return self._told
        waiter = Waiter(loop=self._loop)
        waiter.asking = self
        self._waiters.append(waiter)
        self._wanted += 1
        return waiter

    def left(self) -> None:
        self._wanted -= 1
        if not self._wanted and self._told is None:
            self._end()

    def settle(self, told: Known[Answer[Any]], *, is_answer: bool = True) -> None:
        run = self._run
        if run is None:
            return
        self._told = self._loop.create_future()
        self._told.set_result(told)
        waiters = self._waiters
        self._end()
        for waiter in waiters:
            waiter.asking = None
            if not waiter.done():
                waiter.set_result(told)
        if is_answer:
            try:
                run.dns.on_answer(told)
            except Exception:  # noqa: BLE001 - what another makes of it must cost no report its answer
                _LOG.exception("whoever counts DNS answers failed")

    def _end(self) -> None:
        run, self._run = self._run, None
        self._job.cancel(self._replied)
        self._waiters = []
        if run is not None:
            run.settled(self)

    def _replied(self, reply: Reply) -> None:
        told = reply.outcome
        # With CD the resolver did not look at the signatures, or not now.
        server = reply.server if reply.claims_authentic and not self._question.checking_disabled else None
        run = self._run
        proof = run.dns.proof(server) if run and server and not isinstance(told, Unreachable) else None
        if proof is None or isinstance(told, Unreachable):
            self.settle(told)
        elif proof.done():
            self._proved(told, proof)
        else:
            proof.add_done_callback(partial(self._proved, told))

    def _proved(self, told: Seen[Answer[Any]] | Absent, proof: asyncio.Task[bool | None]) -> None:
        self.settle(_authentic(told) if not proof.cancelled() and proof.result() else told)


def _authentic(told: Seen[Answer[Any]] | Absent) -> Known[Answer[Any]]:
    if isinstance(told, Absent):
        return Absent(told.how, authentic=True, alias_of=told.alias_of, zone=told.zone)
    return Seen(replace(told.value, authentic=True))
