"""Small caches: who speaks which language, and which DKIM selectors a domain was seen to sign with."""

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.records import Person
from bot.store.tables import people, seen_selectors


class People:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, team_id: str, user_id: str) -> Person | None:
        statement = select(people).where(people.c.team_id == team_id, people.c.user_id == user_id)
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
            return None if row is None else Person(*row)

    async def put(self, team_id: str, user_id: str, *, lang: str, is_guest: bool) -> None:
        facts = {"lang": lang, "is_guest": is_guest, "fetched_at": self._clock()}
        statement = insert(people).values(team_id=team_id, user_id=user_id, **facts)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["team_id", "user_id"], set_=facts))


class Selectors:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def seen(self, domain: str, selector: str) -> None:
        now = self._clock()
        statement = insert(seen_selectors).values(domain=domain, selector=selector, last_seen_at=now)
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["domain", "selector"], set_={"last_seen_at": now})
            )

    async def of(self, domain: str, *, limit: int = 20) -> tuple[str, ...]:
        """Selectors seen in mail of the domain, the latest first."""
        columns = seen_selectors.c
        statement = select(columns.selector).where(columns.domain == domain)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(columns.last_seen_at.desc()).limit(limit))
            return tuple(rows.scalars())
