"""A mailbox on loopback, and clients that post to it over real SMTP."""

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.mailbox import MailboxServer, address_of, new_token
from bot.store import MAIL_WORK, Mail, MailboxOpened, NewThread, Store

DOMAIN = "check.example"
MAIL = b"From: a@example.com\r\nSubject: test\r\n\r\nHello\r\n"


class Setup:
    def __init__(self, store: Store, server: MailboxServer) -> None:
        self.store = store
        self.server = server

    @property
    def port(self) -> int:
        return self.server.port

    async def open(self, *, max_mails: int = 20, max_bytes: int = 100_000, hours: float = 24) -> str:
        token = new_token()
        expires_at = datetime.now(UTC) + timedelta(hours=hours)
        opened = MailboxOpened(token, expires_at, max_mails, max_bytes)
        await self.store.threads.apply("t", f"open-{token}", lambda state: (state, [opened]))
        return token

    async def mails(self) -> list[Mail]:
        arrived = [item.argument for item in await self.store.work.pending() if item.name == MAIL_WORK]
        return [mail for each in arrived if (mail := await self.store.mailboxes.mail(each)) is not None]


@asynccontextmanager
async def mailbox(path: Path, **options: Any) -> AsyncIterator[Setup]:
    store = Store(path / "app.db")
    await store.open()
    await store.threads.open(NewThread("t", "T", "C", "example.com", "en", "U"), "begin", lambda state: (state, []))
    arguments: dict[str, Any] = {"tls": None, "max_bytes": 200_000, "limits": None} | options
    server = MailboxServer(
        store, mail_domain=DOMAIN, hostname="mx.check.example", host="127.0.0.1", port=0, **arguments
    )
    await server.start()
    try:
        yield Setup(store, server)
    finally:
        await server.stop()
        await store.close()


def run(path: Path, body: Callable[[Setup], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        async with mailbox(path, **options) as setup:
            await body(setup)

    asyncio.run(main())


def client(setup: Setup) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", setup.port, local_hostname="sender.example.com", timeout=10)


def send(setup: Setup, token: str, raw: bytes, *, sender: str = "a@example.com", options: tuple[str, ...] = ()) -> Any:
    with client(setup) as smtp:
        smtp.ehlo()
        return smtp.sendmail(sender, [address_of(token, DOMAIN)], raw, mail_options=options)


def refused(setup: Setup, token: str, raw: bytes = MAIL) -> tuple[int, bytes]:
    """The answer to RCPT or to the mail, whichever says no."""
    with client(setup) as smtp:
        try:
            smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], raw)
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            return error.smtp_code, bytes(error.smtp_error)
    raise AssertionError("the mail was accepted")


def talk(setup: Setup, *parts: bytes) -> bytes:
    """Send raw parts, each after an answer, then read until the server closes."""
    with socket.create_connection(("127.0.0.1", setup.port), timeout=10) as connection:
        seen = b""
        for part in parts:
            seen += connection.recv(4096)
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(4096):
            seen += more
        return seen
