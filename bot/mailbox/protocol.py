"""SMTP as the test mailboxes speak it (RFC 5321), on aiosmtpd's session, STARTTLS and address parsing."""

import asyncio
import collections
import contextlib
import logging
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from bot.mailbox.limits import Gate, Limits, plain_ip
from bot.store import Mailbox

LOG = logging.getLogger(__name__)

COMMAND_BYTES = 2048
READ_BYTES = 65536
LAST_WORD_S = 0.3
STORAGE_ERROR = "451 4.3.0 Temporary local problem, please try again later"
TOO_BIG = "552 5.3.4 Message too big for this address"


class MailboxEnvelope(Envelope):
    """A mail transaction; `mailbox` is set by the RCPT that was accepted."""

    mailbox: Mailbox | None = None


class MailboxProtocol(SMTP):
    """One connection.

    The command loop and DATA are ours: aiosmtpd's drop what a client sent just before it hung up, keep lines
    without end in memory, and refuse long lines, which a test mailbox must show instead.
    """

    line_length_limit = READ_BYTES

    def __init__(
        self,
        handler: Any,
        *,
        hostname: str,
        tls: ssl.SSLContext | None,
        max_bytes: int,
        limits: Limits,
        gate: Gate,
        sessions: set[asyncio.Task[None]],
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
        self._limits = limits
        self._gate = gate
        self._tasks = sessions
        self._client_ip: str | None = None
        self._turned_away = False
        self._dismissed = False
        self._bytes_left = limits.session_bytes
        self._session_timer: asyncio.TimerHandle | None = None

    # What the transport reports

    def connection_made(self, transport: Any) -> None:
        if self._client_ip is None:
            client_ip = plain_ip(str((transport.get_extra_info("peername") or ("unknown",))[0]))
            if not self._gate.enter(client_ip):
                self._turned_away = True
                transport.write(b"421 4.7.0 Too many connections, please try again later\r\n")
                transport.close()
                return
            self._client_ip = client_ip
            self._session_timer = self.loop.call_later(
                self._limits.session_s, self._dismiss, b"421 4.4.2 This session took too long\r\n"
            )
            super().connection_made(transport)
            task = self._handler_coroutine
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            # TLS has begun on this connection: a new session (RFC 3207, 4.2).
            super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._turned_away or self._dismissed:
            return
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            LOG.warning("%s sent more than a session may", self._client_ip)
            self._dismiss(b"421 4.7.0 Too much for one session, please go on in another one\r\n")
            return
        super().data_received(data)

    def eof_received(self) -> bool:
        # The loop reads on to what was sent before the end: a mail with its final dot counts.
        if not self._turned_away:
            self._stream().feed_eof()
        return self._original_transport is None and not self._turned_away

    def connection_lost(self, error: Exception | None) -> None:
        if self._turned_away:
            return
        for timer in (self._timeout_handle, self._session_timer):
            if timer is not None:
                timer.cancel()
        if self._client_ip is not None:
            self._gate.leave(self._client_ip)
            self._client_ip = None
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
                    await self.push("500 5.5.2 Line too long")
                    return
                if not await self._obey(line.rstrip(b"\r\n")):
                    return
            await self.push("421 4.7.0 Too many commands")
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
                LOG.info("no TLS with %s: %s", self._client_ip, type(error.__cause__ or error).__name__)
                return False
            LOG.exception("%s from %s failed", command, self._client_ip)
            await self.push(STORAGE_ERROR)
        return command != "QUIT"

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
        await super().smtp_STARTTLS(argument)

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
        content = await self._content(envelope.mailbox.max_bytes)
        if content is None:
            status = TOO_BIG
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
        try:
            return super()._getaddr(arg)
        except Exception:  # noqa: BLE001 - the header parser underneath fails in many ways on broken addresses
            return None, None

    def _create_envelope(self) -> MailboxEnvelope:
        return MailboxEnvelope()

    async def push(self, status: str | bytes) -> None:
        try:
            await super().push(status.encode() if isinstance(status, str) else status)
        except ConnectionError:
            # The client may be gone and its mail complete: reading goes on, and ends at the end of what it sent.
            LOG.debug("%s did not wait for an answer", self._client_ip)

    async def _content(self, max_bytes: int) -> bytes | None:
        """What stands between DATA and the final dot, dots unstuffed (RFC 5321, 4.5.2) and otherwise as sent.

        None if it is longer than `max_bytes`; the rest of it is read and thrown away, within the session's limits.
        Only CR LF ends a line here, so that nothing but CR LF dot CR LF ends the mail.
        """
        chunks: list[bytes] = []
        size = 0
        at_line_start = True
        while True:
            try:
                chunk = await self._stream().readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                chunk = await self._stream().read(error.consumed)
            if at_line_start:
                if chunk == b".\r\n":
                    return b"".join(chunks) if size <= max_bytes else None
                chunk = chunk.removeprefix(b".")
            at_line_start = chunk.endswith(b"\r\n")
            size += len(chunk)
            if size <= max_bytes:
                chunks.append(chunk)
            else:
                chunks.clear()

    def _stream(self) -> asyncio.StreamReader:
        reader: asyncio.StreamReader = self._reader
        return reader

    def _end(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def _dismiss(self, answer: bytes) -> None:
        """Say why, read no more, and end soon, whether or not the client listens."""
        if self._dismissed or not isinstance(self.transport, asyncio.Transport):
            return
        self._dismissed = True
        self.transport.write(answer)
        with contextlib.suppress(RuntimeError):
            # It is closing already.
            self.transport.pause_reading()
        self.loop.call_later(LAST_WORD_S, self._cut)

    def _cut(self) -> None:
        """End at once, without waiting for a client that does not read."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
