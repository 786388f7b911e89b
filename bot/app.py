"""Builds the bot from its settings, starts it and stops it."""

import asyncio
import logging
import os
import signal
import sqlite3
import ssl
import sys
import threading
import traceback
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import log_findings
from bot.durable import Durable, Starter
from bot.listeners import Desk, Intake, Sockets, register
from bot.logs import configure
from bot.mailbox import CertificateFiles, MailboxServer, address_of, new_token, self_signed_context
from bot.observation import (
    Health,
    Metrics,
    ObservationServer,
    ObservedChecker,
    ObservedClient,
    ObservedRateLimit,
    Waiting,
    conditions,
    greeted,
)
from bot.outbox import SLACK_PACE, Outbox, Pace, SlackChat, outbox_client
from bot.settings import Settings
from bot.store import MAIL_WORK, Clock, StorageTrouble, Store, UnusableDatabase, utc_now
from bot.workflows import CHECK_WORK, EXPIRY_WORK, Conversations, DomainChecks, Expiries, MailAnalyses, Offers
from checks import Checker, Workers

LOG = logging.getLogger(__name__)

LISTENERS_S = 1.0
STOP_S = 4.5
MOST_FRAMES = 12
STEPS_S = 2.0
TIDY_S = 6 * 3600.0
WORKFLOWS_KEPT = timedelta(days=14)
"""Longer than any workflow waits: a test address lives for a week at most."""
REPORTS_KEPT = timedelta(days=90)
"""Of checks that no thread shows any more, being neither its newest nor told as a change."""
MONITORING_KEPT = timedelta(days=400)
"""Since when a domain only monitors, after the last check of it: yearly ones are still one row."""


class CannotStart(Exception):
    """The bot cannot start; the text is for the operator."""


