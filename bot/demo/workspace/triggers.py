"""trigger_id: what lets an app open a modal in answer to something that a person just did."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.demo.workspace.calls import Refused

TRIGGER_S = 3.0


@dataclass(slots=True)
class Triggers:
    """Triggers that were given out, each good for one exchange within 3 s."""

    now: Callable[[], float]
    _given: dict[str, tuple[str, float, bool]] = field(default_factory=dict)

    def give(self, user: str) -> str:
        """A new trigger for what this person did."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**8)}.{secrets.token_hex(16)}"
        self._given[trigger] = (user, self.now() + TRIGGER_S, False)
        return trigger

    def exchange(self, trigger: str) -> str:
        """The person whose trigger it is. Raises Refused when unknown, used or old."""
        if trigger not in self._given:
            raise Refused("invalid_trigger_id")
        user, until, used = self._given[trigger]
        if used:
            raise Refused("exchanged_trigger_id")
        if self.now() > until:
            raise Refused("expired_trigger_id")
        self._given[trigger] = (user, until, True)
        return user
