"""Every payload is on disk before Slack hears that it arrived, is worked on once, and is resumed after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar

from slack_bolt.response import BoltResponse

from bot.conversation import talk_words
from bot.conversation.talk import said
from bot.listeners.desk import Desk
from bot.listeners.envelope import Envelope, asker_of, envelope_of
from bot.store import RESUMED, PayloadTooLarge, StorageTrouble

LOG = logging.getLogger(__name__)

EVENT_KEY = "mailcheck_event"
RETRY_S = 0.5
SLOWEST_RETRY_S = 60.0

T = TypeVar("T")

Work: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Intake:
    """`works`: what is done with a payload, by kind; it gets the key and the kept fields, and may run again."""

    desk: Desk
    works: Mapping[str, Work]
    wants: Callable[[Envelope], Awaitable[bool]]
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def keep(self, body: dict[str, Any], context: dict[str, Any], next_: Callable[[], Awaitable[None]]) -> Any:
        """Global middleware of Bolt: runs before the acknowledgement.

        A payload that was kept before is only acknowledged: the first one is being worked on, whether or not Slack
        calls this one a retry.
        """
        envelope = envelope_of(body)
        if envelope is None or not await self.wants(envelope):
            return BoltResponse(status=200)
        try:
            is_new = await self.desk.store.events.receive(
                envelope.key, envelope.kind, dict(envelope.payload), pair_key=envelope.pair_key
            )
        except PayloadTooLarge:
            LOG.warning("a %s payload is too large and was left out", envelope.kind)
            return BoltResponse(status=200)
        if not is_new:
            return BoltResponse(status=200)
        context[EVENT_KEY] = envelope
        await next_()
        return None

    async def work(self, context: Mapping[str, Any]) -> None:
        """What a listener does after the acknowledgement."""
        envelope: Envelope = context[EVENT_KEY]
        await self._work(envelope.key, envelope.kind, envelope.payload)

    async def resume(self, started_at: datetime) -> None:
        """Work on what a process that ended before `started_at` had kept and not finished, side by side.

        What came longer than RESUMED before that is only marked as done.
        """
        read = partial(self.desk.store.events.unfinished, received_before=started_at)
        left = await self._waiting_out("resumption", read)
        wanted = [event for event in left if started_at - event.received_at <= RESUMED]
        too_old = [event for event in left if started_at - event.received_at > RESUMED]
        if wanted:
            LOG.info("resuming what the process before left: %s", ", ".join(event.kind for event in wanted))
        if too_old:
            LOG.warning("too old to be resumed: %s", ", ".join(event.kind for event in too_old))
        # One that waits, or fails, shall not keep the others waiting.
        tasks = [self._work(event.key, event.kind, event.payload) for event in wanted]
        tasks += [self._done(event.kind, event.key) for event in too_old]
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                LOG.error("an event could not be marked as done", exc_info=outcome)

    async def stop(self, timeout_s: float) -> None:
        """Let work in progress end; what does not is resumed by the next process. Nothing waits for what only waits."""
        running = [task for task in self._running if not task.done()]
        for task in self.desk.waiting & self._running:
            task.cancel()
        if running:
            _, late = await asyncio.wait(running, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, key: str, kind: str, payload: Mapping[str, Any]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            try:
                await self._waiting_out(kind, lambda: self.works[kind](key, payload))
            except Exception:
                LOG.exception("a %s could not be worked on", kind)
                await self._apologise(payload)
            # Also what failed: kept as it is, it would fail again at every start. What was cancelled never comes here.
            await self._done(kind, key)
        finally:
            self._running.discard(task)

    async def _done(self, kind: str, key: str) -> None:
        await self._waiting_out(kind, lambda: self.desk.store.events.done(key))

    async def _waiting_out(self, kind: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do it again for as long as the database is in trouble: Slack was told that we have it."""
        task, wait_s = asyncio.current_task(), RETRY_S
        assert task is not None
        while True:
            try:
                return await work()
            except StorageTrouble as error:
                LOG.warning("a %s waits: %s", kind, type(error).__name__)
            self.desk.waiting.add(task)
            try:
                await asyncio.sleep(wait_s)
            finally:
                self.desk.waiting.discard(task)
            wait_s = min(2 * wait_s, SLOWEST_RETRY_S)

    async def _apologise(self, payload: Mapping[str, Any]) -> None:
        if not payload.get("response_url"):
            return
        try:
            asker = asker_of(payload)
            lang = await self.desk.lang_of(asker.team_id, asker.user_id)
            await self.desk.respond(asker, said(lang, talk_words.OUR_ERROR))
        except Exception:
            LOG.exception("nor could anybody be told")
