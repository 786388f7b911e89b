"""The domain check as a workflow: check, keep the report, tell the thread."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from bot.conversation.events import Checked, CheckFailed, Progressed
from bot.durable import PATIENT, Context, StepFailed
from bot.store import Store
from bot.workflows.conversations import Conversations
from bot.workflows.names import CHECK_WORK, numbered, thread_and_number
from checks import Checker, Progress

__all__ = ["CHECK_WORK", "DomainChecks"]

LOG = logging.getLogger(__name__)

QUIET_S = 2.0
"""A check that takes no longer shows no progress; a longer one shows it as often as this."""
AT_ONCE = 8
CHECK_S = 180.0
"""A check ends by itself long before."""


class Check(Protocol):
    """How the workflow reaches the checker that the app opened."""

    def __call__(self) -> Checker: ...


class DomainChecks:
    """`quiet_s`: see QUIET_S; `check_s`: how long a check may take, from its turn on."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        checker: Check,
        *,
        quiet_s: float = QUIET_S,
        check_s: float = CHECK_S,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._checker = checker
        self._quiet_s = quiet_s
        self._check_s = check_s
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self, ctx: Context, argument: str) -> None:
        """The workflow CHECK_WORK; `argument` of numbered, with the run."""
        thread_id, run = thread_and_number(argument)
        try:
            async with self._turn:  # around the step: a stop does not wait for those that wait
                await ctx.step("check", lambda: self._check(thread_id, run), attempts=2)
            await ctx.step("tell", lambda: self._tell(thread_id, run), attempts=PATIENT)
        except StepFailed:
            # A thread that is told nothing would wait for ever.
            LOG.exception("the check %s gave no report", argument)
            await ctx.step("tell", lambda: self._tell_failure(thread_id, run), attempts=PATIENT)

    async def _check(self, thread_id: str, run: int) -> str:
        report_id = numbered(thread_id, run)
        if await self._store.reports.get(report_id) is not None:
            return report_id
        thread = await self._conversations.read(thread_id)
        row = next((row for row in thread.state.rows if row.run == run), None) if thread else None
        if row is None:
            return report_id
        known = await self._store.selectors.of(row.ascii)
        since = await self._store.monitoring.since(thread_id, row.ascii)
        async with asyncio.timeout(self._check_s), self._progress(thread_id, run) as progress:
            report = await self._checker().check_domain(
                row.ascii, known_selectors=known, on_progress=progress, monitoring_since=since
            )
        # Before the report: with one in place a repeated step would do neither.
        await self._store.monitoring.noted(thread_id, row.ascii, report.only_monitors)
        await self._store.reports.save(
            report_id,
            thread_id=thread_id,
            kind="domain",
            subject=report.subject,
            catalogue=report.catalogue,
            verdict=report.verdict.value if report.verdict else "",
            data=report.as_stored(),
        )
        return report_id

    async def _tell(self, thread_id: str, run: int) -> bool:
        report_id = numbered(thread_id, run)
        if await self._store.reports.get(report_id) is None:
            # The thread went on without this run.
            return False
        return await self._conversations.apply(thread_id, f"checked:{run}", Checked(run, report_id))

    async def _tell_failure(self, thread_id: str, run: int) -> bool:
        return await self._conversations.apply(thread_id, f"failed:{run}", CheckFailed(run))

    @asynccontextmanager
    async def _progress(self, thread_id: str, run: int) -> AsyncIterator["_Latest"]:
        latest = _Latest()
        task = asyncio.create_task(self._show(latest, thread_id, run))
        try:
            yield latest
        finally:
            task.cancel()
            # Awaiting the task itself, one could not tell its cancellation, which is meant, from that of the workflow.
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()

    async def _show(self, latest: "_Latest", thread_id: str, run: int) -> None:
        shown = 0
        while True:
            await asyncio.sleep(self._quiet_s)
            if (progress := latest.value) is None or progress.done == shown:
                continue
            shown = progress.done
            event = Progressed(run, progress.done, progress.total)
            try:
                await self._conversations.apply(thread_id, f"progress:{run}:{shown}", event)
            except Exception:
                # The check goes on: its end is what matters.
                LOG.exception("the progress of %s could not be shown", thread_id)


class _Latest:
    """The newest progress; a check reports far more often than anybody wants to read."""

    def __init__(self) -> None:
        self.value: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self.value = progress
