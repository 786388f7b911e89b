"""Fetching one document over HTTPS, from a host that a stranger's record names.

The name is resolved by our own gateway, its addresses are looked at, and the connection goes to one of these and to
nothing else. No redirect is followed, nothing is decompressed, no cookie or proxy is used; size and time are bounded.
Nothing but cancellation is raised.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from checks.model import Absent, Document, Fetched, HttpsFault, NotServed, Seen, Unreachable, Why
from checks.net.dns import DnsRun

PORT = 443
MAX_OCTETS = 65536
MAX_ADDRESSES = 8
_DETAIL = 200
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_CERTIFICATE_FAULTS = {
    9: HttpsFault.CERTIFICATE_EARLY,
    10: HttpsFault.CERTIFICATE_EXPIRED,
    18: HttpsFault.CERTIFICATE_SELF_SIGNED,
    62: HttpsFault.CERTIFICATE_NAME,
    64: HttpsFault.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR codes; any other one is CERTIFICATE_UNTRUSTED."""

_HANGING_UP = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class Https:
    """The HTTPS client of a Checker.

    `allowed`: networks that may be connected to although they are not global, for servers of one's own. `context`: how
    certificates are verified, None for the system's authorities. `ports`: URL's port → port to connect to. `limit_s`:
    seconds for one document, the lookup of its host included.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[IpNetwork] = (),
        context: ssl.SSLContext | None = None,
        ports: Mapping[int, int] | None = None,
        limit_s: float = 10.0,
    ) -> None:
        self._allowed = tuple(allowed)
        self._context = context
        self._ports = dict(ports or {})
        self._limit_s = limit_s

    async def get(self, url: str, dns: DnsRun, max_octets: int = MAX_OCTETS) -> Fetched:
        """Fetch an https URL whose host is a domain name in A-labels. A body over `max_octets` is TOO_LARGE."""
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._get(url, dns, max_octets)
        except TimeoutError:
            return Unreachable(Why.TIMEOUT)

    async def _get(self, url: str, dns: DnsRun, max_octets: int) -> Fetched:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or PORT
        except ValueError:
            return Unreachable(Why.BAD_NAME, "not a URL")
        if parts.scheme != "https" or not host or _is_address(host):
            return Unreachable(Why.BAD_NAME, "not an https URL with a domain name")
        addresses = await self._addresses(url, host, dns)
        if not isinstance(addresses, list):
            return addresses
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(addresses, self._ports.get(port, port)), ssl=self._context, force_close=True
        )
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        ) as session:
            try:
                return await _request(session, url, max_octets)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return _told(url, error)

    async def _addresses(self, url: str, host: str, dns: DnsRun) -> list[IpAddress] | NotServed | Unreachable:
        """Those that may be connected to, IPv6 first."""
        answers = await asyncio.gather(dns.addresses(host, "AAAA"), dns.addresses(host, "A"))
        found = [ipaddress.ip_address(v) for a in answers if isinstance(a, Seen) for v in a.value.values]
        if not found:
            failed = next((a for a in answers if isinstance(a, Unreachable)), None)
            if failed:
                return failed
            how = next((a.how for a in answers if isinstance(a, Absent)), "nodata")
            return NotServed(url, HttpsFault.NO_ADDRESS, how)
        allowed = [a for a in found if is_global(a) or any(a in network for network in self._allowed)]
        return allowed[:MAX_ADDRESSES] or NotServed(url, HttpsFault.PRIVATE_ADDRESS, str(found[0]))


def is_global(address: IpAddress) -> bool:
    """Reachable from the Internet, also where an IPv6 address only wraps an IPv4 one (mapped, 6to4, Teredo, NAT64)."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(is_global(wrapped) for wrapped in inner if wrapped is not None)


def _is_address(host: str) -> bool:
    """Also in the forms that only the C library takes for one: 127.1, 0x7f000001."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True


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
