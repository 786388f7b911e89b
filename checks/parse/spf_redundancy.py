"""Which terms of an SPF record another one already covers, so that they change no result."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TypeAlias

from checks.evidence.spf import SpfNode, SpfTerm
from checks.parse.domain import is_within, registrable

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Redundancy:
    """`term` can go: whatever it matches, `covered_by` matches with the same qualifier."""

    term: SpfTerm
    covered_by: SpfTerm


def network_of(term: SpfTerm) -> Network | None:
    """The network of an `ip4` or `ip6` term, host bits cleared; None for any other."""
    return _network(term.value) if term.name in ("ip4", "ip6") else None


@lru_cache(maxsize=1024)
def _network(text: str) -> Network:
    """Each text is read once: every term of a record is compared with every other, and reading costs the most."""
    return ipaddress.ip_network(text, strict=False)


def prefix_lengths(term: SpfTerm) -> tuple[int, int]:
    """For IPv4 and IPv6, of any mechanism; of a single address where none is written."""
    match term.name:
        case "ip4":
            four, six = term.value.partition("/")[2], ""
        case "ip6":
            four, six = "", term.value.partition("/")[2]
        case _:
            four, _, six = term.prefix.partition("//")
    return int(four.removeprefix("/") or 32), int(six or 128)


def redundancies(terms: Sequence[SpfTerm], domain: str, children: Sequence[SpfNode] = ()) -> Iterator[Redundancy]:
    """The redundant ones of these mechanisms, which stand in the record of `domain` and are all reached, in order.

    A term is covered by an earlier one, since that is asked first; or by a later, wider network where only networks
    with the same qualifier stand between. `children`: the records that its includes lead to. An include that stands in
    the record of a third party as well is needed: who that is may take it out any day, and the sender would be lost.
    """
    nested = {t: frozenset(_lasting_targets(c, domain)) for c in children if (t := c.via) is not None}
    gone: set[int] = set()
    for place, term in enumerate(terms):
        earlier = [t for i, t in enumerate(terms[:place]) if i not in gone]
        later = _networks_next(terms[place + 1 :], term.qualifier)
        by = next((t for t in earlier if _covers(t, term, domain) or _includes(nested.get(t), t, term)), None)
        if by is None and network_of(term) is not None:
            by = next((t for t in later if _covers(t, term, domain) and not _covers(term, t, domain)), None)
        if by is not None:
            gone.add(place)
            yield Redundancy(term, by)


def listed(among: Sequence[SpfTerm], terms: Sequence[SpfTerm], domain: str) -> tuple[SpfTerm, ...]:
    """Those of `terms` that one of `among`, mechanisms in the record of `domain`, covers."""
    return tuple(term for term in terms if any(_covers(t, term, domain) for t in among))


def _networks_next(terms: Sequence[SpfTerm], qualifier: str) -> Iterator[SpfTerm]:
    return takewhile(lambda term: term.qualifier == qualifier and network_of(term) is not None, terms)


def _covers(wide: SpfTerm, narrow: SpfTerm, domain: str) -> bool:
    if wide.qualifier != narrow.qualifier or wide.kind == "modifier" or narrow.kind == "modifier":
        return False
    outer, inner = network_of(wide), network_of(narrow)
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network):
        return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)
    if wide.name != narrow.name or _target(wide, domain) != _target(narrow, domain):
        return False
    return all(w <= n for w, n in zip(prefix_lengths(wide), prefix_lengths(narrow), strict=True))


def _target(term: SpfTerm, domain: str) -> str:
    """What is asked for. The case of a macro letter means something, that of a name does not."""
    return term.target if term.has_macro else (term.target or domain).lower()


def _includes(nested: frozenset[str] | None, wide: SpfTerm, narrow: SpfTerm) -> bool:
    if nested is None or narrow.has_macro or wide.qualifier != narrow.qualifier or narrow.name != "include":
        return False
    return narrow.target.lower() in nested


def _lasting_targets(node: SpfNode, domain: str) -> Iterator[str]:
    """The names below an include or redirect of which every pass is one of its own too, for as long as the owner of
    `domain` or the operator of that name wants it: nobody else's record leads there."""
    if node.record is None or node.record.error is not None:
        return
    below = {child.via: child for child in node.children}
    for term in takewhile(lambda t: t.qualifier in ("+", ""), node.record.reached):
        if (child := below.get(term)) is not None and not child.loops:
            if is_within(node.domain, domain) or registrable(child.domain) == registrable(node.domain) != "":
                yield child.domain
            yield from _lasting_targets(child, domain)
