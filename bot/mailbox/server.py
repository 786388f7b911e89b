"""The mailbox: an SMTP server that takes mail for live tokens and nothing else."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from bot.mailbox.acceptance import GroupCommit
from bot.mailbox.content import NO_ROOM, TOO_BIG
from bot.mailbox.door import TOO_MANY, Door
from bot.mailbox.limits import Gate, Limits, Memory
from bot.mailbox.protocol import STORAGE_ERROR, MailboxProtocol, Sessions
from bot.mailbox.proxy import Client
from bot.mailbox.tls import CertificateFiles, FailedHandshakes
from bot.mailbox.tokens import token_of
from bot.settings import Network
from bot.store import Clock, NewMail, Store, utc_now

LOG = logging.getLogger(__name__)

NO_SUCH_ADDRESS = "550 5.1.1 No such address here, or it has expired"
WAITING = "451 4.3.2 Too many mails wait for their analysis here, please try again later"
USED_UP = "550 5.2.2 This address has received all the mails it may"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
NOT_READABLE = "450 4.3.0 Temporary local problem, please try again later"
ANSWERS = {
    "accepted": "250 2.0.0 Accepted",
    "closed": NO_SUCH_ADDRESS,
    "full": USED_UP,
    "too_big": TOO_BIG,
    "unavailable": STORAGE_ERROR,
}
OUTCOMES = {
    ANSWERS["accepted"]: "accepted",
    NO_SUCH_ADDRESS: "no_such_address",
    USED_UP: "used_up",
    TOO_BIG: "too_big",
    ONE_AT_A_TIME: "one_at_a_time",
    WAITING: "backlog",
    NO_ROOM: "no_memory",
    STORAGE_ERROR: "storage",
    NOT_READABLE: "storage",
    TOO_MANY: "too_many_connections",
}
"""What became of a mail, in a word, by the answer that its client got."""
MAX_FACT = 1000
MAX_WAITING = 500
BACKLOG = 512
"""Connections that the kernel holds until they are taken: a burst of them must not keep others from coming through."""
PATIENCE_S = 0.2


class MailboxServer:
    """Listens on `host`:`port` (0 = any free port, see `port`). Answers 250 to a mail once it is on disk.

    `max_waiting`: how many mails may wait for their analysis before further ones are put off. `proxies`: whose PROXY
    headers are believed, and required. `on_outcome` is told of each mail taken ("accepted") and of each refusal: a word
    of OUTCOMES, or session_ended, other_temporary, other_permanent.
    """

    def __init__(
        self,
        store: Store,
        *,
        mail_domain: str,
        hostname: str,
        host: str,
        port: int,
        tls: CertificateFiles | ssl.SSLContext | None,
        max_bytes: int,
        max_waiting: int = MAX_WAITING,
        proxies: tuple[Network, ...] = (),
        limits: Limits | None = None,
        clock: Clock = utc_now,
        on_outcome: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._mailboxes = store.mailboxes
        self._mail_domain = mail_domain
        self._hostname = hostname
        self._host, self._wanted_port = host, port
        self._tls = tls
        self._max_bytes = max_bytes
        self._max_waiting = max_waiting
        self._limits = limits or Limits.of_mails(max_bytes)
        self._memory = Memory(self._limits.content_bytes)
        self._sessions = Sessions()
        self._handshakes = FailedHandshakes()
        self._door = Door(
            Gate(self._limits),
            proxies=proxies,
            header_s=self._limits.proxy_header_s,
            new_session=self._new_session,
            make_room=self._sessions.make_room,
            on_answer=self._answered,
        )
        self._clock = clock
        self._on_outcome = on_outcome
        self._writer = GroupCommit(store.mailboxes)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises OSError if the address or port cannot be had."""
        # aiosmtpd logs every recipient at INFO, and a recipient here is a secret.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._door, self._host, self._wanted_port, backlog=BACKLOG)
        self._writer.start()

    @property
    def is_listening(self) -> bool:
        """Whether new connections are taken."""
        return self._server is not None and self._server.is_serving()

    @property
    def port(self) -> int:
        assert self._server is not None, "the mailbox is not started"
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no new connection, commit the mails that are complete, end the sessions."""
        if self._server is None:
            return
        self._server.close()
        self._door.close()
        self._sessions.end_soon()
        await self._writer.stop()
        # Those that just learnt of their commit still say so.
        await self._sessions.end(PATIENCE_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 1)
        self._server = None

    async def handle_RCPT(
        self, server: MailboxProtocol, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Called by the protocol for each RCPT; the answer to the client."""
        token = token_of(address, self._mail_domain)
        if token is None:
            return NO_SUCH_ADDRESS
        if envelope.rcpt_tos:
            # The client tries the others again in a transaction of their own (RFC 5321, 4.5.3.1.10).
            return ONE_AT_A_TIME
        try:
            mailbox = await self._mailboxes.look_up(token)
            too_many_wait = await self._mailboxes.are_waiting(self._max_waiting)
        except Exception:
            LOG.exception("the mailboxes cannot be read")
            return NOT_READABLE
        if mailbox is None or not mailbox.is_open(self._clock()):
            return NO_SUCH_ADDRESS
        if mailbox.is_full:
            return USED_UP
        if _declared_size(envelope.mail_options) > mailbox.max_bytes:
            return TOO_BIG
        if too_many_wait:
            LOG.warning("mails are put off: %d or more wait for their analysis", self._max_waiting)
            return WAITING
        envelope.rcpt_tos.append(address)
        envelope.mailbox = mailbox
        return "250 2.1.5 OK"

    def coming(self) -> AbstractContextManager[None]:
        """Around the reading of a mail by the protocol."""
        return self._writer.coming()

    async def handle_DATA(self, server: MailboxProtocol, session: Any, envelope: Any) -> str:
        """Called by the protocol with the whole mail; the answer to the client."""
        mail = NewMail(
            token=envelope.mailbox.token,
            received_at=self._clock(),
            session=_facts(session, envelope, self._handshakes.reason(session.peer.ip)),
            raw=envelope.original_content,
        )
        return ANSWERS[await self._writer.keep(mail)]

    def _new_session(self, client: Client, leave: Callable[[], None]) -> MailboxProtocol:
        tls = self._tls
        return MailboxProtocol(
            self,
            client=client,
            leave=leave,
            hostname=self._hostname,
            tls=tls.context() if isinstance(tls, CertificateFiles) else tls,
            max_bytes=self._max_bytes,
            limits=self._limits,
            memory=self._memory,
            sessions=self._sessions,
            on_answer=self._answered,
            on_handshake=partial(self._shaken, client.ip),
        )

    def _shaken(self, client_ip: str, failure: str | None) -> None:
        if failure is None:
            self._handshakes.succeeded(client_ip)
        else:
            self._handshakes.failed(client_ip, failure)

    def _answered(self, answer: str) -> None:
        outcome = OUTCOMES.get(answer) or _refusal(answer)
        if outcome is not None:
            self._on_outcome(outcome)


