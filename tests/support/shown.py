"""When Slack shows what it is to show."""

import asyncio

from bot.store import Store


async def all_shown(store: Store) -> None:
    """Until Slack shows everything or it was given up."""
    async with asyncio.timeout(8):
        while True:
            if not await store.messages.pending():
                return
            await asyncio.sleep(0.02)
