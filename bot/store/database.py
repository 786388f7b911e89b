"""app.db itself: how it is opened, read and written."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.prepared import to_json

BUSY_TIMEOUT_MS = 10_000
MIGRATIONS = Path(__file__).parent / "migrations"

T = TypeVar("T")

StorageTrouble = OperationalError
"""What reads and writes raise while the disk is full, broken or read-only or the file is locked: it may pass."""


def is_locked(trouble: StorageTrouble) -> bool:
    """Somebody else kept the file locked for all the time that a write waits for it."""
    code = getattr(trouble.orig, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class UnusableDatabase(Exception):
    """The file cannot be opened, or not by this version; the text names it for the operator."""


class Database:
    """One SQLite file in WAL mode, synced at every commit.

    Writers take the lock at BEGIN: a transaction that reads first and then writes is refused at once when
    another one wrote in between, whatever the busy timeout.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = asyncio.Lock()
        self._engine: AsyncEngine | None = None
        self._writer: AsyncEngine | None = None
        self._direct: Engine | None = None
        self._thread = ThreadPoolExecutor(1, "app.db")
        self._glance: Connection | None = None
        self._batch: Connection | None = None

    async def open(self) -> None:
        """Open the file (made readable by its owner alone) and bring its tables up to date.

        Raises UnusableDatabase.
        """
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        options: dict[str, Any] = {
            # Errors are logged, and parameters are tokens and mails.
            "hide_parameters": True,
            "json_serializer": to_json,
        }
        self._engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(self._path)), **options)
        self._direct = create_engine(URL.create("sqlite", database=str(self._path)), **options)
        for engine in (self._engine.sync_engine, self._direct):
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
        self._writer = self._engine.execution_options(writes=True)
        try:
            async with self.write() as connection:
                await connection.run_sync(_upgrade)
        except DBAPIError as error:
            raise UnusableDatabase(f"{self._path} cannot be used: {error.orig}") from error
        except CommandError as error:
            # Its migrations are of a newer version of ours.
            raise UnusableDatabase(f"{self._path} cannot be brought up to date: {error}") from error

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
        await asyncio.to_thread(self._thread.shutdown)
        for connection in (self._glance, self._batch):
            if connection is not None:
                connection.close()
        if self._direct is not None:
            self._direct.dispose()
        self._engine = self._writer = self._direct = self._glance = self._batch = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view of the data for the length of the block."""
        assert self._engine is not None, "the database is not open"
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, durable when the block has ended without an exception, undone otherwise."""
        assert self._writer is not None, "the database is not open"
        # Waiting here is fair and costs nothing; waiting inside SQLite polls and blocks a thread.
        async with self._writing, self._writer.begin() as connection:
            yield connection

    async def write_at_once(self, change: Callable[[Connection], T]) -> T:
        """One transaction like those of `write`, made by `change` in one go in a thread: many rows cost little so."""
        async with self._writing:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._change, change)

    def glance(self, question: Callable[[Connection], T]) -> T:
        """The answer to one small question, without any thread between: for what strangers ask again and again.

        Each statement sees what was committed before it. In WAL mode nothing that others do makes it wait; where it
        would have to wait all the same, it raises the OperationalError of SQLAlchemy or of the driver at once.
        """
        if self._glance is None:
            assert self._direct is not None, "the database is not open"
            self._glance = self._direct.connect().execution_options(isolation_level="AUTOCOMMIT", glances=True)
            self._glance.exec_driver_sql("PRAGMA busy_timeout=0")
        return question(self._glance)

    def _change(self, change: Callable[[Connection], T]) -> T:
        if self._batch is None:
            assert self._direct is not None, "the database is not open"
            self._batch = self._direct.connect().execution_options(writes=True)
        try:
            with self._batch.begin():
                return change(self._batch)
        except sqlite3.OperationalError as error:  # of a prepared statement
            raise StorageTrouble(None, None, error) from error


def _prepare(connection: Any, _record: Any) -> None:
    # The driver would otherwise begin its own deferred transactions.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("glances", False):
        return
    writes = options.get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
