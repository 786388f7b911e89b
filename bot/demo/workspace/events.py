"""Which events an app hears of: those it subscribed to, of channels it is in, for which it has the scope."""

import secrets
from dataclasses import dataclass
from typing import Any

from bot.demo.workspace.payloads import (
    changed_event,
    deleted_event,
    event_callback,
    mention_event,
    message_event,
    view_json,
)
from bot.demo.workspace.socket_mode import Sockets
from bot.demo.workspace.state import BOT_USER, TEAM_ID, Channel, Message, State, direct_channel

_MESSAGE_EVENT = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
# docs.slack.dev: the scopes that the reference page of each event names.
_SCOPE = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
_JOIN_SCOPE = {"channel": "channels:read", "group": "groups:read"}


@dataclass(frozen=True, slots=True)
class Events:
    """Turns a change of the state into the events that Slack would send."""

    state: State
    sockets: Sockets
    scopes: frozenset[str]
    subscribed: frozenset[str]

    def posted(self, message: Message) -> None:
        """Somebody, maybe the app itself, said something: message, and app_mention for the same ts."""
        channel = self.state.channels[message.channel]
        if BOT_USER not in channel.members:
            return
        if message.bot_id is None and channel.kind != "im" and f"<@{BOT_USER}>" in message.text:
            self._send("app_mention", mention_event(message))
        self._send(_MESSAGE_EVENT[channel.kind], message_event(self.state, message, channel))

    def changed(self, before: Message, after: Message) -> None:
        """A message was edited."""
        channel = self.state.channels[after.channel]
        event = changed_event(self.state, before, after, channel, self.state.new_ts())
        self._send(_MESSAGE_EVENT[channel.kind], event)

    def deleted(self, message: Message) -> None:
        """A message was taken away."""
        channel = self.state.channels[message.channel]
        event = deleted_event(self.state, message, channel, self.state.new_ts())
        self._send(_MESSAGE_EVENT[channel.kind], event)

    def home_opened(self, user: str) -> None:
        """Somebody looks at the App Home."""
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user,
            "channel": direct_channel(user),
            "tab": "home",
            "event_ts": self.state.new_ts(),
        }
        if user in self.state.homes:
            event["view"] = view_json(self.state.homes[user])
        self._send("app_home_opened", event)

    def bot_joined(self, channel: Channel, inviter: str) -> None:
        """The app was invited."""
        event = {
            "type": "member_joined_channel",
            "user": BOT_USER,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": TEAM_ID,
            "inviter": inviter,
            "event_ts": self.state.new_ts(),
        }
        if _JOIN_SCOPE[channel.kind] in self.scopes:
            self._send("member_joined_channel", event)

    def uninstalled(self) -> None:
        """The app was removed from the workspace."""
        self._send("tokens_revoked", {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}})
        self._send("app_uninstalled", {"type": "app_uninstalled"})

    def _send(self, name: str, event: dict[str, Any]) -> None:
        if name not in self.subscribed or (name in _SCOPE and _SCOPE[name] not in self.scopes):
            return
        event_id = f"Ev{secrets.token_hex(5).upper()}"
        self.sockets.deliver_event(event_callback(event, event_id, self.state.now()))
