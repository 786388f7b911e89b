"""What all surfaces share: who speaks which language, answers that one person sees, and starting a check."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import talk_words
from bot.conversation.content import Content
from bot.conversation.events import Asked, RecheckAsked
from bot.conversation.talk import already_running, bad_domains, not_posted, said
from bot.listeners.envelope import Asker
from bot.render.slack.message import payloads
from bot.store import Clock, PutMessage, Store
from bot.store import Person as StoredPerson
from bot.workflows import Conversations, Offers, Opening, Thread, message_key
from checks import BadDomain, Domain, Lang, Text, parse_domain

LOG = logging.getLogger(__name__)

PERSON_KEPT = timedelta(days=1)
POST_POLL_S = 0.1
POST_SLOW_POLL_S = 2.0
POST_SOON = timedelta(minutes=1)
"""Most messages are posted or refused by then; after it, who asked waits no more in front of the screen."""
POST_WAIT = timedelta(minutes=25)
"""Slack takes an answer by response_url for 30 minutes, of which some may have gone by before we began to wait."""
ANSWER_S = 10.0


class Desk:
    def __init__(
        self, store: Store, conversations: Conversations, offers: Offers, client: AsyncWebClient, *, clock: Clock
    ) -> None:
        self.store = store
        self.conversations = conversations
        self.offers = offers
        self.client = client
        self.clock = clock
        self.waiting: set[asyncio.Task[Any]] = set()
        """Tasks that only wait to see how Slack takes a message. Interrupted, they lose nothing: run again, they wait
        again."""

    async def lang_of(self, team_id: str, user_id: str) -> Lang:
        """The reader's own language: Japanese for every ja locale, else English; English when Slack does not tell."""
        person = await self.person(team_id, user_id)
        return "ja" if person is not None and person.lang == "ja" else "en"

    async def person(self, team_id: str, user_id: str) -> StoredPerson | None:
        """Kept for a day. None when Slack cannot be asked and nothing was kept."""
        known = await self.store.people.get(team_id, user_id)
        if known is not None and self.clock() - known.fetched_at < PERSON_KEPT:
            return known
        try:
            answer = await self.client.users_info(user=user_id, include_locale=True)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("users.info failed: %s", type(error).__name__)
            return known
        user: dict[str, Any] = answer["user"]
        lang = "ja" if str(user.get("locale") or "").lower().startswith("ja") else "en"
        is_guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger"))
        await self.store.people.put(team_id, user_id, lang=lang, is_guest=is_guest)
        return await self.store.people.get(team_id, user_id)

    async def is_member(self, team_id: str, user_id: str) -> bool:
        """False for guests, people of other organizations, and as long as Slack does not tell."""
        person = await self.person(team_id, user_id)
        return person is not None and not person.is_guest

    async def respond(self, asker: Asker, content: Content) -> None:
        """Answer by response_url, for one person only. An address that is used up or too old is no error of ours."""
        where = {"thread_ts": asker.thread_ts} if asker.thread_ts else {}
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                for shown in payloads(content):
                    # The second form is for workspaces that show no tables.
                    for form in ("blocks", "fallback_blocks") if "fallback_blocks" in shown else ("blocks",):
                        body = {"text": shown["text"], "blocks": shown[form], **where}
                        answer = await session.post(
                            asker.response_url, json={"response_type": "ephemeral", "replace_original": False, **body}
                        )
                        answer.release()
                        if answer.status < 400:
                            break
                        LOG.warning("an answer was refused with status %d", answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("an answer could not be given: %s", type(error).__name__)

    async def whisper(self, channel_id: str, user_id: str, thread_ts: str | None, content: Content) -> None:
        """Show something to one person in a channel or thread, where there is no response_url."""
        try:
            for shown in payloads(content):
                await self.client.chat_postEphemeral(
                    channel=channel_id, user=user_id, thread_ts=thread_ts, text=shown["text"], blocks=shown["blocks"]
                )
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("chat.postEphemeral failed: %s", error)

    async def reply(self, key: str, thread: Thread, content: Content) -> None:
        """Answer in the thread, for everybody. The same key again is the same reply."""
        root = message_key(thread.id, "root")
        for number, shown in enumerate(payloads(content), 1):
            name = f"{root}/reply/{key}" if number == 1 else f"{root}/reply/{key}.{number}"
            message = PutMessage(name, thread.stored.channel_id, shown, parent_key=root)
            await self.store.messages.put(thread.stored.team_id, message)

    async def check_again(self, key: str, thread: Thread, lang: Lang) -> Content | None:
        """Start the check of a thread again; what the asker alone is told if one still runs."""
        if thread.stored.is_running(self.clock()):
            return said(lang, talk_words.STILL_CHECKING)
        await self.conversations.apply(thread.id, key, RecheckAsked(lost=thread.state.runs))
        return None

    async def start_check(self, key: str, asker: Asker, typed: tuple[str, ...]) -> None:
        """Open a thread for these domains, or tell the asker alone why not; one key opens one thread."""
        lang = await self.lang_of(asker.team_id, asker.user_id)
        domains, refused = _read(typed)
        # Resumed after a restart, it has opened its thread and said this before.
        tells_refused = bool(refused) and await self.store.threads.get(key) is None
        if not domains:
            if tells_refused:
                await self.respond(asker, bad_domains(refused, lang))
            return
        opening = Opening(key, asker.team_id, asker.channel_id, asker.user_id, lang, domains)
        offer = self.offers.offer() if len(domains) == 1 else None
        opened = await self.conversations.open(opening, offer)
        # Only now: what fails before is done again, and a response_url takes five answers.
        if tells_refused:
            await self.respond(asker, bad_domains(refused, lang))
        if opened.thread.id != key:
            link = await self._permalink(opened.thread.channel_id, opened.thread.root_ts)
            await self.respond(asker, already_running(" ".join(each.shown for each in domains), link, lang))
        elif error := await self._refusal(key):
            await self.respond(asker, not_posted(error, lang))

    async def _refusal(self, thread_id: str) -> str | None:
        """Wait for the root message; Slack's word if it will never be posted there, None where nobody can be told."""
        task = asyncio.current_task()
        assert task is not None
        began = self.clock()
        self.waiting.add(task)
        try:
            while (waited := self.clock() - began) < POST_WAIT:
                message = await self.store.messages.get(message_key(thread_id, "root"))
                if message is None or message.ts is not None:
                    return None
                if message.state == "failed":
                    return message.last_error or "unknown"
                await asyncio.sleep(POST_POLL_S if waited < POST_SOON else POST_SLOW_POLL_S)
            return None
        finally:
            self.waiting.discard(task)

    async def _permalink(self, channel_id: str, ts: str | None) -> str | None:
        if ts is None:
            return None
        try:
            answer = await self.client.chat_getPermalink(channel=channel_id, message_ts=ts)
        except (SlackApiError, aiohttp.ClientError, TimeoutError):
            return None
        return str(answer["permalink"])


def is_over(thread: Thread, lang: Lang) -> Content:
    """The answer to whoever wants something of a thread whose root message is gone."""
    return said(lang, talk_words.THREAD_IS_OVER, domain=" ".join(row.shown for row in thread.state.rows))


def _read(typed: tuple[str, ...]) -> tuple[tuple[Asked, ...], list[BadDomain]]:
    found: dict[str, Asked] = {}
    refused = []
    for text in typed:
        try:
            domain = parse_domain(text)
        except BadDomain as error:
            refused.append(error)
        else:
            found.setdefault(domain.ascii, Asked(domain.ascii, domain.shown, _note(domain)))
    return tuple(found.values()), refused


def _note(domain: Domain) -> Text | None:
    en, ja = domain.say_note("en"), domain.say_note("ja")
    return Text(en=en, ja=ja) if en and ja else None
