"""Threads: the conversation's state, and the one operation that changes it."""

from asyncio import Event as Signal
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.effects import (
    Effect,
    LanguageSet,
    MailboxClosed,
    MailboxOpened,
    PutMessage,
    Running,
    StartWork,
    Transition,
)
from bot.store.messages import put_message
from bot.store.records import LONGEST_RUN, NewThread, Opened, Thread
from bot.store.tables import applied_events, mailboxes, threads
from bot.store.tables import work as work_table


class UnknownThread(LookupError):
    """No thread has that id."""


class Threads:
    def __init__(self, database: Database, clock: Clock, *, messages_changed: Signal, work_added: Signal) -> None:
        self._database = database
        self._clock = clock
        self._messages_changed = messages_changed
        self._work_added = work_added

    async def open(
        self,
        new: NewThread,
        event_key: str,
        transition: Transition,
        *,
        does_it: Callable[[Thread], bool] = lambda thread: False,
    ) -> Opened:
        """Create a thread and apply its first event (the transition gets the state {}), in one transaction.

        If in that channel a check of the same `domain` already runs, or one in a thread of which `does_it` holds,
        nothing is written and that thread is given back. The same `new.id` and `event_key` again give the thread
        back unchanged.
        """
        async with self._database.write() as connection:
            found = await _one(connection, select(threads).where(threads.c.id == new.id))
            if found is None:
                for row in await connection.execute(_running(new.team_id, new.channel_id, self._clock())):
                    running = Thread(*row)
                    if running.domain == new.domain or does_it(running):
                        return Opened(running, new=False)
                await connection.execute(
                    insert(threads).values(
                        id=new.id,
                        team_id=new.team_id,
                        channel_id=new.channel_id,
                        domain=new.domain,
                        lang=new.lang,
                        invoker=new.invoker,
                        created_at=self._clock(),
                        state={},
                    )
                )
            effects = await self._apply(connection, new.id, event_key, transition)
            thread = await _one(connection, select(threads).where(threads.c.id == new.id))
        self._wake(effects or ())
        assert thread is not None
        return Opened(thread, new=True)

    async def apply(self, thread_id: str, event_key: str, transition: Transition) -> bool:
        """Apply one event to a thread: new state, effects and the event's key in one transaction.

        False, and nothing happens, if that key was applied to this thread before. Raises UnknownThread.
        """
        async with self._database.write() as connection:
            effects = await self._apply(connection, thread_id, event_key, transition)
        if effects is None:
            return False
        self._wake(effects)
        return True

    async def forget_applied(self, before: datetime) -> int:
        """Drop the keys of events applied before that time, when nobody repeats them any more; returns how many."""
        statement = delete(applied_events).where(applied_events.c.applied_at < before)
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount

    async def get(self, thread_id: str) -> Thread | None:
        async with self._database.read() as connection:
            return await _one(connection, select(threads).where(threads.c.id == thread_id))

    async def by_root(self, team_id: str, channel_id: str, root_ts: str) -> Thread | None:
        """The thread under the root message with that ts."""
        columns = threads.c
        statement = select(threads).where(
            columns.team_id == team_id, columns.channel_id == channel_id, columns.root_ts == root_ts
        )
        async with self._database.read() as connection:
            return await _one(connection, statement)

    async def recent(self, team_id: str, *, domain: str | None = None, limit: int = 20) -> list[Thread]:
        """Threads of a workspace, newest first."""
        statement = select(threads).where(threads.c.team_id == team_id)
        if domain is not None:
            statement = statement.where(threads.c.domain == domain)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(threads.c.created_at.desc()).limit(limit))
            return [Thread(*row) for row in rows]

    async def _apply(
        self, connection: AsyncConnection, thread_id: str, event_key: str, transition: Transition
    ) -> Sequence[Effect] | None:
        """The effects written, or None if the event had been applied before."""
        thread = await _one(connection, select(threads).where(threads.c.id == thread_id))
        if thread is None:
            raise UnknownThread(thread_id)
        first = await connection.execute(
            sqlite_insert(applied_events)
            .values(thread_id=thread_id, event_key=event_key, applied_at=self._clock())
            .on_conflict_do_nothing()
        )
        if first.rowcount == 0:
            return None
        state, effects = transition(thread.state)
        await connection.execute(update(threads).where(threads.c.id == thread_id).values(state=state))
        for effect in effects:
            await self._write(connection, thread, effect)
        return effects

    async def _write(self, connection: AsyncConnection, thread: Thread, effect: Effect) -> None:
        now = self._clock()
        this = threads.c.id == thread.id
        match effect:
            case PutMessage():
                await put_message(connection, effect, team_id=thread.team_id, thread_id=thread.id, now=now)
            case StartWork(name, work_id, argument):
                row = {"name": name, "work_id": work_id, "argument": argument, "created_at": now}
                await connection.execute(sqlite_insert(work_table).values(row).on_conflict_do_nothing())
            case MailboxOpened(token, expires_at, max_mails, max_bytes):
                await connection.execute(
                    insert(mailboxes).values(
                        token=token,
                        thread_id=thread.id,
                        created_at=now,
                        expires_at=expires_at,
                        mails_count=0,
                        max_mails=max_mails,
                        max_bytes=max_bytes,
                    )
                )
            case MailboxClosed(token):
                still_open = mailboxes.c.closed_at.is_(None)
                owned = mailboxes.c.token == token, mailboxes.c.thread_id == thread.id
                await connection.execute(update(mailboxes).where(*owned, still_open).values(closed_at=now))
            case Running(running):
                await connection.execute(update(threads).where(this).values(running_since=now if running else None))
            case LanguageSet(lang):
                await connection.execute(update(threads).where(this).values(lang=lang))

    def _wake(self, effects: Sequence[Effect]) -> None:
        if any(isinstance(effect, PutMessage) for effect in effects):
            self._messages_changed.set()
        if any(isinstance(effect, StartWork) for effect in effects):
            self._work_added.set()


def _running(team_id: str, channel_id: str, now: datetime) -> Select[*tuple[Any, ...]]:
    columns = threads.c
    return (
        select(threads)
        .where(columns.team_id == team_id, columns.channel_id == channel_id)
        .where(columns.running_since > now - LONGEST_RUN)
        .order_by(columns.running_since.desc())
    )


async def _one(connection: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> Thread | None:
    row = (await connection.execute(statement)).first()
    return None if row is None else Thread(*row)
