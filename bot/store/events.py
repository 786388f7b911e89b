"""Slack envelopes, kept before they are acknowledged and recognised when they come again."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.records import ReceivedEvent
from bot.store.tables import received_events

MAX_PAYLOAD_BYTES = 256 * 1024
RESUMED = timedelta(days=3)
"""So long after it came an event is still worked on by the next process.

Slack accepted what somebody asked for, so they are owed it: also on Monday, when the machine went down on Friday
evening. Later they have asked again, or no longer care, and what comes out of the blue only puzzles. And it must be
well under what the keys of applied events are kept for: an event that comes after those are forgotten opens its thread
again, over all that happened there.
"""
# Slack repeats an event after at most some minutes, or a day where it is delayed on their side; but nothing may be
# forgotten that is still to be resumed.
KEPT = RESUMED + timedelta(days=1)


class PayloadTooLarge(ValueError):
    """A payload over MAX_PAYLOAD_BYTES of JSON."""


class Events:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def receive(self, key: str, kind: str, payload: Mapping[str, Any], *, pair_key: str | None = None) -> bool:
        """Keep an event; False if it, or another one with its pair key, was kept before.

        After True the event is listed by `unfinished` until `done` is called. Raises PayloadTooLarge.
        """
        if len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(f"the payload of a {kind} event exceeds {MAX_PAYLOAD_BYTES} bytes")
        values = {
            "key": key,
            "kind": kind,
            "pair_key": pair_key,
            "received_at": self._clock(),
            "payload": dict(payload),
        }
        async with self._database.write() as connection:
            result = await connection.execute(insert(received_events).values(values).on_conflict_do_nothing())
            return result.rowcount == 1

    async def done(self, key: str) -> None:
        """The event needs no resuming; its payload is dropped, its key stays known."""
        statement = update(received_events).where(received_events.c.key == key)
        async with self._database.write() as connection:
            await connection.execute(statement.values(done_at=self._clock(), payload={}))

    async def unfinished(self, *, received_before: datetime | None = None) -> list[ReceivedEvent]:
        """Events that were kept and not done, oldest first: at start, those of the process before."""
        columns = received_events.c
        statement = select(columns.key, columns.kind, columns.received_at, columns.payload).where(
            columns.done_at.is_(None)
        )
        if received_before is not None:
            statement = statement.where(columns.received_at < received_before)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(columns.received_at, columns.key))
            return [ReceivedEvent(*row) for row in rows]

    async def forget_old(self) -> int:
        """Drop events older than Slack can still repeat, and than any that is resumed; returns how many.

        Also those that were never marked as done: that mark can fail, and nobody waits for them any more.
        """
        statement = delete(received_events).where(received_events.c.received_at < self._clock() - KEPT)
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount
