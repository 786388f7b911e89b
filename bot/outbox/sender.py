"""Makes the chat show what the table of messages says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.outbox.content import BLOCK_ERRORS, NO_TABLES, has_table, ways
from bot.outbox.pace import SLACK_PACE, Budgets, Pace, scope
from bot.outbox.port import Chat, Content, NotReached, Posted, Refused, Throttled, Unclear
from bot.store import Clock, Message, Store, utc_now

LOG = logging.getLogger(__name__)

PARENT_FAILED = "parent_failed"
"""The error given to `on_failed` for a reply whose root could never be posted."""

# Not the message's fault: it waits until the operator has put the credentials right.
CREDENTIAL_ERRORS = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
# Nor these: the workspace or the channel moves house, or an edit failed on Slack's side. Nothing was done.
PASSING_ERRORS = frozenset(
    {
        "accesslimited",
        "external_channel_migrating",
        "org_login_required",
        "team_added_to_org",
        "update_failed",
    }
)
_NOT_NOW = "not now: "
MOST_PASSING = 1440
"""Attempts after which a passing word counts as a refusal: about a day, most of it at SLOWEST_RETRY_S."""
# Slack's clock and ours differ, and `created_at` is ours.
CLOCK_DIFFERENCE = timedelta(minutes=5)
SLOWEST_RETRY_S = 60.0
LONG_AGO = datetime.min.replace(tzinfo=UTC)

OnFailed = Callable[[str, str], Awaitable[None]]


class Outbox:
    """One task that posts and edits; channels do not wait for each other, messages of one thread keep their order.

    Edits to a final state go first, then posts, then progress; among edits whoever was told least recently.
    `pace` None: as fast as Slack answers.

    on_failed(key, error) is awaited before a message, or a revision of one, is given up, at least once: error is
    Slack's word (not_in_channel, is_archived, message_not_found ...) or PARENT_FAILED.
    """

    def __init__(
        self,
        store: Store,
        chat: Chat,
        *,
        on_failed: OnFailed,
        clock: Clock = utc_now,
        pace: Pace | None = SLACK_PACE,
        poll_s: float = 5.0,
        progress_s: float = 2.0,
        settle_s: float = 1.0,
    ) -> None:
        self._messages = store.messages
        self._chat = chat
        self._on_failed = on_failed
        self._clock = clock
        self._poll_s = poll_s
        self._progress_s = progress_s
        self._settle_s = settle_s
        self._budgets = Budgets(pace)
        self._paused: dict[tuple[str, str], datetime] = {}
        self._lanes: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled; a post cut short by that is looked for before the next process repeats it."""
        try:
            while True:
                self._messages.changed.clear()
                wait_s = self._poll_s
                # What is read of a channel while its lane is under way may be sent by the time it is read: it is for
                # the next look, which the end of the lane brings.
                busy = frozenset(self._lanes)
                try:
                    wait_s = self._open_lanes(await self._messages.pending(), busy)
                except Exception:
                    LOG.exception("the table of messages could not be read")
                with suppress(TimeoutError):
                    # Not wait_for: before Python 3.12 it swallows a cancellation that meets a change, and we never end.
                    async with asyncio.timeout(wait_s):
                        await self._messages.changed.wait()
        finally:
            lanes = list(self._lanes.values())
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    def _open_lanes(self, pending: Iterable[Message], busy: Collection[str]) -> float:
        """Give each channel that is not busy its due messages; returns the seconds until something else falls due."""
        now = self._clock()
        self._paused = {which: until for which, until in self._paused.items() if until > now}
        self._budgets.forget_full(now)
        wait_s = self._poll_s
        due: dict[str, list[Message]] = {}
        held: set[tuple[str, str | None]] = set()
        for message in sorted(pending, key=_turn):
            place = (message.channel_id, message.parent_key)
            is_post = message.ts is None
            due_at = self._due_at(message, now)
            if is_post and message.parent_key is not None and place in held:
                continue
            if due_at is not None and due_at > now:
                wait_s = min(wait_s, (due_at - now).total_seconds())
                if is_post:
                    held.add(place)
            elif message.channel_id not in busy:
                due.setdefault(message.channel_id, []).append(message)
        for channel_id, messages in due.items():
            lane = asyncio.create_task(self._send_all(messages), name=f"outbox-{channel_id}")
            self._lanes[channel_id] = lane
            lane.add_done_callback(partial(self._close_lane, channel_id))
        return max(wait_s, 0.01)

    def _close_lane(self, channel_id: str, _lane: asyncio.Task[None]) -> None:
        self._lanes.pop(channel_id, None)
        self._messages.changed.set()

    def _due_at(self, message: Message, now: datetime) -> datetime | None:
        """When the message may go out; None is at once."""
        times = [message.not_before, self._paused.get(scope(message)), self._budgets.free_at(message, now)]
        if message.ts is not None and message.progress and message.sent_at is not None:
            times.append(message.sent_at + timedelta(seconds=self._progress_s))
        return max((each for each in times if each is not None), default=None)

    async def _send_all(self, messages: list[Message]) -> None:
        """The due messages of one channel, in order; the first that has to wait lets the rest wait for a new look."""
        for message in messages:
            try:
                if not await self._send(message):
                    return
            except Exception:
                LOG.exception("message %s could not be sent", message.key)
                await asyncio.sleep(self._settle_s)
                return

    async def _send(self, message: Message) -> bool:
        """True when the message needs no further attempt now."""
        if message.parent_failed:
            await self._give_up(message, PARENT_FAILED)
            return True
        if not self._budgets.take(message, self._clock()):
            return False
        try:
            if message.ts is None:
                await self._post(message)
            else:
                await self._update(message, message.ts)
        except Throttled as limit:
            LOG.warning("Slack asks for a pause of %g s before the next %s", limit.retry_after_s, scope(message)[0])
            self._paused[scope(message)] = self._clock() + timedelta(seconds=limit.retry_after_s)
        except NotReached as error:
            await self._postpone(message, f"not reached: {error}")
        except Unclear as error:
            await self._postpone(message, f"no answer: {error}")
        except Refused as refusal:
            if refusal.error in CREDENTIAL_ERRORS:
                LOG.error("Slack refuses the bot's token: %s", refusal.error)
                until = self._clock() + timedelta(seconds=SLOWEST_RETRY_S)
                await self._messages.postpone(message.key, until, refusal.error)
                return False
            if refusal.error in PASSING_ERRORS:
                # A day without a network, counted as well, must not use up the patience with these.
                is_first = not (message.last_error or "").startswith(_NOT_NOW)
                if is_first or message.attempts < MOST_PASSING:
                    await self._postpone(message, f"{_NOT_NOW}{refusal.error}", first=is_first)
                    return False
            await self._give_up(message, refusal.error)
            return True
        else:
            return True
        return False

    async def _post(self, message: Message) -> None:
        if message.state == "sending":
            found = await self._find(message)
            if found is not None:
                await self._messages.sent(message.key, found.rev, found.ts, found.channel_id)
                return
        await self._messages.sending(message.key)
        rev = message.desired_rev
        try:
            posted = await self._show(
                message,
                lambda content: self._chat.post(
                    message.channel_id, message.parent_ts, content, key=message.key, rev=rev
                ),
            )
        except (Refused, Throttled, NotReached):
            await self._messages.not_sent(message.key)
            raise
        await self._messages.sent(message.key, rev, posted.ts, posted.channel_id)

    async def _update(self, message: Message, ts: str) -> None:
        rev = message.desired_rev

        async def update(content: Content) -> Posted:
            await self._chat.update(message.channel_id, ts, content, key=message.key, rev=rev)
            return Posted(ts, message.channel_id, rev)

        await self._show(message, update)
        await self._messages.sent(message.key, rev, ts, message.channel_id)

    async def _find(self, message: Message) -> Posted | None:
        since = message.created_at - CLOCK_DIFFERENCE
        try:
            return await self._chat.find(message.channel_id, message.parent_ts, message.key, since=since)
        except Refused as refusal:
            if refusal.error in CREDENTIAL_ERRORS | PASSING_ERRORS:
                # The post would be refused too, and then count as one that was never made.
                raise
            LOG.warning("message %s may be posted twice: it cannot be looked for (%s)", message.key, refusal.error)
            return None

    async def _show(self, message: Message, show: Callable[[Content], Awaitable[Posted]]) -> Posted:
        """Show the richest form that the workspace takes, and remember if its tables were the trouble."""
        forms = ways(message.payload, await self._messages.team_traits(message.team_id))
        table_refused = False
        for content in forms[:-1]:
            try:
                posted = await show(content)
            except Refused as refusal:
                if refusal.error not in BLOCK_ERRORS:
                    raise
                LOG.warning("message %s goes out in a plainer form (%s)", message.key, refusal.error)
                table_refused = has_table(content.blocks)
                continue
            if table_refused and not has_table(content.blocks):
                await self._messages.note_team_trait(message.team_id, NO_TABLES)
            return posted
        return await show(forms[-1])

    async def _postpone(self, message: Message, why: str, *, first: bool = False) -> None:
        """`first`: of a new kind of trouble."""
        attempts = 0 if first else min(message.attempts, 10)
        delay_s = min(self._settle_s * 2.0**attempts, SLOWEST_RETRY_S)
        LOG.warning("message %s waits %.1f s: %s", message.key, delay_s, why)
        until = self._clock() + timedelta(seconds=delay_s)
        await self._messages.postpone(message.key, until, why, first=first)

    async def _give_up(self, message: Message, error: str) -> None:
        LOG.warning("message %s is given up: %s", message.key, error)
        await self._on_failed(message.key, error)
        await self._messages.failed(message.key, message.desired_rev, error)


def _turn(message: Message) -> tuple[int, datetime]:
    """Whose turn it is when several are due; messages of equal turn go in the order in which they were first wanted."""
    if message.ts is None:
        return 1, LONG_AGO
    return 2 if message.progress else 0, message.sent_at or message.created_at
