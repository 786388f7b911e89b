"""What the store gives back: plain frozen records, every time an aware UTC datetime."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

LONGEST_RUN = timedelta(minutes=15)
"""A check that began longer ago counts as lost: it keeps nobody from starting another one."""


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    key: str
    kind: str
    received_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewThread:
    """`id` comes from the event that asks for it, so that an event handled twice asks for the same thread."""

    id: str
    team_id: str
    channel_id: str
    domain: str
    lang: str
    invoker: str


@dataclass(frozen=True, slots=True)
class Thread:
    id: str
    team_id: str
    channel_id: str
    domain: str
    lang: str
    invoker: str
    created_at: datetime
    running_since: datetime | None
    root_ts: str | None
    state: dict[str, Any]

    def is_running(self, now: datetime) -> bool:
        return self.running_since is not None and now < self.running_since + LONGEST_RUN


@dataclass(frozen=True, slots=True)
class Opened:
    """`new` False: a check of that domain already runs in that channel, in `thread`; nothing was written."""

    thread: Thread
    new: bool


@dataclass(frozen=True, slots=True)
class StoredReport:
    id: str
    thread_id: str | None
    kind: Literal["domain", "message"]
    subject: str
    created_at: datetime
    catalogue: str
    verdict: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mailbox:
    token: str
    thread_id: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    mails_count: int
    max_mails: int
    max_bytes: int

    def is_open(self, now: datetime) -> bool:
        return self.closed_at is None and now < self.expires_at

    @property
    def is_full(self) -> bool:
        return self.mails_count >= self.max_mails


@dataclass(frozen=True, slots=True)
class NewMail:
    """session: {"client_ip", "client_port", "helo", "esmtp", "mail_from" ("" for the null sender), "rcpt",
    "tls": {"version", "cipher"} | None, "body", "smtputf8", and "tls_failure" where `tls` is None: how the last
    handshake of the same client failed, None for none that did in the minutes before}."""

    token: str
    received_at: datetime
    session: Mapping[str, Any]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """`raw` is None after the body was dropped; `size` still tells how long it was, in bytes."""

    id: str
    token: str
    thread_id: str
    received_at: datetime
    session: dict[str, Any]
    raw: bytes | None
    size: int
    analysed_at: datetime | None
    report_id: str | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    work_id: str
    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the outbox.

    state: new (does not exist in Slack), sending (a post whose outcome is not known), sent, failed (given up; an edit
    until the next revision, a reply that was never posted until it is wanted again).
    parent_failed: its parent was never posted and never will be.
    """

    key: str
    thread_id: str | None
    team_id: str
    channel_id: str
    parent_key: str | None
    payload: dict[str, Any]
    progress: bool
    desired_rev: int
    sent_rev: int
    ts: str | None
    state: Literal["new", "sending", "sent", "failed"]
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
    not_before: datetime | None
    parent_ts: str | None
    parent_failed: bool


@dataclass(frozen=True, slots=True)
class Person:
    team_id: str
    user_id: str
    lang: str
    is_guest: bool
    fetched_at: datetime
