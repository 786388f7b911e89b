"""What earlier checks found is told to the next one: three months of p=none are a warning."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks import CATALOGUE, Checker, Report, Severity

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAME = "d.example"
DAY = timedelta(days=1)


def checked(
    policy: str, *, since: datetime | None = None, faults: tuple[Fault, ...] = (), topics: tuple[str, ...] = ("dmarc",)
) -> Report:
    records = f'@ A 192.0.2.1\n_dmarc TXT "v=DMARC1; {policy}"\n' if policy else "@ A 192.0.2.1\n"

    async def run() -> Report:
        zones = [Zone(NAME, records), Zone("example", "")]
        async with Nameserver(zones, faults=faults) as server, Checker([server.address], now=lambda: NOW) as checker:
            return await checker.check_domain(NAME, topics=topics, monitoring_since=since)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("since", "severity"),
    [
        (None, Severity.NOTICE),
        (NOW - 89 * DAY, Severity.NOTICE),
        (NOW - 90 * DAY, Severity.WARNING),
        (NOW - 400 * DAY, Severity.WARNING),
        (NOW + 400 * DAY, Severity.NOTICE),
    ],
)
def test_it_is_a_warning_from_ninety_days_on(since: datetime | None, severity: Severity) -> None:
    report = checked("p=none; rua=mailto:r@d.example", since=since)
    (finding,) = [f for f in report.findings if f.rule.id == "DMARC201"]
    assert finding.severity is severity
    kept = Report.from_stored(report.as_stored(), CATALOGUE)
    assert finding in kept.findings
    assert kept.only_monitors


def test_a_report_says_whether_it_found_p_none() -> None:
    assert checked("p=none").only_monitors is True
    assert checked("p=reject").only_monitors is False
    assert checked("").only_monitors is False
    assert checked("p=none", topics=("mx",)).only_monitors is None
    failing = (Fault(f"_dmarc.{NAME}", "TXT", rcode="SERVFAIL"),)
    assert checked("p=none", faults=failing).only_monitors is None
