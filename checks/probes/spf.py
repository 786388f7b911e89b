"""Ask for the SPF record of a name, and for everything that it includes (RFC 7208)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from checks.evidence.spf import SpfEvidence, SpfNode, SpfRecord, SpfTerm
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.spf import parse_spf, spf_records
from checks.probes.run import Run

MAX_DEPTH = 12
MAX_RECORDS = 60
"""Both lie well beyond the ten lookups that a receiver makes: what is left out is over the limit anyway."""
MAX_LOOKUPS = 10
"""RFC 7208 section 4.6.4."""

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
    at, passes_all = _passing_all(tree) or ("", "")
    networks = await _passing_networks(run.dns, tree)
    return SpfEvidence(run.domain, answer, records, tree, passes_all, at, tuple(dict.fromkeys(networks)))


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


def _passing(node: SpfNode) -> Sequence[tuple[SpfTerm, SpfNode | None]]:
    """The terms of a valid record that pass with `+`, in order; with those that lead to a record, that record."""
    if node.record is None or node.record.error is not None:
        return ()
    below = {child.via: child for child in node.children}
    return [(t, below.get(t)) for t in node.record.reached if t.qualifier in ("+", "")]


def _passing_all(node: SpfNode) -> tuple[str, str] | None:
    """Where any address passes: the name, and the term of its record."""
    for term, child in _passing(node):
        if term.name == "all":
            return node.domain, term.text
        if child is not None and (found := _passing_all(child)):
            return found
    return None


async def _passing_networks(dns: DnsRun, tree: SpfNode) -> list[str]:
    terms = list(_passing_terms(tree))
    wide = [(term, domain) for term, domain in terms if term.name in ("a", "mx")]
    found = dict(zip(wide, await asyncio.gather(*(_wide_networks(dns, *w) for w in wide)), strict=True))
    return [network for w in terms for network in found.get(w, (w[0].value,))]


def _passing_terms(node: SpfNode, lookups: int = 0) -> Iterator[tuple[SpfTerm, str]]:
    """The terms that name passing networks, in order, with the domain meant: every ip4 and ip6, and each wide a or mx.

    `lookups`: made before the record is come to. An a or mx beyond the limit no receiver looks up, nor do we.
    """
    passing = dict(_passing(node))
    below = {child.via: child for child in node.children}
    for term in node.record.reached if node.record and passing else ():
        lookups += term.needs_lookup
        child = below.get(term)
        if child is None:
            is_wide = term.name in ("ip4", "ip6") or (lookups <= MAX_LOOKUPS and _wide_prefixes(term))
            if term in passing and is_wide:
                yield term, term.target or node.domain
            continue
        if term in passing:
            yield from _passing_terms(child, lookups)
        lookups += child.lookups


def _wide_prefixes(term: SpfTerm) -> list[tuple[int, str]]:
    """IP version and prefix length of an `a/0` or `mx//4` that is so wide that it matters."""
    if term.name not in ("a", "mx") or term.has_macro:
        return []
    four, _, six = term.prefix.partition("//")
    lengths = [(4, four.removeprefix("/")), (6, six)]
    return [(version, bits) for version, bits in lengths if bits and int(bits) <= _WIDE_BITS[version]]


async def _wide_networks(dns: DnsRun, term: SpfTerm, domain: str) -> tuple[str, ...]:
    """The networks of a wide `a` or `mx`: around the addresses that the name has."""
    hosts = [domain]
    if term.name == "mx":
        answer = await dns.mx(domain)
        hosts = [mx.host for mx in answer.value.values[:10] if mx.host] if isinstance(answer, Seen) else []
    networks: list[str] = []
    for version, bits in _wide_prefixes(term):
        answers = await asyncio.gather(*(dns.addresses(h, "A" if version == 4 else "AAAA") for h in hosts))
        networks += [f"{address}/{bits}" for a in answers if isinstance(a, Seen) for address in a.value.values]
    return tuple(networks)
