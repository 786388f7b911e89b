"""What was kept and not finished is resumed: side by side, each once, whatever becomes of the others."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.listeners import Desk
from bot.listeners.intake import Intake
from bot.settings import Settings
from bot.store import Store, utc_now
from bot.workflows import Conversations, Offers


async def never_wanted(envelope: object) -> bool:
    return False


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
