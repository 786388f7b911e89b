"""From the bytes of a DNS response to what it tells: answer, absence, or could not tell.

Pure: no socket, no clock. A response is believed only if it matches the question that was sent (RFC 5452 section 9.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.wire
from dns.rdatatype import RdataType

from checks.model import Absent, Answer, ExtendedError, Known, MxHost, Seen, Unreachable, Why

MAX_ALIASES = 8
MAX_RECORDS = 1000
_MAX_LABEL, _MAX_NAME = 63, 255
_MAX_ERRORS = 8
_MAX_ERROR_TEXT = 256
PAYLOAD = 1232
"""The EDNS buffer size that no path fragments (DNS flag day 2020)."""

_FORGED = frozenset({4, 15, 16, 17})
"""Extended errors by which a resolver says that it answers in place of the domain: Forged Answer, Blocked, Censored,
Filtered (RFC 8914)."""

WITH_SIGNATURES = frozenset({RdataType.SOA, RdataType.DNSKEY, RdataType.DS})
MAX_SIGNATURES = 20
_KEPT_THOUGH_WRONG = frozenset({RdataType.TLSA})

_DNSSEC_FAULTS = range(6, 13)
"""Extended errors that name a fault of the zone's DNSSEC, DNSSEC Bogus to NSEC Missing (RFC 8914, 4.7 to 4.13)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `labels`: those of the absolute name, in lower case, the last one empty."""

    labels: tuple[bytes, ...]
    rdtype: RdataType
    checking_disabled: bool = False
    recursion: bool = True
    """False: for an authoritative server, which is to say only what it has itself."""

    @property
    def name(self) -> dns.name.Name:
        return dns.name.Name(self.labels)

    def query(self, *, edns: bool = True) -> dns.message.QueryMessage:
        """A query with a new random id. RD, and AD: to be told of authentic data without signatures (RFC 6840, 5.7).

        DO, to be sent the signatures, only for the types whose signatures are looked at.
        """
        flags = dns.flags.RD | dns.flags.AD if self.recursion else dns.flags.Flag(0)
        if self.checking_disabled:
            flags |= dns.flags.CD
        return dns.message.make_query(
            self.name,
            self.rdtype,
            flags=flags,
            use_edns=0 if edns else False,
            payload=PAYLOAD if edns else None,
            ednsflags=dns.flags.DO if edns and self.recursion and self.rdtype in WITH_SIGNATURES else 0,
        )


def question(
    name: str, rdtype: str, *, checking_disabled: bool = False, recursion: bool = True
) -> Question | Unreachable:
    """Read a name as it stands: one trailing dot allowed, characters up to U+00FF as octets, no escapes, no IDNA."""
    bare = name[:-1] if name.endswith(".") else name
    try:
        octets = bare.encode("latin-1").lower()
    except UnicodeEncodeError:
        return Unreachable(Why.BAD_NAME, "character outside the octets")
    labels = () if name == "." else tuple(octets.split(b"."))
    if b"" in labels:
        return Unreachable(Why.BAD_NAME, "empty label")
    if any(len(label) > _MAX_LABEL for label in labels):
        return Unreachable(Why.BAD_NAME, "label over 63 octets")
    if len(octets) + 2 > _MAX_NAME:  # the length before the first label, and the root
        return Unreachable(Why.BAD_NAME, "name over 255 octets")
    try:
        return Question((*labels, b""), _record_type(rdtype), checking_disabled, recursion)
    except (dns.exception.DNSException, ValueError):
        return Unreachable(Why.BAD_NAME, "no such name or record type")


@lru_cache(maxsize=64)
def _record_type(text: str) -> RdataType:
    return dns.rdatatype.from_text(text)


def name_text(name: dns.name.Name) -> str:
    """Lower case, without trailing dot, octets as characters: the form that `question` reads. The root is "."."""
    labels = [label.lower().decode("latin-1").replace(".", "\\.") for label in name.labels if label]
    return ".".join(labels) or "."


