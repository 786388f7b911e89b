"""The data directory as the doctor sees it: with a real store, a real lock, and without leaving a trace."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.doctor import State
from bot.doctor.data_dir import DataDir, examine_data_dir
from bot.durable.lock import DataDirLock
from bot.store import Arrival, MailboxOpened, NewMail, NewThread, Store
from checks import Lang

OK, WRONG, UNKNOWN = State.OK, State.WRONG, State.UNKNOWN
NOW = datetime.now(UTC)
"""The mailbox of the mails is open by the clock of the database."""


def states(told: DataDir) -> dict[str, State]:
    return {finding.id: finding.state for finding in told.findings}


def made(path: Path) -> None:
    """A data directory with an up-to-date database, closed."""

    async def make() -> None:
        store = Store(path / "app.db")
        await store.open()
        await store.close()

    asyncio.run(make())


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path / "app.db")) as connection, connection:
        connection.execute(statement)


def test_a_new_directory_is_ok_and_not_made(tmp_path: Path) -> None:
    told = examine_data_dir(tmp_path / "new" / "data", running=False)
    assert states(told) == {"data_dir": OK, "database": OK, "process": OK}
    assert told.bot_runs is False
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_use_before_is_ok_and_left_as_it_was(tmp_path: Path) -> None:
    made(tmp_path)
    before = sorted(each.name for each in tmp_path.iterdir())
    assert set(states(examine_data_dir(tmp_path, running=False)).values()) == {OK}
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_a_file_in_place_of_the_directory_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert states(examine_data_dir(tmp_path / "data", running=False))["data_dir"] is WRONG


def test_too_little_room_is_wrong(tmp_path: Path) -> None:
    assert states(examine_data_dir(tmp_path, running=False, needed_mib=1 << 40))["data_dir"] is WRONG


def test_a_bot_that_runs_is_seen_and_not_disturbed(tmp_path: Path) -> None:
    lock = DataDirLock(tmp_path)
    lock.acquire()
    told = examine_data_dir(tmp_path, running=False)
    assert told.bot_runs is True
    lock.release()
    assert examine_data_dir(tmp_path, running=False).bot_runs is False


def test_a_lock_that_cannot_be_looked_at_could_not_be_told(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("lock")
    told = examine_data_dir(tmp_path, running=False)
    assert told.bot_runs is None
    assert states(told)["process"] is UNKNOWN


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "pending"),
        ("DELETE FROM alembic_version", "pending: 0001"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
    ],
)
def test_a_database_of_another_version_is_wrong(tmp_path: Path, statement: str, words: str) -> None:
    made(tmp_path)
    changed(tmp_path, statement)
    told = next(each for each in examine_data_dir(tmp_path, running=False).findings if each.id == "database")
    assert told.state is WRONG
    assert words in told.say_seen("en")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_trouble_that_may_pass_is_no_reason_to_restore_a_backup(tmp_path: Path, lang: Lang) -> None:
    made(tmp_path)
    (tmp_path / "app.db-wal").mkdir()  # SQLite cannot open it, and says no more
    told = next(each for each in examine_data_dir(tmp_path, running=False).findings if each.id == "database")
    assert told.state is UNKNOWN
    assert "unable to open database file" in told.say_seen(lang)
    assert "journalctl -k" in (told.say_fix(lang) or "")


def test_a_file_that_is_no_database_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_bytes(b"no database at all, whatever its name says" * 100)
    assert states(examine_data_dir(tmp_path, running=False))["database"] is WRONG
    (tmp_path / "app.db").unlink()
    (tmp_path / "app.db").mkdir()
    assert states(examine_data_dir(tmp_path, running=False))["database"] is UNKNOWN


@pytest.mark.parametrize("open_elsewhere", [True, False])
def test_the_last_mail_from_the_internet_is_found(tmp_path: Path, open_elsewhere: bool) -> None:
    token = "abcdefghijkmnpqr"
    days_ago = {"1.2.3.4": 9, "8.9.9.9": 3, "127.0.0.1": 1, "10.0.0.1": 1, "nonsense": 0}

    async def scene() -> DataDir:
        store = Store(tmp_path / "app.db")
        await store.open()
        opened = MailboxOpened(token, NOW + timedelta(hours=1), 1000, 1000)
        thread = NewThread("t", "T", "C", "example.com", "en", "U")
        await store.threads.open(thread, "begin", lambda state: (state, [opened]))
        mails = [NewMail(token, NOW - timedelta(days=ago), {"client_ip": ip}, b"x") for ip, ago in days_ago.items()]
        await store.mailboxes.accept(mails)
        if not open_elsewhere:
            await store.close()
        told = await asyncio.to_thread(examine_data_dir, tmp_path, running=False)
        await store.close()
        return told

    told = asyncio.run(scene())
    assert set(states(told).values()) == {OK}
    assert told.arrival == Arrival(NOW - timedelta(days=3), "8.9.9.9")
