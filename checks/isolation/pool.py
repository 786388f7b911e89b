"""Processes in which mails are analysed, with limits on time and memory; and the same without a process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast, get_type_hints

from checks.evidence.message import MessageEvidence, SessionEvidence
from checks.isolation import jobs as mail_jobs
from checks.isolation import wire
from checks.isolation.jobs import Preparation
from checks.model import Answer, Known, Why

_LOG = logging.getLogger(__name__)
_WORKER = Path(__file__).with_name("worker.py")
_OUT_OF_TIME = (-signal.SIGPROF, -signal.SIGALRM)
_MAX_ANSWER = 16 * 1024 * 1024
_READY_S = 30.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0


class NotAnalysed(Exception):
    """The mail could not be analysed.

    `why`: TOO_COSTLY over a limit, NOT_ANALYSED where the process died or none was free, INTERNAL for an error of ours,
    which has been logged.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Isolation(Protocol):
    """Where mails are computed with. Both raise NotAnalysed and, for any bytes, nothing else."""

    async def prepare(self, raw: bytes) -> Preparation: ...

    async def verify(
        self, raw: bytes, answers: Mapping[str, Known[Answer[bytes]]], session: SessionEvidence | None, now: datetime
    ) -> MessageEvidence: ...

    async def aclose(self) -> None: ...


class InProcess:
    """No process and no limits: a thread. For mails that are trusted, and where no process can be started."""

    async def prepare(self, raw: bytes) -> Preparation:
        return cast(Preparation, await self._computed(mail_jobs.prepare, raw))

    async def verify(
        self, raw: bytes, answers: Mapping[str, Known[Answer[bytes]]], session: SessionEvidence | None, now: datetime
    ) -> MessageEvidence:
        return cast(MessageEvidence, await self._computed(mail_jobs.verify, raw, answers, session, now))

    async def aclose(self) -> None:
        """Nothing to close."""

    async def _computed(self, job: Any, *arguments: object) -> object:
        try:
            return await asyncio.to_thread(job, *arguments)
        except (RecursionError, MemoryError):
            raise NotAnalysed(Why.TOO_COSTLY) from None
        except Exception as error:
            _LOG.exception("the analysis of a mail broke")
            raise NotAnalysed(Why.INTERNAL) from error


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """What one computation may take. A worker that takes more is killed.

    `seconds`: of processor time, so that an ordinary mail is not over the limit because the machine is busy;
    `wall_seconds`: on the wall. `memory`: octets of data (RLIMIT_DATA), interpreter and mail included. `small`: mails
    under so many octets may be given to the reserved workers. `reserved_seconds`: of processor time that they have for
    one; what needs more is begun anew by the others, so that slow mails, however small, cannot hold all workers.
    `turn_seconds`: how long a mail waits for a worker.
    """

    seconds: float = 10.0
    wall_seconds: float = 15.0
    memory: int = 512 * 1024 * 1024
    small: int = 1024 * 1024
    reserved_seconds: float = 1.5
    turn_seconds: float = 60.0


DEFAULT_WORK_LIMITS = WorkLimits()


