"""Ask for the SPF record of a name, and for everything that it includes (RFC 7208)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from checks.evidence.spf import SpfEvidence, SpfNode, SpfRecord, SpfTerm
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.spf import parse_spf, spf_records
from checks.parse.spf_course import MAX_LOOKUPS
from checks.probes.run import Run

MAX_DEPTH = 12
MAX_RECORDS = 60
"""Both lie well beyond the ten lookups that a receiver makes: what is left out is over the limit anyway."""

_WIDE_BITS = {4: 8, 6: 16}
"""Prefix lengths up to which an `a` or `mx` is worth an address lookup: narrower ones cannot matter for the sum."""


@dataclass(slots=True)
class _Draft:
    """A node of the tree while it grows, level by level."""

    domain: str
    via: SpfTerm | None
    above: tuple[str, ...]
    records: Known[tuple[str, ...]]
    record: SpfRecord | None = None
    children: list[_Draft] = field(default_factory=list)
    loops: bool = False
    cut: bool = False
    alias_of: str | None = None


async def ask_spf(run: Run) -> SpfEvidence:
    """The TXT records at the domain, and the tree of its SPF record where there is exactly one."""
    answer = await run.dns.txt(run.domain)
    if not isinstance(answer, Seen):
        return SpfEvidence(run.domain, answer, (), None)
    records = spf_records(answer.value.values)
    if len(records) != 1:
        return SpfEvidence(run.domain, answer, records, None)
    tree = await grow(run.dns, run.domain, records, answer.value.alias_of)
    (term, at, why), (networks, unknown) = await asyncio.gather(
        _passing_all(run.dns, tree), _passing_networks(run.dns, tree)
    )
    return SpfEvidence(run.domain, answer, records, tree, term, at, networks, why or (None if term else unknown))


async def grow(
    dns: DnsRun,
    domain: str,
    records: tuple[str, ...],
    alias_of: str | None,
    *,
    on_record: Callable[[str, SpfRecord], None] = lambda domain, record: None,
) -> SpfNode:
    """Follow the one record of a domain to the leaves; all records of a level are asked for at once.

    `on_record` is told of each record of the tree as soon as it is read: the name that led to it, and the record.
    """
    own = parse_spf(records[0])
    root = _Draft(domain, None, (), Seen(records), own, alias_of=alias_of)
    parsed = {domain: own}
    on_record(domain, own)

    async def read(child: _Draft) -> None:
        answer = await dns.txt(child.domain)
        child.records = _records(answer)
        child.alias_of = answer.value.alias_of if isinstance(answer, Seen) else None
        match child.records:
            case Seen((single,)):
                if child.domain not in parsed:
                    parsed[child.domain] = parse_spf(single)
                child.record = parsed[child.domain]
                on_record(child.domain, child.record)

    level = [root]
    size = 1
    while level:
        followed: list[_Draft] = []
        for parent in level:
            for term in parent.record.reached if parent.record else ():
                if term.name not in ("include", "redirect") or size >= MAX_RECORDS:
                    continue
                size += 1
                child = _Draft(term.target.lower(), term, (*parent.above, parent.domain), _NOT_FOLLOWED)
                parent.children.append(child)
                child.loops = not term.has_macro and child.domain in child.above
                child.cut = term.has_macro or len(child.above) > MAX_DEPTH
                if not (child.loops or child.cut):
                    followed.append(child)
        await asyncio.gather(*(read(child) for child in followed))
        level = followed
    return _freeze(root)


_NOT_FOLLOWED = Unreachable(Why.NOT_COVERED, "not followed")


def _records(answer: Known[Answer[bytes]]) -> Known[tuple[str, ...]]:
    match answer:
        case Seen(value):
            records = spf_records(value.values)
            return Seen(records) if records else Absent()
        case Unreachable(why=Why.BAD_NAME):
            # check_host() of a malformed name gives "none" (section 4.3), as for one without a record.
            return Absent("nxdomain")
        case _:
            return answer


def _freeze(draft: _Draft) -> SpfNode:
    children = tuple(_freeze(c) for c in draft.children)
    own = sum(t.needs_lookup for t in draft.record.reached) if draft.record else 0
    return SpfNode(
        draft.domain,
        draft.via,
        draft.records,
        draft.record,
        children,
        own + sum(c.lookups for c in children),
        draft.loops,
        draft.cut,
        draft.alias_of,
    )


async def _passing_all(dns: DnsRun, tree: SpfNode) -> tuple[str, str, Why | None]:
    """Where any address passes: the term and the name of its record; else why that is not known, None where it is."""
    terms = [
        (term, holder)
        for term, holder, lookups in _passing_terms(tree)
        if term.name == "all" or (term.name == "exists" and not term.has_macro and lookups <= MAX_LOOKUPS)
    ]
    # An `exists` with an address matches every client (section 5.7).
    names = tuple(dict.fromkeys(term.target.lower() for term, _ in terms if term.name == "exists"))
    found = dict(zip(names, await asyncio.gather(*(dns.addresses(n, "A") for n in names)), strict=True))
    whys: list[Why] = []
    for term, holder in terms:
        match found.get(term.target.lower()):
            case None | Seen():
                return term.text, holder, None
            case Unreachable(why=why) if why is not Why.BAD_NAME:
                whys.append(why)
    return "", "", whys[0] if whys else None


async def _passing_networks(dns: DnsRun, tree: SpfNode) -> tuple[tuple[str, ...], Why | None]:
    """Each once, and why there may be more."""
    terms = list(_network_terms(tree))
    wide = [(term, domain) for term, domain in terms if term.name in ("a", "mx")]
    found = dict(zip(wide, await asyncio.gather(*(_wide_networks(dns, *w) for w in wide)), strict=True))
    unknown = next((why for _, why in found.values() if why is not None), None)
    networks = [network for w in terms for network in (found[w][0] if w in found else (w[0].value,))]
    return tuple(dict.fromkeys(networks)), unknown


def _network_terms(tree: SpfNode) -> Iterator[tuple[SpfTerm, str]]:
    """The terms that name passing networks, in order, with the domain meant: every ip4 and ip6, and each wide a or mx.

    An a or mx beyond the limit no receiver looks up, nor do we.
    """
    for term, holder, lookups in _passing_terms(tree):
        if term.name in ("ip4", "ip6") or (lookups <= MAX_LOOKUPS and _wide_prefixes(term)):
            yield term, term.target or holder


def _passing_terms(node: SpfNode, lookups: int = 0) -> Iterator[tuple[SpfTerm, str, int]]:
    """The terms that pass with `+` at every level and lead to no other record, in order.

    Each with the name of its record, and with the lookups made up to and with it; `lookups`: those before the record.
    """
    if node.record is None or node.record.error is not None:
        return
    below = {child.via: child for child in node.children}
    for term in node.record.reached:
        lookups += term.needs_lookup
        child, passes = below.get(term), term.qualifier in ("+", "")
        if passes and child is None:
            yield term, node.domain, lookups
        elif passes and child is not None:
            yield from _passing_terms(child, lookups)
        lookups += child.lookups if child is not None else 0


def _wide_prefixes(term: SpfTerm) -> list[tuple[int, str]]:
    """IP version and prefix length of an `a/0` or `mx//4` that is so wide that it matters."""
    if term.name not in ("a", "mx") or term.has_macro:
        return []
    four, _, six = term.prefix.partition("//")
    lengths = [(4, four.removeprefix("/")), (6, six)]
    return [(version, bits) for version, bits in lengths if bits and int(bits) <= _WIDE_BITS[version]]


async def _wide_networks(dns: DnsRun, term: SpfTerm, domain: str) -> tuple[tuple[str, ...], Why | None]:
    """The networks of a wide `a` or `mx`, around the addresses that the name has, and why there may be more."""
    hosts, answers = [domain], list[Known[Answer[Any]]]()
    if term.name == "mx":
        answer = await dns.mx(domain)
        answers.append(answer)
        hosts = [mx.host for mx in answer.value.values[:10] if mx.host] if isinstance(answer, Seen) else []
    networks: list[str] = []
    for version, bits in _wide_prefixes(term):
        found = await asyncio.gather(*(dns.addresses(h, "A" if version == 4 else "AAAA") for h in hosts))
        answers += found
        networks += [f"{address}/{bits}" for a in found if isinstance(a, Seen) for address in a.value.values]
    # A name that cannot be asked for has no address for a receiver either.
    whys = (a.why for a in answers if isinstance(a, Unreachable) and a.why is not Why.BAD_NAME)
    return tuple(networks), next(whys, None)
