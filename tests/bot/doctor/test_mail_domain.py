"""Whether mail for the test addresses is led here, told from DNS on the loopback interface and from the machine."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.doctor import Finding, Machine, State
from bot.doctor.machine import has_address
from bot.doctor.mail_domain import examine_mail_domain
from bot.settings import Settings

HERE, ELSEWHERE, HERE_6 = "1.2.3.4", "1.2.3.5", "2a00::4"
HOSTED = Machine({HERE, HERE_6, "10.0.0.4"}.__contains__, lambda version: HERE)
BEHIND_NAT = Machine({"10.0.0.4"}.__contains__, lambda version: "10.0.0.4")
SILENT = Machine(lambda address: None, lambda version: HERE)
OK, WRONG, UNKNOWN = State.OK, State.WRONG, State.UNKNOWN
GOOD = f"@ MX 10 mx\nmx A {HERE}"


def found(
    records: str,
    *,
    machine: Machine = HOSTED,
    faults: tuple[Fault, ...] = (),
    ptr: str = "mx.check.example.",
    **given: Any,
) -> dict[str, Finding]:
    async def examine() -> list[Finding]:
        zones = [Zone("check.example", records)]
        zones += [Zone("3.2.1.in-addr.arpa", f"4 PTR {ptr}" if ptr else "")]
        async with Nameserver(zones, faults=faults, empty_zones=("example", "arpa")) as dns:
            settings = Settings(**({"mail_domain": "check.example", "nameservers": (dns.address,)} | given))
            return await examine_mail_domain(settings, machine)

    return {finding.id: finding for finding in asyncio.run(examine())}


def test_an_mx_that_leads_here_is_ok() -> None:
    findings = found(GOOD)
    assert {name: finding.state for name, finding in findings.items()} == {"mx": OK, "ptr": OK}
    assert HERE in findings["mx"].say_seen("en")


@pytest.mark.parametrize(
    ("records", "machine", "state"),
    [
        ("", HOSTED, WRONG),
        ("@ MX 0 .", HOSTED, WRONG),
        ("@ MX 10 mx", HOSTED, WRONG),
        (f"@ MX 10 mx\nmx A {ELSEWHERE}", HOSTED, WRONG),
        (f"{GOOD}\n@ MX 20 backup\nbackup A {ELSEWHERE}", HOSTED, WRONG),
        ("@ MX 10 mx\nmx A 10.0.0.4", HOSTED, WRONG),
        (GOOD, BEHIND_NAT, UNKNOWN),
        (GOOD, SILENT, UNKNOWN),
    ],
    ids=["no MX", "null MX", "no address", "elsewhere", "backup elsewhere", "private", "NAT", "the system is silent"],
)
def test_an_mx_that_does_not_lead_here_is_wrong_and_what_cannot_be_seen_is_unknown(
    records: str, machine: Machine, state: State
) -> None:
    assert found(records, machine=machine)["mx"].state is state


@pytest.mark.parametrize(("host", "state"), [("0.0.0.0", WRONG), ("", OK), ("::", WRONG), (HERE_6, WRONG)])
def test_the_mailbox_must_listen_on_both_versions_where_the_mx_has_both(host: str, state: State) -> None:
    assert found(f"{GOOD}\nmx AAAA {HERE_6}", mailbox_host=host)["mx"].state is state


def test_behind_a_proxy_the_mx_leads_elsewhere_and_that_is_not_wrong() -> None:
    told = found(f"@ MX 10 mx\nmx A {ELSEWHERE}", proxy_from=(ip_network("192.0.2.0/24"),))["mx"]
    assert told.state is UNKNOWN
    assert "proxy" in told.say_seen("en")


def test_a_dns_failure_is_not_a_missing_mx() -> None:
    findings = found(GOOD, faults=(Fault("check.example", "MX", rcode="SERVFAIL"),))
    assert (findings["mx"].state, findings["ptr"].state) == (UNKNOWN, UNKNOWN)
    failing = (Fault("mx.check.example", rcode="SERVFAIL"),)
    assert found(GOOD, faults=failing)["mx"].state is UNKNOWN


def test_the_reverse_name_is_the_mx_host_or_the_name_in_the_greeting() -> None:
    assert found(GOOD, ptr="check.example.")["ptr"].state is OK
    assert found(GOOD, ptr="host-4.provider.example.")["ptr"].state is WRONG
    assert found(GOOD, ptr="")["ptr"].state is WRONG
    failing = (Fault("4.3.2.1.in-addr.arpa", rcode="SERVFAIL"),)
    assert found(GOOD, faults=failing)["ptr"].state is UNKNOWN


def test_without_a_mail_domain_there_is_nothing_to_look_up() -> None:
    findings = found(GOOD, mail_domain=None)
    assert list(findings) == ["mail_domain"]
    assert findings["mail_domain"].state is OK


def test_the_system_knows_its_own_addresses() -> None:
    assert has_address("127.0.0.1") is True
    assert has_address("203.0.113.77") is False
