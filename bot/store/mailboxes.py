"""Test mailboxes and the mails that came in."""

import sqlite3
from asyncio import Event as Signal
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import OperationalError

from bot.store.clock import Clock, NewId
from bot.store.database import Database
from bot.store.prepared import PreparedChange, PreparedQuestion
from bot.store.records import Mail, Mailbox, NewMail
from bot.store.tables import mailboxes, mails, work

MAIL_WORK = "mail"
"""Name of the work that every accepted mail starts; its argument is the mail's id."""

COUNT_AGAIN_S = 1.0

Acceptance = Literal["accepted", "closed", "full", "too_big"]


class Mailboxes:
    def __init__(self, database: Database, clock: Clock, new_id: NewId, work_added: Signal) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._work_added = work_added
        self._counted, self._counted_at, self._accepted = 0, -COUNT_AGAIN_S, 0

    async def get(self, token: str) -> Mailbox | None:
        """The mailbox, also when it is closed, expired or full: ask its `is_open` and `is_full`."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE_MAILBOX, {"of": token})).first()
            return None if row is None else Mailbox(*row)

    async def look_up(self, token: str) -> Mailbox | None:
        """As `get`, for those who ask often."""
        try:
            row = self._database.glance(lambda connection: _MAILBOX_NOW.first(connection, token))
        except (OperationalError, sqlite3.OperationalError):
            return await self.get(token)
        return None if row is None else Mailbox(*row)

    async def accept(self, arrived: Sequence[NewMail]) -> list[Acceptance]:
        """Keep mails and start work "mail" for each, all in one transaction; one answer for each, in order.

        The mailbox is asked again here, so that two connections cannot both take its last place.
        """
        answers = await self._database.write_at_once(partial(self._accept, arrived))
        if "accepted" in answers:
            self._accepted += answers.count("accepted")
            self._work_added.set()
        return answers

    async def mail(self, mail_id: str) -> Mail | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_MAIL.where(mails.c.id == mail_id))).first()
            return None if row is None else Mail(*row)

    async def waiting(self) -> int:
        """How many mails came in and are not analysed yet."""
        async with self._database.read() as connection:
            return int((await connection.execute(_WAITING)).scalar_one())

    async def are_waiting(self, most: int) -> bool:
        """Whether so many mails, or more, came in and are not analysed yet; for those who ask often.

        Counted anew once a second, and before each yes; what was accepted since then is added.
        """
        if self._counted + self._accepted < most and monotonic() - self._counted_at < COUNT_AGAIN_S:
            return False
        self._accepted = 0
        try:
            self._counted = int(self._database.glance(lambda connection: connection.execute(_WAITING).scalar_one()))
        except OperationalError:
            self._counted = await self.waiting()
        self._counted_at = monotonic()
        return self._counted >= most

    async def analysed(self, mail_id: str, report_id: str | None, *, keep_raw: bool) -> None:
        """The mail was analysed; its body is dropped unless `keep_raw`."""
        statement = update(mails).where(mails.c.id == mail_id).values(analysed_at=self._clock(), report_id=report_id)
        if not keep_raw:
            statement = statement.values(raw=None)
        async with self._database.write() as connection:
            await connection.execute(statement)

    def _accept(self, arrived: Sequence[NewMail], connection: Connection) -> list[Acceptance]:
        now = self._clock()
        asked = {new.token: _MAILBOX_NOW.first(connection, new.token) for new in arrived}
        found = {token: Mailbox(*row) for token, row in asked.items() if row is not None}
        counts = {token: mailbox.mails_count for token, mailbox in found.items()}
        answers: list[Acceptance] = []
        kept: list[dict[str, Any]] = []
        for new in arrived:
            mailbox = found.get(new.token)
            if mailbox is None or not mailbox.is_open(now):
                answers.append("closed")
            elif counts[new.token] >= mailbox.max_mails:
                answers.append("full")
            elif len(new.raw) > mailbox.max_bytes:
                answers.append("too_big")
            else:
                answers.append("accepted")
                counts[new.token] += 1
                row = {"id": self._new_id(), "token": new.token, "received_at": new.received_at}
                kept.append(row | {"size": len(new.raw), "session": dict(new.session), "raw": new.raw})
        if kept:
            _KEPT.run(connection, kept)
            more = [
                {"of": token, "count": count} for token, count in counts.items() if count != found[token].mails_count
            ]
            _COUNTED.run(connection, more)
            _WORK.run(connection, [_work(mail["id"], now) for mail in kept])
        return answers


def _work(mail_id: str, now: datetime) -> dict[str, Any]:
    return {"name": MAIL_WORK, "work_id": f"mail:{mail_id}", "argument": mail_id, "created_at": now}


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        mails.c.id,
        mails.c.token,
        mailboxes.c.thread_id,
        mails.c.received_at,
        mails.c.session,
        mails.c.raw,
        mails.c.size,
        mails.c.analysed_at,
        mails.c.report_id,
    ).join(mailboxes, mailboxes.c.token == mails.c.token)


_MAIL = _select()
_ONE_MAILBOX = select(mailboxes).where(mailboxes.c.token == bindparam("of"))
_MAILBOX_NOW = PreparedQuestion(_ONE_MAILBOX)
_COUNTED = PreparedChange(
    update(mailboxes).where(mailboxes.c.token == bindparam("of")).values(mails_count=bindparam("count")),
    ("of", "count"),
)
_KEPT = PreparedChange(insert(mails), ("id", "token", "received_at", "size", "session", "raw"))
_WORK = PreparedChange(sqlite_insert(work).on_conflict_do_nothing(), ("name", "work_id", "argument", "created_at"))
_WAITING = select(func.count()).select_from(mails).where(mails.c.analysed_at.is_(None))
