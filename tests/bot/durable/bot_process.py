"""A small bot for the crash tests: store, starter and engine on one data directory. Arguments: directory, crash point.

The workflow notes each run of its steps in the file `steps`, and counts up the thread's state through the store.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.durable import Context, Durable, Starter
from bot.store import NewThread, PutMessage, StartWork, State, Store
from bot.store.effects import Effect

DIRECTORY, CRASH = Path(sys.argv[1]), sys.argv[2]


def note(line: str) -> None:
    with (DIRECTORY / "steps").open("a") as file:
        file.write(line + "\n")


def crash(point: str) -> None:
    if point == CRASH:
        os.kill(os.getpid(), signal.SIGKILL)


def begin(state: State) -> tuple[State, list[Effect]]:
    return {"finished": 0}, [StartWork("check", "check:t1", "t1")]


def finish(state: State) -> tuple[State, list[Effect]]:
    return {"finished": state["finished"] + 1}, [PutMessage("t1/root", "C", {"text": f"run {state['finished'] + 1}"})]


async def main() -> None:
    durable = Durable(DIRECTORY)
    durable.claim()
    store = Store(DIRECTORY / "app.db")
    await store.open()

    @durable.workflow("check")
    async def check(ctx: Context, thread_id: str) -> None:
        async def probe() -> dict[str, str]:
            note("probe")
            return {"seen": "値"}

        async def judge() -> None:
            note("judge")
            crash("in step")

        async def tell() -> None:
            note("tell")
            await store.threads.apply(thread_id, f"{ctx.work_id}:done", finish)
            crash("after effect")

        seen = await ctx.step("probe", probe)
        assert seen == {"seen": "値"}
        await ctx.step("judge", judge)
        await ctx.sleep_until(datetime.now(UTC) + timedelta(seconds=0.2))
        crash("after sleep")
        await ctx.step("tell", tell)
        note("end")

    await durable.launch()
    if CRASH != "none":
        await store.threads.open(NewThread("t1", "T", "C", "example.com", "en", "U"), "begin", begin)
    crash("before start")
    starter = asyncio.create_task(Starter(store.work, durable.start).run())
    async with asyncio.timeout(15):
        while True:
            if (DIRECTORY / "steps").exists() and (DIRECTORY / "steps").read_text().endswith("end\n"):
                break
            await asyncio.sleep(0.02)
    starter.cancel()
    await durable.stop()
    await store.close()


asyncio.run(main())
