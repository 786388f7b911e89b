"""A bot as a process among people who go on working while it is killed, and the moments at which it is."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from moments import Moment
from quiet import QUIET, free_port

from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.demo.workspace import BOT_USER, DEFAULT_SCOPES, Channel, Message, Person, Workspace

ROOT = Path(__file__).parents[2]
MAIL_DOMAIN = "mail.example"
PEOPLE = 4
DOMAINS = 600
ZONE = """@ MX 10 mx
@ TXT "v=spf1 ip4:127.0.0.0/8 -all"
_dmarc TXT "v=DMARC1; p=none"
mx A 192.88.99.99"""
# A check that is quick shows no progress: the first one of each person waits that long for an answer. Later ones, every
# second, take long enough to be killed in the middle.
SLOW = 2
# Each asks for the first time, so that Slack is asked for the language of each.
PERSONS = tuple(Person(f"U0KILL{n}", f"person-{n}", f"Person {n}", "en-US", "UTC") for n in range(200))
# A job makes five posts, and so many may a channel take at once.
CHANNELS = tuple(
    Channel(f"C0KILL{n}", f"kill-{n}", "channel", frozenset({*(each.id for each in PERSONS), BOT_USER}))
    for n in range(30)
)
SCOPES = DEFAULT_SCOPES | {"channels:read", "groups:read"}
HISTORY = frozenset({"channels:history", "groups:history", "im:history", "mpim:history"})
ADDRESS = re.compile(rf"t-[a-z0-9]+@{re.escape(MAIL_DOMAIN)}")
PATIENCE_S = 60.0
BORED_S = 2.5


STREAMS = ("", "news")
"""One mail of each goes to an address, the second with a return path of its own."""


@dataclass(slots=True)
class Fate:
    """Ends the bot when its moment has come."""

    ends_by: signal.Signals = signal.SIGKILL
    process: asyncio.subprocess.Process | None = None
    moment: Moment | None = None
    left: int = 0
    met: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    struck_at: float = 0.0
    took_s: list[float] = field(default_factory=list)

    def arm(self, moment: Moment | None) -> None:
        self.moment, self.left = moment, moment.nth if moment else 0

    def see(self, event: str) -> bool:
        """Whether the bot is dead now, because this was the moment."""
        if self.moment is None or event != self.moment.event or self.process is None:
            return False
        self.left -= 1
        if self.left:
            return False
        self.met[event] += 1
        if self.moment.delay_s:
            asyncio.get_running_loop().call_later(self.moment.delay_s, self.strike, self.process)
            return False
        self.strike(self.process)
        return self.ends_by is signal.SIGKILL

    def strike(self, process: asyncio.subprocess.Process) -> None:
        if process is not self.process:
            return  # a delayed blow to one that ended before it: the moment is that of the next
        self.moment = None
        self.struck_at = time.monotonic()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(self.ends_by)

    def miss(self) -> None:
        """It did not come: now, then."""
        assert self.process is not None
        if self.moment is not None:
            self.missed.append(self.moment.event)
            self.strike(self.process)


class Tap:
    """Stands between the bot and the workspace's Web API, and tells of each call before, when done, and answered."""

    def __init__(self, workspace: Workspace, fate: Fate) -> None:
        self._workspace = workspace
        self._fate = fate
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Tap"]:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/api/{method}", self._pass)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        try:
            async with aiohttp.ClientSession() as self._session:
                yield self
        finally:
            await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        method, body = request.match_info["method"], await request.read()
        event = _event_of(method, body.decode())
        if self._fate.see(f"{event}: before"):
            return _nothing(request)
        kept = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = f"{self._workspace.api_url}{method}"
        async with self._session.request(
            request.method, url, params=request.query, data=body or None, headers=kept
        ) as answer:
            response = web.Response(body=await answer.read(), status=answer.status, content_type="application/json")
        if self._fate.see(f"{event}: done"):
            return _nothing(request)
        await response.prepare(request)
        await response.write_eof()
        self._fate.see(f"{event}: answered")
        return response


