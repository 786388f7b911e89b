"""Reverse DNS of addresses (RFC 1035 section 3.5), and whether the names lead back."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from checks.model import Answer, Known, Why


@dataclass(frozen=True, slots=True)
class ReverseName:
    """`names`: the PTR answer. `confirmed`: the first name whose A or AAAA is the address again, None where none is.

    `unconfirmed_why`: nothing was confirmed, and a lookup failed that may have done so.
    """

    address: str
    host: str
    names: Known[Answer[str]]
    confirmed: str | None = None
    unconfirmed_why: Why | None = None

    @property
    def pointer(self) -> str:
        """The name that holds the PTR record of the address."""
        return ipaddress.ip_address(self.address).reverse_pointer


@dataclass(frozen=True, slots=True)
class MxReverseEvidence:
    """The reverse names of the MX addresses, and whether they lead back."""

    domain: str
    reverse: tuple[ReverseName, ...]


@dataclass(frozen=True, slots=True)
class ClientReverseEvidence:
    """The reverse name of the client that handed us the mail; None where the session is not known."""

    reverse: ReverseName | None
