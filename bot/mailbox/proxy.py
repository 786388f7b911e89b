"""The PROXY protocol, versions 1 and 2 (haproxy.org, doc/proxy-protocol.txt): who is behind a proxy."""

import ipaddress
import struct
from dataclasses import dataclass
from typing import NamedTuple

SIGNATURE_V1 = b"PROXY "
SIGNATURE_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
MAX_V1 = 107
MAX_V2 = 4096
"""Of the part after the fixed one; addresses take 36 bytes of it, the rest is extensions."""
_FIXED_V2 = struct.Struct("!12sBBH")
_TCP_V2 = {0x11: struct.Struct("!4s4sHH"), 0x21: struct.Struct("!16s16sHH")}


class Client(NamedTuple):
    """One end of a connection."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """`client` is None where the proxy speaks for itself (LOCAL, UNKNOWN) or of something that is not TCP.

    `size`: how many bytes the header took.
    """

    client: Client | None
    size: int


def read_header(data: bytes) -> ProxyHeader | None:
    """The header that a connection begins with; None while more of it must come. Raises ValueError if it is none."""
    if _may_begin(data, SIGNATURE_V2):
        return _version_2(data)
    if _may_begin(data, SIGNATURE_V1):
        return _version_1(data)
    raise ValueError("no PROXY header")


def _may_begin(data: bytes, signature: bytes) -> bool:
    return signature.startswith(data[: len(signature)])


def _version_1(data: bytes) -> ProxyHeader | None:
    line, end, _ = data[:MAX_V1].partition(b"\r\n")
    if not end:
        if len(data) >= MAX_V1:
            raise ValueError("the PROXY line is too long")
        return None
    size = len(line) + len(end)
    match line.decode("ascii").split(" "):
        case ["PROXY", "UNKNOWN", *_]:
            return ProxyHeader(None, size)
        case ["PROXY", "TCP4" | "TCP6" as family, source, destination, source_port, destination_port]:
            ips = ipaddress.ip_address(source), ipaddress.ip_address(destination)
            if {ip.version for ip in ips} != {int(family[-1])}:
                raise ValueError("the addresses of the PROXY line are not of its family")
            _port(destination_port)
            return ProxyHeader(Client(str(ips[0]), _port(source_port)), size)
    raise ValueError("the PROXY line is malformed")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536):
        raise ValueError("a port of the PROXY line is malformed")
    return int(text)


def _version_2(data: bytes) -> ProxyHeader | None:
    if len(data) < _FIXED_V2.size:
        return None
    _, version_and_command, family, length = _FIXED_V2.unpack_from(data)
    version, command = divmod(version_and_command, 16)
    if version != 2 or command > 1:
        raise ValueError("neither LOCAL nor PROXY of version 2")
    if length > MAX_V2:
        raise ValueError("the PROXY header is too long")
    size = _FIXED_V2.size + length
    if len(data) < size:
        return None
    addresses = _TCP_V2.get(family)
    if command == 0 or addresses is None:
        return ProxyHeader(None, size)
    if length < addresses.size:
        raise ValueError("the PROXY header ends within its addresses")
    source, _, source_port, _ = addresses.unpack_from(data, _FIXED_V2.size)
    return ProxyHeader(Client(str(ipaddress.ip_address(source)), source_port), size)
