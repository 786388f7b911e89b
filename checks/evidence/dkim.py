"""DKIM keys as published under selectors that are known to be in use."""

from __future__ import annotations

from dataclasses import dataclass

from checks.evidence.message import SignatureReason
from checks.model import Answer, Known


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """One selector. `problem` "" where the record is a usable key; `bits` None where no key could be read."""

    selector: str
    name: str
    answer: Known[Answer[bytes]]
    problem: SignatureReason
    kind: str
    bits: int | None


@dataclass(frozen=True, slots=True)
class KnownKeysEvidence:
    """The keys of the selectors seen in earlier counting mails, the newest first; () where none is known."""

    domain: str
    keys: tuple[PublishedKey, ...]
