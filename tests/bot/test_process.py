"""`mailcheck run` as a process: it survives being killed, tells nothing twice, and stops at once when asked to."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from quiet import QUIET, free_port

from bot.app import STOP_S
from bot.demo.domains import SIGNERS, sample_zones
from bot.demo.nameserver import Fault, Nameserver
from bot.demo.signing import make_signing_keys
from bot.demo.workspace import ALICE, MAIL_OPS, Message, Workspace
from bot.durable import lock_holder
from bot.store import Store

ROOT = Path(__file__).parents[2]
HERE = MAIL_OPS.id
KEYS = make_signing_keys(SIGNERS)

Bot = Callable[[], Awaitable[asyncio.subprocess.Process]]


@asynccontextmanager
async def surroundings(tmp_path: Path) -> AsyncIterator[tuple[Workspace, Bot]]:
    """A workspace, DNS, and what starts the bot as a process of its own on always the same data."""
    port = free_port()
    faults = [Fault("no-dmarc.example", "MX", delay_s=1.2)]
    async with Nameserver(sample_zones(KEYS), faults=faults) as dns, Workspace(rates=None) as workspace:
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "MAILCHECK_SLACK_API_URL": workspace.api_url,
            "MAILCHECK_DATA_DIR": str(tmp_path),
            "MAILCHECK_NAMESERVERS": dns.address,
            "MAILCHECK_MAIL_DOMAIN": "mail.example",
            "MAILCHECK_MAILBOX_HOST": QUIET,
            "MAILCHECK_MAILBOX_PORT": str(port),
        }
        started: list[asyncio.subprocess.Process] = []

        async def start() -> asyncio.subprocess.Process:
            log = (tmp_path / f"log-{len(started)}").open("wb")
            command = (sys.executable, "-m", "bot", "run")
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stderr=log)
            log.close()
            started.append(process)
            await workspace.wait_for(lambda: workspace.connections == 2, 20, "the bot's sockets")
            return process

        try:
            yield workspace, start
        finally:
            for process in started:
                if process.returncode is None:
                    process.kill()
                await process.wait()


def thread(workspace: Workspace) -> list[Message]:
    roots = workspace.messages(HERE)
    assert len(roots) <= 1
    return workspace.thread(HERE, roots[0].ts) if roots else []


def test_a_bot_that_is_killed_in_the_middle_of_a_check_goes_on_and_says_nothing_twice(tmp_path: Path) -> None:
    async def scene() -> None:
        async with surroundings(tmp_path) as (workspace, start):
            bot = await start()
            await workspace.command(ALICE.id, HERE, "/mailcheck no-dmarc.example")
            await workspace.wait_for(lambda: len(thread(workspace)) == 2, what="root and address")
            bot.kill()
            await bot.wait()
            await workspace.wait_for(lambda: workspace.connections == 0, what="a closed socket")
            bot = await start()
            await workspace.wait_for(
                lambda: "needs work" in workspace.text_of(thread(workspace)[0]), 30, "a finished check"
            )
            await workspace.wait_for(lambda: len(thread(workspace)) == 4, what="three replies")
            assert len(thread(workspace)) == 4

            began = asyncio.get_running_loop().time()
            bot.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(bot.wait(), 5) == 0
            assert asyncio.get_running_loop().time() - began < 5

    asyncio.run(scene())


def test_a_command_that_slack_delivers_again_makes_no_second_thread(tmp_path: Path) -> None:
    async def scene() -> None:
        async with surroundings(tmp_path) as (workspace, start):
            await start()
            workspace.faults.redeliver("slash_commands")
            await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
            await workspace.wait_for(lambda: len(thread(workspace)) == 4, what="a finished check")
            await asyncio.sleep(0.5)
            assert len(thread(workspace)) == 4
            assert workspace.ephemerals(ALICE.id) == []

    asyncio.run(scene())


def test_a_slack_that_never_answers_does_not_keep_the_bot_from_stopping(tmp_path: Path) -> None:
    async def scene() -> None:
        asked = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await reader.read()
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_APP_TOKEN": "xapp-1",
                "MAILCHECK_SLACK_API_URL": f"http://127.0.0.1:{port}/api/",
                "MAILCHECK_DATA_DIR": str(tmp_path),
            }
            command = (sys.executable, "-m", "bot", "run")
            bot = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                await asyncio.wait_for(asked.wait(), 20)
                bot.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(bot.wait(), 5) == 0
            finally:
                if bot.returncode is None:
                    bot.kill()
                    await bot.wait()

    asyncio.run(scene())


def test_a_thread_that_hangs_while_the_bot_starts_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    async def scene() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        await store.close()
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "MAILCHECK_DATA_DIR": str(tmp_path),
        }
        # The bot waits in a thread for whoever writes to its database, and no cancellation ends that.
        with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            command = (sys.executable, "-m", "bot", "run")
            bot = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                async with asyncio.timeout(20):
                    while lock_holder(tmp_path) is None:  # noqa: ASYNC110 - another process takes it
                        await asyncio.sleep(0.05)
                await asyncio.sleep(0.5)
                bot.send_signal(signal.SIGTERM)
                async with asyncio.timeout(STOP_S + 1.5):
                    assert await bot.wait() == 0
            finally:
                if bot.returncode is None:
                    bot.kill()
                    await bot.wait()

    asyncio.run(scene())


def test_a_stop_that_hangs_is_cut_short_and_says_on_what():
    program = """
import threading
from bot.app import ended_by_force
threading.Thread(target=threading.Event().wait).start()
with ended_by_force(0.2):
    pass
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0
    assert "what still runs" in ended.stderr
    assert "_shutdown" in ended.stderr
