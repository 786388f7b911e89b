"""The DNSSEC state of the domain (RFC 4035 section 4.3: secure, insecure, bogus, indeterminate)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from checks.model import ExtendedError, Known

VALIDATION_ERRORS: Mapping[int, str] = {
    6: "DNSSEC Bogus",
    7: "Signature Expired",
    8: "Signature Not Yet Valid",
    9: "DNSKEY Missing",
    10: "RRSIGs Missing",
    11: "No Zone Key Bit Set",
    12: "NSEC Missing",
}
"""INFO-CODEs about validation (RFC 8914 section 4), with their names."""


@dataclass(frozen=True, slots=True)
class DnssecEvidence:
    """`bogus`: SERVFAIL, but an answer with checking disabled; `errors` then says why (RFC 8914 codes 6 to 12)."""

    domain: str
    state: Known[Literal["secure", "insecure", "bogus"]]
    errors: tuple[ExtendedError, ...] = ()
