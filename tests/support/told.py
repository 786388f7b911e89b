"""A conversation played event by event, and what it shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.conversation.acts import Act, Show
from bot.conversation.advance import advance
from bot.conversation.content import Action, Buttons, Content
from bot.conversation.events import Asked, Begun, Event, Offer
from bot.conversation.state import Conversation
from checks import Lang, Report

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OFFER = Offer("tok1", "t-tok1@mail.example.net", 24, AT + timedelta(hours=24), 20, 2 * 1024**2)
OTHER = Offer("tok2", "t-tok2@mail.example.net", 24, AT + timedelta(hours=48), 20, 2 * 1024**2)
ONE = (Asked("example.co.jp", "example.co.jp"),)


def begun(lang: Lang = "en", offer: Offer | None = OFFER, domains: tuple[Asked, ...] = ONE) -> Begun:
    return Begun(domains, lang, offer)


def play(events: Iterable[Event], reports: Mapping[str, Report] | None = None) -> tuple[Conversation, list[Act]]:
    """The state after all events, stored in between as it is in earnest, and the acts of the last one."""
    state, acts = Conversation(), list[Act]()
    for event in events:
        stored = json.loads(json.dumps(state.as_json()))
        state, acts = advance(Conversation.from_json(stored), event, reports or {})
    return state, acts


def shown(acts: Iterable[Act]) -> dict[str, Content]:
    return {act.key: act.content for act in acts if isinstance(act, Show)}


def text(content: Content) -> str:
    return "\n".join([content.summary, *(str(part) for part in content.parts)])


def buttons(content: Content) -> set[Action]:
    return {button.action for part in content.parts if isinstance(part, Buttons) for button in part.buttons}


def primary(content: Content) -> set[Action]:
    """The buttons that are shown in green."""
    return {b.action for part in content.parts if isinstance(part, Buttons) for b in part.buttons if b.primary}
