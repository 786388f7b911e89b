"""How often a method may be called: docs.slack.dev "Rate limits", with the figures as arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages per second and channel with a burst, and edits per minute over the whole workspace.

    The burst is wider than what Slack promises (it promises none), since the real one lets short bursts through.
    """

    posts_per_s: float = 1.0
    post_burst: int = 8
    updates_per_minute: int = 50


@dataclass(slots=True)
class Budget:
    """A token bucket for each (method, channel)."""

    rates: Rates | None
    now: Callable[[], float]
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def retry_after(self, method: str, channel: str) -> int | None:
        """None when the call may go on (and counts), else the whole seconds to wait."""
        if self.rates is None:
            return None
        match method:
            case "chat.postMessage":
                return self._take((method, channel), self.rates.posts_per_s, self.rates.post_burst)
            case "chat.update":
                return self._take(
                    (method, ""), self.rates.updates_per_minute / 60, max(1, self.rates.updates_per_minute)
                )
            case _:
                return None

    def _take(self, key: tuple[str, str], per_s: float, burst: int) -> int | None:
        at = self.now()
        tokens, before = self._buckets.get(key, (float(burst), at))
        tokens = min(float(burst), tokens + (at - before) * per_s)
        if tokens < 1:
            self._buckets[key] = (tokens, at)
            return max(1, round((1 - tokens) / per_s + 0.5))
        self._buckets[key] = (tokens - 1, at)
        return None
