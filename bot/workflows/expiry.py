"""The end of a test address as a workflow: it waits, over restarts, and then tells the thread once."""

from datetime import UTC, datetime

from bot.conversation.events import AddressExpired
from bot.conversation.state import Address
from bot.durable import PATIENT, Context
from bot.store import Store
from bot.workflows.conversations import Conversations
from bot.workflows.names import EXPIRY_WORK, thread_and_number

__all__ = ["EXPIRY_WORK", "Expiries"]


class Expiries:
    def __init__(self, store: Store, conversations: Conversations) -> None:
        self._store = store
        self._conversations = conversations

    async def run(self, ctx: Context, argument: str) -> None:
        """The workflow EXPIRY_WORK. `argument` of numbered, with the place of the address: its token is a secret."""
        expires_at = await ctx.step("read", lambda: self._expires_at(argument), attempts=PATIENT)
        if expires_at:
            await ctx.sleep_until(datetime.fromtimestamp(expires_at, UTC))
            await ctx.step("tell", lambda: self._tell(argument), attempts=PATIENT)

    async def _expires_at(self, argument: str) -> float:
        address = await self._address(argument)
        return address.expires_at if address is not None else 0.0

    async def _tell(self, argument: str) -> bool:
        address = await self._address(argument)
        if address is None:
            return False
        thread_id, number = thread_and_number(argument)
        # A mail of the last minutes may wait for its analysis, and the thread does not know of it yet.
        mailbox = await self._store.mailboxes.get(address.token)
        event = AddressExpired(address.token, got_mail=mailbox is not None and mailbox.mails_count > 0)
        return await self._conversations.apply(thread_id, f"expired:{number}", event)

    async def _address(self, argument: str) -> Address | None:
        thread_id, number = thread_and_number(argument)
        thread = await self._conversations.read(thread_id)
        return thread.state.addresses[number] if thread is not None else None
