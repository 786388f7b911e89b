"""What waits in app.db, over all tables, and whether it can be written at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from bot.store.database import Database
from bot.store.tables import UNSENT, mails, messages, work


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that Slack does not show as desired; `sent_rev` is the revision it shows, 0 for none."""

    key: str
    sent_rev: int
    is_posted: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """`work`: decided and not handed to the engine. `mails`: received and not analysed.

    `unsent`: what the outbox could send, whether or not it is due; not the replies that wait for their root.
    """

    work: int
    mails: int
    unsent: tuple[Unsent, ...]


class Backlogs:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Backlog:
        parent = messages.alias("parent")
        columns = messages.c
        parent_ready = or_(columns.parent_key.is_(None), parent.c.ts.is_not(None), parent.c.state == "failed")
        unsent = (
            select(columns.key, columns.sent_rev, columns.ts.is_not(None), columns.created_at)
            .select_from(messages.outerjoin(parent, parent.c.key == columns.parent_key))
            .where(UNSENT, parent_ready)
        )
        unstarted = select(func.count()).select_from(work).where(work.c.started_at.is_(None))
        unanalysed = select(func.count()).select_from(mails).where(mails.c.analysed_at.is_(None))
        async with self._database.read() as connection:
            return Backlog(
                await connection.scalar(unstarted) or 0,
                await connection.scalar(unanalysed) or 0,
                tuple(Unsent(*row) for row in await connection.execute(unsent)),
            )

    async def prove_writable(self) -> None:
        """Commit to disk what changes nothing; raises what a write raises (a full disk, a lock that is never freed)."""
        async with self._database.write() as connection:
            # A field of the header that nothing of ours reads; SQLite writes it also where it stays as it was.
            await connection.exec_driver_sql("PRAGMA user_version = 0")
