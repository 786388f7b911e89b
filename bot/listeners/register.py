"""Connects the surfaces with Bolt: keep, acknowledge, work."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot.listeners.actions import Buttons
from bot.listeners.command import COMMAND, SlashCommand
from bot.listeners.desk import Desk
from bot.listeners.envelope import Envelope
from bot.listeners.home import Home
from bot.listeners.intake import Intake
from bot.listeners.lifecycle import Lifecycle
from bot.listeners.thread import Words

EVENTS = (
    "app_mention",
    "message",
    "app_home_opened",
    "member_joined_channel",
    "app_uninstalled",
    "tokens_revoked",
)


class _Surfaces:
    """`bot_user` is known once Slack was asked who we are."""

    def __init__(self, desk: Desk, bot_user: str) -> None:
        self.command = SlashCommand(desk)
        self.buttons = Buttons(desk)
        self.words = Words(desk, self.buttons, bot_user)
        self.home = Home(desk)
        self.lifecycle = Lifecycle(desk)
        self.bot_user = bot_user

    async def wants(self, envelope: Envelope) -> bool:
        event = envelope.payload
        match envelope.kind, event.get("type"):
            case "command", _:
                return bool(event["command"] == COMMAND)
            case "event", "app_mention":
                # Two bots that answer each other would never end.
                return bool(event.get("user")) and not event.get("bot_id")
            case "event", "message":
                return await self.words.wants(event)
            case "event", "member_joined_channel":
                return event.get("user") == self.bot_user
            case "event", kind:
                return kind in EVENTS
            case _:
                return True

    async def event(self, key: str, event: Mapping[str, Any]) -> None:
        match event["type"]:
            case "app_mention" | "message":
                await self.words.work(key, event)
            case "app_home_opened":
                await self.home.work(event)
            case "member_joined_channel":
                await self.lifecycle.joined(event)
            case "app_uninstalled" | "tokens_revoked":
                await self.lifecycle.removed(event)


def register(app: AsyncApp, desk: Desk, *, bot_user: str) -> Intake:
    """Register every surface; returns what keeps and resumes."""
    surfaces = _Surfaces(desk, bot_user)
    works = {"command": surfaces.command.work, "action": surfaces.buttons.work, "event": surfaces.event}
    intake = Intake(desk, works, surfaces.wants)
    app.middleware(intake.keep)

    async def listen(ack: AsyncAck, context: AsyncBoltContext) -> None:
        await ack()
        await intake.work(context)

    app.command(COMMAND)(listen)
    app.action(re.compile(".+"))(listen)
    for event in EVENTS:
        app.event(event)(listen)
    return intake
