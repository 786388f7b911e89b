"""The chat of the outbox that is Slack."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.outbox.port import Content, NotReached, Posted, Refused, Throttled, Unclear

EVENT_TYPE = "mailcheck"
MAX_BLOCK_ID = 255
PAGE = 200
MAX_PAGES = 10
# Answers of a Slack that failed half-way: the call may have been done.
UNCLEAR_ERRORS = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})


def outbox_client(
    token: str, *, base_url: str, timeout_s: int = 15, make: Callable[..., AsyncWebClient] = AsyncWebClient
) -> AsyncWebClient:
    """A client fit for SlackChat: the SDK's own repeats are off, since a repeated post is a second message."""
    return make(token=token, base_url=base_url, timeout=timeout_s, retry_handlers=[])


class SlackChat:
    """Posts, edits and finds messages with the Web API; see the port for what each method promises."""

    def __init__(self, client: AsyncWebClient) -> None:
        if client.retry_handlers:
            raise ValueError("the client repeats calls by itself; make it with outbox_client")
        self._client = client

    async def post(self, channel_id: str, parent_ts: str | None, content: Content, *, key: str, rev: int) -> Posted:
        arguments = _content(content, key, rev)
        answer = await _call(
            lambda: self._client.chat_postMessage(
                channel=channel_id, thread_ts=parent_ts, unfurl_links=False, unfurl_media=False, **arguments
            )
        )
        return Posted(ts=str(answer["ts"]), channel_id=str(answer.get("channel") or channel_id), rev=rev)

    async def update(self, channel_id: str, ts: str, content: Content, *, key: str, rev: int) -> None:
        arguments = _content(content, key, rev)
        # Blocks that are left out stay as they were shown; an empty list takes them away.
        arguments.setdefault("blocks", [])
        await _call(lambda: self._client.chat_update(channel=channel_id, ts=ts, **arguments))

    async def find(self, channel_id: str, parent_ts: str | None, key: str, *, since: datetime) -> Posted | None:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            answer = await self._page(channel_id, parent_ts, since, cursor)
            for message in answer.get("messages", ()):
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                    return Posted(ts=str(message["ts"]), channel_id=channel_id, rev=int(payload.get("rev", 1)))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None
        return None

    async def _page(
        self, channel_id: str, parent_ts: str | None, since: datetime, cursor: str | None
    ) -> Mapping[str, Any]:
        oldest = f"{since.timestamp():.6f}"
        if parent_ts is None:
            return await _call(
                lambda: self._client.conversations_history(
                    channel=channel_id, oldest=oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
                )
            )
        return await _call(
            lambda: self._client.conversations_replies(
                channel=channel_id, ts=parent_ts, oldest=oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
            )
        )


def _content(content: Content, key: str, rev: int) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "text": content.text,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "rev": rev}},
    }
    if content.blocks is not None:
        arguments["blocks"] = [_renamed(block, index, rev) for index, block in enumerate(content.blocks)]
    return arguments


def _renamed(block: Mapping[str, Any], index: int, rev: int) -> dict[str, Any]:
    # Slack asks for new block ids with every edit; clients otherwise keep what a user had typed or chosen before.
    suffix = f".{rev}"
    name = str(block.get("block_id") or f"b{index}")
    return {**block, "block_id": name[: MAX_BLOCK_ID - len(suffix)] + suffix}


async def _call(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> Mapping[str, Any]:
    """One Web API call, every way it can go wrong put in the port's words."""
    try:
        answer = await call()
    except SlackApiError as error:
        raise _translated(error) from error
    except aiohttp.ClientConnectorError as error:
        raise NotReached(type(error).__name__) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise Unclear(type(error).__name__) from error
    data = answer.data
    if not isinstance(data, dict):
        raise Unclear("the answer was not JSON")
    return data


def _translated(error: SlackApiError) -> Exception:
    response = error.response
    if not isinstance(response, AsyncSlackResponse):
        return Unclear("the answer was not JSON")
    if response.status_code == 429:
        return Throttled(_retry_after(response.headers))
    data = response.data if isinstance(response.data, dict) else {}
    word = str(data.get("error") or "")
    if word in {"ratelimited", "rate_limited"}:
        return Throttled(_retry_after(response.headers))
    if not word or response.status_code >= 500 or word in UNCLEAR_ERRORS:
        return Unclear(word or f"HTTP status {response.status_code}")
    return Refused(word)


def _retry_after(headers: Mapping[str, str]) -> float:
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    value = lowered.get("retry-after", "")
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else 1.0
