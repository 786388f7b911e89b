"""Which addresses from strangers' records may be sent packets: none of them may lead into our own network."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
"""For the use within a network (RFC 8215)."""


def is_global(address: IpAddress) -> bool:
    """Reachable from the Internet, also where an IPv6 address only wraps an IPv4 one (mapped, 6to4, Teredo, NAT64)."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if address.is_site_local or address in _LOCAL_NAT64:
        return False
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(is_global(wrapped) for wrapped in inner if wrapped is not None)
