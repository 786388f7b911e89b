"""app.db seen from outside: what can be told without opening it as the bot does, which would bring it up to date."""

import errno
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.store.database import BUSY_TIMEOUT_MS, MIGRATIONS, UnusableDatabase

MAILS_READ = 500


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that came in from the internet: when (aware), and the address of the client."""

    received_at: datetime
    client_ip: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """`pending`: revisions that the next start applies, oldest first; all of them where there is no file yet.

    `is_newer`: the file was written by a newer version of the bot. `arrival`: the newest mail from the internet among
    the last `MAILS_READ`.
    """

    exists: bool
    pending: tuple[str, ...]
    is_newer: bool = False
    arrival: Arrival | None = None


def inspect(path: Path) -> Inspection:
    """Look at the file, blocking, whether or not a bot runs on it; changes nothing and leaves no file behind.

    Raises UnusableDatabase, OSError where the file may not be read, and sqlite3.OperationalError for trouble that may
    pass (locked, disk).
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if not path.exists():
        return Inspection(False, _pending(known, None))
    # Not by opening it: closing a file takes from this process every lock that SQLite holds on it.
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    # Without a log to replay nobody has it open, and so SQLite need not make the files that it shares with others.
    flag = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?{flag}", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            revision = (
                _one(connection, "SELECT version_num FROM alembic_version") if "alembic_version" in tables else None
            )
            arrival = _arrival(connection) if "mails" in tables else None
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise UnusableDatabase(f"{path} cannot be used: {error}") from error
    if revision is not None and revision not in known:
        return Inspection(True, (), True, arrival)
    return Inspection(True, _pending(known, revision), False, arrival)


def _pending(known: list[str], revision: str | None) -> tuple[str, ...]:
    """`known`: the revisions of this version, newest first."""
    applied = known.index(revision) if revision in known else len(known)
    return tuple(known[:applied][::-1])


def _one(connection: sqlite3.Connection, query: str) -> str | None:
    row = connection.execute(query).fetchone()
    return None if row is None else str(row[0])


def _arrival(connection: sqlite3.Connection) -> Arrival | None:
    query = "SELECT received_at, session FROM mails ORDER BY received_at DESC LIMIT ?"
    for received_at, session in connection.execute(query, (MAILS_READ,)):
        client_ip = str(json.loads(session).get("client_ip", ""))
        try:
            if ip_address(client_ip).is_global:
                return Arrival(datetime.fromisoformat(received_at).replace(tzinfo=UTC), client_ip)
        except ValueError:
            continue
    return None
