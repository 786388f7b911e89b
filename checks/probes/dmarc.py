"""DMARC: the record that governs the name, and the result for one mail as a receiver computes it (RFC 9989)."""

from __future__ import annotations

import asyncio
from typing import Literal

from checks.evidence.dmarc import AuthResult, DmarcEvidence, DmarcRecord, DmarcResultEvidence, DmarcStep, TreeWalk
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Absent, Known, Seen, Unreachable
from checks.net.dns import DnsRun
from checks.parse.dmarc import (
    effective_policy,
    governing_record,
    organizational_domain,
    walk_names,
    walked,
)
from checks.probes.run import Run


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
