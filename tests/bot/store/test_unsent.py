"""The outbox looks every few seconds: what it costs does not grow with the messages that were ever sent."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.store import PutMessage, Store


def plans(tmp_path: Path, ask: str) -> list[str]:
    """How SQLite finds what `ask` (pending, backlog) selects from the messages: one line for each table."""
    asked: list[tuple[str, int]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "FROM messages" in statement:
            asked.append((statement, len(parameters)))

    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        await store.messages.put("T", PutMessage("m", "C", {"text": "x"}))
        engine = store._database._engine
        assert engine is not None
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await (store.messages.pending() if ask == "pending" else store.backlog.read())
        await store.close()

    asyncio.run(main())
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        ((question, count),) = asked
        # Whatever is bound.
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}", [None] * count)]


@pytest.mark.parametrize("ask", ["pending", "backlog"])
def test_unsent_messages_are_found_by_their_index(tmp_path: Path, ask: str) -> None:
    plan = plans(tmp_path, ask)
    scanned = [line for line in plan if line.startswith("SCAN messages")]
    assert scanned == ["SCAN messages USING INDEX messages_unsent"]


def test_the_replies_of_a_message_are_found_by_their_index(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        await store.close()

    asyncio.run(main())
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        for table, column, index in (
            ("messages", "parent_key", "messages_by_parent"),
            ("mails", "report_id", "mails_by_report"),
        ):
            question = f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?"
            ((*_, plan),) = connection.execute(question, ["x"])
            assert index in plan
