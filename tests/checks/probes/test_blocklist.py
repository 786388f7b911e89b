"""Blocklists as they are really asked, against a name server on the loopback interface."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.data.blocklists import blocklists
from checks.engine import judge
from checks.evidence.blocklist import BlocklistAnswer, ClientBlocklistEvidence, DomainBlocklistEvidence
from checks.evidence.message import SessionEvidence
from checks.model import Absent, Outcome, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.blocklist import ask_client_blocklists, ask_domain_blocklists
from checks.probes.run import Run
from checks.probes.session import ask_session
from checks.rules.blocklist import CHECKS

ZEN, BARRACUDA, DBL = "zen.spamhaus.org", "b.barracudacentral.org", "dbl.spamhaus.org"
IPV4 = {ZEN: "2.0.0.127 A 127.0.0.2", BARRACUDA: "2.0.0.127 A 127.0.0.2"}
REFUSED = "127.255.255.254"


def nibbles(address: str) -> str:
    return ipaddress.IPv6Address(address).reverse_pointer.removesuffix(".ip6.arpa")


LISTED_V6 = f"{nibbles('::ffff:7f00:2')} A 127.0.0.2"


def asked(
    records: Mapping[str, str],
    *,
    domain: str = "d.example",
    client_ip: str | None = None,
    faults: tuple[Fault, ...] = (),
) -> tuple[ClientBlocklistEvidence | DomainBlocklistEvidence, list[str]]:
    """What the lists say of the client, or else of the domain, and the names that were asked for."""

    async def ask() -> tuple[ClientBlocklistEvidence | DomainBlocklistEvidence, list[str]]:
        zones = [Zone(zone, text + "\n") for zone, text in records.items()]
        unused = {bl.zone for kind in ("ip", "domain") for bl in blocklists(kind)} - records.keys()  # type: ignore[arg-type]
        async with Nameserver(zones, faults=faults, empty_zones=sorted(unused)) as server:
            dns = Dns([server.address], try_s=0.1, tries=2)
            session = SessionEvidence(client_ip, "mx.example", "a@d.example", None, None)
            probes = {SessionEvidence: ask_session}
            run = Run(domain, domain, dns.run(3.0), datetime.now(UTC), probes, session=session)
            try:
                evidence = await (ask_client_blocklists(run) if client_ip else ask_domain_blocklists(run))
            finally:
                await run.close()
                await dns.aclose()
            return evidence, [name for name, _ in server.log]

    return asyncio.run(ask())


def of(zone: str, evidence: ClientBlocklistEvidence | DomainBlocklistEvidence) -> BlocklistAnswer:
    (answer,) = (a for a in evidence.answers if a.zone == zone)
    return answer


def outcome(evidence: ClientBlocklistEvidence | DomainBlocklistEvidence) -> tuple[Outcome, Why | None]:
    check = CHECKS[isinstance(evidence, ClientBlocklistEvidence)]
    result = judge(check, evidence)
    return result.outcome, result.reason


def test_a_listed_domain_and_one_that_is_not() -> None:
    records = {DBL: 'test A 127.0.1.2\nd.example A 127.0.1.2\nd.example TXT "spam"'}
    evidence, _ = asked(records)
    answer = of(DBL, evidence).answer
    assert isinstance(answer, Seen)
    assert (answer.value.codes, answer.value.reason) == (("127.0.1.2",), "spam")
    assert outcome(evidence)[0] is Outcome.FAILED
    assert isinstance(of(DBL, asked(records, domain="e.example")[0]).answer, Absent)


@pytest.mark.parametrize(
    "zone",
    [
        "* A 127.0.1.2",
        "test A 127.0.1.2\ninvalid A 127.0.1.2\nd.example A 127.0.1.2",
        "d.example A 127.0.1.2",
        "d.example A 127.0.1.2\ntest A 192.0.2.1",
        f"d.example A 127.0.1.2\ntest A 127.0.1.2\ninvalid A {REFUSED}",
    ],
    ids=["answers everything", "lists what it must not", "no test entry", "test entry rewritten", "refuses"],
)
def test_a_list_that_fails_a_test_is_not_believed(zone: str) -> None:
    evidence, _ = asked({DBL: zone})
    answer = of(DBL, evidence).answer
    assert isinstance(answer, Unreachable)
    assert answer.why is Why.BLOCKED
    assert outcome(evidence) == (Outcome.UNKNOWN, Why.BLOCKED)


def test_a_test_entry_that_could_not_be_looked_up_proves_nothing() -> None:
    for name in ("test", "invalid"):
        fault = Fault(f"{name}.{DBL}", "A", rcode="SERVFAIL")
        evidence, _ = asked({DBL: "test A 127.0.1.2\nd.example A 127.0.1.2"}, faults=(fault,))
        assert outcome(evidence) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_both_test_entries_are_those_of_the_family() -> None:
    _, names = asked(IPV4, client_ip="192.0.2.1")
    entries = ("1.2.0.192", "2.0.0.127", "1.0.0.127")
    assert sorted(names) == sorted(f"{entry}.{zone}" for zone in (ZEN, BARRACUDA) for entry in entries)
    _, names = asked({ZEN: LISTED_V6}, client_ip="2001:db8::1")
    entries = tuple(nibbles(address) for address in ("2001:db8::1", "::ffff:7f00:2", "::ffff:7f00:1"))
    assert sorted(names) == sorted(f"{entry}.{ZEN}" for entry in entries)


def test_a_list_of_ipv4_addresses_says_nothing_about_an_ipv6_client() -> None:
    evidence, _ = asked(IPV4 | {ZEN: f"* A {REFUSED}"}, client_ip="2001:db8::1")
    assert outcome(evidence) == (Outcome.UNKNOWN, Why.BLOCKED)
    evidence, _ = asked(IPV4 | {ZEN: f"* A {REFUSED}"}, client_ip="192.0.2.1")
    assert outcome(evidence) == (Outcome.PASSED, None)


def test_an_ipv6_client_that_is_listed() -> None:
    evidence, _ = asked({ZEN: f"{LISTED_V6}\n{nibbles('2001:db8::1')} A 127.0.0.3"}, client_ip="2001:db8::1")
    assert outcome(evidence)[0] is Outcome.FAILED


def test_an_ipv4_client_in_ipv6_form_is_one() -> None:
    listed = {zone: f"{text}\n1.2.0.192 A 127.0.0.2" for zone, text in IPV4.items()}
    evidence, _ = asked(listed, client_ip="::ffff:192.0.2.1")
    assert [isinstance(a.answer, Seen) for a in evidence.answers] == [True, True]


def test_only_decisive_lists_are_asked() -> None:
    decisive = {bl.zone for kind in ("ip", "domain") for bl in blocklists(kind) if bl.decisive}  # type: ignore[arg-type]
    _, names = asked(IPV4 | {DBL: "test A 127.0.1.2"})
    _, more = asked(IPV4 | {DBL: "test A 127.0.1.2"}, client_ip="192.0.2.1")
    assert {zone for zone in decisive for name in names + more if name.endswith("." + zone)} == decisive
    assert all(name.endswith(tuple(decisive)) for name in names + more)


def test_every_list_of_addresses_says_which() -> None:
    assert all(bl.families and bl.families <= {"ipv4", "ipv6"} for bl in blocklists("ip"))
    assert not any(bl.families for bl in blocklists("domain"))
