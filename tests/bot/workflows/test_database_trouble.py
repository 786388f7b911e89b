"""A database that refuses to write: work waits for it, and what cannot be told is at least ended."""

import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversation.events import Asked, Offer
from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.durable import Durable, Starter
from bot.store import MAIL_WORK, NewMail, Store, utc_now
from bot.workflows import CHECK_WORK, EXPIRY_WORK, Conversations, DomainChecks, Expiries, MailAnalyses, Opening
from checks import Checker

DEAD = ["127.0.0.1:9"]
SESSION = {"client_ip": "127.0.0.1", "helo": "a.example", "mail_from": "", "tls": None}
MAIL = b"From: a@example.co.jp\r\nSubject: x\r\n\r\nx\r\n"


class Trouble:
    """Makes the database refuse one kind of write, as a full disk would, until it is taken away."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, event_keys: str) -> None:
        """Refuse to apply events whose key is LIKE this."""
        self._execute(
            f"CREATE TRIGGER trouble BEFORE INSERT ON applied_events WHEN NEW.event_key LIKE '{event_keys}'"
            " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )

    def end(self) -> None:
        self._execute("DROP TRIGGER trouble")

    def _execute(self, statement: str) -> None:
        # SQLite gives a free database to nobody in turn, and the engine tries again all the time.
        with closing(sqlite3.connect(self._path, timeout=60)) as connection, connection:
            connection.execute(statement)


def with_engine(
    tmp_path: Path,
    scene: Callable[[Store, Conversations, Trouble], Awaitable[None]],
    *,
    retry_s: float,
    nameservers: list[str] = DEAD,
    deadline_s: float = 0.3,
) -> None:
    async def run() -> None:
        store, durable = Store(tmp_path / "app.db"), Durable(tmp_path, retry_s=retry_s)
        await store.open()
        conversations = Conversations(store)
        async with Checker(nameservers, deadline_s=deadline_s) as checker:
            checks = DomainChecks(store, conversations, lambda: checker, quiet_s=0.001)
            mails = MailAnalyses(store, conversations, lambda: checker, keep_raw=False)
            durable.workflow(CHECK_WORK)(checks.run)
            durable.workflow(MAIL_WORK)(mails.run)
            durable.workflow(EXPIRY_WORK)(Expiries(conversations).run)
            await durable.launch()
            starter = asyncio.create_task(Starter(store.work, durable.start).run())
            try:
                await scene(store, conversations, Trouble(tmp_path / "app.db"))
            finally:
                starter.cancel()
                await durable.stop()
                await store.close()

    asyncio.run(run())


async def opened(conversations: Conversations) -> None:
    offer = Offer("abcdefgh", "t-abcdefgh@mail.example", 24, utc_now() + timedelta(hours=24), 20, 2 * 1024**2)
    opening = Opening("t1", "T1", "C1", "U1", "en", (Asked("example.co.jp", "example.co.jp"),))
    await conversations.open(opening, offer)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await true():
                return
            await asyncio.sleep(0.02)


async def root_text(store: Store) -> str:
    root = await store.messages.get("t1/root")
    assert root is not None
    return str(root.payload["text"])


def test_a_trouble_that_passes_costs_neither_the_check_nor_the_mail(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        trouble.begin("%ed:1")
        await opened(conversations)
        await until(lambda: _stored(store, "t1.1"))
        await asyncio.sleep(0.2)
        trouble.end()
        await until(lambda: _is_told(store, "t1/findings"))
        trouble.begin("mail:%")
        assert await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)]) == ["accepted"]
        mail_id = (await _mail_ids(tmp_path))[0]
        await until(lambda: _stored(store, f"mail.{mail_id}"))
        await asyncio.sleep(0.2)
        trouble.end()
        await until(lambda: _is_told(store, f"t1/mail-{mail_id}"))
        reply = await store.messages.get(f"t1/mail-{mail_id}")
        assert reply is not None
        assert "error on our side" not in str(reply.payload)

    with_engine(tmp_path, scene, retry_s=0.02)


def test_progress_that_cannot_be_shown_costs_no_check(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        # One answer that takes a second, so that there is progress to show.
        slow = Fault("_dmarc.example.co.jp", delay_s=1.0)
        server = Nameserver([Zone("example.co.jp", "@ MX 10 mx")], empty_zones=["jp"], faults=[slow], port=port)
        async with server:
            trouble.begin("progress:%")
            await opened(conversations)
            await until(lambda: _is_told(store, "t1/findings"))
        assert "the progress of t1 could not be shown" in caplog.text

    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with_engine(tmp_path, scene, retry_s=0.02, nameservers=[f"127.0.0.1:{port}"], deadline_s=5.0)


def test_a_check_that_can_never_be_told_ends_as_failed_and_can_be_repeated(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        trouble.begin("checked:%")
        await opened(conversations)

        async def ended() -> bool:
            thread = await store.threads.get("t1")
            assert thread is not None
            return not thread.is_running(utc_now())

        assert not await ended()

        await until(ended)
        thread = await conversations.read("t1")
        assert thread is not None
        assert thread.state.row.failed
        assert not thread.state.is_running

    with_engine(tmp_path, scene, retry_s=0.00001)


def test_a_mail_that_can_never_be_told_is_dropped_all_the_same(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        await opened(conversations)
        trouble.begin("mail:%")
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)])
        mail_id = (await _mail_ids(tmp_path))[0]

        async def dropped() -> bool:
            mail = await store.mailboxes.mail(mail_id)
            return mail is not None and mail.raw is None and mail.analysed_at is not None

        await until(dropped)

    with_engine(tmp_path, scene, retry_s=0.00001)


async def _stored(store: Store, report_id: str) -> bool:
    return await store.reports.get(report_id) is not None


async def _is_told(store: Store, key: str) -> bool:
    return await store.messages.get(key) is not None


async def _mail_ids(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM mails")]
