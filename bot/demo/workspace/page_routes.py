"""The page of the workspace: its files, its state as JSON, and what a person does on it.

The page is for one person at a screen on this machine: requests that name another host (a rebound DNS name) and posts
that are not JSON (a form of another site) are refused, so that no web page elsewhere can speak in here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from aiohttp import web

from bot.demo.workspace.acting import Acting
from bot.demo.workspace.emoji import EMOJI
from bot.demo.workspace.state import BOT_USER, Channel, Ephemeral, Message, Person

FILES = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
KEEP_ALIVE_S = 15.0

Act: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class SampleMail:
    """A mail that the page offers to send: its name for the host, and a label in both languages."""

    name: str
    label_en: str
    label_ja: str


@dataclass(frozen=True, slots=True)
class SampleMails:
    """The hooks of who runs the workspace: what can be sent, and the sending."""

    listed: Callable[[], list[SampleMail]]
    send: Callable[[str, str], Awaitable[str]]


class Page:
    """Routes under / for one workspace."""

    def __init__(self, workspace: Acting, samples: SampleMails | None) -> None:
        self._workspace = workspace
        self._samples = samples
        self._is_stopping = False

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Register the page."""
        router.add_get("/", self._index)
        router.add_get("/archives/{channel}/{ts}", self._index)
        router.add_get("/page/events", self._live)
        router.add_get("/page/state", self._state)
        router.add_get("/page/{file}", self._file)
        for name, act in self._acts().items():
            router.add_post(f"/page/{name}", self._posted(act))

    def stop(self) -> None:
        """End the live connections."""
        self._is_stopping = True
        self._workspace.state.touch()

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._read(request, "index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._read(request, request.match_info["file"])

    def _read(self, request: web.Request, name: str) -> web.Response:
        _refuse_other_hosts(request)
        # Only names that are really there: nothing of the request becomes part of a path.
        there = {path.name: path for path in FILES.iterdir() if path.suffix in _TYPES}
        if name not in there:
            raise web.HTTPNotFound
        body = there[name].read_bytes()
        kind = _TYPES[there[name].suffix]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: one event with the version for each change (HTML Standard, section 9.2)."""
        _refuse_other_hosts(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        version = -1
        while not self._is_stopping:
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    version = await self._workspace.state.changed(version)
                await response.write(f"data: {version}\n\n".encode())
            except TimeoutError:
                await response.write(b": still here\n\n")
            except ConnectionError:
                break
        return response

    async def _state(self, request: web.Request) -> web.StreamResponse:
        _refuse_other_hosts(request)
        person = self._workspace.state.people.get(request.query.get("as", ""))
        if person is None:
            raise web.HTTPNotFound
        return web.json_response(self._shown_to(person), headers={"Cache-Control": "no-store"})

    def _shown_to(self, person: Person) -> dict[str, Any]:
        state = self._workspace.state
        channels = [channel for channel in state.channels.values() if person.id in channel.members]
        home, modal = state.homes.get(person.id), state.modals.get(person.id)
        samples = self._samples.listed() if self._samples is not None else None
        return {
            "version": state.version,
            "me": _person_json(person),
            "people": [_person_json(known) for known in state.people.values()],
            "channels": [self._channel_json(channel) for channel in channels],
            "ephemerals": [_ephemeral_json(shown) for shown in state.ephemerals if shown.user == person.id],
            "home": None if home is None else {"id": home.id, **home.body},
            "modal": None if modal is None else {"id": modal.id, **modal.body},
            "samples": None
            if samples is None
            else [{"name": sample.name, "en": sample.label_en, "ja": sample.label_ja} for sample in samples],
            "emoji": dict(EMOJI),
            "connections": self._workspace.connections,
        }

    def _channel_json(self, channel: Channel) -> dict[str, Any]:
        messages = [message for message in self._workspace.state.messages.values() if message.channel == channel.id]
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "isArchived": channel.is_archived,
            "hasBot": BOT_USER in channel.members,
            "members": len(channel.members),
            "messages": [_message_json(message) for message in sorted(messages, key=lambda message: message.ts)],
        }

    def _posted(self, act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            _refuse_other_hosts(request)
            if request.content_type != "application/json":
                raise web.HTTPUnsupportedMediaType
            try:
                said = await act(await request.json())
            except (LookupError, ValueError, TypeError) as error:
                return web.json_response({"ok": False, "error": str(error)}, status=400)
            return web.json_response({"ok": True, "said": said})

        return serve

    def _acts(self) -> Mapping[str, Act]:
        return {
            "say": self._say,
            "press": self._press,
            "home": self._home,
            "invite": self._invite,
            "submit": self._submit,
            "sample": self._sample,
        }

    async def _say(self, body: Mapping[str, Any]) -> str:
        text, thread = str(body["text"]), body.get("thread_ts")
        if text.startswith("/") and not thread:
            # In the background, so that the composer is free while the app thinks about its ack.
            self._workspace.spawn(self._command(body["as"], body["channel"], text))
            return ""
        message = await self._workspace.say(body["as"], body["channel"], text, thread)
        return message.ts

    async def _command(self, user: str, channel: str, text: str) -> None:
        await self._workspace.command(user, channel, text)

    async def _press(self, body: Mapping[str, Any]) -> str:
        user, action_id, value = body["as"], body["action_id"], body.get("value")
        if body.get("channel") is None:
            acknowledged = await self._workspace.press_in_home(user, action_id, value)
        else:
            acknowledged = await self._workspace.press(user, body["channel"], body["ts"], action_id, value)
        return "" if acknowledged is not None else "timeout"

    async def _home(self, body: Mapping[str, Any]) -> str:
        await self._workspace.open_home(body["as"])
        return ""

    async def _invite(self, body: Mapping[str, Any]) -> str:
        await self._workspace.invite_bot(body["as"], body["channel"])
        return ""

    async def _submit(self, body: Mapping[str, Any]) -> str:
        if body.get("values") is None:
            self._workspace.close_modal(body["as"])
            return ""
        delivery = await self._workspace.submit(body["as"], body["values"])
        return "" if delivery.acknowledged_after_s is not None else "timeout"

    async def _sample(self, body: Mapping[str, Any]) -> str:
        if self._samples is None:
            raise LookupError("no sample mails here")
        return await self._samples.send(str(body["name"]), str(body["to"]))


def _refuse_other_hosts(request: web.Request) -> None:
    name = request.host.rsplit(":", 1)[0]
    if name not in ("127.0.0.1", "localhost", "[::1]"):
        raise web.HTTPMisdirectedRequest


def _person_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "display": person.display_name,
        "locale": person.locale,
        "tz": person.tz,
        "isBot": person.is_bot,
        "isGuest": person.is_restricted,
    }


def _message_json(message: Message) -> dict[str, Any]:
    return {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": list(message.blocks),
        "threadTs": message.thread_ts if message.is_reply else None,
        "isDeleted": message.is_deleted,
        "isEdited": message.updates > 0 and not message.blocks,
    }


def _ephemeral_json(shown: Ephemeral) -> dict[str, Any]:
    return {
        "ts": shown.ts,
        "channel": shown.channel,
        "user": shown.author,
        "text": shown.text,
        "blocks": list(shown.blocks),
        "threadTs": shown.thread_ts,
    }
