"""Ask for the names in `a`, `mx` and `exists` of every record that SPF leads to (RFC 7208 section 4.6.4).

The tree is followed as for `SpfEvidence`, and the gateway asks nothing twice: only so the names of a record are asked
for as soon as the record is there, and those that wait for the tree alone do not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from checks.evidence.spf import (
    SpfBranch,
    SpfLookupEvidence,
    SpfNode,
    SpfRecord,
    SpfRecordLookups,
    SpfTerm,
    SpfTermLookups,
)
from checks.model import Absent, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.spf import spf_records
from checks.parse.spf_course import MAX_LOOKUPS
from checks.probes.run import Run
from checks.probes.spf import grow

MAX_MX_NAMES = 10
"""RFC 7208 section 4.6.4: of an `mx` with more, receivers make a permerror."""
MAX_TERMS_ASKED = 2 * MAX_LOOKUPS
"""Of one record: as many again as a receiver comes to, so that a report can show what lies beyond the limit."""
_COSTS = {"a": 2, "exists": 1, "mx": 1 + 2 * MAX_MX_NAMES}
MAX_QUESTIONS = MAX_LOOKUPS * _COSTS["mx"]
"""The most that a tree within the limit can need, for both families. What a larger one needs beyond is not asked."""


async def ask_spf_lookups(run: Run) -> SpfLookupEvidence:
    """The answers for every `a`, `mx` and `exists` without macros, and the counts per branch."""
    answer = await run.dns.txt(run.domain)
    records = spf_records(answer.value.values) if isinstance(answer, Seen) else ()
    if len(records) != 1 or not isinstance(answer, Seen):
        return SpfLookupEvidence(run.domain)
    async with asyncio.TaskGroup() as group:
        asking = _Asking(run.dns, group)
        tree = await grow(run.dns, run.domain, records, answer.value.alias_of, on_record=asking.begin)
    told = asking.told()
    counted = tuple(_branches(tree, {r.domain: r for r in told}))
    return SpfLookupEvidence(run.domain, told, counted)


class _Asking:
    """The questions under way, each name once however many terms hold it."""

    def __init__(self, dns: DnsRun, group: asyncio.TaskGroup) -> None:
        self._dns = dns
        self._group = group
        self._room = MAX_QUESTIONS
        self._tasks: dict[tuple[str, str], asyncio.Task[SpfTermLookups]] = {}
        self._terms: dict[str, list[tuple[SpfTerm, tuple[str, str]]]] = {}

    def begin(self, domain: str, record: SpfRecord) -> None:
        """Ask for the names of a record. Of one with an error receivers look up nothing, nor do we."""
        if domain in self._terms or record.error is not None:
            return
        asked = self._terms[domain] = []
        for term in [t for t in record.reached if t.needs_lookup][:MAX_TERMS_ASKED]:
            key = (term.name, term.target.lower() or domain)
            if term.has_macro or (key not in self._tasks and not self._start(term, key)):
                continue
            asked.append((term, key))

    def _start(self, term: SpfTerm, key: tuple[str, str]) -> bool:
        cost = _COSTS.get(term.name)
        if cost is None or cost > self._room:
            return False
        self._room -= cost
        self._tasks[key] = self._group.create_task(_ask(self._dns, term, key[1]))
        return True

    def told(self) -> tuple[SpfRecordLookups, ...]:
        """What came of all, once it is there, by name: the records came in the order of their answers."""
        return tuple(
            SpfRecordLookups(domain, tuple(replace(self._tasks[key].result(), term=term) for term, key in asked))
            for domain, asked in sorted(self._terms.items())
        )


async def _ask(dns: DnsRun, term: SpfTerm, name: str) -> SpfTermLookups:
    match term.name:
        case "a":
            four, six = await asyncio.gather(dns.addresses(name, "A"), dns.addresses(name, "AAAA"))
        case "mx":
            return await _ask_mx(dns, term, name)
        case _:
            four = six = await dns.addresses(name, "A")
    six_type = "AAAA" if term.name == "a" else "A"
    return SpfTermLookups(
        term,
        _void("A", name, four),
        _void(six_type, name, six),
        _why(four),
        _why(six),
        isinstance(four, Seen),
        isinstance(six, Seen),
    )


async def _ask_mx(dns: DnsRun, term: SpfTerm, name: str) -> SpfTermLookups:
    records = await dns.mx(name)
    if not isinstance(records, Seen):
        void, why = _void("MX", name, records), _why(records)
        return SpfTermLookups(term, void, void, why, why)
    values = sorted(records.value.values, key=lambda mx: (mx.preference, mx.host))
    # The null MX (RFC 7505) names no host to look up.
    hosts = [mx.host for mx in values if mx.host] if len(values) <= MAX_MX_NAMES else []
    four, six = await asyncio.gather(
        asyncio.gather(*(dns.addresses(host, "A") for host in hosts)),
        asyncio.gather(*(dns.addresses(host, "AAAA") for host in hosts)),
    )
    return SpfTermLookups(
        term,
        tuple(v for host, told in zip(hosts, four, strict=True) for v in _void("A", host, told)),
        tuple(v for host, told in zip(hosts, six, strict=True) for v in _void("AAAA", host, told)),
        next(filter(None, map(_why, four)), None),
        next(filter(None, map(_why, six)), None),
        any(isinstance(told, Seen) for told in four),
        any(isinstance(told, Seen) for told in six),
        len(values),
    )


def _void(rdtype: str, name: str, told: Known[Any]) -> tuple[str, ...]:
    return (f"{rdtype} {name}",) if isinstance(told, Absent) else ()


def _why(told: Known[Any]) -> Why | None:
    # What the DNS cannot hold is never asked for: no receiver counts it.
    return told.why if isinstance(told, Unreachable) and told.why is not Why.BAD_NAME else None


def _branches(node: SpfNode, told: Mapping[str, SpfRecordLookups], depth: int = 0) -> Iterator[SpfBranch]:
    below = [list(_branches(child, told, depth + 1)) for child in node.children]
    own = told[node.domain].terms if node.domain in told and node.record is not None else ()
    yield SpfBranch(
        node.domain,
        node.via.text if node.via else "",
        depth,
        node.lookups,
        sum(len(t.void_ipv4) for t in own) + sum(branch[0].voids_ipv4 for branch in below),
        sum(len(t.void_ipv6) for t in own) + sum(branch[0].voids_ipv6 for branch in below),
    )
    for branch in below:
        yield from branch
