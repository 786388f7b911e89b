"""What the bot remembers, in SQLite; it knows nothing of Slack or of the durable engine."""

from bot.store.backlog import Backlog, Unsent
from bot.store.clock import Clock, NewId, random_id, utc_now
from bot.store.database import StorageTrouble, UnusableDatabase, is_locked
from bot.store.effects import (
    Effect,
    LanguageSet,
    MailboxClosed,
    MailboxOpened,
    PutMessage,
    Running,
    StartWork,
    State,
    Transition,
)
from bot.store.events import RESUMED, PayloadTooLarge
from bot.store.inspection import Arrival, Inspection, inspect
from bot.store.mailboxes import MAIL_WORK, Acceptance
from bot.store.messages import DELETED
from bot.store.records import (
    Mail,
    Mailbox,
    Message,
    NewMail,
    NewThread,
    Opened,
    Person,
    ReceivedEvent,
    StoredReport,
    Thread,
    WorkItem,
)
from bot.store.store import Store
from bot.store.threads import UnknownThread

__all__ = [
    "DELETED",
    "MAIL_WORK",
    "RESUMED",
    "Acceptance",
    "Arrival",
    "Backlog",
    "Clock",
    "Effect",
    "Inspection",
    "LanguageSet",
    "Mail",
    "Mailbox",
    "MailboxClosed",
    "MailboxOpened",
    "Message",
    "NewId",
    "NewMail",
    "NewThread",
    "Opened",
    "PayloadTooLarge",
    "Person",
    "PutMessage",
    "ReceivedEvent",
    "Running",
    "StartWork",
    "State",
    "StorageTrouble",
    "Store",
    "StoredReport",
    "Thread",
    "Transition",
    "UnknownThread",
    "Unsent",
    "UnusableDatabase",
    "WorkItem",
    "inspect",
    "is_locked",
    "random_id",
    "utc_now",
]
