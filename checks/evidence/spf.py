"""SPF as published: the record, and the tree of records that it includes (RFC 7208)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from checks.model import Answer, Known, Seen, Unreachable, Why


@dataclass(frozen=True, slots=True)
class SpfTerm:
    """One term of a record: the text, where it begins (counted from 0), and its parts.

    For a directive `qualifier` is one of + - ~ ? (+ where none is written), `name` the mechanism in lower case; for a
    modifier `qualifier` is "". `value`: what follows `:` or `=`, without the prefix length of a and mx, which is
    `prefix` ("/24", "//64", "/24//64"). `target`: the domain-spec without trailing dot, "" where the term names none.
    """

    text: str
    position: int
    kind: Literal["mechanism", "modifier"]
    qualifier: str
    name: str
    value: str
    prefix: str = ""
    target: str = ""
    has_macro: bool = False

    @property
    def needs_lookup(self) -> bool:
        """Counts towards the limit of 10 (RFC 7208 section 4.6.4)."""
        return self.name in _LOOKUP_NAMES


_LOOKUP_NAMES = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})


@dataclass(frozen=True, slots=True)
class SpfSyntaxError:
    """Where the record stops being valid: the place (counted from 0), the offending term, and a fixed word for why.

    The words are those of `checks.parse.spf.KINDS`.
    """

    position: int
    term: str
    kind: str


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """`terms`: every term that is valid, in order, also where another is not. `error`: the first one (permerror).

    `cut`: it is too long, and only its beginning was read (checks.parse.spf); `text` is then that beginning.
    """

    text: str
    terms: tuple[SpfTerm, ...]
    error: SpfSyntaxError | None
    cut: bool = False

    @property
    def all_term(self) -> SpfTerm | None:
        """The first `all`, which ends the evaluation."""
        return next((t for t in self.terms if t.kind == "mechanism" and t.name == "all"), None)

    @property
    def reached(self) -> tuple[SpfTerm, ...]:
        """The terms that an address that nothing matches gets to: up to `all`; `redirect` last, only without `all`."""
        directives = [t for t in self.terms if t.kind == "mechanism"]
        if end := self.all_term:
            return tuple(directives[: directives.index(end) + 1])
        return (*directives, *(t for t in self.terms if t.kind == "modifier" and t.name == "redirect"))


@dataclass(frozen=True, slots=True)
class SpfNode:
    """One record of the tree. `via`: the term that led here, None for the domain's own.

    `records`: all `v=spf1` records at the name (Absent: none; several: permerror). `record`: the parsed one, where
    there is exactly one. `lookups`: DNS terms of this record and of everything below it, counted as for an address that
    nothing matches. `loops`: the name already stands above. `cut`: not followed (macro, depth). Where
    either is set, `records` is Unreachable and says nothing about the name. `alias_of`: the canonical name that holds
    the records, where the name is an alias.
    """

    domain: str
    via: SpfTerm | None
    records: Known[tuple[str, ...]]
    record: SpfRecord | None
    children: tuple[SpfNode, ...]
    lookups: int
    loops: bool = False
    cut: bool = False
    alias_of: str | None = None

    @property
    def published_at(self) -> str:
        """The name that holds the record: beside a CNAME there can be none (RFC 1034 section 3.6.2)."""
        return self.alias_of or self.domain

    def paths(self, above: tuple[SpfNode, ...] = ()) -> Iterator[tuple[SpfNode, ...]]:
        """Every node, in the order of evaluation, as the way that leads to it from this one: (self, ..., node)."""
        way = (*above, self)
        yield way
        for child in self.children:
            yield from child.paths(way)

    @property
    def why_unknown(self) -> Why | None:
        """Why a record of the tree could not be looked up, or to its end read; None where all asked for were."""
        for *_, node in self.paths():
            if isinstance(node.records, Unreachable) and not (node.cut or node.loops):
                return node.records.why
            if node.record is not None and node.record.cut:
                return Why.NOT_COVERED
        return None


@dataclass(frozen=True, slots=True)
class SpfEvidence:
    """`answer`: all TXT records at the domain. `tree` None where there is no single record.

    `passes_all`: the text of the term by which any address passes (`+all`, or an `exists` without macros whose name has
    an address, with `+` at every level above it), "" where none does; `passes_all_at`: the name whose record holds it;
    `passes_all_why`: where none is found, why the name of an `exists` that may be such a term, or of an `a` or `mx`
    that is wide, has no answer.
    `passing_networks`: the networks that pass in the same way, for the sum; of `a` and `mx` only those that are so wide
    that they matter for it.
    """

    domain: str
    answer: Known[Answer[bytes]]
    records: tuple[str, ...]
    tree: SpfNode | None
    passes_all: str = ""
    passes_all_at: str = ""
    passing_networks: tuple[str, ...] = ()
    passes_all_why: Why | None = None

    @property
    def published_at(self) -> str:
        """The name that holds the records, as for a node of the tree."""
        alias_of = self.answer.value.alias_of if isinstance(self.answer, Seen) else None
        return alias_of or self.domain


@dataclass(frozen=True, slots=True)
class SpfTermLookups:
    """What the questions of one `a`, `mx` or `exists` came to, for a client of each family.

    `void_ipv4`, `void_ipv6`: its void lookups (RFC 7208 section 4.6.4) in the order in which a receiver makes them,
    each as type and name ("A h.example"). `why_ipv4`, `why_ipv6`: why one of the questions has no answer. `finds_ipv4`,
    `finds_ipv6`: there is an address (for `exists`, which asks for A always, both say the same). `mx_records`: how many
    an `mx` has; where there are more than receivers take, no address was asked for.
    """

    term: SpfTerm
    void_ipv4: tuple[str, ...] = ()
    void_ipv6: tuple[str, ...] = ()
    why_ipv4: Why | None = None
    why_ipv6: Why | None = None
    finds_ipv4: bool = False
    finds_ipv6: bool = False
    mx_records: int = 0


@dataclass(frozen=True, slots=True)
class SpfBranch:
    """One record of the tree with everything below it, as far as it was asked for, whatever the limits.

    `term`: the text that led here, "" for the domain's own. `voids_ipv4`, `voids_ipv6`: void lookups of its `a`, `mx`
    and `exists` for a client of that family that nothing matches.
    """

    domain: str
    term: str
    depth: int
    lookups: int
    voids_ipv4: int
    voids_ipv6: int


@dataclass(frozen=True, slots=True)
class SpfRecordLookups:
    """The record at `domain`: what was asked for its terms. A term that is missing here was not asked for."""

    domain: str
    terms: tuple[SpfTermLookups, ...]


@dataclass(frozen=True, slots=True)
class SpfLookupEvidence:
    """What the names in the records of the tree lead to; `branches` in the order of evaluation, () without a tree."""

    domain: str
    records: tuple[SpfRecordLookups, ...] = ()
    branches: tuple[SpfBranch, ...] = ()

    def by_record(self) -> Mapping[str, Mapping[SpfTerm, SpfTermLookups]]:
        return {record.domain: {told.term: told for told in record.terms} for record in self.records}
