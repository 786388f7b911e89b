"""What waits, and for how long."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from bot.observation.metrics import Metrics
from bot.store import Backlog, Clock, Unsent

LOG = logging.getLogger(__name__)

LOOK_S = 5.0
ANSWER_S = 3.0


class Waiting:
    """Keeps the gauges of `metrics` that describe a state rather than count.

    `backlog` reads the store; `connected` asks the socket.
    """

    def __init__(
        self,
        metrics: Metrics,
        backlog: Callable[[], Awaitable[Backlog]],
        connected: Callable[[], Awaitable[bool]],
        *,
        clock: Clock,
        look_s: float = LOOK_S,
    ) -> None:
        self._metrics = metrics
        self._backlog = backlog
        self._connected = connected
        self._clock = clock
        self._look_s = look_s
        self._since: dict[tuple[str, int], datetime] = {}

    async def run(self) -> None:
        """Until cancelled: an edit is as old as the first look that saw it, so somebody has to look."""
        while True:
            try:
                await self.oldest_s()
            except Exception:
                LOG.exception("the backlog could not be read")
            await asyncio.sleep(self._look_s)

    async def oldest_s(self) -> float:
        """Seconds that the oldest unsent message has waited, 0.0 where none does. Raises what the store raises."""
        return self._age_s((await self._backlog()).unsent)

    async def measure(self) -> None:
        """Set the gauges; what cannot be told is NaN."""
        try:
            async with asyncio.timeout(ANSWER_S):
                backlog = await self._backlog()
        except Exception:
            LOG.exception("the backlog could not be read")
            self._metrics.waiting(work=math.nan, mails=math.nan, unsent=math.nan, oldest_s=math.nan)
        else:
            self._metrics.waiting(
                work=backlog.work,
                mails=backlog.mails,
                unsent=len(backlog.unsent),
                oldest_s=self._age_s(backlog.unsent),
            )
        try:
            async with asyncio.timeout(ANSWER_S):
                self._metrics.socket_is(await self._connected())
        except TimeoutError:
            self._metrics.socket_is(None)

    def _age_s(self, unsent: Iterable[Unsent]) -> float:
        """A message waits since it was first wanted; an edit since it was first seen waiting behind a sent revision.

        Progress is edited again and again while older revisions go out: that is no old edit.
        """
        now = self._clock()
        begun = {(each.key, each.sent_rev): now if each.is_posted else each.created_at for each in unsent}
        self._since = {which: self._since.get(which, since) for which, since in begun.items()}
        return max(((now - since).total_seconds() for since in self._since.values()), default=0.0)
