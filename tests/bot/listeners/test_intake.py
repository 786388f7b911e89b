"""What was kept and not finished is resumed: side by side, each once, whatever becomes of the others."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import WORKFLOWS_KEPT
from bot.listeners import Desk
from bot.listeners.envelope import Asker
from bot.listeners.intake import Intake
from bot.settings import Settings
from bot.store import RESUMED, Store, utc_now
from bot.workflows import Conversations, Offers


async def never_wanted(envelope: object) -> bool:
    return False


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def desk_of(path: Path, clock: Clock) -> AsyncIterator[Desk]:
    """A desk that cannot reach Slack."""
    store = Store(path / "app.db", clock=clock)
    await store.open()
    offers = Offers(Settings(), clock=clock, new_token=str, address_of=lambda token, domain: token)
    client = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/")
    try:
        yield Desk(store, Conversations(store), offers, client, clock=clock)
    finally:
        await store.close()


def test_what_came_before_a_weekend_is_resumed_and_what_is_older_only_marked_as_done(tmp_path: Path) -> None:
    async def scene() -> None:
        clock, worked = Clock(), list[str]()

        async def work(key: str, payload: Mapping[str, Any]) -> None:
            worked.append(key)

        async with desk_of(tmp_path, clock) as desk:
            await desk.store.events.receive("an hour too old", "command", {"text": "old.example"})
            clock.now += timedelta(hours=1)
            friday_evening = clock.now
            await desk.store.events.receive("on Friday evening", "command", {})
            clock.now += RESUMED
            assert clock.now - friday_evening > timedelta(days=2, hours=18), "Monday noon"
            # By then the thread of a command still knows that it was applied, and is not begun anew.
            assert 2 * RESUMED < WORKFLOWS_KEPT
            await Intake(desk, {"command": work}, never_wanted).resume(clock.now)
            assert worked == ["on Friday evening"]
            assert await desk.store.events.unfinished() == []
            # Delivered again it is still known.
            assert not await desk.store.events.receive("an hour too old", "command", {})

    asyncio.run(scene())


def test_a_stop_does_not_wait_for_what_waits_for_slack_and_the_next_start_resumes_it(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock()
        asker = Asker("T1", "C1", "U1", "http://127.0.0.1:9/")

        async with desk_of(tmp_path, clock) as desk:

            async def work(key: str, payload: Mapping[str, Any]) -> None:
                await desk.start_check(key, asker, ("a.example",))

            await desk.store.events.receive("1", "command", {})
            intake = Intake(desk, {"command": work}, never_wanted)
            resuming = asyncio.create_task(intake.resume(clock.now + timedelta(seconds=1)))
            async with asyncio.timeout(10):
                while not desk.waiting:  # noqa: ASYNC110 - nobody else wants to know
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(5):
                await intake.stop(60)
                await resuming
            assert [event.key for event in await desk.store.events.unfinished()] == ["1"]

    asyncio.run(scene())


def test_events_of_the_process_before_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        offers = Offers(Settings(), clock=utc_now, new_token=str, address_of=lambda token, domain: token)
        desk = Desk(store, Conversations(store), offers, AsyncWebClient(token="xoxb-1"), clock=utc_now)
        other_came, worked = asyncio.Event(), list[str]()

        async def work(key: str, payload: Mapping[str, Any]) -> None:
            match key:
                case "1 waits":
                    await other_came.wait()
                case "2 fails":
                    raise ValueError(payload["missing"])
                case "3 comes":
                    other_came.set()
                case "4 hangs":
                    await asyncio.Event().wait()
            worked.append(key)

        for key in ("1 waits", "2 fails", "3 comes", "4 hangs"):
            # Neither has the fields that an apology would need.
            await store.events.receive(key, "command", {"response_url": "http://127.0.0.1:9/"})
        await store.events.receive("5 of an older version", "shortcut", {})
        intake = Intake(desk, {"command": work}, never_wanted)
        started_at = utc_now() + timedelta(milliseconds=1)
        await asyncio.sleep(0.002)
        await store.events.receive("6 of this process", "command", {})
        resuming = asyncio.create_task(intake.resume(started_at))
        async with asyncio.timeout(5):
            await other_came.wait()
            while len(await store.events.unfinished()) > 2:  # noqa: ASYNC110 - the store has no event for this
                await asyncio.sleep(0.01)
        await intake.stop(0.05)
        await resuming
        assert sorted(worked) == ["1 waits", "3 comes"]
        # What was cut short is resumed again; what failed is not.
        assert [event.key for event in await store.events.unfinished()] == ["4 hangs", "6 of this process"]
        await store.close()

    asyncio.run(scene())


@pytest.mark.parametrize("trouble", ["INSERT ON team_traits", "UPDATE ON received_events"])
def test_a_database_in_trouble_only_delays_what_slack_was_told_we_have(
    tmp_path: Path, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    def execute(statement: str) -> None:
        with closing(sqlite3.connect(tmp_path / "app.db", timeout=60)) as connection, connection:
            connection.execute(statement)

    async def scene() -> None:
        worked = list[str]()

        async with desk_of(tmp_path, Clock()) as desk:

            async def work(key: str, payload: Mapping[str, Any]) -> None:
                worked.append(key)
                await desk.store.messages.note_team_trait("T1", key)

            await desk.store.events.receive("1", "event", {})
            full = "SELECT abs(-9223372036854775807 - 1)"  # the type of error that a full disk gives
            execute(f"CREATE TRIGGER trouble BEFORE {trouble} BEGIN {full}; END")
            later = desk.clock() + timedelta(seconds=1)
            resuming = asyncio.create_task(Intake(desk, {"event": work}, never_wanted).resume(later))
            async with asyncio.timeout(30):
                while "a event waits" not in caplog.text:  # noqa: ASYNC110 - the log has no event for this
                    await asyncio.sleep(0.01)
            assert worked
            assert [event.key for event in await desk.store.events.unfinished()] == ["1"]
            await asyncio.to_thread(execute, "DROP TRIGGER trouble")
            async with asyncio.timeout(30):
                await resuming
            assert await desk.store.events.unfinished() == []
            assert await desk.store.messages.team_traits("T1") == {"1"}
            # What was done is not done again because that could not be noted.
            assert (len(worked) == 1) == trouble.startswith("UPDATE")

    asyncio.run(scene())
