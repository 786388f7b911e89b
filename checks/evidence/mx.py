"""Where the domain receives mail."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why


def is_global(address: str) -> bool:
    """Can be reached from anywhere: in no private, reserved, documentation or multicast block (RFC 6890)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast and not getattr(ip, "is_site_local", False)


@dataclass(frozen=True, slots=True)
class MxTarget:
    """One MX name with its A and AAAA answers; `literal`: the record holds an IP address in place of a name."""

    host: str
    preference: int
    ipv4: Known[Answer[str]]
    ipv6: Known[Answer[str]]
    literal: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(v for a in (self.ipv4, self.ipv6) if isinstance(a, Seen) for v in a.value.values)

    @property
    def unknown(self) -> Why | None:
        """Why an address may be missing here, None where both questions were answered."""
        return next((a.why for a in (self.ipv4, self.ipv6) if isinstance(a, Unreachable)), None)

    @property
    def usable(self) -> bool | None:
        """A sender can deliver there: a name with a global address. None where a failed lookup decides it."""
        if self.literal:
            return False
        if any(map(is_global, self.addresses)):
            return True
        return None if self.unknown else False

    @property
    def alias_of(self) -> str | None:
        """The canonical name, where the MX name is an alias (CNAME)."""
        for answer in (self.ipv4, self.ipv6):
            match answer:
                case Seen(found) if found.alias_of:
                    return found.alias_of
                case Absent(alias_of=str(canonical)):
                    return canonical
        return None


@dataclass(frozen=True, slots=True)
class MxEvidence:
    """`own_addresses`: the domain's own A and AAAA, to which senders fall back without MX (RFC 5321 section 5.1)."""

    domain: str
    records: Known[Answer[MxHost]]
    targets: tuple[MxTarget, ...]
    own_ipv4: Known[Answer[str]]
    own_ipv6: Known[Answer[str]]

    @property
    def has_null(self) -> bool:
        """One of the records is the null MX (RFC 7505)."""
        return isinstance(self.records, Seen) and any(not mx.host for mx in self.records.value.values)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        return tuple(v for a in (self.own_ipv4, self.own_ipv6) if isinstance(a, Seen) for v in a.value.values)


@dataclass(frozen=True, slots=True)
class MailTarget:
    """Can a domain receive what is sent back to it? `role`: where the mail names it."""

    domain: str
    role: Literal["from", "return_path"]
    records: Known[Answer[MxHost]]
    ipv4: Known[Answer[str]]
    ipv6: Known[Answer[str]]

    @property
    def is_null(self) -> bool | None:
        """The null MX alone: it says that it receives nothing (RFC 7505). None where the lookup failed."""
        match self.records:
            case Unreachable():
                return None
            case Seen(answer):
                return not any(mx.host for mx in answer.values)
        return False

    @property
    def receives(self) -> bool | None:
        """An MX record that names a host, or none and an address. None where a failed lookup decides it."""
        if self.is_null is None or isinstance(self.records, Seen):
            return None if self.is_null is None else not self.is_null
        answers = (self.ipv4, self.ipv6)
        if any(isinstance(a, Seen) for a in answers):
            return True
        return None if any(isinstance(a, Unreachable) for a in answers) else False

    @property
    def unknown(self) -> Why | None:
        asked = (self.records, self.ipv4, self.ipv6)
        return next((a.why for a in asked if isinstance(a, Unreachable)), None)


@dataclass(frozen=True, slots=True)
class SenderTargetsEvidence:
    """Where replies and bounces to a received mail go: its From domain, and its return path's where that is another.

    The return path of a forwarded mail is the forwarder's, and not among them.
    """

    targets: tuple[MailTarget, ...]
