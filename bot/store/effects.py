"""What a change of a thread's state makes happen, written in the same transaction as the state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PutMessage:
    """The message `key` shall look like `payload` from now on.

    payload: {"text": str, "blocks": [...], "fallback_blocks": [...]}; only text is required. The first put posts
    the message (in the thread of the message `parent_key`, if given), a later one edits it. `progress` marks a
    passing state that may be skipped when a newer one follows soon.
    """

    key: str
    channel_id: str
    payload: Mapping[str, Any]
    parent_key: str | None = None
    progress: bool = False


@dataclass(frozen=True, slots=True)
class StartWork:
    """Start the durable workflow `name` with `argument` (an id, never content) once for each `work_id`."""

    name: str
    work_id: str
    argument: str


@dataclass(frozen=True, slots=True)
class MailboxOpened:
    token: str
    expires_at: datetime
    max_mails: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class MailboxClosed:
    token: str


@dataclass(frozen=True, slots=True)
class Running:
    """Whether a check runs in this thread; while one does, its channel starts no second check of its domain."""

    running: bool


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """The thread's language from now on, "en" or "ja"."""

    lang: str


Effect = PutMessage | StartWork | MailboxOpened | MailboxClosed | Running | LanguageSet

Transition = Callable[[State], tuple[State, list[Effect]]]
"""Pure: it may run again when the transaction has to be repeated."""
