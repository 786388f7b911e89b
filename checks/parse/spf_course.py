"""How far a receiver gets through the tree of SPF records for a client that nothing matches (RFC 7208 section 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.evidence.spf import SpfNode, SpfTerm, SpfTermLookups
from checks.model import Absent, Seen, Unreachable, Why

MAX_LOOKUPS = 10
MAX_VOID_LOOKUPS = 2
MAX_MX_NAMES = 10
"""RFC 7208 section 4.6.4."""

Family: TypeAlias = Literal[4, 6]
Stop: TypeAlias = Literal["lookups", "voids", "mx_names", "loop", "no_record", "syntax"]
Answers: TypeAlias = Mapping[str, Mapping[SpfTerm, SpfTermLookups]]
"""By the name of the record, and by term."""


@dataclass(frozen=True, slots=True)
class Void:
    """A void lookup: in which record, for which of its terms, and what was asked ("A h.example")."""

    holder: str
    term: SpfTerm
    asked: str


@dataclass(frozen=True, slots=True)
class Course:
    """What a receiver goes through, in order, until it ends with a result or stops with permerror.

    `stop`: why it stops, "" where it does not; `stop_at`: the name of the record and the term at which. `lookups` and
    `voids`: those before, with the one that was too many. `open_voids`: terms before whose void lookups depend on the
    mail (`ptr`, macros); `open_targets`: includes and redirects before that lead to a name that depends on the mail.
    `before`: holder and term of all that it comes to, with the one where it stops; `after`: of all that it would come
    to otherwise. `why`: why the answer for something before is not known, None where all is. In these three cases the
    counts are the least that it goes through.
    """

    stop: Stop | Literal[""]
    stop_at: tuple[str, SpfTerm | None] | None
    lookups: int
    voids: tuple[Void, ...]
    open_voids: tuple[SpfTerm, ...]
    open_targets: tuple[SpfTerm, ...]
    before: tuple[tuple[str, SpfTerm], ...]
    after: tuple[tuple[str, SpfTerm], ...]
    why: Why | None


def course(tree: SpfNode, answers: Answers, family: Family) -> Course:
    """The course for a client of this family. Terms that `answers` does not hold count as terms without an answer."""
    walk = _Walk(answers, family)
    walk.follow(tree)
    return Course(
        walk.stop,
        walk.stop_at,
        walk.lookups,
        tuple(walk.voids),
        tuple(walk.open_voids),
        tuple(walk.open_targets),
        tuple(walk.before),
        tuple(walk.after),
        walk.why,
    )


class _Walk:
    """Goes on where a receiver stops, to tell what it does not come to, but counts no more."""

    def __init__(self, answers: Answers, family: Family) -> None:
        self._answers = answers
        self._family = family
        self.stop: Stop | Literal[""] = ""
        self.stop_at: tuple[str, SpfTerm | None] | None = None
        self.lookups = 0
        self.voids: list[Void] = []
        self.open_voids: list[SpfTerm] = []
        self.open_targets: list[SpfTerm] = []
        self.before: list[tuple[str, SpfTerm]] = []
        self.after: list[tuple[str, SpfTerm]] = []
        self.why: Why | None = None

    def follow(self, node: SpfNode) -> str:
        """The qualifier with which the record ends; "" where nothing in it matches every client."""
        if node.record is None:
            self._miss(node)
            return ""
        if node.record.error is not None:
            self._end("syntax", node.domain, None)
        below = {child.via: child for child in node.children}
        for term in node.record.reached:
            ended = self._term(node, term, below.get(term))
            if ended:
                return ended
        if node.record.cut:
            self._unknown(Why.NOT_COVERED)
        return ""

    def _term(self, node: SpfNode, term: SpfTerm, child: SpfNode | None) -> str:
        (self.after if self.stop else self.before).append((node.domain, term))
        if term.needs_lookup and not self.stop:
            self.lookups += 1
            if self.lookups > MAX_LOOKUPS:
                self._end("lookups", node.domain, term)
        match term.name:
            case "all":
                return term.qualifier
            case "include":
                return term.qualifier if child is not None and self.follow(child) == "+" else ""
            case "redirect":
                return self.follow(child) if child is not None else ""
            case "a" | "mx" | "exists" | "ptr":
                return self._names(node, term)
            case _:
                return ""

    def _names(self, node: SpfNode, term: SpfTerm) -> str:
        if self.stop:
            return ""
        told = self._answers.get(node.domain, {}).get(term)
        if term.has_macro or term.name == "ptr":
            self.open_voids.append(term)
        elif told is None:
            self._unknown(Why.NOT_COVERED)
        else:
            return self._told(node, term, told)
        return ""

    def _told(self, node: SpfNode, term: SpfTerm, told: SpfTermLookups) -> str:
        if told.mx_records > MAX_MX_NAMES:
            self._end("mx_names", node.domain, term)
            return ""
        is_ipv4 = self._family == 4
        for asked in told.void_ipv4 if is_ipv4 else told.void_ipv6:
            self.voids.append(Void(node.domain, term, asked))
            if len(self.voids) > MAX_VOID_LOOKUPS:
                self._end("voids", node.domain, term)
                return ""
        if why := told.why_ipv4 if is_ipv4 else told.why_ipv6:
            self._unknown(why)
        # An `exists` with an address matches every client (section 5.7).
        return term.qualifier if term.name == "exists" and told.finds_ipv4 else ""

    def _miss(self, node: SpfNode) -> None:
        match node.records:
            case Absent() | Seen():
                self._end("no_record", node.domain, node.via)
            case Unreachable() if node.loops:
                self._end("loop", node.domain, node.via)
            case Unreachable() if node.via is not None and node.via.has_macro:
                if not self.stop:
                    self.open_targets.append(node.via)
            case Unreachable(why=why):
                self._unknown(why)

    def _end(self, stop: Stop, holder: str, term: SpfTerm | None) -> None:
        if not self.stop:
            self.stop, self.stop_at = stop, (holder, term)

    def _unknown(self, why: Why) -> None:
        if not self.stop:
            self.why = self.why or why