def _nothing(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _event_of(method: str, body: str) -> str:
    match method:
        case "chat.postMessage":
            return "post reply" if "thread_ts" in body else "post root"
        case "chat.update":
            return "edit progress" if "questions" in body and "answered" in body else "edit"
        case "conversations.history" | "conversations.replies":
            return "find"
        case _:
            return method


@dataclass(slots=True)
class Job:
    """What one person asked for, and what they were promised."""

    domain: str
    channel: str
    person: str
    sends: bool = True
    is_acknowledged: bool = False
    taken: list[str] = field(default_factory=list)
    """Senders of mails that were answered with 250."""
    tried: list[str] = field(default_factory=list)
    """Senders of mails of which nobody knows."""


@dataclass(slots=True)
class World:
    """Workspace, DNS, people and the bot's process, on always the same data."""

    workspace: Workspace
    fate: Fate
    environment: dict[str, str]
    directory: Path
    port: int
    jobs: list[Job] = field(default_factory=list)
    is_closing: bool = False
    starts: int = 0

    async def start(self) -> asyncio.subprocess.Process:
        log = (self.directory / f"log-{self.starts:03}").open("wb")
        self.starts += 1
        with log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"), cwd=ROOT, env=self.environment, stderr=log
            )
        self.fate.process = process
        return process

    async def connected(self, process: asyncio.subprocess.Process) -> None:
        """Until the bot listens, or ended."""
        await self.workspace.wait_for(
            lambda: process.returncode is not None or self.workspace.connections, 20, "the bot's socket"
        )

    async def end(self, moment: Moment) -> asyncio.subprocess.Process:
        """Start the bot, and end it at that moment or, if it does not come, somewhat later. SIGTERM may take 5 s."""
        self.fate.arm(moment)
        process = await self.start()
        await self.connected(process)
        try:
            await asyncio.wait_for(process.wait(), moment.within_s)
        except TimeoutError:
            self.fate.miss()
            await asyncio.wait_for(process.wait(), 10)
        self.fate.took_s.append(time.monotonic() - self.fate.struck_at)
        await self.workspace.wait_for(lambda: not self.workspace.connections, what="closed socket")
        return process

    @property
    def said(self) -> list[str]:
        """The log of each process."""
        return [path.read_text() for path in sorted(self.directory.glob("log-*"))]

    @property
    def logs(self) -> str:
        return "".join(self.said)

    async def kept(self, within_s: float) -> bool:
        """Wait until every promise is kept; False if that takes longer."""
        try:
            await self.workspace.wait_for(lambda: not any(map(self.missing, self.jobs)), within_s, "every promise")
        except AssertionError:
            return False
        return True

    async def live(self, person: int) -> None:
        """One who asks for a check, mostly sends a mail to the address, waits for the answer, and asks for another one."""
        await self.workspace.wait_for(lambda: self.workspace.connections, 30, "the first bot")
        n = person
        while not self.is_closing and n < DOMAINS:
            await self._job(
                Job(
                    f"k{n}.example",
                    CHANNELS[n % len(CHANNELS)].id,
                    PERSONS[n % len(PERSONS)].id,
                    n < PEOPLE or n % 2 == 1,
                )
            )
            n += PEOPLE

    async def _job(self, job: Job) -> None:
        self.jobs.append(job)
        typing = asyncio.create_task(self.workspace.command(job.person, job.channel, f"/mailcheck {job.domain}"))
        await asyncio.sleep(0)
        self.fate.see("command sent")
        job.is_acknowledged = (await typing).acknowledged_after_s is not None
        if not job.is_acknowledged:
            return
        self.fate.see("command acknowledged")
        workspace = self.workspace
        found = await workspace.wait_for(
            lambda: ADDRESS.search("\n".join(map(workspace.text_of, self.thread(job)))), PATIENCE_S, "an address"
        )
        for stream in STREAMS if job.sends else ():
            await self._mailed(job, stream, found[0])
        # A bot that lives for a second at a time finishes little: whoever waited a while goes on with something else.
        with suppress(AssertionError):
            await workspace.wait_for(lambda: not self.missing(job), BORED_S, f"all about {job}")

    async def _mailed(self, job: Job, stream: str, recipient: str) -> None:
        """Send a mail until one of them is answered with 250."""
        for attempt in range(50):
            sender = f"{stream or 'm'}{attempt}@{job.domain}"
            if await self._mail(sender, f"bounce@{stream}.{job.domain}" if stream else sender, recipient):
                job.taken.append(sender)
                return
            job.tried.append(sender)
            await asyncio.sleep(0.2)

    async def _mail(self, sender: str, return_path: str, recipient: str) -> bool:
        """Whether the mail was answered with 250. A refusal for good is a failure of the test."""
        body = f"From: {sender}\r\nTo: {recipient}\r\nSubject: test\r\nMessage-ID: <{sender}>\r\n\r\nHello\r\n"
        steps = ("EHLO client.example", f"MAIL FROM:<{return_path}>", f"RCPT TO:<{recipient}>", "DATA", body + ".")
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(QUIET, self.port)
                try:
                    code = await _reply(reader)
                    for step in steps:
                        if code >= 400:
                            break
                        writer.write(f"{step}\r\n".encode())
                        await writer.drain()
                        if step.endswith("\n."):
                            self.fate.see("dot sent")
                        code = await _reply(reader)
                finally:
                    writer.transport.abort()
        except (OSError, EOFError, TimeoutError):
            return False
        assert code < 500, code
        if code == 250:
            self.fate.see("250")
        return code == 250

    def roots(self, job: Job) -> list[Message]:
        workspace = self.workspace
        return [root for root in workspace.messages(job.channel) if f"{job.domain}" in workspace.text_of(root)]

    def thread(self, job: Job) -> list[Message]:
        return [message for root in self.roots(job) for message in self.workspace.thread(job.channel, root.ts)]

    def missing(self, job: Job) -> list[str]:
        """What was promised and is not there."""
        if not job.is_acknowledged:
            return []
        told = Counter(key_of(message).rpartition("/")[2].partition("-")[0] for message in self.thread(job))
        missing = [name for name in ("root", "address", "findings", "guidelines") if not told[name]]
        if missing:
            return missing
        if not any(root.blocks and root.blocks[-1]["type"] == "table" for root in self.roots(job)):
            missing.append("the verdict")
        if len(job.taken) == len(STREAMS) and not told["streams"]:
            missing.append("the comparison of the streams")
        return missing + [sender for sender in job.taken if not self.about(job, sender)]

    def about(self, job: Job, sender: str) -> list[Message]:
        """The replies to one mail."""
        replies = [message for message in self.thread(job) if "/mail-" in key_of(message)]
        return [message for message in replies if re.search(rf"\b{sender}\b", self.workspace.text_of(message))]

    @property
    def posted(self) -> Counter[str]:
        """How often each message stands in the workspace, by the bot's own key."""
        return Counter(
            key_of(message)
            for channel in CHANNELS
            for root in self.workspace.messages(channel.id)
            for message in self.workspace.thread(channel.id, root.ts)
        )


