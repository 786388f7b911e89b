"""A front before a resolver that counts how often a program has to wait: it collects questions until none comes any
more, has all of them answered, and only then gives all answers at once, which is a wave.

So the number of waves is the longest chain of questions of which each needs the answer to the one before: what a check
takes in round trips, however fast or busy the machine is. What does not go through the resolver, as HTTPS and the
questions to name servers themselves, is not seen here.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

PATIENCE_S = 10.0
Reply = Callable[[bytes], None]


@dataclass(slots=True)
class Asked:
    """One question, and what came of it. `rcode` None: nothing."""

    name: str
    rdtype: str
    checking_disabled: bool
    rcode: int | None = None
    truncated: bool = False

    @property
    def key(self) -> tuple[str, str, bool]:
        return self.name, self.rdtype, self.checking_disabled


@dataclass(slots=True)
class _Waiting:
    asked: Asked
    wire: bytes
    reply: Reply
    over_tcp: bool


@dataclass(slots=True)
class Waves:
    """`quiet_s`: how long nobody asks before a wave is taken for whole; 0 passes each question on as it comes."""

    resolver: str
    quiet_s: float = 0.1
    waves: list[list[Asked]] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _seen: set[object] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _timer: asyncio.TimerHandle | None = None
    _socket: socket.socket | None = None
    _server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        assert self._socket is not None
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    @property
    def asked(self) -> list[Asked]:
        return [asked for wave in self.waves for asked in wave]

    async def __aenter__(self) -> Self:
        while self._server is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.bind(("127.0.0.1", 0))
            try:
                self._server = await asyncio.start_server(self._serve, *self._socket.getsockname())
            except OSError:  # the same port for TCP is somebody else's
                self._socket.close()
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._receive, self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._socket is not None
        self._server.close()
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()

    def _receive(self, front: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                wire, client = front.recvfrom(65535)
                if (client, wire) not in self._seen:  # sent again, since a wave takes its time
                    self._seen.add((client, wire))
                    self._take(wire, lambda answer, to=client: self._send(front, answer, to), over_tcp=False)

    @staticmethod
    def _send(front: socket.socket, answer: bytes, client: object) -> None:
        with contextlib.suppress(OSError):
            front.sendto(answer, client)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError), contextlib.closing(writer):
            while True:
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                self._take(wire, lambda answer: writer.write(_framed(answer)), over_tcp=True)

    def _take(self, wire: bytes, reply: Reply, *, over_tcp: bool) -> None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower() or "."
        asked = Asked(name, dns.rdatatype.to_text(question.rdtype), bool(query.flags & dns.flags.CD))
        self._waiting.append(_Waiting(asked, wire, reply, over_tcp))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self.quiet_s, self._begin_wave)

    def _begin_wave(self) -> None:
        wave, self._waiting = self._waiting, []
        self.waves.append([waiting.asked for waiting in wave])
        task = asyncio.create_task(self._answer(wave))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, wave: list[_Waiting]) -> None:
        answers = await asyncio.gather(*map(self._resolved, wave))
        for waiting, answer in zip(wave, answers, strict=True):
            if answer is not None:
                waiting.asked.rcode = answer[3] & 0x0F
                waiting.asked.truncated = bool(answer[2] & 0x02)
                waiting.reply(answer)

    async def _resolved(self, waiting: _Waiting) -> bytes | None:
        with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE_S):
                return await (_over_tcp if waiting.over_tcp else _over_udp)(self.resolver, waiting.wire)
        return None


async def _over_udp(resolver: str, wire: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as through:
        through.connect((resolver, 53))
        through.send(wire)
        return await loop.sock_recv(through, 65535)


async def _over_tcp(resolver: str, wire: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(resolver, 53)
    with contextlib.closing(writer):
        writer.write(_framed(wire))
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message
