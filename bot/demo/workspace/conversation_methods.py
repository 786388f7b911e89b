"""conversations.*, users.info, auth.test, views.*: what the app reads, and the views it publishes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.demo.workspace.calls import Arguments, Refused
from bot.demo.workspace.chat_methods import Chat, refusal_of
from bot.demo.workspace.payloads import message_json, view_json
from bot.demo.workspace.state import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    Channel,
    Message,
    State,
    View,
    direct_channel,
)
from bot.demo.workspace.triggers import Triggers
from bot.render.slack.limits import problems

_PREFIX = {"channel": "channels", "group": "groups", "im": "im"}
MOST_MESSAGES = 999


@dataclass(frozen=True, slots=True)
class Reading:
    """The methods that read, and those that open what is read."""

    state: State
    chat: Chat
    triggers: Triggers
    need_scope: Callable[..., None]
    url: Callable[[], str]

    def auth_test(self, arguments: Arguments) -> dict[str, Any]:
        """auth.test."""
        names = {"team": "Local workspace", "team_id": TEAM_ID, "user": BOT_NAME, "user_id": BOT_USER}
        return {"url": self.url(), **names, "bot_id": BOT_ID, "app_id": APP_ID, "is_enterprise_install": False}

    def info(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.info."""
        channel = self.chat.find_channel(arguments)
        self.need_scope(f"{_PREFIX[channel.kind]}:read")
        return {"channel": _channel_json(channel)}

    def history(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.history: newest first, without replies."""
        channel = self._readable(arguments)
        found = [m for m in reversed(self.state.top_level(channel.id)) if _within(m, arguments)]
        return self._page(found, arguments, default=100)

    def replies(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.replies: the root, then its replies, oldest first."""
        channel = self._readable(arguments)
        ts = arguments.need("ts")
        message = self.state.messages.get((channel.id, ts))
        if message is None:
            raise Refused("thread_not_found")
        root, *rest = self.state.thread(channel.id, message.thread_ts or ts)
        return self._page([root, *(m for m in rest if _within(m, arguments))], arguments, default=1000)

    def open_direct(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.open for one person."""
        users = arguments.need("users", "users_list_not_supplied")
        channel = self.state.channels.get(direct_channel(users))
        if channel is None:
            raise Refused("user_not_found")
        return {"channel": {"id": channel.id}}

    def join(self, arguments: Arguments) -> dict[str, Any]:
        """conversations.join: public channels only."""
        channel = self.chat.find_channel(arguments)
        if channel.is_archived:
            raise Refused("is_archived")
        if channel.kind != "channel":
            raise Refused("method_not_supported_for_channel_type")
        joined = replace(channel, members=channel.members | {BOT_USER})
        self.state.channels[channel.id] = joined
        self.state.touch()
        return {"channel": _channel_json(joined)}

    def user_info(self, arguments: Arguments) -> dict[str, Any]:
        """users.info: locale only when it is asked for."""
        person = self.state.people.get(arguments.need("user", "user_not_found"))
        if person is None:
            raise Refused("user_not_found")
        profile = {"real_name": person.display_name, "display_name": person.display_name, "team": TEAM_ID}
        user: dict[str, Any] = {
            "id": person.id,
            "team_id": TEAM_ID,
            "name": person.name,
            "real_name": person.display_name,
            "deleted": False,
            "tz": person.tz,
            "tz_label": person.tz,
            "tz_offset": person.utc_offset_s(self.state.now()),
            "profile": profile,
            "is_admin": person.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": person.is_restricted,
            "is_ultra_restricted": False,
            "is_bot": person.is_bot,
            "is_app_user": False,
            "updated": 0,
        }
        if arguments.flag("include_locale"):
            user["locale"] = person.locale
        return {"user": user}

    def publish_view(self, arguments: Arguments) -> dict[str, Any]:
        """views.publish: App Home of one person."""
        user = arguments.need("user_id", "invalid_arguments")
        if user not in self.state.people:
            raise Refused("user_not_found")
        body = _view_body(arguments, "home")
        before = self.state.homes.get(user)
        asked = arguments.text("hash")
        if asked is not None and before is not None and asked != before.hash:
            raise Refused("hash_conflict")
        view_id = before.id if before is not None else f"V{secrets.token_hex(5).upper()}"
        view = View(view_id, user, body, secrets.token_hex(6))
        self.state.put_home(view)
        return {"view": view_json(self.state.homes[user])}

    def open_view(self, arguments: Arguments) -> dict[str, Any]:
        """views.open: a modal for the person whose trigger it is, once, within 3 s."""
        body = _view_body(arguments, "modal")
        user = self.triggers.exchange(arguments.need("trigger_id"))
        self.state.put_modal(View(f"V{secrets.token_hex(5).upper()}", user, body, secrets.token_hex(6)))
        return {"view": view_json(self.state.modals[user])}

    def _readable(self, arguments: Arguments) -> Channel:
        channel = self.chat.find_channel(arguments)
        self.need_scope(f"{_PREFIX[channel.kind]}:history")
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def _page(self, found: list[Message], arguments: Arguments, default: int) -> dict[str, Any]:
        start = arguments.number("cursor", 0)
        limit = arguments.number("limit", default)
        if limit < 1:
            raise Refused("invalid_limit")
        end = start + min(limit, MOST_MESSAGES)
        with_metadata = arguments.flag("include_all_metadata")
        messages = [message_json(self.state, message, with_metadata) for message in found[start:end]]
        more = end < len(found)
        return {
            "messages": messages,
            "has_more": more,
            "response_metadata": {"next_cursor": str(end) if more else ""},
        }


def _within(message: Message, arguments: Arguments) -> bool:
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    inclusive = arguments.flag("inclusive")
    ts = float(message.ts)
    if oldest is not None and (ts < float(oldest) or (ts == float(oldest) and not inclusive)):
        return False
    return latest is None or ts < float(latest) or (ts == float(latest) and inclusive)


def _view_body(arguments: Arguments, kind: str) -> dict[str, Any]:
    body = arguments.values.get("view")
    if not isinstance(body, dict) or body.get("type") != kind:
        raise Refused("invalid_arguments")
    found = problems(body)
    if found:
        raise refusal_of(found)
    return body


def _channel_json(channel: Channel) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": False,
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind != "channel",
        "is_archived": channel.is_archived,
        "is_member": BOT_USER in channel.members,
        "is_ext_shared": False,
        "is_shared": False,
        "context_team_id": TEAM_ID,
    }
    if channel.kind == "im":
        (user,) = channel.members - {BOT_USER}
        return body | {"user": user}
    return body | {"name": channel.name, "name_normalized": channel.name, "creator": "U0ALICE", "domain": TEAM_DOMAIN}
