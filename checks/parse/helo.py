"""What follows HELO or EHLO: a domain name, or an address literal (RFC 5321 sections 4.1.1.1 and 4.1.3)."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LOCAL = ("local", "internal", "localdomain", "localhost", "lan", "home.arpa", "test", "invalid", "intranet", "corp")
"""RFC 6761, 6762, 8375, the `.internal` that ICANN reserved, and what is in use inside although it is no top-level
domain and cannot become one."""
_GENERAL = re.compile(r"[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+")


def kind_of(helo: str) -> Literal["name", "literal", "bare_address", "one_label", "bad_name", "bad_literal"]:
    """What it is by its form. A trailing dot is overlooked; "name" has two labels or more and no number at its end."""
    if helo.startswith("["):
        return "literal" if helo.endswith("]") and _is_literal(helo[1:-1]) else "bad_literal"
    if _is_address(helo):
        return "bare_address"
    labels = helo.removesuffix(".").split(".")
    if len(helo) > 254 or not all(map(_LABEL.fullmatch, labels)):
        return "bad_name"
    if len(labels) == 1:
        return "one_label"
    return "bad_name" if labels[-1].isdigit() else "name"


def plain_address(text: str | None) -> str | None:
    """A client's address in its plain form: an IPv4 address out of ::ffff: (RFC 7208 section 5), no zone.

    None for what is no address.
    """
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_local(name: str) -> bool:
    """Whether a name (as of `kind_of`) lies below a top that is for local use only."""
    return any(name.lower().removesuffix(".").endswith(f".{top}") for top in _LOCAL)


def is_public_name(helo: str) -> bool:
    """Whether it is a host name by its form that can exist in the public DNS."""
    return kind_of(helo) == "name" and not is_local(helo)


def _is_literal(text: str) -> bool:
    if text.lower().startswith("ipv6:"):
        return ":" in text[5:] and _is_address(text[5:])
    if ":" not in text:
        return _is_address(text)
    return not _is_address(text) and bool(_GENERAL.fullmatch(text))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
