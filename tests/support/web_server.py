"""An HTTPS server on loopback that answers as a test tells it, the certificates for it, and a DNS that leads there."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.demo.nameserver import Nameserver, Zone
from checks.net.dns import Dns, DnsRun
from checks.net.https import Https

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
AUTHORITY = trustme.CA()
HOST = "mta-sts.d.example"
DAY = timedelta(days=1)

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def served_by(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def good(*names: str) -> ssl.SSLContext:
    return served_by(AUTHORITY.issue_cert(*(names or (HOST,))))


def self_signed(path: str) -> ssl.SSLContext:
    """A certificate that is its own issuer; `path`: a file to keep it in."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - DAY).not_valid_after(now + DAY)
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(
        key, hashes.SHA256()
    )
    with open(path, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def head(status: str, *fields: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *fields, "", ""]).encode()


def answering(*pieces: bytes, pause_s: float = 0.0) -> Answer:
    """Reads one request, sends the pieces, a pause before each, and closes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            await asyncio.sleep(pause_s)
            writer.write(piece)
            await writer.drain()

    return answer


def document(body: bytes, media_type: str = "text/plain") -> Answer:
    return answering(head("200 OK", f"Content-Length: {len(body)}", f"Content-Type: {media_type}") + body)


@dataclass(slots=True)
class Served:
    """`port`, how many connections came, and whether one did."""

    port: int = 0
    connections: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def serving(answer: Answer, context: ssl.SSLContext | None, address: str = "127.0.0.1") -> AsyncIterator[Served]:
    served = Served()
    running: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        served.reached.set()
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await answer(reader, writer)
        running.discard(task)
        writer.close()

    server = await asyncio.start_server(accept, address, 0, ssl=context)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.sleep(0)


@asynccontextmanager
async def resolving(*zones: Zone, deadline_s: float = 10.0) -> AsyncIterator[DnsRun]:
    async with Nameserver(list(zones), empty_zones=["example"]) as server:
        dns = Dns([server.address], try_s=0.3, tries=2)
        try:
            yield dns.run(deadline_s)
        finally:
            await dns.aclose()


def client(port: int, **more: object) -> Https:
    """A client that goes to loopback, and to `port` where a URL says 443."""
    given: dict[str, object] = {"allowed": LOOPBACK, "context": trusting(), "ports": {443: port}, "limit_s": 5.0}
    return Https(**{**given, **more})  # type: ignore[arg-type]
