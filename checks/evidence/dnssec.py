"""The DNSSEC state of the domain (RFC 4035 section 4.3: secure, insecure, bogus, indeterminate)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from checks.model import ExtendedError, Known


@dataclass(frozen=True, slots=True)
class DnssecEvidence:
    """`bogus`: SERVFAIL, but an answer with checking disabled; `errors` then says why (RFC 8914 codes 6 to 12)."""

    domain: str
    state: Known[Literal["secure", "insecure", "bogus"]]
    errors: tuple[ExtendedError, ...] = ()
