"""Who comes in: every connection stands here until its client is known and counted."""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Callable
from typing import Any

from bot.mailbox.limits import Gate, plain_ip
from bot.mailbox.proxy import Client, read_header
from bot.settings import Network

LOG = logging.getLogger(__name__)

TOO_MANY = "421 4.7.0 Too many connections, please try again later"

NewSession = Callable[[Client, Callable[[], None]], asyncio.Protocol]
"""Makes the session of a client; it calls the second argument once, when it needs its place no longer."""


class Door:
    """Makes the protocol of each new connection.

    One from a trusted proxy must begin with a PROXY header within `header_s` seconds; from anybody else the header
    is a command like others, and not a known one.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        proxies: tuple[Network, ...],
        header_s: float,
        new_session: NewSession,
        make_room: Callable[[], bool],
        on_answer: Callable[[str], None],
    ) -> None:
        self.gate = gate
        self.on_answer = on_answer
        self.header_s = header_s
        self.new_session = new_session
        self.waiting: set[asyncio.Transport] = set()
        """Connections that have not said yet who they are for."""
        self._proxies = proxies
        self._make_room = make_room

    def __call__(self) -> asyncio.Protocol:
        return _Entrance(self)

    def open(self) -> bool:
        """Count a connection, if need be in place of another one; each yes is undone by one `gate.close`."""
        return self.gate.open() or (self._make_room() and self.gate.open())

    def trusts(self, ip: str) -> bool:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(ip)
            return any(address in network for network in self._proxies)
        return False

    def close(self) -> None:
        """Let nobody wait any longer."""
        for transport in self.waiting:
            transport.abort()


class _Entrance(asyncio.Protocol):
    """One connection, from its first moment to the hand-over to a session: a flood of them must cost little."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._counted = False
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        host, port = (transport.get_extra_info("peername") or ("unknown", 0))[:2]
        self._peer = Client(plain_ip(str(host)), int(port))
        if not self._door.trusts(self._peer.ip):
            self._admit(self._peer)
        elif self._has_place():
            self._door.waiting.add(transport)
            self._timer = asyncio.get_running_loop().call_later(self._door.header_s, transport.abort)
        else:
            self._turn_away(TOO_MANY)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            header = read_header(self._received)
        except ValueError as error:
            LOG.warning("the proxy %s did not say who its client is: %s", self._peer.ip, error)
            self._turn_away("")
            return
        if header is not None:
            rest, self._received = self._received[header.size :], b""
            client = header.client or self._peer
            self._admit(Client(plain_ip(client.ip), client.port), rest)

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_waiting()
        self._give_up_place()

    def _admit(self, client: Client, received: bytes = b"") -> None:
        self._stop_waiting()
        # First of all its own places: who has too many of them costs nobody else one.
        if not self._door.gate.enter(client.ip):
            self._turn_away(TOO_MANY)
            return
        if not self._has_place():
            self._door.gate.leave(client.ip)
            self._turn_away(TOO_MANY)
            return

        def leave() -> None:
            self._door.gate.leave(client.ip)
            self._door.gate.close()

        session = self._door.new_session(client, leave)
        self._transport.set_protocol(session)
        session.connection_made(self._transport)
        if received:
            session.data_received(received)

    def _turn_away(self, answer: str) -> None:
        if answer:
            self._door.on_answer(answer)
            self._transport.write(f"{answer}\r\n".encode())
        self._transport.close()
        self._give_up_place()

    def _has_place(self) -> bool:
        self._counted = self._counted or self._door.open()
        return self._counted

    def _give_up_place(self) -> None:
        if self._counted:
            self._counted = False
            self._door.gate.close()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._door.waiting.discard(self._transport)
