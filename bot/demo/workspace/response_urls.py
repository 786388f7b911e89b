"""response_url: an answer to what a person did, without a token, five times within 30 minutes."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from bot.demo.workspace.calls import Arguments, Refused
from bot.demo.workspace.chat_methods import Chat, content_of
from bot.demo.workspace.state import BOT_ID, BOT_USER, Ephemeral, Message, State

USES = 5
MINUTES = 30


@dataclass(slots=True)
class _Given:
    user: str
    channel: str
    source: Message | Ephemeral | None
    until: float
    uses_left: int = USES


@dataclass(slots=True)
class ResponseUrls:
    """The addresses that were given out."""

    state: State
    chat: Chat
    base_url: Callable[[], str]
    record: Callable[[str, Arguments, str], None]
    _given: dict[str, _Given] = field(default_factory=dict)

    def give(self, user: str, channel: str, source: Message | Ephemeral | None = None) -> str:
        """A new address for one interaction; ``source`` is the message with the button."""
        secret = secrets.token_hex(12)
        self._given[secret] = _Given(user, channel, source, self.state.now() + MINUTES * 60)
        return f"{self.base_url()}response/{secret}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """POST of JSON; answers ``ok`` as text, or 404 and 400 with the error."""
        given = self._given.get(request.match_info["secret"])
        arguments = Arguments()
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise Refused("invalid_payload")
            arguments = Arguments(body)
            if given is None or self.state.now() > given.until:
                raise Refused("expired_url")
            if given.uses_left <= 0:
                raise Refused("used_url")
            given.uses_left -= 1
            self._respond(given, arguments)
        except (Refused, json.JSONDecodeError) as refused:
            error = refused.error if isinstance(refused, Refused) else "invalid_payload"
            self.record("response_url", arguments, error)
            status = 404 if error in ("expired_url", "used_url") else 400
            return web.json_response({"ok": False, "error": error}, status=status)
        self.record("response_url", arguments, "ok")
        return web.Response(text="ok")

    def say(self, user: str, channel: str, body: dict[str, Any]) -> None:
        """What an ack that carries a message does."""
        self._respond(_Given(user, channel, None, 0.0), Arguments(body))

    def _respond(self, given: _Given, arguments: Arguments) -> None:
        source = given.source
        if arguments.flag("delete_original") and source is not None:
            self._delete(source)
            return
        text, blocks = content_of(arguments)
        thread = arguments.text("thread_ts")
        if arguments.flag("replace_original") and source is not None:
            self._replace(source, text, blocks)
        elif arguments.text("response_type") == "in_channel":
            message = Message(
                self.state.new_ts(), given.channel, BOT_USER, text, blocks, thread_ts=thread, bot_id=BOT_ID
            )
            self.chat.events.posted(self.state.put(message))
        else:
            if thread is None and isinstance(source, Message) and source.is_reply:
                thread = source.thread_ts
            self.state.put_ephemeral(
                Ephemeral(self.state.new_ts(), given.channel, given.user, text, blocks, thread_ts=thread)
            )

    def _replace(self, source: Message | Ephemeral, text: str, blocks: list[Any]) -> None:
        if isinstance(source, Message):
            before = self.state.messages.get((source.channel, source.ts), source)
            after = self.state.put(replace(before, text=text, blocks=blocks, updates=before.updates + 1))
            self.chat.events.changed(before, after)
            return
        self.state.ephemerals[:] = [shown for shown in self.state.ephemerals if shown.ts != source.ts]
        self.state.put_ephemeral(replace(source, text=text, blocks=blocks))

    def _delete(self, source: Message | Ephemeral) -> None:
        if isinstance(source, Message):
            self.chat.remove(source)
            return
        self.state.ephemerals[:] = [shown for shown in self.state.ephemerals if shown.ts != source.ts]
        self.state.touch()
