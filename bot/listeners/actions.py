"""Buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import mail_words, talk_words
from bot.conversation.content import Action, Content
from bot.conversation.events import AddressAsked, AddressClosed, Claimed, Disowned, LanguageChosen
from bot.conversation.findings import explanation
from bot.conversation.guidelines import opened
from bot.conversation.standing import current_report, waiting_mail
from bot.conversation.talk import said
from bot.listeners.desk import Desk, is_over
from bot.listeners.envelope import Asker, asker_of
from bot.workflows import Thread
from checks import PROFILES, Lang


@dataclass(frozen=True, slots=True)
class Buttons:
    desk: Desk

    async def work(self, key: str, payload: Mapping[str, Any]) -> None:
        """`payload`: the kept fields of the press. A button of a thread that is not ours does nothing."""
        asker = asker_of(payload)
        name, value = payload["action_id"].partition(".")[0], payload["value"]
        if name == Action.CHECK_DOMAIN:
            await self.desk.start_check(key, asker, (value,))
            return
        root_ts = payload["thread_ts"] or payload["message_ts"]
        thread = await self.desk.conversations.at(asker.team_id, asker.channel_id, root_ts)
        if thread is None:
            return
        if answer := await self._press(key, asker, thread, name, value):
            await self.desk.respond(asker, answer)

    async def _press(self, key: str, asker: Asker, thread: Thread, name: str, value: str) -> Content | None:
        """What the presser alone is told, if anything."""
        apply, lang = self.desk.conversations.apply, await self.desk.lang_of(asker.team_id, asker.user_id)
        if thread.state.refused:
            return is_over(thread, lang)
        match name:
            case Action.CHECK_AGAIN:
                return await self.desk.check_again(key, thread, lang)
            case Action.LANGUAGE if value in ("en", "ja"):
                await apply(thread.id, key, LanguageChosen("ja" if value == "ja" else "en"))
            case Action.CLOSE_ADDRESS:
                if not await self._may_have_addresses(asker.user_id, thread):
                    return said(lang, talk_words.ADDRESS_MEMBERS_ONLY)
                await apply(thread.id, key, AddressClosed(value))
            case Action.SEND_TEST | Action.NEW_ADDRESS:
                return await self.address(key, asker.user_id, thread, lang)
            case Action.EXPLAIN:
                return explained(thread, value, lang)
            case Action.GUIDELINES:
                return guidelines_of(thread, value, lang)
            case Action.OURS | Action.NOT_OURS:
                if not await self.desk.is_member(asker.team_id, asker.user_id):
                    return said(lang, talk_words.MEMBERS_ONLY)
                await apply(thread.id, key, Claimed(value) if name == Action.OURS else Disowned(value))
        return None

    async def address(self, key: str, user_id: str, thread: Thread, lang: Lang) -> Content:
        """The open test address, or a new one."""
        if not await self._may_have_addresses(user_id, thread):
            return said(lang, talk_words.ADDRESS_MEMBERS_ONLY)
        before = thread.state.address
        open_ = before if before is not None and before.status == "open" else None
        if open_ is not None and await self._takes_mail(open_.token):
            return said(lang, mail_words.ADDRESS_IS_OPEN, address=open_.address)
        ended = "" if open_ is None else open_.token
        await self.desk.conversations.apply(thread.id, key, AddressAsked(self.desk.offers.offer(), ended))
        now = await self.desk.conversations.read(thread.id)
        given = now.state.address if now is not None else None
        if given is None or given.status != "open" or given.token == ended:
            return said(lang, mail_words.NO_MAILBOX)
        if open_ is not None:
            return said(lang, talk_words.ADDRESS_REPLACED, old=open_.address, address=given.address)
        return said(lang, mail_words.ADDRESS_IS_NEW, address=given.address)

    async def _may_have_addresses(self, user_id: str, thread: Thread) -> bool:
        """Open and close them: members, and a guest in a thread of their own."""
        return user_id == thread.stored.invoker or await self.desk.is_member(thread.stored.team_id, user_id)

    async def _takes_mail(self, token: str) -> bool:
        mailbox = await self.desk.store.mailboxes.get(token)
        return mailbox is not None and mailbox.is_open(self.desk.clock()) and not mailbox.is_full


def explained(thread: Thread, value: str, lang: Lang) -> Content | None:
    """`value`: of bot.conversation.phrases.in_a_line. None for a finding that the newest reports no longer have."""
    where, _, rest = value.partition("|")
    rule, _, subject = rest.partition("|")
    mails = {seen.id: seen.report for seen in thread.state.mails}
    report = thread.reports.get((thread.state.row.report if where == "domain" else mails.get(where)) or "")
    if report is None:
        return None
    found = (f for f in report.findings if f.rule.id == rule and f.subject.startswith(subject.removesuffix("…")))
    finding = next(found, None)
    return explanation(finding, lang, report) if finding is not None else None


def guidelines_of(thread: Thread, profile: str, lang: Lang) -> Content | None:
    """The list of sender requirements behind a button, by what the thread knows now; None where it knows nothing."""
    if thread.state.is_overview or profile not in PROFILES:
        return None
    report = current_report(thread.state, thread.reports)
    if report is None or report.verdict is None:
        return None
    waiting = waiting_mail(thread.state, thread.reports) is not None
    return opened(report, profile, lang, waiting=waiting)