class Workers:
    """`general` workers for all mails and `reserved` ones for small ones, ready before they are needed.

    Belongs to the event loop that uses it first. The workers end with `aclose`, and when this process ends in any way.
    `jobs`: the module with the computations, importable by its name in a new process.
    """

    def __init__(
        self,
        general: int = 2,
        reserved: int = 1,
        limits: WorkLimits = DEFAULT_WORK_LIMITS,
        jobs: ModuleType = mail_jobs,
    ) -> None:
        self._kinds = [False] * general + [True] * reserved
        self._limits = limits
        self._jobs = jobs
        self._free: list[_Worker] = []
        self._waiting: deque[tuple[asyncio.Future[_Worker], bool]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._all: set[_Worker] = set()
        self._started = False
        self._closed = False

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the worker processes that are alive."""
        return tuple(worker.pid for worker in self._all if worker.is_alive)

    @property
    def idle(self) -> int:
        """How many workers are ready and have nothing to do."""
        return len(self._free)

    def start(self) -> None:
        """Start the workers; the first job does it where nobody has."""
        if not self._started:
            self._started = True
            for is_reserved in self._kinds:
                self._later(self._add(is_reserved))

    async def aclose(self) -> None:
        """Kill the workers; jobs under way end with NotAnalysed."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for future, _ in self._waiting:
            if not future.done():
                future.set_exception(NotAnalysed(Why.NOT_ANALYSED))
        await asyncio.gather(*(worker.end() for worker in self._all))
        self._all.clear()
        self._free.clear()

    async def prepare(self, raw: bytes) -> Preparation:
        return cast(Preparation, await self.run("prepare", raw))

    async def verify(
        self, raw: bytes, answers: Mapping[str, Known[Answer[bytes]]], session: SessionEvidence | None, now: datetime
    ) -> MessageEvidence:
        return cast(MessageEvidence, await self.run("verify", raw, dict(answers), session, now))

    async def run(self, job: str, raw: bytes, *arguments: object) -> object:
        """The result of this function of the jobs. Raises NotAnalysed."""
        if self._closed:
            raise NotAnalysed(Why.NOT_ANALYSED)
        self.start()
        kind = get_type_hints(getattr(self._jobs, job))["return"]
        is_small = len(raw) < self._limits.small and True in self._kinds
        worker = await self._turn(is_small)
        if not worker.is_reserved or False not in self._kinds:
            return await self._done(worker, 1.0, kind, job, raw, arguments)
        try:
            share = self._limits.reserved_seconds / self._limits.seconds
            return await self._done(worker, share, kind, job, raw, arguments)
        except NotAnalysed as overrun:
            if overrun.why is not Why.TOO_COSTLY:
                raise
        return await self._done(await self._turn(False), 1.0, kind, job, raw, arguments)

    async def _done(
        self, worker: _Worker, share: float, kind: Any, job: str, raw: bytes, arguments: tuple[object, ...]
    ) -> object:
        """Have the worker do it, and give it back; one that failed in any way is killed and replaced.

        `share`: of the limits on time.
        """
        times = (self._limits.seconds * share, self._limits.wall_seconds * share)
        try:
            result = await worker.ask(kind, times, job, raw, arguments)
        except BaseException as error:
            self._later(self._replace(worker))
            if isinstance(error, TimeoutError):
                _LOG.warning("the analysis of a mail took over %s s and was ended", times[1], extra={"size": len(raw)})
                raise NotAnalysed(Why.TOO_COSTLY) from None
            raise
        self._give(worker)
        return result

    async def _turn(self, is_small: bool) -> _Worker:
        """A free worker, the general ones first; in the order of the asking."""
        for worker in sorted(self._free, key=lambda one: one.is_reserved):
            if is_small or not worker.is_reserved:
                self._free.remove(worker)
                return worker
        future: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        entry = (future, is_small)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(self._limits.turn_seconds):
                return await future
        except BaseException as error:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._give(future.result())
            if isinstance(error, TimeoutError):
                _LOG.warning("no worker became free for a mail in %s s", self._limits.turn_seconds)
                raise NotAnalysed(Why.NOT_ANALYSED) from None
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(entry)

    def _give(self, worker: _Worker) -> None:
        if self._closed:
            return
        if not worker.is_alive:
            self._later(self._replace(worker))
            return
        for future, is_small in self._waiting:
            if not future.done() and (is_small or not worker.is_reserved):
                future.set_result(worker)
                return
        self._free.append(worker)

    async def _replace(self, worker: _Worker) -> None:
        await worker.end()
        self._all.discard(worker)
        await self._add(worker.is_reserved)

    async def _add(self, is_reserved: bool) -> None:
        """Start one more worker, again and again until it is ready."""
        pause_s = _FIRST_PAUSE_S
        while not self._closed:
            worker = _Worker(is_reserved)
            self._all.add(worker)
            try:
                await worker.start(self._jobs.__name__, self._limits.memory)
            except (OSError, TimeoutError, NotAnalysed) as error:
                _LOG.error("a process for analysing mails does not start: %s", type(error).__name__)
                await worker.end()
                self._all.discard(worker)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            self._give(worker)
            return

    def _later(self, work: Any) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _absolute(places: list[str]) -> list[str]:
    """ "" among them is the current directory."""
    return [os.path.abspath(place) for place in places]


class _Worker:
    """One worker process, and the socket to it.

    Not asyncio's own subprocess: one whose start is cancelled can wait for ever for pipes that nobody connects.
    """

    def __init__(self, is_reserved: bool) -> None:
        self.is_reserved = is_reserved
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self, jobs: str, memory: int) -> None:
        """Raises OSError, TimeoutError, or NotAnalysed where it ends before it is ready."""
        given = {"jobs": jobs, "path": _absolute(sys.path), "parent": os.getpid(), "memory": memory}
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at the exec, as asyncio's does
                    [sys.executable, "-P", str(_WORKER), json.dumps(given)],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.DEVNULL,
                    # No token of the program's environment goes where strangers' mails are read.
                    env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ},
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        async with asyncio.timeout(_READY_S):
            self._streams = await asyncio.open_connection(sock=ours)
            await self._answer(self._streams[0])

    async def ask(
        self, kind: Any, times: tuple[float, float], job: str, raw: bytes, arguments: tuple[object, ...]
    ) -> object:
        """The result, of type `kind`. `times`: seconds of processor time and on the wall.

        Raises NotAnalysed, and TimeoutError after the second of them.
        """
        assert self._streams is not None, "not started"
        reader, writer = self._streams
        request = pickle.dumps((job, *times, arguments))
        async with asyncio.timeout(times[1]):
            try:
                writer.write(struct.pack("!II", len(request), len(raw)) + request)
                writer.write(raw)
                await writer.drain()
            except (ConnectionError, RuntimeError):
                await self._died()
            answer = await self._answer(reader)
        return self._result(kind, answer)

    def _result(self, kind: Any, answer: bytes) -> object:
        if answer.startswith(b'["done", '):
            try:
                return wire.decode(kind, answer[len(b'["done", ') : -1])
            except wire.WireError as error:
                _LOG.error("a worker gave an answer of no use: %s", error)
                raise NotAnalysed(Why.INTERNAL) from None
        if answer == b'["too_costly", ""]':
            _LOG.warning("the analysis of a mail ran out of memory or stack")
            raise NotAnalysed(Why.TOO_COSTLY)
        _LOG.error("the analysis of a mail broke: %s", answer[:5000].decode("ascii", "replace"))
        raise NotAnalysed(Why.INTERNAL)

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        if self._streams is not None:
            self._streams[1].transport.abort()
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        try:
            (length,) = struct.unpack("!I", await reader.readexactly(4))
            if length <= _MAX_ANSWER:
                return await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._died()
        raise NotAnalysed(Why.NOT_ANALYSED)

    async def _died(self) -> None:
        assert self._process is not None, "not started"
        status = await asyncio.to_thread(self._process.wait)
        if status in _OUT_OF_TIME:
            _LOG.warning("the analysis of a mail took too much processor time and was ended")
            raise NotAnalysed(Why.TOO_COSTLY)
        _LOG.error("a process that analysed a mail ended by itself, status %s", status)
        raise NotAnalysed(Why.NOT_ANALYSED)
