"""Plain queries and responses are written and read as dnspython does it, and whatever is not plain is left to it."""

from __future__ import annotations

import base64

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Absent, Seen
from checks.net.response import Question, outcome, question, read
from checks.net.wire import plain_outcome, query_wire

SOA = "example. SOA Ns1.example. hostmaster.example. 1 2 3 4 5"
LABEL = st.from_regex(r"[a-zA-Z0-9_\-]{1,20}", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
ADDRESS_4 = st.ip_addresses(v=4).map(str)
ADDRESS_6 = st.ip_addresses(v=6).map(str)
TEXT = st.lists(st.text("abc =:/~-;", max_size=255), min_size=1, max_size=3).map(
    lambda strings: " ".join(f'"{string}"'.replace(";", "\\;") for string in strings)
)
EXCHANGE = st.one_of(st.just("."), NAME.map(lambda name: name + ".")).flatmap(
    lambda name: st.integers(0, 65535).map(lambda preference: f"{preference} {name}")
)
HOST = st.one_of(st.just("."), NAME.map(lambda name: name + "."))
SIGNED = {
    "DS": st.tuples(st.integers(0, 65535), st.binary(min_size=32, max_size=32)).map(
        lambda t: f"{t[0]} 13 2 {t[1].hex()}"
    ),
    "DNSKEY": st.tuples(st.sampled_from((0, 256, 257)), st.binary(min_size=64, max_size=64)).map(
        lambda t: f"{t[0]} 3 13 {base64.b64encode(t[1]).decode()}"
    ),
    "SOA": st.tuples(HOST, st.integers(0, 2**32 - 1)).map(lambda t: f"{t[0]} Hostmaster.example. {t[1]} 2 3 4 5"),
}
"""Types whose signatures are asked for."""
DATA = {"A": ADDRESS_4, "AAAA": ADDRESS_6, "TXT": TEXT, "MX": EXCHANGE, "NS": HOST, "PTR": HOST}


def asked(name: str, rdtype: str, **more: bool) -> Question:
    made = question(name, rdtype, **more)
    assert isinstance(made, Question)
    return made


def response(
    of: Question, *answer: str, authority: tuple[str, ...] = (), rcode: int = 0, flags: int = 0
) -> tuple[bytes, dns.message.Message]:
    """The query, and a response to it. Records as "name type data"."""
    wire = query_wire(of, 4711)
    made = dns.message.make_response(dns.message.from_wire(wire), recursion_available=True)
    made.set_rcode(dns.rcode.Rcode(rcode))
    made.flags |= flags
    for section, lines in ((made.answer, answer), (made.authority, authority)):
        for line in lines:
            name, rdtype, data = line.split(" ", 2)
            section.append(dns.rrset.from_text(name, 300, "IN", rdtype, data))
    return wire, made


def both(of: Question, query: bytes, wire: bytes) -> None:
    """Where the plain reading says something, the full one says the same."""
    plain = plain_outcome(of, query, wire)
    if plain is None:
        return
    full = read(dns.message.from_wire(query), wire)
    assert isinstance(full, dns.message.Message)
    told = outcome(of, full)
    assert plain == (told, bool(full.flags & dns.flags.AD), bool(full.flags & dns.flags.AA))
    if isinstance(told, Absent) and isinstance(plain.told, Absent):
        assert (plain.told.zone, plain.told.alias_of) == (told.zone, told.alias_of)


@given(
    NAME, st.sampled_from([*DATA, "SOA", "DS", "DNSKEY", "TLSA"]), st.integers(0, 65535), st.booleans(), st.booleans()
)
def test_queries_are_those_of_dnspython(name: str, rdtype: str, identifier: int, first: bool, second: bool) -> None:
    of = asked(name, rdtype, checking_disabled=first, recursion=second)
    for edns in (True, False):
        made = of.query(edns=edns)
        made.id = identifier
        assert query_wire(of, identifier, edns=edns) == made.to_wire()


@given(NAME, st.sampled_from(sorted(DATA)), st.data(), st.integers(0, 1))
def test_plain_answers_are_read_as_dnspython_reads_them(name: str, rdtype: str, data: st.DataObject, ad: int) -> None:
    of = asked(name, rdtype)
    values = data.draw(st.lists(DATA[rdtype], min_size=1, max_size=5))
    made = (f"{name}. {rdtype} {value}" for value in values)
    query, full = response(of, *made, flags=dns.flags.AD * ad)
    wire = full.to_wire()
    assert plain_outcome(of, query, wire) is not None
    both(of, query, wire)


def signature(name: str, covered: str, tag: int) -> str:
    dates = "20261224000000 20261110000000"
    return f"{name}. RRSIG {covered} 13 2 300 {dates} {tag} example. {base64.b64encode(bytes(64)).decode()}"


@given(NAME, st.sampled_from(sorted(SIGNED)), st.data(), st.lists(st.integers(0, 65535), max_size=3))
def test_signed_answers_are_read_as_dnspython_reads_them(
    name: str, rdtype: str, data: st.DataObject, tags: list[int]
) -> None:
    of = asked(name, rdtype)
    values = data.draw(st.lists(SIGNED[rdtype], min_size=1, max_size=1 if rdtype == "SOA" else 4))
    made = [f"{name}. {rdtype} {value}" for value in values]
    query, full = response(of, *made, *(signature(name, rdtype, tag) for tag in tags))
    assert plain_outcome(of, query, full.to_wire()) is not None
    both(of, query, full.to_wire())


@pytest.mark.parametrize("rcode", [0, 3], ids=["nodata", "nxdomain"])
def test_signed_absence_is_read_with_its_zone(rcode: int) -> None:
    of = asked("a.example", "DS")
    nsec = "a.example. NSEC b.example. NS RRSIG NSEC"
    proof = (signature("example", "SOA", 1), nsec, signature("a.example", "NSEC", 1))
    query, full = response(of, authority=(SOA, *proof), rcode=rcode)
    told = plain_outcome(of, query, full.to_wire())
    assert told is not None
    assert isinstance(told[0], Absent)
    assert told[0].zone == "example"
    both(of, query, full.to_wire())
    without_zone = response(of, authority=proof, rcode=rcode)[1].to_wire()
    assert plain_outcome(of, query, without_zone) is None


@pytest.mark.parametrize("rcode", [0, 3], ids=["nodata", "nxdomain"])
@pytest.mark.parametrize("edns", [True, False], ids=["with EDNS", "without EDNS"])
def test_plain_absence_is_read_with_its_zone(rcode: int, edns: bool) -> None:
    of = asked("a.example", "TXT")
    query, full = response(of, authority=(SOA,), rcode=rcode)
    full.use_edns(0 if edns else False)
    told = plain_outcome(of, query, full.to_wire())
    assert told is not None
    assert isinstance(told[0], Absent)
    assert told[0].zone == "example"
    both(of, query, full.to_wire())


@given(st.data())
def test_damaged_responses_are_read_as_dnspython_reads_them_or_left_to_it(data: st.DataObject) -> None:
    rdtype = data.draw(st.sampled_from(sorted(DATA | SIGNED)))
    of = asked("a.Example", rdtype)
    values = data.draw(st.lists((DATA | SIGNED)[rdtype], max_size=3))
    made = [f"a.example. {rdtype} {value}" for value in values]
    if values and rdtype in SIGNED:
        made.append(signature("a.example", rdtype, 7))
    query, full = response(of, *made, authority=() if values else (SOA,))
    damaged = bytearray(full.to_wire())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    both(of, query, bytes(damaged[: data.draw(st.integers(len(damaged) // 2, len(damaged)))]))


@given(st.binary(max_size=100))
def test_no_octets_raise(rest: bytes) -> None:
    of = asked("a.example", "TXT")
    query = query_wire(of, 4711)
    both(of, query, rest)
    both(of, query, query[:2] + b"\x81\x80" + query[4:6] + rest)


def edited(wire: bytes, at: int, octets: bytes) -> bytes:
    return wire[:at] + octets + wire[at + len(octets) :]


def test_what_is_not_plain_is_left_to_dnspython() -> None:
    of = asked("a.example", "TXT")
    query, full = response(of, 'a.example. TXT "v=spf1 -all"')
    wire = full.to_wire()
    assert isinstance((plain_outcome(of, query, wire) or (None,))[0], Seen)
    with_error = dns.message.from_wire(wire)
    with_error.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.FILTERED)])
    cases = {
        "another id": edited(wire, 0, b"\0\0"),
        "a query": edited(wire, 2, b"\1"),
        "truncated": edited(wire, 2, b"\x83"),
        "SERVFAIL": edited(wire, 3, b"\x82"),
        "REFUSED": edited(wire, 3, b"\x85"),
        "records together with NXDOMAIN": edited(wire, 3, b"\x83"),
        "another name": edited(wire, 13, b"b"),
        "something behind it": wire + b"\0",
        "half of it": wire[:40],
        "an extended error": with_error.to_wire(),
        "an alias": response(of, "a.example. CNAME b.example.", 'b.example. TXT "x"')[1].to_wire(),
        "nothing at all": response(of)[1].to_wire(),
        "a referral": response(of, authority=("example. NS ns1.example.",))[1].to_wire(),
        "a record beside": response(of, 'b.example. TXT "x"')[1].to_wire(),
    }
    assert {what: plain_outcome(of, query, case) for what, case in cases.items()} == dict.fromkeys(cases)


def test_two_aliases_of_one_name_are_left_to_dnspython() -> None:
    of = asked("a.example", "CNAME")
    query, full = response(of, "a.example. CNAME b.example.", "a.example. CNAME c.example.")
    assert plain_outcome(of, query, full.to_wire()) is None


@pytest.mark.parametrize("recursion", [True, False])
def test_addresses_beside_an_answer_count_for_nothing_but_from_an_authoritative_server(recursion: bool) -> None:
    of = asked("a.example", "NS", recursion=recursion)
    query, full = response(of, "a.example. NS ns1.example.", flags=dns.flags.AA)
    plain = plain_outcome(of, query, full.to_wire())
    assert plain is not None
    assert plain.authoritative
    both(of, query, full.to_wire())
    full.additional.append(dns.rrset.from_text("ns1.example.", 300, "IN", "A", "192.0.2.1"))
    assert (plain_outcome(of, query, full.to_wire()) is not None) is recursion
    both(of, query, full.to_wire())


def test_a_pointer_that_leads_nowhere_ends() -> None:
    of = asked("a.example", "MX")
    query, full = response(of, "a.example. MX 10 mx.example.")
    wire = full.to_wire()
    owner = wire.index(b"\xc0\x0c")
    for target in (owner, owner + 1, owner + 30, 0x3FFF):
        assert plain_outcome(of, query, edited(wire, owner, (0xC000 | target).to_bytes(2, "big"))) is None
