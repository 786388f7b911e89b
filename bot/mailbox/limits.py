"""How much one client, and all clients together, may ask of the mailbox."""

import dataclasses
import ipaddress
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes count everything a client sends in one session, whether or not lines ever end."""

    connections: int = 60
    connections_per_client: int = 10
    commands: int = 200
    session_bytes: int = 16 * 1024 * 1024
    session_s: float = 900.0
    command_s: float = 300.0

    @classmethod
    def of_mails(cls, max_bytes: int) -> "Limits":
        """Those under which a client may send several mails of `max_bytes` in one session."""
        usual = cls()
        return dataclasses.replace(usual, session_bytes=max(usual.session_bytes, 4 * max_bytes))


class Gate:
    """Counts open connections; a client is an IPv4 address or an IPv6 /64, which is what one customer gets."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()

    def enter(self, client_ip: str) -> bool:
        """Count a connection, or say no; each yes is undone by one `leave`."""
        client = _client(client_ip)
        if self._open.total() >= self._limits.connections:
            return False
        if self._open[client] >= self._limits.connections_per_client:
            return False
        self._open[client] += 1
        return True

    def leave(self, client_ip: str) -> None:
        client = _client(client_ip)
        self._open[client] -= 1
        if self._open[client] <= 0:
            del self._open[client]


def plain_ip(address: str) -> str:
    """An address as a dual-stack socket shows it, in its usual form: no scope, IPv4 as IPv4."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


def _client(client_ip: str) -> str:
    try:
        ip = ipaddress.ip_address(client_ip)
    except ValueError:
        return client_ip
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
