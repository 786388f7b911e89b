"""The corrected SPF record: the owner's own, with everything mended that can be mended with certainty.

There is one for a record, whatever is found in it, so that no two findings propose different ones. No sender is taken
out and none put in: what only its owner can decide stays as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from checks.evidence.spf import SpfNode, SpfRecord, SpfTerm
from checks.model import Absent
from checks.parse.spf import VERSION, parse_spf
from checks.parse.spf_course import MAX_LOOKUPS
from checks.parse.spf_redundancy import listed, redundancies
from checks.parse.spf_repair import Correction, misread_terms, passes_a_quarter, recognised, repaired
from checks.parse.spf_rewrite import distinct

_MAX_MERGED = 10
"""A name has a few SPF records by mistake; hundreds of them nobody has published in good faith."""


class Fault(StrEnum):
    """What can be wrong with the text of a record, and mended in it."""

    SYNTAX = "syntax"
    """permerror, or a mechanism that is read as a modifier."""
    OPEN = "open"
    """Everybody passes, by an `all` of its own or through an include."""
    DEAD = "dead"
    """An include or redirect to a name without SPF record."""
    LOOP = "loop"
    """An include or redirect that leads back."""
    UNREACHED = "unreached"
    """Terms after `all`, and a redirect beside it."""
    REDUNDANT = "redundant"
    END = "end"
    """`?all`, or neither `all` nor redirect."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """`text`: the corrected record, None where nothing can be mended. `mended`: what it no longer has."""

    text: str | None
    mended: frozenset[Fault]

    def for_fault(self, fault: Fault) -> str | None:
        """The corrected record where it mends this; None where only the owner can."""
        return self.text if fault in self.mended else None


_NOTHING = Proposal(None, frozenset())


@dataclass(frozen=True, slots=True)
class _Draft:
    """The terms so far, in order. `is_own`: its end is that of the domain, as it is not for one that is included."""

    terms: tuple[SpfTerm, ...]
    domain: str
    children: tuple[SpfNode, ...]
    is_own: bool

    @property
    def record(self) -> SpfRecord:
        return SpfRecord("", self.terms, None)

    @property
    def authorises(self) -> bool:
        return any(t.name == "redirect" or (t.qualifier == "+" and t.name != "all") for t in self.record.reached)

    def without(self, gone: Sequence[SpfTerm]) -> _Draft:
        """Without these and their repetitions; where the redirect went and no `all` is, `~all` takes its place."""
        texts = {t.text.lower() for t in gone}
        kept = tuple(t for t in self.terms if t.text.lower() not in texts)
        if any(t.name == "redirect" for t in gone) and not any(t.name == "all" for t in kept):
            kept = (*kept, _SOFT)
        return replace(self, terms=kept)


_SOFT = parse_spf(f"{VERSION} ~all").terms[0]


@lru_cache(maxsize=8)
def proposed(node: SpfNode) -> Proposal:
    """The corrected record of a node of the tree: the domain's own, or one that it includes and that is its owner's.

    Every finding on a record asks for it, and it is made once: of a long one it costs much. A tree may be large too, so
    that few are kept.
    """
    if node.record is None:
        return _NOTHING
    return _corrected(node.record, node.domain, node.children, is_own=node.via is None or node.via.name == "redirect")


def corrected(text: str, domain: str) -> Proposal:
    """The corrected form of a record of which only the text is known, as `domain`'s own."""
    return _corrected(parse_spf(text), domain, (), is_own=True)


def _corrected(record: SpfRecord, domain: str, children: tuple[SpfNode, ...], *, is_own: bool) -> Proposal:
    mended: set[Fault] = set()
    if record.cut:
        return _NOTHING
    if record.error is not None or misread_terms(record):
        if (repair := repaired(record.text)) is None:
            return _NOTHING
        record = parse_spf(repair.text)
        mended |= {Fault.SYNTAX, Fault.OPEN} if repair.closed else {Fault.SYNTAX}
    draft = _Draft(record.terms, domain, children, is_own)
    for fault, step in _STEPS:
        after = step(draft)
        # A record by which nobody could send any more is no correction.
        is_correction = after.authorises or not (draft.authorises or fault is Fault.OPEN)
        if after.terms != draft.terms and is_correction:
            mended.add(fault)
            draft = after
    if passes_a_quarter(draft.record):
        mended.discard(Fault.OPEN)  # what stood behind the old end lets everybody send as well
    mended.discard(Fault.UNREACHED)
    if unreached_terms(record) and not unreached_terms(draft.record):
        mended.add(Fault.UNREACHED)
    text = " ".join((VERSION, *(t.text for t in draft.terms)))
    return Proposal(text, frozenset(mended)) if mended else _NOTHING


def _closed(draft: _Draft) -> _Draft:
    """Everybody passes: the end becomes `~all`, those after the old one are reached, and open includes go."""
    if (end := draft.record.all_term) is not None and end.qualifier == "+" and draft.is_own:
        directives = [t for t in draft.terms if t.kind == "mechanism" and t.name != "all"]
        modifiers = [t for t in draft.terms if t.kind == "modifier" and t.name != "redirect"]
        draft = replace(draft, terms=(*directives, _SOFT, *modifiers))
    return draft.without([c.via for c in draft.children if c.via and c.via.qualifier in ("+", "") and passes_all(c)])


