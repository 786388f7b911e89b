"""SMTP as the test mailboxes speak it (RFC 5321), on aiosmtpd's session, STARTTLS and address parsing."""

import asyncio
import collections
import contextlib
import logging
import re
import ssl
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, TLSSetupException

from bot.mailbox.content import Content
from bot.mailbox.limits import Limits, Memory
from bot.mailbox.proxy import Client
from bot.mailbox.tls import reason_of
from bot.store import Mailbox

LOG = logging.getLogger(__name__)

COMMAND_BYTES = 2048
READ_BYTES = 65536
LAST_WORD_S = 0.3
FAREWELL_S = 5.0
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[0-9A-Za-z-]+"
_USUAL_PATH = re.compile(rf"<((?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*)>(?: +|\Z)")
"""What nearly all clients write (RFC 5321, 4.1.2). The parser for everything else costs more than all of the rest."""
STORAGE_ERROR = "451 4.3.0 Temporary local problem, please try again later"
SHUTTING_DOWN = b"421 4.3.2 Service shutting down, please try again later"
TOO_SLOW = b"421 4.4.2 Nothing complete arrived in time"


class MailboxEnvelope(Envelope):
    """A mail transaction; `mailbox` is set by the RCPT that was accepted."""

    mailbox: Mailbox | None = None


