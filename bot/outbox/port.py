"""What the outbox needs of a chat, in its own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Content:
    """One way to show a message; `blocks` None shows the text alone."""

    text: str
    blocks: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands in the chat, and which revision of it."""

    ts: str
    channel_id: str
    rev: int


class Refused(Exception):
    """The chat said no; nothing was done. `error` is its word for it."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Throttled(Exception):
    """Too many calls; nothing was done. Calls of this kind for this channel wait `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"throttled for {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class NotReached(Exception):
    """No connection came to be; nothing was done."""


class Unclear(Exception):
    """The call went out and no answer came: it may have been done or not."""


class Chat(Protocol):
    """Every method may raise Refused, Throttled, NotReached and Unclear."""

    async def post(self, channel_id: str, parent_ts: str | None, content: Content, *, key: str, rev: int) -> Posted:
        """Post a message that carries `key` and `rev` where `find` sees them."""

    async def update(self, channel_id: str, ts: str, content: Content, *, key: str, rev: int) -> None:
        """Replace what a message shows."""

    async def find(self, channel_id: str, parent_ts: str | None, key: str, *, since: datetime) -> Posted | None:
        """The message that carries `key`, posted at `since` or later; None if there is none."""
