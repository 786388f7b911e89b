"""What `checks.net.https` needs aiohttp for, whose import takes longer than a check: only who fetches pays for it."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from checks.model import Document, Fetched, HttpsFault, NotServed, Unreachable, Why

_DETAIL = 200

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_CERTIFICATE_FAULTS = {
    9: HttpsFault.CERTIFICATE_EARLY,
    10: HttpsFault.CERTIFICATE_EXPIRED,
    18: HttpsFault.CERTIFICATE_SELF_SIGNED,
    62: HttpsFault.CERTIFICATE_NAME,
    64: HttpsFault.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR codes; any other one is CERTIFICATE_UNTRUSTED."""

_HANGING_UP = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


async def fetch(
    url: str, addresses: Sequence[IpAddress], port: int, context: ssl.SSLContext, max_octets: int
) -> Fetched:
    """Fetch an https URL from one of these addresses. A body over `max_octets` is TOO_LARGE."""
    connector = aiohttp.TCPConnector(resolver=_Pinned(addresses, port), ssl=context, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
    ) as session:
        try:
            return await _request(session, url, max_octets)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _told(url, error)


class _Pinned(AbstractResolver):
    """Gives the addresses that were looked at, whatever is asked."""

    def __init__(self, addresses: Sequence[IpAddress], port: int) -> None:
        self._addresses = addresses
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=self._port,
                family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def _request(session: aiohttp.ClientSession, url: str, max_octets: int) -> Fetched:
    fields = {"Accept-Encoding": "identity", "User-Agent": "mailcheck"}
    # The time is bounded by who calls.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=None)
    async with session.get(url, headers=fields, allow_redirects=False, timeout=timeout) as response:
        if 300 <= response.status < 400 and response.status != 304:
            return NotServed(url, HttpsFault.REDIRECT, response.headers.get("Location", "")[:_DETAIL])
        if response.status != 200:
            return NotServed(url, HttpsFault.STATUS, str(response.status))
        if (response.content_length or 0) > max_octets:
            return NotServed(url, HttpsFault.TOO_LARGE)
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > max_octets:
                return NotServed(url, HttpsFault.TOO_LARGE)
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Document(url, media_type[:_DETAIL], bytes(body))


def _told(url: str, error: Exception) -> NotServed | Unreachable:
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=cause):
            code = getattr(cause, "verify_code", None)
            return NotServed(url, _CERTIFICATE_FAULTS.get(code or 0, HttpsFault.CERTIFICATE_UNTRUSTED))
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return NotServed(url, HttpsFault.HANDSHAKE)
        case aiohttp.ClientConnectorError(os_error=cause):
            return _of_system(url, cause)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return NotServed(url, HttpsFault.DISCONNECTED)
        case OSError():
            return _of_system(url, error)
    return NotServed(url, HttpsFault.NOT_HTTP)


def _of_system(url: str, error: OSError) -> NotServed | Unreachable:
    """Only what the other side does is a fault of it; no route to it may be our own lack."""
    causes = [error, *getattr(error, "exceptions", ())]
    codes = {cause.errno for cause in causes}
    if codes & _HANGING_UP or isinstance(error, ConnectionResetError):
        return NotServed(url, HttpsFault.DISCONNECTED)
    if errno.ECONNREFUSED in codes:
        return NotServed(url, HttpsFault.REFUSED)
    return Unreachable(Why.NETWORK, str(error)[:_DETAIL])
