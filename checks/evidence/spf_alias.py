"""A CNAME at the domain: what the authoritative server says stands beside it."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Known


@dataclass(frozen=True, slots=True)
class AliasAtSource:
    """What one authoritative server, asked itself, has at the name.

    `server`: its name. `is_apex`: the name is delegated, so that SOA and NS records stand there. `target`: of the
    CNAME, None where this server has none. `text_count`: how many TXT records it has at the name itself; `has_spf`: one
    of them is an SPF record, of which `spf_text` is the first.
    """

    server: str
    is_apex: bool
    target: str | None
    text_count: int
    has_spf: bool
    spf_text: str = ""


@dataclass(frozen=True, slots=True)
class SpfAliasEvidence:
    """`target`: of the CNAME that the resolver has; Absent where it has none. `at_source`: then not asked for, None."""

    domain: str
    target: Known[str]
    at_source: Known[AliasAtSource] | None = None
