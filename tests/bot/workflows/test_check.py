"""The check as a workflow, where it ends otherwise than with its report, and the turns of mails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.conversation.events import Asked
from bot.store import MailboxOpened, NewMail, NewThread, Store
from bot.workflows import Conversations, DomainChecks, MailAnalyses, Opening
from checks import Checker, Report

T = TypeVar("T")

MAIL = b"From: a@a.example\r\nSubject: x\r\n\r\nx\r\n"


class AtOnce:
    """A context that records nothing."""

    work_id = "w1"

    async def step(self, name: str, call: Callable[[], Awaitable[T]], **_: object) -> T:
        return await call()

    async def sleep_until(self, when: object) -> None:
        raise AssertionError("a check sleeps for nothing")


class Interrupted(Checker):
    """The workflow is cancelled in the turn of the event loop after its check gave a report."""

    workflow: "asyncio.Task[None]"

    async def check_domain(self, *args: Any, **options: Any) -> Report:
        report = await super().check_domain(*args, **options)
        asyncio.get_running_loop().call_soon(self.workflow.cancel)
        return report


def test_a_cancellation_that_meets_the_end_of_the_progress_ends_the_workflow(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        conversations = Conversations(store)
        await conversations.open(Opening("t1", "T1", "C1", "U1", "en", (Asked("a.example", "a.example"),)), None)
        async with Interrupted(["127.0.0.1:9"], deadline_s=0.3) as checker:
            checks = DomainChecks(store, conversations, lambda: checker)
            checker.workflow = asyncio.create_task(checks.run(AtOnce(), "t1.1"))
            await asyncio.wait({checker.workflow})
        assert checker.workflow.cancelled()
        assert await store.reports.get("t1.1") is None
        await store.close()

    asyncio.run(scene())


class Counting(Checker):
    """Notes how many mails are analysed at the same time."""

    now = most = 0

    async def check_message(self, *args: Any, **options: Any) -> Report:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().check_message(*args, **options)
        finally:
            self.now -= 1


def test_only_so_many_mails_are_analysed_at_the_same_time_and_the_others_wait_on_disk(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        new = NewThread("t1", "T1", "C1", "a.example", "en", "U1")
        await store.threads.open(new, "begin", lambda state: (state, [MailboxOpened("abcdefgh", expires_at, 9, 9999)]))
        session = {"client_ip": "127.0.0.1", "helo": "a.example", "mail_from": "", "tls": None}
        await store.mailboxes.accept([NewMail("abcdefgh", datetime.now(UTC), session, MAIL) for _ in range(5)])
        ids = [item.argument for item in await store.work.pending()]
        async with Counting(["127.0.0.1:9"], deadline_s=0.3) as checker:
            mails = MailAnalyses(store, Conversations(store), lambda: checker, keep_raw=False, at_once=2)
            await asyncio.gather(*(mails._in_turn(mail_id) for mail_id in ids))
            assert checker.most == 2
        for mail_id in ids:
            assert await store.reports.is_stored(f"mail.{mail_id}")
        await store.close()

    asyncio.run(scene())