Reading: TypeAlias = dns.message.Message | Literal["foreign", "truncated", "malformed"]
"""A datagram or TCP message read: the response, or why there is none; a foreign one is to be ignored."""


def read(query: dns.message.QueryMessage, wire: bytes) -> Reading:
    """Parse `wire` as the response to `query`. Nothing that a stranger can put into it raises."""
    if len(wire) < 12 or int.from_bytes(wire[:2], "big") != query.id or not wire[2] & 0x80:
        return "foreign"
    truncated = bool(wire[2] & 0x02)
    try:
        # The records of a truncated message may end anywhere; only its question is needed.
        is_lenient = query.question[0].rdtype in _KEPT_THOUGH_WRONG
        response = dns.message.from_wire(
            wire, ignore_trailing=True, question_only=truncated, continue_on_error=is_lenient
        )
        if not query.is_response(response):
            return "foreign"
        if response.errors:
            _keep_refused(wire, response)
    except Exception:  # noqa: BLE001 - dnspython reads a stranger's octets here, and not all of its errors are its own
        return "malformed"
    return "truncated" if truncated else response


def _keep_refused(wire: bytes, response: dns.message.Message) -> None:
    """Add to the answer the records that dnspython would not take, as unknown data (RFC 3597 section 5).

    It refuses a TLSA record whose digest has the wrong length, and with it the whole message: but such a record is no
    failure of the name server, it is what its owner has to be told of. Raises for a message that is broken otherwise.
    """
    parser = dns.wire.Parser(wire, 12)
    questions, answers = int.from_bytes(wire[4:6], "big"), int.from_bytes(wire[6:8], "big")
    for _ in range(questions):
        parser.get_name(decompress=True)
        parser.get_bytes(4)
    kept = 0
    for _ in range(answers):
        name = parser.get_name(decompress=True)
        rdtype, rdclass, ttl, length = parser.get_struct("!HHIH")
        data = parser.get_bytes(length)
        if rdtype not in _KEPT_THOUGH_WRONG or rdclass != dns.rdataclass.IN:
            continue
        try:
            dns.rdata.from_wire(rdclass, rdtype, data, 0, length)
        except dns.exception.DNSException:
            kept += 1
            rrset = response.find_rrset(response.answer, name, dns.rdataclass.IN, RdataType(rdtype), create=True)
            rrset.add(dns.rdata.GenericRdata(dns.rdataclass.IN, RdataType(rdtype), data), ttl)
    if kept != len(response.errors):
        raise dns.exception.FormError


def wants_no_edns(response: dns.message.Message) -> bool:
    """The server says that it does not understand the query, as servers without EDNS do (RFC 6891 section 7)."""
    return response.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS)


def names_dnssec_fault(outcome: Unreachable) -> bool:
    return outcome.why is Why.SERVFAIL and any(error.code in _DNSSEC_FAULTS for error in outcome.extended)


def outcome(asked: Question, response: dns.message.Message) -> Known[Answer[Any]]:
    """What a matching response tells. `authentic` of an answer is left False: the AD bit alone proves nothing."""
    errors = _extended_errors(response)
    rcode = response.rcode()
    if rcode == dns.rcode.REFUSED:
        return Unreachable(Why.REFUSED, "REFUSED", errors)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Unreachable(Why.SERVFAIL, dns.rcode.to_text(rcode), errors)
    if any(error.code in _FORGED for error in errors):
        return Unreachable(Why.FILTERED, "the resolver answers in place of the domain", errors)
    try:
        return _records(asked, response, errors)
    except (dns.exception.DNSException, ValueError):
        return Unreachable(Why.SERVFAIL, "malformed answer", errors)