class App:
    """The whole bot in this process and event loop. `start` once, `stop` once.

    `deadline_s`: how long one check may take. `server`: what the swaks line names as mailbox, where DNS does not lead
    to it. `clock` moves everything but the waits of the engine. `pace`: how fast Slack may be called, None for a
    workspace that sets no limit.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        deadline_s: float = 20.0,
        names_server: bool = False,
        pace: Pace | None = SLACK_PACE,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._deadline_s = deadline_s
        self._names_server = names_server
        self._pace = pace
        self._tasks: list[asyncio.Task[None]] = []
        self._checker: Checker | None = None
        self._workers = Workers()
        self._intake: Intake | None = None
        self._sockets: Sockets | None = None
        self.mailbox: MailboxServer | None = None
        """The SMTP server; None without a mail domain."""
        self.observation: ObservationServer | None = None
        """The local port for monitoring; None without MAILCHECK_HTTP_PORT."""
        self._metrics = Metrics()
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(settings.data_dir / "app.db", clock=clock)
        self._durable = Durable(settings.data_dir, clock=clock, waits_out=(StorageTrouble,))
        self._conversations = Conversations(self.store)

    async def start(self) -> None:
        """Raises CannotStart, DataDirInUse, or OSError when a port cannot be had."""
        bot_token, app_token = self._tokens()
        self._durable.claim()
        try:
            await self.store.open()
            await self._start_observation()
            await self._start(bot_token, app_token)
        except UnusableDatabase as error:
            await self.stop()
            raise CannotStart(str(error)) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take nothing new, let what runs end for a moment, keep the rest for the next start."""
        if self.observation is not None:
            await self.observation.stop()
        if self._sockets is not None:
            await self._sockets.close()
        if self._intake is not None:
            await self._intake.stop(LISTENERS_S)
        if self.mailbox is not None:
            await self.mailbox.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._durable.stop(STEPS_S)
        if self._checker is not None:
            await self._checker.__aexit__(None, None, None)
        await self._workers.aclose()
        await self.store.close()

    async def _start(self, bot_token: str, app_token: str) -> None:
        settings = self._settings
        nameservers = list(settings.nameservers) or None
        self._workers.start()
        self._checker = ObservedChecker(
            self._metrics,
            nameservers,
            deadline_s=self._deadline_s,
            isolation=self._workers,
            blocklist_keys=settings.blocklist_key_texts(),
        )
        make = partial(ObservedClient, self._metrics)
        client = make(token=bot_token, base_url=settings.slack_api_url)
        client.retry_handlers.append(ObservedRateLimit(self._metrics, max_retry_count=3))
        # What it takes waits on disk, also while Slack cannot be reached.
        await self._start_mailbox()
        # Before the engine: while Slack keeps the bot from starting, it is started again every few seconds, and each
        # launch counts as a resumption of all unfinished work, which is given up after too many.
        we = await _who_we_are(client, bot_token)
        socket_url = await _socket_url(client, app_token)
        await self._launch()
        chat = SlackChat(outbox_client(bot_token, base_url=settings.slack_api_url, make=make))
        outbox = Outbox(self.store, chat, on_failed=self._conversations.give_up, clock=self._clock, pace=self._pace)
        self._spawn(outbox.run())
        self._spawn(Starter(self.store.work, self._durable.start).run())
        offers = Offers(
            settings, clock=self._clock, new_token=new_token, address_of=address_of, server=self._server_name
        )
        desk = Desk(self.store, self._conversations, offers, client, clock=self._clock)
        bolt = _bolt(make(base_url=settings.slack_api_url), we)
        self._intake = register(bolt, desk, bot_user=str(we.bot_user_id))
        self._spawn(self._intake.resume(self._clock()))
        self._spawn(self._tidy())
        self._sockets = Sockets(bolt, app_token, partial(greeted, self._metrics))
        await self._sockets.connect(socket_url)

    async def _launch(self) -> None:
        self._register_workflows()
        try:
            await self._durable.launch()
        except sqlite3.DatabaseError as error:
            raise CannotStart(f"{self._settings.data_dir / 'dbos.db'} cannot be used: {error}") from error

    async def _start_observation(self) -> None:
        """Before Slack is asked for anything, so that a start that takes long can be watched."""
        settings = self._settings
        if settings.http_port is None:
            return
        waiting = Waiting(self._metrics, self.store.backlog.read, self._is_connected, clock=self._clock)
        probes = conditions(
            connected=self._is_connected,
            prove_writable=self.store.backlog.prove_writable,
            is_launched=lambda: self._durable.is_launched,
            is_listening=self._is_listening,
            oldest_s=waiting.oldest_s,
        )
        self.observation = ObservationServer(
            self._metrics, Health(probes), waiting, host=settings.http_host, port=settings.http_port
        )
        await self.observation.start()
        self._spawn(waiting.run())

    async def _is_connected(self) -> bool:
        return self._sockets is not None and await self._sockets.is_connected()

    def _is_listening(self) -> bool | None:
        if self._settings.mail_domain is None:
            return None
        return self.mailbox is not None and self.mailbox.is_listening

    def _tokens(self) -> tuple[str, str]:
        bot, app = self._settings.slack_bot_token, self._settings.slack_app_token
        if bot is None or app is None:
            raise CannotStart("SLACK_BOT_TOKEN (xoxb-...) and SLACK_APP_TOKEN (xapp-...) must be set")
        return bot.get_secret_value(), app.get_secret_value()

    def _register_workflows(self) -> None:
        checks = DomainChecks(self.store, self._conversations, self._open_checker)
        mails = MailAnalyses(self.store, self._conversations, self._open_checker, keep_raw=self._settings.keep_mail)
        expiries = Expiries(self.store, self._conversations)
        self._durable.workflow(CHECK_WORK)(checks.run)
        self._durable.workflow(MAIL_WORK)(mails.run)
        self._durable.workflow(EXPIRY_WORK, most_resumptions=None)(expiries.run)

    def _open_checker(self) -> Checker:
        assert self._checker is not None, "the app is not started"
        return self._checker

    async def _start_mailbox(self) -> None:
        settings = self._settings
        if settings.mail_domain is None:
            LOG.warning("MAILCHECK_MAIL_DOMAIN is not set: threads offer no test address")
            return
        tls: CertificateFiles | ssl.SSLContext
        if settings.tls_cert is not None and settings.tls_key is not None:
            tls = CertificateFiles(settings.tls_cert, settings.tls_key)
        else:
            tls = self_signed_context(settings.greeting_name)
        self.mailbox = MailboxServer(
            self.store,
            mail_domain=settings.mail_domain,
            hostname=settings.greeting_name,
            host=settings.mailbox_host,
            port=settings.mailbox_port,
            tls=tls,
            max_bytes=settings.mailbox_max_bytes,
            max_waiting=settings.mailbox_max_waiting,
            proxies=settings.proxy_from,
            clock=self._clock,
            on_outcome=self._metrics.mail_answered,
        )
        await self.mailbox.start()

    def _server_name(self) -> str | None:
        """For the swaks line: only where mail for the domain would not find its way here by itself."""
        if not self._names_server or self.mailbox is None:
            return None
        return f"{self._settings.mailbox_host}:{self.mailbox.port}"

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _tidy(self) -> None:
        """Forget, now and then, what nothing can ask for any more."""
        while True:
            ended_before, checked_before = self._clock() - WORKFLOWS_KEPT, self._clock() - REPORTS_KEPT
            for forget in (
                self.store.events.forget_old,
                partial(self.store.work.forget_started, ended_before),
                partial(self.store.threads.forget_applied, ended_before),
                partial(self.store.reports.forget_unnamed, checked_before),
                partial(self.store.monitoring.forget_unseen, self._clock() - MONITORING_KEPT),
                partial(self._durable.forget, ended_before),
            ):
                try:
                    await forget()
                except Exception:
                    LOG.exception("old records could not be deleted")
            await asyncio.sleep(TIDY_S)


