"""A connection that Slack does not let open is opened at the next attempt, with a ticket of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace import Workspace
from bot.listeners import Sockets
from bot.listeners.sockets import PING_S, SOCKETS

OPEN = "apps.connections.open"
BACK_S = 4 * PING_S + 4.0
"""The SDK notices a lost connection and tries again each after one pause of PING_S; the rest is for a slow machine."""

Scene = Callable[[Workspace, Sockets, str], Awaitable[None]]


def listener() -> Callable[[Any, dict[str, Any], str | None], Awaitable[None]]:
    async def listen(_client: Any, _message: dict[str, Any], _raw: str | None = None) -> None:
        pass

    return listen


def with_sockets(scene: Scene, handshake_s: float = 5.0) -> None:
    """Run a scene with a workspace, sockets that are not connected yet, and a URL for the first of them."""

    async def run() -> None:
        async with Workspace(rates=None) as workspace:
            client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
            sockets = Sockets(AsyncApp(client=client), workspace.app_token, listener, handshake_s=handshake_s)
            url = str((await client.apps_connections_open(app_token=workspace.app_token))["url"])
            try:
                await scene(workspace, sockets, url)
            finally:
                await sockets.close()

    asyncio.run(run())


@pytest.mark.parametrize("status", [408, 503, None])
def test_a_first_handshake_that_fails_does_not_keep_the_bot_from_starting(status: int | None) -> None:
    async def scene(workspace: Workspace, sockets: Sockets, url: str) -> None:
        workspace.faults.fail_handshake(status)
        async with asyncio.timeout(BACK_S):
            await sockets.connect(url)
        await workspace.wait_for(lambda: workspace.connections == SOCKETS, what="all sockets")

    with_sockets(scene, handshake_s=0.5)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", None])
def test_a_connection_whose_successor_is_refused_comes_back(reason: str | None) -> None:
    async def scene(workspace: Workspace, sockets: Sockets, url: str) -> None:
        await sockets.connect(url)
        await workspace.wait_for(lambda: workspace.connections == SOCKETS, what="all sockets")
        before = len(workspace.calls)
        workspace.faults.fail_handshake(503, times=SOCKETS)
        await workspace.disconnect_sockets(reason)
        # Each asks for two URLs. After a mere warning the old connections stay beside the new ones.
        opened = SOCKETS * 2 if reason == "warning" else SOCKETS
        await workspace.wait_for(lambda: workspace.connections == opened, BACK_S, "all sockets again")
        assert [call.method for call in workspace.calls[before:]] == [OPEN] * 2 * SOCKETS

    with_sockets(scene)


def test_a_429_for_a_new_url_is_waited_out() -> None:
    async def scene(workspace: Workspace, sockets: Sockets, url: str) -> None:
        workspace.faults.fail_handshake(503)
        workspace.faults.rate_limit(OPEN, int(PING_S) + 1)
        async with asyncio.timeout(BACK_S):
            await sockets.connect(url)
        await workspace.wait_for(lambda: workspace.connections == SOCKETS, what="all sockets")
        calls = [call for call in workspace.calls if call.method == OPEN]
        assert [call.outcome for call in calls] == ["ok", "ratelimited", "ok", "ok"]
        first, limited, again, _ = (call.at for call in calls)
        assert limited - first >= PING_S * 0.9
        assert again - limited >= PING_S + 0.9

    with_sockets(scene)


def test_an_open_connection_outlives_the_limit_of_its_handshake() -> None:
    async def scene(workspace: Workspace, sockets: Sockets, url: str) -> None:
        await sockets.connect(url)
        await workspace.wait_for(lambda: workspace.connections == SOCKETS, what="all sockets")
        await asyncio.sleep(1.5)
        assert workspace.connections == SOCKETS
        assert len(workspace.calls) == SOCKETS

    with_sockets(scene, handshake_s=0.5)
