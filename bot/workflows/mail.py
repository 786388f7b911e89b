"""The analysis of one received mail as a workflow."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from bot.conversation.events import MailAnalysed
from bot.durable import PATIENT, Context, StepFailed
from bot.store import Store
from bot.workflows.check import Check
from bot.workflows.conversations import Conversations
from checks import Session, Standing, Tls, standing

LOG = logging.getLogger(__name__)

ANALYSIS_S = 180.0
AT_ONCE = 20
"""Mails that are analysed at the same time; the others wait on disk. Most of the time each waits for the DNS."""


class MailAnalyses:
    """`keep_raw`: whether the mail itself stays on disk after its analysis. `analysis_s`: how long one may take, from
    its turn on; `at_once`: see AT_ONCE.
    """

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        checker: Check,
        *,
        keep_raw: bool,
        analysis_s: float = ANALYSIS_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._checker = checker
        self._keep_raw = keep_raw
        self._analysis_s = analysis_s
        self._turn = asyncio.Semaphore(at_once)

    async def run(self, ctx: Context, mail_id: str) -> None:
        """The workflow bot.store.MAIL_WORK; `mail_id` names the mail that the mailbox kept."""
        # The sender was told that we have the mail: a full disk only delays it, since the engine waits that out. An
        # analysis that takes for ever does so twice, and no more.
        try:
            async with self._turn:  # around the step: a stop does not wait for those that wait
                await ctx.step("analyse", lambda: self._analyse(mail_id), attempts=2)
        except StepFailed:
            LOG.exception("the mail %s could not be analysed", mail_id)
        # With the report; else, that there is none: whoever sent the mail shall read that something went wrong here.
        for may_have_report in (True, False):
            try:
                await ctx.step("tell", partial(self._tell, mail_id, may_have_report), attempts=PATIENT)
                break
            except StepFailed:
                LOG.exception("the thread could not be told of the mail %s", mail_id)
        # The body goes whether or not anybody could be told.
        await ctx.step("drop", lambda: self._drop(mail_id), attempts=PATIENT)

    async def _analyse(self, mail_id: str) -> None:
        """Keeps the report, where there is a mail to analyse."""
        mail = await self._store.mailboxes.mail(mail_id)
        if mail is None or mail.raw is None or await self._stored_report(mail_id) is not None:
            return
        async with asyncio.timeout(self._analysis_s):  # of the analysis alone: to wait for the database is no fault
            report = await self._checker().check_message(mail.raw, session_of(mail.session, mail.received_at))
        await self._store.reports.save(
            _report_id(mail_id),
            thread_id=mail.thread_id,
            kind="message",
            subject=report.subject,
            catalogue=report.catalogue,
            verdict=report.verdict.value if report.verdict else "",
            data=report.as_stored(),
        )

    async def _stored_report(self, mail_id: str) -> str | None:
        """The report's id if it is stored, which it may be although the engine could not record the step."""
        report_id = _report_id(mail_id)
        return report_id if await self._store.reports.is_stored(report_id) else None

    async def _drop(self, mail_id: str) -> None:
        report_id = await self._stored_report(mail_id)
        await self._store.mailboxes.analysed(mail_id, report_id, keep_raw=self._keep_raw)

    async def _tell(self, mail_id: str, may_have_report: bool) -> None:
        mail = await self._store.mailboxes.mail(mail_id)
        if mail is None:
            return
        report_id = await self._stored_report(mail_id) if may_have_report else None
        at: datetime = mail.received_at
        event = MailAnalysed(mail_id, report_id, at, mail.token)
        await self._conversations.apply(mail.thread_id, f"mail:{mail_id}", event)
        if report_id is not None:
            await self._remember_selectors(mail.thread_id, report_id)

    async def _remember_selectors(self, thread_id: str, report_id: str) -> None:
        """Only those of passing, aligned signatures of a mail that counts: others say nothing about the domain."""
        thread = await self._conversations.read(thread_id)
        report = await self._conversations.report(report_id)
        if thread is None or report is None or thread.state.row.report is None:
            return
        domain = thread.reports.get(thread.state.row.report)
        if domain is None or standing(domain, report) is not Standing.COUNTS:
            return
        for signature in (report.authentication or {}).get("dkim", ()):
            if signature["result"] == "pass" and signature["aligned"] is True:
                await self._store.selectors.seen(domain.subject, signature["selector"])


def _report_id(mail_id: str) -> str:
    return f"mail.{mail_id}"


def session_of(facts: Mapping[str, Any], received_at: datetime | None = None) -> Session:
    """The session of a mail as the checks take it, from what the mailbox noted (see NewMail)."""
    tls = facts.get("tls")
    return Session(
        client_ip=facts["client_ip"],
        helo=facts["helo"],
        mail_from=facts["mail_from"],
        tls=Tls(tls["version"], tls["cipher"]) if tls else None,
        tls_failure=facts.get("tls_failure"),
        smtputf8=facts.get("smtputf8"),
        received_at=received_at,
    )
