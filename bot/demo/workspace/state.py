"""What a workspace holds: people, channels, messages, what only one person sees, and views.

Records are frozen; a change replaces a record, so that a reader who kept one sees what was true then.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

Json: TypeAlias = Mapping[str, Any]
ChannelKind: TypeAlias = Literal["channel", "group", "im"]

TEAM_ID = "T0LOCAL"
TEAM_DOMAIN = "local"
APP_ID = "A0MAILCHECK"
BOT_ID = "B0MAILCHECK"
BOT_USER = "U0MAILCHECK"
BOT_NAME = "mailcheck"


@dataclass(frozen=True, slots=True)
class Person:
    """A member: ``locale`` is an IETF tag as Slack writes it (en-US), ``tz`` an IANA zone."""

    id: str
    name: str
    display_name: str
    locale: str
    tz: str
    is_restricted: bool = False
    is_admin: bool = False
    is_bot: bool = False

    def utc_offset_s(self, at: float) -> int:
        """Seconds east of UTC at this moment."""
        offset = datetime.fromtimestamp(at, ZoneInfo(self.tz)).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one (``group``) or a direct conversation (``im``); members are user ids."""

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message that everybody in its channel sees. ``ts`` is its identity in the channel."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: Sequence[Json] = ()
    thread_ts: str | None = None
    bot_id: str | None = None
    metadata: Json | None = None
    is_deleted: bool = False
    updates: int = 0

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and not in the channel."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message that only ``user`` sees."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: Sequence[Json] = ()
    thread_ts: str | None = None
    author: str = BOT_USER


@dataclass(frozen=True, slots=True)
class View:
    """An App Home or a modal of one person, with the body that the app gave."""

    id: str
    user: str
    body: Json
    hash: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A mention by the app that would have woken up a whole channel, e.g. ``<!channel>``."""

    channel: str
    ts: str
    mention: str


ALICE = Person("U0ALICE", "alice", "Alice", "en-US", "Europe/London", is_admin=True)
HANAKO = Person("U0HANAKO", "hanako", "花子", "ja-JP", "Asia/Tokyo")
GUEST = Person("U0GUEST", "guest", "Gus (guest)", "en-GB", "Europe/Paris", is_restricted=True)
THE_BOT = Person(BOT_USER, BOT_NAME, "Mailcheck", "en-US", "UTC", is_bot=True)

MAIL_OPS = Channel("C0MAILOPS", "mail-ops", "channel", frozenset({ALICE.id, HANAKO.id, GUEST.id, BOT_USER}))
RANDOM = Channel("C0RANDOM", "random", "channel", frozenset({ALICE.id, HANAKO.id}))
PRIVATE = Channel("C0PRIVATE", "board-room", "group", frozenset({ALICE.id, HANAKO.id}))
ARCHIVED = Channel("C0ARCHIVED", "old-mail", "channel", frozenset({ALICE.id, HANAKO.id, BOT_USER}), is_archived=True)

PEOPLE = (ALICE, HANAKO, GUEST)
CHANNELS = (MAIL_OPS, RANDOM, PRIVATE, ARCHIVED)

_BROADCAST = re.compile(r"<!(?:channel|here|everyone|subteam\^[A-Z0-9]+)(?:\|[^>]*)?>")


def direct_channel(user: str) -> str:
    """The id of a person's conversation with the app."""
    return "D0" + user.removeprefix("U0")


