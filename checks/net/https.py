"""Fetching one document over HTTPS, from a host that a stranger's record names.

The name is resolved by our own gateway, its addresses are looked at, and the connection goes to one of these and to
nothing else. No redirect is followed, nothing is decompressed, no cookie or proxy is used; size and time are bounded.
Nothing but cancellation is raised.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

from checks.model import Absent, Fetched, HttpsFault, NotServed, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.net.reach import IpAddress, is_global

PORT = 443
MAX_OCTETS = 65536
MAX_ADDRESSES = 8
_OF_AN_ADDRESS = (HttpsFault.REFUSED, HttpsFault.DISCONNECTED)
"""What another address of the host may not suffer from."""

IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Fetch: TypeAlias = Callable[[str, Sequence[IpAddress], int, ssl.SSLContext, int], Awaitable[Fetched]]


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
        self._fetch: _Fetch | None = None

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
        addresses, failed = await self._addresses(url, host, dns)
        if not isinstance(addresses, list):
            return failed or addresses
        if self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        if self._fetch is None:
            self._fetch = await asyncio.to_thread(_import_fetch)
        fetched = await self._fetch(url, addresses, self._ports.get(port, port), self._context, max_octets)
        if failed and isinstance(fetched, NotServed) and fetched.fault in _OF_AN_ADDRESS:
            return failed
        return fetched

    async def _addresses(
        self, url: str, host: str, dns: DnsRun
    ) -> tuple[list[IpAddress] | NotServed, Unreachable | None]:
        """Those that may be connected to, IPv6 first; and why there may be others, where one family is not known."""
        answers = await asyncio.gather(dns.addresses(host, "AAAA"), dns.addresses(host, "A"))
        failed = next((a for a in answers if isinstance(a, Unreachable)), None)
        found = [ipaddress.ip_address(v) for a in answers if isinstance(a, Seen) for v in a.value.values]
        if not found:
            how = next((a.how for a in answers if isinstance(a, Absent)), "nodata")
            return NotServed(url, HttpsFault.NO_ADDRESS, how), failed
        allowed = [a for a in found if is_global(a) or any(a in network for network in self._allowed)]
        return allowed[:MAX_ADDRESSES] or NotServed(url, HttpsFault.PRIVATE_ADDRESS, str(found[0])), failed


def _import_fetch() -> _Fetch:
    """The import takes a third of a second."""
    from checks.net.fetching import fetch

    return fetch


def _is_address(host: str) -> bool:
    """Also in the forms that only the C library takes for one: 127.1, 0x7f000001."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True
