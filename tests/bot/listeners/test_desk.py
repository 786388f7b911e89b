"""Answers to one person and in a thread are whole, however long they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.content import Content, Divider, Paragraph
from bot.conversation.events import Asked
from bot.demo.workspace import ALICE, MAIL_OPS, Workspace
from bot.listeners import Desk
from bot.listeners.envelope import Asker
from bot.settings import Settings
from bot.store import Store, utc_now
from bot.workflows import Conversations, Offers, Opening, message_key

LONG = Content("en", "long", tuple(part for n in range(12) for part in (Paragraph(f"{n}: " + "x" * 2_500), Divider())))


@asynccontextmanager
async def response_url(answers: list[dict[str, Any]]) -> AsyncIterator[str]:
    """Where answers to one person go, to end up in this list."""

    async def take(request: web.Request) -> web.Response:
        answers.append(await request.json())
        return web.Response()

    hooks = web.Application()
    hooks.router.add_post("/", take)
    runner = web.AppRunner(hooks, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def test_a_long_answer_comes_in_several_messages(tmp_path: Path) -> None:
    async def scene() -> None:
        answers: list[dict[str, Any]] = []
        store = Store(tmp_path / "app.db")
        await store.open()
        conversations = Conversations(store)
        offers = Offers(Settings(), clock=utc_now, new_token=str, address_of=lambda token, domain: token)
        async with Workspace(rates=None) as workspace, response_url(answers) as url:
            client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
            desk = Desk(store, conversations, offers, client, clock=utc_now)
            await desk.respond(Asker("T1", MAIL_OPS.id, ALICE.id, url, "17.1"), LONG)
            await desk.whisper(MAIL_OPS.id, ALICE.id, None, LONG)
            whispered = [workspace.text_of(each) for each in workspace.ephemerals(ALICE.id)]
        opened = Opening("t1", "T1", "C1", "U1", "en", (Asked("a.example", "a.example"),))
        await conversations.open(opened, None)
        thread = await conversations.read("t1")
        assert thread is not None
        for _ in range(2):
            await desk.reply("k", thread, LONG)
        await store.messages.sent("t1/root", 1, "17.1", "C1")
        replied = [str(each.payload) for each in await store.messages.pending() if "/reply/" in each.key]
        await store.close()
        for shown in ([str(each) for each in answers], whispered, replied):
            assert 1 < len(shown) < 6
            assert all(sum(f"{n}: x" in each for each in shown) == 1 for n in range(2, 10))
        assert {each["thread_ts"] for each in answers} == {"17.1"}
        assert not any("fallback_blocks" in each for each in answers)

    asyncio.run(scene())


@pytest.mark.parametrize(("minutes", "told"), [(24, 1), (26, 0)])
def test_a_root_that_is_refused_late_is_told_as_long_as_the_asker_can_be_reached(
    tmp_path: Path, minutes: int, told: int
) -> None:
    async def scene() -> None:
        answers: list[dict[str, Any]] = []
        now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

        def clock() -> datetime:
            return now

        store = Store(tmp_path / "app.db", clock=clock)
        await store.open()
        offers = Offers(Settings(), clock=clock, new_token=str, address_of=lambda token, domain: token)
        async with Workspace(rates=None) as workspace, response_url(answers) as url:
            client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
            desk = Desk(store, Conversations(store), offers, client, clock=clock)
            asker = Asker("T1", MAIL_OPS.id, ALICE.id, url)
            asking = asyncio.create_task(desk.start_check("k", asker, ("a.example",)))
            async with asyncio.timeout(10):
                while not desk.waiting:  # noqa: ASYNC110 - nobody else wants to know
                    await asyncio.sleep(0.01)
            now += timedelta(minutes=minutes)
            # It has looked since then, and waits more slowly, or not at all.
            await asyncio.sleep(0.5)
            await store.messages.failed(message_key("k", "root"), 1, "is_archived")
            async with asyncio.timeout(10):
                await asking
            assert desk.waiting == set()
        await store.close()
        assert len(answers) == told

    asyncio.run(scene())
