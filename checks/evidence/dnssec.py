"""The DNSSEC state of the domain (RFC 4035 section 4.3: secure, insecure, bogus, indeterminate), and its signing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from checks.model import ExtendedError, Known

Validity: TypeAlias = Literal["secure", "insecure", "bogus"]
"""Indeterminate is `Unreachable`."""

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
class ZoneKey:
    """A DNSKEY record (RFC 4034 section 2) without the key itself. `algorithm`: the number that IANA gives it."""

    key_tag: int
    algorithm: int
    is_entry_point: bool
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class DelegationSigner:
    """A DS record. `fits`: a DNSKEY of the zone makes this digest; None where the digest type is unknown to us.

    `as_sha256`: the DS record with SHA-256 of the key that fits, "" where none does.
    """

    text: str
    key_tag: int
    algorithm: int
    digest_type: int
    fits: bool | None = None
    as_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """An RRSIG record (RFC 4034 section 3). Instants are seconds since 1970, UTC.

    `ttl_s`: what was left of `original_ttl_s` when the resolver answered, so that its age in the cache is known.
    """

    covered: str
    algorithm: int
    key_tag: int
    begins_at: int
    expires_at: int
    original_ttl_s: int
    ttl_s: int


@dataclass(frozen=True, slots=True)
class DnssecEvidence:
    """`bogus`: SERVFAIL, but an answer with checking disabled; `errors` are what the resolver said of it.

    `cause`: the INFO-CODE that the records themselves show, None where they show nothing: a resolver names the cause of
    a failure only while it has not cached it. `zone`: the zone that the name is in, None where that was not told.
    `keys`, `signers` and the `signatures` of SOA and DNSKEY are asked for only where the state is secure or bogus.
    `asked_at`: the clock of the run, in seconds since 1970.
    """

    domain: str
    state: Known[Validity]
    errors: tuple[ExtendedError, ...] = ()
    cause: int | None = None
    zone: str | None = None
    keys: Known[tuple[ZoneKey, ...]] | None = None
    signers: Known[tuple[DelegationSigner, ...]] | None = None
    signatures: Known[tuple[Signature, ...]] | None = None
    asked_at: int = 0
