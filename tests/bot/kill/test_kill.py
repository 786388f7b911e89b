"""The whole process killed in the middle of everything: what was promised is kept, once.

MAILCHECK_KILL_SEED plays the moments of an earlier run again, MAILCHECK_KILLS makes more of them.
"""

import asyncio
import os
import random
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from killing import HISTORY, PEOPLE, SCOPES, World, world
from moments import Moment, moments, phases

SEED = int(os.environ.get("MAILCHECK_KILL_SEED") or random.randrange(1_000_000))
KILLS = int(os.environ.get("MAILCHECK_KILLS") or 20)


async def play(made: World, script: list[Moment], people_count: int) -> list[int | None]:
    """End the bot at each of these moments while people go on working, then let it finish; the exit statuses."""
    people = [asyncio.create_task(made.live(person)) for person in range(people_count)]
    try:
        ended = [(await made.end(moment)).returncode for moment in script]
        made.is_closing = True
        made.fate.arm(None)
        await made.connected(await made.start())
        await asyncio.gather(*people)
        # The last edits wait for Slack's limit, which every process counts anew.
        while not await made.kept(within_s=5):
            assert made.starts < len(script) + 12, {job.domain: made.missing(job) for job in made.jobs}
            await stop(made)
            await made.connected(await made.start())
    finally:
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
    return ended


async def stop(made: World) -> float:
    """Ask the bot to stop; the seconds that it took."""
    process = made.fate.process
    assert process is not None
    began = asyncio.get_running_loop().time()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 5) == 0
    return asyncio.get_running_loop().time() - began


async def settled(made: World) -> None:
    """Until nothing is left to be shown, or started."""
    counts = ("messages WHERE state != 'failed' AND desired_rev > sent_rev", "work WHERE started_at IS NULL")
    await made.workspace.wait_for(
        lambda: all(rows(made, f"SELECT count(*) FROM {each}") == [(0,)] for each in counts), 40, "a bot at rest"
    )


def rows(made: World, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(made.directory / "data" / "app.db")) as connection:
        return connection.execute(query).fetchall()


def check(made: World, *, exactly: bool) -> None:
    """Every promise is kept: exactly once, or without the history scopes at least once."""
    assert {job.domain: missing for job in made.jobs if (missing := made.missing(job))} == {}
    # A command of which its typist was told nothing may have been heard or not, and so may a mail without an answer.
    for job in made.jobs:
        if exactly:
            assert len(made.roots(job)) == 1 or (not job.is_acknowledged and made.roots(job) == []), job
            assert [len(made.about(job, sender)) for sender in job.taken] == [1] * len(job.taken), job
            assert all(len(made.about(job, sender)) <= 1 for sender in job.tried), job
    if exactly:
        assert {key: count for key, count in made.posted.items() if count != 1} == {}
    assert rows(made, "SELECT key, last_error FROM messages WHERE state = 'failed'") == []
    # The SDK is loud about an acknowledgement for which the stop left no socket; what it was for is kept.
    loud = [line for line in made.logs.splitlines() if "Traceback" in line and "closing transport" not in line]
    assert loud == []


def summary(made: World) -> str:
    met = ", ".join(f"{event} {count}" for event, count in sorted(made.fate.met.items()))
    mails = sum(len(job.taken) for job in made.jobs)
    missed = Counter(made.fate.missed)
    return f"{len(made.jobs)} commands, {mails} mails; hit: {met}; not met in time: {dict(missed)}"


def test_a_bot_killed_anywhere_keeps_every_promise_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scene() -> None:
        async with world(tmp_path) as made:
            # While progress is shown comes first: final states, once there are many, leave it no room.
            script = [Moment("edit progress: done", within_s=4), *moments(SEED, KILLS - 1)]
            ended = await play(made, script, PEOPLE)
            assert ended == [-signal.SIGKILL] * KILLS
            await settled(made)
            assert await stop(made) < 5
            check(made, exactly=True)
            # Nor does the next process find anything to say again.
            said = made.posted
            await made.connected(await made.start())
            await asyncio.sleep(1)
            await stop(made)
            assert made.posted == said
            with capsys.disabled():
                print(f"\n{KILLS} kills, MAILCHECK_KILL_SEED={SEED}: {summary(made)}")

    with capsys.disabled():
        print(f"\nMAILCHECK_KILL_SEED={SEED}")
    asyncio.run(scene())


def test_without_the_history_scopes_nothing_is_lost_and_what_may_be_said_twice_is_logged(tmp_path: Path) -> None:
    script = [
        Moment("post root: done"),
        Moment("post reply: done", 2),
        *moments(SEED, 2, tuple((each,) for each in phases("post root", "post reply", "edit"))),
        Moment("post reply: done"),
    ]

    async def scene() -> None:
        async with world(tmp_path, scopes=SCOPES - HISTORY) as made:
            await play(made, script, 2)
            await settled(made)
            await stop(made)
            check(made, exactly=False)
            twice = [key for key, count in made.posted.items() if count > 1]
            assert twice
            for key in twice:
                assert f"message {key} may be posted twice" in made.logs

    asyncio.run(scene())


def test_a_bot_that_is_asked_to_stop_does_so_within_five_seconds_and_loses_nothing(tmp_path: Path) -> None:
    script = [
        Moment("edit progress: done", within_s=4),
        Moment("post root: before", 2),
        Moment("dot sent"),
        *moments(SEED, 1, (("command sent",), ("post reply: answered",), ("250",), ("auth.test: done",))),
    ]

    async def scene() -> None:
        async with world(tmp_path, ends_by=signal.SIGTERM) as made:
            ended = await play(made, script, 2)
            # A process that has not said a word yet, while Python still loads it, ends as any does.
            said = made.said
            assert [0 if code == -signal.SIGTERM and not said[n] else code for n, code in enumerate(ended)] == [0] * 4
            assert max(made.fate.took_s) < 5
            await settled(made)
            await stop(made)
            check(made, exactly=True)

    asyncio.run(scene())
