"""The outbox's table: how each Slack message shall look, and how far Slack has been told."""

from asyncio import Event as Signal
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.effects import PutMessage
from bot.store.records import Message
from bot.store.tables import UNSENT, messages, team_traits, threads

DELETED = "message_not_found"
"""Slack's word for the edit of a message that somebody deleted."""


class Messages:
    def __init__(self, database: Database, clock: Clock, changed: Signal) -> None:
        self._database = database
        self._clock = clock
        self.changed = changed
        """Set after each commit that gives the sender something to do; the sender clears it."""

    async def put(self, team_id: str, message: PutMessage) -> None:
        """Want a message that belongs to no thread of ours (a greeting, a digest)."""
        async with self._database.write() as connection:
            await put_message(connection, message, team_id=team_id, thread_id=None, now=self._clock())
        self.changed.set()

    async def get(self, key: str) -> Message | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_SELECT.where(messages.c.key == key))).first()
            return None if row is None else Message(*row)

    async def pending(self, *, limit: int = 500, of_each: int = 50) -> list[Message]:
        """Messages that Slack does not show as desired yet, oldest first, whatever their `not_before`.

        Replies are among them only once their parent is posted or has failed. At most `of_each` posts and as many
        edits of one channel, so that one with a long queue hides no other.
        """
        columns = messages.c
        parent_ready = or_(columns.parent_key.is_(None), _PARENT.c.ts.is_not(None), _PARENT.c.state == "failed")
        place = func.row_number().over(
            partition_by=(columns.channel_id, columns.ts.is_(None)), order_by=(columns.sent_at, columns.seq)
        )
        waiting = (
            select(columns.seq, place.label("place"))
            .select_from(messages.outerjoin(_PARENT, _PARENT.c.key == columns.parent_key))
            .where(UNSENT, parent_ready)
            .subquery()
        )
        near = select(waiting.c.seq).where(waiting.c.place <= of_each)
        statement = _SELECT.where(columns.seq.in_(near)).order_by(columns.seq).limit(limit)
        async with self._database.read() as connection:
            return [Message(*row) for row in await connection.execute(statement)]

    async def sending(self, key: str) -> None:
        """A post is about to be made: from here until `sent` its outcome is not known."""
        await self._update(messages.c.key == key, state="sending")

    async def sent(self, key: str, rev: int, ts: str, channel_id: str) -> None:
        """Slack shows revision `rev`; `channel_id` is what Slack answered (a user id becomes a conversation's id)."""
        columns = messages.c
        values = {
            "state": "sent",
            "sent_rev": rev,
            "ts": ts,
            "channel_id": channel_id,
            "sent_at": self._clock(),
            "attempts": 0,
            "last_error": None,
            "not_before": None,
        }
        async with self._database.write() as connection:
            await connection.execute(update(messages).where(columns.key == key).values(values))
            replies = update(messages).where(columns.parent_key == key, columns.channel_id != channel_id)
            await connection.execute(replies.values(channel_id=channel_id))
            row = (await connection.execute(select(columns.thread_id, columns.parent_key).filter_by(key=key))).first()
            if row is not None and row.thread_id is not None and row.parent_key is None:
                root = update(threads).where(threads.c.id == row.thread_id, threads.c.root_ts.is_(None))
                await connection.execute(root.values(root_ts=ts, channel_id=channel_id))
        # Replies may have waited for this one.
        self.changed.set()

    async def not_sent(self, key: str) -> None:
        """Slack refused the post: it certainly does not exist, so the next attempt needs no search for it."""
        columns = messages.c
        await self._update(and_(columns.key == key, columns.state == "sending"), state="new")

    async def postpone(self, key: str, not_before: datetime, error: str, *, first: bool = False) -> None:
        """Another attempt, counted in `attempts` until one succeeds, is made at `not_before`. `first`: of a new kind
        of trouble, from which on they are counted.
        """
        columns = messages.c
        attempts = 1 if first else columns.attempts + 1
        await self._update(columns.key == key, not_before=not_before, last_error=error[:500], attempts=attempts)

    async def failed(self, key: str, rev: int, error: str) -> None:
        """Slack refuses revision `rev`: it is left alone until it is wanted anew.

        A revision that came meanwhile was not refused, and is tried; only a root that was never posted is given up
        whatever it shall look like.
        """
        columns = messages.c
        was_newest = or_(columns.desired_rev == rev, and_(columns.ts.is_(None), columns.parent_key.is_(None)))
        await self._update(and_(columns.key == key, was_newest), state="failed", last_error=error[:500])
        self.changed.set()

    async def team_traits(self, team_id: str) -> frozenset[str]:
        """What was learnt about a workspace, such as "no_tables"."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(team_traits.c.trait).where(team_traits.c.team_id == team_id))
            return frozenset(rows.scalars())

    async def note_team_trait(self, team_id: str, trait: str) -> None:
        row = {"team_id": team_id, "trait": trait, "noted_at": self._clock()}
        async with self._database.write() as connection:
            await connection.execute(sqlite_insert(team_traits).values(row).on_conflict_do_nothing())

    async def _update(self, which: ColumnElement[bool], **values: object) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(messages).where(which).values(values))


async def put_message(
    connection: AsyncConnection, message: PutMessage, *, team_id: str, thread_id: str | None, now: datetime
) -> None:
    """Write a desired message, or a new revision of it; the same payload again is no new revision.

    What was given up is tried again, also as it was; except for the same edit of a message that was deleted, and for a
    root that was never posted.
    """
    columns = messages.c
    is_it = columns.key == message.key
    shown = select(columns.payload, columns.state, columns.ts, columns.last_error)
    known = (await connection.execute(shown.where(is_it))).first()
    payload = dict(message.payload)
    if known is None:
        parent_channel = await connection.scalar(select(columns.channel_id).where(columns.key == message.parent_key))
        values = {
            "key": message.key,
            "thread_id": thread_id,
            "team_id": team_id,
            "channel_id": parent_channel or message.channel_id,
            "parent_key": message.parent_key,
            "payload": payload,
            "progress": message.progress,
            "desired_rev": 1,
            "sent_rev": 0,
            "state": "new",
            "attempts": 0,
            "created_at": now,
        }
        await connection.execute(insert(messages).values(values))
    elif known.payload != payload:
        revised = {"payload": payload, "progress": message.progress, "desired_rev": columns.desired_rev + 1}
        await connection.execute(update(messages).where(is_it).values(revised))
    elif not message.progress:
        await connection.execute(update(messages).where(is_it).values(progress=False))
    if known is not None and known.state == "failed":
        is_same = known.payload == payload
        tried = _tried_again(message, is_posted=known.ts is not None, is_gone=is_same and known.last_error == DELETED)
        if tried:
            await connection.execute(update(messages).where(is_it).values(state=tried, attempts=0, not_before=None))


def _tried_again(message: PutMessage, *, is_posted: bool, is_gone: bool) -> str | None:
    """The state in which a message that was given up is tried again, None where it stays so."""
    if is_posted:
        return None if is_gone else "sent"  # the channel that refused an edit may take it now
    # So it is with a reply; with its root that was refused, the thread ended. An earlier attempt may have come through
    # without anybody knowing: so it is looked for first.
    return "sending" if message.parent_key is not None else None


_PARENT = messages.alias("parent")


def _select() -> Select[*tuple[Any, ...]]:
    columns = messages.c
    return select(
        columns.key,
        columns.thread_id,
        columns.team_id,
        columns.channel_id,
        columns.parent_key,
        columns.payload,
        columns.progress,
        columns.desired_rev,
        columns.sent_rev,
        columns.ts,
        columns.state,
        columns.attempts,
        columns.last_error,
        columns.created_at,
        columns.sent_at,
        columns.not_before,
        _PARENT.c.ts.label("parent_ts"),
        # A parent that was posted and then deleted is for Slack to judge; this one never came to be.
        case((and_(_PARENT.c.state == "failed", _PARENT.c.ts.is_(None)), True), else_=False).label("parent_failed"),
    ).select_from(messages.outerjoin(_PARENT, _PARENT.c.key == columns.parent_key))


_SELECT = _select()