@dataclass(slots=True)
class State:
    """All of it, with the clock that names messages; every change wakes those who wait on `changed`."""

    now: Callable[[], float]
    people: dict[str, Person]
    channels: dict[str, Channel]
    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    homes: dict[str, View] = field(default_factory=dict)
    modals: dict[str, View] = field(default_factory=dict)
    broadcasts: list[Broadcast] = field(default_factory=list)
    version: int = 0
    _last_ts: int = 0
    _block_ids: int = 0
    _waiting: set[asyncio.Event] = field(default_factory=set)

    @classmethod
    def fresh(cls, now: Callable[[], float], people: Iterable[Person], channels: Iterable[Channel]) -> "State":
        """A workspace in which nobody has said anything; everybody has a direct conversation with the app."""
        known = {person.id: person for person in people}
        direct = [
            Channel(direct_channel(person), known[person].name, "im", frozenset({person, BOT_USER})) for person in known
        ]
        known[BOT_USER] = THE_BOT
        return cls(now, known, {channel.id: channel for channel in (*channels, *direct)})

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        for event in self._waiting:
            event.set()

    async def changed(self, since: int) -> int:
        """Return the version as soon as it is another one than ``since``."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            if self.version == since:
                await event.wait()
        finally:
            self._waiting.discard(event)
        return self.version

    def new_ts(self) -> str:
        """A name for a message: seconds since 1970 with six decimals, never given twice, rising."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def put(self, message: Message) -> Message:
        """Add or replace a message. Blocks and buttons without an id are given one, as Slack does."""
        named = replace(message, blocks=self._named(message.blocks))
        self.messages[message.channel, message.ts] = named
        if message.bot_id is not None:
            self._count_broadcasts(named)
        self.touch()
        return named

    def put_ephemeral(self, ephemeral: Ephemeral) -> Ephemeral:
        """Show something to one person."""
        named = replace(ephemeral, blocks=self._named(ephemeral.blocks))
        self.ephemerals.append(named)
        self.touch()
        return named

    def put_home(self, view: View) -> None:
        """Publish somebody's App Home."""
        self.homes[view.user] = replace(view, body={**view.body, "blocks": self._named(view.body.get("blocks", ()))})
        self.touch()

    def put_modal(self, view: View) -> None:
        """Open a modal in front of somebody."""
        self.modals[view.user] = replace(view, body={**view.body, "blocks": self._named(view.body.get("blocks", ()))})
        self.touch()

    def top_level(self, channel: str) -> list[Message]:
        """The messages of a channel outside threads, oldest first."""
        found = [m for (where, _), m in self.messages.items() if where == channel and not m.is_reply]
        return sorted(found, key=_by_ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A root and its replies, oldest first; empty when there is no such message."""
        root = self.messages.get((channel, ts))
        if root is None:
            return []
        replies = [
            m for (where, _), m in self.messages.items() if where == channel and m.is_reply and m.thread_ts == ts
        ]
        return [root, *sorted(replies, key=_by_ts)]

    def shown_to(self, user: str) -> list[Ephemeral]:
        """What only this person was shown, oldest first."""
        return [shown for shown in self.ephemerals if shown.user == user]

    def _named(self, blocks: Sequence[Json]) -> list[Json]:
        named: list[Json] = []
        for block in blocks:
            self._block_ids += 1
            block_id = block.get("block_id") or f"b{self._block_ids}"
            copy = {**block, "block_id": block_id}
            if isinstance(block.get("elements"), list) and block.get("type") == "actions":
                copy["elements"] = [
                    {**element, "action_id": element.get("action_id") or f"{block_id}/{at}"}
                    for at, element in enumerate(block["elements"])
                ]
            named.append(copy)
        return named

    def _count_broadcasts(self, message: Message) -> None:
        for text in (message.text, *_live_texts(message.blocks)):
            for mention in _BROADCAST.findall(text):
                self.broadcasts.append(Broadcast(message.channel, message.ts, mention))


def _by_ts(message: Message) -> str:
    return message.ts


def _live_texts(value: object) -> Iterable[str]:
    """The texts in which Slack acts on a mention: mrkdwn objects, markdown blocks, broadcast elements."""
    match value:
        case {"type": "mrkdwn" | "markdown", "text": str() as text}:
            yield text
        case {"type": "broadcast", "range": range_}:
            yield f"<!{range_}>"
        case Mapping():
            for inner in value.values():
                yield from _live_texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _live_texts(inner)
        case _:
            return
