"""Test mailboxes and the mails that came in."""

from asyncio import Event as Signal
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import Clock, NewId
from bot.store.database import Database
from bot.store.records import Mail, Mailbox, NewMail
from bot.store.tables import mailboxes, mails, work

MAIL_WORK = "mail"
"""Name of the work that every accepted mail starts; its argument is the mail's id."""

Acceptance = Literal["accepted", "closed", "full", "too_big"]


class Mailboxes:
    def __init__(self, database: Database, clock: Clock, new_id: NewId, work_added: Signal) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._work_added = work_added

    async def get(self, token: str) -> Mailbox | None:
        """The mailbox, also when it is closed, expired or full: ask its `is_open` and `is_full`."""
        async with self._database.read() as connection:
            return await _mailbox(connection, token)

    async def accept(self, arrived: Sequence[NewMail]) -> list[Acceptance]:
        """Keep mails and start work "mail" for each, all in one transaction; one answer for each, in order.

        The mailbox is asked again here, so that two connections cannot both take its last place.
        """
        async with self._database.write() as connection:
            answers = [await self._accept(connection, each) for each in arrived]
        if "accepted" in answers:
            self._work_added.set()
        return answers

    async def mail(self, mail_id: str) -> Mail | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_MAIL.where(mails.c.id == mail_id))).first()
            return None if row is None else Mail(*row)

    async def waiting(self) -> int:
        """How many mails came in and are not analysed yet."""
        statement = select(func.count()).select_from(mails).where(mails.c.analysed_at.is_(None))
        async with self._database.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def analysed(self, mail_id: str, report_id: str | None, *, keep_raw: bool) -> None:
        """The mail was analysed; its body is dropped unless `keep_raw`."""
        statement = update(mails).where(mails.c.id == mail_id).values(analysed_at=self._clock(), report_id=report_id)
        if not keep_raw:
            statement = statement.values(raw=None)
        async with self._database.write() as connection:
            await connection.execute(statement)

    async def _accept(self, connection: AsyncConnection, new: NewMail) -> Acceptance:
        now = self._clock()
        mailbox = await _mailbox(connection, new.token)
        if mailbox is None or not mailbox.is_open(now):
            return "closed"
        if mailbox.is_full:
            return "full"
        if len(new.raw) > mailbox.max_bytes:
            return "too_big"
        mail_id = self._new_id()
        row = {"id": mail_id, "token": new.token, "received_at": new.received_at, "size": len(new.raw)}
        await connection.execute(insert(mails).values(row | {"session": dict(new.session), "raw": new.raw}))
        counted = update(mailboxes).where(mailboxes.c.token == new.token)
        await connection.execute(counted.values(mails_count=mailboxes.c.mails_count + 1))
        item = {"name": MAIL_WORK, "work_id": f"mail:{mail_id}", "argument": mail_id, "created_at": now}
        await connection.execute(sqlite_insert(work).values(item).on_conflict_do_nothing())
        return "accepted"


async def _mailbox(connection: AsyncConnection, token: str) -> Mailbox | None:
    row = (await connection.execute(select(mailboxes).where(mailboxes.c.token == token))).first()
    return None if row is None else Mailbox(*row)


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
