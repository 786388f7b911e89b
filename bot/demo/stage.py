"""The whole product on one machine: a workspace with a page, DNS with sample domains, the mailbox, and the real bot."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dns.exception
import dns.resolver

from bot.app import App
from bot.demo.domains import SAMPLE_DOMAINS, SIGNERS, narrowed, sample_faults, sample_zones
from bot.demo.mails import PROXY, SAMPLE_MAILS, Delivery, send
from bot.demo.nameserver import Fault, Nameserver, Zone
from bot.demo.signing import SigningKey, make_signing_keys
from bot.demo.workspace import Rates, SampleMail, Workspace
from bot.outbox import SLACK_PACE
from bot.settings import Settings
from bot.store import Clock, utc_now
from checks import Lang

MAIL_DOMAIN = "mail.mailcheck.example"
HOST = "127.0.0.1"
SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "app_mentions:read",
        "users:read",
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
        "channels:read",
        "groups:read",
    }
)
"""Those of manifest.yml."""


class Stage:
    """`async with Stage() as stage`: everything runs on loopback until the block ends.

    `data_dir` None: a temporary one. `zones` and `faults` come on top of the samples. `upstream`: resolvers for other
    names, () for none. `rates`: the limits of the workspace, which the bot keeps; None for none. `settings`: further
    settings of the bot, by name.
    """

    def __init__(
        self,
        *,
        data_dir: Path | None = None,
        page_port: int = 0,
        zones: Iterable[Zone] = (),
        faults: Iterable[Fault] = (),
        upstream: Sequence[str] = (),
        rates: Rates | None = Rates(),  # noqa: B008 - frozen
        deadline_s: float = 20.0,
        clock: Clock = utc_now,
        keys: Mapping[str, SigningKey] | None = None,
        **settings: Any,
    ) -> None:
        self._data_dir = data_dir
        self._page_port = page_port
        self._deadline_s = deadline_s
        self._clock = clock
        self._pace = None if rates is None else SLACK_PACE
        self._given = settings
        self._closing = AsyncExitStack()
        self.keys = make_signing_keys(SIGNERS) if keys is None else keys
        self.nameserver = Nameserver(
            (*narrowed(sample_zones(self.keys)), *zones), faults=(*sample_faults(), *faults), upstream=upstream
        )
        self.workspace = Workspace(scopes=SCOPES, rates=rates, sample_mails=_offered, send_sample_mail=self._send_named)
        self.app: App | None = None

    async def __aenter__(self) -> Self:
        """Raises OSError where a port is taken, and what App.start raises."""
        try:
            if self._data_dir is None:
                directory = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="mailcheck-demo-"))
                self._data_dir = Path(directory)
            await self._closing.enter_async_context(self.nameserver)
            await self.workspace.start(self._page_port)
            self._closing.push_async_callback(self.workspace.stop)
            await self.start_bot()
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_bot()
        await self._closing.aclose()

    async def start_bot(self) -> None:
        """The bot on the same data as before, if there was one."""
        app = App(self._settings(), clock=self._clock, deadline_s=self._deadline_s, names_server=True, pace=self._pace)
        await app.start()
        self.app = app

    async def stop_bot(self) -> None:
        app, self.app = self.app, None
        if app is not None:
            await app.stop()

    @property
    def mailbox_port(self) -> int:
        assert self.app is not None, "the bot does not run"
        assert self.app.mailbox is not None, "the bot has no mailbox"
        return self.app.mailbox.port

    async def send_mail(self, name: str, recipient: str, lang: Lang = "en") -> Delivery:
        """Send a sample mail over SMTP. Raises LookupError for an unknown name, OSError without a mailbox."""
        mail = next((each for each in SAMPLE_MAILS if each.id == name), None)
        if mail is None:
            raise LookupError(f"no sample mail is called {name}")
        now = datetime.now(UTC)
        return await send(mail, self.keys, host=HOST, port=self.mailbox_port, recipient=recipient, lang=lang, now=now)

    async def settle(self, quiet_s: float = 0.3, timeout_s: float = 20.0) -> None:
        """Wait until Slack shows all that the bot wants to show, and nothing new came for a moment."""
        assert self.app is not None, "the bot does not run"
        quiet, left = 0.0, timeout_s
        while quiet < quiet_s and left > 0:
            await asyncio.sleep(0.05)
            left -= 0.05
            quiet = 0.0 if await self.app.store.messages.pending() else quiet + 0.05

    async def _send_named(self, name: str, recipient: str) -> str:
        delivery = await self.send_mail(name, recipient)
        return delivery.reply

    def _settings(self) -> Settings:
        given: dict[str, Any] = {
            "data_dir": self._data_dir,
            "slack_bot_token": self.workspace.bot_token,
            "slack_app_token": self.workspace.app_token,
            "slack_api_url": self.workspace.api_url,
            "mail_domain": MAIL_DOMAIN,
            "mailbox_host": HOST,
            "mailbox_port": 0,
            "proxy_from": (ip_network(PROXY),),
            "nameservers": (self.nameserver.address,),
            "blocklist_keys": {},
        }
        return Settings(**(given | self._given))


def _offered() -> list[SampleMail]:
    return [
        SampleMail(mail.id, f"{mail.domain}: {mail.description.en}", f"{mail.domain}: {mail.description.ja}")
        for mail in SAMPLE_MAILS
    ]


def system_resolvers() -> tuple[str, ...]:
    """The resolvers of this machine as IP addresses; none where none is configured."""
    try:
        return tuple(str(each) for each in dns.resolver.Resolver().nameservers)
    except dns.exception.DNSException:
        return ()


def say(line: str) -> None:
    """A line for whoever watches the terminal; nothing in a pipe."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr, flush=True)


async def serve(port: int) -> None:
    """Run the demo until SIGINT or SIGTERM; prints where the page is and what can be tried."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    say("Starting the workspace, the sample domains, the mailbox and the bot ...")
    async with Stage(page_port=port, upstream=system_resolvers()) as stage:
        print(f"The workspace is at {stage.workspace.url}")
        print(f"The mailbox listens on {HOST}:{stage.mailbox_port}. Type /mailcheck and one of these domains:")
        for domain in SAMPLE_DOMAINS:
            print(f"  {domain.name:24}{domain.description.en}")
        print("Other domains are looked up with the resolvers of this machine. Ctrl+C ends the demo.", flush=True)
        await stopped.wait()
        say("Stopping ...")