def _records(asked: Question, response: dns.message.Message, errors: tuple[ExtendedError, ...]) -> Known[Answer[Any]]:
    by_name = {(rrset.name, rrset.rdtype): rrset for rrset in response.answer if rrset.rdclass == dns.rdataclass.IN}
    first = asked.name
    name, seen, ttl_s = first, {first}, 2**31 - 1
    while (found := by_name.get((name, asked.rdtype))) is None:
        alias = by_name.get((name, RdataType.CNAME))
        if alias is None:
            found = _referral(asked, response)
            if found is not None:
                break
            return _nothing(response, errors, name_text(name) if name != first else None)
        ttl_s = min(ttl_s, alias.ttl)
        name = alias[0].target
        if name in seen:
            return Unreachable(Why.SERVFAIL, "CNAME loop", errors)
        if len(seen) > MAX_ALIASES:
            return Unreachable(Why.SERVFAIL, f"more than {MAX_ALIASES} CNAME records in a row", errors)
        seen.add(name)
    if response.rcode() == dns.rcode.NXDOMAIN:
        return Unreachable(Why.SERVFAIL, "records together with NXDOMAIN", errors)
    if len(found) > MAX_RECORDS:
        return Unreachable(Why.SERVFAIL, f"more than {MAX_RECORDS} records", errors)
    answer: Answer[Any] = Answer(
        name=name_text(first),
        rdtype=dns.rdatatype.to_text(asked.rdtype),
        # An RRset has no order; a fixed one lets two reports be compared.
        values=tuple(_value(rdata) for rdata in sorted(found)),
        ttl_s=min(ttl_s, found.ttl),
        alias_of=name_text(name) if name != first else None,
        signatures=_signatures(response, name, asked.rdtype),
    )
    return Seen(answer)


def _referral(asked: Question, response: dns.message.Message) -> dns.rrset.RRset | None:
    """The delegation of exactly the zone that a server of the zone above was asked about, without recursion."""
    if asked.recursion or asked.rdtype != RdataType.NS or response.rcode() != dns.rcode.NOERROR:
        return None
    name = asked.name
    return next((r for r in response.authority if r.rdtype == RdataType.NS and r.name == name), None)


def _signatures(response: dns.message.Message, name: dns.name.Name, covered: RdataType) -> tuple[str, ...]:
    found = (
        rdata.to_text()
        for rrset in response.answer
        if rrset.rdtype == RdataType.RRSIG and rrset.name == name and rrset.covers == covered
        for rdata in rrset
    )
    return tuple(sorted(found)[:MAX_SIGNATURES])


def _nothing(
    response: dns.message.Message, errors: tuple[ExtendedError, ...], alias_of: str | None
) -> Absent | Unreachable:
    """NXDOMAIN or NODATA. A referral is neither (RFC 2308 section 2.2): the server does not resolve."""
    zone = next((name_text(rrset.name) for rrset in response.authority if rrset.rdtype == RdataType.SOA), None)
    if response.rcode() == dns.rcode.NXDOMAIN:
        return Absent("nxdomain", alias_of=alias_of, zone=zone)
    types = {rrset.rdtype for rrset in response.authority}
    if RdataType.NS in types and RdataType.SOA not in types and not response.flags & dns.flags.AA:
        return Unreachable(Why.SERVFAIL, "a referral in place of an answer", errors)
    if not response.flags & (dns.flags.AA | dns.flags.RA) and RdataType.SOA not in types:
        return Unreachable(Why.REFUSED, "the server offers no recursion", errors)
    return Absent("nodata", alias_of=alias_of, zone=zone)


def _value(rdata: dns.rdata.Rdata) -> Any:
    wide: Any = rdata  # the attributes are those of the subclass for the type
    match rdata.rdtype:
        case RdataType.TXT:
            return b"".join(wide.strings)
        case RdataType.A | RdataType.AAAA:
            return str(wide.address)
        case RdataType.MX:
            exchange = name_text(wide.exchange)
            return MxHost(int(wide.preference), "" if exchange == "." else exchange)
        case RdataType.PTR | RdataType.CNAME | RdataType.NS:
            return name_text(wide.target)
        case _:
            return rdata.to_text()


def _extended_errors(response: dns.message.Message) -> tuple[ExtendedError, ...]:
    return tuple(
        ExtendedError(int(option.code), (option.text or "")[:_MAX_ERROR_TEXT])
        for option in response.options[:_MAX_ERRORS]
        if isinstance(option, dns.edns.EDEOption)
    )
