"""Blocklists as they are really asked, against a name server on the loopback interface."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from checks import Checker
from checks.data.blocklists import blocklists
from checks.data.pools import owner_of
from checks.engine import judge
from checks.evidence.blocklist import (
    BlocklistAnswer,
    ClientBlocklistEvidence,
    DomainBlocklistEvidence,
    MxBlocklistEvidence,
)
from checks.evidence.message import SessionEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.ptr import ClientReverseEvidence
from checks.model import Absent, Outcome, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.blocklist import (
    MAX_MX_ADDRESSES,
    ask_client_blocklists,
    ask_domain_blocklists,
    ask_mx_blocklists,
)
from checks.probes.listing import BlocklistAccess
from checks.probes.mx import ask_client_reverse, ask_mx
from checks.probes.run import Run
from checks.probes.session import ask_session
from checks.rules.blocklist import CHECKS

ZEN, BARRACUDA, SPAMCOP, DBL = "zen.spamhaus.org", "b.barracudacentral.org", "bl.spamcop.net", "dbl.spamhaus.org"
SURBL, URIBL = "multi.surbl.org", "multi.uribl.com"
IPV4 = {ZEN: "2.0.0.127 A 127.0.0.2", BARRACUDA: "2.0.0.127 A 127.0.0.2"}
REFUSED = "127.255.255.254"
ALL_LISTS = {bl.zone for kind in ("ip", "domain") for bl in blocklists(kind)}  # type: ignore[arg-type]
PROBES = {
    SessionEvidence: ask_session,
    ClientReverseEvidence: ask_client_reverse,
    MxEvidence: ask_mx,
    ClientBlocklistEvidence: ask_client_blocklists,
    DomainBlocklistEvidence: ask_domain_blocklists,
    MxBlocklistEvidence: ask_mx_blocklists,
}
Evidence: TypeAlias = ClientBlocklistEvidence | DomainBlocklistEvidence | MxBlocklistEvidence


def nibbles(address: str) -> str:
    return ipaddress.IPv6Address(address).reverse_pointer.removesuffix(".ip6.arpa")


LISTED_V6 = f"{nibbles('::ffff:7f00:2')} A 127.0.0.2"


class World:
    """A name server with some lists, the access to them, and a clock."""

    def __init__(self, server: Nameserver, keys: Mapping[str, str] | None = None) -> None:
        self.server = server
        self.now = 0.0
        self.dns = Dns([server.address], try_s=0.2, tries=2)
        self.access = BlocklistAccess(self.dns, keys, clock=lambda: self.now)

    async def ask(self, kind: type[Evidence], domain: str = "d.example", client_ip: str | None = None) -> Evidence:
        session = SessionEvidence(client_ip, "mx.example", "a@d.example", None, None)
        now = datetime.now(UTC)
        run = Run(domain, domain, self.dns.run(3.0), now, PROBES, session=session, blocklist_access=self.access)
        try:
            return await run.evidence(kind)
        finally:
            await run.close()

    def names(self) -> list[str]:
        """The names asked for below a list since the last time."""
        names = [name for name, _ in self.server.log if not name.endswith((".example", ".arpa"))]
        self.server.log.clear()
        return sorted(names)


def played(
    use: Callable[[World], Awaitable[None]],
    records: Mapping[str, str],
    *,
    faults: tuple[Fault, ...] = (),
    keys: Mapping[str, str] | None = None,
) -> None:
    async def play() -> None:
        zones = [Zone(zone, text + "\n") for zone, text in records.items()]
        unused = ALL_LISTS - records.keys()
        async with Nameserver(zones, faults=faults, empty_zones=[*sorted(unused), "example", "arpa"]) as server:
            world = World(server, keys)
            try:
                await use(world)
            finally:
                await world.dns.aclose()

    asyncio.run(play())


def asked(
    records: Mapping[str, str],
    *,
    domain: str = "d.example",
    client_ip: str | None = None,
    faults: tuple[Fault, ...] = (),
    keys: Mapping[str, str] | None = None,
) -> tuple[Evidence, list[str]]:
    """What the lists say of the client, or else of the domain, and the names that were asked for."""
    told: list[tuple[Evidence, list[str]]] = []

    async def use(world: World) -> None:
        kind = ClientBlocklistEvidence if client_ip else DomainBlocklistEvidence
        told.append((await world.ask(kind, domain, client_ip), world.names()))

    played(use, records, faults=faults, keys=keys)
    return told[0]


def of(zone: str, evidence: Evidence) -> BlocklistAnswer:
    (answer,) = (a for a in evidence.answers if a.zone == zone)
    return answer


def outcome(evidence: Evidence) -> tuple[Outcome, Why | None]:
    by_kind = {check.needs[0]: check for check in CHECKS}
    result = judge(by_kind[type(evidence)], evidence)
    return result.outcome, result.reason


def test_a_listed_domain_and_one_that_is_not() -> None:
    records = {DBL: 'test A 127.0.1.2\nd.example A 127.0.1.4\nd.example TXT "spam"'}
    evidence, _ = asked(records)
    answer = of(DBL, evidence).answer
    assert isinstance(answer, Seen)
    assert (answer.value.codes, answer.value.reason, answer.value.parts) == (("127.0.1.4",), "spam", ("phishing",))
    assert outcome(evidence)[0] is Outcome.FAILED
    assert isinstance(of(DBL, asked(records, domain="e.example")[0]).answer, Absent)


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ("* A 127.0.1.2", Why.BLOCKED),
        ("test A 127.0.1.2\ninvalid A 127.0.1.2\nd.example A 127.0.1.2", Why.BLOCKED),
        ("d.example A 127.0.1.2", Why.BLOCKED),
        ("d.example A 127.0.1.2\ntest A 192.0.2.1", Why.FILTERED),
        (f"d.example A 127.0.1.2\ntest A 127.0.1.2\ninvalid A {REFUSED}", Why.BLOCKED),
    ],
    ids=["answers everything", "lists what it must not", "no test entry", "test entry rewritten", "refuses"],
)
def test_a_list_that_fails_a_test_is_not_believed_and_the_log_says_so(
    zone: str, why: Why, caplog: pytest.LogCaptureFixture
) -> None:
    evidence, _ = asked({DBL: zone})
    answer = of(DBL, evidence).answer
    assert isinstance(answer, Unreachable)
    assert answer.why is why
    assert outcome(evidence) == (Outcome.UNKNOWN, why)
    assert [r for r in caplog.records if DBL in r.getMessage() and r.levelno == logging.WARNING]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("127.255.255.252", Why.INTERNAL),
        ("127.255.255.253", Why.BLOCKED),
        ("127.255.255.254", Why.BLOCKED),
        ("127.255.255.255", Why.BLOCKED),
        ("127.0.1.255", Why.BLOCKED),
        ("127.0.7.1", Why.BLOCKED),
        ("192.0.2.80", Why.FILTERED),
    ],
)
def test_an_answer_that_is_no_listing_says_whose_fault_it_is(said: str, why: Why) -> None:
    evidence, _ = asked({DBL: f"test A 127.0.1.2\nd.example A {said}"})
    answer = of(DBL, evidence).answer
    assert isinstance(answer, Unreachable)
    assert answer.why is why


def test_a_zone_that_we_typed_wrong_is_logged_as_our_bug(caplog: pytest.LogCaptureFixture) -> None:
    evidence, _ = asked({DBL: "test A 127.0.1.2\nd.example A 127.255.255.252"})
    assert [r.levelno for r in caplog.records if "typed wrong" in r.getMessage()] == [logging.ERROR]
    with pytest.raises(RuntimeError):
        outcome(evidence)


def test_a_test_entry_that_could_not_be_looked_up_proves_nothing() -> None:
    for name in ("test", "invalid"):
        fault = Fault(f"{name}.{DBL}", "A", rcode="SERVFAIL")
        evidence, _ = asked({DBL: "test A 127.0.1.2\nd.example A 127.0.1.2"}, faults=(fault,))
        assert outcome(evidence) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_both_test_entries_are_those_of_the_family() -> None:
    _, names = asked(IPV4, client_ip="192.0.2.1")
    entries = ("1.2.0.192", "2.0.0.127", "1.0.0.127")
    ipv4 = {bl.zone for bl in blocklists("ip") if "ipv4" in bl.families}
    assert names == sorted(f"{entry}.{zone}" for zone in ipv4 for entry in entries)
    _, names = asked({ZEN: LISTED_V6}, client_ip="2001:db8::1")
    entries = tuple(nibbles(address) for address in ("2001:db8::1", "::ffff:7f00:2", "::ffff:7f00:1"))
    assert names == sorted(f"{entry}.{ZEN}" for entry in entries)


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
    assert [isinstance(of(zone, evidence).answer, Seen) for zone in IPV4] == [True, True]


@pytest.mark.parametrize(
    ("codes", "parts", "short_lived", "policy"),
    [
        (("127.0.0.2",), ("SBL",), False, False),
        (("127.0.0.3",), ("CSS",), True, False),
        (("127.0.0.4", "127.0.0.3"), ("CSS", "XBL"), True, False),
        (("127.0.0.2", "127.0.0.3"), ("SBL", "CSS"), False, False),
        (("127.0.0.11",), ("PBL",), False, True),
        (("127.0.0.4", "127.0.0.10"), ("XBL", "PBL"), False, False),
    ],
)
def test_what_a_list_means_by_its_codes(
    codes: tuple[str, ...], parts: tuple[str, ...], short_lived: bool, policy: bool
) -> None:
    entry = "\n".join(f"1.2.0.192 A {code}" for code in codes)
    evidence, _ = asked({ZEN: f"{IPV4[ZEN]}\n{entry}"}, client_ip="192.0.2.1")
    answer = of(ZEN, evidence).answer
    assert isinstance(answer, Seen)
    listing = answer.value
    assert (set(listing.parts), listing.short_lived, listing.policy) == (set(parts), short_lived, policy)


def test_a_list_of_registered_domains_is_asked_for_those_and_names_what_was_asked() -> None:
    records = {
        URIBL: "2.0.0.127 A 127.0.0.14\nd.example A 127.0.0.2",
        SURBL: "surbl-org-permanent-test-point.com A 127.0.0.254",
    }
    evidence, names = asked(records, domain="a.b.d.example")
    assert (of(URIBL, evidence).entry, isinstance(of(URIBL, evidence).answer, Seen)) == ("d.example", True)
    assert isinstance(of(SURBL, evidence).answer, Absent)
    assert f"d.example.{URIBL}" in names
    assert f"a.b.d.example.{SURBL}" in names


def test_uribl_refuses_by_a_code_of_its_own() -> None:
    evidence, _ = asked({URIBL: "* A 127.0.0.1"})
    assert of(URIBL, evidence).answer == Unreachable(
        Why.BLOCKED, f"{URIBL} answered 127.0.0.1, which refuses the one who asks"
    )


def test_a_pool_is_known_by_the_confirmed_reverse_name_alone() -> None:
    async def use(world: World) -> None:
        evidence = await world.ask(ClientBlocklistEvidence, client_ip="192.0.2.1")
        assert isinstance(evidence, ClientBlocklistEvidence)
        owners.append(evidence.owner)

    owners: list[str | None] = []
    pointer = Zone("2.0.192.in-addr.arpa", "1 PTR a8-30.smtp-out.amazonses.com.\n")
    for forward in ("192.0.2.1", "192.0.2.99"):
        zones = {pointer.name: pointer.records, "amazonses.com": f"a8-30.smtp-out A {forward}"}
        played(use, IPV4 | zones)
    assert owners == ["Amazon SES", None]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("o1.ptr12.sendgrid.net", "SendGrid"),
        ("mail-a.OUTBOUND.protection.outlook.com.", "Microsoft 365"),
        ("sendgrid.net.evil.example", None),
        ("notsendgrid.net", None),
        ("", None),
    ],
)
def test_the_owner_of_a_pool(name: str, owner: str | None) -> None:
    assert owner_of(name) == owner


def test_lists_are_tested_once_a_day_and_by_all_runs_together() -> None:
    async def use(world: World) -> None:
        async def ask_many() -> list[str]:
            await asyncio.gather(*(world.ask(DomainBlocklistEvidence, f"d{i}.example") for i in range(5)))
            return world.names()

        tests = {f"test.{DBL}", f"invalid.{DBL}"}
        first = await ask_many()
        assert [name for name in first if name in tests] == sorted(tests)
        world.now = 86000.0
        assert not tests & set(await ask_many())
        world.now = 87000.0
        assert tests <= set(await ask_many())

    played(use, {DBL: "test A 127.0.1.2"})


def test_a_list_that_failed_is_left_alone_and_tested_again_soon() -> None:
    async def use(world: World) -> None:
        evidence = await world.ask(DomainBlocklistEvidence)
        assert isinstance(of(DBL, evidence).answer, Unreachable)
        world.server.faults.clear()
        world.now = 30.0
        world.names()
        assert isinstance(of(DBL, await world.ask(DomainBlocklistEvidence)).answer, Unreachable)
        assert not world.names(), "a list that is not believed is not asked"
        world.now = 61.0
        assert isinstance(of(DBL, await world.ask(DomainBlocklistEvidence)).answer, Absent)

    played(use, {DBL: "test A 127.0.1.2"}, faults=(Fault(f"test.{DBL}", drop=ALWAYS),))


def test_the_addresses_of_the_mx_are_looked_up_in_all_lists_of_addresses_but_only_some() -> None:
    async def use(world: World) -> None:
        evidence = await world.ask(MxBlocklistEvidence)
        assert len({a.entry for a in evidence.answers}) == MAX_MX_ADDRESSES
        assert {a.zone for a in evidence.answers} == {bl.zone for bl in blocklists("ip")}
        assert isinstance(of_entry(evidence, SPAMCOP, "192.88.99.1"), Seen)
        names = world.names()
        assert len(names) == len(set(names)) + 1  # of the listed one the reason, too

    hosts = "".join(f"@ MX 10 m{i}\nm{i} A 192.88.99.{i}\nm{i} A 10.0.0.{i}\n" for i in range(1, 20))
    listed = "2.0.0.127 A 127.0.0.2\n1.99.88.192 A 127.0.0.2"
    played(use, IPV4 | {SPAMCOP: listed, "d.example": hosts})


def of_entry(evidence: Evidence, zone: str, entry: str) -> object:
    (answer,) = (a.answer for a in evidence.answers if (a.zone, a.entry) == (zone, entry))
    return answer


KEY = "s3cr3tkey00"


def test_with_a_key_the_list_is_asked_in_its_own_zone_and_the_key_appears_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    zone = f"{KEY}.dbl.dq.spamhaus.net"
    records = {zone: f'test A 127.0.1.2\nd.example A 127.0.1.2\nd.example TXT "see https://x.example/{KEY.upper()}/q"'}
    evidence, names = asked(records, keys={"spamhaus": KEY})
    answer = of(DBL, evidence)
    assert isinstance(answer.answer, Seen)
    assert answer.answer.value.reason == "see https://x.example/.../q"
    assert f"d.example.{zone}" in names
    assert f"d.example.{DBL}" not in names
    assert KEY not in f"{evidence}{caplog.text}".lower()


def test_of_a_failure_at_a_zone_with_a_key_only_the_reason_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    zone = f"{KEY}.dbl.dq.spamhaus.net"
    fault = Fault(f"d.example.{zone}", rcode="SERVFAIL", ede=(22, f"d.example.{zone} is down"))
    evidence, _ = asked({zone: "test A 127.0.1.2"}, faults=(fault,), keys={"spamhaus": KEY})
    assert of(DBL, evidence).answer == Unreachable(Why.SERVFAIL)
    assert KEY not in f"{evidence}{caplog.text}"


def test_a_list_that_wants_a_key_is_asked_only_with_one() -> None:
    zone = "dblack.mail.abusix.zone"
    evidence, names = asked({})
    assert not [name for name in names if "abusix" in name]
    keyed = {f"{KEY}.{zone}": "test A 127.0.1.1\nd.example A 127.0.1.2"}
    evidence, _ = asked(keyed, keys={"abusix": KEY})
    assert isinstance(of(zone, evidence).answer, Seen)


@pytest.mark.parametrize("given", [{"spamhous": KEY}, {"spamhaus": f"{KEY} x"}, {"spamhaus": ""}, {"abusix": "a..b"}])
def test_what_can_be_no_key_is_refused_without_saying_it(given: Mapping[str, str]) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Checker(["127.0.0.1"], blocklist_keys=given)
    assert KEY not in str(caught.value)


def test_a_run_without_access_to_blocklists_says_so() -> None:
    async def ask() -> None:
        dns = Dns(["127.0.0.1:9"])
        run = Run("d.example", "d.example", dns.run(1.0), datetime.now(UTC), PROBES)
        try:
            with pytest.raises(LookupError):
                await ask_domain_blocklists(run)
        finally:
            await dns.aclose()

    asyncio.run(ask())


def test_every_list_of_addresses_says_which_and_no_code_is_a_refusal() -> None:
    keys = frozenset({"abusix"})
    assert all(bl.families and bl.families <= {"ipv4", "ipv6"} for bl in blocklists("ip", keys))
    assert not any(bl.families for bl in blocklists("domain", keys))
    for bl in (*blocklists("ip", keys), *blocklists("domain", keys)):
        codes = [str(code) for part in bl.parts for network in part.codes for code in network]
        assert all(bl.means_listed(code) and not bl.refuses(code) for code in codes)
        assert bool(bl.refused_by) <= bl.decisive
        assert bl.delisting.startswith("https://")
        assert bool(bl.key) == ("{key}" in bl.keyed)
