"""Workers that overrun, run out of memory, or die: each is an outcome, and other mails go on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import hostile_jobs
import pytest
from signed_mail import NOW, SESSION, published, sealed, signed

from checks import Workers, WorkLimits
from checks.isolation.pool import InProcess, NotAnalysed
from checks.model import Why

ROOT = Path(__file__).parents[3]
SHORT = WorkLimits(0.6, 30.0, memory=256 * 1024 * 1024, reserved_seconds=0.2, turn_seconds=60.0)
"""Processor time is what counts: other tests run meanwhile."""
LARGE = b"x" * SHORT.small


@asynccontextmanager
async def opened(general: int = 1, reserved: int = 0, limits: WorkLimits = SHORT) -> AsyncIterator[Workers]:
    workers = Workers(general, reserved, limits, hostile_jobs)
    workers.start()
    try:
        await ready(workers, general + reserved)
        yield workers
    finally:
        await workers.aclose()


async def ready(workers: Workers, count: int) -> None:
    async with asyncio.timeout(30):
        while workers.idle < count:  # noqa: ASYNC110 - the pool tells nobody
            await asyncio.sleep(0.01)


def in_workers(scene: Callable[[Workers], Awaitable[None]], **options: int) -> None:
    async def run() -> None:
        async with opened(**options) as workers:
            await scene(workers)

    asyncio.run(run())


async def why(workers: Workers, job: str, raw: bytes = b"", *arguments: object) -> Why:
    with pytest.raises(NotAnalysed) as stopped:
        await workers.run(job, raw, *arguments)
    return stopped.value.why


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ("hold", Why.TOO_COSTLY),
        ("fill_memory", Why.TOO_COSTLY),
        ("fill_memory_slowly", Why.TOO_COSTLY),
        ("recurse", Why.TOO_COSTLY),
        ("crash", Why.NOT_ANALYSED),
        ("killed", Why.NOT_ANALYSED),
        ("leave", Why.NOT_ANALYSED),
        ("flood", Why.NOT_ANALYSED),
        ("fault", Why.INTERNAL),
        ("wrong_type", Why.INTERNAL),
        ("unspeakable", Why.INTERNAL),
    ],
)
def test_what_goes_wrong_in_a_worker_is_an_outcome_and_the_next_mail_is_analysed(job: str, expected: Why) -> None:
    async def scene(workers: Workers) -> None:
        assert await why(workers, job) is expected
        assert await workers.run("size", b"12345") == 5

    in_workers(scene)


def test_a_worker_that_failed_is_killed_and_replaced_at_once() -> None:
    async def scene(workers: Workers) -> None:
        before = set(workers.processes)
        assert await why(workers, "hold") is Why.TOO_COSTLY
        await ready(workers, 2)
        (gone,) = before - set(workers.processes)
        assert len(workers.processes) == 2
        assert not is_alive(gone)

    in_workers(scene, general=2)


def test_a_worker_that_does_nothing_for_too_long_is_ended_as_well() -> None:
    async def run() -> None:
        async with opened(limits=WorkLimits(wall_seconds=0.5)) as workers:
            began = time.monotonic()
            assert await why(workers, "sleep", b"", 60.0) is Why.TOO_COSTLY
            assert time.monotonic() - began < 10.0

    asyncio.run(run())


def test_a_good_worker_is_kept() -> None:
    async def scene(workers: Workers) -> None:
        assert len({await workers.run("process", b"") for _ in range(5)}) == 1

    in_workers(scene)


def test_mails_that_come_while_all_general_workers_are_held_are_answered_before() -> None:
    async def scene(workers: Workers) -> None:
        order: list[str] = []

        async def slow(raw: bytes) -> None:
            assert await why(workers, "hold", raw) is Why.TOO_COSTLY
            order.append("slow")

        async def ordinary() -> None:
            assert await workers.run("size", b"abc") == 3
            order.append("ordinary")

        held = [asyncio.create_task(slow(LARGE)) for _ in range(3)]
        await asyncio.sleep(0.1)
        await asyncio.gather(*(ordinary() for _ in range(10)))
        await asyncio.gather(*held)
        assert order == ["ordinary"] * 10 + ["slow"] * 3

    in_workers(scene, general=2, reserved=1)


def test_small_slow_mails_cannot_hold_the_reserved_worker_either() -> None:
    """They have it for a moment each, and go on among the large ones."""

    async def scene(workers: Workers) -> None:
        order: list[str] = []

        async def run(name: str, job: str, *arguments: object) -> None:
            try:
                await workers.run(job, b"abc", *arguments)
            except NotAnalysed:
                name += "!"
            order.append(name)

        held = [asyncio.create_task(run("slow", "hold")) for _ in range(4)]
        await asyncio.sleep(0.1)
        mails = [asyncio.create_task(run("ordinary", "size")) for _ in range(10)]
        await asyncio.gather(*held, *mails)
        # The first of the slow ones has the general worker for itself and may end in between.
        assert order[-3:] == ["slow!"] * 3
        assert order.count("ordinary") == 10

    in_workers(scene, general=1, reserved=1)


def test_a_small_mail_that_needs_longer_than_the_reserved_worker_has_is_begun_anew_and_done() -> None:
    async def scene(workers: Workers) -> None:
        held = asyncio.create_task(why(workers, "hold", LARGE))
        await asyncio.sleep(0.1)
        assert await workers.run("busy", b"", 0.4) == "done"
        await held

    in_workers(scene, general=1, reserved=1)


def test_a_mail_that_waits_too_long_for_a_worker_is_not_analysed() -> None:
    async def run() -> None:
        async with opened(limits=WorkLimits(turn_seconds=0.2)) as workers:
            held = asyncio.create_task(workers.run("sleep", b"", 1.0))
            await asyncio.sleep(0.1)
            assert await why(workers, "size") is Why.NOT_ANALYSED
            assert await held == "slept"
            assert await workers.run("size", b"") == 0

    asyncio.run(run())


def test_a_caller_that_gives_up_leaves_no_worker_behind_that_answers_the_next() -> None:
    async def scene(workers: Workers) -> None:
        given_up = asyncio.create_task(workers.run("sleep", b"", 0.4))
        waiting = asyncio.create_task(workers.run("size", b"abc"))
        await asyncio.sleep(0.1)
        waiting.cancel()
        given_up.cancel()
        await asyncio.gather(given_up, waiting, return_exceptions=True)
        assert await workers.run("size", b"12") == 2
        await ready(workers, 1)

    in_workers(scene)


def test_what_a_library_prints_does_not_get_among_the_answers() -> None:
    async def scene(workers: Workers) -> None:
        assert await workers.run("chatter", b"") == "said"
        assert await workers.run("size", b"12") == 2

    in_workers(scene)


def test_a_worker_knows_no_token_and_has_loaded_nothing_that_it_does_not_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")

    async def scene(workers: Workers) -> None:
        there = await workers.run("surroundings", b"")
        assert set(there) <= {"LD_LIBRARY_PATH", "PYTHONHOME", "LC_CTYPE"}

    in_workers(scene)


def test_a_worker_that_analyses_mails_has_loaded_neither_tls_nor_the_dns() -> None:
    async def run() -> None:
        workers = Workers(1, 0)
        try:
            await workers.prepare(signed())
            (pid,) = workers.processes
            maps = Path(f"/proc/{pid}/maps").read_text("ascii")  # noqa: ASYNC240 - does not block
            assert "_hashlib" in maps
            assert "_ssl" not in maps
        finally:
            await workers.aclose()

    asyncio.run(run())


def test_a_worker_can_write_no_file(tmp_path: Path) -> None:
    async def scene(workers: Workers) -> None:
        assert await why(workers, "written", b"", str(tmp_path / "mail")) is Why.INTERNAL

    in_workers(scene)
    assert (tmp_path / "mail").read_text("utf-8") == ""


def test_an_error_of_ours_is_logged_without_the_words_of_the_mail(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(workers: Workers) -> None:
        await why(workers, "fault", b"a secret")

    in_workers(scene)
    assert "LookupError" in caplog.text
    assert "hostile_jobs.py" in caplog.text
    assert "secret" not in caplog.text


def test_closing_ends_workers_and_whoever_waits_for_one() -> None:
    async def run() -> None:
        async with opened() as workers:
            pids = workers.processes
            under_way = [asyncio.create_task(why(workers, "sleep", b"", 30.0)) for _ in range(2)]
            await asyncio.sleep(0.1)
        assert await asyncio.gather(*under_way) == [Why.NOT_ANALYSED] * 2
        assert await why(workers, "size") is Why.NOT_ANALYSED
        assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []  # noqa: ASYNC240 - does not block

    asyncio.run(run())


PARENT = """
import asyncio, hostile_jobs
from checks import Workers
async def main():
    workers = Workers(2, 1, jobs=hostile_jobs)
    workers.start()
    while workers.idle < 3:
        await asyncio.sleep(0.01)
    held = asyncio.create_task(workers.run("hold", b""))
    await asyncio.sleep(0.2)
    print(*workers.processes, flush=True)
    await held
asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_workers_end_with_their_parent_whatever_ends_it(how: signal.Signals) -> None:
    """One of them is inside a call that does not return, the others read."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        parent.send_signal(how)
        try:
            parent.wait(20)
        finally:
            parent.kill()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(map(is_alive, pids)):
        time.sleep(0.02)
    assert [pid for pid in pids if is_alive(pid)] == []


STARTING = """
import asyncio, hostile_jobs
from checks import Workers
async def main(turns):
    Workers(2, 1, jobs=hostile_jobs).start()
    for _ in range(turns):
        await asyncio.sleep(0)
for turns in range(12):
    asyncio.run(main(turns))
"""


def test_a_program_that_ends_while_workers_start_does_end() -> None:
    """At any turn of the event loop between the start of the process and its first answer."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    environment = {**os.environ, "PYTHONPATH": path}
    ended = subprocess.run([sys.executable, "-c", STARTING], env=environment, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, b"")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_without_and_with_a_process_a_mail_gives_the_same_evidence() -> None:
    raw = sealed(signed())

    async def run() -> None:
        workers, here = Workers(1, 0), InProcess()
        try:
            assert await workers.prepare(raw) == await here.prepare(raw)
            there = await workers.verify(raw, published(), SESSION, NOW)
            assert there == await here.verify(raw, published(), SESSION, NOW)
            assert there.arc.result == "pass"
        finally:
            await workers.aclose()
            await here.aclose()

    asyncio.run(run())
