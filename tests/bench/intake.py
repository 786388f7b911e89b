"""How fast mails are taken: `python tests/bench/intake.py [SECONDS [ROUNDS]]` prints two tables in Markdown.

1. Mails a second that our mailbox answers with 250, each of them on disk by then, beside bare aiosmtpd with a handler
   that does nothing: the same client in the same run, which sends to one and then to the other, ROUNDS times for
   SECONDS each, and never to both at once. No analysis runs. What counts is the median of the rounds.
2. The whole bot as it is configured by default: from the 250 to the end of the analysis, at RATE mails a second, and
   how many mails a second it takes in a burst while it analyses.

Each server is a process of its own. A session brings MAILS_A_SESSION mails of MAIL_BYTES, one after the other, without
pipelining (bare aiosmtpd offers none), and is then replaced by a new one; TLS is begun once in each.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import os
import platform
import random
import re
import signal
import sqlite3
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

MAIL_DOMAIN = "mail.example"
MAIL_BYTES = 4096
MAILS_A_SESSION = 25
MAILBOXES = 400
GOAL = 0.85
RATE = 20.0
RATED_S = 30.0
BURST = 300
BURST_CONNECTIONS = 10
HEADER = (
    "From: a@b0.example\r\nTo: t@mail.example\r\nSubject: bench\r\nMessage-ID: <1@b0.example>\r\n"
    "Date: Tue, 24 Nov 2026 00:00:00 +0000\r\n\r\n"
)


def content(size: int = MAIL_BYTES) -> bytes:
    line = "The quick brown fox jumps over the lazy dog, again and again.\r\n"
    return ((HEADER + line * (size // len(line)))[: size - 2] + "\r\n").encode() + b".\r\n"


@dataclass(slots=True)
class Load:
    """What one client sends, and what came of it."""

    port: int
    recipients: list[str]
    tls: ssl.SSLContext | None
    deadline: float = math.inf
    most: float = math.inf
    content: bytes = field(default_factory=content)
    begun: int = 0
    accepted: int = 0
    refused: int = 0

    def may_begin(self) -> bool:
        return time.monotonic() < self.deadline and self.begun < self.most


class Sender(asyncio.Protocol):
    """One session: as little Python for each answer as there can be."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.left = MAILS_A_SESSION
        self.next: Callable[[], None] = self.hello
        self.secured = False
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        if self.received.endswith(b"\n") and self.received[self.received.rfind(b"\n", 0, -1) + 4 :][:1] != b"-":
            self.answer, self.received = self.received[:3], b""
            self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(False)

    def hello(self) -> None:
        self.say(b"EHLO client.example\r\n", self.mail if self.load.tls is None or self.secured else self.starttls)

    def starttls(self) -> None:
        self.say(b"STARTTLS\r\n", self.secure)

    def secure(self) -> None:
        assert self.load.tls is not None
        loop = asyncio.get_running_loop()
        begun = loop.start_tls(self.transport, self, self.load.tls, server_hostname="mx.mail.example")
        self.handshake = loop.create_task(begun)
        self.handshake.add_done_callback(self.is_secure)

    def is_secure(self, task: asyncio.Task[asyncio.Transport | None]) -> None:
        if task.cancelled() or task.exception() is not None or (transport := task.result()) is None:
            self.transport.abort()
            self.connection_lost(None)
            return
        self.transport, self.secured = transport, True
        self.hello()

    def mail(self) -> None:
        if self.left and self.load.may_begin():
            self.left -= 1
            self.load.begun += 1
            self.say(b"MAIL FROM:<a@b0.example>\r\n", self.rcpt)
        else:
            self.say(b"QUIT\r\n", self.quit)

    def rcpt(self) -> None:
        self.say(b"RCPT TO:<%b>\r\n" % random.choice(self.load.recipients).encode(), self.data)

    def data(self) -> None:
        if self.answer != b"250":
            self.load.refused += 1
            self.say(b"RSET\r\n", self.mail)
            return
        self.say(b"DATA\r\n", self.body)

    def body(self) -> None:
        self.say(self.load.content, self.count)

    def count(self) -> None:
        if self.answer == b"250":
            self.load.accepted += 1
        else:
            self.load.refused += 1
        self.mail()

    def quit(self) -> None:
        self.done.set_result(True)
        self.transport.close()

    def say(self, line: bytes, then: Callable[[], None]) -> None:
        self.next = then
        self.transport.write(line)


