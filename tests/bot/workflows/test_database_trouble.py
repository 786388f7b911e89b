"""A database that refuses to write: work waits for it, and what cannot be told is at least ended."""

import asyncio
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from quiet import QUIET, free_port

from bot.conversation.events import Asked, Offer
from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.durable import Durable, Starter
from bot.store import MAIL_WORK, NewMail, StorageTrouble, Store, utc_now
from bot.workflows import CHECK_WORK, EXPIRY_WORK, Conversations, DomainChecks, Expiries, MailAnalyses, Opening
from bot.workflows.mail import ANALYSIS_S
from checks import Checker

DEAD = ["127.0.0.1:9"]
SESSION = {"client_ip": "127.0.0.1", "helo": "a.example", "mail_from": "", "tls": None}
MAIL = b"From: a@example.co.jp\r\nSubject: x\r\n\r\nx\r\n"


class Trouble:
    """Makes a database refuse one kind of write until it is taken away."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def begin(self, event_keys: str) -> None:
        """Refuse to apply events whose key is LIKE this."""
        await self._execute(
            f"CREATE TRIGGER trouble BEFORE INSERT ON applied_events WHEN NEW.event_key LIKE '{event_keys}'"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )

    async def fill(self, write: str, when: str = "1") -> None:
        """Refuse a kind of write, such as INSERT ON reports, with the type of error that a full disk gives."""
        overflow = "abs(-9223372036854775807 - 1)"
        await self._execute(f"CREATE TRIGGER trouble BEFORE {write} WHEN {when} BEGIN SELECT {overflow}; END")

    async def end(self) -> None:
        await self._execute("DROP TRIGGER trouble")

    async def _execute(self, statement: str) -> None:
        # In a thread: whoever waits for the lock here must not keep the transaction that holds it from going on.
        await asyncio.to_thread(self._wait_and_execute, statement)

    def _wait_and_execute(self, statement: str) -> None:
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
    analysis_s: float = ANALYSIS_S,
) -> None:
    async def run() -> None:
        store, durable = Store(tmp_path / "app.db"), Durable(tmp_path, retry_s=retry_s, waits_out=(StorageTrouble,))
        await store.open()
        conversations = Conversations(store)
        async with Checker(nameservers, deadline_s=deadline_s) as checker:
            checks = DomainChecks(store, conversations, lambda: checker, quiet_s=0.001)
            mails = MailAnalyses(store, conversations, lambda: checker, keep_raw=False, analysis_s=analysis_s)
            durable.workflow(CHECK_WORK)(checks.run)
            durable.workflow(MAIL_WORK)(mails.run)
            durable.workflow(EXPIRY_WORK)(Expiries(store, conversations).run)
            await durable.launch()
            starter = asyncio.create_task(Starter(store.work, durable.start).run())
            try:
                await scene(store, conversations, Trouble(tmp_path / "app.db"))
            finally:
                starter.cancel()
                await durable.stop()
                await store.close()

    asyncio.run(run())


async def opened(conversations: Conversations, lives: timedelta = timedelta(hours=24)) -> None:
    offer = Offer("abcdefgh", "t-abcdefgh@mail.example", 24, utc_now() + lives, 20, 2 * 1024**2)
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
        await trouble.begin("%ed:1")
        await opened(conversations)
        await until(lambda: _stored(store, "t1.1"))
        await asyncio.sleep(0.2)
        await trouble.end()
        await until(lambda: _is_told(store, "t1/findings"))
        await trouble.begin("mail:%")
        assert await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)]) == ["accepted"]
        mail_id = (await _mail_ids(tmp_path))[0]
        await until(lambda: _stored(store, f"mail.{mail_id}"))
        await asyncio.sleep(0.2)
        await trouble.end()
        await until(lambda: _is_told(store, f"t1/mail-{mail_id}"))
        reply = await store.messages.get(f"t1/mail-{mail_id}")
        assert reply is not None
        assert "error on our side" not in str(reply.payload)

    with_engine(tmp_path, scene, retry_s=0.02)


def test_progress_that_cannot_be_shown_costs_no_check(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        # One answer that takes a second, so that there is progress to show.
        slow = Fault("_dmarc.example.co.jp", delay_s=1.0)
        zones = [Zone("example.co.jp", "@ MX 10 mx")]
        async with Nameserver(zones, empty_zones=["jp"], faults=[slow], host=QUIET, port=port):
            await trouble.begin("progress:%")
            await opened(conversations)
            await until(lambda: _is_told(store, "t1/findings"))
        assert "the progress of t1 could not be shown" in caplog.text

    port = free_port()
    with_engine(tmp_path, scene, retry_s=0.02, nameservers=[f"{QUIET}:{port}"], deadline_s=5.0)


def test_a_check_that_can_never_be_told_ends_as_failed_and_can_be_repeated(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        await trouble.begin("checked:%")
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
        await trouble.begin("mail:%")
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)])
        mail_id = (await _mail_ids(tmp_path))[0]
        await until(lambda: _is_dropped(store, mail_id))

    with_engine(tmp_path, scene, retry_s=0.00001)


@pytest.mark.parametrize("write", ["INSERT ON reports", "INSERT ON applied_events", "UPDATE ON mails"])
def test_a_disk_that_stays_full_delays_a_mail_and_loses_nothing(tmp_path: Path, write: str) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        await opened(conversations)
        await until(lambda: _is_told(store, "t1/findings"))
        await trouble.fill(write)
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)])
        mail_id = (await _mail_ids(tmp_path))[0]
        # Longer than all attempts of a patient step, with the short waits of this test.
        await asyncio.sleep(1.0)
        mail = await store.mailboxes.mail(mail_id)
        assert mail is not None
        assert mail.raw is not None
        await trouble.end()
        await until(lambda: _is_dropped(store, mail_id))
        reply = await store.messages.get(f"t1/mail-{mail_id}")
        assert reply is not None
        assert "error on our side" not in str(reply.payload)

    with_engine(tmp_path, scene, retry_s=0.00001)


def test_a_report_whose_step_could_not_be_recorded_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(store: Store, conversations: Conversations, _: Trouble) -> None:
        await opened(conversations)
        await until(lambda: _is_told(store, "t1/findings"))
        await Trouble(tmp_path / "dbos.db").fill("INSERT ON operation_outputs", "NEW.function_name = 'analyse'")
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)])
        mail_id = (await _mail_ids(tmp_path))[0]
        await until(lambda: _is_dropped(store, mail_id))
        assert f"the mail {mail_id} could not be analysed" in caplog.text
        reply, mail = await store.messages.get(f"t1/mail-{mail_id}"), await store.mailboxes.mail(mail_id)
        assert reply is not None
        assert "error on our side" not in str(reply.payload)
        assert mail is not None
        assert mail.report_id == f"mail.{mail_id}"

    with_engine(tmp_path, scene, retry_s=0.00001)


def test_an_analysis_that_takes_for_ever_is_given_up_at_the_second_try(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        await opened(conversations)
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), SESSION, MAIL)])
        mail_id = (await _mail_ids(tmp_path))[0]
        before = asyncio.get_running_loop().time()
        await until(lambda: _is_told(store, f"t1/mail-{mail_id}"))
        assert asyncio.get_running_loop().time() - before < 5
        reply = await store.messages.get(f"t1/mail-{mail_id}")
        assert reply is not None
        assert "error on our side" in str(reply.payload)

    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        servers = [f"127.0.0.1:{silent.getsockname()[1]}"]
        with_engine(tmp_path, scene, retry_s=0.5, nameservers=servers, deadline_s=60, analysis_s=0.3)


def test_an_address_expires_after_a_disk_that_stayed_full(tmp_path: Path) -> None:
    async def scene(store: Store, conversations: Conversations, trouble: Trouble) -> None:
        await trouble.fill("INSERT ON applied_events", "NEW.event_key LIKE 'expired:%'")
        await opened(conversations, timedelta(seconds=0.2))
        await asyncio.sleep(1.2)
        await trouble.end()
        await until(lambda: _is_told(store, "t1/nothing-0"))

    with_engine(tmp_path, scene, retry_s=0.00001)


async def _stored(store: Store, report_id: str) -> bool:
    return await store.reports.get(report_id) is not None


async def _is_told(store: Store, key: str) -> bool:
    return await store.messages.get(key) is not None


async def _is_dropped(store: Store, mail_id: str) -> bool:
    mail = await store.mailboxes.mail(mail_id)
    return mail is not None and mail.raw is None and mail.analysed_at is not None


async def _mail_ids(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM mails")]
