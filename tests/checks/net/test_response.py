"""Reading responses: whatever a stranger puts into one, it is told or refused, and nothing is raised."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Absent, Seen, Unreachable, Why
from checks.net.response import Question, name_text, outcome, question, read


def asked(name: str = "a.example", rdtype: str = "TXT") -> Question:
    made = question(name, rdtype)
    assert isinstance(made, Question)
    return made


QUERY = asked().query()


def response(*answer: str, authority: tuple[str, ...] = ()) -> dns.message.Message:
    """Records as "name type data"."""
    made = dns.message.make_response(QUERY, recursion_available=True)
    for section, lines in ((made.answer, answer), (made.authority, authority)):
        for name, rdtype, data in (line.split(" ", 2) for line in lines):
            section.append(dns.rrset.from_text(name, 300, "IN", rdtype, data))
    return made


def wire() -> bytes:
    made = response("a.example. CNAME b.example.", 'b.example. TXT "v=spf1 -all"')
    made.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.STALE_ANSWER, "stale")])
    return made.to_wire()


@given(
    st.lists(st.tuples(st.integers(2, len(wire()) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(wire()))
)
def test_no_damage_to_a_response_raises(changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(wire())
    for position, octet in changes:
        damaged[position] = octet
    reading = read(QUERY, bytes(damaged[:length]))
    if isinstance(reading, dns.message.Message):
        assert isinstance(outcome(asked(), reading), Seen | Absent | Unreachable)


@given(st.binary(max_size=200))
def test_no_octets_after_a_matching_header_raise(rest: bytes) -> None:
    reading = read(QUERY, QUERY.to_wire()[:2] + b"\x81\x80" + rest)
    if isinstance(reading, dns.message.Message):
        outcome(asked(), reading)


@given(st.lists(st.binary(min_size=1, max_size=63).filter(lambda label: b"." not in label), min_size=1, max_size=3))
def test_names_are_written_as_they_are_read(labels: list[bytes]) -> None:
    text = b".".join(labels).decode("latin-1")
    made = question(text, "A")
    assert isinstance(made, Question)
    assert name_text(made.name) == "".join(c.lower() if c.isascii() else c for c in text)


def test_the_query_asks_for_recursion_and_authentic_data() -> None:
    assert QUERY.flags == dns.flags.RD | dns.flags.AD
    assert (QUERY.edns, QUERY.payload) == (0, 1232)
    ids = {asked().query().id for _ in range(50)}
    assert len(ids) > 40, "ids are random"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (response(), Absent("nodata")),
        (response(authority=("example. SOA a. b. 1 2 3 4 5",)), Absent("nodata")),
        (response(authority=("example. SOA a. b. 1 2 3 4 5", "example. NS a.")), Absent("nodata")),
        (response("other.example. TXT x"), Absent("nodata")),
    ],
)
def test_nodata_in_the_forms_of_rfc_2308(made: dns.message.Message, expected: Absent) -> None:
    assert outcome(asked(), made) == expected


def test_a_referral_is_no_absence() -> None:
    told = outcome(asked(), response(authority=("example. NS a.",)))
    assert isinstance(told, Unreachable)
    assert told.why is Why.SERVFAIL


def test_an_empty_answer_of_a_server_without_recursion_is_no_absence() -> None:
    made = response()
    made.flags &= ~dns.flags.RA
    told = outcome(asked(), made)
    assert isinstance(told, Unreachable)
    assert told.why is Why.REFUSED
    made.flags |= dns.flags.AA
    assert outcome(asked(), made) == Absent("nodata"), "an authoritative server may say so"


def test_records_together_with_nxdomain_are_a_contradiction() -> None:
    made = response("a.example. TXT x")
    made.set_rcode(dns.rcode.NXDOMAIN)
    assert isinstance(outcome(asked(), made), Unreachable)


def test_the_lifetime_is_that_of_the_shortest_lived_record() -> None:
    made = response("a.example. CNAME b.example.", "b.example. TXT x")
    made.answer[0].ttl = 60
    told = outcome(asked(), made)
    assert isinstance(told, Seen)
    assert told.value.ttl_s == 60
