"""Checks of three months that all found p=none make a warning of it, whichever thread they were asked for in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation.events import Asked
from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from bot.durable import Durable, Starter
from bot.store import Store
from bot.workflows import CHECK_WORK, EXPIRY_WORK, Conversations, DomainChecks, Expiries, Opening
from checks import Checker, Severity

START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
NAME = "d.example"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def severities(path: Path, course: list[tuple[int, str]]) -> list[Severity | None]:
    """Of DMARC201 in a check on each of these days, with the policy that is published then; None: not yielded."""

    async def run() -> list[Severity | None]:
        clock = Clock()
        store, durable = Store(path / "app.db", clock=clock), Durable(path)
        await store.open()
        conversations = Conversations(store)
        checker: Checker | None = None
        checks = DomainChecks(store, conversations, lambda: checker)  # type: ignore[arg-type, return-value]
        durable.workflow(CHECK_WORK)(checks.run)
        durable.workflow(EXPIRY_WORK)(Expiries(store, conversations).run)
        await durable.launch()
        starter = asyncio.create_task(Starter(store.work, durable.start).run())
        found: list[Severity | None] = []
        try:
            for number, (day, policy) in enumerate(course):
                clock.now = START + timedelta(days=day)
                faults = [Fault(f"_dmarc.{NAME}", "TXT", rcode="SERVFAIL", rcodes=ALWAYS)] if policy == "fails" else []
                text = f'@ A 192.0.2.1\n_dmarc TXT "v=DMARC1; p={policy}; rua=mailto:r@{NAME}"\n'
                async with (
                    Nameserver([Zone(NAME, text), Zone("example", "")], faults=faults) as server,
                    Checker([server.address], now=clock, deadline_s=5.0) as checker,
                ):
                    await conversations.open(
                        Opening(f"t{number}", "T1", "C1", f"U{number}", "en", (Asked(NAME, NAME),)), None
                    )
                    found.append(await severity(conversations, f"t{number}.1"))
        finally:
            starter.cancel()
            await durable.stop()
            await store.close()
        return found

    return asyncio.run(run())


async def severity(conversations: Conversations, report_id: str) -> Severity | None:
    async with asyncio.timeout(30):
        while True:
            if (report := await conversations.report(report_id)) is not None:
                break
            await asyncio.sleep(0.02)
    return next((f.severity for f in report.findings if f.rule.id == "DMARC201"), None)


def test_three_months_of_p_none_are_warned_of(tmp_path: Path) -> None:
    course = [(0, "none"), (60, "none"), (89, "none"), (90, "none")]
    assert severities(tmp_path, course) == [Severity.NOTICE, Severity.NOTICE, Severity.NOTICE, Severity.WARNING]


def test_a_policy_in_between_begins_it_anew_and_a_failed_lookup_does_not(tmp_path: Path) -> None:
    course = [(0, "none"), (50, "fails"), (100, "none"), (101, "reject"), (102, "none"), (191, "none"), (192, "none")]
    assert severities(tmp_path, course) == [
        Severity.NOTICE,
        None,
        Severity.WARNING,
        None,
        Severity.NOTICE,
        Severity.NOTICE,
        Severity.WARNING,
    ]
