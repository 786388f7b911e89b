"""One question on the wire: UDP with retransmission, fail-over to the next server, TCP where the answer does not fit.

Each question uses its own connected socket per server. So the kernel drops datagrams from other sources and chooses a
random source port for every question (RFC 5452), an ICMP "port unreachable" is heard at once, a burst of answers does
not share one receive buffer, and an answer that comes late, after a retransmission, still counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.flags
import dns.message

from checks.model import Answer, Known, Unreachable, Why
from checks.net.response import Question, Reading, names_dnssec_fault, outcome, read, wants_no_edns
from checks.net.wire import plain_outcome, query_wire

_BACKOFF = 1.5
_PAUSE_S = 0.1
_TCP_TRIES_S = 2.0
"""A TCP exchange may take this many times the time of a try."""
_MAX_UNREAD = 100
_RESOLV_CONF = Path("/etc/resolv.conf")
# Whose failure is told, where servers fail differently: a failed resolution says most; REFUSED only if all refuse.
_TELLING = (Why.SERVFAIL, Why.TIMEOUT, Why.NETWORK, Why.REFUSED)


@dataclass(frozen=True, slots=True)
class Server:
    """A resolver: its IP address (with zone for link-local ones) and port."""

    address: str
    port: int = 53

    @classmethod
    def parse(cls, text: str) -> Server:
        """Read "192.0.2.1", "192.0.2.1:53", "2001:db8::1" or "[2001:db8::1]:53". Raises ValueError with a sentence."""
        host, port = text.strip(), "53"
        if host.startswith("[") and "]" in host:
            host, _, rest = host[1:].partition("]")
            if rest:
                port = rest[1:] if rest.startswith(":") else ""
        elif host.count(":") == 1:
            host, port = host.split(":")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(f"A name server is given as IP address or IP:port, not {text!r}.") from None
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise ValueError(f"The port of the name server {text!r} is not a number from 1 to 65535.")
        return cls(str(address), int(port))

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def system_servers(resolv_conf: Path = _RESOLV_CONF) -> tuple[Server, ...]:
    """The resolvers of the system (resolv.conf(5)), in its order; lines nobody can use are passed over."""
    try:
        lines = resolv_conf.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    found: dict[Server, None] = {}
    for words in (line.split() for line in lines):
        if len(words) >= 2 and words[0] == "nameserver":
            with contextlib.suppress(ValueError):
                found[Server.parse(f"[{words[1]}]")] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome, the server that gave it (None: no server did), its AD and AA bits, and the message itself where it
    is not plain."""

    outcome: Known[Answer[Any]]
    server: Server | None = None
    claims_authentic: bool = False
    authoritative: bool = False
    message: dns.message.Message | None = None


class _Link:
    """The connected UDP socket of one question to one server. Opened and closed at once, so that nothing can leak."""

    __slots__ = ("_heard", "_loop", "_question", "_socket", "edns", "server", "wire")

    def __init__(self, server: Server, question: Question, heard: Callable[[_Link, bytes | OSError], None]) -> None:
        """Raises OSError where the address cannot be reached from here."""
        self.server = server
        self.edns = True
        self._question = question
        self.wire = self._written()
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        family, address = _address(server)
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket.fileno(), self._on_readable)

    @property
    def query(self) -> dns.message.QueryMessage:
        """What was asked, for comparing a response with it."""
        made = self._question.query(edns=self.edns)
        made.id = int.from_bytes(self.wire[:2], "big")
        return made

    def _written(self) -> bytes:
        return query_wire(self._question, int.from_bytes(os.urandom(2), "big"), edns=self.edns)

    def send(self) -> None:
        """Send, or send again. Raises OSError."""
        with contextlib.suppress(BlockingIOError):  # a full send buffer is one more lost datagram
            self._socket.send(self.wire)

    def without_edns(self) -> None:
        """Ask anew as before EDNS. Raises OSError."""
        self.edns = False
        self.wire = self._written()
        self.send()

    def _on_readable(self) -> None:
        event: bytes | OSError
        try:
            event = self._socket.recv(65535)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            event = error
        self._heard(self, event)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()


