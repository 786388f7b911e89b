"""The use cases: durable workflows, and the one place where conversation, rendering and store meet."""

from bot.workflows.check import CHECK_WORK, DomainChecks
from bot.workflows.conversations import Conversations, Opening, Thread, message_key
from bot.workflows.expiry import EXPIRY_WORK, Expiries
from bot.workflows.mail import MailAnalyses
from bot.workflows.offers import Offers

__all__ = [
    "CHECK_WORK",
    "EXPIRY_WORK",
    "Conversations",
    "DomainChecks",
    "Expiries",
    "MailAnalyses",
    "Offers",
    "Opening",
    "Thread",
    "message_key",
]
