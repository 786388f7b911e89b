"""What stands beside a CNAME is asked of the servers of the zone, and only where there is a CNAME."""

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

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.evidence.spf import SpfEvidence
from checks.evidence.spf_alias import AliasAtSource, SpfAliasEvidence
from checks.model import Absent, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.run import Run
from checks.probes.spf import ask_spf
from checks.probes.spf_alias import ask_spf_alias

NAME = "d.example"
TARGET = "web.example"
ABOVE, OWN, SECOND = "192.0.2.1", "192.0.2.11", "192.0.2.12"
SPF = '"v=spf1 mx -all"'
ZONE = f"@ NS ns\nns A {ABOVE}\nd CNAME web\nnews.d CNAME web\nweb A 192.0.2.80\nweb TXT {SPF}\nplain MX 10 web\n"


def holds(*records: str, authoritative: bool = True) -> Answering:
    """A server that has these records, "CNAME web.example." or 'TXT "..."', at the name, and follows the alias."""

    def answer(query: dns.message.QueryMessage) -> dns.message.Message:
        response = dns.message.make_response(query)
        if authoritative:
            response.flags |= dns.flags.AA
        asked = query.question[0]
        for wanted in (dns.rdatatype.to_text(asked.rdtype), "CNAME"):
            found = [r.partition(" ")[2] for r in records if r.startswith(wanted)]
            if found:
                response.answer = [dns.rrset.from_text(asked.name, 300, "IN", wanted, *found)]
                return response
        response.authority = [dns.rrset.from_text("example.", 300, "IN", "SOA", "ns. h. 1 1 1 1 1")]
        return response

    return answer


def delegates(query: dns.message.QueryMessage) -> dns.message.Message:
    response = dns.message.make_response(query)
    names = [f"ns{i}.{NAME}." for i in (1, 2)]
    response.authority = [dns.rrset.from_text(query.question[0].name, 300, "IN", "NS", *names)]
    response.additional = [
        dns.rrset.from_text(name, 300, "IN", "A", at) for name, at in zip(names, (OWN, SECOND), strict=True)
    ]
    return response


def refuses(query: dns.message.QueryMessage) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.REFUSED)
    return response


SPF_TEXT = SPF.strip('"')
ALIAS, TEXT, BARE = f"CNAME {TARGET}.", f"TXT {SPF}", 'TXT "site=1"'


def seen(
    answering: dict[str, Answering],
    *,
    domain: str = NAME,
    faults: tuple[Fault, ...] = (),
    connect: bool = True,
) -> tuple[SpfAliasEvidence, list[dns.message.QueryMessage]]:
    async def ask() -> tuple[SpfAliasEvidence, list[dns.message.QueryMessage]]:
        queries: list[dns.message.QueryMessage] = []
        async with AsyncExitStack() as stack:
            resolver = await stack.enter_async_context(Nameserver([Zone("example", ZONE)], faults=faults))
            at = {a: await stack.enter_async_context(authority(f, queries)) for a, f in answering.items()}
            gateway = Dns([resolver.address], try_s=0.1, tries=2, authorities=at.get)
            probes = {SpfEvidence: ask_spf, SpfAliasEvidence: ask_spf_alias}
            run = Run(domain, domain, gateway.run(10.0), datetime.now(UTC), probes, connect=connect)
            try:
                return await run.evidence(SpfAliasEvidence), queries
            finally:
                await run.close()
                await gateway.aclose()

    return asyncio.run(ask())


def test_a_name_that_is_no_alias_costs_no_question_to_any_server() -> None:
    assert seen({ABOVE: holds(ALIAS)}, domain="plain.example") == (
        SpfAliasEvidence("plain.example", Absent()),
        [],
    )


@pytest.mark.parametrize(
    ("records", "texts", "has_spf"),
    [((ALIAS,), 0, False), ((ALIAS, TEXT), 1, True), ((ALIAS, TEXT, BARE), 2, True), ((ALIAS, BARE), 1, False)],
)
def test_below_the_apex_the_server_of_the_zone_above_has_the_name(
    records: tuple[str, ...], texts: int, has_spf: bool
) -> None:
    evidence, queries = seen({ABOVE: holds(*records)})
    assert evidence.target == Seen(TARGET)
    assert evidence.at_source == Seen(
        AliasAtSource("ns.example", False, TARGET, texts, has_spf, SPF_TEXT if has_spf else "")
    )
    assert len(queries) == 3
    assert not any(query.flags & dns.flags.RD for query in queries)


