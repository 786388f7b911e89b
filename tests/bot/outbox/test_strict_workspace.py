"""The outbox against the strict local workspace: real form of calls, scopes, membership and metadata."""

import asyncio
from pathlib import Path

import pytest
from shown import all_shown

from bot.demo.workspace import ARCHIVED, MAIL_OPS, Workspace
from bot.outbox import Outbox, SlackChat, outbox_client
from bot.store import NewThread, PutMessage, Store


def test_lost_answers_give_no_second_message_and_refusals_are_told(tmp_path: Path) -> None:
    failures: list[tuple[str, str]] = []

    async def failed(key: str, error: str) -> None:
        failures.append((key, error))

    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        async with Workspace() as workspace:
            chat = SlackChat(outbox_client(workspace.bot_token, base_url=workspace.api_url))
            outbox = asyncio.create_task(Outbox(store, chat, on_failed=failed, settle_s=0.05).run())
            workspace.faults.drop_response("chat.postMessage", 2)
            puts = [
                PutMessage("root", MAIL_OPS.id, {"text": "root"}),
                PutMessage("reply", MAIL_OPS.id, {"text": "reply"}, parent_key="root"),
            ]
            new = NewThread("t", "T", MAIL_OPS.id, "example.com", "en", "U")
            await store.threads.open(new, "begin", lambda state: (state, list(puts)))
            await all_shown(store)
            await store.messages.put("T", PutMessage("archived", ARCHIVED.id, {"text": "archived"}))
            await all_shown(store)
            (root,) = workspace.messages(MAIL_OPS.id)
            thread = await store.threads.get("t")
            assert thread is not None
            assert thread.root_ts == root.ts
            assert [message.text for message in workspace.thread(MAIL_OPS.id, root.ts)] == ["root", "reply"]
            assert [call.method for call in workspace.calls].count("chat.postMessage") == 3
            outbox.cancel()
            await asyncio.gather(outbox, return_exceptions=True)
        await store.close()

    asyncio.run(main())
    assert failures == [("archived", "is_archived")]


@pytest.mark.parametrize("turns", range(6))
def test_the_outbox_ends_when_it_is_cancelled_just_as_a_message_changes(tmp_path: Path, turns: int) -> None:
    async def failed(key: str, error: str) -> None:
        raise AssertionError("nothing is posted")

    async def main() -> None:
        store = Store(tmp_path / "app.db")
        await store.open()
        async with Workspace() as workspace:
            chat = SlackChat(outbox_client(workspace.bot_token, base_url=workspace.api_url))
            outbox = asyncio.create_task(Outbox(store, chat, on_failed=failed, poll_s=60).run())
            await asyncio.sleep(0.2)
            store.messages.changed.set()
            for _ in range(turns):
                await asyncio.sleep(0)
            outbox.cancel()
            await asyncio.wait({outbox}, timeout=5)
            assert outbox.cancelled()
        await store.close()

    asyncio.run(main())
