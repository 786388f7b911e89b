"""What is kept of a Slack payload: the few fields that are needed, and nothing that was written elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["command", "action", "event"]

MOST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """`key` names the payload however often it comes; `pair_key` is shared by two events about one message."""

    key: str
    kind: Kind
    payload: Mapping[str, Any]
    pair_key: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, where, and how to answer them alone."""

    team_id: str
    channel_id: str
    user_id: str
    response_url: str
    thread_ts: str | None = None


def asker_of(payload: Mapping[str, Any]) -> Asker:
    """From the kept fields of a command or a press."""
    return Asker(
        payload["team_id"],
        payload["channel_id"],
        payload["user_id"],
        payload["response_url"],
        payload.get("thread_ts"),
    )


def envelope_of(body: Mapping[str, Any]) -> Envelope | None:
    """None for a payload of a kind that the bot has no use for."""
    if "command" in body:
        return Envelope(f"command:{body.get('trigger_id')}", "command", _command(body))
    if body.get("type") == "block_actions" and body.get("actions"):
        return Envelope(f"action:{body.get('trigger_id')}", "action", _action(body))
    if body.get("type") == "event_callback":
        event: Mapping[str, Any] = body.get("event") or {}
        pair = None
        if event.get("type") in ("app_mention", "message"):
            pair = f"{_installed_in(body)}:{event.get('channel')}:{event.get('ts')}"
        return Envelope(f"event:{body.get('event_id')}", "event", _event(body, event), pair)
    return None


def _command(body: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("command", "text", "team_id", "channel_id", "user_id", "response_url")
    return {field: str(body.get(field) or "")[:MOST_TEXT] for field in fields}


def _action(body: Mapping[str, Any]) -> dict[str, Any]:
    container: Mapping[str, Any] = body.get("container") or {}
    action: Mapping[str, Any] = body["actions"][0]
    return {
        "team_id": (body.get("team") or body.get("user") or {}).get("id" if body.get("team") else "team_id", ""),
        "user_id": (body.get("user") or {}).get("id", ""),
        "channel_id": (body.get("channel") or {}).get("id") or container.get("channel_id") or "",
        "message_ts": container.get("message_ts") or "",
        "thread_ts": container.get("thread_ts"),
        "action_id": str(action.get("action_id") or ""),
        "value": str(action.get("value") or "")[:MOST_TEXT],
        "response_url": str(body.get("response_url") or ""),
    }


def _event(body: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("type", "subtype", "bot_id", "user", "inviter", "channel", "text", "ts", "thread_ts", "tab")
    kept = {field: event[field] for field in fields if isinstance(event.get(field), str)}
    if "text" in kept:
        kept["text"] = kept["text"][:MOST_TEXT]
    return {"team_id": _installed_in(body), **kept}


def _installed_in(body: Mapping[str, Any]) -> str:
    """The workspace for which the app got an event; `team_id` may be that of another company in a shared channel."""
    given: Any = body.get("authorizations") or ()
    teams = (each["team_id"] for each in given if isinstance(each, Mapping) and each.get("team_id"))
    return str(next(teams, body.get("team_id")) or "")
