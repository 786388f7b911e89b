"""The local, strict, Slack-compatible workspace: one HTTP server, and what a person can do in it as async methods.

async with Workspace() as workspace:
    app = AsyncApp(client=AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url))
    ... AsyncSocketModeHandler(app, workspace.app_token).connect_async() ...
    await workspace.command("U0ALICE", "C0MAILOPS", "/mailcheck example.com")
    root = await workspace.wait_for(lambda: workspace.messages("C0MAILOPS")[0], what="a root message")
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from bot.demo.workspace.acting import Acting
from bot.demo.workspace.calls import Call
from bot.demo.workspace.chat_methods import Chat
from bot.demo.workspace.conversation_methods import Reading
from bot.demo.workspace.events import Events
from bot.demo.workspace.faults import Faults
from bot.demo.workspace.page_routes import Page, SampleMail, SampleMails
from bot.demo.workspace.plain_text import text_of
from bot.demo.workspace.rates import Budget, Rates
from bot.demo.workspace.response_urls import ResponseUrls
from bot.demo.workspace.socket_mode import Delivery, Sockets
from bot.demo.workspace.state import (
    CHANNELS,
    PEOPLE,
    Broadcast,
    Channel,
    Ephemeral,
    Message,
    Person,
    State,
    View,
)
from bot.demo.workspace.triggers import Triggers
from bot.demo.workspace.web_api import Method, WebApi

DEFAULT_SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "app_mentions:read",
        "users:read",
        "files:write",
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
    }
)
DEFAULT_EVENTS = frozenset(
    {
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
        "app_home_opened",
        "member_joined_channel",
        "app_uninstalled",
        "tokens_revoked",
    }
)

T = TypeVar("T")


class Workspace(Acting):
    """See the module. Times are seconds; ``now`` (seconds since 1970) names messages and ends response URLs;
    ``rates=None`` means no rate limit; ``scopes`` are the bot token's. With ``sample_mails`` (what can be sent) and
    ``send_sample_mail`` (name, recipient → a line that says how it went) the page offers to send them."""

    def __init__(
        self,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        events: Iterable[str] = DEFAULT_EVENTS,
        rates: Rates | None = Rates(),  # noqa: B008 - frozen
        ack_wait_s: float = 3.0,
        retry_delays_s: tuple[float, ...] = (0.0, 60.0, 300.0),
        people: Sequence[Person] = PEOPLE,
        channels: Sequence[Channel] = CHANNELS,
        now: Callable[[], float] = time.time,
        sample_mails: Callable[[], list[SampleMail]] | None = None,
        send_sample_mail: Callable[[str, str], Awaitable[str]] | None = None,
    ) -> None:
        self.bot_token = f"xoxb-{secrets.token_hex(12)}"
        self.app_token = f"xapp-{secrets.token_hex(12)}"
        self.url = ""
        self.state = State.fresh(now, people, channels)
        self.faults = Faults()
        granted = frozenset(scopes)
        self._sockets = Sockets(self.state, self.faults, ack_wait_s, retry_delays_s)
        self._events = Events(self.state, self._sockets, granted, frozenset(events))
        self._triggers = Triggers(now)
        self._chat = Chat(self.state, self._events, granted.__contains__, self._permalink)
        self._api = WebApi(
            self.state, self.faults, Budget(rates, time.monotonic), granted, self.bot_token, self.app_token, {}
        )
        self._api.methods = self._methods()
        self._responses = ResponseUrls(self.state, self._chat, lambda: self.url, self._api.record)
        hooks = SampleMails(sample_mails, send_sample_mail) if sample_mails and send_sample_mail else None
        self._page = Page(self, hooks)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Workspace":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen; port 0 takes a free one. Sets `url`. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api.serve)
        app.router.add_get("/link", self._sockets.serve)
        app.router.add_post("/response/{secret}", self._responses.serve)
        self._page.add_routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}/"

    async def stop(self) -> None:
        """Close every connection and the port."""
        self._page.stop()
        await self._sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What a program that drives the workspace reads.

    @property
    def api_url(self) -> str:
        """What the SDK calls base_url."""
        return f"{self.url}api/"

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API (and method ``response_url``) so far."""
        return self._api.calls

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to hand an envelope over that is finished."""
        return self._sockets.deliveries

    @property
    def broadcasts(self) -> list[Broadcast]:
        """Mentions by the app that would have notified a channel: each is a failure to escape."""
        return self.state.broadcasts

    def messages(self, channel: str) -> list[Message]:
        """The top-level messages of a channel, oldest first."""
        return self.state.top_level(channel)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A root and its replies; empty when there is no such message."""
        return self.state.thread(channel, ts)

    def ephemerals(self, user: str) -> list[Ephemeral]:
        """What only this person was shown, oldest first."""
        return self.state.shown_to(user)

    def home(self, user: str) -> View | None:
        """The App Home that the app published for this person."""
        return self.state.homes.get(user)

    def modal(self, user: str) -> View | None:
        """The modal in front of this person."""
        return self.state.modals.get(user)

    def text_of(self, message: Message | Ephemeral) -> str:
        """What a reader sees of it, as plain lines."""
        return text_of(message, self._name_of)

    def transcript(self, channel: str) -> str:
        """All threads of a channel as plain lines, for a terminal and for failures."""
        lines: list[str] = []
        for root in self.messages(channel):
            for message in self.thread(channel, root.ts):
                indent = "    " if message.is_reply else ""
                lines.append(f"{indent}--- {self._name_of(message.user)} {message.ts}")
                lines += [indent + line for line in self.text_of(message).splitlines()]
        return "\n".join(lines)

    async def wait_for(
        self,
        condition: Callable[[], T],
        timeout: float = 10.0,  # noqa: ASYNC109 - the message of the failure is the point
        what: str = "the condition",
    ) -> T:
        """Wait until ``condition()`` is true and return its value; a LookupError in it means "not yet".

        Raises AssertionError that prints all that was said when it stays false for ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            version = self.state.version
            try:
                if value := condition():
                    return value
            except LookupError:
                pass
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{what}: not so after {timeout} s\n{self._everything()}")
            # A condition may also look at something outside of the workspace, so look again now and then.
            try:
                async with asyncio.timeout(min(left, 0.1)):
                    await self.state.changed(version)
            except TimeoutError:
                continue

    # What happens to the app.

    async def uninstall(self) -> None:
        """Remove the app: its events are sent, its token is dead."""
        self._events.uninstalled()
        self._api.is_uninstalled = True

    async def disconnect_sockets(self, reason: str | None = "refresh_requested", most: int | None = None) -> None:
        """Send a disconnect frame (warning, refresh_requested, link_disabled) and, except for warning, close all
        sockets, or `most` of them, oldest first; None cuts them without a word."""
        await self._sockets.disconnect(reason, most)

    def _name_of(self, identity: str) -> str:
        if identity in self.state.people:
            return self.state.people[identity].display_name
        return self.state.channels[identity].name if identity in self.state.channels else identity

    def _everything(self) -> str:
        said = [
            f"#{channel.name}\n{self.transcript(channel.id)}"
            for channel in self.state.channels.values()
            if self.messages(channel.id)
        ]
        alone = [f"only {self._name_of(e.user)} sees: {self.text_of(e)}" for e in self.state.ephemerals]
        last = [f"call {call.method}: {call.outcome}" for call in self.calls[-8:]]
        return "\n".join([*said, *alone, f"{self.connections} socket(s)", *last])

    def _permalink(self, channel: str, ts: str, thread_ts: str | None) -> str:
        link = f"{self.url}archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts else link

    def _connections_open(self, arguments: object) -> dict[str, Any]:
        return {"url": f"ws{self.url.removeprefix('http')}link?ticket={self._sockets.ticket()}"}

    def _methods(self) -> dict[str, Method]:
        reading = Reading(self.state, self._chat, self._triggers, self._api.need_scope, lambda: self.url)
        write = ("chat:write",)
        return {
            "apps.connections.open": Method(self._connections_open, takes_app_token=True),
            "auth.test": Method(reading.auth_test),
            "chat.postMessage": Method(self._chat.post, write),
            "chat.update": Method(self._chat.update, write),
            "chat.postEphemeral": Method(self._chat.post_ephemeral, write),
            "chat.delete": Method(self._chat.delete, write),
            "chat.getPermalink": Method(self._chat.get_permalink),
            "conversations.info": Method(reading.info),
            "conversations.history": Method(reading.history),
            "conversations.replies": Method(reading.replies),
            "conversations.open": Method(reading.open_direct, ("im:write", "mpim:write", "channels:manage")),
            "conversations.join": Method(reading.join, ("channels:join",)),
            "users.info": Method(reading.user_info, ("users:read",)),
            "views.publish": Method(reading.publish_view),
            "views.open": Method(reading.open_view),
        }
