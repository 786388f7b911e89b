"""Work that was decided and must become a durable workflow."""

from asyncio import Event as Signal
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.records import WorkItem
from bot.store.tables import work


class Work:
    def __init__(self, database: Database, clock: Clock, added: Signal) -> None:
        self._database = database
        self._clock = clock
        self.added = added
        """Set after each commit that adds work; the starter clears it."""

    async def pending(self, *, limit: int = 200) -> list[WorkItem]:
        """Work not handed to the engine yet, oldest first."""
        statement = select(work.c.work_id, work.c.name, work.c.argument).where(work.c.started_at.is_(None))
        async with self._database.read() as connection:
            return [WorkItem(*row) for row in await connection.execute(statement.order_by(work.c.seq).limit(limit))]

    async def forget_started(self, before: datetime) -> int:
        """Drop work that the engine was handed before that time, and keeps itself; returns how many."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(work).where(work.c.started_at < before))).rowcount

    async def started(self, work_id: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(work).where(work.c.work_id == work_id).values(started_at=self._clock()))
