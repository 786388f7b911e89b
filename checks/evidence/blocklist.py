"""What DNS blocklists answered (RFC 5782)."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Known


@dataclass(frozen=True, slots=True)
class Listing:
    """A list said yes: its return codes, and its own reason from the TXT record ("" where there is none)."""

    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class BlocklistAnswer:
    """One list's answer for one entry. Absent: not listed. Unreachable(BLOCKED): the list refuses our resolver.

    `decisive`: large receivers refuse mail by it. `delisting`: the page where its owner asks to be removed.
    """

    zone: str
    title: str
    decisive: bool
    delisting: str
    answer: Known[Listing]


@dataclass(frozen=True, slots=True)
class DomainBlocklistEvidence:
    domain: str
    answers: tuple[BlocklistAnswer, ...]


@dataclass(frozen=True, slots=True)
class ClientBlocklistEvidence:
    """`address` None where the session is not known."""

    address: str | None
    answers: tuple[BlocklistAnswer, ...]