def test_a_server_that_has_the_alias_no_more_is_believed() -> None:
    evidence, _ = seen({ABOVE: holds(TEXT)})
    assert evidence.at_source == Seen(AliasAtSource("ns.example", False, None, 1, True, SPF_TEXT))


def test_a_delegated_name_is_an_apex_and_its_own_servers_are_asked() -> None:
    evidence, _ = seen({ABOVE: delegates, OWN: holds(ALIAS, TEXT), SECOND: refuses})
    assert evidence.at_source == Seen(AliasAtSource(f"ns1.{NAME}", True, TARGET, 1, True, SPF_TEXT))


def test_a_server_that_serves_both_zones_shows_the_apex_by_its_ns_records() -> None:
    evidence, _ = seen({ABOVE: holds(ALIAS, "NS ns.example.")})
    assert evidence.at_source == Seen(AliasAtSource("ns.example", True, TARGET, 0, False))


def test_where_one_server_refuses_another_one_is_asked() -> None:
    evidence, _ = seen({ABOVE: delegates, OWN: refuses, SECOND: holds(ALIAS)})
    assert evidence.at_source == Seen(AliasAtSource(f"ns2.{NAME}", True, TARGET, 0, False))


@pytest.mark.parametrize(
    "answering",
    [
        pytest.param({}, id="the address must not be asked"),
        pytest.param({ABOVE: lambda query: None}, id="silent"),
        pytest.param({ABOVE: refuses}, id="refuses"),
        pytest.param({ABOVE: holds(ALIAS, TEXT, authoritative=False)}, id="not with authority"),
        pytest.param({ABOVE: delegates, OWN: refuses, SECOND: refuses}, id="both refuse"),
        pytest.param(
            {ABOVE: delegates, OWN: holds(ALIAS, TEXT, authoritative=False), SECOND: refuses}, id="from a cache"
        ),
    ],
)
def test_what_no_server_says_with_authority_is_not_known(answering: dict[str, Answering]) -> None:
    evidence, _ = seen(answering)
    assert isinstance(evidence.at_source, Unreachable)
    assert evidence.at_source.why is Why.NO_DIRECT


def test_without_connections_no_server_is_asked() -> None:
    evidence, queries = seen({ABOVE: holds(ALIAS, TEXT)}, connect=False)
    assert (evidence.at_source, queries) == (Unreachable(Why.NO_CONNECT), [])


def test_a_failed_question_for_the_alias_is_no_absence() -> None:
    evidence, queries = seen({}, domain="plain.example", faults=(Fault("plain.example", "CNAME", rcode="SERVFAIL"),))
    assert isinstance(evidence.target, Unreachable)
    assert (evidence.target.why, evidence.at_source, queries) == (Why.SERVFAIL, None, [])


def test_the_answer_for_txt_shows_the_alias_too() -> None:
    evidence, _ = seen({ABOVE: holds(ALIAS, TEXT)}, faults=(Fault(NAME, "CNAME", rcode="SERVFAIL"),))
    assert evidence.target == Seen(TARGET)
    assert isinstance(evidence.at_source, Seen)


@pytest.mark.parametrize("rdtype", ["SOA", "NS"])
def test_a_zone_that_cannot_be_found_is_not_known(rdtype: str) -> None:
    evidence, _ = seen({ABOVE: holds(ALIAS, TEXT)}, faults=(Fault("example", rdtype, rcode="SERVFAIL"),))
    assert isinstance(evidence.at_source, Unreachable)
    assert evidence.at_source.why is Why.SERVFAIL


def test_a_zone_whose_apex_is_an_alias_too_is_reached_by_its_delegation() -> None:
    """Of `d.example` the resolver knows the alias alone, and so nothing of a zone there."""
    evidence, _ = seen({ABOVE: delegates_d, OWN: holds(ALIAS, TEXT)}, domain=f"news.{NAME}")
    assert evidence.at_source == Seen(AliasAtSource(f"ns1.{NAME}", False, TARGET, 1, True, SPF_TEXT))


def delegates_d(query: dns.message.QueryMessage) -> dns.message.Message:
    """Also for names below it, of which it knows nothing."""
    response = delegates(query)
    response.authority = [dns.rrset.from_text(f"{NAME}.", 300, "IN", "NS", *map(str, response.authority[0]))]
    return response
