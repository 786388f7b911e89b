"""The group commit before the 250."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.mailbox.acceptance import MOST_WAITING, GroupCommit
from bot.store import Acceptance, MailboxOpened, NewMail, NewThread, Store, database

TOKEN = "abcdefghijkmnpqr"


class Watched:
    """The store's mailboxes, slow as a busy disk, with the size of each transaction written down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.batches: list[int] = []

    async def accept(self, arrived: list[NewMail]) -> list[Acceptance]:
        self.batches.append(len(arrived))
        await asyncio.sleep(0.05)
        return await self._store.mailboxes.accept(arrived)


async def opened(path: Path) -> Store:
    store = Store(path / "app.db")
    await store.open()
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    new = NewThread("t", "T", "C", "example.com", "en", "U")
    await store.threads.open(new, "begin", lambda state: (state, [MailboxOpened(TOKEN, expires_at, 1000, 1000)]))
    return store


def mail(raw: bytes = b"x", **session: object) -> NewMail:
    return NewMail(TOKEN, datetime.now(UTC), session, raw)


def test_mails_that_arrive_during_a_commit_share_the_next_one(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        watched = Watched(store)
        writer = GroupCommit(watched)
        writer.start()
        first = asyncio.create_task(writer.keep(mail()))
        await asyncio.sleep(0.01)
        outcomes = await asyncio.gather(first, *(writer.keep(mail()) for _ in range(20)))
        assert outcomes == ["accepted"] * 21
        assert watched.batches == [1, 20]
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_a_mail_is_kept_although_its_session_ends_first(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        writer = GroupCommit(Watched(store))
        writer.start()
        session = asyncio.create_task(writer.keep(mail()))
        await asyncio.sleep(0.01)
        session.cancel()
        await writer.stop()
        assert len(await store.work.pending()) == 1
        assert await writer.keep(mail()) == "unavailable"
        await store.close()

    asyncio.run(main())


def test_a_mail_that_cannot_be_written_costs_no_other_its_place(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        writer = GroupCommit(Watched(store))
        writer.start()
        arrived = mail(), mail(helo=object()), mail(b"x" * 2000), mail()
        outcomes = await asyncio.gather(*(writer.keep(each) for each in arrived))
        assert outcomes == ["accepted", "unavailable", "too_big", "accepted"]
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_a_mail_that_is_coming_shares_the_commit_of_one_that_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        watched = Watched(store)
        writer = GroupCommit(watched)
        writer.start()
        with writer.coming():
            first = asyncio.create_task(writer.keep(mail()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert watched.batches == []
        assert await asyncio.gather(first, writer.keep(mail())) == ["accepted"] * 2
        assert watched.batches == [2]
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_a_mail_that_never_ends_keeps_no_other_waiting(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        writer = GroupCommit(store.mailboxes)
        writer.start()
        with writer.coming():
            assert await asyncio.wait_for(writer.keep(mail()), 5) == "accepted"
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_a_locked_database_is_not_waited_for_by_each_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)

    async def main() -> None:
        store = await opened(tmp_path)
        watched = Watched(store)
        writer = GroupCommit(watched)
        writer.start()
        with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")
            assert await asyncio.gather(*(writer.keep(mail()) for _ in range(5))) == ["unavailable"] * 5
        assert watched.batches == [5]
        assert await writer.keep(mail()) == "accepted"
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_on_a_nearly_full_disk_what_fits_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
            # The type of error that a full disk gives.
            full = "SELECT abs(-9223372036854775807 - 1)"
            connection.execute(f"CREATE TRIGGER full BEFORE INSERT ON mails WHEN NEW.size > 99 BEGIN {full}; END")
        writer = GroupCommit(store.mailboxes)
        writer.start()
        arrived = mail(), mail(b"x" * 100), mail()
        assert await asyncio.gather(*map(writer.keep, arrived)) == ["accepted", "unavailable", "accepted"]
        await writer.stop()
        await store.close()

    asyncio.run(main())


def test_mails_whose_clients_have_gone_are_held_in_memory_only_up_to_a_number(tmp_path: Path) -> None:
    async def main() -> None:
        store = await opened(tmp_path)
        writer = GroupCommit(Watched(store))
        writer.start()
        first = asyncio.create_task(writer.keep(mail()))
        await asyncio.sleep(0.01)
        gone = [asyncio.create_task(writer.keep(mail())) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        assert await writer.keep(mail()) == "unavailable"
        assert await first == "accepted"
        await writer.stop()
        assert len(await store.work.pending(limit=2 * MOST_WAITING)) == MOST_WAITING + 1
        await store.close()

    asyncio.run(main())
