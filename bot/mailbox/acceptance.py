"""The last step before the 250: the mail is on disk."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, Protocol

from bot.store import Acceptance, NewMail, StorageTrouble, is_locked

LOG = logging.getLogger(__name__)

MOST_WAITING = 200
LINGER_S = 0.01
"""How long a mail that is whole may wait for others: no more than a slow disk takes for one commit."""

Outcome = Acceptance | Literal["unavailable"]


class Accepts(Protocol):
    async def accept(self, arrived: list[NewMail]) -> list[Acceptance]:
        """Keep mails in one transaction; one answer each."""


class GroupCommit:
    """One writer for all sessions: mails that arrive while a commit is under way share the next one.

    So do those that have begun to arrive when it would start, if they are there in LINGER_S seconds: else, of senders
    in step with one another, the first would have a commit alone and all others wait for two.

    A mail handed over is kept even if the session that brought it ends before the answer.
    """

    def __init__(self, mailboxes: Accepts) -> None:
        self._mailboxes = mailboxes
        self._waiting: list[tuple[NewMail, asyncio.Future[Outcome]]] = []
        self._arrived = asyncio.Event()
        self._coming = 0
        self._nobody_comes = asyncio.Event()
        self._nobody_comes.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="mailbox-commit")

    async def stop(self) -> None:
        """Commit what was handed over, then end."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task

    @contextmanager
    def coming(self) -> Iterator[None]:
        """While a mail arrives. A slow one is waited for no longer than others are."""
        self._coming += 1
        self._nobody_comes.clear()
        waited_for = True

        def no_longer() -> None:
            nonlocal waited_for
            if waited_for:
                waited_for = False
                self._coming -= 1
                if not self._coming:
                    self._nobody_comes.set()

        too_late = asyncio.get_running_loop().call_later(LINGER_S, no_longer)
        try:
            yield
        finally:
            too_late.cancel()
            no_longer()

    async def keep(self, mail: NewMail) -> Outcome:
        """Returns once the mail is on disk ("accepted") or certainly is not."""
        # A client that has gone leaves its mail behind: while the database stands still, only so many are held.
        if self._closing or len(self._waiting) >= MOST_WAITING:
            return "unavailable"
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((mail, outcome))
        self._arrived.set()
        return await asyncio.shield(outcome)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                if self._coming:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._nobody_comes.wait(), LINGER_S)
                batch, self._waiting = self._waiting, []
                outcomes = await self._commit([mail for mail, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():
                        future.set_result(outcome)
            if self._closing:
                return

    async def _commit(self, mails: list[NewMail]) -> list[Outcome]:
        try:
            return list(await self._mailboxes.accept(mails))
        except Exception as error:
            LOG.exception("%d mail(s) could not be kept", len(mails))
            if len(mails) == 1 or (isinstance(error, StorageTrouble) and is_locked(error)):
                # By itself each would wait for the lock as long as all have, and its client is waiting, too.
                return ["unavailable"] * len(mails)
        # One that cannot be written must not cost the others their place.
        return [outcome for mail in mails for outcome in await self._commit([mail])]
