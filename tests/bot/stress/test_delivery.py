"""What Slack hands over, once, twice, late or into a socket that breaks: done once."""

import asyncio
import re

import pytest
from stressed import HERE, IMPATIENT_S, Stressed, stray, under_stress

from bot.demo.nameserver import Fault
from bot.demo.workspace import ALICE, HANAKO

SLOW = Fault("no-dmarc.example", "MX", delay_s=0.7)
EXPLAINED = re.compile(r"SEC001|DNSSEC")


def explanations(stressed: Stressed, root_ts: str, before: int) -> int:
    return len(stressed.workspace.thread(HERE, root_ts)) - before


def test_an_event_that_went_to_a_socket_which_never_answers_is_done_once_when_it_comes_again() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        root = await stressed.checked("no-dmarc.example")
        before = len(workspace.thread(HERE, root.ts))
        async with stray(workspace) as taken:
            for _ in range(4):
                await workspace.mention(ALICE.id, HERE, "explain DMARC001", root.ts)
            await workspace.wait_for(lambda: explanations(stressed, root.ts, before) == 8, what="four answers")
            # The mention came as two events, and as often as it took; each attempt is over before we count.
            await asyncio.sleep(1.2)
        await stressed.settle()
        assert explanations(stressed, root.ts, before) == 8
        assert taken
        retried = [each for each in workspace.deliveries if each.retry_attempt > 0]
        assert any(each.acknowledged_after_s is not None for each in retried)

    under_stress(scene, ack_wait_s=IMPATIENT_S)


def test_what_is_delivered_again_after_its_acknowledgement_is_acknowledged_and_not_done_again() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        workspace.faults.redeliver("slash_commands")
        root = await stressed.checked("no-dmarc.example")
        before = len(workspace.thread(HERE, root.ts))
        workspace.faults.redeliver("events_api", 4)
        await workspace.mention(ALICE.id, HERE, "explain DMARC001", root.ts)
        workspace.faults.redeliver("interactive")
        await workspace.press(ALICE.id, HERE, root.ts, "check_again")
        await workspace.wait_for(lambda: "Checked again" in stressed.root_text(root), what="a second check")
        await asyncio.sleep(1)
        await stressed.settle()
        assert explanations(stressed, root.ts, before) == 2
        assert len(workspace.messages(HERE)) == 1
        assert workspace.ephemerals(ALICE.id) == []
        assert all(each.acknowledged_after_s is not None for each in workspace.deliveries)

    under_stress(scene)


def test_double_clicks_and_a_command_typed_twice_do_their_work_once() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        line = "/mailcheck no-dmarc.example"
        await asyncio.gather(workspace.command(ALICE.id, HERE, line), workspace.command(HANAKO.id, HERE, line))
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: stressed.has_verdict(root), what="a verdict")
        await stressed.settle()
        assert len(workspace.messages(HERE)) == 1
        assert len(workspace.ephemerals(ALICE.id)) + len(workspace.ephemerals(HANAKO.id)) == 1
        presses = [workspace.press(ALICE.id, HERE, root.ts, "check_again") for _ in range(3)]
        await asyncio.gather(*presses)
        await workspace.wait_for(lambda: "Checked again" in stressed.root_text(root), what="a second check")
        reply = workspace.thread(HERE, root.ts)[1]
        await asyncio.gather(*(workspace.press(ALICE.id, HERE, reply.ts, "close_address") for _ in range(2)))
        await workspace.wait_for(lambda: "closed" in stressed.replies(root)[0], what="a closed address")
        await asyncio.gather(*(workspace.press(ALICE.id, HERE, reply.ts, "new_address") for _ in range(3)))
        await stressed.settle()
        thread = (await stressed.app.store.threads.recent("T0LOCAL"))[0]
        assert len(thread.state["addresses"]) == 2
        assert thread.state["runs"] == 2
        assert len(stressed.replies(root)) == 3

    under_stress(scene, faults=[SLOW])


@pytest.mark.parametrize(("reason", "most"), [("warning", None), ("refresh_requested", None), (None, 1)])
def test_a_socket_that_slack_closes_or_loses_costs_no_command(reason: str | None, most: int | None) -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        await workspace.disconnect_sockets(reason, most)
        typed = [await workspace.command(ALICE.id, HERE, "/mailcheck help") for _ in range(3)]
        assert all(each.acknowledged_after_s is not None for each in typed), typed
        await workspace.wait_for(lambda: len(workspace.ephemerals(ALICE.id)) == 3, what="three answers")

    under_stress(scene)


@pytest.mark.parametrize("turns", [1, 8, 30])
def test_a_socket_dropped_between_envelope_and_acknowledgement(turns: int) -> None:
    """`turns` of the event loop after the envelope went out: before the bot read it, while it keeps it, thereafter."""

    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        root = await stressed.checked("no-dmarc.example")
        before = len(workspace.thread(HERE, root.ts))
        await workspace.mention(ALICE.id, HERE, "explain DMARC001", root.ts)
        for _ in range(turns):
            await asyncio.sleep(0)
        await workspace.disconnect_sockets(None)
        await workspace.wait_for(lambda: explanations(stressed, root.ts, before) == 2, what="one answer")
        await asyncio.sleep(1)
        assert explanations(stressed, root.ts, before) == 2

    under_stress(scene, ack_wait_s=IMPATIENT_S)
