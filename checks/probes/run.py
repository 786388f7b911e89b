"""One run of the checks: what is being checked, the gateway to the network, and the evidence already asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from checks.evidence.message import SessionEvidence
from checks.isolation.jobs import Preparation
from checks.isolation.pool import InProcess, Isolation, NotAnalysed
from checks.model import Fetched, Unreachable, Why
from checks.net.dns import DnsRun
from checks.net.https import Https
from checks.probes.listing import BlocklistAccess

E = TypeVar("E")


@dataclass(slots=True)
class Run:
    """The subject and the shared evidence of one report.

    `domain`: A-label form. `raw`: the bytes of the mail, None for a domain check. `now`: one instant for the whole run.
    Probes ask each other for evidence by its type (`await run.evidence(MxEvidence)`); each kind is gathered once.
    """

    domain: str
    shown: str
    dns: DnsRun
    now: datetime
    probes: Mapping[type[Any], Callable[[Run], Awaitable[Any]]]
    known_selectors: tuple[str, ...] = ()
    connect: bool = True
    raw: bytes | None = None
    isolation: Isolation = field(default_factory=InProcess)
    prepared: Preparation | NotAnalysed | None = None
    """What was made of the mail before the run, None for nothing yet."""
    has_author: bool = True
    """The mail has a From domain, and `domain` is it."""
    session: SessionEvidence | None = None
    monitoring_since: datetime | None = None
    """Since when earlier checks found p=none, None where none is known of."""
    https: Https = field(default_factory=Https)
    blocklist_access: BlocklistAccess | None = None
    _tasks: dict[type[Any], asyncio.Task[Any]] = field(default_factory=dict)

    @property
    def blocklists(self) -> BlocklistAccess:
        """Raises LookupError in a run that was given none."""
        if self.blocklist_access is None:
            raise LookupError("this run was given no access to blocklists")
        return self.blocklist_access

    async def fetch(self, url: str) -> Fetched:
        """The document at an https URL; Unreachable(NO_CONNECT) where connections are switched off."""
        return await self.https.get(url, self.dns) if self.connect else Unreachable(Why.NO_CONNECT)

    async def evidence(self, kind: type[E]) -> E:
        """Gather this kind of evidence, or share the gathering that is under way.

        Raises KeyError for a kind without probe.
        """
        task = self.begin(kind)
        return cast(E, task.result() if task.done() else await asyncio.shield(task))

    def known(self, kind: type[E]) -> E:
        """Evidence whose gathering is over. Raises what the gathering raised."""
        return cast(E, self._tasks[kind].result())

    def begin(self, kind: type[Any]) -> asyncio.Task[Any]:
        """Have this kind of evidence gathered, for somebody who will want it."""
        if kind not in self._tasks:
            self._tasks[kind] = asyncio.create_task(self._gather(kind))
        return self._tasks[kind]

    async def _gather(self, kind: type[E]) -> E:
        return cast(E, await self.probes[kind](self))

    async def close(self) -> None:
        """Cancel what is still under way, and wait until it is gone."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def gathered(self) -> dict[str, Any]:
        """The evidence so far, by the name of its kind, for the report."""
        return {
            kind.__name__: task.result()
            for kind, task in self._tasks.items()
            if task.done() and not task.cancelled() and task.exception() is None
        }
