"""The check as a workflow, where it ends otherwise than with its report."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.conversation.events import Asked
from bot.store import Store
from bot.workflows import Conversations, DomainChecks, Opening
from checks import Checker, Report

T = TypeVar("T")


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
