"""How much one client, and all clients together, may ask of the mailbox."""

import dataclasses
import ipaddress
from collections import Counter
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes count everything a client sends in one session, whether or not lines ever end.

    `content_bytes` is for the mails that all sessions together hold in memory, but of each the first `small_mail_bytes`
    come on top, so that large mails that never end keep no ordinary one out. `connections` stays well under the 1,024
    open files that a process usually may have, which the databases and Slack need as well. When all places are taken, a
    client that named no live address within `unknown_s` loses its own to the next that comes.
    """

    connections: int = 200
    connections_per_client: int = 10
    commands: int = 200
    recipients: int = 100
    session_bytes: int = 16 * MIB
    content_bytes: int = 64 * MIB
    small_mail_bytes: int = 128 * 1024
    session_s: float = 900.0
    command_s: float = 300.0
    data_s: float = 300.0
    unknown_s: float = 5.0
    proxy_header_s: float = 5.0

    @classmethod
    def of_mails(cls, max_bytes: int) -> "Limits":
        """Those under which a client may send several mails of `max_bytes` in one session."""
        usual = cls()
        return dataclasses.replace(
            usual,
            session_bytes=max(usual.session_bytes, 4 * max_bytes),
            content_bytes=max(usual.content_bytes, 4 * max_bytes),
        )


class Gate:
    """Counts open connections; a client is an IPv4 address or an IPv6 /64, which is what one customer gets."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._connections = 0
        self._of_client: Counter[str] = Counter()

    def open(self) -> bool:
        """Count a connection, whoever it is from, or say no; each yes is undone by one `close`."""
        if self._connections >= self._limits.connections:
            return False
        self._connections += 1
        return True

    def close(self) -> None:
        self._connections -= 1

    def enter(self, client_ip: str) -> bool:
        """Count an open connection for its client, or say no; each yes is undone by one `leave`."""
        client = _client(client_ip)
        if self._of_client[client] >= self._limits.connections_per_client:
            return False
        self._of_client[client] += 1
        return True

    def leave(self, client_ip: str) -> None:
        client = _client(client_ip)
        self._of_client[client] -= 1
        if self._of_client[client] <= 0:
            del self._of_client[client]


class Memory:
    """What the mails that are just coming in may take together, in bytes."""

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self, size: int) -> bool:
        """False, and nothing is taken, if there is not so much left; what was taken is given back by `release`."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def release(self, size: int) -> None:
        self._free += size


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
