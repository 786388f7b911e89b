"""What the store forgets, and what it keeps."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.store import RESUMED, NewThread, Store

NEW = NewThread("t1", "T", "C", "example.com", "en", "U")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def run(path: Path, body: Callable[[Store, Clock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = Clock()
        store = Store(path / "app.db", clock=clock)
        await store.open()
        try:
            await body(store, clock)
        finally:
            await store.close()

    asyncio.run(main())


async def save(store: Store, report_id: str, thread_id: str | None, domain: str) -> None:
    await store.reports.save(
        report_id, thread_id=thread_id, kind="domain", subject=domain, catalogue="1", verdict="safe", data={}
    )


def test_reports_go_once_they_are_old_and_no_thread_names_them(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.threads.open(NEW, "b", lambda state: ({"rows": [{"report": "t1.2"}]}, []))
        for report_id, thread_id in (("t1.1", "t1"), ("t1.2", "t1"), ("t1.20", "t1"), ("free", None)):
            await save(store, report_id, thread_id, "a.jp")
        assert await store.reports.forget_unnamed(START) == 0
        clock.now += timedelta(days=1)
        assert await store.reports.forget_unnamed(clock.now) == 2
        assert [await store.reports.get(each) is not None for each in ("t1.1", "t1.2", "t1.20", "free")] == [
            False,
            True,
            False,
            True,
        ]

    run(tmp_path, body)


def test_events_go_with_their_age_whether_or_not_their_end_was_noted(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.events.receive("done", "command", {})
        await store.events.receive("not noted", "command", {"text": "words"})
        await store.events.done("done")
        clock.now += RESUMED
        assert await store.events.forget_old() == 0
        assert not await store.events.receive("done", "command", {})
        assert [event.key for event in await store.events.unfinished()] == ["not noted"]
        clock.now += timedelta(hours=26)
        assert await store.events.forget_old() == 2
        assert await store.events.unfinished() == []

    run(tmp_path, body)


def test_selectors_go_with_the_last_workspace_that_had_their_domain_checked(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        for team, domains in (("T", ("a.jp", "b.jp")), ("T2", ("b.jp",))):
            thread_id = f"of {team}"
            await store.threads.open(
                NewThread(thread_id, team, "C", ",".join(domains), "en", "U"), "b", lambda state: (state, [])
            )
            for domain in domains:
                await save(store, f"{team} {domain}", thread_id, domain)
                await store.selectors.seen(domain, "s1")
        await store.workspaces.forget("T")
        assert [await store.selectors.of(domain) for domain in ("a.jp", "b.jp")] == [(), ("s1",)]
        await store.workspaces.forget("T2")
        assert await store.selectors.of("b.jp") == ()

    run(tmp_path, body)
