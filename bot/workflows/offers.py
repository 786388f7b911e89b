"""Test addresses that may be handed out, if a mailbox is configured."""

from collections.abc import Callable
from datetime import timedelta

from bot.conversation.events import Offer
from bot.settings import Settings
from bot.store import Clock


class Offers:
    """`server`: where the mailbox listens, for the swaks line, when DNS does not lead there."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        new_token: Callable[[], str],
        address_of: Callable[[str, str], str],
        server: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._new_token = new_token
        self._address_of = address_of
        self._server = server

    def offer(self) -> Offer | None:
        """A new address each time; None without a mail domain: an address that cannot receive is never handed out."""
        settings = self._settings
        if settings.mail_domain is None:
            return None
        token = self._new_token()
        return Offer(
            token=token,
            address=self._address_of(token, settings.mail_domain),
            hours=settings.mailbox_hours,
            expires_at=self._clock() + timedelta(hours=settings.mailbox_hours),
            max_mails=settings.mailbox_max_mails,
            max_bytes=settings.mailbox_max_bytes,
            server=self._server(),
        )
