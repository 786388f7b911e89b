"""chat.*: what the app says, edits and takes back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.demo.workspace.calls import Arguments, Refused
from bot.demo.workspace.events import Events
from bot.demo.workspace.payloads import message_json
from bot.demo.workspace.state import (
    BOT_ID,
    BOT_USER,
    Channel,
    Ephemeral,
    Json,
    Message,
    State,
    direct_channel,
)
from bot.render.slack.limits import Problem, problems

MOST_METADATA_BYTES = 16_000


def refusal_of(found: Sequence[Problem]) -> Refused:
    """The refusal that Slack makes of these problems: the first one's error, all sentences with their pointers."""
    said = [f"{problem.says} [json-pointer:{problem.pointer}]" for problem in found]
    messages = {"messages": [f"[ERROR] {sentence}" for sentence in said]}
    if found[0].error.startswith("invalid"):
        return Refused(found[0].error, errors=said, response_metadata=messages)
    return Refused(found[0].error)


def content_of(arguments: Arguments) -> tuple[str, list[Json]]:
    """Text and blocks of a message. Raises Refused for what Slack would not show."""
    found = problems({key: arguments.values[key] for key in ("text", "blocks") if key in arguments.values})
    if found:
        raise refusal_of(found)
    return arguments.text("text") or "", list(arguments.values.get("blocks") or ())


@dataclass(frozen=True, slots=True)
class Chat:
    """The methods, over the state and the events that they cause."""

    state: State
    events: Events
    has_scope: Callable[[str], bool]
    permalink: Callable[[str, str, str | None], str]

    def find_channel(self, arguments: Arguments) -> Channel:
        """The channel named, or a person's direct conversation. Raises Refused for what the app cannot know of."""
        name = arguments.need("channel", "channel_not_found")
        channel = self.state.channels.get(direct_channel(name) if name.startswith("U") else name)
        if channel is None or (channel.kind != "channel" and BOT_USER not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def post(self, arguments: Arguments) -> dict[str, Any]:
        """chat.postMessage."""
        channel = self.find_channel(arguments)
        if BOT_USER not in channel.members and not self.has_scope("chat:write.public"):
            raise Refused("not_in_channel")
        if channel.is_archived:
            raise Refused("is_archived")
        text, blocks = content_of(arguments)
        message = Message(
            ts=self.state.new_ts(),
            channel=channel.id,
            user=BOT_USER,
            text=text,
            blocks=blocks,
            thread_ts=self._thread(channel, arguments.text("thread_ts")),
            bot_id=BOT_ID,
            metadata=_metadata(arguments),
        )
        put = self.state.put(message)
        self.events.posted(put)
        return {"channel": channel.id, "ts": put.ts, "message": message_json(self.state, put)}

    def update(self, arguments: Arguments) -> dict[str, Any]:
        """chat.update: text without blocks removes the blocks; metadata stays unless it is given."""
        channel = self.find_channel(arguments)
        before = self._own(channel, arguments, "cant_update_message")
        text, blocks = content_of(arguments)
        metadata = _metadata(arguments) if "metadata" in arguments.values else before.metadata
        after = self.state.put(
            replace(before, text=text, blocks=blocks, metadata=metadata or None, updates=before.updates + 1)
        )
        self.events.changed(before, after)
        return {"channel": channel.id, "ts": after.ts, "text": text, "message": message_json(self.state, after)}

    def delete(self, arguments: Arguments) -> dict[str, Any]:
        """chat.delete: a root with replies stays as a tombstone."""
        channel = self.find_channel(arguments)
        message = self._own(channel, arguments, "cant_delete_message")
        self.remove(message)
        return {"channel": channel.id, "ts": message.ts}

    def remove(self, message: Message) -> None:
        """Take a message away."""
        if self.state.thread(message.channel, message.ts)[1:]:
            self.state.put(replace(message, text="", blocks=(), metadata=None, is_deleted=True))
        else:
            del self.state.messages[message.channel, message.ts]
            self.state.touch()
        self.events.deleted(message)

    def post_ephemeral(self, arguments: Arguments) -> dict[str, Any]:
        """chat.postEphemeral."""
        channel = self.find_channel(arguments)
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        if channel.is_archived:
            raise Refused("is_archived")
        user = arguments.need("user", "user_not_found")
        if user not in channel.members:
            raise Refused("user_not_in_channel" if user in self.state.people else "user_not_found")
        text, blocks = content_of(arguments)
        thread = self._thread(channel, arguments.text("thread_ts"))
        shown = self.state.put_ephemeral(Ephemeral(self.state.new_ts(), channel.id, user, text, blocks, thread))
        return {"message_ts": shown.ts}

    def get_permalink(self, arguments: Arguments) -> dict[str, Any]:
        """chat.getPermalink."""
        channel = self.find_channel(arguments)
        message = self.state.messages.get((channel.id, arguments.need("message_ts")))
        if message is None:
            raise Refused("message_not_found")
        thread = message.thread_ts if message.is_reply else None
        return {"channel": channel.id, "permalink": self.permalink(channel.id, message.ts, thread)}

    def _thread(self, channel: Channel, ts: str | None) -> str | None:
        if ts is None:
            return None
        root = self.state.messages.get((channel.id, ts))
        if root is None or root.is_reply:
            raise Refused("thread_not_found")
        return ts

    def _own(self, channel: Channel, arguments: Arguments, otherwise: str) -> Message:
        message = self.state.messages.get((channel.id, arguments.need("ts")))
        if message is None or message.is_deleted:
            raise Refused("message_not_found")
        if message.bot_id != BOT_ID:
            raise Refused(otherwise)
        return message


def _metadata(arguments: Arguments) -> Json | None:
    metadata = arguments.values.get("metadata")
    if metadata is None or metadata == "" or metadata == {}:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > MOST_METADATA_BYTES:
        raise Refused("metadata_too_large")
    return metadata
