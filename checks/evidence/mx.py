"""Where the domain receives mail."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Answer, Known, MxHost


@dataclass(frozen=True, slots=True)
class MxTarget:
    """One MX name with its A and AAAA answers; `literal`: the record holds an IP address in place of a name."""

    host: str
    preference: int
    ipv4: Known[Answer[str]]
    ipv6: Known[Answer[str]]
    literal: bool = False


@dataclass(frozen=True, slots=True)
class MxEvidence:
    """`own_addresses`: the domain's own A and AAAA, to which senders fall back without MX (RFC 5321 section 5.1)."""

    domain: str
    records: Known[Answer[MxHost]]
    targets: tuple[MxTarget, ...]
    own_ipv4: Known[Answer[str]]
    own_ipv6: Known[Answer[str]]
