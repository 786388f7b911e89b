"""What is kept of a workspace as a whole."""

from sqlalchemy import delete, select

from bot.store.database import Database
from bot.store.tables import messages, monitoring, people, reports, seen_selectors, team_traits, threads


class Workspaces:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, team_id: str) -> None:
        """Delete everything of a workspace: threads with reports and mails, messages, people, what domains showed."""
        async with self._database.write() as connection:
            # Reports, mailboxes, mails and applied events go with their thread.
            for table in (messages, threads, people, team_traits, monitoring):
                await connection.execute(delete(table).where(table.c.team_id == team_id))
            # Selectors are known by domain: those of domains that only this workspace had checked go as well.
            left = select(reports.c.subject).where(reports.c.kind == "domain")
            await connection.execute(delete(seen_selectors).where(seen_selectors.c.domain.not_in(left)))
