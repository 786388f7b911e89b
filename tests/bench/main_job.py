"""How long the main job takes, and how much memory: `python tests/bench/main_job.py [unpaced] [paced]` prints.

The bot runs as a process of its own; the workspace, DNS and the senders of mail are in this one. The commands come
from as many channels as COMMANDS / 2: one channel alone is held to Slack's one post a second, and so is the
workspace to its edits a minute, which `paced` shows; that takes four minutes. `unpaced` is the bot
beside a workspace without limits.
"""

import asyncio
import math
import os
import platform
import re
import smtplib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bot.demo.nameserver import Nameserver, Zone  # noqa: E402 - found by the line above
from bot.demo.workspace import ALICE, BOT_USER, Channel, Message, Workspace  # noqa: E402

COMMANDS = 100
PER_S = 5.0
MAILS = 100
MAILS_PACED = 20
MORE_CHECKS = 1000
TOGETHER = 8
MESSAGES = 4
"""Root, address, findings, guidelines."""
MAIL_DOMAIN = "mail.example"
ADDRESS = re.compile(rf"t-[a-z0-9]+@{re.escape(MAIL_DOMAIN)}")
RECORDS = """@ MX 10 mx
@ TXT "v=spf1 ip4:127.0.0.0/8 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:r@{domain}"
mx A 192.88.99.99"""
CHANNELS = tuple(
    Channel(f"C0BENCH{n}", f"bench-{n}", "channel", frozenset({ALICE.id, BOT_USER})) for n in range(COMMANDS // 2)
)


@dataclass(slots=True)
class Bench:
    """What is measured; times in seconds."""

    workspace: Workspace
    process: asyncio.subprocess.Process
    port: int
    data_dir: Path
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, seconds: float) -> None:
        self.figures.setdefault(name, []).append(seconds)

    @property
    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024

    async def until(self, condition: Callable[[], object], what: str) -> None:
        await self.workspace.wait_for(condition, 400, what)

    def root(self, domain: str, channel: str) -> Message | None:
        marked = (root for root in self.workspace.messages(channel) if domain in self.workspace.text_of(root))
        return next(marked, None)

    async def many(self, numbers: range) -> float:
        """Checks, TOGETHER at a time; the seconds that they took."""
        began = time.monotonic()
        for first in numbers[::TOGETHER]:
            wanted = len(self.workspace.state.messages) + TOGETHER * MESSAGES
            line, channels = "/mailcheck b{}.example", [channel.id for channel in CHANNELS]
            commands = [
                self.workspace.command(ALICE.id, channels[n % len(channels)], line.format(n))
                for n in range(first, first + TOGETHER)
            ]
            await asyncio.gather(*commands)
            await self.until(lambda: len(self.workspace.state.messages) == wanted, "findings")  # noqa: B023 - awaited
        return time.monotonic() - began

    async def check(self, n: int) -> Message:
        """One command, until the findings stand in its thread."""
        domain, channel = f"b{n}.example", CHANNELS[n % len(CHANNELS)].id
        began = time.monotonic()
        outcome = await self.workspace.command(ALICE.id, channel, f"/mailcheck {domain}")
        assert outcome.acknowledged_after_s is not None, domain
        await self.until(lambda: self.root(domain, channel), f"a root for {domain}")
        rooted = time.monotonic()
        root = self.root(domain, channel)
        assert root is not None
        await self.until(lambda: len(self.workspace.thread(channel, root.ts)) == MESSAGES, f"findings of {domain}")
        found = time.monotonic()
        await self.until(lambda: self._has_verdict(root), f"a verdict for {domain}")
        self.note("command to acknowledgement", outcome.acknowledged_after_s)
        self.note("command to root message", rooted - began)
        self.note("command to findings", found - began)
        self.note("command to verdict in the root", time.monotonic() - began)
        return root

    async def mail(self, root: Message, domain: str) -> None:
        """One mail to the thread's address, until its reply stands in the thread."""
        thread = self.workspace.thread(root.channel, root.ts)
        found = ADDRESS.search("\n".join(map(self.workspace.text_of, thread)))
        assert found is not None
        await asyncio.to_thread(self._send, found[0], domain)
        began = time.monotonic()
        await self.until(
            lambda: len(self.workspace.thread(root.channel, root.ts)) == MESSAGES + 1, f"a reply for {domain}"
        )
        self.note("250 to reply in the thread", time.monotonic() - began)

    def _has_verdict(self, root: Message) -> bool:
        blocks = self.workspace.thread(root.channel, root.ts)[0].blocks
        return bool(blocks) and blocks[-1]["type"] == "table"

    def _send(self, recipient: str, domain: str) -> None:
        text = f"From: a@{domain}\r\nTo: {recipient}\r\nSubject: bench\r\nMessage-ID: <1@{domain}>\r\n\r\nHello\r\n"
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example") as smtp:
            smtp.sendmail(f"a@{domain}", [recipient], text)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    zones = [Zone(f"b{n}.example", RECORDS.format(domain=f"b{n}.example")) for n in range(COMMANDS + MORE_CHECKS)]
    zones += [Zone("in-addr.arpa"), Zone("org"), Zone("com")]
    async with Nameserver(zones) as dns, Workspace(rates=None, channels=CHANNELS) as workspace:
        with tempfile.TemporaryDirectory(prefix="mailcheck-bench-") as directory:
            port = 20_000 + os.getpid() % 10_000
            environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
                "SLACK_BOT_TOKEN": workspace.bot_token,
                "SLACK_APP_TOKEN": workspace.app_token,
                "MAILCHECK_SLACK_API_URL": workspace.api_url,
                "MAILCHECK_DATA_DIR": directory,
                "MAILCHECK_NAMESERVERS": dns.address,
                "MAILCHECK_MAIL_DOMAIN": MAIL_DOMAIN,
                "MAILCHECK_MAILBOX_HOST": "127.0.0.1",
                "MAILCHECK_MAILBOX_PORT": str(port),
                "MAILCHECK_LOG_LEVEL": "WARNING",
            }
            command = (sys.executable, str(Path(__file__)), "bot", *(sys.argv[1:] if __name__ == "__main__" else ()))
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
            try:
                await workspace.wait_for(lambda: workspace.connections == 2, 20, "the bot's sockets")
                yield Bench(workspace, process, port, Path(directory))
            finally:
                process.terminate()
                await process.wait()