class MailboxProtocol(SMTP):
    """One session, of the client that the Door found out; `leave` is called once, when its place is free.

    `on_handshake` is told how the handshake of STARTTLS failed, None if it did not.

    The command loop and DATA are ours: aiosmtpd's drop what a client sent just before it hung up, keep lines
    without end in memory, and refuse long lines, which a test mailbox must show instead.
    """

    line_length_limit = READ_BYTES

    def __init__(
        self,
        handler: Any,
        *,
        client: Client,
        leave: Callable[[], None],
        hostname: str,
        tls: ssl.SSLContext | None,
        max_bytes: int,
        limits: Limits,
        memory: Memory,
        sessions: "Sessions",
        on_answer: Callable[[str], None],
        on_handshake: Callable[[str | None], None],
    ) -> None:
        self.command_size_limits = collections.defaultdict(lambda: COMMAND_BYTES)
        super().__init__(
            handler,
            hostname=hostname,
            ident="ESMTP",
            tls_context=tls,
            data_size_limit=max_bytes,
            enable_SMTPUTF8=True,
            timeout=limits.command_s,
            loop=asyncio.get_running_loop(),
        )
        self._client = client
        self._leave: Callable[[], None] | None = leave
        self._began = self.loop.time()
        self._is_expected = False
        self._limits = limits
        self._memory = memory
        self._sessions = sessions
        self._on_answer = on_answer
        self._on_handshake = on_handshake
        self._busy = False
        self._closing = False
        self._lost = False
        self._dismissed = False
        self._bytes_left = limits.session_bytes
        self._recipients = 0
        self._session_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None

    # What the transport reports

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        assert self.session is not None
        # The transport knows no client behind a proxy.
        self.session.peer = self._client  # type: ignore[assignment]
        if self._session_timer is not None:
            # TLS has begun on this connection: a new session (RFC 3207, 4.2).
            return
        self._session_timer = self.loop.call_later(
            self._limits.session_s, self._dismiss, b"421 4.4.2 This session took too long"
        )
        assert self._handler_coroutine is not None
        self._sessions.began(self, self._handler_coroutine)

    def data_received(self, data: bytes) -> None:
        if self._dismissed:
            return
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            LOG.warning("%s sent more than a session may", self._client.ip)
            self._dismiss(b"421 4.7.0 Too much for one session, please go on in another one")
            return
        super().data_received(data)

    def eof_received(self) -> bool:
        # The loop reads on to what was sent before the end: a mail with its final dot counts.
        self._stream().feed_eof()
        return self._original_transport is None

    def connection_lost(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        for timer in (self._timeout_handle, self._session_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        self._sessions.lost(self)
        self._give_up_place()
        if self._original_transport is not None:
            self._original_transport.close()
        # Without the error, so that what arrived before a reset can still be read.
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        self.transport = None

    # The command loop

    async def _handle_client(self) -> None:
        try:
            await self.push(f"220 {self.hostname} {self.__ident__}")
            for _ in range(self._limits.commands):
                try:
                    line = await self._stream().readuntil(b"\n")
                except asyncio.LimitOverrunError:
                    self._dismiss(b"500 5.5.2 Line too long")
                    return
                self._busy = True
                if not await self._obey(line.rstrip(b"\r\n")):
                    return
                self._busy = False
                if self._closing:
                    self._dismiss(SHUTTING_DOWN)
                    return
            self._dismiss(b"421 4.7.0 Too many commands")
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return
        finally:
            self._end()

    async def _obey(self, line: bytes) -> bool:
        """Carry out one command line; False ends the session."""
        if len(line) > COMMAND_BYTES:
            await self.push("500 5.5.2 Line too long")
            return True
        verb, _, argument = line.partition(b" ")
        command = verb.decode("ascii", "replace").upper()
        method = self._smtp_methods.get(command)
        if method is None:
            await self.push("500 5.5.2 Command not recognized")
            return True
        self._reset_timeout()
        try:
            await method(argument.strip().decode("utf-8", "surrogateescape") or None)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            raise
        except Exception as error:
            if command == "STARTTLS":
                LOG.info("no TLS with %s: %s", self._client.ip, type(error.__cause__ or error).__name__)
                return False
            LOG.exception("%s from %s failed", command, self._client.ip)
            await self.push(STORAGE_ERROR)
        return command != "QUIT" and not self._dismissed

    async def smtp_EHLO(self, hostname: str | None) -> None:
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        assert self.session is not None
        self.envelope = self._create_envelope()
        self.session.extended_smtp = True
        self.session.host_name = hostname
        offers = [self.hostname, f"SIZE {self.data_size_limit}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.tls_context is not None and self._tls_protocol is None:
            offers.append("STARTTLS")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        await self.push("\r\n".join(lines))

    async def smtp_QUIT(self, argument: str | None) -> None:
        await self.push("221 2.0.0 Bye")

    async def smtp_STARTTLS(self, argument: str | None) -> None:
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 TLS is already active")
            return
        try:
            await super().smtp_STARTTLS(argument)
        except TLSSetupException as error:
            self._on_handshake(reason_of(error.__cause__))
            raise
        if self._is_handshaking():
            # The client hung up meanwhile, which asyncio tells nobody but the waiter.
            self._on_handshake(reason_of(None))
            raise ConnectionError
        if self._original_transport is not None:
            self._on_handshake(None)

    async def smtp_RCPT(self, argument: str | None) -> None:
        self._recipients += 1
        if self._recipients > self._limits.recipients:
            self._dismiss(b"421 4.5.3 Too many recipients for one session")
            return
        await super().smtp_RCPT(argument)
        if isinstance(self.envelope, MailboxEnvelope) and self.envelope.mailbox is not None:
            self._is_expected = True

    async def smtp_DATA(self, argument: str | None) -> None:
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if not isinstance(envelope, MailboxEnvelope) or envelope.mailbox is None:
            await self.push("503 5.5.1 Need RCPT command")
            return
        if argument:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._reset_timeout(self._limits.data_s)
        with Content(self._stream(), self._limits, self._memory, envelope.mailbox.max_bytes) as arriving:
            with self.event_handler.coming():
                content = await arriving.read()
            self._reset_timeout()
            if isinstance(content, str):
                status = content
            else:
                envelope.content = envelope.original_content = content
                status = await self.event_handler.handle_DATA(self, self.session, envelope)
        self.envelope = self._create_envelope()
        await self.push(status)

    async def smtp_VRFY(self, argument: str | None) -> None:
        await self.push("502 5.5.1 Command not implemented")

    async def smtp_EXPN(self, argument: str | None) -> None:
        await self.smtp_VRFY(argument)

    async def smtp_AUTH(self, argument: str | None) -> None:
        await self.smtp_VRFY(argument)

    async def smtp_HELP(self, argument: str | None) -> None:
        await self.smtp_VRFY(argument)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        usual = _USUAL_PATH.match(arg)
        if usual is not None:
            return usual[1], arg[usual.end() :]
        try:
            return super()._getaddr(arg)
        except Exception:  # noqa: BLE001 - the header parser underneath fails in many ways on broken addresses
            return None, None

    def _create_envelope(self) -> MailboxEnvelope:
        return MailboxEnvelope()

    async def push(self, status: str | bytes) -> None:
        line = status.encode() if isinstance(status, str) else status
        self._on_answer(line.decode("utf-8", "replace"))
        try:
            await super().push(line)
        except ConnectionError:
            # The client may be gone and its mail complete: reading goes on, and ends at the end of what it sent.
            LOG.debug("%s did not wait for an answer", self._client.ip)

    # The end

    def end_soon(self) -> None:
        """End with the command under way, or at once if there is none."""
        self._closing = True
        if not self._busy:
            self._dismiss(SHUTTING_DOWN)

    def shut_down(self) -> None:
        """End although a command is under way, in `LAST_WORD_S` seconds."""
        self._dismiss(SHUTTING_DOWN)

    def make_room(self) -> bool:
        """End in favour of another client, unless this one is new or knows a live address."""
        if self._is_expected or self._dismissed or self.loop.time() - self._began < self._limits.unknown_s:
            return False
        self._dismiss(b"421 4.3.2 Too many connections, and this one brought no mail")
        self._give_up_place()
        return True

    def cut(self) -> None:
        """End at once, without waiting for a client that does not read."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _stream(self) -> asyncio.StreamReader:
        reader: asyncio.StreamReader = self._reader
        return reader

    def _give_up_place(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def _is_handshaking(self) -> bool:
        return self._original_transport is not None and (self.session is None or self.session.ssl is None)

    def _end(self) -> None:
        if self._is_handshaking() and isinstance(self._original_transport, asyncio.Transport):
            # Of a connection that is lost before TLS has begun the application is told nothing.
            self._original_transport.abort()
            self.connection_lost(None)
        elif self.transport is not None and not self._dismissed:
            self.transport.close()
            self._end_timer = self.loop.call_later(FAREWELL_S, self.cut)

    def _timeout_cb(self) -> None:
        self._dismiss(TOO_SLOW)

    def _dismiss(self, answer: bytes) -> None:
        """Say why, read no more, and end soon, whether or not the client listens."""
        if self._dismissed or not isinstance(self.transport, asyncio.Transport):
            return
        self._dismissed = True
        self._on_answer(answer.decode())
        self.transport.write(answer + b"\r\n")
        with contextlib.suppress(RuntimeError):
            # It is closing already.
            self.transport.pause_reading()
        self._end_timer = self.loop.call_later(LAST_WORD_S, self.cut)


class Sessions:
    """Those that are open. A session may outlast its connection: a mail that came whole is still kept."""

    def __init__(self) -> None:
        # Oldest first.
        self._connected: dict[MailboxProtocol, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def began(self, session: MailboxProtocol, task: asyncio.Task[None]) -> None:
        self._connected[session] = None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def lost(self, session: MailboxProtocol) -> None:
        self._connected.pop(session, None)

    def make_room(self) -> bool:
        """Free the place of the oldest session that may be ended for that; False if there is none."""
        return any(session.make_room() for session in list(self._connected))

    def end_soon(self) -> None:
        """Ask for no more commands; what is under way goes on."""
        for session in list(self._connected):
            session.end_soon()

    async def end(self, patience_s: float) -> None:
        """Return once all have ended: by themselves if they do within `patience_s`, else with a last word."""
        await self._ended(patience_s)
        for session in list(self._connected):
            session.shut_down()
        await self._ended(LAST_WORD_S)
        for session in list(self._connected):
            session.cut()
        for task in self._tasks.copy():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ended(self, within_s: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
