"""Since when the checks of a workspace found p=none at a domain."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.store import NewThread, Store

START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def run(path: Path, body: Callable[[Store, Clock], Awaitable[None]]) -> None:
    """`t1` and `t2` are threads of the workspace T, `o1` one of another."""

    async def main() -> None:
        clock = Clock()
        store = Store(path / "app.db", clock=clock)
        await store.open()
        try:
            for thread_id, team in (("t1", "T"), ("t2", "T"), ("o1", "O")):
                new = NewThread(thread_id, team, "C", thread_id, "en", "U")
                await store.threads.open(new, "b", lambda state: (state, []))
            await body(store, clock)
        finally:
            await store.close()

    asyncio.run(main())


def test_it_counts_from_the_first_check_in_any_thread_of_the_workspace(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        assert await store.monitoring.since("t1", "a.jp") is None
        await store.monitoring.noted("t1", "a.jp", True)
        clock.now += 50 * DAY
        await store.monitoring.noted("t2", "a.jp", True)
        assert await store.monitoring.since("t1", "a.jp") == START
        assert await store.monitoring.since("t2", "a.jp") == START
        assert await store.monitoring.since("o1", "a.jp") is None
        assert await store.monitoring.since("t1", "b.jp") is None

    run(tmp_path, body)


def test_a_policy_that_enforces_ends_it_and_a_failed_lookup_does_not(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        for domain in ("a.jp", "b.jp"):
            await store.monitoring.noted("t1", domain, True)
        await store.monitoring.noted("o1", "a.jp", True)
        clock.now += DAY
        await store.monitoring.noted("t1", "a.jp", None)
        assert await store.monitoring.since("t1", "a.jp") == START
        await store.monitoring.noted("t1", "a.jp", False)
        assert await store.monitoring.since("t1", "a.jp") is None
        assert await store.monitoring.since("t1", "b.jp") == START
        assert await store.monitoring.since("o1", "a.jp") == START
        await store.monitoring.noted("t1", "a.jp", None)
        assert await store.monitoring.since("t1", "a.jp") is None
        clock.now += DAY
        await store.monitoring.noted("t1", "a.jp", True)
        assert await store.monitoring.since("t1", "a.jp") == START + 2 * DAY

    run(tmp_path, body)


def test_it_outlives_the_reports_and_goes_with_the_workspace(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.monitoring.noted("t1", "a.jp", True)
        await store.monitoring.noted("o1", "a.jp", True)
        clock.now += 100 * DAY
        await store.reports.forget_unnamed(clock.now)
        assert await store.monitoring.since("t1", "a.jp") == START
        await store.workspaces.forget("T")
        assert await store.monitoring.since("o1", "a.jp") == START
        await store.monitoring.noted("t1", "a.jp", True)
        await store.threads.open(NewThread("t1", "T", "C", "a.jp", "en", "U"), "b", lambda state: (state, []))
        assert await store.monitoring.since("t1", "a.jp") is None

    run(tmp_path, body)


def test_a_domain_that_nobody_checks_any_more_is_forgotten(tmp_path: Path) -> None:
    async def body(store: Store, clock: Clock) -> None:
        await store.monitoring.noted("t1", "a.jp", True)
        await store.monitoring.noted("t1", "b.jp", True)
        clock.now += 10 * DAY
        await store.monitoring.noted("t1", "b.jp", True)
        assert await store.monitoring.forget_unseen(START) == 0
        assert await store.monitoring.forget_unseen(clock.now) == 1
        assert await store.monitoring.since("t1", "a.jp") is None
        assert await store.monitoring.since("t1", "b.jp") == START

    run(tmp_path, body)
