"""DNSKEY, DS and RRSIG records from their presentation format, and the cause of a failed validation that they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from checks.evidence.dnssec import DelegationSigner, Signature, ZoneKey
from checks.model import Absent, Answer, Known, Seen, Unreachable

_MAX_RECORDS = 20
_REVOKED, _ENTRY_POINT = 0x0080, 0x0001
_SHA256 = 2
_DIGESTS = {1: "SHA1", _SHA256: "SHA256", 4: "SHA384"}
_ANY = dns.dnssec.allow_all_policy
_BOGUS, _EXPIRED, _EARLY, _KEY_MISSING, _SIGNATURES_MISSING = 6, 7, 8, 9, 10


def zone_keys(answer: Known[Answer[str]]) -> Known[tuple[ZoneKey, ...]]:
    return answer if not isinstance(answer, Seen) else Seen(tuple(_key(key) for key in _dnskeys(answer.value.values)))


def delegation_signers(
    zone: str, answer: Known[Answer[str]], keys: Known[Answer[str]]
) -> Known[tuple[DelegationSigner, ...]]:
    """The DS records of the zone, each held against its DNSKEY records (RFC 4034 section 5.1.4)."""
    if not isinstance(answer, Seen):
        return answer
    published = _dnskeys(keys.value.values) if isinstance(keys, Seen) else ()
    known = not isinstance(keys, Unreachable)
    found = (_signer(zone, text, published, known) for text in answer.value.values[:_MAX_RECORDS])
    return Seen(tuple(signer for signer in found if signer is not None))


def signatures_of(*answers: Known[Answer[str]]) -> Known[tuple[Signature, ...]]:
    """The signatures of all these answers; a failure where one of them failed, Absent where none is signed."""
    found: list[Signature] = []
    for answer in answers:
        if isinstance(answer, Unreachable):
            return answer
        if isinstance(answer, Seen):
            found += [s for text in answer.value.signatures if (s := _signature(text, answer.value.ttl_s))]
    return Seen(tuple(found)) if found else Absent()


def bogus_cause(
    keys: Known[tuple[ZoneKey, ...]],
    signers: Known[tuple[DelegationSigner, ...]],
    signatures: Known[tuple[Signature, ...]],
    now: int,
) -> int | None:
    """The INFO-CODE (RFC 8914 section 4) for what the records of a bogus zone show; None where nothing was seen.

    In the order in which a validator walks: the DS needs its key, the records need signatures, these have their time.
    """
    if not isinstance(signers, Seen):
        return None
    if isinstance(keys, Absent) or (isinstance(keys, Seen) and all(s.fits is False for s in signers.value)):
        return _KEY_MISSING
    if not isinstance(keys, Seen) or isinstance(signatures, Unreachable):
        return None
    covered = {s.covered for s in signatures.value} if isinstance(signatures, Seen) else set()
    if not isinstance(signatures, Seen) or not {"SOA", "DNSKEY"} <= covered:
        return _SIGNATURES_MISSING
    for rdtype in sorted(covered):
        own = [s for s in signatures.value if s.covered == rdtype]
        if all(s.expires_at < now for s in own):
            return _EXPIRED
        if all(s.begins_at > now for s in own):
            return _EARLY
    return _BOGUS


def _rdata(rdtype: RdataType, text: str) -> dns.rdata.Rdata | None:
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, rdtype, text)
    except (dns.exception.DNSException, ValueError):
        return None


@lru_cache(maxsize=8)  # the keys of a zone are wanted by themselves and to hold DS records against them
def _dnskeys(texts: tuple[str, ...]) -> tuple[DNSKEY, ...]:
    found = (_rdata(RdataType.DNSKEY, text) for text in texts[:_MAX_RECORDS])
    return tuple(rdata for rdata in found if isinstance(rdata, DNSKEY) and rdata.key)


def _key(key: DNSKEY) -> ZoneKey:
    return ZoneKey(
        dns.dnssec.key_id(key), int(key.algorithm), bool(key.flags & _ENTRY_POINT), bool(key.flags & _REVOKED)
    )


def _signer(zone: str, text: str, keys: Sequence[DNSKEY], known: bool) -> DelegationSigner | None:
    ds = _rdata(RdataType.DS, text)
    if not isinstance(ds, DS):
        return None
    kind = int(ds.digest_type)
    made = ((key, _made(zone, key, kind)) for key in keys if kind in _DIGESTS)
    fitting = next(((key, own) for key, own in made if own.digest == ds.digest), None)
    fits = fitting is not None if kind in _DIGESTS and known else None
    better = ""
    if fitting is not None:
        key, own = fitting
        better = (own if kind == _SHA256 else _made(zone, key, _SHA256)).to_text()
    return DelegationSigner(ds.to_text(), int(ds.key_tag), int(ds.algorithm), kind, fits, better)


def _made(zone: str, key: DNSKEY, kind: int) -> DS:
    """The DS record of this digest type that the key asks for."""
    return dns.dnssec.make_ds(_name(zone), key, _DIGESTS[kind], policy=_ANY)


def _name(zone: str) -> dns.name.Name:
    return dns.name.from_text(zone)


def _signature(text: str, ttl_s: int) -> Signature | None:
    """Fields in their order: type covered, algorithm, labels, original TTL, expiration, inception, key tag, signer."""
    words = text.split()
    if len(words) < 8:
        return None
    try:
        return Signature(
            covered=words[0],
            algorithm=int(words[1]),
            key_tag=int(words[6]),
            begins_at=_instant(words[5]),
            expires_at=_instant(words[4]),
            original_ttl_s=int(words[3]),
            ttl_s=ttl_s,
        )
    except ValueError:
        return None


def _instant(text: str) -> int:
    """Seconds since 1970 of `20261124093000`. Raises ValueError."""
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in (4, 6, 8, 10, 12))
    return int(datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC).timestamp())
