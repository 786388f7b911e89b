"""In which zone a name lies: the owner of the SOA record that answers for it (RFC 2308 section 5)."""

from __future__ import annotations

from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.domain import is_within

MAX_ALIASES_UP = 3
"""How many names above one another may be aliases before the search ends."""


async def zone_cut(dns: DnsRun, name: str, told: Known[Answer[str]]) -> Known[str]:
    """The zone of `name`, whose SOA question was answered with `told`; after a failure, without validation.

    An alias hides the cut, for the answer speaks of its target; it never stands at an apex, so the name above decides.
    """
    for _ in range(MAX_ALIASES_UP):
        if isinstance(told, Unreachable):
            if told.why is not Why.SERVFAIL:
                return told
            unchecked: Known[Answer[str]] = await dns.ask(name, "SOA", checking_disabled=True)
            if isinstance(unchecked, Unreachable):
                return told
            told = unchecked
        if isinstance(told, Seen) and told.value.alias_of is None:
            return Seen(name)
        if isinstance(told, Absent) and told.alias_of is None:
            return Seen(told.zone) if told.zone is not None and is_within(name, told.zone) else Absent()
        name = name.partition(".")[2] or "."
        told = await dns.ask(name, "SOA")
    return Absent()
