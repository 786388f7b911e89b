"""The home tab."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.conversation.phrases import verdict_text
from bot.conversation.standing import current_report
from bot.conversation.talk import HomeAddress, HomeCheck, home
from bot.listeners.desk import Desk
from bot.render.slack.message import payloads
from bot.workflows import Thread
from checks import Lang

LOG = logging.getLogger(__name__)

MOST = 8
LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Home:
    desk: Desk

    async def work(self, event: Mapping[str, Any]) -> None:
        """Show somebody their own checks and open test addresses: those of others may stand in private channels."""
        if event.get("tab", "home") != "home":
            return
        team_id, user = event["team_id"], event["user"]
        lang = await self.desk.lang_of(team_id, user)
        recent = await self.desk.store.threads.recent(team_id, limit=LOOKED_AT)
        threads = [await self.desk.conversations.read(each.id) for each in recent if each.invoker == user][:MOST]
        known = [thread for thread in threads if thread is not None and not thread.state.refused]
        checks = [check for thread in known for check in _checks(thread, lang)]
        addresses = [address for thread in known if (address := await self._address(thread)) is not None]
        blocks = payloads(home(lang, checks[:MOST], addresses))[0]["blocks"]
        try:
            await self.desk.client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("views.publish failed: %s", error)

    async def _address(self, thread: Thread) -> HomeAddress | None:
        given = thread.state.address
        mailbox = await self.desk.store.mailboxes.get(given.token) if given is not None else None
        if given is None or mailbox is None or not mailbox.is_open(self.desk.clock()):
            return None
        until = mailbox.expires_at.strftime("%Y-%m-%d %H:%M UTC")
        return HomeAddress(given.address, thread.state.row.shown, until, mailbox.mails_count, mailbox.max_mails)


def _checks(thread: Thread, lang: Lang) -> list[HomeCheck]:
    if not thread.state.is_overview:
        report = current_report(thread.state, thread.reports)
        return [HomeCheck(thread.state.row.shown, verdict_text(report, lang))] if report else []
    rows = [(row, thread.reports.get(row.report or "")) for row in thread.state.rows]
    return [HomeCheck(row.shown, verdict_text(report, lang)) for row, report in rows if report is not None]
