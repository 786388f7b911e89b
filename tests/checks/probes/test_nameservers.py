"""Authoritative servers as they are really asked: on the loopback interface, in place of the addresses that zones name."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from authorities import Answering, authority
from dns.rdatatype import RdataType

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.evidence.domain import DomainEvidence
from checks.evidence.nameservers import NameServersEvidence
from checks.model import Absent, Seen, Unreachable, Why
from checks.net.authority import public_server
from checks.net.dns import Dns
from checks.net.exchange import Server
from checks.probes.domain import ask_domain
from checks.probes.nameservers import MAX_SERVERS, ask_name_servers
from checks.probes.run import Run

CHILD = "d.example"


def serves(query: dns.message.QueryMessage) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    name = query.question[0].name
    response.answer = [dns.rrset.from_text(name, 300, "IN", "SOA", "ns. h. 1 1 1 1 1")]
    return response


def refuses(query: dns.message.QueryMessage) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.REFUSED)
    return response


def fails(query: dns.message.QueryMessage) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response


def has_it_in_a_cache(query: dns.message.QueryMessage) -> dns.message.Message:
    response = serves(query)
    response.flags &= ~dns.flags.AA
    return response


def is_silent(query: dns.message.QueryMessage) -> None:
    return None


def delegates(query: dns.message.QueryMessage) -> dns.message.Message:
    """The server of the zone above: a referral to two servers below it, with glue."""
    response = dns.message.make_response(query)
    if query.question[0].rdtype == RdataType.NS:
        name = query.question[0].name
        response.authority = [dns.rrset.from_text(name, 300, "IN", "NS", f"ns1.{name}", f"ns2.{name}")]
        response.additional = [
            dns.rrset.from_text(f"ns1.{name}", 300, "IN", "A", "192.0.2.1"),
            dns.rrset.from_text(f"ns2.{name}", 300, "IN", "A", "192.0.2.2"),
            dns.rrset.from_text(f"ns2.{name}", 300, "IN", "AAAA", "2001:db8::2"),
        ]
    return response


def seen(
    records: str,
    answering: dict[str, Answering],
    *,
    faults: tuple[Fault, ...] = (),
    connect: bool = True,
    domain: str = CHILD,
    deadline_s: float = 10.0,
) -> tuple[NameServersEvidence, list[dns.message.QueryMessage], list[tuple[str, str]]]:
    """What is seen of d.example, whose zone has these records; `answering`: what is at which address."""

    async def ask() -> tuple[NameServersEvidence, list[dns.message.QueryMessage], list[tuple[str, str]]]:
        queries: list[dns.message.QueryMessage] = []
        zones = [Zone("example", "@ NS ns.example.\nns A 192.0.2.53\n"), Zone(CHILD, records)]
        async with AsyncExitStack() as stack:
            resolver = await stack.enter_async_context(Nameserver(zones, faults=faults))
            at = {a: await stack.enter_async_context(authority(f, queries)) for a, f in answering.items()}
            gateway = Dns([resolver.address], try_s=0.1, tries=2, authorities=at.get)
            probes = {DomainEvidence: ask_domain, NameServersEvidence: ask_name_servers}
            run = Run(domain, domain, gateway.run(deadline_s), datetime.now(UTC), probes, connect=connect)
            try:
                return await run.evidence(NameServersEvidence), queries, resolver.log
            finally:
                await run.close()
                await gateway.aclose()

    return asyncio.run(ask())


def states(evidence: NameServersEvidence) -> dict[str, str]:
    assert isinstance(evidence.servers, Seen), evidence
    return {server.name: server.state for server in evidence.servers.value}


TWO = "@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n"


@pytest.mark.parametrize(
    ("answering", "state"),
    [
        (serves, "serves"),
        (refuses, "refuses"),
        (fails, "fails"),
        (has_it_in_a_cache, "lame"),
        (delegates, "refuses"),
        (is_silent, "silent"),
    ],
)
def test_each_server_is_seen_as_it_behaves(answering: Answering, state: str) -> None:
    evidence, queries, _ = seen(TWO, {"192.0.2.1": serves, "192.0.2.2": answering})
    assert states(evidence)["ns1.d.example"] == "serves"
    assert states(evidence)["ns2.d.example"] == state
    assert evidence.resolver_answers
    assert not any(query.flags & dns.flags.RD for query in queries)
    assert {(q.question[0].name.to_text(), q.question[0].rdtype) for q in queries} == {("d.example.", RdataType.SOA)}


def test_names_without_address_and_addresses_that_must_not_be_asked_are_kept_apart() -> None:
    records = "@ NS ns1\n@ NS gone\n@ NS inner\nns1 A 192.0.2.1\ninner A 10.0.0.1\n"
    evidence, _, _ = seen(records, {"192.0.2.1": serves})
    assert states(evidence) == {
        "gone.d.example": "no-address",
        "inner.d.example": "not-asked",
        "ns1.d.example": "serves",
    }


def test_no_more_than_six_servers_are_asked_each_once() -> None:
    many = "".join(f"@ NS n{i:02}\nn{i:02} A 192.0.2.{i}\n" for i in range(1, 20))
    evidence, queries, log = seen(many, {f"192.0.2.{i}": serves for i in range(1, 20)})
    assert len(states(evidence)) == len(queries) == MAX_SERVERS
    assert sorted(log) == sorted(set(log))


def test_a_zone_that_fails_is_asked_by_way_of_the_delegation() -> None:
    broken = tuple(Fault(f"{name}{CHILD}", rcode="SERVFAIL") for name in ("", "ns1.", "ns2."))
    behind = {"192.0.2.53": delegates, "192.0.2.1": refuses, "192.0.2.2": fails}
    evidence, _, _ = seen(TWO, behind, faults=broken)
    assert states(evidence) == {"ns1.d.example": "refuses", "ns2.d.example": "fails"}
    assert (evidence.resolver_answers, evidence.reaches_out) == (False, True)


def test_a_name_below_a_zone_that_fails_leads_to_the_same_servers() -> None:
    broken = (Fault(CHILD, rcode="SERVFAIL"), Fault(f"www.{CHILD}", rcode="SERVFAIL"))
    evidence, _, _ = seen(TWO, {"192.0.2.53": delegates, "192.0.2.1": refuses}, faults=broken, domain=f"www.{CHILD}")
    assert evidence.zone == CHILD
    assert states(evidence) == {"ns1.d.example": "refuses", "ns2.d.example": "not-asked"}


def test_where_the_zone_above_is_not_heard_nothing_is_said() -> None:
    broken = (Fault(CHILD, rcode="SERVFAIL"),)
    evidence, _, _ = seen(TWO, {"192.0.2.53": is_silent, "192.0.2.1": refuses}, faults=broken)
    assert isinstance(evidence.servers, Unreachable)
    assert (evidence.servers.why, evidence.reaches_out) == (Why.SERVFAIL, False)


def test_a_zone_whose_own_address_records_fail_is_asked_by_the_glue() -> None:
    broken = (Fault(f"ns1.{CHILD}", rcode="SERVFAIL"), Fault(f"ns2.{CHILD}", rcode="SERVFAIL"))
    at = {"192.0.2.53": delegates, "192.0.2.1": serves, "192.0.2.2": serves}
    evidence, _, _ = seen(TWO, at, faults=broken)
    assert states(evidence) == {"ns1.d.example": "serves", "ns2.d.example": "serves"}


def test_without_connections_nothing_is_asked() -> None:
    evidence, queries, log = seen(TWO, {"192.0.2.1": serves}, connect=False)
    assert evidence.servers == Unreachable(Why.NO_CONNECT)
    assert (queries, log) == ([], [])


def test_a_zone_without_ns_records_has_no_servers() -> None:
    evidence, queries, _ = seen("@ A 192.0.2.1", {})
    assert (evidence.servers, queries) == (Absent(), [])


def test_at_the_deadline_a_silent_server_ends_nothing_but_its_own_question() -> None:
    evidence, _, _ = seen(TWO, {"192.0.2.1": serves, "192.0.2.2": is_silent}, deadline_s=0.5)
    # That it said nothing until our time was over says nothing of it.
    assert states(evidence) == {"ns1.d.example": "serves", "ns2.d.example": "late"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:5",
        "2002:a00:5::1",
        "2001:db8::1",
        "nonsense",
        "",
    ],
)
def test_no_packet_goes_to_an_address_that_is_not_global(address: str) -> None:
    assert public_server(address) is None


def test_a_global_address_is_asked_on_port_53() -> None:
    assert public_server("9.9.9.9") == Server("9.9.9.9", 53)
    assert public_server("2620:fe::fe") == Server("2620:fe::fe", 53)
