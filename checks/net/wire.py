"""Plain queries and plain responses, written and read octet by octet (RFC 1035 section 4).

A report asks for a hundred names and more, and dnspython takes half a millisecond for each: more than all else that a
report computes. So what nearly all exchanges consist of is done here: the query, and a response that is either whole
in one RRset of an ordinary type, under the very name that was asked for, with its signatures where they were wanted,
or an absence with its SOA record. Of anything else, and of anything that is not exactly as it should be, nothing is
said here: `checks.net.response` decides.

Pure: no socket, no clock.
"""

from __future__ import annotations

import base64
import re
import struct
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import dns.ipv6
from dns.rdatatype import RdataType

from checks.model import Absent, Answer, MxHost, Seen
from checks.net.response import MAX_SIGNATURES, PAYLOAD, WITH_SIGNATURES, Question

_AA, _RD, _AD, _CD = 0x0400, 0x0100, 0x0020, 0x0010
_QR, _OPCODE, _TC, _RCODE = 0x8000, 0x7800, 0x0200, 0x000F
_IN: Final = 1
_DO: Final = 0x8000
_NXDOMAIN: Final = 3
_HEAD: Final = 12
_ADDITIONAL: Final = 11
"""The octet of a query that says how many additional records it has: none, or OPT."""
_OPT_AT_END: Final = -11
_TO_THE_QUESTION: Final = b"\xc0\x0c"
"""A name that is the one of the question, as nearly every response writes it (RFC 1035 section 4.1.4)."""
_MAX_RECORDS: Final = 100
_MAX_BESIDE: Final = 20
_MAX_PROOF: Final = 20
_PROOF: Final = (RdataType.NSEC, RdataType.NSEC3, RdataType.RRSIG)
_MAX_NAME: Final = 255
_MAX_TTL: Final = 2**31 - 1
_ADDRESSES: Final = ((RdataType.A, 4), (RdataType.AAAA, 16))
_DIGEST_OCTETS: Final = {1: 20, 2: 32, 4: 48}
"""By the digest type of a DS record (RFC 4034 appendix A.2, RFC 4509, RFC 6605)."""
_UNESCAPED: Final = re.compile(rb"[A-Za-z0-9_.-]+")

Labels: TypeAlias = tuple[bytes, ...]


class _NotPlain(Exception):
    """Something that is for dnspython to judge."""


def query_wire(asked: Question, identifier: int, *, edns: bool = True) -> bytes:
    """The query in octets: the same that `Question.query` makes, with this id (0 to 65535)."""
    flags = _RD | _AD if asked.recursion else 0
    if asked.checking_disabled:
        flags |= _CD
    head = struct.pack("!6H", identifier, flags, 1, 0, 0, int(edns))
    name = b"".join([bytes((len(label),)) + label for label in asked.labels])
    wire = head + name + struct.pack("!2H", asked.rdtype, _IN)
    if not edns:
        return wire
    ednsflags = _DO if asked.recursion and asked.rdtype in WITH_SIGNATURES else 0
    return wire + struct.pack("!B4HH", 0, RdataType.OPT, PAYLOAD, 0, ednsflags, 0)


class Plain(NamedTuple):
    """What a plain response tells, and whether its AD and AA bits are set."""

    told: Seen[Answer[Any]] | Absent
    claims_authentic: bool
    authoritative: bool


def plain_outcome(asked: Question, query: bytes, wire: bytes) -> Plain | None:
    """What a response to the query tells; None for one that is not plain."""
    try:
        return _outcome(asked, query, wire)
    except (_NotPlain, IndexError, struct.error):
        return None


def _outcome(asked: Question, query: bytes, wire: bytes) -> Plain:
    identifier, flags, questions, answers, authorities, additional = struct.unpack_from("!6H", wire)
    rcode = flags & _RCODE
    if (
        identifier != int.from_bytes(query[:2], "big")
        or flags & (_QR | _OPCODE | _TC) != _QR
        or rcode not in (0, _NXDOMAIN)
        or questions != 1
        or answers > _MAX_RECORDS
        or additional > _MAX_BESIDE
    ):
        raise _NotPlain
    name, at = asked.labels, _OPT_AT_END + len(query) if query[_ADDITIONAL] else len(query)
    if not wire.startswith(query[_HEAD:at], _HEAD):  # nearly every response repeats the question as it was
        found, at = _name(wire, _HEAD)
        if found != name or struct.unpack_from("!2H", wire, at) != (asked.rdtype, _IN):
            raise _NotPlain
        at += 4
    told: Seen[Answer[Any]] | Absent
    if answers:
        if rcode or authorities or asked.rdtype not in _VALUES:
            raise _NotPlain
        told, at = _answer(asked, name, wire, at, answers)
    else:
        if authorities != 1 and not (asked.rdtype in WITH_SIGNATURES and authorities <= _MAX_PROOF):
            raise _NotPlain
        zone, at = _zone(wire, at, authorities)
        told = Absent("nxdomain" if rcode else "nodata", zone=_text(zone))
    for _ in range(additional):
        if not asked.recursion and wire[at]:
            raise _NotPlain  # what an authoritative server adds may be glue
        at = _beside(wire, at)
    if at != len(wire):
        raise _NotPlain
    return Plain(told, bool(flags & _AD), bool(flags & _AA))


