"""The web servers of the lab, port 443: one per host with the key `https`, each behaving as that says.

They serve policies (RFC 8461) and logos, so a file is short, and GET without more is all that is needed of HTTP/1.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from internet.hosts import Host
from internet.mailers import stay_silent
from internet.tls import context

PORT = 443
SLOW_PIECES, SLOW_S = 8, 0.2
"""A slow one sends so many pieces, and waits so long before each."""
TOO_MUCH = b"\r\n" * 524288
_TYPES = {".txt": "text/plain", ".svg": "image/svg+xml", ".pem": "application/pem-certificate-chain"}
_REQUEST_S = 30.0

Accepting = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _answering(host: Host) -> Accepting:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(_REQUEST_S):
                request = await reader.readuntil(b"\r\n\r\n")
            async for piece in _response(host, request):
                writer.write(piece)
                await writer.drain()
        writer.close()

    return accept


async def _response(host: Host, request: bytes) -> AsyncIterator[bytes]:
    method, path, *_ = [*request.decode("ascii", "replace").split(" ", 2), "", ""]
    content = host.files.get(path)
    if method != "GET":
        yield _head(HTTPStatus.METHOD_NOT_ALLOWED, Allow="GET")
        return
    if content is None:
        yield _head(HTTPStatus.NOT_FOUND)
        return
    if host.https == "redirects":
        yield _head(HTTPStatus.FOUND, Location=content)
        return
    body = content.encode()
    media = {"Content-Type": _TYPES[PurePosixPath(path).suffix]}
    match host.https:
        case "too-large":
            yield _head(HTTPStatus.OK, len(body) + len(TOO_MUCH), **media) + body
            yield TOO_MUCH
        case "slow":
            yield _head(HTTPStatus.OK, len(body), **media)
            size = -(-len(body) // SLOW_PIECES)
            for at in range(0, len(body), size):
                await asyncio.sleep(SLOW_S)
                yield body[at : at + size]
        case _:
            yield _head(HTTPStatus.OK, len(body), **media) + body


def _head(status: HTTPStatus, length: int = 0, **fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def start(host: Host, certificates: Path) -> None:
    """Listen as `host` does, if it does."""
    match host.https:
        case None | "refused":
            pass
        case "silent":
            await asyncio.start_server(stay_silent, host.address, PORT)
        case _:
            tls = context(host, certificates)
            await asyncio.start_server(_answering(host), host.address, PORT, ssl=tls)
