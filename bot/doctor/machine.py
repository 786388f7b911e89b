"""What this machine's network says of itself. Nothing here sends a packet."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_ELSEWHERE = {4: "198.51.100.1", 6: "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849): the route to them is the one to the internet."""
_FOREIGN_BIND = {4: Path("/proc/sys/net/ipv4/ip_nonlocal_bind"), 6: Path("/proc/sys/net/ipv6/ip_nonlocal_bind")}


def has_address(address: str) -> bool | None:
    """Is this IP address one of this machine's? None: the system does not tell."""
    version = ipaddress.ip_address(address).version
    if _may_bind_foreign(version):
        return None
    with socket.socket(_family(version), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            return False if error.errno == errno.EADDRNOTAVAIL else None
    return True


def source_address(version: int) -> str | None:
    """The address with which this machine would reach the internet; None where there is no route."""
    try:
        with socket.socket(_family(version), socket.SOCK_DGRAM) as probe:
            probe.connect((_ELSEWHERE[version], 9))  # of a datagram socket: looks up the route, sends nothing
            return str(probe.getsockname()[0])
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Machine:
    """The two questions, so that another machine can be put in its place."""

    has_address: Callable[[str], bool | None] = has_address
    source_address: Callable[[int], str | None] = source_address


def _family(version: int) -> socket.AddressFamily:
    return socket.AF_INET6 if version == 6 else socket.AF_INET


def _may_bind_foreign(version: int) -> bool:
    """Set on some load balancers: then a bind proves nothing."""
    try:
        return _FOREIGN_BIND[version].read_text("ascii").strip() != "0"
    except OSError:
        return False
