"""The gateway against a real Unbound: who is believed, and what an extended error becomes."""

from __future__ import annotations

import asyncio
import os

import pytest
from internet.daemons import flush

from checks import Checker, Outcome, Report, Session, Tls, Verdict, Why
from checks.model import Absent, Seen, Unreachable
from checks.net.dns import Dns

RESOLVER = os.environ["LAB_RESOLVER"]
PLAIN_RESOLVER = os.environ["LAB_PLAIN_RESOLVER"]


def ask(name: str, rdtype: str, *resolvers: str, **options):
    async def run():
        gateway = Dns(resolvers or [RESOLVER])
        try:
            return await gateway.run().ask(name, rdtype, **options)
        finally:
            await gateway.aclose()

    return asyncio.run(run())


def validates(*resolvers: str) -> bool:
    async def run() -> bool:
        gateway = Dns(resolvers)
        try:
            return await gateway.run().validates()
        finally:
            await gateway.aclose()

    return asyncio.run(run())


def check(name: str, *resolvers: str) -> Report:
    async def run() -> Report:
        async with Checker(resolvers or [RESOLVER]) as checker:
            return await checker.check_domain(name)

    return asyncio.run(run())


def test_a_resolver_that_validates_is_believed_and_one_that_does_not_is_not():
    assert validates(RESOLVER)
    assert not validates(PLAIN_RESOLVER)
    assert not validates(RESOLVER, PLAIN_RESOLVER)


def test_answers_and_absence_are_authentic_in_signed_zones_only():
    assert ask("good.co.jp", "MX").value.authentic
    assert ask("anything.wildcard.co.jp", "TXT").value.authentic
    assert not ask("unsigned.com", "MX").value.authentic
    assert not ask("island.co.jp", "MX").value.authentic
    assert ask("nowhere.good.co.jp", "TXT") == Absent("nxdomain")
    assert ask("nowhere.good.co.jp", "TXT").authentic
    assert ask("good.co.jp", "TLSA") == Absent("nodata")
    assert ask("good.co.jp", "TLSA").authentic


@pytest.mark.parametrize(
    ("name", "code"), [("bogus.com", 6), ("sigexpired.com", 7), ("clockwrong.co.jp", 8), ("moved.co.jp", 9)]
)
def test_sec201_names_the_extended_error_of_the_resolver(name, code):
    flush()
    finding = next(f for f in check(name).findings if f.rule.id == "SEC201")
    assert f"EDE {code} " in finding.title("en")
    assert f"EDE {code} " in finding.title("ja")
    again = ask(name, "SOA")
    assert isinstance(again, Unreachable)
    assert again.why is Why.SERVFAIL
    assert [error.code for error in again.extended] == [6]  # for a minute Unbound 1.17 knows only that it was bogus
    assert isinstance(ask(name, "SOA", checking_disabled=True), Seen)


def test_a_plain_failure_is_no_dnssec_fault_with_or_without_checking():
    for options in ({}, {"checking_disabled": True}):
        told = ask("servfail.com", "SOA", **options)
        assert (told.why, [e.code for e in told.extended if 6 <= e.code <= 12]) == (Why.SERVFAIL, [])


def test_a_resolver_that_does_not_validate_answers_what_a_strict_one_calls_bogus():
    """So with one of each the strict one's fault is told, whoever is asked first."""
    assert isinstance(ask("bogus.com", "SOA", PLAIN_RESOLVER), Seen)
    assert ask("bogus.com", "SOA", RESOLVER, PLAIN_RESOLVER).why is Why.SERVFAIL


def test_with_a_public_resolver_dnssec_and_blocklists_are_not_tested_and_nothing_is_made_of_that():
    report = check("listed.com", PLAIN_RESOLVER)
    assert (report.result("dnssec.zone").outcome, report.result("dnssec.zone").reason) == (
        Outcome.UNKNOWN,
        Why.NOT_VALIDATING,
    )
    assert (report.result("bl.domain").outcome, report.result("bl.domain").reason) == (Outcome.UNKNOWN, Why.BLOCKED)
    assert not {f.rule.id for f in report.findings} - {"STS001", "RPT001", "BIMI001"}
    assert report.verdict is Verdict.SAFE


def test_large_answers_come_whole_over_tcp():
    assert len(ask("bigtxt.com", "TXT").value.values) == 26
    assert len(ask("tcponly.com", "TXT").value.values) == 1


def test_a_silent_zone_is_a_timeout_with_cold_caches_however_often_it_was_asked():
    async def run():
        gateway = Dns([RESOLVER])
        try:
            return await gateway.run(deadline_s=1.5).txt("timeout.com")
        finally:
            await gateway.aclose()

    for _ in range(2):
        flush()
        assert asyncio.run(run()).why is Why.TIMEOUT


def test_the_systems_resolver_is_that_of_the_lab():
    async def run() -> Report:
        async with Checker() as checker:
            return await checker.check_domain("good.co.jp", topics=["dnssec"])

    assert asyncio.run(run()).result("dnssec.zone").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("address", "helo", "rules"),
    [
        ("11.1.1.1", "mx1.good.co.jp", set()),
        ("11.1.0.66", "mx1.good.co.jp", {"BL201", "PTR001"}),
    ],
)
def test_the_client_of_a_mail_is_looked_up_in_the_reverse_tree_and_the_lists(address, helo, rules):
    async def run() -> Report:
        async with Checker([RESOLVER]) as checker:
            session = Session(address, helo, "info@good.co.jp", Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
            return await checker.check_message(b"From: info@good.co.jp\r\n\r\nhello\r\n", session)

    found = {f.rule.id for f in asyncio.run(run()).findings}
    assert found & {"BL201", "PTR001", "SPF401", "SEC001", "SEC201"} == rules
