"""A mailbox process under fire: it keeps taking ordinary mail from elsewhere, and its memory stays bounded.

Every attack runs against a real process with the default limits; an ordinary client at another address sends all the while.
"""

import asyncio
import contextlib
import json
import os
import resource
import signal
import smtplib
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from posted import DOMAIN, MAIL

from bot.mailbox import Limits, address_of

ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024
ORDINARY = "127.0.0.2"
ALLOWED_MIB = 200
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Target:
    pid: int
    port: int
    token: str
    directory: Path
    delivered: list[float] = field(default_factory=list)
    """Of the ordinary mails that arrive meanwhile: how many seconds each took."""

    async def meanwhile(self, mails: int) -> None:
        """Until so many more ordinary mails were delivered."""
        wanted = len(self.delivered) + mails
        while len(self.delivered) < wanted:  # noqa: ASYNC110 - a thread fills it
            await asyncio.sleep(0.05)

    def mib(self, what: str) -> float:
        """A figure of the process: VmRSS, memory now; VmHWM, the most it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{what}:")[2].split()[0]) / 1024

    @property
    def until_data(self) -> bytes:
        rcpt = address_of(self.token, DOMAIN)
        return f"EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<{rcpt}>\r\nDATA\r\n".encode()

    @asynccontextmanager
    async def connection(self, source: str) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class Ordinary(threading.Thread):
    """A client that delivers one mail after the other, in a thread of its own; `seconds`: how long each took."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._over = threading.Event()
        self.seconds = target.delivered
        self.refused: list[Exception] = []

    def run(self) -> None:
        while not self._over.wait(0.1):
            begun = time.monotonic()
            try:
                with smtplib.SMTP(
                    "127.0.0.1", self._target.port, "sender.example.com", 10, source_address=(ORDINARY, 0)
                ) as smtp:
                    smtp.sendmail("a@example.com", [address_of(self._target.token, DOMAIN)], MAIL)
                self.seconds.append(time.monotonic() - begun)
            except (OSError, smtplib.SMTPException) as error:
                self.refused.append(error)

    def end(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def _open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def attacked(directory: Path, attack: Callable[[Target], Awaitable[None]]) -> None:
    """Run the attack; then look whether the ordinary mails and the memory were what they should be."""

    async def main() -> None:
        command = [sys.executable, str(ROOT / "tests/support/mailbox_process.py"), str(directory)]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/support'}"}
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        try:
            assert process.stdout is not None
            begun = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
            target = Target(process.pid, begun["port"], begun["token"], directory)
            ordinary = Ordinary(target)
            ordinary.start()
            try:
                await asyncio.sleep(0.5)
                before = target.mib("VmRSS")
                await asyncio.wait_for(attack(target), 60)
                await asyncio.sleep(0.3)
            finally:
                await asyncio.to_thread(ordinary.end)
            grown = target.mib("VmHWM") - before
            print(f"\n{len(ordinary.seconds)} mails, {max(ordinary.seconds):.2f} s at most, {grown:.0f} MiB more")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert ordinary.refused == []
        assert max(ordinary.seconds) < 10
        assert grown < ALLOWED_MIB
        with closing(sqlite3.connect(directory / "app.db")) as database:
            kept = database.execute("SELECT count(*) FROM mails WHERE raw = ?", (MAIL,)).fetchone()[0]
        assert kept == len(ordinary.seconds) > 5

    with _open_files():
        asyncio.run(main())


def _largest_buffer(kind: str) -> int:
    """Octets that the kernel may hold of a connection, where the server has not read them."""
    return int(Path(f"/proc/sys/net/ipv4/tcp_{kind}").read_text("ascii").split()[2])


async def pour(target: Target, begin: bytes) -> int:
    """Send bytes without any line end until the server hangs up; how many went out."""
    sent = 0
    async with target.connection("127.0.0.3") as (reader, writer):
        with contextlib.suppress(OSError):
            writer.write(begin)
            while not reader.at_eof() and sent < 100 * MIB:
                writer.write(b"x" * MIB)
                sent += MIB
                await writer.drain()
    return sent


def test_300_megabytes_without_a_line_end(tmp_path: Path) -> None:
    async def attack(target: Target) -> None:
        enough = asyncio.create_task(target.meanwhile(6))
        sent = 0
        while sent < 300 * MIB:
            amounts = await asyncio.gather(
                *(pour(target, begin) for begin in (target.until_data, b"") for _ in range(4))
            )
            assert max(amounts) <= Limits().session_bytes + MIB + sum(map(_largest_buffer, ("rmem", "wmem")))
            sent += sum(amounts)
        await enough

    attacked(tmp_path, attack)


def test_mails_of_nothing_but_line_ends_and_mails_that_never_end(tmp_path: Path) -> None:
    """As many as have a place hold the most that an address takes, and keep it."""

    async def attack(target: Target) -> None:
        async with contextlib.AsyncExitStack() as open_ones:
            for number in range(100):
                _, writer = await open_ones.enter_async_context(target.connection(f"127.0.0.{10 + number // 10}"))
                writer.write(target.until_data)
                writer.write(b"\r\n" * (MIB - 10))
                await writer.drain()
            await target.meanwhile(6)

    attacked(tmp_path, attack)


def test_drip_recipients_and_a_thousand_connections_at_once(tmp_path: Path) -> None:
    async def drip(target: Target) -> None:
        async with contextlib.AsyncExitStack() as open_ones:
            dripping = [await open_ones.enter_async_context(target.connection("127.0.0.4")) for _ in range(10)]
            while True:
                for _, writer in dripping:
                    writer.write(b"N")
                await asyncio.sleep(0.05)

    async def recipients(target: Target, number: int) -> int:
        async with target.connection("127.0.0.5") as (reader, writer):
            writer.write(b"EHLO a\r\nMAIL FROM:<a@example.com>\r\n")
            writer.write(b"".join(b"RCPT TO:<t-%016d@check.example>\r\n" % each for each in range(number)))
            with contextlib.suppress(OSError):
                return (await reader.read()).count(b"\r\n550 ")
        return 0

    async def connections(target: Target) -> int:
        async with contextlib.AsyncExitStack() as open_ones:
            every = await asyncio.gather(
                *(open_ones.enter_async_context(target.connection("127.0.0.6")) for _ in range(1000))
            )
            words = await asyncio.gather(*(reader.read(3) for reader, _ in every), return_exceptions=True)
            await target.meanwhile(6)
            return words.count(b"220")

    async def attack(target: Target) -> None:
        dripping = asyncio.create_task(drip(target))
        assert await recipients(target, 5000) <= 100
        assert 1 <= await connections(target) <= 10
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)

    attacked(tmp_path, attack)
