"""Does a reverse name look as if nobody chose it? Such names are those of dial-up lines and of unconfigured servers."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

_MAX = 253
_WORDS = frozenset(
    {
        *("dynamic", "dyn", "dynip", "dynamicip", "dhcp", "dialup", "dialin", "ppp", "pppoe"),
        *("dsl", "adsl", "vdsl", "xdsl", "ftth", "fttx", "unassigned", "unallocated"),
    }
)
"""Words that a provider puts into the names of access lines, and nobody into that of a mail server."""
_WEAK_WORDS = frozenset(
    {
        *("cable", "pool", "cust", "customer", "customers", "client", "clients"),
        *("broadband", "mobile", "static", "host", "ip", "user"),
    }
)
"""Words that mean something only beside part of the address."""
_DEFAULTS = (
    "amazonaws.com",
    "bc.googleusercontent.com",
    "cloudapp.net",
    "clients.your-server.de",
    "contaboserver.net",
    "ip.linodeusercontent.com",
    "members.linode.com",
    "vps.ovh.net",
    "vs.sakura.ne.jp",
    "vultrusercontent.com",
)
"""Below these, hosting companies give every new server a name."""


def generic_sign(name: str, address: str) -> Literal["", "address", "word", "default"]:
    """What shows that the name was made from a pattern: the address in it, a word for access lines, or the host's
    default domain. "" where it looks chosen."""
    text = name.lower().rstrip(".")[:_MAX]
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if _holds(text, ip):
        return "address"
    words = set(re.split(r"[^a-z]+", text))
    if words & _WORDS or (words & _WEAK_WORDS and isinstance(ip, ipaddress.IPv4Address) and _holds_half(text, ip)):
        return "word"
    return "default" if text.endswith(tuple(f".{suffix}" for suffix in _DEFAULTS)) else ""


def _holds(text: str, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        digits = re.sub(r"[^0-9a-f]", "", ip.exploded)
        run = "".join(re.findall(r"[0-9a-f]+", text))
        short = "-".join(part.lstrip("0") or "0" for part in ip.exploded.split(":"))
        return digits in run or digits[::-1] in run or digits[16:] in run or short in text.replace(".", "-")
    octets = [str(octet) for octet in ip.packed]
    numbers = [number.lstrip("0") or "0" for number in re.findall(r"\d+", text)]
    if _follows(octets, numbers) or _follows(octets[::-1], numbers):
        return True
    joined = ("".join(f"{octet:03d}" for octet in ip.packed), f"{int(ip):08x}")
    return any(form in text for form in joined)


def _follows(octets: list[str], numbers: list[str]) -> bool:
    return any(numbers[i : i + len(octets)] == octets for i in range(len(numbers) - len(octets) + 1))


def _holds_half(text: str, ip: ipaddress.IPv4Address) -> bool:
    octets = [str(octet) for octet in ip.packed]
    numbers = [number.lstrip("0") or "0" for number in re.findall(r"\d+", text)]
    return _follows(octets[2:], numbers) or _follows(octets[:1:-1], numbers)
