"""DMARC as published: the record that governs the name, its place, and where its reports go (RFC 9989)."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from checks.evidence.dmarc import (
    DmarcEvidence,
    DmarcPlaceEvidence,
    DmarcReportsEvidence,
    DmarcStep,
    MonitoringEvidence,
    ReportDestination,
    TreeWalk,
)
from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable
from checks.net.dns import DnsRun
from checks.parse.dmarc import (
    governing_record,
    is_meant_as_record,
    is_record,
    organizational_domain,
    texts_at,
    walk_names,
    walked,
)
from checks.probes.run import Run

MAX_DESTINATIONS = 10
"""Domains of rua and ruf that are asked for; receivers have to send to two at least, and hardly send to more."""


async def walk_tree(dns: DnsRun, domain: str) -> TreeWalk:
    """The tree walk from `domain`.

    All its names are asked at once: what the walk would not have reached is dropped after.
    """
    names = walk_names(domain)
    answers = await asyncio.gather(*(dns.txt(f"_dmarc.{name}") for name in names))
    steps = walked([DmarcStep(name, answer) for name, answer in zip(names, answers, strict=True)])
    return TreeWalk(domain, steps, organizational_domain(domain, steps))


async def ask_dmarc(run: Run) -> DmarcEvidence:
    walk = await walk_tree(run.dns, run.domain)
    record, at, is_suffix = governing_record(run.domain, walk.steps)
    return DmarcEvidence(run.domain, walk, record, at, is_suffix)


async def ask_monitoring(run: Run) -> MonitoringEvidence:
    """Nothing to ask: whoever asks for the check knows of earlier ones."""
    since = run.monitoring_since
    return MonitoringEvidence(None if since is None else max(0, (run.now - since).days))


async def ask_dmarc_place(run: Run) -> DmarcPlaceEvidence:
    """What stands where a record lands by mistake; beyond the domain's own TXT asked only where none is in place."""
    apex, dmarc = await asyncio.gather(run.dns.txt(run.domain), run.evidence(DmarcEvidence))
    own = dmarc.walk.steps[0].answer
    if isinstance(own, Unreachable) or any(is_record(t) or is_meant_as_record(t) for t in texts_at(own)):
        return DmarcPlaceEvidence(run.domain, apex, None, None)
    nested, doubled = await asyncio.gather(
        run.dns.txt(f"_dmarc._dmarc.{run.domain}"), run.dns.txt(f"_dmarc.{run.domain}.{run.domain}")
    )
    return DmarcPlaceEvidence(run.domain, apex, nested, doubled)


async def ask_dmarc_reports(run: Run) -> DmarcReportsEvidence:
    """Every destination of reports, side by side; nothing is asked before the record is known."""
    dmarc = await run.evidence(DmarcEvidence)
    if not isinstance(dmarc.record, Seen) or dmarc.is_suffix_record or dmarc.at is None:
        return DmarcReportsEvidence(run.domain, ())
    tags: dict[str, dict[str, None]] = {}
    for tag, uris in (("rua", dmarc.record.value.aggregate_uris), ("ruf", dmarc.record.value.failure_uris)):
        for uri in uris:
            if uri.domain:
                tags.setdefault(uri.domain, {})[tag] = None
    asked = list(tags.items())[:MAX_DESTINATIONS]
    told = await asyncio.gather(*(_destination(run.dns, name, tuple(of), str(dmarc.at)) for name, of in asked))
    return DmarcReportsEvidence(run.domain, tuple(told), len(tags) - len(asked))


async def _destination(dns: DnsRun, domain: str, tags: tuple[str, ...], at: str) -> ReportDestination:
    name = f"{at}._report._dmarc.{domain}"
    # That name is asked for, not the wildcard: where the destination publishes one, the DNS makes the answer of it.
    walk, authorisation, reachable = await asyncio.gather(
        walk_tree(dns, domain), _none() if domain == at else dns.txt(name), _receives(dns, domain)
    )
    return ReportDestination(domain, tags, walk.organizational, name, authorisation, *reachable)


async def _none() -> None:
    return None


_Receives: TypeAlias = tuple[Known[Answer[MxHost]], Known[Answer[str]] | None, Known[Answer[str]] | None]


async def _receives(dns: DnsRun, domain: str) -> _Receives:
    """MX, and the addresses only where there is none (RFC 5321 section 5.1)."""
    mx = await dns.mx(domain)
    if not isinstance(mx, Absent):
        return mx, None, None
    ipv4, ipv6 = await asyncio.gather(dns.addresses(domain, "A"), dns.addresses(domain, "AAAA"))
    return mx, ipv4, ipv6
