"""Finished reports, as the language-neutral data that the checks give."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Text, cast, delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.records import StoredReport
from bot.store.tables import reports, threads


class Reports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(
        self,
        report_id: str,
        *,
        thread_id: str | None,
        kind: Literal["domain", "message"],
        subject: str,
        catalogue: str,
        verdict: str,
        data: Mapping[str, Any],
    ) -> None:
        """Keep a report. The first one under an id stays: a step that is repeated changes nothing."""
        values = {
            "id": report_id,
            "thread_id": thread_id,
            "kind": kind,
            "subject": subject,
            "created_at": self._clock(),
            "catalogue": catalogue,
            "verdict": verdict,
            "data": dict(data),
        }
        async with self._database.write() as connection:
            await connection.execute(insert(reports).values(values).on_conflict_do_nothing(index_elements=["id"]))

    async def get(self, report_id: str) -> StoredReport | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(reports).where(reports.c.id == report_id))).first()
            return None if row is None else StoredReport(*row)

    async def is_stored(self, report_id: str) -> bool:
        async with self._database.read() as connection:
            return (await connection.execute(select(reports.c.id).where(reports.c.id == report_id))).first() is not None

    async def forget_unnamed(self, before: datetime) -> int:
        """Drop reports from before that time whose thread's state no longer names them; returns how many."""
        named = exists().where(
            threads.c.id == reports.c.thread_id,
            func.instr(cast(threads.c.state, Text), func.json_quote(reports.c.id)) > 0,
        )
        statement = delete(reports).where(reports.c.created_at < before, reports.c.thread_id.is_not(None), ~named)
        async with self._database.write() as connection:
            return (await connection.execute(statement)).rowcount
