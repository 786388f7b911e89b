"""The name servers that no real one can be told to be: one per entry of `FAULTY`, each at an address of its own.

Most of them pass the question on to the real server and spoil something on the way, so that their zones are made,
signed and served like any other.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType
from internet.domains import FAULTY, KNOT

Answering = Callable[[bytes], Awaitable[bytes | None]]
_PATIENCE_S = 2.0
_SLOW_S = 0.15
_REAL = (KNOT["leaf"], 53)


def _says(rcode: dns.rcode.Rcode, flag: dns.flags.Flag | int = 0) -> Answering:
    async def answer(wire: bytes) -> bytes:
        response = dns.message.make_response(dns.message.from_wire(wire))
        response.set_rcode(rcode)
        response.flags |= flag
        return response.to_wire()

    return answer


def _fails_for(*rdtypes: RdataType) -> Answering:
    servfail = _says(dns.rcode.SERVFAIL)

    async def answer(wire: bytes) -> bytes | None:
        asked = dns.message.from_wire(wire).question[0].rdtype
        return await (servfail if asked in rdtypes else passed_on)(wire)

    return answer


async def passed_on(wire: bytes) -> bytes | None:
    """What the real server says, None if it says nothing in time."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setblocking(False)
        link.connect(_REAL)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await loop.sock_sendall(link, wire)
                return await loop.sock_recv(link, 65535)
        except (TimeoutError, OSError):
            return None


async def _passed_on_over_tcp(wire: bytes) -> bytes | None:
    reader, writer = await asyncio.open_connection(*_REAL)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.close()


async def _garbage(wire: bytes) -> bytes:
    """A header that fits, and after it octets that are no message."""
    return wire[:2] + b"\x84\x00\x00\x01\x00\x07\x00\x00\x00\x00" + b"\xff" * 40


async def _without_edns(wire: bytes) -> bytes | None:
    query = dns.message.from_wire(wire)
    if query.edns < 0:
        return await passed_on(wire)
    response = dns.message.Message(query.id)
    response.flags = dns.flags.QR
    response.set_rcode(dns.rcode.FORMERR)
    return response.to_wire()


def _alias_for(*rdtypes: RdataType) -> Answering:
    """A CNAME to where a PTR record of the zone points, for these types; other records stay beside it.

    No real server loads a zone with such a CNAME.
    """

    async def answer(wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        name, rdtype = query.question[0].name, query.question[0].rdtype
        told = await passed_on(dns.message.make_query(name, RdataType.PTR).to_wire()) if rdtype in rdtypes else None
        target = dns.message.from_wire(told).get_rrset("ANSWER", name, "IN", RdataType.PTR) if told else None
        if target is None:
            return await passed_on(wire)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer = [dns.rrset.from_text(name, target.ttl, "IN", "CNAME", str(target[0].target))]
        return response.to_wire()

    return answer


async def _slow(wire: bytes) -> bytes | None:
    await asyncio.sleep(_SLOW_S)
    return await passed_on(wire)


_SERVFAIL, _REFUSED = _says(dns.rcode.SERVFAIL), _says(dns.rcode.REFUSED)
_TRUNCATED = _says(dns.rcode.NOERROR, dns.flags.TC | dns.flags.AA)
_MX_FAILS, _ADDRESS_FAILS = _fails_for(RdataType.MX), _fails_for(RdataType.A, RdataType.AAAA)
_TLSA_FAILS = _fails_for(RdataType.TLSA)
_ADDRESSES = (RdataType.A, RdataType.AAAA, RdataType.CNAME)
_ALIAS_BESIDE = _alias_for(*_ADDRESSES)
_ALIAS_FIRST = _alias_for(*_ADDRESSES, RdataType.SOA, RdataType.NS, RdataType.MX, RdataType.TXT)
BEHAVIOURS: dict[str, tuple[Answering, Answering | None]] = {
    "servfail": (_SERVFAIL, _SERVFAIL),
    "refusing": (_REFUSED, _REFUSED),
    "truncating": (_TRUNCATED, _passed_on_over_tcp),
    "truncating-only": (_TRUNCATED, None),
    "mx-fails": (_MX_FAILS, _MX_FAILS),
    "address-fails": (_ADDRESS_FAILS, _ADDRESS_FAILS),
    "garbage": (_garbage, None),
    "without-edns": (_without_edns, _without_edns),
    "slow": (_slow, _slow),
    "tlsa-fails": (_TLSA_FAILS, _TLSA_FAILS),
    "alias-beside": (_ALIAS_BESIDE, _ALIAS_BESIDE),
    "alias-first": (_ALIAS_FIRST, _ALIAS_FIRST),
}
"""How each answers over UDP, and over TCP; None: there is nobody."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, wire: bytes, sender: tuple[str, int]) -> None:
        task = asyncio.create_task(self._respond(wire, sender))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond(self, wire: bytes, sender: tuple[str, int]) -> None:
        response = await self._answer(wire)
        if response is not None:
            self._transport.sendto(response, sender)


def _stream(answer: Answering) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                response = await answer(wire)
                if response is None:
                    return
                writer.write(len(response).to_bytes(2, "big") + response)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    return serve


async def serve() -> None:
    loop = asyncio.get_running_loop()
    for kind, (datagrams, stream) in BEHAVIOURS.items():
        await loop.create_datagram_endpoint(lambda answer=datagrams: _Datagrams(answer), local_addr=(FAULTY[kind], 53))
        if stream is not None:
            await asyncio.start_server(_stream(stream), FAULTY[kind], 53)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
