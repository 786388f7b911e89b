"""DMARC of one mail, as a receiver evaluates it (RFC 9989 section 5.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from checks.evidence.dmarc import AuthResult, DmarcRecord, DmarcResultEvidence, TreeWalk
from checks.evidence.message import MessageEvidence, SpfResultEvidence
from checks.model import Absent, Known, Seen, Unreachable
from checks.net.dns import DnsRun
from checks.parse.dmarc import eased, effective_policy, governing_record, policy_tag
from checks.parse.domain import registrable
from checks.probes.dmarc import walk_tree
from checks.probes.run import Run


@dataclass(frozen=True, slots=True)
class _Identifier:
    """A domain that SPF or DKIM speaks of, what it gave, and whether it is aligned; None: could not be told."""

    result: str | None
    aligned: bool | None
    aligned_relaxed: bool | None


async def ask_dmarc_result(run: Run) -> DmarcResultEvidence:
    """Alignment, result and policy; the walks of the From, SPF and DKIM domains run side by side."""
    message, spf = await asyncio.gather(run.evidence(MessageEvidence), run.evidence(SpfResultEvidence))
    if message.from_domain is None:
        # Without exactly one author's domain the process ends (section 5.3.1).
        unaligned = tuple(False for _ in message.signatures)
        return DmarcResultEvidence(None, Absent(), Absent(), None, "permerror", None, None, unaligned)
    names = {message.from_domain, spf.domain, *(s.domain for s in message.signatures)} - {""}
    walks = dict(zip(names, await asyncio.gather(*(walk_tree(run.dns, name) for name in names)), strict=True))
    author = walks[message.from_domain]
    record, at, is_suffix = governing_record(author.start, author.steps)
    by_spf, *by_dkim = _identifiers(message, spf, author, walks, record)
    passes = _passes([by_spf, *by_dkim])
    acts, policy = True, None
    tag: Literal["p", "sp", "np", ""] = ""
    if isinstance(record, Seen):
        is_own = at == author.start
        exists = await _exists(run.dns, author.start, record.value, is_own)
        likely = effective_policy(record.value, is_own=is_own, exists=exists is not False)
        acts = likely is not None
        if exists is not None:
            policy, tag = likely, policy_tag(record.value, is_own=is_own, exists=exists)
        elif passes is False:
            # What the mail gets depends on a lookup that failed (section 5.3.6).
            passes = None
    relaxed_passes = any(one.result == "pass" and one.aligned_relaxed for one in (by_spf, *by_dkim))
    return DmarcResultEvidence(
        from_domain=message.from_domain,
        organizational=author.organizational,
        record=record,
        at=at,
        result=_result(record, acts, passes, is_session_known=spf.result is not None),
        policy=policy,
        spf_aligned=by_spf.aligned if spf.result else None,
        dkim_aligned=tuple(one.aligned for one in by_dkim),
        near_miss=passes is False and relaxed_passes,
        policy_tag=tag,
        applied=eased(policy) if policy and isinstance(record, Seen) and record.value.testing else policy,
        is_suffix_record=is_suffix,
        spf_near_miss=by_spf.result == "pass" and by_spf.aligned is False and by_spf.aligned_relaxed is True,
        alias_of=author.alias_of(at) if at else None,
    )


async def _exists(dns: DnsRun, name: str, record: DmarcRecord, is_own: bool) -> bool | None:
    """Whether the author's domain exists, asked only where `np` makes a difference of it."""
    other = effective_policy(record, is_own=is_own, exists=False)
    if is_own or other == effective_policy(record, is_own=is_own):
        return True
    told = await dns.ask(name, "SOA")
    return None if isinstance(told, Unreachable) else told != Absent("nxdomain")


def _identifiers(
    message: MessageEvidence,
    spf: SpfResultEvidence,
    author: TreeWalk,
    walks: dict[str, TreeWalk],
    record: Known[DmarcRecord],
) -> Iterator[_Identifier]:
    """That of SPF, then that of each signature. A null return path makes HELO the one of SPF (RFC 7208 section 2.4)."""
    strict_spf = strict_dkim = False if isinstance(record, Absent) else None
    if isinstance(record, Seen):
        strict_spf, strict_dkim = record.value.strict_spf, record.value.strict_dkim
    for result, domain, strict in (
        (spf.result, spf.domain, strict_spf),
        *((None if s.is_not_read else s.result, s.domain, strict_dkim) for s in message.signatures),
    ):
        if result is None and not domain:
            yield _Identifier(None, None, None)
            continue
        relaxed = _aligned(author, walks.get(domain), strict=False)
        yield _Identifier(result, _aligned(author, walks.get(domain), strict=strict), relaxed)


def _aligned(author: TreeWalk, other: TreeWalk | None, *, strict: bool | None) -> bool | None:
    """Identifier alignment (section 4.4). `strict` None: the record that would say so could not be looked up."""
    if other is None:
        return False
    if author.start == other.start:
        return True
    if strict:
        return False
    one, two = _organizational_or_self(author), _organizational_or_self(other)
    if one is None or two is None:
        return None
    return None if one == two and strict is None else one == two


def _organizational_or_self(walk: TreeWalk) -> str | None:
    match walk.organizational:
        case Seen(name):
            return name
        case Absent():
            # No record draws the boundary, and DMARC says nothing; whose the domain is, is asked all the same.
            return registrable(walk.start) or walk.start
        case _:
            return None


def _passes(identifiers: list[_Identifier]) -> bool | None:
    """An aligned identifier passed: True, none did: False, a failed lookup or an unknown session decides it: None."""
    if any(one.result == "pass" and one.aligned for one in identifiers):
        return True
    undecided = any(
        one.result is None
        or (one.result == "pass" and one.aligned is None)
        or (one.result == "temperror" and one.aligned is not False)
        for one in identifiers
    )
    return None if undecided else False


def _result(
    record: Known[DmarcRecord], acts: bool, passes: bool | None, *, is_session_known: bool
) -> AuthResult | None:
    if isinstance(record, Unreachable):
        return "temperror"
    if isinstance(record, Absent) or not acts:
        return "none"
    if passes is None:
        return "temperror" if is_session_known else None
    return "pass" if passes else "fail"
