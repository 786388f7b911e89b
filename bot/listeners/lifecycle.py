"""Joining a channel, and being removed from a workspace."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import talk_words
from bot.conversation.talk import said
from bot.listeners.desk import Desk
from bot.render.slack.message import payloads
from bot.store import PutMessage

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    desk: Desk

    async def joined(self, event: Mapping[str, Any]) -> None:
        """Three lines, once for each channel, in the language of whoever invited the bot."""
        team_id, channel = event["team_id"], event["channel"]
        key = f"greeting:{team_id}:{channel}"
        if await self.desk.store.messages.get(key) is not None:
            return
        inviter = event.get("inviter")
        lang = await self.desk.lang_of(team_id, inviter) if inviter else "en"
        greeting = payloads(said(lang, talk_words.GREETING))[0]
        await self.desk.store.messages.put(team_id, PutMessage(key, channel, greeting))

    async def removed(self, event: Mapping[str, Any]) -> None:
        """The workspace took the app away: what we keep of it goes too. A token alone may be revoked for a new one."""
        LOG.warning("Slack says %s", event["type"])
        if event["type"] != "app_uninstalled":
            return
        await self.desk.store.workspaces.forget(event["team_id"])
