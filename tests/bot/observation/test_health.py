"""Each condition with the real part behind it, and what is told of a part that does not answer."""

import asyncio
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.durable import Durable
from bot.observation import OFF, Condition, Health, Metrics, State, Waiting, condition, conditions
from bot.observation.health import Probe, as_document, is_healthy
from bot.store import PutMessage, Store


async def yes() -> bool:
    return True


async def nothing() -> None:
    return None


async def no_age() -> float:
    return 0.0


def probes(**given: Any) -> dict[str, Probe]:
    well: dict[str, Any] = {
        "connected": yes,
        "prove_writable": nothing,
        "is_launched": lambda: True,
        "is_listening": lambda: True,
        "oldest_s": no_age,
    }
    return conditions(**(well | given))


def test_a_database_that_somebody_holds_is_unknown_and_one_without_room_is_failing(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        health = Health(probes(prove_writable=store.backlog.prove_writable), probe_s=0.3)
        assert is_healthy(await health.look())
        with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(2):
                told = await health.look()
                assert not is_healthy(told)
                assert told["database"] == Condition(State.UNKNOWN, {"why": "no answer in time"})
            assert told["outbox"].state is State.OK
            other.execute("ROLLBACK")
        for _ in range(50):
            if is_healthy(await health.look()):
                break
        assert is_healthy(await health.look())
        with no_room_for_files():
            told = await health.look()
        assert told["database"] == Condition(State.FAILING, {"why": "OperationalError"})
        assert is_healthy(await health.look())
        await health.stop()
        await store.close()

    asyncio.run(scene())


@contextmanager
def no_room_for_files() -> Iterator[None]:
    """As a full disk does it: no write of this process makes any file longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_engine_is_launched_between_launch_and_stop(tmp_path: Path) -> None:
    async def scene() -> None:
        durable = Durable(tmp_path)

        async def body(ctx: Any, argument: str) -> None:
            return None

        durable.workflow("nothing")(body)
        health = Health(probes(is_launched=lambda: durable.is_launched))
        assert (await health.look())["engine"].state is State.FAILING
        await durable.launch()
        assert (await health.look())["engine"].state is State.OK
        await durable.stop()
        assert (await health.look())["engine"].state is State.FAILING

    asyncio.run(scene())


def test_one_probe_that_hangs_or_fails_leaves_the_others_their_say_and_runs_once() -> None:
    begun = 0

    async def hangs() -> Condition:
        nonlocal begun
        begun += 1
        await asyncio.sleep(60)
        return condition(True)

    async def fails() -> Condition:
        raise OSError("secret words")

    async def off() -> Condition:
        return OFF

    async def scene() -> None:
        health = Health({"hangs": hangs, "fails": fails, "off": off}, probe_s=0.05)
        started = time.monotonic()
        told = [await health.look() for _ in range(3)][-1]
        assert time.monotonic() - started < 10
        assert begun == 1
        assert as_document(told) == {
            "healthy": False,
            "conditions": {
                "hangs": {"state": "unknown", "why": "no answer in time"},
                "fails": {"state": "failing", "why": "OSError"},
                "off": {"state": "off"},
            },
        }
        await health.stop()

    asyncio.run(scene())


def test_an_edit_is_as_old_as_its_first_sight_and_progress_that_goes_out_is_never_old(tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)

    async def scene() -> None:
        nonlocal now
        store = Store(tmp_path / "app.db", clock=lambda: now)
        await store.open()
        waiting = Waiting(Metrics(), store.backlog.read, yes, clock=lambda: now)
        assert await waiting.oldest_s() == 0
        await store.messages.put("T1", PutMessage("m", "C1", {"text": "0"}))
        now += timedelta(seconds=10)
        assert await waiting.oldest_s() == 10
        await store.messages.sent("m", 1, "1.0", "C1")
        now += timedelta(days=1)
        assert await waiting.oldest_s() == 0
        for revision in (2, 3, 4):
            await store.messages.put("T1", PutMessage("m", "C1", {"text": str(revision)}))
            assert await waiting.oldest_s() == 0
            now += timedelta(seconds=30)
            assert await waiting.oldest_s() == 30
            await store.messages.put("T1", PutMessage("m", "C1", {"text": f"{revision} and more"}))
            assert await waiting.oldest_s() == 30
            await store.messages.sent("m", 2 * revision - 2, "1.0", "C1")
        assert await waiting.oldest_s() == 0
        await store.messages.put("T1", PutMessage("given up", "C1", {"text": "x"}))
        await store.messages.failed("given up", 1, "channel_not_found")
        now += timedelta(days=1)
        assert (await store.backlog.read()).unsent[0].key == "m"
        assert len((await store.backlog.read()).unsent) == 1
        await store.close()

    asyncio.run(scene())


def test_what_cannot_be_told_is_no_number() -> None:
    async def broken() -> Any:
        raise OSError

    async def scene() -> None:
        metrics = Metrics()
        await Waiting(metrics, broken, yes, clock=lambda: datetime.now(UTC)).measure()
        text = metrics.exposition("")[0].decode()
        assert "mailcheck_outbox_messages NaN" in text
        assert "mailcheck_slack_socket_connected 1.0" in text

    asyncio.run(scene())


def test_words_of_slack_cannot_make_series_without_end() -> None:
    metrics = Metrics()
    for number in range(300):
        metrics.slack_called("chat.update", f"word_{'x' * number}")
    metrics.slack_called("chat.update", 'a"b\n<c>')
    series = metrics.exposition("")[0].decode().count("mailcheck_slack_calls_total{")
    assert 1 < series <= 101
