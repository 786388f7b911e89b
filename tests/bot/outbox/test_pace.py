"""Budgets on a clock of our own: Slack's limits are kept, and progress gives way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.outbox import SLACK_PACE
from bot.outbox.pace import Budgets
from bot.store import Message

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
POST = Message(
    key="k",
    thread_id="t",
    team_id="T",
    channel_id="C",
    parent_key=None,
    payload={"text": "x"},
    progress=False,
    desired_rev=1,
    sent_rev=0,
    ts=None,
    state="new",
    attempts=0,
    last_error=None,
    created_at=BEGAN,
    sent_at=None,
    not_before=None,
    parent_ts=None,
    parent_failed=False,
)
EDIT = replace(POST, ts="1.0")
PROGRESS = replace(EDIT, progress=True)


def spent(budgets: Budgets, message: Message, seconds: int) -> Iterator[float]:
    """When an eager sender gets a call through, in seconds from the beginning."""
    for tenth in range(seconds * 10):
        while budgets.take(message, BEGAN + timedelta(seconds=tenth / 10)):
            yield tenth / 10


def test_no_minute_sees_more_edits_than_slack_allows_over_all_channels_of_a_workspace() -> None:
    times = list(spent(Budgets(SLACK_PACE), EDIT, 300))
    assert max(sum(begin <= at < begin + 60 for at in times) for begin in times) <= 50
    assert len(times) >= 160
    budgets = Budgets(SLACK_PACE)
    assert len(list(spent(budgets, EDIT, 1))) == SLACK_PACE.edit_burst
    assert not budgets.take(replace(EDIT, channel_id="C2"), BEGAN + timedelta(seconds=1))
    assert budgets.take(replace(EDIT, team_id="T2"), BEGAN + timedelta(seconds=1))


def test_a_channel_takes_a_burst_and_then_less_than_one_post_a_second_and_others_do_not_wait_for_it() -> None:
    budgets = Budgets(SLACK_PACE)
    times = list(spent(budgets, POST, 10))
    assert times[: SLACK_PACE.post_burst] == [0.0] * SLACK_PACE.post_burst
    assert len(times) == SLACK_PACE.post_burst + 8
    assert budgets.take(replace(POST, channel_id="C2"), BEGAN)


def test_progress_leaves_room_for_final_states() -> None:
    budgets = Budgets(SLACK_PACE)
    assert len(list(spent(budgets, PROGRESS, 1))) == SLACK_PACE.edit_burst - SLACK_PACE.edits_kept
    now = BEGAN + timedelta(seconds=1)
    assert budgets.free_at(PROGRESS, now) is not None
    assert budgets.free_at(EDIT, now) is None
    assert len(list(spent(budgets, EDIT, 1))) == SLACK_PACE.edits_kept


def test_when_a_call_is_free_again_it_can_be_taken_and_a_clock_set_back_costs_nothing() -> None:
    budgets = Budgets(SLACK_PACE)
    list(spent(budgets, POST, 1))
    now = BEGAN + timedelta(seconds=1)
    free_at = budgets.free_at(POST, now)
    assert free_at is not None
    assert not budgets.take(POST, free_at - timedelta(milliseconds=50))
    assert budgets.take(POST, free_at + timedelta(milliseconds=1))
    assert budgets.free_at(POST, BEGAN) is not None
    assert budgets.take(POST, BEGAN + timedelta(seconds=4))
    budgets.forget_full(BEGAN + timedelta(seconds=60))
    assert budgets.free_at(POST, BEGAN + timedelta(seconds=60)) is None


def test_without_a_pace_nothing_waits() -> None:
    budgets = Budgets(None)
    assert all(budgets.take(EDIT, BEGAN) for _ in range(1000))
    assert budgets.free_at(POST, BEGAN) is None
