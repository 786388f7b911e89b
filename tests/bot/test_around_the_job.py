"""What goes wrong or happens around the main job, through the local workspace: refusals, restarts, other surfaces."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from played import HERE, KEYS, checked, finished, mailed, on_stage, replies, root_text, told

from bot.app import CannotStart
from bot.demo.nameserver import Fault
from bot.demo.script import address_in
from bot.demo.stage import Stage
from bot.demo.workspace import (
    ALICE,
    ARCHIVED,
    GUEST,
    HANAKO,
    PRIVATE,
    RANDOM,
    direct_channel,
)
from bot.store import utc_now


def test_what_is_wrong_is_told_to_the_asker_alone_in_their_language() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, RANDOM.id, "/mailcheck good.example")
        assert "/invite @mailcheck" in await told(stage, ALICE, 1)
        await workspace.command(HANAKO.id, PRIVATE.id, "/mailcheck good.example")
        assert "招待" in await told(stage, HANAKO, 1)
        await workspace.command(ALICE.id, ARCHIVED.id, "/mailcheck good.example")
        assert "archived" in await told(stage, ALICE, 2)
        for count, (text, shown) in enumerate(
            {
                "192.0.2.1": "IPアドレス",
                "localhost": "自分の端末",
                "co.jp": "パブリックサフィックス",
                "a" * 254: "",
                " ".join(f"{n}.example" for n in range(11)): "10ドメインまで",
                "hlep": "/mailcheck help",
                "help": "テスト用アドレス",
            }.items(),
            2,
        ):
            outcome = await workspace.command(HANAKO.id, HERE, f"/mailcheck {text}")
            assert outcome.acknowledged_after_s is not None
            assert shown in await told(stage, HANAKO, count)
        assert workspace.messages(HERE) == []
        assert workspace.messages(RANDOM.id) == []
        root = await checked(stage, "https://good.example/", GUEST)
        assert "the host of the URL" in root_text(stage, root)

    on_stage(scene)


def test_a_second_command_for_a_running_check_links_to_its_thread() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck slow.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.command(HANAKO.id, HERE, "/mailcheck slow.example")
        answer = await told(stage, HANAKO)
        assert "実行中" in answer
        assert root.ts.replace(".", "") in answer
        await workspace.wait_for(lambda: "questions answered" in root_text(stage, root), what="progress")
        await finished(stage, root)
        assert len(workspace.messages(HERE)) == 1
        assert "could not be tested" in root_text(stage, root)

    on_stage(scene, deadline_s=3.5)


def test_a_domain_that_does_not_exist() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck nothing-here.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await workspace.wait_for(lambda: "does not exist" in root_text(stage, root), what="the sentence")
        await stage.settle()
        assert len(replies(stage, root)) == 1
        assert "no mail to test" in replies(stage, root)[0]

    on_stage(scene)


def test_a_table_that_slack_refuses_becomes_text() -> None:
    async def scene(stage: Stage) -> None:
        stage.workspace.faults.fail("chat.postMessage", "invalid_blocks", times=1)
        await stage.workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        root = await stage.workspace.wait_for(lambda: stage.workspace.messages(HERE)[0], what="a root message")
        await stage.workspace.wait_for(lambda: "Safe (provisional)" in root_text(stage, root), what="a verdict")

    on_stage(scene)


def test_an_edit_that_slack_refuses_ends_nothing_and_a_deleted_root_is_told_to_who_presses() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        root = await checked(stage, "good.example")
        workspace.faults.fail("chat.update", "is_archived", times=len(workspace.thread(HERE, root.ts)))
        await workspace.press(ALICE.id, HERE, root.ts, "language", "ja")
        refused = [("chat.update", "is_archived")] * len(workspace.thread(HERE, root.ts))
        await workspace.wait_for(
            lambda: [(c.method, c.outcome) for c in workspace.calls if c.outcome == "is_archived"] == refused,
            what="every edit refused",
        )
        assert "Safe" in root_text(stage, root)
        await mailed(stage, root, "good")
        assert "*安全*" in root_text(stage, root)
        await stage.settle()
        assert "DNSの検査結果" in workspace.thread(HERE, root.ts)[2].text, "an edit that was refused is made later"
        # That of the root, and the refused one of the reply with the address, which is wanted again only now.
        workspace.faults.fail("chat.update", "message_not_found", times=2)
        await workspace.press(ALICE.id, HERE, root.ts, "check_again")
        await stage.settle()
        reply = workspace.thread(HERE, root.ts)[1]
        await workspace.press(HANAKO.id, HERE, reply.ts, "close_address")
        assert "/mailcheck good.example" in await told(stage, HANAKO)

    on_stage(scene)


def test_a_full_address_is_replaced_when_somebody_asks_for_one() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example")
        full = address_in(stage, root)
        await mailed(stage, root, "good")
        await stage.workspace.press(ALICE.id, HERE, root.ts, "send_test")
        assert f"`{full}` takes no more mail" in await told(stage, ALICE)
        await stage.settle()
        assert address_in(stage, root) != full
        await mailed(stage, root, "good")

    on_stage(scene, mailbox_max_mails=1)


def test_what_stands_in_the_environment_for_another_app_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "0123456789abcdef")

    async def scene(stage: Stage) -> None:
        await stage.workspace.command(ALICE.id, HERE, "/mailcheck help")
        assert "/mailcheck example.co.jp" in await told(stage, ALICE)

    on_stage(scene)


def test_a_guest_opens_and_closes_no_address_but_their_own() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        root = await checked(stage, "good.example")
        reply = workspace.thread(HERE, root.ts)[1]
        await workspace.press(GUEST.id, HERE, reply.ts, "close_address")
        assert "Only full members" in await told(stage, GUEST)
        await workspace.mention(GUEST.id, HERE, "send-test", root.ts)
        assert "Only full members" in await told(stage, GUEST, 2)
        await mailed(stage, root, "good")
        own = await checked(stage, "no-dmarc.example", GUEST)
        reply = workspace.thread(HERE, own.ts)[1]
        await workspace.press(GUEST.id, HERE, reply.ts, "close_address")
        await workspace.wait_for(lambda: "was closed" in replies(stage, own)[0], what="a closed address")

    on_stage(scene)


def test_joining_a_channel_and_the_home_tab() -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.invite_bot(HANAKO.id, RANDOM.id)
        greeting = await workspace.wait_for(lambda: workspace.messages(RANDOM.id)[0], what="a greeting")
        assert len(workspace.text_of(greeting).splitlines()) == 3
        assert "メールドメイン" in workspace.text_of(greeting)
        root = await checked(stage, "good.example", HANAKO)
        await workspace.open_home(HANAKO.id)
        view = await workspace.wait_for(lambda: workspace.home(HANAKO.id), what="a home tab")
        shown = json.dumps(view.body, ensure_ascii=False)
        assert "安全(暫定)" in shown
        assert address_in(stage, root) in shown
        await workspace.open_home(ALICE.id)
        other = await workspace.wait_for(lambda: workspace.home(ALICE.id), what="a home tab")
        assert "good.example`" not in json.dumps(other.body)

    on_stage(scene)


def test_a_restart_in_the_middle_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        workspace = stage.workspace
        await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
        await stage.stop_bot()
        await stage.start_bot()
        await finished(stage, root)
        await mailed(stage, root, "good")
        assert len(workspace.messages(HERE)) == 1
        assert len(replies(stage, root)) == 4

    on_stage(scene, data_dir=tmp_path, faults=[Fault("good.example", "MX", delay_s=1.0)])


def test_the_bots_own_direct_messages_will_do() -> None:
    async def scene(stage: Stage) -> None:
        root = await checked(stage, "good.example", HANAKO, direct_channel(HANAKO.id))
        assert len(replies(stage, root)) == 3

    on_stage(scene)


def test_a_command_that_was_kept_but_not_worked_on_is_resumed_at_the_next_start(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        assert stage.app is not None
        kept = {
            "command": "/mailcheck",
            "text": "good.example",
            "team_id": "T0LOCAL",
            "channel_id": HERE,
            "user_id": ALICE.id,
            "response_url": stage.workspace.url,
        }
        assert await stage.app.store.events.receive("command:1", "command", kept)
        await stage.stop_bot()
        await stage.start_bot()
        root = await stage.workspace.wait_for(lambda: stage.workspace.messages(HERE)[0], what="a root message")
        await finished(stage, root)
        assert stage.app is not None
        assert await stage.app.store.events.unfinished() == []

    on_stage(scene, data_dir=tmp_path)


def test_an_uninstalled_app_keeps_nothing_of_the_workspace() -> None:
    async def scene(stage: Stage) -> None:
        await checked(stage, "good.example")
        await stage.workspace.uninstall()
        assert stage.app is not None
        for _ in range(100):
            if not await stage.app.store.threads.recent("T0LOCAL"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the threads are still there")

    on_stage(scene)


def test_a_token_that_slack_does_not_know_is_a_sentence_and_leaves_nothing_running(tmp_path: Path) -> None:
    async def run() -> None:
        for setting, wrong in (("slack_bot_token", "xoxb-wrong"), ("slack_app_token", "xapp-wrong")):
            with pytest.raises(CannotStart, match=f"{setting.upper()}.*invalid_auth"):
                async with Stage(keys=KEYS, data_dir=tmp_path, **{setting: wrong}):
                    pass
        async with Stage(keys=KEYS, data_dir=tmp_path):
            pass

    asyncio.run(run())


def test_starts_that_slack_refuses_use_up_no_resumption_of_unfinished_work(tmp_path: Path) -> None:
    def resumptions() -> int:
        with closing(sqlite3.connect(tmp_path / "dbos.db")) as connection:
            return int(connection.execute("SELECT sum(recovery_attempts) FROM workflow_status").fetchone()[0])

    async def scene(stage: Stage) -> None:
        # Its address waits for its end: a workflow that each launch resumes.
        await checked(stage, "good.example")
        await stage.stop_bot()
        before = resumptions()
        for method in ("auth.test", "apps.connections.open"):
            # An engine that runs by then has the time to count.
            stage.workspace.faults.rate_limit(method, 1)
            stage.workspace.faults.fail(method, "fatal_error")
            with pytest.raises(CannotStart, match="fatal_error"):
                await stage.start_bot()
        # In a thread of its own, a moment after the launch.
        await stage.start_bot()
        await stage.workspace.wait_for(lambda: resumptions() > before, what="a resumption")
        assert resumptions() == before + 1

    on_stage(scene, data_dir=tmp_path)


def test_what_nothing_can_ask_for_any_more_is_forgotten(tmp_path: Path) -> None:
    def count(table: str) -> int:
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    async def run() -> None:
        async with Stage(keys=KEYS, data_dir=tmp_path, rates=None) as stage:
            root = await checked(stage, "good.example")
            await stage.workspace.press(ALICE.id, HERE, root.ts, "check_again")
            await stage.workspace.wait_for(lambda: "nothing changed" in root_text(stage, root), what="a second check")
            assert [count(table) for table in ("work", "reports")] == [3, 2]
        much_later = utc_now() + timedelta(days=100)
        async with Stage(keys=KEYS, data_dir=tmp_path, clock=lambda: much_later), asyncio.timeout(10):
            while True:
                left = [count(table) for table in ("work", "applied_events", "received_events", "reports")]
                # The report that the thread shows stays; the address only now expired.
                if left in ([0, 0, 0, 1], [0, 1, 0, 1]):
                    return
                await asyncio.sleep(0.05)

    asyncio.run(run())


def damage(directory: Path, name: str) -> None:
    for left in directory.glob(f"{name}*"):
        left.unlink()
    (directory / name).write_bytes(b"no database at all " * 400)


def test_a_damaged_or_newer_database_is_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with Stage(keys=KEYS, data_dir=tmp_path):
            pass
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = 'newer'")
        with pytest.raises(CannotStart, match=r"app\.db cannot be brought up to date"):
            async with Stage(keys=KEYS, data_dir=tmp_path):
                pass
        for name in ("app.db", "dbos.db"):
            damage(tmp_path, name)
            with pytest.raises(CannotStart, match=f"{name} cannot be used: file is not a database"):
                async with Stage(keys=KEYS, data_dir=tmp_path):
                    pass
            (tmp_path / name).unlink()
        async with Stage(keys=KEYS, data_dir=tmp_path):
            pass

    asyncio.run(run())
