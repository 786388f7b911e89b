"""The connections to Slack."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

SOCKETS = 2
PING_S = 2.0
"""The SDK looks this often whether a connection broke, and gives it up after four pings without an answer."""

Listen = Callable[[Any, dict[str, Any], str | None], Awaitable[None]]


class Sockets:
    """Two connections, of which Slack hands each envelope to one.

    Slack closes each of them now and then, and the SDK opens its successor only thereafter: a command that comes in
    between would be lost. `listener` makes what hears every frame of one of them.
    """

    def __init__(self, bolt: AsyncApp, app_token: str, listener: Callable[[], Listen]) -> None:
        self._handlers = [AsyncSocketModeHandler(bolt, app_token, ping_interval=PING_S) for _ in range(SOCKETS)]
        for handler in self._handlers:
            handler.client.message_listeners.append(listener())

    async def connect(self, first_url: str) -> None:
        """Open them all; `first_url` is where the first connects, the others ask for their own."""
        self._handlers[0].client.wss_uri = first_url
        for handler in self._handlers:
            await handler.connect_async()  # type: ignore[no-untyped-call]

    async def is_connected(self) -> bool:
        """Whether any of them is: one is enough to hear everything."""
        for handler in self._handlers:
            if await handler.client.is_connected():
                return True
        return False

    async def close(self) -> None:
        for handler in self._handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]