async def measure(paced: bool) -> None:
    async with bench() as made:
        await asyncio.sleep(5)
        at_rest = made.resident_mb
        checks = []
        for n in range(COMMANDS):
            checks.append(asyncio.create_task(made.check(n)))
            await asyncio.sleep(1 / PER_S)
        roots = await asyncio.gather(*checks)
        for n, root in enumerate(roots[: MAILS_PACED if paced else MAILS]):
            await made.mail(root, f"b{n}.example")
        table(f"{COMMANDS} commands at {PER_S:g} a second, then mails", made.figures)
        print(f"{'resident memory at rest':36}{at_rest:8.0f} MB")
        if not paced:
            took = await made.many(range(COMMANDS, COMMANDS + MORE_CHECKS))
            print(f"{f'resident memory after {MORE_CHECKS:,} checks':36}{made.resident_mb:8.0f} MB")
            print(f"{f'checks a second, {TOGETHER} at once':36}{MORE_CHECKS / took:8.1f}")


def table(title: str, figures: dict[str, list[float]]) -> None:
    print(f"\n{title:48}{'median':>10}{'p99':>10}{'most':>10}")
    for name, values in figures.items():
        cells = (statistics.median(values), _p99(values), max(values))
        print(f"{name:48}" + "".join(f"{cell * 1000:7.0f} ms" for cell in cells))


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


async def bot(pace: str) -> None:
    """The bot as `mailcheck run` runs it, at Slack's pace or at its own."""
    import signal

    from bot.app import App
    from bot.cli import collect_rarely
    from bot.logs import configure
    from bot.outbox import SLACK_PACE
    from bot.settings import Settings

    collect_rarely()
    settings = Settings()
    configure(settings.log_level)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    app = App(settings, pace=SLACK_PACE if pace == "paced" else None)
    await app.start()
    await stopped.wait()
    await app.stop()


def main() -> None:
    if sys.argv[1:2] == ["bot"]:
        asyncio.run(bot((*sys.argv[2:], "unpaced")[0]))
        return
    model = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {(model or ['?'])[0]}")
    for pace in sys.argv[1:] or ("unpaced", "paced"):
        print(f"\n{'At the pace of Slack' if pace == 'paced' else 'A workspace without limits'}", flush=True)
        sys.argv[1:] = [pace]
        asyncio.run(measure(pace == "paced"))


if __name__ == "__main__":
    main()
