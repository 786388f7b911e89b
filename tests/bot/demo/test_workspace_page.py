"""The workspace's page: what it refuses, and that a person sees and does the same as through the API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession
from browser import browser_page
from playwright.async_api import Page
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace import ALICE, HANAKO, MAIL_OPS, SampleMail, Workspace

HOSTILE = "v=spf1 &lt;!channel&gt; &lt;img src=x onerror=alert(1)&gt; <javascript:alert(1)|press>"
SECTION = {
    "type": "section",
    "text": {"type": "mrkdwn", "text": f"Mail to t-abc@mail.example, {HOSTILE} 助詞に*接した* `code`"},
}
AGAIN = {"type": "button", "action_id": "again", "value": "1", "text": {"type": "plain_text", "text": "Check again"}}


def in_browser(work: Callable[[Workspace, AsyncApp, AsyncWebClient, Page], Awaitable[None]], **hooks: Any) -> None:
    async def story() -> None:
        async with Workspace(**hooks) as workspace:
            client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
            app = AsyncApp(client=client)
            handler = AsyncSocketModeHandler(app, workspace.app_token)
            await handler.connect_async()
            try:
                async with browser_page() as page:
                    await work(workspace, app, client, page)
            finally:
                await handler.close_async()

    asyncio.run(story())


def test_the_page_is_for_this_machine_and_this_site_only() -> None:
    async def story() -> None:
        async with Workspace() as workspace, ClientSession() as session:
            say = {"as": ALICE.id, "channel": MAIL_OPS.id, "text": "hello"}
            async with session.get(workspace.url, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 421
            async with session.post(f"{workspace.url}page/say", data=say) as answer:
                assert answer.status == 415
            async with session.get(f"{workspace.url}page/..%2fstate.py") as answer:
                assert answer.status == 404
            assert workspace.messages(MAIL_OPS.id) == []
            async with session.post(f"{workspace.url}page/say", json=say) as answer:
                assert (await answer.json())["ok"] is True
            async with session.post(f"{workspace.url}page/say", json=say | {"as": "U0NOBODY"}) as answer:
                assert answer.status == 400
            assert [message.text for message in workspace.messages(MAIL_OPS.id)] == ["hello"]
            async with session.get(workspace.url) as answer:
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    asyncio.run(story())


def test_a_person_types_presses_and_sends_a_sample_mail() -> None:
    sent: list[tuple[str, str]] = []

    async def send(name: str, to_address: str) -> str:
        sent.append((name, to_address))
        return "250 2.0.0 accepted"

    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient, page: Page) -> None:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(dialog.message))

        @app.command("/mailcheck")
        async def command(ack: Any, body: dict[str, Any], respond: Any) -> None:
            await ack()
            await respond(f"{body['user_id']} asked for {body['text']}")
            blocks = [SECTION, {"type": "actions", "elements": [AGAIN]}]
            root = await client.chat_postMessage(channel=body["channel_id"], text="x", blocks=blocks)
            await client.chat_postMessage(channel=body["channel_id"], text="a reply", thread_ts=root["ts"])

        @app.action("again")
        async def again(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            place = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
            await client.chat_update(
                **place, text="x", blocks=[SECTION | {"text": {"type": "mrkdwn", "text": "t-abc@mail.example again"}}]
            )

        await page.goto(f"{workspace.url}?as={HANAKO.id}")
        await page.fill("#composer", "/mailcheck example.co.jp")
        await page.press("#composer", "Enter")
        await page.get_by_text("U0HANAKO asked for example.co.jp").wait_for()
        assert "あなただけに表示されています" in await page.inner_text("#messages [data-test=ephemeral]")
        message = page.locator("#messages [data-test=message]")
        body = await message.locator(".block-section").inner_text()
        assert "v=spf1 <!channel> <img src=x onerror=alert(1)> press 助詞に*接した* code" in body
        assert await message.locator("img, script, [data-test=broadcast], a[href^=javascript]").count() == 0
        await message.get_by_text("1 件の返信").click()
        await page.locator("#thread-messages").get_by_text("a reply").wait_for()
        assert await page.input_value("#sample-to") == "t-abc@mail.example"
        await page.click("#sample-send")
        await page.locator("#sample-result", has_text="250 2.0.0 accepted").wait_for()
        assert sent == [("good", "t-abc@mail.example")]
        await page.locator("#thread [data-test=action][data-action-id=again]").click()
        await page.locator("#thread-messages").get_by_text("t-abc@mail.example again").wait_for()
        await page.click(f"[data-test=person][data-user={ALICE.id}]")
        await page.get_by_text("Send a sample mail to this thread").wait_for()
        assert await page.locator("[data-test=ephemeral]").count() == 0
        assert errors == []
        assert workspace.broadcasts == []

    in_browser(work, sample_mails=lambda: [SampleMail("good", "All good", "すべて良好")], send_sample_mail=send)


def test_a_mention_of_everybody_leaps_to_the_eye() -> None:
    async def work(workspace: Workspace, app: AsyncApp, client: AsyncWebClient, page: Page) -> None:
        await client.chat_postMessage(channel=MAIL_OPS.id, text="TXT v=spf1 <!channel>")
        await page.goto(workspace.url)
        await page.locator("[data-test=broadcast]").wait_for()
        assert len(workspace.broadcasts) == 1

    in_browser(work)
