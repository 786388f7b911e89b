"""The name by which the client greeted us (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import Absent, Answer, Known, Seen, Unreachable, Why

HeloKind: TypeAlias = Literal["name", "literal", "bare_address", "one_label", "bad_name", "bad_literal"]


@dataclass(frozen=True, slots=True)
class HeloEvidence:
    """`helo` None where the session is not known. `kind`: what it is by its form; name and literal are valid.

    `ipv4`, `ipv6`: the addresses of a name; Absent for all others, of which it was not asked.
    """

    client_ip: str | None
    helo: str | None
    kind: HeloKind
    ipv4: Known[Answer[str]]
    ipv6: Known[Answer[str]]

    @property
    def resolves(self) -> bool | None:
        answers = (self.ipv4, self.ipv6)
        if any(isinstance(a, Seen) for a in answers):
            return True
        return False if all(isinstance(a, Absent) for a in answers) else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those that were seen, of both families."""
        return tuple(v for a in (self.ipv4, self.ipv6) if isinstance(a, Seen) for v in a.value.values)

    @property
    def holds_client(self) -> bool | None:
        """Whether the client's address is one of the name's; None where that could not be told."""
        if self.client_ip is None:
            return None
        client = ipaddress.ip_address(self.client_ip)
        answer = self.ipv4 if client.version == 4 else self.ipv6
        if isinstance(answer, Unreachable):
            return None
        return isinstance(answer, Seen) and client in map(ipaddress.ip_address, answer.value.values)

    @property
    def unknown(self) -> Why | None:
        return next((a.why for a in (self.ipv4, self.ipv6) if isinstance(a, Unreachable)), None)
