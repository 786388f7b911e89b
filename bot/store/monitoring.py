"""Since when a workspace's checks of a domain found a DMARC policy that only monitors (p=none).

Kept apart from the reports, which go when no thread shows them any more.
"""

from datetime import datetime

from sqlalchemy import Delete, delete, literal, select
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.tables import UtcDateTime, monitoring, threads


class Monitoring:
    """The workspace is that of the thread in which the check was made; of a thread that is gone nothing is noted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def since(self, thread_id: str, domain: str) -> datetime | None:
        """The first check of the latest unbroken row of checks that found it, None where the latest did not."""
        statement = (
            select(monitoring.c.since)
            .join(threads, threads.c.team_id == monitoring.c.team_id)
            .where(threads.c.id == thread_id, monitoring.c.domain == domain)
        )
        async with self._database.read() as connection:
            return await connection.scalar(statement)

    async def noted(self, thread_id: str, domain: str, only_monitors: bool | None) -> None:
        """Take in what a check found; None, that it could not tell, changes nothing."""
        if only_monitors is None:
            return
        async with self._database.write() as connection:
            await connection.execute(self._found(thread_id, domain) if only_monitors else _ended(thread_id, domain))

    def _found(self, thread_id: str, domain: str) -> Insert:
        now = self._clock()
        at = literal(now, UtcDateTime())
        row = select(threads.c.team_id, literal(domain), at, at).where(threads.c.id == thread_id)
        statement = insert(monitoring).from_select(["team_id", "domain", "since", "seen_at"], row)
        return statement.on_conflict_do_update(index_elements=["team_id", "domain"], set_={"seen_at": now})

    async def forget_unseen(self, before: datetime) -> int:
        """Drop domains that were last checked before that time; returns how many."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(monitoring).where(monitoring.c.seen_at < before))).rowcount


def _ended(thread_id: str, domain: str) -> Delete:
    team = select(threads.c.team_id).where(threads.c.id == thread_id).scalar_subquery()
    return delete(monitoring).where(monitoring.c.team_id == team, monitoring.c.domain == domain)