async def _reply(reader: asyncio.StreamReader) -> int:
    while True:
        line = await reader.readuntil(b"\n")
        if line[3:4] != b"-":
            return int(line[:3])


def key_of(message: Message) -> str:
    payload: Any = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("key", json.dumps(dict(message.metadata or {}))))


@asynccontextmanager
async def world(
    directory: Path, *, scopes: Iterable[str] = SCOPES, ends_by: signal.Signals = signal.SIGKILL
) -> AsyncIterator[World]:
    """Everything but the bot, which is ended with the block if it still runs."""
    port = free_port()
    zones = [Zone(f"k{n}.example", ZONE) for n in range(DOMAINS)]
    faults = [
        Fault(f"k{n}.example", "MX", delay_s=2.4 if n < PEOPLE else 0.4)
        for n in (*range(PEOPLE), *range(PEOPLE, DOMAINS, SLOW))
    ]
    fate = Fate(ends_by)
    workspace = Workspace(scopes=scopes, rates=None, ack_wait_s=0.6, people=PERSONS, channels=CHANNELS)
    async with Nameserver(zones, faults=faults) as dns, workspace, Tap(workspace, fate).open() as tap:
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "MAILCHECK_SLACK_API_URL": tap.url,
            "MAILCHECK_DATA_DIR": str(directory / "data"),
            "MAILCHECK_NAMESERVERS": dns.address,
            "MAILCHECK_MAIL_DOMAIN": MAIL_DOMAIN,
            "MAILCHECK_MAILBOX_HOST": QUIET,
            "MAILCHECK_MAILBOX_PORT": str(port),
        }
        made = World(workspace, fate, environment, directory, port)
        try:
            yield made
        finally:
            if fate.process is not None and fate.process.returncode is None:
                fate.process.kill()
                await fate.process.wait()
