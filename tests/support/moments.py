"""The moments at which a bot is ended: what is seen of it, and how long thereafter."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """The `nth` time that `event` is seen, and `delay_s` later; `within_s`: then without having seen it."""

    event: str
    nth: int = 1
    delay_s: float = 0.0
    within_s: float = 2.0

    def __str__(self) -> str:
        return f"{self.event} #{self.nth} +{self.delay_s * 1000:.1f} ms"


def phases(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}: {phase}" for name in names for phase in ("before", "done", "answered"))


AT_START = phases("auth.test", "apps.connections.open")
POSTS = phases("post root", "post reply")
EVENTS = (
    *((each,) for each in (*POSTS, *POSTS, *phases("edit", "users.info"), *AT_START)),
    *((each,) for each in ("command sent", "command acknowledged", "dot sent", "250", "dot sent", "250")),
    # A post of unknown outcome is looked for by the next process, which is killed while it looks.
    *(("post root: done", each) for each in phases("find")),
    *(("post reply: done", each) for each in phases("find")),
)
"""What the moments are drawn from; those that stand here twice are worth it."""


def moments(seed: int, count: int, events: tuple[tuple[str, ...], ...] = EVENTS) -> list[Moment]:
    """The same for the same seed; each event in its turn, so that no window is left to luck."""
    chance = random.Random(seed)
    bag: list[tuple[str, ...]] = []
    drawn: list[Moment] = []
    while len(drawn) < count:
        bag = bag or chance.sample(events, len(events))
        drawn += [_moment(event, chance) for event in bag.pop()]
    return drawn[:count]


def _moment(event: str, chance: random.Random) -> Moment:
    is_exact = event.endswith((": before", ": done"))
    delay_s = 0.0 if is_exact else chance.choice((0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)) * chance.random()
    nth = 1 if event in AT_START or event.startswith("find") else chance.choice((1, 1, 2, 3))
    return Moment(event, nth, delay_s, within_s=1.5)