async def send(load: Load, connections: int) -> float:
    """Sessions, so many at a time, until the load may begin no more; the seconds that they took."""

    async def one_after_the_other() -> None:
        while load.may_begin():
            _, sender = await asyncio.get_running_loop().create_connection(lambda: Sender(load), "127.0.0.1", load.port)
            if not await sender.done:
                raise ConnectionError("a session ended before its end")

    began = time.monotonic()
    await asyncio.gather(*(one_after_the_other() for _ in range(connections)))
    return time.monotonic() - began


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


# The servers


async def serve_ours(directory: Path) -> None:
    from bot.mailbox import Limits, MailboxServer, address_of, new_token, self_signed_context
    from bot.store import MailboxOpened, NewThread, Store

    store = Store(directory / "app.db")
    await store.open()
    tokens = [new_token() for _ in range(MAILBOXES)]
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    for token in tokens:
        opened = MailboxOpened(token, expires_at, 10**9, 10**7)
        new = NewThread(token, "T", "C", "example.com", "en", "U")
        await store.threads.open(new, "begin", lambda state, opened=opened: (state, [opened]))  # type: ignore[misc]
    server = MailboxServer(
        store,
        mail_domain=MAIL_DOMAIN,
        hostname="mx.mail.example",
        host="127.0.0.1",
        port=0,
        tls=self_signed_context("mx.mail.example"),
        max_bytes=10**7,
        max_waiting=10**9,
        limits=dataclasses.replace(Limits(), connections_per_client=100),
    )
    await server.start()
    print(server.port, *(address_of(token, MAIL_DOMAIN) for token in tokens), flush=True)
    await _until_stopped()
    await server.stop()
    await store.close()


async def serve_bare(directory: Path) -> None:
    import logging

    from aiosmtpd.smtp import SMTP

    from bot.mailbox import self_signed_context

    class Empty:
        async def handle_DATA(self, *_: object) -> str:
            return "250 OK"

    logging.getLogger("mail.log").setLevel(logging.ERROR)
    tls = self_signed_context("mx.mail.example")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Empty(), hostname="mx.mail.example", tls_context=tls, loop=loop), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], f"t@{MAIL_DOMAIN}", flush=True)
    await _until_stopped()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    recipients: list[str]

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(kind: str, directory: Path) -> AsyncIterator[Server]:
    command = (sys.executable, __file__, f"serve-{kind}", str(directory))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=1024 * 1024)
    assert process.stdout is not None
    try:
        port, *recipients = (await process.stdout.readline()).decode().split()
        yield Server(process.pid, int(port), recipients)
    finally:
        process.terminate()
        await process.wait()


# The tables


@dataclass(slots=True)
class Figures:
    per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """Of the server, for one mail."""


async def beside_bare(seconds: float, rounds: int, directory: Path) -> bool:
    print(f"\n| Connections | TLS | aiosmtpd | ours | ratio (goal {GOAL}) | CPU of aiosmtpd | CPU of ours |")
    print("|---|---|---|---|---|---|---|")
    reached = True
    async with running("bare", directory) as bare, running("ours", directory) as ours:
        for connections in (10, 50):
            for tls in (None, trusting()):
                figures = {bare.pid: Figures(), ours.pid: Figures()}
                for number in range(rounds + 1):
                    for server in (bare, ours):
                        # The first round is for warming up.
                        length = min(seconds, 1) if number == 0 else seconds
                        before = server.cpu_s()
                        load = Load(server.port, server.recipients, tls, deadline=time.monotonic() + length)
                        took = await send(load, connections)
                        assert load.accepted, load
                        assert not load.refused, load
                        if number:
                            figures[server.pid].per_s.append(load.accepted / took)
                            figures[server.pid].cpu_ms.append((server.cpu_s() - before) * 1000 / load.accepted)
                theirs, made = figures[bare.pid], figures[ours.pid]
                ratio = statistics.median(made.per_s) / statistics.median(theirs.per_s)
                reached = reached and ratio >= GOAL
                print(
                    f"| {connections} | {'STARTTLS' if tls else 'none'} | {statistics.median(theirs.per_s):.0f}/s "
                    f"| {statistics.median(made.per_s):.0f}/s | {ratio:.2f} "
                    f"| {statistics.median(theirs.cpu_ms):.2f} ms | {statistics.median(made.cpu_ms):.2f} ms |",
                    flush=True,
                )
    return reached


