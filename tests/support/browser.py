"""Debian's Chromium, headless and quiet: it asks nobody outside this machine for anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def browser_page(timeout_ms: int = 5000, height: int = 900) -> AsyncIterator[Page]:
    """One page of 1280 pixels' width; every wait on it ends after `timeout_ms`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 1280, "height": height})
        page.set_default_timeout(timeout_ms)
        try:
            yield page
        finally:
            await browser.close()
