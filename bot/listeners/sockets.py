"""The connections to Slack."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

SOCKETS = 2
PING_S = 2.0
"""The SDK looks this often whether a connection broke, and gives it up after four pings without an answer."""
RETIRED_S = 30.0
"""So long a connection that Slack means to close is still heard; Slack says ten seconds."""
HANDSHAKE_S = 10.0
"""So long one attempt to connect may take, from the name look-up to the 101; aiohttp's own limit is five minutes."""
CLOSING_S = 1.0
_FAREWELLS = {("disconnect", "warning"), ("disconnect", "refresh_requested")}

Listen = Callable[[Any, dict[str, Any], str | None], Awaitable[None]]


class Sockets:
    """Two connections, of which Slack hands each envelope to one.

    Slack closes each of them now and then, mostly after a warning. The SDK would close the old one at the warning and
    lose what is under way on it; here the successor is opened first, and the old one is heard until Slack closes it.
    `listener` makes what hears every frame of one of them, and of its successors. `handshake_s`: see HANDSHAKE_S.
    """

    def __init__(
        self, bolt: AsyncApp, app_token: str, listener: Callable[[], Listen], *, handshake_s: float = HANDSHAKE_S
    ) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._handshake_s = handshake_s
        self._handlers = [self._handler(listener()) for _ in range(SOCKETS)]
        self._retired: set[_Handler] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def connect(self, first_url: str) -> None:
        """Open them all; `first_url` is where the first connects, the others ask for their own."""
        self._handlers[0].client.wss_uri = first_url
        for handler in list(self._handlers):
            await handler.connect_async()  # type: ignore[no-untyped-call]

    async def is_connected(self) -> bool:
        """Whether any of them is: one is enough to hear everything."""
        for handler in self._handlers:
            if await handler.client.is_connected():
                return True
        return False

    async def close(self) -> None:
        """Close them side by side; one that does not answer is left after a second."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *map(_close, [*self._handlers, *self._retired]), return_exceptions=True)

    def _handler(self, listen: Listen) -> "_Handler":
        handler = _Handler(self._bolt, self._app_token, self._replace, self._handshake_s)
        handler.client.message_listeners.append(listen)
        return handler

    def _replace(self, old: "_Handler") -> None:
        """Open the successor of a connection that Slack is about to close."""
        if self._closing or old not in self._handlers:
            return
        task = asyncio.create_task(self._succeed(old))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _succeed(self, old: "_Handler") -> None:
        self._handlers[self._handlers.index(old)] = new = self._handler(old.client.message_listeners[0])
        self._retired.add(old)
        try:
            await new.connect_async()  # type: ignore[no-untyped-call]
            await asyncio.sleep(RETIRED_S)
        finally:
            self._retired.discard(old)
            await _close(old)


class _Client(SocketModeClient):
    """As the SDK's, but told that Slack is about to close it, it does not close first; `farewell` is called.

    And it uses each URL for one attempt, of `handshake_s` at most. The ticket in a URL opens one connection within
    seconds, but the SDK tries the same URL until it opens: after one failed handshake, for ever. How soon it tries
    again stays as the SDK has it: after `ping_interval`, and when apps.connections.open says 429, as late as that says.
    """

    def __init__(self, *args: Any, farewell: Callable[[], None], handshake_s: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._farewell = farewell
        attempts = aiohttp.TraceConfig()
        attempts.on_request_start.append(self._forget_url)
        given = self.aiohttp_client_session
        self.aiohttp_client_session = aiohttp.ClientSession(
            connector=given.connector, timeout=aiohttp.ClientTimeout(total=handshake_s), trace_configs=[attempts]
        )
        given.detach()

    async def _forget_url(self, *_about: object) -> None:
        # Called as an attempt begins, which is when its ticket counts as used, however the attempt ends. There is no
        # later place that all failures pass: also the first ping may fail, and `connect` handles that by itself.
        self.wss_uri = None

    async def enqueue_message(self, message: str) -> None:
        # In the order in which they come: behind the queue, the close would be seen before its announcement.
        if _is_farewell(message):
            self.auto_reconnect_enabled = self.default_auto_reconnect_enabled = False
            self._farewell()
            return
        await super().enqueue_message(message)


def _is_farewell(message: str) -> bool:
    if '"disconnect"' not in message:
        return False
    with contextlib.suppress(ValueError):
        frame = json.loads(message)
        return isinstance(frame, dict) and (frame.get("type"), frame.get("reason")) in _FAREWELLS
    return False


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler over such a client."""

    def __init__(
        self, bolt: AsyncApp, app_token: str, farewell: Callable[["_Handler"], None], handshake_s: float
    ) -> None:
        self.app = bolt
        self.app_token = app_token
        self.client = _Client(
            app_token,
            logger=bolt.logger,
            web_client=bolt.client,
            ping_interval=PING_S,
            farewell=lambda: farewell(self),
            handshake_s=handshake_s,
        )
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]


async def _close(handler: _Handler) -> None:
    """Close a connection, or leave it to its fate when the other end does not answer."""
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(handler.close_async(), CLOSING_S)  # type: ignore[no-untyped-call]
    finally:
        await handler.client.aiohttp_client_session.close()