async def with_analysis() -> None:
    from main_job import ADDRESS, CHANNELS, MESSAGES, bench

    from bot.demo.workspace import ALICE

    async with bench() as made:
        found: list[str] = []
        # An address takes 20 mails.
        for n in range(math.ceil((RATE * RATED_S + BURST) / 20) + 5):
            channel = CHANNELS[n % len(CHANNELS)].id
            await made.workspace.command(ALICE.id, channel, f"/mailcheck b{n}.example")
            await made.until(lambda n=n, c=channel: made.root(f"b{n}.example", c), "a root")  # type: ignore[misc]
            root = made.root(f"b{n}.example", channel)
            assert root is not None
            await made.until(lambda r=root: len(made.workspace.thread(r.channel, r.ts)) == MESSAGES, "findings")  # type: ignore[misc]
            thread = made.workspace.thread(root.channel, root.ts)
            address = ADDRESS.search("\n".join(map(made.workspace.text_of, thread)))
            assert address is not None
            found.append(address[0])
        rated = [found.pop() for _ in range(math.ceil(RATE * RATED_S / 20) + 2)]
        loads = [Load(made.port, [rated[n % len(rated)]], None, most=1) for n in range(int(RATE * RATED_S))]
        # One client may have ten connections.
        places = asyncio.Semaphore(BURST_CONNECTIONS)

        async def one(load: Load) -> None:
            async with places:
                await send(load, 1)

        began = time.monotonic()
        sends = []
        for n, load in enumerate(loads):
            await asyncio.sleep(began + n / RATE - time.monotonic())
            sends.append(asyncio.create_task(one(load)))
        await asyncio.gather(*sends)
        rate = len(loads) / (time.monotonic() - began)
        accepted = sum(load.accepted for load in loads)
        waits = await _analysed(made.data_dir, accepted)
        median, p99 = statistics.median(waits), sorted(waits)[math.ceil(0.99 * len(waits)) - 1]
        burst = Load(made.port, found, None, most=BURST)
        took = await send(burst, BURST_CONNECTIONS)
        began = time.monotonic()
        await _analysed(made.data_dir, accepted + burst.accepted)
        print("\n| With analysis | |\n|---|---|")
        print(f"| 250 to finished analysis at {rate:.1f} mails a second, median | {median * 1000:.0f} ms |")
        print(f"| the same, p99 of {len(waits)} | {p99 * 1000:.0f} ms |")
        print(f"| mails a second accepted in a burst of {burst.accepted}, {BURST_CONNECTIONS} connections "
              f"| {burst.accepted / took:.0f}/s |")  # fmt: skip
        print(f"| of these refused for now or for good | {burst.refused} |")
        print(f"| until the last of the burst was analysed | {time.monotonic() - began + took:.1f} s |")


async def _analysed(data_dir: Path, wanted: int) -> list[float]:
    """Seconds from the receipt of each mail, which is before its 250, to the end of its analysis, once all have it."""
    statement = "SELECT julianday(analysed_at), julianday(received_at) FROM mails WHERE analysed_at IS NOT NULL"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with sqlite3.connect(f"file:{data_dir / 'app.db'}?mode=ro", uri=True) as database:
            rows = database.execute(statement).fetchall()
        if len(rows) >= wanted:
            return [(analysed - received) * 86400 for analysed, received in rows]
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{len(rows)} of {wanted} mails are analysed")


def _fsync_ms(directory: Path) -> float:
    took = []
    with (directory / "probe").open("wb", buffering=0) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def main() -> int:
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="mailcheck-bench-") as name:
        if arguments[:1] == ["serve-ours"]:
            asyncio.run(serve_ours(Path(arguments[1])))
            return 0
        if arguments[:1] == ["serve-bare"]:
            asyncio.run(serve_bare(Path(arguments[1])))
            return 0
        seconds, rounds = float(arguments[0]) if arguments else 4.0, int(arguments[1]) if arguments[1:] else 5
        model = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text()) or ["?"]
        print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {model[0]}")
        print(f"fsync of 4 KiB: {_fsync_ms(Path(name)):.2f} ms; load average {os.getloadavg()[0]:.1f}")
        reached = asyncio.run(beside_bare(seconds, rounds, Path(name)))
    if "--no-analysis" not in arguments:
        asyncio.run(with_analysis())
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
