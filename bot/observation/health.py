"""Whether the bot does its work, condition by condition."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LOG = logging.getLogger(__name__)

PROBE_S = 3.0


class State(StrEnum):
    """UNKNOWN: it could not be told in time. OFF: the operator does not want that part."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Condition:
    """`facts`: plain data beside the state."""

    state: State
    facts: Mapping[str, Any]


Probe = Callable[[], Awaitable[Condition]]


def condition(holds: bool, **facts: Any) -> Condition:
    return Condition(State.OK if holds else State.FAILING, facts)


OFF = Condition(State.OFF, {})


class Health:
    """Asks the probes, by name. Each runs once at a time, however many ask and however long it takes."""

    def __init__(self, probes: Mapping[str, Probe], *, probe_s: float = PROBE_S) -> None:
        self._probes = probes
        self._probe_s = probe_s
        self._running: dict[str, asyncio.Task[Condition]] = {}

    async def look(self) -> dict[str, Condition]:
        """Every condition, within `probe_s` seconds. Never raises."""
        tasks = {name: self._task(name, probe) for name, probe in self._probes.items()}
        await asyncio.wait(tasks.values(), timeout=self._probe_s)
        return {name: self._told(name, task) for name, task in tasks.items()}

    async def stop(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _task(self, name: str, probe: Probe) -> asyncio.Task[Condition]:
        # One that waits for a lock is not cancelled: its place in the queue would be lost, and the next begin anew.
        task = self._running.get(name)
        if task is None or task.done():
            task = self._running[name] = asyncio.ensure_future(probe())
        return task

    def _told(self, name: str, task: asyncio.Task[Condition]) -> Condition:
        if not task.done():
            return Condition(State.UNKNOWN, {"why": "no answer in time"})
        if task.cancelled():
            return Condition(State.UNKNOWN, {"why": "stopping"})
        error = task.exception()
        if error is None:
            return task.result()
        LOG.warning("the condition %s does not hold: %s", name, type(error).__name__)
        return Condition(State.FAILING, {"why": type(error).__name__})


def is_healthy(conditions: Mapping[str, Condition]) -> bool:
    """True only where everything that is wanted is known to be well."""
    return all(each.state in (State.OK, State.OFF) for each in conditions.values())


def as_document(conditions: Mapping[str, Condition]) -> dict[str, Any]:
    """{"healthy": bool, "conditions": {name: {"state": STATE, fact: value ...}}}"""
    return {
        "healthy": is_healthy(conditions),
        "conditions": {name: {"state": each.state.value, **each.facts} for name, each in conditions.items()},
    }
