"""Where a report says one has to click: at the platform found, and for what is a service's at that service."""

from __future__ import annotations

import asyncio

from bot.demo.nameserver import Nameserver, Zone
from checks import CATALOGUE, Checker, Outcome, Report

TOPS = ("example", "com", "net", "org", "jp", "arpa", "uk")


def report(records: str, *others: Zone, topics: tuple[str, ...] | None = None) -> Report:
    async def run() -> Report:
        async with (
            Nameserver([Zone("d.example", records), *others], empty_zones=TOPS) as ns,
            Checker([ns.address], connect=False) as checker,
        ):
            return await checker.check_domain("d.example", topics)

    return asyncio.run(run())


def places(told: Report) -> dict[str, str | None]:
    return {finding.rule.id: finding.place for finding in told.findings}


def test_a_platform_behind_a_gateway_is_named_in_the_report_and_asked_for_its_place() -> None:
    told = report('@ MX 10 mxa-1.gslb.pphosted.com.\n@ TXT "v=spf1 include:_spf.google.com ?all"')
    assert told.provider == "google"
    assert places(told)["SPF202"] == "google.spf"
    seen = told.evidence["ProvidersEvidence"]
    assert seen["platform"] == {"state": "seen", "value": "google"}
    assert [(service["id"], service["layers"]) for service in seen["services"]] == [
        ("proofpoint", ["inbound_gateway"]),
        ("google", ["platform"]),
    ]
    assert Report.from_stored(told.as_stored(), CATALOGUE).provider == "google"
    assert any("Google Workspace" in (f["where"] or "") for c in told.as_dict("ja")["checks"] for f in c["findings"])


def test_what_is_not_activated_at_a_service_is_activated_there() -> None:
    records = (
        '@ MX 10 aspmx.l.google.com.\n@ TXT "v=spf1 include:_spf.google.com ~all"\n'
        "s1._domainkey CNAME s1.u1.wl1.sendgrid.net.\n"
    )
    told = report(records)
    assert (told.provider, places(told)["DKIM004"]) == ("google", "sendgrid.dkim")


def test_a_check_of_other_topics_guesses_no_selectors() -> None:
    told = report('@ MX 10 aspmx.l.google.com.\n@ TXT "v=spf1 -all"', topics=("mx",))
    assert told.provider == "google"
    assert {"SelectorsEvidence", "ProvidersEvidence"}.isdisjoint(told.evidence)


def test_an_unknown_provider_has_no_place() -> None:
    told = report('@ MX 10 mail\n@ TXT "v=spf1 ?all"\nmail A 192.0.2.1')
    assert told.provider is None
    assert set(places(told).values()) == {None}
    assert all(c.outcome is not Outcome.BROKEN for c in told.checks)
