"""A Web API call as it arrives, and the refusals that answer it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_JSON_ARGUMENTS = ("blocks", "metadata", "view", "attachments")
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method: its arguments without the token, what was answered (ok, or the error), and when."""

    method: str
    arguments: Mapping[str, Any]
    outcome: str
    at: float


class Refused(Exception):
    """Answer ``ok: false``."""

    def __init__(self, error: str, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


class RateLimited(Exception):
    """Answer 429."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


@dataclass(slots=True)
class Arguments:
    """The arguments of a call, whichever way they came (query, form, JSON), with Slack's conversions."""

    values: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A string; None when absent or empty."""
        value = self.values.get(name)
        return None if value is None or value == "" else str(value)

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise Refused(error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean: 1, true, True."""
        value = self.values.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        """An integer."""
        value = self.text(name)
        try:
            return default if value is None else int(value)
        except ValueError:
            raise Refused("invalid_arguments") from None


async def read_arguments(request: web.Request) -> tuple[Arguments, str | None]:
    """The arguments and the token of a request.

    Raises Refused for JSON that is none.
    """
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        try:
            decoded = json.loads(body) if body else {}
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(decoded, dict):
            raise Refused("json_not_object")
        values |= decoded
    elif request.can_read_body:
        values |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in _JSON_ARGUMENTS:
        if isinstance(values.get(name), str) and values[name]:
            try:
                values[name] = json.loads(values[name])
            except ValueError:
                raise Refused(_malformed(name)) from None
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    in_body = values.pop("token", None)
    token = bearer.strip() if scheme == "Bearer" else in_body
    return Arguments(values), token or None


def _malformed(name: str) -> str:
    return {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}.get(name, "invalid_arguments")
