"""The authoritative servers of the domain's zone, each asked itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import Known

Serving: TypeAlias = Literal[
    "serves", "refuses", "fails", "lame", "silent", "late", "no-address", "unresolved", "not-asked"
]
"""serves: answers with authority. refuses: REFUSED. fails: SERVFAIL, or an answer that is no message. lame: answers
without authority. silent: nothing came. late: nothing came before our own time was over. no-address: its name has none.
unresolved: the lookup of that failed. not-asked: the address is not a global one, or is an IPv6 one and silent, which
may be for want of IPv6 here."""


@dataclass(frozen=True, slots=True)
class NameServer:
    """One name of the NS records; `address`: the one that was asked, None where there is none to ask."""

    name: str
    address: str | None
    state: Serving


@dataclass(frozen=True, slots=True)
class NameServersEvidence:
    """`servers`: of `zone`, at most six of them; Absent where no NS record is told.

    `resolver_answers`: the resolver gets answers from the zone (validated or not). `reaches_out`: a server of the zone
    above was asked directly, and answered: silence then is not for want of a way out.
    """

    domain: str
    zone: str | None
    servers: Known[tuple[NameServer, ...]]
    resolver_answers: bool
    reaches_out: bool = False
