"""Slack's Web API and its socket, counted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.observation.metrics import Metrics

LOG = logging.getLogger(__name__)

RATE_WORDS = frozenset({"ratelimited", "rate_limited"})
THROTTLED = "ratelimited"


class ObservedClient(AsyncWebClient):
    """A client of the Web API that tells `metrics` how each call ended. `options`: those of AsyncWebClient."""

    def __init__(self, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._metrics = metrics

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        try:
            answer = await super().api_call(api_method, **options)
        except Exception as error:
            outcome = _outcome(error)
            self._metrics.slack_called(api_method, outcome)
            if outcome == THROTTLED:
                self._metrics.slack_throttled(api_method)
            raise
        self._metrics.slack_called(api_method, "ok")
        return answer


class ObservedRateLimit(AsyncRateLimitErrorRetryHandler):
    """Waits and repeats as its base does, and counts each 429 that it repeats; a last one ends in `api_call`."""

    def __init__(self, metrics: Metrics, *, max_retry_count: int) -> None:
        super().__init__(max_retry_count=max_retry_count)
        self._metrics = metrics

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        self._metrics.slack_throttled(urlsplit(request.url).path.rpartition("/")[2])
        await super().prepare_for_next_attempt_async(state=state, request=request, response=response, error=error)


def greeted(metrics: Metrics) -> Callable[[Any, dict[str, Any], str | None], Awaitable[None]]:
    """A message listener for one of the SDK's socket clients: each connection begins with a `hello` of Slack's."""
    greetings = 0

    async def listen(_client: Any, message: dict[str, Any], _raw: str | None = None) -> None:
        nonlocal greetings
        if message.get("type") != "hello":
            return
        told = message.get("num_connections")
        connections = told if isinstance(told, int) else 1
        metrics.socket_opened(connections, again=greetings > 0)
        greetings += 1
        LOG.info("the socket is connected", extra={"app_connections": connections})

    return listen


def _outcome(error: Exception) -> str:
    match error:
        case SlackApiError(response=AsyncSlackResponse() as response):
            word = str(response.data.get("error") or "") if isinstance(response.data, dict) else ""
            if response.status_code == 429 or word in RATE_WORDS:
                return THROTTLED
            return "server_error" if response.status_code >= 500 or not word else word
        case SlackApiError():
            return "server_error"
        case aiohttp.ClientConnectorError():
            return "not_reached"
        case TimeoutError() | asyncio.TimeoutError():
            return "timeout"
        case aiohttp.ClientError() | OSError():
            return "cut_off"
        case _:
            return "broken"
