"""TLSA records as they are really asked for, and what is seen where zone or lookup fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.demo.nameserver import Fault, Nameserver, Validation, Zone, ZoneState
from checks.evidence.dane import DaneEvidence
from checks.evidence.dnssec import DnssecEvidence
from checks.evidence.domain import DomainEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Absent, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.dane import ask_dane
from checks.probes.dnssec import ask_dnssec
from checks.probes.domain import ask_domain
from checks.probes.mx import ask_mx
from checks.probes.run import Run

DIGEST = "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d"
TLSA = f"_25._tcp.mx TLSA 3 1 1 {DIGEST}\n"
HOST = "@ MX 10 mx\nmx A 192.0.2.1\n"


def seen(
    *zones: Zone, faults: tuple[Fault, ...] = (), validation: Validation = "validating", deadline_s: float = 5.0
) -> tuple[DaneEvidence, DnssecEvidence, list[tuple[str, str]]]:
    """What is seen of d.example."""

    async def ask() -> tuple[DaneEvidence, DnssecEvidence, list[tuple[str, str]]]:
        async with Nameserver([*zones, Zone("example")], faults=faults, validation=validation) as server:
            gateway = Dns([server.address], try_s=0.1, tries=2)
            probes = {
                DomainEvidence: ask_domain,
                MxEvidence: ask_mx,
                DnssecEvidence: ask_dnssec,
                DaneEvidence: ask_dane,
            }
            run = Run("d.example", "d.example", gateway.run(deadline_s), datetime.now(UTC), probes)
            try:
                return await run.evidence(DaneEvidence), await run.evidence(DnssecEvidence), list(server.log)
            finally:
                await run.close()
                await gateway.aclose()

    return asyncio.run(ask())


def of_host(evidence: DaneEvidence) -> tuple[object, object, object]:
    (host,) = evidence.hosts
    records = len(host.tlsa.records.value) if isinstance(host.tlsa.records, Seen) else host.tlsa.records
    return host.addresses, records, host.tlsa.validity


@pytest.mark.parametrize(("state", "validity"), [("signed", "secure"), ("unsigned", "insecure")])
def test_the_state_is_that_of_address_and_of_tlsa(state: ZoneState, validity: str) -> None:
    evidence, _, log = seen(Zone("d.example", HOST + TLSA, state))
    assert of_host(evidence) == (Seen(validity), 1, Seen(validity))
    questions = [q for q in log if q != ("10.in-addr.arpa", "SOA")]
    assert sorted(questions) == sorted(set(questions))


def test_without_tlsa_the_answer_has_a_state_as_well() -> None:
    evidence, _, _ = seen(Zone("d.example", HOST, "signed"))
    assert of_host(evidence) == (Seen("secure"), Absent("nxdomain"), Seen("secure"))


def test_a_mail_server_in_a_bogus_zone_is_bogus() -> None:
    evidence, _, _ = seen(
        Zone("d.example", "@ MX 10 mx.b.example.", "signed"), Zone("b.example", "mx A 192.0.2.1", "bogus")
    )
    addresses, _, tlsa = of_host(evidence)
    assert (addresses, tlsa) == (Seen("bogus"), Seen("bogus"))


def test_a_lookup_that_fails_once_is_asked_again() -> None:
    zone = Zone("d.example", HOST + TLSA, "signed")
    once = Fault("_25._tcp.mx.d.example", "TLSA", rcode="SERVFAIL", rcodes=1)
    evidence, _, _ = seen(zone, faults=(once,))
    assert of_host(evidence) == (Seen("secure"), 1, Seen("secure"))
    always, _, _ = seen(zone, faults=(Fault("_25._tcp.mx.d.example", "TLSA", rcode="SERVFAIL"),))
    (host,) = always.hosts
    assert host.tlsa.failed_twice
    assert isinstance(host.tlsa.validity, Unreachable)


def test_a_silent_lookup_has_not_failed_twice() -> None:
    silent = Fault("_25._tcp.mx.d.example", "TLSA", drop=1 << 30)
    evidence, _, _ = seen(Zone("d.example", HOST, "signed"), faults=(silent,))
    (host,) = evidence.hosts
    assert (host.tlsa.failed_twice, isinstance(host.tlsa.records, Unreachable)) == (False, True)


def test_of_an_alias_the_canonical_name_is_asked_first() -> None:
    alias = "@ MX 10 mx\nmx CNAME real\nreal A 192.0.2.1\n"
    at_both = f"{alias}{TLSA}_25._tcp.real TLSA 3 1 1 {DIGEST}\n"
    evidence, _, _ = seen(Zone("d.example", at_both, "signed"))
    assert evidence.hosts[0].tlsa.name == "_25._tcp.real.d.example"
    evidence, _, _ = seen(Zone("d.example", alias + TLSA, "signed"))
    assert evidence.hosts[0].tlsa.name == "_25._tcp.mx.d.example"


def test_an_alias_into_an_unsigned_zone_is_itself_signed() -> None:
    zones = (
        Zone("d.example", f"@ MX 10 mx\nmx CNAME real.u.example.\n{TLSA}", "signed"),
        Zone("u.example", "real A 192.0.2.1"),
    )
    evidence, _, _ = seen(*zones)
    assert of_host(evidence) == (Seen("secure"), 1, Seen("secure"))
    assert evidence.hosts[0].tlsa.name == "_25._tcp.mx.d.example"


def test_of_an_alias_into_an_unsigned_zone_only_the_name_in_the_mx_record_is_asked() -> None:
    zones = (
        Zone("d.example", f"@ MX 10 mx\nmx CNAME real.u.example.\n{TLSA}", "signed"),
        Zone("u.example", f"real A 192.0.2.1\n_25._tcp.real TLSA 3 1 1 {DIGEST}"),
    )
    old_server = Fault("_25._tcp.real.u.example", "TLSA", rcode="SERVFAIL")
    for faults in ((), (old_server,)):
        evidence, _, log = seen(*zones, faults=faults)
        assert of_host(evidence) == (Seen("secure"), 1, Seen("secure"))
        assert (evidence.hosts[0].tlsa.name, evidence.hosts[0].tlsa.failed_twice) == ("_25._tcp.mx.d.example", False)
        assert ("_25._tcp.real.u.example", "TLSA") not in log


def test_without_mx_the_domain_itself_is_the_mail_server() -> None:
    evidence, _, _ = seen(Zone("d.example", f"@ A 192.0.2.1\n_25._tcp TLSA 3 1 1 {DIGEST}\n", "signed"))
    assert (evidence.implicit, of_host(evidence)) == (True, (Seen("secure"), 1, Seen("secure")))


@pytest.mark.parametrize(
    "records", ["@ MX 0 .", "@ MX 10 192.0.2.1.", "@ TXT x"], ids=["null MX", "an address", "none"]
)
def test_where_there_is_no_mail_server_nothing_is_asked(records: str) -> None:
    evidence, _, log = seen(Zone("d.example", records, "signed"))
    assert evidence.hosts == ()
    assert not [q for q in log if q[1] == "TLSA"]


@pytest.mark.parametrize("validation", ["never", "echo"])
def test_a_resolver_that_does_not_validate_is_not_believed(validation: Validation) -> None:
    evidence, dnssec, _ = seen(Zone("d.example", HOST + TLSA, "signed"), validation=validation)
    unproved = Unreachable(Why.NOT_VALIDATING)
    assert of_host(evidence) == (unproved, 1, unproved)
    assert dnssec.state == unproved


def test_the_proof_holds_although_the_time_is_over() -> None:
    silent = Fault("mx.d.example", "A", drop=1 << 30)
    evidence, _, _ = seen(Zone("d.example", HOST, "signed"), faults=(silent,), deadline_s=0.2)
    (host,) = evidence.hosts
    assert isinstance(host.addresses, Unreachable)
    assert host.addresses.why is Why.TIMEOUT


def test_keys_are_asked_for_only_where_there_is_a_chain_of_trust() -> None:
    _, dnssec, log = seen(Zone("d.example", HOST, "unsigned"))
    assert (dnssec.state, dnssec.zone, dnssec.keys) == (Seen("insecure"), "d.example", None)
    assert not [q for q in log if q[1] in ("DNSKEY", "DS")]
    _, dnssec, log = seen(Zone("d.example", HOST, "signed"))
    assert (dnssec.state, dnssec.keys) == (Seen("secure"), Absent())
    assert [q for q in log if q[1] in ("DNSKEY", "DS")]


def test_what_a_resolver_says_of_a_bogus_zone_stays_where_the_records_show_nothing() -> None:
    _, dnssec, _ = seen(Zone("d.example", HOST, "bogus"))
    assert (dnssec.state, dnssec.cause) == (Seen("bogus"), None)
    assert [error.code for error in dnssec.errors] == [6]


@pytest.mark.parametrize("ede", [None, (6, "signature")], ids=["unnamed", "named"])
def test_a_failure_told_twice_is_no_broken_chain_where_there_is_no_chain(ede: tuple[int, str] | None) -> None:
    cached = Fault("d.example", "SOA", rcode="SERVFAIL", ede=ede, only_checked=True)
    _, dnssec, log = seen(Zone("d.example", HOST), faults=(cached,))
    if ede:
        assert dnssec.state == Seen("bogus"), "the fault may lie in the zone above"
        return
    assert log.count(("d.example", "SOA")) == 3
    assert isinstance(dnssec.state, Unreachable)
    assert dnssec.state.why is Why.SERVFAIL


def test_below_the_apex_the_zone_is_that_of_the_answer() -> None:
    async def ask() -> DnssecEvidence:
        zones = [
            Zone("d.example", "www A 192.0.2.1\nalias CNAME www.u.example.", "signed"),
            Zone("u.example", "www A 192.0.2.1"),
        ]
        async with Nameserver(zones) as server:
            gateway = Dns([server.address], try_s=0.1, tries=2)
            probes = {DomainEvidence: ask_domain, DnssecEvidence: ask_dnssec}
            found = []
            for name in ("www.d.example", "alias.d.example"):
                run = Run(name, name, gateway.run(5.0), datetime.now(UTC), probes)
                found.append(await run.evidence(DnssecEvidence))
                await run.close()
            await gateway.aclose()
            assert found[0].state == found[1].state == Seen("secure")
            return found[1] if found[0].zone == "d.example" else found[0]

    assert asyncio.run(ask()).zone == "d.example"
