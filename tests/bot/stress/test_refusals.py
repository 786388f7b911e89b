"""What Slack refuses, slows down or has lost, in the middle of the main job."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from stressed import HERE, KEYS, Stressed, delete, under_stress

from bot.demo.mails import SAMPLE_MAILS, send
from bot.demo.nameserver import Fault
from bot.demo.stage import HOST
from bot.demo.workspace import ALICE, BOT_USER, HANAKO, MAIL_OPS, Message, Rates
from bot.outbox import NO_TABLES, SLACK_PACE
from bot.store import utc_now

SLOW = Fault("no-dmarc.example", "MX", delay_s=2.6)


async def mailed(stressed: Stressed, root: Message, name: str = "good") -> bool:
    """Send a sample mail to the newest address of the thread; whether it was taken."""
    thread = await stressed.app.store.threads.by_root("T0LOCAL", HERE, root.ts)
    assert thread is not None
    assert stressed.app.mailbox is not None
    mail = next(each for each in SAMPLE_MAILS if each.id == name)
    recipient = thread.state["addresses"][-1]["address"]
    port = stressed.app.mailbox.port
    return (await send(mail, KEYS, host=HOST, port=port, recipient=recipient, lang="en", now=utc_now())).accepted


@pytest.mark.parametrize("error", ["missing_scope", "not_in_channel", "channel_not_found", "is_archived"])
def test_a_refused_root_is_told_to_the_asker_and_stands_in_nobodys_way(error: str) -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        workspace.faults.fail("chat.postMessage", error)
        await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        await workspace.wait_for(lambda: workspace.ephemerals(ALICE.id), what="a refusal")
        assert len(workspace.ephemerals(ALICE.id)) == 1
        assert workspace.messages(HERE) == []
        await stressed.checked("good.example")
        assert len(stressed.roots("good.example")) == 1

    under_stress(scene)


def test_429_is_waited_out_and_the_final_state_shown() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        workspace.faults.rate_limit("chat.postMessage", 1, times=2)
        root = await stressed.checked("no-dmarc.example")
        workspace.faults.rate_limit("chat.update", 1, times=2)
        await workspace.press(HANAKO.id, HERE, root.ts, "language")
        await workspace.wait_for(lambda: "メールシステム要改善(暫定)" in stressed.root_text(root), what="Japanese")
        await stressed.settle()
        assert len(stressed.replies(root)) == 3
        assert len(workspace.messages(HERE)) == 1
        for method in ("chat.postMessage", "chat.update"):
            calls = [call for call in workspace.calls if call.method == method]
            assert [call.outcome for call in calls].count("ratelimited") == 2
            # Nobody calls again before the second that Slack asked for is over.
            for call, following in pairwise(calls):
                assert call.outcome == "ok" or following.at - call.at >= 0.95

    under_stress(scene)


def test_a_crowd_in_one_channel_and_impatient_readers_never_make_slack_say_429() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        domains = ("good.example", "no-dmarc.example")
        await asyncio.gather(*(workspace.command(ALICE.id, HERE, f"/mailcheck {domain}") for domain in domains))
        await stressed.settle()
        root = stressed.roots("good.example")[0]
        for _ in range(6):
            await workspace.press(HANAKO.id, HERE, root.ts, "language")
        await stressed.settle()
        assert "ratelimited" not in stressed.outcomes("chat.postMessage") + stressed.outcomes("chat.update")
        thread = await stressed.app.store.threads.by_root("T0LOCAL", HERE, root.ts)
        assert thread is not None
        assert {"en": "Safe (provisional)", "ja": "安全(暫定)"}[thread.lang] in stressed.root_text(root)
        assert len(workspace.messages(HERE)) == 2
        assert all(stressed.has_verdict(each) for each in workspace.messages(HERE))

    under_stress(scene, rates=Rates(post_burst=SLACK_PACE.post_burst + 1, updates_per_minute=50))


def test_a_root_that_is_deleted_while_the_check_runs_ends_its_thread() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck no-dmarc.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: len(workspace.thread(HERE, root.ts)) == 2, what="an address")
        await delete(workspace, root)
        await workspace.wait_for(lambda: "message_not_found" in stressed.outcomes("chat.update"), what="an edit")
        await stressed.settle()
        assert not await mailed(stressed, root, "unsigned")
        # Nor does it keep anybody from asking anew.
        await workspace.command(ALICE.id, HERE, "/mailcheck no-dmarc.example")
        await workspace.wait_for(lambda: len(stressed.roots("no-dmarc.example")) == 1, what="another root")
        refused = [each.text for each in workspace.ephemerals(ALICE.id) if each.author == BOT_USER]
        assert refused == []

    under_stress(scene, faults=[SLOW])


def test_a_reply_that_is_deleted_and_a_channel_that_is_archived_for_a_while_end_nothing() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        root = await stressed.checked("good.example")
        await delete(workspace, workspace.thread(HERE, root.ts)[2])
        assert await mailed(stressed, root)
        await workspace.wait_for(lambda: "*Safe*" in stressed.root_text(root), what="a final verdict")
        await stressed.settle()
        workspace.state.channels[HERE] = replace(MAIL_OPS, is_archived=True)
        assert await mailed(stressed, root, "clear-text")
        await workspace.wait_for(lambda: "is_archived" in stressed.outcomes("chat.postMessage"), what="a refusal")
        await stressed.settle()
        workspace.state.channels[HERE] = MAIL_OPS
        before = len(stressed.replies(root))
        assert await mailed(stressed, root, "good")
        await workspace.wait_for(lambda: len(stressed.replies(root)) == before + 1, what="a reply")
        assert "3 " in stressed.root_text(root)
        # The reply that the archived channel refused comes with the next look at the whole thread.
        await workspace.press(ALICE.id, HERE, root.ts, "language", "ja")
        await workspace.wait_for(lambda: len(stressed.replies(root)) == before + 2, what="the lost reply")

    under_stress(scene)


def test_a_table_that_slack_refuses_becomes_text_and_is_not_tried_again() -> None:
    async def scene(stressed: Stressed) -> None:
        workspace = stressed.workspace
        workspace.faults.fail("chat.update", "invalid_blocks")
        await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: "Safe (provisional)" in stressed.root_text(root), what="a verdict")
        await stressed.settle()
        assert await stressed.app.store.messages.team_traits("T0LOCAL") == {NO_TABLES}
        await workspace.press(ALICE.id, HERE, root.ts, "language", "ja")
        await workspace.wait_for(lambda: "安全(暫定)" in stressed.root_text(root), what="Japanese")
        await stressed.settle()
        assert stressed.outcomes("chat.update").count("invalid_blocks") == 1
        shown = workspace.thread(HERE, root.ts)
        assert not any(block["type"] == "table" for message in shown[:1] for block in message.blocks)

    under_stress(scene)
