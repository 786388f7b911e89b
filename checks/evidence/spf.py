"""SPF as published: the record, and the tree of records that it includes (RFC 7208)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from checks.model import Answer, Known


@dataclass(frozen=True, slots=True)
class SpfTerm:
    """One term of a record: the text, the octet where it begins, and its parts.

    For a directive `qualifier` is one of + - ~ ?, `name` the mechanism in lower case; for a modifier `qualifier` is "".
    `value`: what follows `:`, `=` or, for the cidr-only forms of a and mx, `/`. `target`: the domain-spec, "" for the current domain.
    """

    text: str
    position: int
    kind: Literal["mechanism", "modifier"]
    qualifier: str
    name: str
    value: str
    has_macro: bool = False

    @property
    def needs_lookup(self) -> bool:
        """Counts towards the limit of 10 (RFC 7208 section 4.6.4)."""
        return self.name in {"include", "a", "mx", "ptr", "exists", "redirect"}


@dataclass(frozen=True, slots=True)
class SpfSyntaxError:
    """Where the record stops being valid: the octet, the offending term, and what kind of error (a fixed word)."""

    position: int
    term: str
    kind: str


@dataclass(frozen=True, slots=True)
class SpfRecord:
    text: str
    terms: tuple[SpfTerm, ...]
    error: SpfSyntaxError | None


@dataclass(frozen=True, slots=True)
class SpfNode:
    """One record of the tree. `via`: the term that led here, None for the domain's own.

    `records`: all `v=spf1` records at the name (Absent: none; several: permerror). `record`: the parsed one, where there is exactly one.
    `lookups`: DNS terms of this record and of everything below it, counted as for an address that nothing matches.
    `loops`: the name already stands above. `cut`: not followed (macro, depth or size bound).
    """

    domain: str
    via: SpfTerm | None
    records: Known[tuple[str, ...]]
    record: SpfRecord | None
    children: tuple[SpfNode, ...]
    lookups: int
    loops: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class SpfEvidence:
    """`answer`: all TXT records at the domain. `tree` None where there is no single record.

    `passes_all`: the text of the term by which any address passes (`+all` at every level), "" where none does;
    `passing_networks` the text of the networks that pass unconditionally, for the sum.
    """

    domain: str
    answer: Known[Answer[bytes]]
    records: tuple[str, ...]
    tree: SpfNode | None
    passes_all: str = ""
    passing_networks: tuple[str, ...] = ()
