"""app.db seen from outside: what can be told without opening it as the bot does, which would bring it up to date."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

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

    Raises UnusableDatabase, and OSError where the file may not be read.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    if not path.exists():
        return Inspection(False, _pending(script, None))
    path.open("rb").close()  # where it may not be read, SQLite would not say why
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
    except sqlite3.DatabaseError as error:
        raise UnusableDatabase(f"{path} cannot be used: {error}") from error
    try:
        return Inspection(True, _pending(script, revision), arrival=arrival)
    except CommandError:
        return Inspection(True, (), is_newer=True, arrival=arrival)


def _pending(script: ScriptDirectory, revision: str | None) -> tuple[str, ...]:
    """Raises CommandError for a revision that this version does not know."""
    newer = script.iterate_revisions("head", revision or "base")
    return tuple(each.revision for each in newer if each.revision != revision)[::-1]


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
