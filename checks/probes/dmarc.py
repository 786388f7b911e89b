"""DMARC: the record that governs the name, and the result for one mail as a receiver computes it (RFC 9989)."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from checks.evidence.dmarc import (
    AuthResult,
    DmarcEvidence,
    DmarcPlaceEvidence,
    DmarcRecord,
    DmarcReportsEvidence,
    DmarcResultEvidence,
    DmarcStep,
    ReportDestination,
    TreeWalk,
)
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable
from checks.net.dns import DnsRun
from checks.parse.dmarc import (
    effective_policy,
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


async def ask_dmarc_result(run: Run) -> DmarcResultEvidence:
    """Alignment and result of the received mail; the walks of the From, SPF and DKIM domains run side by side."""
    message, spf = await asyncio.gather(run.evidence(MessageEvidence), run.evidence(SpfResultEvidence))
    if message.from_domain is None:
        unaligned = tuple(False for _ in message.signatures)
        return DmarcResultEvidence(None, Absent(), Absent(), None, "permerror", None, None, unaligned)
    names = {message.from_domain, spf.domain, *(s.domain for s in message.signatures)} - {""}
    walks = dict(zip(names, await asyncio.gather(*(walk_tree(run.dns, name) for name in names)), strict=True))
    author = walks[message.from_domain]
    record, at, _ = governing_record(author.start, author.steps)
    strict_spf, strict_dkim = (
        (record.value.strict_spf, record.value.strict_dkim) if isinstance(record, Seen) else (False, False)
    )
    spf_aligned = _aligned(author, walks.get(spf.domain), strict_spf) if spf.result else None
    dkim_aligned = tuple(_aligned(author, walks.get(s.domain), strict_dkim) for s in message.signatures)
    passes = _passes(message, spf, spf_aligned, dkim_aligned)
    near_miss = passes is False and _would_pass_relaxed(message, spf, author, walks)
    exists = await run.dns.ask(message.from_domain, "SOA") != Absent("nxdomain")
    policy = (
        effective_policy(record.value, is_own=at == author.start, exists=exists) if isinstance(record, Seen) else None
    )
    return DmarcResultEvidence(
        from_domain=message.from_domain,
        organizational=author.organizational,
        record=record,
        at=at,
        result=None if passes is None and spf.result is None else _result(record, policy, passes),
        policy=policy,
        spf_aligned=spf_aligned,
        dkim_aligned=dkim_aligned,
        near_miss=near_miss,
    )


def _aligned(author: TreeWalk, other: TreeWalk | None, strict: bool) -> bool | None:
    """Identifier alignment (section 4.4); None where an organizational domain could not be told."""
    if other is None:
        return False
    if author.start == other.start:
        return True
    if strict:
        return False
    one, two = _organizational_or_self(author), _organizational_or_self(other)
    return None if one is None or two is None else one == two


def _organizational_or_self(walk: TreeWalk) -> str | None:
    match walk.organizational:
        case Seen(name):
            return name
        case Absent():
            return walk.start
        case _:
            return None


def _passes(
    message: MessageEvidence, spf: SpfResultEvidence, spf_aligned: bool | None, dkim_aligned: tuple[bool | None, ...]
) -> bool | None:
    """An aligned identifier passed: True, none did: False, a failed lookup decides it: None."""
    identifiers: list[tuple[str | None, bool | None]] = [(spf.result, spf_aligned)]
    identifiers += [(s.result, a) for s, a in zip(message.signatures, dkim_aligned, strict=True)]
    if any(result == "pass" and aligned for result, aligned in identifiers):
        return True
    undecided = any(
        (result == "pass" and aligned is None) or (result == "temperror" and aligned is not False)
        for result, aligned in identifiers
    )
    return None if undecided or spf.result is None else False


def _would_pass_relaxed(
    message: MessageEvidence, spf: SpfResultEvidence, author: TreeWalk, walks: dict[str, TreeWalk]
) -> bool:
    passing = [s.domain for s in message.signatures if s.result == "pass"]
    passing += [spf.domain] if spf.result == "pass" else []
    return any(_aligned(author, walks.get(domain), strict=False) for domain in passing)


def _result(record: Known[DmarcRecord], policy: str | None, passes: bool | None) -> AuthResult:
    verdicts: dict[bool | None, Literal["pass", "fail", "temperror"]] = {True: "pass", False: "fail", None: "temperror"}
    match record:
        case Unreachable():
            return "temperror"
        case Absent():
            return "none"
        case _:
            return "none" if policy is None else verdicts[passes]
