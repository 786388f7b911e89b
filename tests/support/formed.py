"""Mails written line by line, and what is read of their form."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.evidence.message_form import MessageForm
from checks.parse.message.addresses import find_author
from checks.parse.message.fields import split_header
from checks.parse.message.form import Arrival, read_form

ARRIVED = datetime(2026, 11, 24, 1, 0, 30, tzinfo=UTC)
BASE = {
    "From": "Taro <taro@example.jp>",
    "To": "you@example.net",
    "Subject": "Hello",
    "Date": "Tue, 24 Nov 2026 10:00:00 +0900",
    "Message-ID": "<1@example.jp>",
}


def written(body: bytes = b"Hello\r\n", *more: bytes, **fields: str | None) -> bytes:
    """A sound mail with other `fields` (Message_ID for Message-ID; None: without), and `more` header lines."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    header = [f"{name}: {value}".encode() for name, value in (BASE | named).items() if value is not None]
    return b"\r\n".join([*header, *more, b"", body])


def form_of(
    raw: bytes, *, smtputf8: bool | None = False, mail_from: str | None = "a@example.jp", live: bool = True
) -> MessageForm:
    """The form of a mail that came at ARRIVED."""
    author = find_author(split_header(raw).all(b"from"))
    return read_form(raw, Arrival(ARRIVED.timestamp() if live else None, live, mail_from, smtputf8), author.address)
