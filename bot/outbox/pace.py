"""How fast Slack may be called: budgets kept ahead of time, so that it seldom has to say 429."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import Message


@dataclass(frozen=True, slots=True)
class Pace:
    """Posts for each channel, edits for each workspace.

    chat.postMessage allows about one message a second and channel with short bursts, and what leaves us evenly does not
    arrive evenly; chat.update is a method of Tier 3, 50 calls a minute over the whole workspace (docs.slack.dev, "Rate
    limits"). `edit_burst` and one minute's
    refill together stay within those 50. Progress leaves `edits_kept` of the burst to final states.
    """

    posts_per_s: float = 0.9
    post_burst: int = 5
    edits_per_minute: float = 30.0
    edit_burst: int = 20
    edits_kept: int = 10


SLACK_PACE = Pace()


@dataclass(slots=True)
class _Bucket:
    """Holds `burst` calls at most and gains `per_s`; begins full."""

    per_s: float
    burst: int
    held: float
    at: datetime

    def wait_s(self, now: datetime, kept: int) -> float:
        """Seconds until one call is there beside `kept` others; 0 when it is."""
        # A clock that was set back gains nothing, and takes nothing away.
        gained = max((now - self.at).total_seconds(), 0.0) * self.per_s
        self.held, self.at = min(float(self.burst), self.held + gained), now
        return max(0.0, (kept + 1 - self.held) / self.per_s)


class Budgets:
    """Without a pace every message may go out at once. In memory: a new process begins with full buckets."""

    def __init__(self, pace: Pace | None) -> None:
        self._pace = pace
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def free_at(self, message: Message, now: datetime) -> datetime | None:
        """When the message's next post or edit is within the budget; None is now."""
        if self._pace is None:
            return None
        wait_s = self._bucket(message, self._pace, now).wait_s(now, _kept(message, self._pace))
        return now + timedelta(seconds=wait_s) if wait_s > 0 else None

    def take(self, message: Message, now: datetime) -> bool:
        """Spend one call on the message; False, and nothing is spent, when none is left for it."""
        if self._pace is None:
            return True
        bucket = self._bucket(message, self._pace, now)
        if bucket.wait_s(now, _kept(message, self._pace)) > 0:
            return False
        bucket.held -= 1
        return True

    def forget_full(self, now: datetime) -> None:
        """Drop the buckets that are as good as new ones."""
        for which, bucket in list(self._buckets.items()):
            if bucket.wait_s(now, bucket.burst - 1) == 0:
                del self._buckets[which]

    def _bucket(self, message: Message, pace: Pace, now: datetime) -> _Bucket:
        which = scope(message)
        if which not in self._buckets:
            is_post = message.ts is None
            per_s, burst = (
                (pace.posts_per_s, pace.post_burst) if is_post else (pace.edits_per_minute / 60, pace.edit_burst)
            )
            self._buckets[which] = _Bucket(per_s, burst, float(burst), now)
        return self._buckets[which]


def scope(message: Message) -> tuple[str, str]:
    """What Slack counts the message's next call with: posts of its channel, or edits of its workspace."""
    return ("post", message.channel_id) if message.ts is None else ("edit", message.team_id)


def _kept(message: Message, pace: Pace) -> int:
    return pace.edits_kept if message.progress and message.ts is not None else 0
