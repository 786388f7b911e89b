"""The check as a workflow, where it ends otherwise than with its report, and the turns of mails."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.conversation.events import Asked, Offer
from bot.store import MAIL_WORK, NewMail, Store, utc_now
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


def test_a_check_that_takes_too_long_ends(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        conversations = Conversations(store)
        await conversations.open(Opening("t1", "T1", "C1", "U1", "en", (Asked("a.example", "a.example"),)), None)
        with socket.socket(type=socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            async with Checker([f"127.0.0.1:{silent.getsockname()[1]}"], deadline_s=60.0) as checker:
                checks = DomainChecks(store, conversations, lambda: checker, check_s=0.1)
                with pytest.raises(TimeoutError):
                    await checks.run(AtOnce(), "t1.1")
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
        conversations = Conversations(store)
        offer = Offer("abcdefgh", "t-abcdefgh@mail.example", 24, utc_now() + timedelta(hours=1), 20, 9999)
        await conversations.open(Opening("t1", "T1", "C1", "U1", "en", (Asked("a.example", "a.example"),)), offer)
        session = {"client_ip": "127.0.0.1", "helo": "a.example", "mail_from": "", "tls": None}
        await store.mailboxes.accept([NewMail("abcdefgh", utc_now(), session, MAIL) for _ in range(5)])
        ids = [item.argument for item in await store.work.pending() if item.name == MAIL_WORK]
        assert len(ids) == 5
        async with Counting(["127.0.0.1:9"], deadline_s=0.3) as checker:
            mails = MailAnalyses(store, conversations, lambda: checker, keep_raw=False, at_once=2)
            await asyncio.gather(*(mails.run(AtOnce(), mail_id) for mail_id in ids))
            assert checker.most == 2
        for mail_id in ids:
            assert await store.reports.is_stored(f"mail.{mail_id}")
        await store.close()

    asyncio.run(scene())
