"""The end of a test address as a workflow: it waits, over restarts, and then tells the thread once."""

from datetime import datetime

from bot.conversation.events import AddressExpired
from bot.durable import Context
from bot.store import Store
from bot.workflows.conversations import Conversations
from bot.workflows.names import EXPIRY_WORK

__all__ = ["EXPIRY_WORK", "Expiries"]


class Expiries:
    def __init__(self, store: Store, conversations: Conversations) -> None:
        self._store = store
        self._conversations = conversations

    async def run(self, ctx: Context, token: str) -> None:
        """The workflow EXPIRY_WORK."""
        expires_at = await ctx.step("read", lambda: self._expires_at(token))
        if expires_at:
            await ctx.sleep_until(datetime.fromisoformat(expires_at))
            await ctx.step("tell", lambda: self._tell(token))

    async def _expires_at(self, token: str) -> str:
        mailbox = await self._store.mailboxes.get(token)
        return mailbox.expires_at.isoformat() if mailbox is not None else ""

    async def _tell(self, token: str) -> bool:
        mailbox = await self._store.mailboxes.get(token)
        if mailbox is None:
            return False
        return await self._conversations.apply(mailbox.thread_id, f"expired:{token}", AddressExpired(token))
