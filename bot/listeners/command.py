"""The slash command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import talk_words
from bot.conversation.commands import MOST_DOMAINS, Check, Help, TooMany, Unknown, slash_command
from bot.conversation.talk import help_text, said, unknown
from bot.listeners.desk import Desk
from bot.listeners.envelope import asker_of

COMMAND = "/mailcheck"


@dataclass(frozen=True, slots=True)
class SlashCommand:
    desk: Desk

    async def work(self, key: str, payload: Mapping[str, Any]) -> None:
        """`payload`: the kept fields of the command; the key names the thread that may come of it."""
        asker = asker_of(payload)
        command = slash_command(payload["text"])
        if isinstance(command, Check):
            await self.desk.start_check(key, asker, command.domains)
            return
        lang = await self.desk.lang_of(asker.team_id, asker.user_id)
        match command:
            case TooMany(given):
                content = said(lang, talk_words.TOO_MANY, given=given, most=MOST_DOMAINS)
            case Unknown():
                content = unknown(command, COMMAND, lang)
            case Help():
                content = help_text(lang)
        await self.desk.respond(asker, content)
