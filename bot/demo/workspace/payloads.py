"""The bodies that Slack sends to an app, as pure functions of the state (docs.slack.dev "Events API")."""

from collections.abc import Mapping
from typing import Any

from bot.demo.workspace.state import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    Channel,
    Ephemeral,
    Json,
    Message,
    Person,
    State,
    View,
)

VERIFICATION_TOKEN = "local-verification"


def message_json(state: State, message: Message, with_metadata: bool = True) -> dict[str, Any]:
    """A message as the Web API and events show it; thread counts on roots."""
    if message.is_deleted:
        body: dict[str, Any] = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": message.ts}
        body |= {"text": "This message was deleted.", "hidden": True}
    else:
        body = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": TEAM_ID}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        if message.bot_id is not None:
            body |= {"bot_id": message.bot_id, "app_id": APP_ID}
            body["bot_profile"] = {"id": BOT_ID, "app_id": APP_ID, "name": BOT_NAME, "deleted": False}
        if message.metadata is not None and with_metadata:
            body["metadata"] = message.metadata
    if message.is_reply:
        body["thread_ts"] = message.thread_ts
        root = state.messages.get((message.channel, message.thread_ts or ""))
        if root is not None:
            body["parent_user_id"] = root.user
        return body
    replies = state.thread(message.channel, message.ts)[1:]
    if replies:
        users = list(dict.fromkeys(reply.user for reply in replies))
        body |= {"thread_ts": message.ts, "reply_count": len(replies), "reply_users": users}
        body |= {"reply_users_count": len(users), "latest_reply": replies[-1].ts}
    return body


def event_callback(event: Json, event_id: str, at: float) -> dict[str, Any]:
    """The envelope of one event of the Events API."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "event": dict(event),
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def message_event(state: State, message: Message, channel: Channel) -> dict[str, Any]:
    """event type message, as posted."""
    body = message_json(state, message)
    for count in ("reply_count", "reply_users", "reply_users_count", "latest_reply"):
        body.pop(count, None)
    return body | {"channel": channel.id, "channel_type": channel.kind, "event_ts": message.ts}


def mention_event(message: Message) -> dict[str, Any]:
    """event type app_mention."""
    event = {
        "type": "app_mention",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": TEAM_ID,
        "channel": message.channel,
        "event_ts": message.ts,
        "blocks": list(message.blocks),
    }
    return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def changed_event(state: State, before: Message, after: Message, channel: Channel, ts: str) -> dict[str, Any]:
    """event type message, subtype message_changed."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_json(state, after),
        "previous_message": message_json(state, before),
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def deleted_event(state: State, before: Message, channel: Channel, ts: str) -> dict[str, Any]:
    """event type message, subtype message_deleted."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": before.ts,
        "previous_message": message_json(state, before),
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def slash_command(
    person: Person, channel: Channel, command: str, text: str, response_url: str, trigger_id: str
) -> dict[str, Any]:
    """The flat form of a slash command."""
    names = {"im": "directmessage", "group": "privategroup"}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": names.get(channel.kind, channel.name),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _interactive(kind: str, person: Person, trigger_id: str) -> dict[str, Any]:
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": trigger_id,
    }


def message_actions(
    state: State,
    person: Person,
    channel: Channel,
    source: Message | Ephemeral,
    action: Json,
    response_url: str,
    trigger_id: str,
) -> dict[str, Any]:
    """block_actions of something in a message; an ephemeral message is not repeated in it, as in Slack."""
    ephemeral = isinstance(source, Ephemeral)
    container = {
        "type": "message",
        "message_ts": source.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if source.thread_ts:
        container["thread_ts"] = source.thread_ts
    body = _interactive("block_actions", person, trigger_id) | {
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [dict(action)],
    }
    if isinstance(source, Message):
        body["message"] = message_json(state, source)
    return body


def view_json(view: View) -> dict[str, Any]:
    """A view as Slack returns it."""
    defaults: dict[str, Any] = {"private_metadata": "", "callback_id": "", "state": {"values": {}}}
    return defaults | {
        **view.body,
        "id": view.id,
        "team_id": TEAM_ID,
        "hash": view.hash,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
        "root_view_id": view.id,
        "previous_view_id": None,
    }


def view_actions(person: Person, view: View, action: Json, trigger_id: str) -> dict[str, Any]:
    """block_actions of something in an App Home or modal; no channel and no response_url."""
    shown = view_json(view)
    return _interactive("block_actions", person, trigger_id) | {
        "container": {"type": "view", "view_id": view.id},
        "view": shown,
        "state": shown["state"],
        "actions": [dict(action)],
    }


def view_submission(
    person: Person, view: View, values: Mapping[str, Mapping[str, Json]], trigger_id: str
) -> dict[str, Any]:
    """A modal sent off; ``values`` by block_id and action_id."""
    shown = view_json(view) | {"state": {"values": {block: dict(inner) for block, inner in values.items()}}}
    return _interactive("view_submission", person, trigger_id) | {"view": shown, "response_urls": []}
