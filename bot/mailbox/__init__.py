"""Test mailboxes: one-time addresses, and the SMTP server that takes mail for them."""

from bot.mailbox.limits import Limits
from bot.mailbox.server import MailboxServer
from bot.mailbox.tls import CertificateFiles, self_signed_context
from bot.mailbox.tokens import address_of, new_token, token_of

__all__ = [
    "CertificateFiles",
    "Limits",
    "MailboxServer",
    "address_of",
    "new_token",
    "self_signed_context",
    "token_of",
]
