"""Socket Mode: one WebSocket or several of the same app, each envelope to one of them, redelivered without an ack.

docs.slack.dev "Using Socket Mode" and "Events API" (retries). Only events are redelivered; a command or a button whose
ack does not come in time is lost and its user told so.
"""

import asyncio
import contextlib
import json
import secrets
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.demo.workspace.faults import Faults
from bot.demo.workspace.state import APP_ID, Json, State

MOST_SOCKETS = 10
TICKET_S = 30.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to hand over an envelope. ``acknowledged_after_s`` is None when no ack came in time."""

    envelope_id: str
    type: str
    payload: Json
    retry_attempt: int
    acknowledged_after_s: float | None
    response: Json | None


@dataclass(slots=True)
class Sockets:
    """The app's connections, and the tasks that wait for acks."""

    state: State
    faults: Faults
    ack_wait_s: float
    retry_delays_s: tuple[float, ...]
    deliveries: list[Delivery] = field(default_factory=list)
    _open: dict[web.WebSocketResponse, asyncio.Transport | None] = field(default_factory=dict)
    _tickets: dict[str, float] = field(default_factory=dict)
    _acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _next: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def ticket(self) -> str:
        """A secret that opens one connection within 30 s."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = time.monotonic() + TICKET_S
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end."""
        if time.monotonic() > self._tickets.pop(request.query.get("ticket", ""), 0.0):
            return web.Response(status=404)
        for status in self.faults.next_handshakes():
            if status is None:
                await _gone(request)
            return web.Response(status=status or 408)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        if len(self._open) >= MOST_SOCKETS:
            await socket.send_str(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self._open[socket] = request.transport
        try:
            await socket.send_str(_hello(len(self._open)))
            self.state.touch()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take_ack(frame.data)
        finally:
            self._drop(socket)
        return socket

    async def deliver(self, kind: str, payload: Json) -> Delivery:
        """Hand a command or interaction over once; return how it went (within the ack wait)."""
        envelope = _envelope(kind, payload)
        delivery = await self._attempt(envelope, 0, None)
        if delivery.acknowledged_after_s is not None and self.faults.takes_redelivery(kind):
            await self._attempt(envelope, 0, None)
        return delivery

    def deliver_event(self, payload: Json) -> None:
        """Hand an event over in the background, with retries until it is acknowledged."""
        self.spawn(self._deliver_event(payload))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background until done or the workspace stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def disconnect(self, reason: str | None, most: int | None = None) -> None:
        """Send a disconnect frame and, unless it only warns, close every connection, or the `most` oldest.

        Without a reason the connections are cut without a word, as a network does it.
        """
        for socket in list(self._open)[:most]:
            if reason is not None:
                with contextlib.suppress(ConnectionError):
                    await socket.send_str(_disconnect(reason))
            if reason == "warning":
                continue
            transport = self._open.get(socket)
            self._drop(socket)
            if reason is not None:
                self.spawn(_close(socket))
            elif transport is not None:
                transport.abort()

    async def stop(self) -> None:
        """Close everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._open):
            await socket.close(code=1001)

    async def _deliver_event(self, payload: Json) -> None:
        envelope = _envelope("events_api", payload)
        for attempt, delay in enumerate((0.0, *self.retry_delays_s)):
            await asyncio.sleep(delay)
            delivery = await self._attempt(envelope, attempt, "timeout" if attempt else None)
            if delivery.acknowledged_after_s is None:
                continue
            if not self.faults.takes_redelivery("events_api"):
                return

    async def _attempt(self, envelope: dict[str, Any], attempt: int, reason: str | None) -> Delivery:
        sent = envelope | {"envelope_id": str(uuid.uuid4())}
        if envelope["type"] == "events_api":
            sent |= {"retry_attempt": attempt, "retry_reason": reason or ""}
        began = time.monotonic()
        ack: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[sent["envelope_id"]] = ack
        response: Json | None = None
        after: float | None = None
        try:
            async with asyncio.timeout(self.ack_wait_s):
                await self._send(json.dumps(sent))
                response = await ack
            after = time.monotonic() - began
        except TimeoutError:
            pass
        finally:
            self._acks.pop(sent["envelope_id"], None)
        delivery = Delivery(sent["envelope_id"], sent["type"], sent["payload"], attempt, after, response)
        self.deliveries.append(delivery)
        self.state.touch()
        return delivery

    async def _send(self, text: str) -> None:
        """To one of the connections, each in its turn; waits for one when there is none."""
        while True:
            version = self.state.version
            open_now = [socket for socket in self._open if not socket.closed]
            if open_now:
                self._next += 1
                try:
                    await open_now[self._next % len(open_now)].send_str(text)
                    return
                except ConnectionError:
                    self._drop(open_now[self._next % len(open_now)])
                    continue
            await self.state.changed(version)

    def _take_ack(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        ack = self._acks.get(frame.get("envelope_id", "")) if isinstance(frame, dict) else None
        if ack is not None and not ack.done():
            ack.set_result(frame.get("payload") or {})

    def _drop(self, socket: web.WebSocketResponse) -> None:
        if socket in self._open:
            del self._open[socket]
            self.state.touch()


def _hello(connections: int) -> str:
    return json.dumps(
        {
            "type": "hello",
            "num_connections": connections,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "local", "build_number": 1, "approximate_connection_time": 18060},
        }
    )


def _disconnect(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})


def _envelope(kind: str, payload: Json) -> dict[str, Any]:
    return {"type": kind, "accepts_response_payload": kind != "events_api", "payload": dict(payload)}


async def _gone(request: web.Request) -> None:
    """Until the other end has given up."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(0.05)


async def _close(socket: web.WebSocketResponse) -> None:
    await socket.close()