def _answer(asked: Question, name: Labels, wire: bytes, at: int, count: int) -> tuple[Seen[Answer[Any]], int]:
    read = _VALUES[asked.rdtype]
    found: dict[bytes, Any] = {}
    signatures: list[str] = []
    least = _MAX_TTL
    for _ in range(count):
        if wire.startswith(_TO_THE_QUESTION, at):
            owner, at = name, at + 2
        else:
            owner, at = _name(wire, at)
        rdtype, rdclass, ttl, length = struct.unpack_from("!2HIH", wire, at)
        at += 10
        if owner != name or rdclass != _IN or ttl > _MAX_TTL:
            raise _NotPlain
        if rdtype != asked.rdtype:
            if rdtype != RdataType.RRSIG or struct.unpack_from("!H", wire, at) != (asked.rdtype,):
                raise _NotPlain
            signatures.append(_signature(asked.rdtype.name, wire, at, length))
            at += length
            continue
        least = min(least, ttl)
        canonical, value = read(wire, at, length)
        if found.setdefault(canonical, value) != value:
            raise _NotPlain
        at += length
    if not found or (len(found) > 1 and asked.rdtype == RdataType.CNAME):  # signatures of nothing; no alias at all
        raise _NotPlain
    values = tuple([found[canonical] for canonical in sorted(found)])
    signed = tuple(sorted(set(signatures))[:MAX_SIGNATURES])
    return Seen(Answer(_text(name), asked.rdtype.name, values, least, signatures=signed)), at


def _zone(wire: bytes, at: int, count: int) -> tuple[Labels, int]:
    """The owner of the SOA record that stands here, alone or beside a proof of absence, which the resolver has read."""
    zone: Labels | None = None
    for _ in range(count):
        owner, at = _name(wire, at)
        rdtype, rdclass, ttl, length = struct.unpack_from("!2HIH", wire, at)
        at += 10
        if rdclass != _IN or ttl > _MAX_TTL:
            raise _NotPlain
        if rdtype == RdataType.SOA and zone is None:
            zone = owner
            _, inside = _name(wire, at)
            _, inside = _name(wire, inside)
            if inside + 20 != at + length:
                raise _NotPlain
        elif rdtype not in _PROOF:
            raise _NotPlain
        at += length
    if zone is None:
        raise _NotPlain
    return zone, at


def _beside(wire: bytes, at: int) -> int:
    """Behind an additional record that changes nothing: an address, or an OPT record with neither an extended rcode nor
    an extended error (RFC 8914)."""
    if not wire[at]:
        rdtype, _, extended, version, _, length = struct.unpack_from("!2H2B2H", wire, at + 1)
        if rdtype != RdataType.OPT or extended or version or length:
            raise _NotPlain
        return at + 11
    _, at = _name(wire, at)
    rdtype, rdclass, ttl, length = struct.unpack_from("!2HIH", wire, at)
    if (rdtype, length) not in _ADDRESSES or rdclass != _IN or ttl > _MAX_TTL:
        raise _NotPlain
    return int(at + 10 + length)


def _name(wire: bytes, at: int) -> tuple[Labels, int]:
    """The labels in lower case, the last one empty, and what stands behind the name."""
    labels, end = _labels(wire, at)
    return tuple([label.lower() for label in labels]), end


def _spelled(wire: bytes, at: int) -> tuple[str, int]:
    """A name as a zone file has it, and what stands behind it; only what needs no escapes is plain."""
    labels, end = _labels(wire, at)
    text = b".".join(labels) or b"."
    if not _UNESCAPED.fullmatch(text) or text.count(b".") != max(len(labels) - 1, 1):
        raise _NotPlain
    return text.decode(), end


