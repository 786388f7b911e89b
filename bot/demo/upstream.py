"""Handing a DNS message on to another resolver, as it came."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import Any

_ANSWER_S = 6.0


class Upstream:
    """Resolvers given as "IP", "IP:port" or "[IP]:port", tried in order."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = [_host_and_port(text) for text in servers]

    def __bool__(self) -> bool:
        return bool(self._servers)

    async def forward(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to the message, which travels under a new id; None where nobody answers."""
        renumbered = secrets.token_bytes(2) + wire[2:]
        exchange = _ask_tcp if tcp else _ask_udp
        for host, port in self._servers:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_ANSWER_S):
                    return wire[:2] + (await exchange(host, port, renumbered))[2:]
        return None


class _Reply(asyncio.DatagramProtocol):
    """Waits for the first datagram with the id of the query."""

    def __init__(self, query: bytes) -> None:
        self._query = query
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if data[:2] == self._query[:2] and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _ask_udp(host: str, port: int, wire: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Reply(wire), remote_addr=(host, port))
    try:
        transport.sendto(wire)
        return await protocol.answer
    finally:
        transport.abort()


async def _ask_tcp(host: str, port: int, wire: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()


def _host_and_port(text: str) -> tuple[str, int]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port.removeprefix(":") or 53)
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    return host, int(port or 53)
