"""One question on the wire: UDP with retransmission, fail-over to the next server, TCP where the answer does not fit.

Each question uses its own connected socket per server. So the kernel drops datagrams from other sources and chooses a
random source port for every question (RFC 5452), an ICMP "port unreachable" is heard at once, a burst of answers does
not share one receive buffer, and an answer that comes late, after a retransmission, still counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import dns.flags
import dns.message

from checks.model import Answer, Known, Unreachable, Why
from checks.net.response import Question, names_dnssec_fault, outcome, read, wants_no_edns
from checks.net.wire import plain_outcome, query_wire

_BACKOFF = 1.5
_PAUSE_S = 0.1
_TCP_TRIES_S = 2.0
"""A TCP exchange may take this many times the time of a try."""
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
    """The outcome, the server that gave it (None: no server did), whether it set the AD bit, and the message itself."""

    outcome: Known[Answer[Any]]
    server: Server | None = None
    claims_authentic: bool = False
    message: dns.message.Message | None = None


_Event: TypeAlias = "tuple[_Link, bytes | OSError]"


class _Link:
    """The connected UDP socket of one question to one server. Opened and closed at once, so that nothing can leak."""

    def __init__(self, server: Server, question: Question, inbox: asyncio.Queue[_Event]) -> None:
        """Raises OSError where the address cannot be reached from here."""
        self.server = server
        self.edns = True
        self._question = question
        self.wire = self._written()
        self._inbox = inbox
        self._loop = asyncio.get_running_loop()
        family, _, _, _, address = _addresses(server)
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
        return query_wire(self._question, secrets.randbelow(65536), edns=self.edns)

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
        try:
            self._inbox.put_nowait((self, self._socket.recv(65535)))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._inbox.put_nowait((self, error))

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()


class Exchange:
    """One question, asked until a server answers it or all are exhausted. `servers` in the order of preference."""

    def __init__(self, question: Question, servers: Sequence[Server], *, try_s: float, tries: int) -> None:
        self._question = question
        self._servers = servers
        self._try_s = try_s
        self._tries = tries
        self._inbox: asyncio.Queue[_Event] = asyncio.Queue()
        self._links: dict[Server, _Link] = {}
        self._failures: dict[Server, Unreachable] = {}
        self._settled: set[Server] = set()

    @property
    def silent(self) -> frozenset[Server]:
        """The servers that were asked and could not be heard."""
        return frozenset(s for s, f in self._failures.items() if f.why in (Why.TIMEOUT, Why.NETWORK))

    async def run(self) -> Reply:
        """Ends by itself after `tries` rounds; each round waits half as long again as the one before."""
        try:
            for attempt in range(self._tries):
                for server in self._servers:
                    if server in self._settled:
                        continue
                    reply = await self._try(server, self._try_s * _BACKOFF**attempt)
                    if reply is not None:
                        return reply
                if len(self._settled) == len(self._servers):
                    break
                if all(f.why is Why.NETWORK for f in self._failures.values()) and attempt + 1 < self._tries:
                    await asyncio.sleep(_PAUSE_S * 2**attempt)  # a resolver that restarts is back in a moment
            return Reply(self._conclusion())
        finally:
            for link in self._links.values():
                link.close()

    async def _try(self, server: Server, seconds: float) -> Reply | None:
        """Send to one server and listen to all asked so far. None: time to ask the next."""
        try:
            if server not in self._links:
                self._links[server] = _Link(server, self._question, self._inbox)
            self._links[server].send()
        except OSError as error:
            self._fail(server, Why.NETWORK, _reason(error))
            return None
        self._fail(server, Why.TIMEOUT, "no answer")
        try:
            async with asyncio.timeout(seconds):
                while True:
                    link, event = await self._inbox.get()
                    reply = await self._take(link, event)
                    if reply is not None:
                        return reply
                    if link.server == server and self._failures[server].why is not Why.TIMEOUT:
                        return None
        except TimeoutError:
            return None

    async def _take(self, link: _Link, event: bytes | OSError) -> Reply | None:
        if isinstance(event, OSError):
            self._fail(link.server, Why.NETWORK, _reason(event))
            return None
        if self._question.recursion and (plain := plain_outcome(self._question, link.wire, event)):
            self._failures.pop(link.server, None)
            return Reply(plain[0], link.server, plain[1])
        query = link.query
        response = read(query, event)
        if response == "truncated":
            wire = await self._over_tcp(link)
            if wire is None:
                return None
            response = read(query, wire)
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
        self._failures.pop(link.server, None)
        return Reply(told, link.server, bool(response.flags & dns.flags.AD), response)

    async def _over_tcp(self, link: _Link) -> bytes | None:
        """The same query over TCP (RFC 7766); None, and the server settled, where that fails."""
        try:
            async with asyncio.timeout(self._try_s * _TCP_TRIES_S):
                return await _tcp(link.server, link.wire)
        except TimeoutError:
            self._settle(link.server, Unreachable(Why.TIMEOUT, f"{link.server}: truncated, and no answer over TCP"))
        except (OSError, asyncio.IncompleteReadError) as error:
            self._settle(link.server, Unreachable(Why.NETWORK, f"{link.server}: truncated, TCP {_reason(error)}"))
        return None

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


def _addresses(server: Server) -> tuple[Any, ...]:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return socket.getaddrinfo(server.address, server.port, type=socket.SOCK_DGRAM, flags=flags)[0]


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
