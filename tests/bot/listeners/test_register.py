"""Which events the bot takes up at all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.listeners import Desk, register
from bot.listeners.envelope import envelope_of
from bot.settings import Settings
from bot.store import NewThread, PutMessage, Store, utc_now
from bot.workflows import Conversations, Offers

PERSON = {"user": "U1"}
BOT = {"user": "U2", "bot_id": "B2"}
THREAD = {"channel": "C1", "ts": "18.1", "thread_ts": "17.1"}


async def is_wanted(tmp_path: Path, event: dict[str, Any]) -> bool:
    store = Store(tmp_path / "app.db")
    await store.open()
    try:
        root = PutMessage("t1/root", "C1", {"text": "x"})
        await store.threads.open(
            NewThread("t1", "T1", "C1", "a.example", "en", "U1"), "b", lambda state: (state, [root])
        )
        await store.messages.sent("t1/root", 1, "17.1", "C1")
        client = AsyncWebClient(token="xoxb-1")
        offers = Offers(Settings(), clock=utc_now, new_token=str, address_of=lambda token, domain: token)
        desk = Desk(store, Conversations(store), offers, client, clock=utc_now)
        intake = register(AsyncApp(client=client), desk, bot_user="UBOT")
        body = {"type": "event_callback", "team_id": "T1", "event_id": "E1", "event": THREAD | event}
        envelope = envelope_of(body)
        assert envelope is not None
        return await intake.wants(envelope)
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ({"type": "app_mention", "text": "<@UBOT> recheck", **PERSON}, True),
        ({"type": "app_mention", "text": "<@UBOT> recheck", **BOT}, False),
        ({"type": "app_mention", "text": "<@UBOT> recheck"}, False),
        ({"type": "message", "text": "recheck", **PERSON}, True),
        ({"type": "message", "text": "recheck", **BOT}, False),
        ({"type": "message", "text": "recheck", "subtype": "message_changed", **PERSON}, False),
        ({"type": "message", "text": "<@UBOT> what now", **PERSON}, True),
        ({"type": "message", "text": "check this", **PERSON}, False),
        ({"type": "message", "text": "recheck", "thread_ts": "16.1", **PERSON}, False),
    ],
)
def test_people_are_heard_in_our_threads_and_bots_nowhere(tmp_path: Path, event: dict[str, Any], wanted: bool) -> None:
    assert asyncio.run(is_wanted(tmp_path, event)) is wanted