def _labels(wire: bytes, at: int) -> tuple[list[bytes], int]:
    """Those of the name that stands here, the last one empty, and what stands behind it (RFC 1035 section 4.1.4)."""
    labels: list[bytes] = []
    end, least, octets = -1, at, 0
    while True:
        length = wire[at]
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | wire[at + 1]
            if target >= least:  # a pointer leads back only, so that it leads to an end
                raise _NotPlain
            end = at + 2 if end < 0 else end
            at = least = target
            continue
        octets += length + 1
        if length > 63 or octets > _MAX_NAME or at + length >= len(wire):
            raise _NotPlain
        labels.append(wire[at + 1 : at + 1 + length])
        at += length + 1
        if not length:
            return labels, at if end < 0 else end


def _text(labels: Labels) -> str:
    """As `checks.net.response.name_text` writes it."""
    return ".".join(label.decode("latin-1").replace(".", "\\.") for label in labels if label) or "."


def _data(wire: bytes, at: int, length: int) -> bytes:
    if at + length > len(wire):
        raise _NotPlain
    return wire[at : at + length]


def _a(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    data = _data(wire, at, length)
    if length != 4:
        raise _NotPlain
    return data, "{}.{}.{}.{}".format(*data)


def _aaaa(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    data = _data(wire, at, length)
    if length != 16:
        raise _NotPlain
    return data, dns.ipv6.inet_ntoa(data)


def _txt(wire: bytes, at: int, length: int) -> tuple[bytes, bytes]:
    data = _data(wire, at, length)
    strings, inside = [], 0
    while inside < length:
        size = data[inside]
        strings.append(data[inside + 1 : inside + 1 + size])
        inside += size + 1
    if inside != length or not length:
        raise _NotPlain
    return data, b"".join(strings)


def _mx(wire: bytes, at: int, length: int) -> tuple[bytes, MxHost]:
    (preference,) = struct.unpack_from("!H", wire, at)
    labels, end = _name(wire, at + 2)
    if end != at + length:
        raise _NotPlain
    exchange = _text(labels)
    canonical = wire[at : at + 2] + b"".join(bytes([len(label)]) + label for label in labels)
    return canonical, MxHost(preference, "" if exchange == "." else exchange)


def _ds(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    data = _data(wire, at, length)
    tag, algorithm, kind = struct.unpack_from("!H2B", data)
    if _DIGEST_OCTETS.get(kind) != length - 4:
        raise _NotPlain
    return data, f"{tag} {algorithm} {kind} {data[4:].hex()}"


def _dnskey(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    data = _data(wire, at, length)
    flags, protocol, algorithm = struct.unpack_from("!H2B", data)
    return data, f"{flags} {protocol} {algorithm} {_base64(data[4:])}"


def _soa(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    mname, inside = _spelled(wire, at)
    rname, inside = _spelled(wire, inside)
    if inside + 20 != at + length:
        raise _NotPlain
    # A zone has one, so that it has no order.
    return b"", " ".join([mname, rname, *map(str, struct.unpack_from("!5I", wire, inside))])


def _signature(covered: str, wire: bytes, at: int, length: int) -> str:
    """The data of an RRSIG record as a zone file has it (RFC 4034 section 3.2)."""
    algorithm, labels, ttl, until, since, tag = struct.unpack_from("!2B3IH", wire, at + 2)
    signer, inside = _spelled(wire, at + 18)
    end = at + length
    if inside >= end or end > len(wire):
        raise _NotPlain
    counted = f"{covered} {algorithm} {labels} {ttl} {_instant(until)} {_instant(since)} {tag}"
    return f"{counted} {signer} {_base64(wire[inside:end])}"


def _instant(seconds: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


def _base64(octets: bytes) -> str:
    """In blocks of 32 characters, as zone files have it."""
    if not octets:
        raise _NotPlain
    text = base64.b64encode(octets).decode()
    return " ".join([text[i : i + 32] for i in range(0, len(text), 32)])


def _host(wire: bytes, at: int, length: int) -> tuple[bytes, str]:
    labels, end = _name(wire, at)
    if end != at + length:
        raise _NotPlain
    return b"".join(bytes([len(label)]) + label for label in labels), _text(labels)


_VALUES: dict[int, Callable[[bytes, int, int], tuple[bytes, Any]]] = {
    RdataType.A: _a,
    RdataType.AAAA: _aaaa,
    RdataType.TXT: _txt,
    RdataType.MX: _mx,
    RdataType.NS: _host,
    RdataType.PTR: _host,
    RdataType.CNAME: _host,
    RdataType.DS: _ds,
    RdataType.DNSKEY: _dnskey,
    RdataType.SOA: _soa,
}
"""How the data of a type is read: its canonical octets (RFC 4034 section 6.2), by which values are sorted, and it."""
