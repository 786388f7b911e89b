"""What DNS blocklists answered (RFC 5782)."""

from __future__ import annotations

from dataclasses import dataclass

from checks.model import Known


@dataclass(frozen=True, slots=True)
class Listing:
    """A list said yes: its return codes, and its own reason from the TXT record ("" where there is none).

    `parts`: what the list means by the codes, in its own words ("XBL"). `short_lived`: all that it says ends by itself
    within days. `policy`: all that it says is that such an address is not to send mail.
    """

    codes: tuple[str, ...]
    reason: str
    parts: tuple[str, ...] = ()
    short_lived: bool = False
    policy: bool = False


@dataclass(frozen=True, slots=True)
class BlocklistAnswer:
    """One list's answer for one entry. Absent: not listed. Unreachable(BLOCKED): the list refuses our resolver.

    Unreachable(FILTERED): a resolver rewrites what the list says. Unreachable(INTERNAL): we asked for a wrong zone.
    `zone` is the public one, also where another was asked. `decisive`: large receivers refuse mail by it, namely
    `refused_by`. `delisting`: the page where its owner asks to be removed. `entry`: the address or domain asked about.
    """

    zone: str
    title: str
    decisive: bool
    delisting: str
    answer: Known[Listing]
    entry: str = ""
    refused_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainBlocklistEvidence:
    domain: str
    answers: tuple[BlocklistAnswer, ...]


@dataclass(frozen=True, slots=True)
class ClientBlocklistEvidence:
    """`address` None where the session is not known. `owner`: the provider whose shared pool it belongs to."""

    address: str | None
    answers: tuple[BlocklistAnswer, ...]
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class MxBlocklistEvidence:
    """The answers for the addresses of the MX names, the most preferred first; of very many only the first."""

    domain: str
    answers: tuple[BlocklistAnswer, ...]