def _refusal(answer: str) -> str | None:
    """Those that are not about a mail (syntax, limits of a session), by their code; None for what goes on."""
    match answer[:1], answer[:3]:
        case _, "421":
            return "session_ended"
        case "4", _:
            return "other_temporary"
        case "5", _:
            return "other_permanent"
    return None


def _facts(session: Any, envelope: Any, tls_failure: str | None) -> dict[str, Any]:
    """What the session tells about the client, as plain data; see NewMail for the keys."""
    tls = None
    if session.ssl is not None:
        ssl_object = session.ssl.get("ssl_object")
        cipher = session.ssl.get("cipher")
        tls = {"version": ssl_object.version() if ssl_object is not None else None, "cipher": cipher and cipher[0]}
    options = [str(option).upper() for option in envelope.mail_options]
    body = next((option.partition("=")[2] for option in options if option.startswith("BODY=")), None)
    return {
        "client_ip": session.peer.ip,
        "client_port": session.peer.port,
        "helo": _text(session.host_name),
        "esmtp": bool(session.extended_smtp),
        # aiosmtpd shows the null sender as it was written.
        "mail_from": "" if envelope.mail_from == "<>" else _text(envelope.mail_from),
        "rcpt": _text(envelope.rcpt_tos[0]),
        "tls": tls,
        "tls_failure": tls_failure if tls is None else None,
        "body": body,
        "smtputf8": bool(envelope.smtp_utf8),
    }


def _text(value: str) -> str:
    """Bytes that are not UTF-8 arrive as surrogates, which neither JSON nor SQLite can keep."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:MAX_FACT]


def _declared_size(options: list[str]) -> int:
    for option in options:
        name, _, value = option.upper().partition("=")
        if name == "SIZE" and value.isascii() and value.isdigit():
            return int(value)
    return 0
