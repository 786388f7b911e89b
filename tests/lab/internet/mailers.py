"""The mail servers of the lab, port 25: one per host with the key `smtp`, each behaving as that says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from internet.hosts import Host
from internet.tls import context

PORT = 25
SLOW_S = 1.0
"""How late the greeting of a slow one is."""
_DETOURS = frozenset("%!@")
"""In a local part they ask for a way on to another domain; who follows it is an open relay too."""

Accepting = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Mailbox:
    """Takes mail for its domains, or for everybody, and throws it away."""

    def __init__(self, host: Host, domains: frozenset[str]) -> None:
        self._behaviour = host.smtp
        self._domains = domains

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-STARTTLS", responses[-1]] if self._behaviour == "starttls-refused" else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._behaviour == "greylisting":
            return "450 4.7.1 Greylisted, please come back later"
        if self._behaviour != "open-relay" and not self._is_ours(address):
            return "550 5.7.1 Relaying denied"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 2.0.0 OK, thrown away"

    def _is_ours(self, address: str) -> bool:
        local, _, domain = address.rpartition("@")
        if not local:
            return domain.lower() == "postmaster"  # RFC 5321 section 4.5.1
        if self._behaviour != "percent-relay" and _DETOURS & set(local):
            return False
        return any(fnmatchcase(domain.lower(), ours) for ours in self._domains)


def _protocol(host: Host, domains: frozenset[str], certificates: Path) -> Callable[[], SMTP]:
    tls = None if host.smtp in ("plain", "starttls-refused") else context(host, certificates)
    return partial(SMTP, Mailbox(host, domains), hostname=host.name, ident="ESMTP", tls_context=tls)


def _late(protocol: Callable[[], SMTP]) -> Accepting:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SLOW_S)
        if not writer.transport.is_closing():
            late = protocol()
            writer.transport.set_protocol(late)
            late.connection_made(writer.transport)

    return accept


async def _busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"421 4.3.2 Too busy, please come back later\r\n")
    writer.close()


async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read, and never say anything."""
    while await reader.read(65536):
        pass
    writer.close()


async def start(host: Host, domains: frozenset[str], certificates: Path) -> None:
    """Listen as `host` does, if it does."""
    loop = asyncio.get_running_loop()
    match host.smtp:
        case None | "refused":
            pass
        case "busy":
            await asyncio.start_server(_busy, host.address, PORT)
        case "silent":
            await asyncio.start_server(stay_silent, host.address, PORT)
        case "slow":
            await asyncio.start_server(_late(_protocol(host, domains, certificates)), host.address, PORT)
        case _:
            await loop.create_server(_protocol(host, domains, certificates), host.address, PORT)
