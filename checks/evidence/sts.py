"""MTA-STS: the TXT record and the policy it announces (RFC 8461)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from checks.evidence.versioned import FaultyRecord
from checks.model import Known, NotServed, Unreachable

StsMode: TypeAlias = Literal["enforce", "testing", "none"]
PolicyFault: TypeAlias = Literal["media_type", "line", "version", "mode", "max_age", "mx", "mx_pattern", "encoding"]


@dataclass(frozen=True, slots=True)
class StsRecord:
    """The TXT record at `_mta-sts.<domain>` (section 3.1)."""

    text: str
    id: str


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """Why senders have to take the policy for invalid. `part`: the line or value at fault, "" where one is missing."""

    fault: PolicyFault
    part: str = ""


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy that was fetched (section 3.2). `mode` and `max_age_s` are None where missing or not allowed.

    `mx`: the patterns that are valid, in lower case: a host name, or `*.` and one. `text`: the file, its lines
    joined by LF, "" where it is longer than anybody wants to see, or not text.
    """

    mode: StsMode | None
    max_age_s: int | None
    mx: tuple[str, ...]
    problems: tuple[PolicyProblem, ...] = ()
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class StsEvidence:
    """`record`: the one that senders read, FaultyRecord where they have to ignore what stands there.

    `fresh_id`: an id for a record published now.
    """

    domain: str
    record: Known[StsRecord | FaultyRecord]
    fresh_id: str
    alias_of: str | None = None
    """The canonical name, where `_mta-sts.<domain>` is an alias of it, whether a record stands there or not."""


@dataclass(frozen=True, slots=True)
class StsPolicyEvidence:
    """`policy` None: not fetched, since no record announces it."""

    domain: str
    policy: StsPolicy | NotServed | Unreachable | None
