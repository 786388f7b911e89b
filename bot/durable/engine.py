"""The port to the durable engine. Nothing outside this package knows that it is DBOS."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, Protocol, TypeVar

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, StepOptions

from bot.durable.lock import DataDirLock

LOG = logging.getLogger(__name__)

# DBOS resumes only what carries the version of this process. The shape of a workflow changes under a new name.
APPLICATION_VERSION = "mailcheck-1"
EXECUTOR_ID = "mailcheck-0"
POLL_S = 0.2
# The loop's to_thread and name look-ups share them.
THREADS = 32
RETRY_S = 0.5
PATIENT = 12
"""Attempts of a step that no passing trouble may end: the last one comes some 17 minutes after the first."""
SLOWEST_RETRY_S = 600.0
"""The longest wait between two attempts of a step that waits trouble out."""
# Zero would make DBOS skip the sleep without counting it, and a replay would no longer match its record.
SHORTEST_SLEEP_S = 0.001
MOST_RESUMPTIONS = 1_000
"""What is given up nobody is told of: so hours of restarts, whatever their cause, must not use them up."""

T = TypeVar("T")
Clock = Callable[[], datetime]


class UnknownWorkflow(LookupError):
    """No workflow was registered under that name."""


class StepFailed(Exception):
    """A step failed as often as it may; the cause is in the text, the same after a restart."""


class Context(Protocol):
    """What a workflow works with. Everything else in its body must be free of I/O, clock and chance."""

    work_id: str

    async def step(self, name: str, call: Callable[[], Awaitable[T]], *, attempts: int = 3) -> T:
        """Run `call` and record its result (JSON data), so that a restart does not run it again.

        At least once: a kill between its end and the record runs it again. Steps of one workflow follow each
        other; only direct calls of `step` may be gathered. The wait before each further attempt is twice the one
        before. Raises StepFailed after `attempts` failures; what the engine waits out is not counted, and repeated
        without end, every SLOWEST_RETRY_S in the end.
        """

    async def sleep_until(self, when: datetime) -> None:
        """Sleep until an aware time, over restarts too."""


Workflow = Callable[[Context, str], Awaitable[None]]


class Durable:
    """Workflows that survive the process, kept in `data_dir`/dbos.db.

    Register, `launch` inside the running event loop, `start`. One instance for each process. `retry_s`: seconds
    before the second attempt of a step.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock = lambda: datetime.now(UTC),
        retry_s: float = RETRY_S,
        waits_out: tuple[type[Exception], ...] = (),
    ) -> None:
        self._data_dir = data_dir
        self._waits_out = waits_out
        self._clock = clock
        self._retry_s = retry_s
        self._lock = DataDirLock(data_dir)
        self._bodies: dict[str, Workflow] = {}
        self._most_resumptions: dict[str, int | None] = {}
        self._registered: dict[str, Callable[[str], Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._steps = 0
        self._no_steps = asyncio.Event()
        self._no_steps.set()
        self._stopping = False

    def workflow(self, name: str, *, most_resumptions: int | None = MOST_RESUMPTIONS) -> Callable[[Workflow], Workflow]:
        """Decorator: register `async fn(ctx, argument: str) -> None` under `name`, for ever: names are stored.

        A workflow that so many launches had to resume is given up at the next one: it may be what ends the process.
        None never gives up: for those that mostly wait, and so meet every restart.
        """

        def register(body: Workflow) -> Workflow:
            if name in self._bodies:
                raise ValueError(f"the workflow {name!r} is registered twice")
            if self._registered:
                raise RuntimeError("workflows are registered before the launch")
            self._bodies[name] = body
            self._most_resumptions[name] = most_resumptions
            return body

        return register

    def claim(self) -> None:
        """Take the data directory for this process; raises DataDirInUse. `launch` does it if nobody did before."""
        self._lock.acquire()

    async def launch(self) -> None:
        """Start the engine; workflows that an earlier process left unfinished go on. Raises DataDirInUse."""
        self.claim()
        path = self._data_dir / "dbos.db"
        _prepare(path)
        config: DBOSConfig = {
            "name": "mailcheck",
            "system_database_url": f"sqlite:///{path.resolve()}",
            "application_version": APPLICATION_VERSION,
            "executor_id": EXECUTOR_ID,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": THREADS,
            "notification_listener_polling_interval_sec": POLL_S,
        }
        DBOS(config=config)
        self._registered = {
            name: DBOS.workflow(name=name, max_recovery_attempts=self._most_resumptions[name])(self._body(name))
            for name in self._bodies
        }
        # On this thread, so that workflows run on the loop that is running here.
        DBOS.launch()

    @property
    def is_launched(self) -> bool:
        """Whether workflows run here: between `launch` and `stop`."""
        return bool(self._registered) and not self._stopping

    async def start(self, name: str, work_id: str, argument: str) -> None:
        """Start a workflow unless one with this `work_id` was started before. Raises UnknownWorkflow."""
        if name not in self._registered:
            raise UnknownWorkflow(name)
        with SetWorkflowID(work_id):
            await DBOS.start_workflow_async(self._registered[name], argument)

    async def stop(self, timeout_s: float = 5.0) -> None:
        """Let running steps end for `timeout_s`, then interrupt them; the next launch resumes every workflow."""
        self._stopping = True
        try:
            await asyncio.wait_for(self._no_steps.wait(), timeout_s)
        except TimeoutError:
            LOG.warning("steps interrupted at stop: %d", self._steps)
        # It warns of every wait that is interrupted, and calls it an error when it takes up what an earlier process
        # left just as its threads end, though that is what a stop is: the next launch goes on with all of them.
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        running = [task for task in self._running if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._registered:
            # It joins threads, and it closes the pool that asyncio.to_thread would use.
            await _in_thread(lambda: DBOS.destroy(destroy_registry=True))
            self._registered = {}
            # DBOS leaves its closed pool as the one that the loop's to_thread and name look-ups use.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        self._lock.release()

    async def forget(self, finished_before: datetime) -> int:
        """Delete the records of workflows that ended before an aware time; returns how many."""
        count = 0
        while True:
            ended = await DBOS.list_workflows_async(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=finished_before.astimezone(UTC).isoformat(),
                load_input=False,
                load_output=False,
                limit=500,
            )
            if not ended:
                return count
            await DBOS.delete_workflows_async([each.workflow_id for each in ended])
            count += len(ended)

    def _body(self, name: str) -> Callable[[str], Any]:
        body = self._bodies[name]

        async def run(argument: str) -> None:
            task = asyncio.current_task()
            work_id = DBOS.workflow_id
            assert task is not None
            assert work_id is not None
            self._running.add(task)
            try:
                await self.park_if_stopping()
                await body(_Context(self, work_id), argument)
            except Exception:
                LOG.exception("workflow %s (%s) failed", name, work_id)
                raise
            finally:
                self._running.discard(task)

        return run

    async def park_if_stopping(self) -> None:
        """Never go on while the engine stops, when whatever is asked of it fails: interrupted here, a record stays as
        it is, and the next launch goes on with it."""
        if self._stopping:
            await asyncio.get_running_loop().create_future()

    async def _counted(self, call: Callable[[], Awaitable[T]]) -> T:
        await self.park_if_stopping()
        self._steps += 1
        self._no_steps.clear()
        try:
            return await call()
        finally:
            self._steps -= 1
            if self._steps == 0:
                self._no_steps.set()


class _Context:
    def __init__(self, durable: Durable, work_id: str) -> None:
        self._durable = durable
        self.work_id = work_id

    async def step(self, name: str, call: Callable[[], Awaitable[T]], *, attempts: int = 3) -> T:
        async def attempt() -> T:
            # Waited for here and not by DBOS, which keeps the error of every attempt until the step ends, and with it
            # all that the attempt had in hand: a mail, a report.
            wait_s = self._durable._retry_s
            while True:
                try:
                    return await self._durable._counted(call)
                except self._durable._waits_out as error:
                    LOG.warning("step %s of %s waits: %s", name, self.work_id, type(error).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, SLOWEST_RETRY_S)

        options: StepOptions = {
            "name": name,
            "retries_allowed": attempts > 1,
            "max_attempts": attempts,
            "interval_seconds": self._durable._retry_s,
            "backoff_rate": 2.0,
        }
        try:
            return await DBOS.run_step_async(options, attempt)
        except Exception as error:
            await self._durable.park_if_stopping()
            # A replay gets the recorded error as another type: one type for both.
            raise StepFailed(f"{name}: {error}") from error

    async def sleep_until(self, when: datetime) -> None:
        remaining = (when - self._durable._clock()).total_seconds()
        await DBOS.sleep_async(max(remaining, SHORTEST_SLEEP_S))


def _prepare(path: Path) -> None:
    path.touch(mode=0o600, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        # DBOS sets no journal mode; this one stays with the file.
        connection.execute("PRAGMA journal_mode=WAL")


async def _in_thread(call: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def run() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - handed to the awaiting side
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, None)

    Thread(target=run, name="durable-stop").start()
    await done
