"""What was refused is tried again where the refusal may have passed, or was of something older."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from shown import all_shown

from bot.demo.workspace import MAIL_OPS, Workspace
from bot.outbox import Outbox, SlackChat, outbox_client
from bot.outbox.sender import MOST_PASSING
from bot.store import NewThread, PutMessage, Store, utc_now

PASSING = [
    "accesslimited",
    "external_channel_migrating",
    "org_login_required",
    "team_added_to_org",
    "update_failed",
]


class Scene:
    """The outbox beside the strict workspace; `on_failed` is called before a message is given up."""

    def __init__(self, store: Store, workspace: Workspace) -> None:
        self.store = store
        self.workspace = workspace
        self.failures: list[tuple[str, str]] = []
        self.on_failed: Callable[[], Awaitable[None]] | None = None
        self.later = timedelta()

    async def failed(self, key: str, error: str) -> None:
        self.failures.append((key, error))
        if self.on_failed is not None:
            await self.on_failed()

    def clock(self) -> datetime:
        """The outbox's: `later` than the real one."""
        return utc_now() + self.later

    async def put(self, key: str, text: str) -> None:
        parent = None if key == "root" else "root"
        await self.store.messages.put("T", PutMessage(key, MAIL_OPS.id, {"text": text}, parent_key=parent))

    async def quiet(self) -> None:
        await all_shown(self.store)

    @property
    def texts(self) -> list[str]:
        (root,) = self.workspace.messages(MAIL_OPS.id)
        return [message.text for message in self.workspace.thread(MAIL_OPS.id, root.ts)]

    def count(self, method: str) -> int:
        return [call.method for call in self.workspace.calls].count(method)


def run(path: Path, body: Callable[[Scene], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store(path / "app.db")
        await store.open()
        async with Workspace() as workspace:
            scene = Scene(store, workspace)
            chat = SlackChat(outbox_client(workspace.bot_token, base_url=workspace.api_url))
            outbox = Outbox(
                store, chat, on_failed=scene.failed, clock=scene.clock, pace=None, poll_s=0.1, settle_s=0.05
            )
            task = asyncio.create_task(outbox.run())
            new = NewThread("t", "T", MAIL_OPS.id, "example.com", "en", "U")
            await store.threads.open(new, "begin", lambda state: (state, []))
            await scene.put("root", "root")
            await scene.quiet()
            await body(scene)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("word", PASSING)
def test_a_word_that_says_not_now_costs_no_final_state(tmp_path: Path, word: str) -> None:
    async def body(scene: Scene) -> None:
        scene.workspace.faults.fail("chat.update", word, 2)
        scene.workspace.faults.fail("chat.postMessage", word, 2)
        await scene.put("root", "done")
        await scene.put("reply", "reply")
        await scene.quiet()
        assert scene.texts == ["done", "reply"]
        assert scene.failures == []
        # Nothing was done, so there was nothing to look for.
        assert scene.count("conversations.replies") == 0

    run(tmp_path, body)


@pytest.mark.parametrize("is_counted", [True, False], ids=["by this word", "by a day without network"])
def test_a_word_that_says_not_now_for_ever_is_a_refusal(tmp_path: Path, is_counted: bool) -> None:
    async def body(scene: Scene) -> None:
        def have_tried() -> None:
            with closing(sqlite3.connect(tmp_path / "app.db", timeout=10)) as connection, connection:
                error = "not now: update_failed" if is_counted else "not reached: no network"
                connection.execute("UPDATE messages SET attempts = ?, last_error = ?", (MOST_PASSING, error))

        await asyncio.to_thread(have_tried)
        scene.workspace.faults.fail("chat.update", "update_failed")
        await scene.put("root", "changed")
        await scene.quiet()
        assert scene.failures == ([("root", "update_failed")] if is_counted else [])
        # The next revision has all its attempts.
        scene.workspace.faults.fail("chat.update", "update_failed")
        await scene.put("root", "done")
        await scene.quiet()
        assert scene.texts == ["done"]

    run(tmp_path, body)


@pytest.mark.parametrize("word", ["team_added_to_org", "token_expired"])
def test_a_post_of_unknown_outcome_is_not_repeated_because_nobody_may_look_for_it_now(
    tmp_path: Path, word: str
) -> None:
    async def body(scene: Scene) -> None:
        scene.workspace.faults.drop_response("chat.postMessage")
        scene.workspace.faults.fail("conversations.replies", word)
        scene.workspace.faults.fail("chat.postMessage", word)
        await scene.put("reply", "reply")
        await scene.workspace.wait_for(lambda: scene.count("conversations.replies") == 1, what="a look")
        await asyncio.sleep(0.2)
        scene.later = timedelta(minutes=1)
        await scene.quiet()
        assert scene.texts == ["root", "reply"]
        assert scene.count("chat.postMessage") == 2

    run(tmp_path, body)


@pytest.mark.parametrize("key", ["root", "reply"])
def test_what_came_while_something_older_was_refused_is_shown(tmp_path: Path, key: str) -> None:
    async def body(scene: Scene) -> None:
        async def goes_on() -> None:
            scene.on_failed = None
            await scene.put(key, "done")

        scene.on_failed = goes_on
        scene.workspace.faults.fail("chat.update" if key == "root" else "chat.postMessage", "is_archived")
        await scene.put(key, "changed")
        await scene.quiet()
        assert scene.failures == [(key, "is_archived")]
        assert scene.texts[-1] == "done"

    run(tmp_path, body)


@pytest.mark.parametrize("text", ["reply", "返信"], ids=["as it was", "in the other language"])
def test_a_reply_that_an_archived_channel_refused_is_posted_when_it_is_wanted_again(tmp_path: Path, text: str) -> None:
    async def body(scene: Scene) -> None:
        scene.workspace.state.channels[MAIL_OPS.id] = replace(MAIL_OPS, is_archived=True)
        await scene.put("reply", "reply")
        await scene.quiet()
        assert scene.failures == [("reply", "is_archived")]
        scene.workspace.state.channels[MAIL_OPS.id] = MAIL_OPS
        await scene.put("reply", text)
        await scene.quiet()
        assert scene.texts == ["root", text]

    run(tmp_path, body)


def test_a_root_that_was_refused_stays_given_up_whatever_came_meanwhile(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        async def goes_on() -> None:
            scene.on_failed = None
            await scene.store.messages.put("T", PutMessage("other", MAIL_OPS.id, {"text": "changed"}))

        scene.on_failed = goes_on
        scene.workspace.faults.fail("chat.postMessage", "not_in_channel")
        await scene.store.messages.put("T", PutMessage("other", MAIL_OPS.id, {"text": "other"}))
        await scene.quiet()
        assert scene.failures == [("other", "not_in_channel")]
        assert scene.texts == ["root"]

    run(tmp_path, body)


def test_a_reply_that_may_stand_there_already_is_looked_for_when_it_is_wanted_again(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        scene.workspace.faults.drop_response("chat.postMessage")
        scene.workspace.faults.fail("conversations.replies", "not_in_channel")
        scene.workspace.faults.fail("chat.postMessage", "not_in_channel")
        await scene.put("reply", "reply")
        await scene.quiet()
        assert scene.failures == [("reply", "not_in_channel")]
        await scene.put("reply", "返信")
        await scene.quiet()
        assert scene.texts == ["root", "返信"]

    run(tmp_path, body)
