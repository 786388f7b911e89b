"""The port to the engine: once for each id, waits, failures, stop and start, one process at a time."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.durable import Context, DataDirInUse, Durable, Starter, StepFailed, UnknownWorkflow
from bot.store import NewThread, StartWork, Store

ROOT = Path(__file__).parents[3]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


async def nothing() -> None:
    return None


def test_a_workflow_runs_once_for_each_id(tmp_path: Path) -> None:
    async def main() -> None:
        durable = Durable(tmp_path)
        runs: list[str] = []

        @durable.workflow("note")
        async def note(ctx: Context, argument: str) -> None:
            async def write() -> None:
                runs.append(f"{ctx.work_id} {argument}")

            await ctx.step("write", write)

        await durable.launch()
        await asyncio.gather(*(durable.start("note", "w1", "a") for _ in range(3)), durable.start("note", "w2", "b"))
        await until(lambda: len(runs) == 2)
        await durable.start("note", "w1", "a")
        await asyncio.sleep(0.2)
        assert sorted(runs) == ["w1 a", "w2 b"]
        with pytest.raises(UnknownWorkflow):
            await durable.start("other", "w3", "c")
        assert await durable.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
        assert await durable.forget(datetime.now(UTC) + timedelta(hours=1)) == 2
        await durable.stop()

    asyncio.run(main())


def test_a_workflow_that_only_waits_outlives_any_number_of_restarts(tmp_path: Path) -> None:
    resumed: list[str] = []

    async def life(number: int) -> None:
        durable = Durable(tmp_path)
        for name, most in (("patient", None), ("limited", 0)):

            async def wait(ctx: Context, argument: str, name: str = name) -> None:
                resumed.append(name)
                await ctx.sleep_until(datetime.now(UTC) + timedelta(hours=1))

            durable.workflow(name, most_resumptions=most)(wait)
        await durable.launch()
        for name in ("patient", "limited"):
            await durable.start(name, f"w-{name}", "")
        await until(lambda: resumed.count("patient") == number)
        await asyncio.sleep(0.2)
        await durable.stop()

    for number in (1, 2, 3):
        asyncio.run(life(number))
    assert resumed.count("limited") == 1


def test_a_step_that_keeps_failing_fails_with_its_name_and_can_be_survived(tmp_path: Path) -> None:
    async def main() -> None:
        durable = Durable(tmp_path)
        seen: list[str] = []

        @durable.workflow("fragile")
        async def fragile(ctx: Context, argument: str) -> None:
            async def fail() -> None:
                seen.append("try")
                raise ValueError("no")

            try:
                await ctx.step("fail", fail, attempts=1)
            except StepFailed as error:
                seen.append(str(error).partition(":")[0])

        await durable.launch()
        await durable.start("fragile", "w1", "")
        await until(lambda: "fail" in seen)
        assert seen == ["try", "fail"]
        await durable.stop()

    asyncio.run(main())


def test_what_a_step_waits_out_is_not_counted_and_the_rest_is(tmp_path: Path) -> None:
    async def main() -> None:
        durable = Durable(tmp_path, retry_s=0.0001, waits_out=(OSError,))
        troubles: list[Exception] = [OSError("full")] * 8 + [ValueError("no")] + [OSError("full")] * 2
        seen: list[str] = []

        @durable.workflow("patient")
        async def patient(ctx: Context, argument: str) -> None:
            async def work() -> None:
                if troubles:
                    raise troubles.pop(0)
                seen.append("done")

            async def fail() -> None:
                seen.append("fail")
                raise ValueError("no")

            await ctx.step("work", work, attempts=2)
            try:
                await ctx.step("fail", fail, attempts=2)
            except StepFailed as error:
                seen.append(str(error).partition(":")[0])
            seen.append("end")

        await durable.launch()
        await durable.start("patient", "w1", "")
        await until(lambda: "end" in seen)
        assert seen == ["done", "fail", "fail", "fail", "end"]
        await durable.stop()

    asyncio.run(main())


def test_stop_ends_soon_and_the_next_launch_goes_on(tmp_path: Path) -> None:
    done: list[str] = []

    def registered(wait_s: float) -> Durable:
        durable = Durable(tmp_path)

        @durable.workflow("sleep")
        async def sleep(ctx: Context, argument: str) -> None:
            await ctx.sleep_until(datetime.now(UTC) + timedelta(seconds=1.5))
            await ctx.step("wake", lambda: wake("slept"))

        @durable.workflow("step")
        async def step(ctx: Context, argument: str) -> None:
            await ctx.step("long", lambda: wait())

        async def wake(what: str) -> None:
            done.append(what)

        async def wait() -> None:
            done.append("begun")
            await asyncio.sleep(wait_s)
            done.append("stepped")

        return durable

    async def main() -> None:
        loop = asyncio.get_running_loop()
        durable = registered(30)
        await durable.launch()
        started = loop.time()
        await durable.start("sleep", "w1", "")
        await durable.start("step", "w2", "")
        await until(lambda: done == ["begun"])
        await durable.stop(timeout_s=0.2)
        assert loop.time() - started < 10
        durable = registered(0)
        await durable.launch()
        await until(lambda: len(done) == 4)
        assert sorted(done) == ["begun", "begun", "slept", "stepped"]
        # The wait counts from its first beginning, not from the restart.
        assert loop.time() - started >= 1.5
        await durable.stop()
        assert await asyncio.to_thread(lambda: "still works") == "still works"

    asyncio.run(main())


def test_a_second_process_is_told_who_runs(tmp_path: Path) -> None:
    durable = Durable(tmp_path)
    durable.claim()
    durable.claim()
    code = "import sys; from pathlib import Path; from bot.durable import Durable; Durable(Path(sys.argv[1])).claim()"
    command = [sys.executable, "-c", code, str(tmp_path)]
    second = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert second.returncode == 1
    assert f"the process {os.getpid()} already runs on {tmp_path}" in second.stderr
    with pytest.raises(DataDirInUse):
        Durable(tmp_path).claim()
    asyncio.run(durable.stop())
    other = Durable(tmp_path)
    other.claim()
    asyncio.run(other.stop())


def test_work_that_cannot_be_started_holds_up_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        started: list[str] = []

        async def start(name: str, work_id: str, argument: str) -> None:
            if name == "unknown":
                raise UnknownWorkflow(name)
            started.append(work_id)

        async def add(name: str, work_id: str) -> None:
            new, work = NewThread(work_id, "T", "C", work_id, "en", "U"), StartWork(name, work_id, "")
            await store.threads.open(new, "b", lambda state: (state, [work]))

        await add("unknown", "w1")
        await add("known", "w2")
        starter = asyncio.create_task(Starter(store.work, start).run())
        await until(lambda: started == ["w2"])
        await add("known", "w3")
        await until(lambda: started == ["w2", "w3"])
        starter.cancel()
        await asyncio.gather(starter, return_exceptions=True)
        assert [item.work_id for item in await store.work.pending()][:1] == ["w1"]
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(6))
def test_the_starter_ends_when_it_is_cancelled_just_as_work_comes(tmp_path: Path, turns: int) -> None:
    async def start(name: str, work_id: str, argument: str) -> None:
        raise AssertionError("there is no work")

    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        starter = asyncio.create_task(Starter(store.work, start, interval_s=60).run())
        await asyncio.sleep(0.2)
        store.work.added.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        starter.cancel()
        await asyncio.wait({starter}, timeout=5)
        assert starter.cancelled()
        await store.close()

    asyncio.run(main())


def test_a_name_is_registered_once_and_before_the_launch(tmp_path: Path) -> None:
    async def body(ctx: Context, argument: str) -> None:
        await nothing()

    async def main() -> None:
        durable = Durable(tmp_path)
        durable.workflow("a")(body)
        with pytest.raises(ValueError, match="twice"):
            durable.workflow("a")(body)
        await durable.launch()
        with pytest.raises(RuntimeError):
            durable.workflow("b")(body)
        await durable.stop()

    asyncio.run(main())
