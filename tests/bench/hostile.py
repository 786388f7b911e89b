"""Reports on mutated mails: `python tests/bench/hostile.py --cases 100000 [--seed N] [--processes N] [--keep DIRECTORY]`.

Every mail goes through `check_message`, with the keys and the records of its domains on a name server on loopback.
Prints the seed, each mail that raised, whose analysis went over a limit, or whose report is not complete, and how long the mails
took; exit status 1 where there was any. `--keep` writes those mails there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from hostile_check import faults, opened, session  # noqa: E402 - found by the line above
from hostile_mails import mutated  # noqa: E402

from checks import Workers, WorkLimits  # noqa: E402

LIMITS = WorkLimits(wall_seconds=600.0, turn_seconds=600.0)
"""Judged by processor time, so that this can run for an hour beside other work."""
AT_A_TIME = 4
STEPS = 20


async def part(arguments: argparse.Namespace) -> None:
    """Every `processes`-th mail from `part` on: a JSON line for each fault, and for each 100 mails their seconds."""
    room = asyncio.Semaphore(AT_A_TIME)
    took: list[float] = []
    async with opened(Workers(1, 1, LIMITS), LIMITS.wall_seconds) as checker:

        async def one(number: int) -> None:
            try:
                raw = mutated(arguments.seed, number)
                found, seconds = await faults(checker, raw, session(arguments.seed, number))
            finally:
                room.release()
            took.append(seconds)
            if found:
                print(json.dumps({"number": number, "faults": found}), flush=True)
                if arguments.keep:
                    (arguments.keep / f"{arguments.seed}-{number}.eml").write_bytes(raw)

        running: set[asyncio.Task[None]] = set()
        for number in range(arguments.part, arguments.cases, arguments.processes):
            await room.acquire()
            task = asyncio.create_task(one(number))
            running.add(task)
            task.add_done_callback(running.discard)
            if len(took) >= 100:
                print(json.dumps({"took": took}), flush=True)
                took.clear()
        await asyncio.gather(*running)
    print(json.dumps({"took": took}), flush=True)


async def all_parts(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    took: list[float] = []
    wrong = 0
    print(f"{arguments.cases} mails, seed {arguments.seed}, {arguments.processes} processes", flush=True)

    async def follow(number: int) -> int:
        nonlocal wrong
        command = [sys.executable, __file__, *sys.argv[1:], "--seed", str(arguments.seed)]
        command += ["--processes", str(arguments.processes), "--part", str(number)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=1 << 20)
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            before = len(took) * STEPS // max(arguments.cases, 1)
            took.extend(told.get("took", ()))
            if "faults" in told:
                wrong += 1
                print(f"mail {told['number']}: {'; '.join(told['faults'][:5])}", flush=True)
            if len(took) * STEPS // max(arguments.cases, 1) > before:
                print(f"{len(took):8} mails, {wrong} wrong, {time.monotonic() - began:8.0f} s", flush=True)
        return await process.wait()

    ended = await asyncio.gather(*map(follow, range(arguments.processes)))
    took.sort()
    if took:
        print(
            f"seconds for one mail: median {took[len(took) // 2]:.3f}, p99 {took[len(took) * 99 // 100]:.3f}, most {took[-1]:.3f}"
        )
    print(f"{len(took)} reports, {wrong} of them wrong, {time.monotonic() - began:.0f} s")
    return 0 if not wrong and len(took) == arguments.cases and not any(ended) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.getLogger("checks").setLevel(logging.ERROR)
    if arguments.part is None:
        return asyncio.run(all_parts(arguments))
    asyncio.run(part(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