class Exchange:
    """One question, asked until a server answers it or all are exhausted. `servers` in the order of preference.

    A report has a hundred of them under way: so what arrives and what is over is handled in plain calls from the event
    loop. `done` is told the reply once, and never while `begin` runs. `start` is given the tasks for TCP.
    """

    def __init__(
        self,
        question: Question,
        servers: Sequence[Server],
        *,
        try_s: float,
        tries: int,
        done: Callable[[Reply], None],
        start: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._question = question
        self._servers = servers
        self._try_s = try_s
        self._tries = tries
        self._done: Callable[[Reply], None] | None = done
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._plan: Iterator[float] | None = self._waits()
        self._timer: asyncio.TimerHandle | None = None
        self._asked: Server | None = None
        self._tcp: asyncio.Task[None] | None = None
        self._unread: list[tuple[_Link, bytes | OSError]] = []
        self._links: dict[Server, _Link] = {}
        self._failures: dict[Server, Unreachable] = {}
        self._settled: set[Server] = set()

    @property
    def silent(self) -> frozenset[Server]:
        """The servers that were asked and could not be heard."""
        return frozenset(s for s, f in self._failures.items() if f.why in (Why.TIMEOUT, Why.NETWORK))

    def begin(self) -> None:
        self._guarded(self._next)

    def close(self) -> None:
        """End it; `done` is told nothing any more."""
        self._done = self._plan = None
        self._stop_waiting()
        for link in self._links.values():
            link.close()
        self._links = {}
        self._unread = []

    def _finish(self, reply: Reply) -> None:
        done = self._done
        if done is not None:
            self.close()
            done(reply)

    def _guarded(self, work: Callable[..., None], *given: Any) -> None:
        """A fault in here must cost one answer, not the report."""
        try:
            work(*given)
        except Exception as error:  # noqa: BLE001
            fault = Reply(Unreachable(Why.INTERNAL, f"{type(error).__name__}: {error}"))
            self._loop.call_soon(self._finish, fault)

    def _waits(self) -> Iterator[float]:
        """Send, and yield for how long to listen to all asked so far; ends by itself after `tries` rounds.

        Each round waits half as long again as the one before.
        """
        for attempt in range(self._tries):
            for server in self._servers:
                if server not in self._settled and self._send(server):
                    yield self._try_s * _BACKOFF**attempt
            if len(self._settled) == len(self._servers):
                break
            if all(f.why is Why.NETWORK for f in self._failures.values()) and attempt + 1 < self._tries:
                self._asked = None
                yield _PAUSE_S * 2**attempt  # a resolver that restarts is back in a moment

    def _next(self) -> None:
        """The time of the server that was asked last is over, or nothing is to be expected of it any more."""
        self._stop_waiting()
        seconds = next(self._plan, None) if self._plan is not None else None
        if seconds is None:
            self._loop.call_soon(self._finish, Reply(self._conclusion()))
            return
        self._timer = self._loop.call_later(seconds, self._guarded, self._next)
        self._read_on()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tcp is not None:
            self._tcp.cancel()
            self._tcp = None

    def _send(self, server: Server) -> bool:
        self._asked = server
        try:
            if server not in self._links:
                self._links[server] = _Link(server, self._question, self._heard)
            self._links[server].send()
        except OSError as error:
            self._fail(server, Why.NETWORK, _reason(error))
            return False
        self._fail(server, Why.TIMEOUT, "no answer")
        return True

    def _heard(self, link: _Link, event: bytes | OSError) -> None:
        if self._tcp is None:
            self._guarded(self._take, link, event)
        elif len(self._unread) < _MAX_UNREAD:
            self._unread.append((link, event))

    def _read_on(self) -> None:
        """Take what came while an answer was fetched over TCP."""
        while self._unread and self._tcp is None and self._done is not None:
            self._take(*self._unread.pop(0))

    def _take(self, link: _Link, event: bytes | OSError) -> None:
        if isinstance(event, OSError):
            self._fail(link.server, Why.NETWORK, _reason(event))
            self._took(link, None)
            return
        if plain := plain_outcome(self._question, link.wire, event):
            self._finish(self._reply(link, plain.told, plain.claims_authentic, plain.authoritative))
            return
        response = read(link.query, event)
        if response == "truncated":
            self._tcp = asyncio.create_task(self._over_tcp(link))
            self._start(self._tcp)
            return
        self._took(link, self._judged(link, response))

    def _took(self, link: _Link, reply: Reply | None) -> None:
        if reply is not None:
            self._finish(reply)
            return
        server = link.server
        if server == self._asked and (server in self._settled or self._failures[server].why is not Why.TIMEOUT):
            self._next()

    def _judged(self, link: _Link, response: Reading) -> Reply | None:
        match response:
            case "foreign":
                return None
            case "malformed" | "truncated":
                self._settle(link.server, Unreachable(Why.SERVFAIL, f"{link.server}: malformed answer"))
                return None
        if link.edns and wants_no_edns(response):
            try:
                link.without_edns()
            except OSError as error:
                self._fail(link.server, Why.NETWORK, _reason(error))
            return None
        told = outcome(self._question, response)
        if isinstance(told, Unreachable):
            told = Unreachable(told.why, f"{link.server}: {told.detail}", told.extended)
            # Where one validating resolver names the fault of the zone, a less strict one would only hide it.
            if told.why in (Why.SERVFAIL, Why.REFUSED) and not names_dnssec_fault(told):
                self._settle(link.server, told)
                return None
        ad, aa = (bool(response.flags & bit) for bit in (dns.flags.AD, dns.flags.AA))
        return self._reply(link, told, ad, aa, response)

    def _reply(
        self, link: _Link, told: Known[Answer[Any]], ad: bool, aa: bool, response: dns.message.Message | None = None
    ) -> Reply:
        self._failures.pop(link.server, None)
        return Reply(told, link.server, ad, aa, response)

    async def _over_tcp(self, link: _Link) -> None:
        """The same query over TCP (RFC 7766); the server is settled where that fails."""
        wire: bytes | None = None
        try:
            async with asyncio.timeout(self._try_s * _TCP_TRIES_S):
                wire = await _tcp(link.server, link.wire)
        except TimeoutError:
            self._settle(link.server, Unreachable(Why.TIMEOUT, f"{link.server}: truncated, and no answer over TCP"))
        except (OSError, asyncio.IncompleteReadError) as error:
            self._settle(link.server, Unreachable(Why.NETWORK, f"{link.server}: truncated, TCP {_reason(error)}"))
        self._tcp = None
        self._guarded(self._fetched, link, wire)

    def _fetched(self, link: _Link, wire: bytes | None) -> None:
        self._took(link, None if wire is None else self._judged(link, read(link.query, wire)))
        self._read_on()

    def _fail(self, server: Server, why: Why, detail: str) -> None:
        self._failures[server] = Unreachable(why, f"{server}: {detail}")

    def _settle(self, server: Server, failure: Unreachable) -> None:
        self._failures[server] = failure
        self._settled.add(server)

    def _conclusion(self) -> Unreachable:
        failures = sorted(self._failures.values(), key=lambda f: _TELLING.index(f.why))
        extended = tuple(dict.fromkeys(error for f in failures for error in f.extended))
        return Unreachable(failures[0].why, "; ".join(f.detail for f in failures), extended)


async def _tcp(server: Server, wire: bytes) -> bytes:
    """One message each way, with the length before it. Raises OSError or asyncio.IncompleteReadError."""
    reader, writer = await asyncio.open_connection(server.address, server.port)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()


def _address(server: Server) -> tuple[int, Any]:
    """The family and address for `connect`. Raises OSError for the zone of an interface that is not there."""
    if "%" not in server.address:
        return (socket.AF_INET6 if ":" in server.address else socket.AF_INET), (server.address, server.port)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    found = socket.getaddrinfo(server.address, server.port, type=socket.SOCK_DGRAM, flags=flags)[0]
    return found[0], found[4]


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
