"""An authoritative server on the loopback interface, in place of one at an address that a zone names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.message

from checks.net.exchange import Server

Answering = Callable[[dns.message.QueryMessage], dns.message.Message | None]


class _Authority(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering, log: list[dns.message.QueryMessage]) -> None:
        self._answering = answering
        self._log = log

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        assert isinstance(query, dns.message.QueryMessage)
        self._log.append(query)
        response = self._answering(query)
        if response is not None:
            self._transport.sendto(response.to_wire(), addr)


@asynccontextmanager
async def authority(answering: Answering, log: list[dns.message.QueryMessage]) -> AsyncIterator[Server]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Authority(answering, log), local_addr=("127.0.0.1", 0)
    )
    try:
        yield Server("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