async def _who_we_are(client: AsyncWebClient, bot_token: str) -> AuthorizeResult:
    with _refusals(client, "the bot token (SLACK_BOT_TOKEN)"):
        answer = await client.auth_test()
    return AuthorizeResult.from_auth_test_response(bot_token=bot_token, auth_test_response=answer)


def _bolt(client: AsyncWebClient, we: AuthorizeResult) -> AsyncApp:
    """Bolt, told who we are: left to itself it turns to OAuth as soon as SLACK_CLIENT_ID stands in the environment."""

    async def authorize() -> AuthorizeResult:
        return we

    return AsyncApp(client=client, authorize=authorize)


async def _socket_url(client: AsyncWebClient, app_token: str) -> str:
    """Where the first socket connects. The SDK would ask for it with a refused token again and again, for ever."""
    with _refusals(client, "the app token (SLACK_APP_TOKEN, with the scope connections:write)"):
        answer = await client.apps_connections_open(app_token=app_token)
    return str(answer["url"])


@contextmanager
def _refusals(client: AsyncWebClient, token: str) -> Iterator[None]:
    """What keeps the bot from starting, as a sentence; `token`: what Slack would refuse."""
    try:
        yield
    except SlackApiError as error:
        raise CannotStart(f"Slack does not accept {token}: {error.response['error']}") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CannotStart(f"Slack cannot be reached at {client.base_url}: {type(error).__name__}") from error


def _stacks(loop: asyncio.AbstractEventLoop | None) -> str:
    """Where each task waits and each thread but this one is: files, lines and functions, no values."""
    waiting = [task.get_stack() for task in asyncio.all_tasks(loop)] if loop is not None else []
    told = [traceback.format_list(traceback.extract_stack(each[-1], 1)) for each in waiting if each]
    frames = {ident: frame for ident, frame in sys._current_frames().items() if ident != threading.get_ident()}
    told += [traceback.format_stack(frame, MOST_FRAMES) for frame in frames.values()]
    return "\n".join("".join(lines) for lines in told)


@contextmanager
def ended_by_force(after_s: float, loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
    """End the process if it does not stop in time, whatever it hangs on: the next start goes on with what is left."""

    def end() -> None:
        LOG.warning("the stop took over %s s and is cut short; what still runs:\n%s", after_s, _stacks(loop))
        os._exit(0)

    timer = threading.Timer(after_s, end)
    timer.daemon = True
    timer.start()
    yield
    # Not cancelled: the end of the interpreter waits for threads too.


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, also while it still starts. Raises what App.start raises."""
    configure(settings.log_level)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    app = App(settings)
    starting, waiting = asyncio.create_task(app.start()), asyncio.create_task(stopped.wait())
    await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        LOG.info("stopping before the start was done")
        with ended_by_force(STOP_S, loop):
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        return
    try:
        await starting
        LOG.info("the bot is running")
        examining = asyncio.create_task(log_findings(settings))
        await waiting
        examining.cancel()
    finally:
        waiting.cancel()
    LOG.info("stopping")
    with ended_by_force(STOP_S, loop):
        await app.stop()
