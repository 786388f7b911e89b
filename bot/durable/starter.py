"""Hands decided work to the engine: after each commit that adds some, and every few seconds in case of a miss."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

LOG = logging.getLogger(__name__)


class Item(Protocol):
    @property
    def work_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def argument(self) -> str: ...


class Source(Protocol):
    """Where decided work is kept (the store's table `work`)."""

    added: asyncio.Event

    async def pending(self) -> Sequence[Item]: ...
    async def started(self, work_id: str) -> None: ...


class Starter:
    """Starts each piece of work once: a kill between `start` and `started` repeats a `start` that does nothing."""

    def __init__(
        self, source: Source, start: Callable[[str, str, str], Awaitable[None]], *, interval_s: float = 5.0
    ) -> None:
        self._source = source
        self._start = start
        self._interval_s = interval_s

    async def run(self) -> None:
        """Until cancelled. Work that cannot be started stays pending, is logged, and holds up no other."""
        while True:
            self._source.added.clear()
            try:
                await self._sweep()
            except Exception:
                LOG.exception("the table of work could not be read or written")
            with suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it swallows a cancellation that meets new work, and we never end.
                async with asyncio.timeout(self._interval_s):
                    await self._source.added.wait()

    async def _sweep(self) -> None:
        for item in await self._source.pending():
            try:
                await self._start(item.name, item.work_id, item.argument)
            except Exception:
                LOG.exception("work %s (%s) could not be started", item.name, item.work_id)
            else:
                await self._source.started(item.work_id)
