"""A bot killed at its worst moments, started again by the next process."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.store import Store

ROOT = Path(__file__).parents[3]


def bot(directory: Path, crash: str) -> int:
    command = [sys.executable, str(Path(__file__).with_name("bot_process.py")), str(directory), crash]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=25, check=False).returncode


@pytest.mark.parametrize(
    ("crash", "repeated"),
    [("before start", None), ("in step", "judge"), ("after sleep", None), ("after effect", "tell")],
)
def test_work_goes_on_after_kill_9_and_its_effect_is_there_once(
    tmp_path: Path, crash: str, repeated: str | None
) -> None:
    assert bot(tmp_path, crash) == -signal.SIGKILL
    assert bot(tmp_path, "none") == 0
    runs = Counter((tmp_path / "steps").read_text().split())
    # Recorded steps are not run again; the one that was cut short is.
    assert runs == {step: 2 if step == repeated else 1 for step in ("probe", "judge", "tell", "end")}

    async def look() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        thread = await store.threads.get("t1")
        assert thread is not None
        assert thread.state == {"finished": 1}
        assert [(each.key, each.desired_rev) for each in await store.messages.pending()] == [("t1/root", 1)]
        assert await store.work.pending() == []
        await store.close()

    asyncio.run(look())
