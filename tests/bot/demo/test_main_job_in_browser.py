"""The demo as its user meets it: type the command, press the button, send the sample mail, read the final verdict."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from browser import browser_page
from playwright.async_api import expect

from bot.demo.stage import Stage
from bot.demo.workspace import ALICE, HANAKO, Person


@dataclass(frozen=True)
class Words:
    """What the person reads on the way."""

    person: Person
    address: str
    what: str
    fix: str
    provisional: str
    final: str
    other: str
    other_final: str


ENGLISH = Words(
    ALICE,
    "Send a test mail",
    "has no DMARC record",
    "How to fix it",
    "(provisional)",
    "Mail system needs work",
    "日本語",
    "メールシステム要改善",
)
JAPANESE = Words(
    HANAKO,
    "テストメールを送る",
    "DMARCレコードがありません",
    "直し方",
    "(暫定)",
    "メールシステム要改善",
    "English",
    "Mail system needs work",
)


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_the_whole_main_job_on_the_page(words: Words) -> None:
    async def story() -> None:
        async with Stage() as stage, browser_page(15_000) as page:
            await page.goto(f"{stage.workspace.url}?as={words.person.id}")
            await page.locator("body[data-ready='1']").wait_for()
            await page.fill("#composer", "/mailcheck no-dmarc.example")
            await page.press("#composer", "Enter")

            root = page.locator("#messages [data-test='message']").last
            await expect(root).to_contain_text("no-dmarc.example")
            await expect(root).to_contain_text(words.provisional)
            await root.locator("[data-test='open-thread']").click()
            thread = page.locator("#thread-messages")
            await expect(thread).to_contain_text(words.what)
            await expect(thread).to_contain_text(words.fix)
            await expect(thread).to_contain_text("v=DMARC1; p=none; rua=mailto:dmarc-reports@no-dmarc.example")

            await root.locator("[data-test='action']", has_text=words.address).click()
            await page.select_option("#sample-name", "unsigned")
            await expect(page.locator("#sample-to")).to_have_value(stage_address(stage))
            await page.click("#sample-send")
            await expect(page.locator("#sample-result")).to_contain_text("250")
            await expect(thread).to_contain_text("192.88.99.130")
            await expect(root).not_to_contain_text(words.provisional)
            await expect(root).to_contain_text(words.final)

            await root.locator("[data-test='action']", has_text=words.other).click()
            await expect(root).to_contain_text(words.other_final)
            assert await page.locator("[data-test='broadcast']").count() == 0

    asyncio.run(story())


def stage_address(stage: Stage) -> str:
    """The newest test address in the thread: a press on the button may have made another one."""
    from bot.demo.script import address_in
    from bot.demo.workspace import MAIL_OPS

    return address_in(stage, stage.workspace.messages(MAIL_OPS.id)[-1])