def passes_all(node: SpfNode) -> bool:
    """Whether every address passes this record, by an `all` of its own or of one below it."""
    if node.record is None or node.record.error is not None:
        return False
    passing = {t for t in node.record.reached if t.qualifier in ("+", "")}
    return any(t.name == "all" for t in passing) or any(c.via in passing and passes_all(c) for c in node.children)


def _without_dead(draft: _Draft) -> _Draft:
    return draft.without([c.via for c in draft.children if c.via and isinstance(c.records, Absent)])


def _without_loops(draft: _Draft) -> _Draft:
    return draft.without([c.via for c in draft.children if c.via and c.loops])


def unreached_terms(record: SpfRecord) -> tuple[SpfTerm, ...]:
    """The mechanisms after `all`, and the redirect beside it (sections 5.1 and 6.1)."""
    reached = record.reached
    return tuple(
        t
        for t in record.terms
        if (t.kind == "mechanism" or t.name == "redirect") and not any(t is other for other in reached)
    )


def _without_unreached(draft: _Draft) -> _Draft:
    """Without those of them that can be no sender whom their owner forgot: no pass, or listed before as well."""
    reached = [t for t in draft.record.reached if t.name != "all"]
    meant = [(t, _as_include(t) if t.name == "redirect" else t) for t in unreached_terms(draft.record)]
    before = listed(reached, [m for _, m in meant], draft.domain)
    gone = [t for t, m in meant if m.qualifier != "+" or m.name == "all" or any(m is b for b in before)]
    return replace(draft, terms=tuple(t for t in draft.terms if not any(t is other for other in gone)))


def _as_include(redirect: SpfTerm) -> SpfTerm:
    return parse_spf(f"{VERSION} include:{redirect.value}").terms[0]


def _without_redundant(draft: _Draft) -> _Draft:
    """Again and again: with one of them gone, others may stand side by side."""
    reached = [t for t in draft.record.reached if t.name not in ("all", "redirect")]
    gone = [r.term for r in redundancies(reached, draft.domain, draft.children)]
    if not gone:
        return draft
    kept = tuple(t for t in draft.terms if not any(t is other for other in gone))
    return _without_redundant(replace(draft, terms=kept))


def _ended(draft: _Draft) -> _Draft:
    """With `~all` for a missing or neutral end, where senders are listed: without any, its owner has to list them."""
    end = draft.record.reached[-1:]
    if not draft.is_own or not draft.authorises or (end and end[0].name == "redirect"):
        return draft
    if (old := draft.record.all_term) is None:
        mechanisms = [t for t in draft.terms if t.kind == "mechanism"]
        modifiers = [t for t in draft.terms if t.kind == "modifier"]
        return replace(draft, terms=(*mechanisms, _SOFT, *modifiers))
    return replace(draft, terms=tuple(_SOFT if t is old and t.qualifier == "?" else t for t in draft.terms))


_STEPS: tuple[tuple[Fault, Callable[[_Draft], _Draft]], ...] = (
    (Fault.OPEN, _closed),
    (Fault.DEAD, _without_dead),
    (Fault.LOOP, _without_loops),
    (Fault.UNREACHED, _without_unreached),
    (Fault.REDUNDANT, _without_redundant),
    (Fault.END, _ended),
)


def merged(texts: Sequence[str]) -> str | None:
    """One record for several: every sender of each, once, and the strictest `all` that is safe.

    `-all` only where every record that has an `all` says so, else `~all`: no record knew the senders of the others. A
    `redirect` becomes an `include` with the same target. None where one of them is too broken to be read, and where
    the one record would let everybody send or, by its own terms alone, need too many lookups: receivers use none of
    the several.
    """
    if len(texts) > _MAX_MERGED:
        return None
    records = [parse_spf(correction.text if (correction := repaired(t)) else t) for t in texts]
    if any(r.error or r.cut for r in records):
        return None
    terms = [_mergeable(t) for r in records for t in r.reached if t.name != "all"]
    ends = {t.qualifier for r in records if (t := r.all_term) is not None}
    explanation = [t.text for r in records for t in r.terms if t.kind == "modifier" and t.name == "exp"]
    all_term = "-all" if ends == {"-"} else "~all"
    text = " ".join((VERSION, *distinct(terms), all_term, *explanation[:1]))
    one = parse_spf(text)
    return text if sum(t.needs_lookup for t in one.reached) <= MAX_LOOKUPS and not passes_a_quarter(one) else None


def one_for(texts: Sequence[str], domain: str) -> Correction | None:
    """One record of `domain` for all these texts, which are meant as SPF and which receivers do not take for it.

    None where what one of them was to be is not certain, or where they cannot be merged.
    """
    if len(texts) > _MAX_MERGED:
        return None
    meant = [m for m in map(recognised, texts) if m is not None]
    if not meant or len(meant) < len(texts):
        return None
    one = meant[0].text if len(meant) == 1 else merged([m.text for m in meant])
    closed = any(m.closed for m in meant)
    return Correction(corrected(one, domain).text or one, closed) if one is not None else None


def _mergeable(term: SpfTerm) -> str:
    return f"include:{term.value}" if term.name == "redirect" else term.text
