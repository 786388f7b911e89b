"""The Web API: who may call, how often, what goes wrong on request, and what is written down about each call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from bot.demo.workspace.calls import Arguments, Call, RateLimited, Refused, read_arguments
from bot.demo.workspace.faults import DropResponse, Fail, Faults, RateLimit
from bot.demo.workspace.rates import Budget
from bot.demo.workspace.state import State

Answer: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: what does it, and the scopes of which any one suffices (none: every token may)."""

    run: Callable[[Arguments], Awaitable[Answer] | Answer]
    scopes: tuple[str, ...] = ()
    takes_app_token: bool = False


@dataclass(slots=True)
class WebApi:
    """The methods by name behind one route."""

    state: State
    faults: Faults
    budget: Budget
    scopes: frozenset[str]
    bot_token: str
    app_token: str
    methods: Mapping[str, Method]
    calls: list[Call] = field(default_factory=list)
    is_uninstalled: bool = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; always HTTP 200 with ``ok``, except 429."""
        name = request.match_info["method"]
        arguments = Arguments()
        fault = self.faults.next_of(name)
        try:
            arguments, token = await read_arguments(request)
            answer = await self._answer(name, arguments, token, fault)
        except Refused as refused:
            return self._refuse(name, arguments, refused)
        except RateLimited as limited:
            self.record(name, arguments, "ratelimited")
            headers = {"Retry-After": str(limited.retry_after)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        self.record(name, arguments, "ok")
        if isinstance(fault, DropResponse):
            if request.transport is not None:
                request.transport.abort()
            await asyncio.sleep(0)
        # A real workspace says with every answer what the token may do.
        scopes = {"x-oauth-scopes": ",".join(sorted(self.scopes))} if token == self.bot_token else None
        return web.json_response({"ok": True, **answer}, headers=scopes)

    def need_scope(self, *any_of: str) -> None:
        """Raise Refused unless the bot token has one of these scopes."""
        if any_of and not self.scopes.intersection(any_of):
            raise Refused("missing_scope", needed=",".join(any_of), provided=",".join(sorted(self.scopes)))

    async def _answer(
        self, name: str, arguments: Arguments, token: str | None, fault: Fail | RateLimit | DropResponse | None
    ) -> Answer:
        method = self.methods.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        self._authenticate(method, token)
        match fault:
            case Fail(error):
                raise Refused(error)
            case RateLimit(retry_after):
                raise RateLimited(retry_after)
        self.need_scope(*method.scopes)
        wait_s = self.budget.retry_after(name, arguments.text("channel") or "")
        if wait_s is not None:
            raise RateLimited(wait_s)
        answer = method.run(arguments)
        return answer if isinstance(answer, dict) else await answer

    def _authenticate(self, method: Method, token: str | None) -> None:
        if token is None:
            raise Refused("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refused("invalid_auth")
        if (token == self.app_token) is not method.takes_app_token:
            raise Refused("not_allowed_token_type")
        if self.is_uninstalled and token == self.bot_token:
            raise Refused("account_inactive")

    def _refuse(self, name: str, arguments: Arguments, refused: Refused) -> web.Response:
        self.record(name, arguments, refused.error)
        return web.json_response({"ok": False, "error": refused.error, **refused.extra})

    def record(self, name: str, arguments: Arguments, outcome: str) -> None:
        """Write a call down."""
        self.calls.append(Call(name, arguments.values, outcome, self.state.now()))
        self.state.touch()
