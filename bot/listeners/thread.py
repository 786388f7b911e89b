"""Words in a thread: mentions of the bot, and its commands without a mention."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import talk_words
from bot.conversation.commands import Explain, Help, Recheck, SendTest, Speak, Unknown, is_bare_command, thread_command
from bot.conversation.content import Content
from bot.conversation.events import LanguageChosen
from bot.conversation.talk import explained, help_text, said, unexplained, unknown
from bot.listeners.actions import Buttons
from bot.listeners.desk import Desk, is_over
from bot.workflows import Thread
from checks import Lang

MENTION = "@mailcheck"


@dataclass(frozen=True, slots=True)
class Words:
    desk: Desk
    buttons: Buttons
    bot_user: str

    async def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether a message event is for us at all: a person's, in a thread of ours, that mentions us or is a command.

        Everything else is neither kept nor looked at any further.
        """
        if event.get("subtype") or event.get("bot_id") or not event.get("thread_ts") or not event.get("user"):
            return False
        text = str(event.get("text") or "")
        if f"<@{self.bot_user}" not in text and not is_bare_command(text):
            return False
        known = await self.desk.store.threads.by_root(event["team_id"], event["channel"], event["thread_ts"])
        return known is not None

    async def work(self, key: str, event: Mapping[str, Any]) -> None:
        """`event`: the kept fields of an app_mention or message."""
        user, channel = event.get("user", ""), event["channel"]
        thread_ts = event.get("thread_ts")
        lang = await self.desk.lang_of(event["team_id"], user)
        thread = await self.desk.conversations.at(event["team_id"], channel, thread_ts) if thread_ts else None
        if thread is None:
            answer: Content | None = said(lang, talk_words.NOT_HERE)
        elif thread.state.refused:
            answer = is_over(thread, lang)
        else:
            answer = await self._answer(key, user, str(event.get("text") or ""), thread, lang)
        if answer is not None:
            await self.desk.whisper(channel, user, thread_ts, answer)

    async def _answer(self, key: str, user: str, text: str, thread: Thread, lang: Lang) -> Content | None:
        """What the writer alone is told, if anything."""
        apply = self.desk.conversations.apply
        match command := thread_command(text):
            case Recheck():
                return await self.desk.check_again(key, thread, lang)
            case Speak(chosen):
                await apply(thread.id, key, LanguageChosen("ja" if chosen == "ja" else "en"))
            case SendTest() if not thread.state.is_overview:
                return await self.buttons.address(key, user, thread, lang)
            case Explain(what) if refusal := unexplained(what, lang):
                return refusal
            case Explain(what):
                await self.desk.reply(key, thread, explained(what, thread.state, thread.reports))
            case Unknown():
                return unknown(command, MENTION, lang)
            case Help() | SendTest():
                return help_text(lang)
        return None
