"""TLSA records of the mail servers (DANE for SMTP, RFC 7672), and how far the DNS vouches for them."""

from __future__ import annotations

from dataclasses import dataclass

from checks.evidence.dnssec import Validity
from checks.model import Answer, Known, MxHost


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """A TLSA record (RFC 6698 section 2.1); `octets`: the length of its data. `text`: its presentation format."""

    text: str
    usage: int
    selector: int
    matching: int
    octets: int
    is_der: bool
    """The data is as long as the DER sequence that it begins with: a certificate or a key in full."""


@dataclass(frozen=True, slots=True)
class TlsaAnswer:
    """The TLSA records at one name.

    `validity`: secure or insecure of an answer, also of the answer that there are none; bogus where only validation
    fails; Unreachable where the lookup failed. `failed_twice`: SERVFAIL, and when it was asked again as well.
    """

    name: str
    records: Known[tuple[TlsaRecord, ...]]
    validity: Known[Validity]
    failed_twice: bool = False


@dataclass(frozen=True, slots=True)
class DaneHost:
    """One mail server. `addresses`: the state of its A and AAAA answers; of the alias itself where the name is one
    that leads into an unsigned zone (RFC 7672 section 2.2.2). `has_address`: it has one, as far as is known.

    `tlsa`: asked at the canonical name first where all of the alias is secure, else at the name in the MX record.
    """

    host: str
    addresses: Known[Validity]
    has_address: bool
    tlsa: TlsaAnswer


@dataclass(frozen=True, slots=True)
class DaneEvidence:
    """`hosts`: those of the MX records, or the domain itself where it has none but an address (implicit MX).

    `own` and `zone`: the state of the domain itself, and its zone. `records`: the MX answer.
    """

    domain: str
    records: Known[Answer[MxHost]]
    own: Known[Validity]
    zone: str
    hosts: tuple[DaneHost, ...]
    implicit: bool = False
