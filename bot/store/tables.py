"""The tables of app.db. The migrations create them; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    and_,
    literal_column,
    text,
)
from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out; a naive one is refused rather than guessed at."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


METADATA = MetaData()

received_events = Table(
    "received_events",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    # A mention arrives as app_mention and as message, each with its own event id: one (team, channel, ts).
    Column("pair_key", Text, unique=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("done_at", UtcDateTime),
)

threads = Table(
    "threads",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("invoker", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("running_since", UtcDateTime),
    Column("root_ts", Text),
    Column("state", JSON, nullable=False),
    Index("threads_by_root", "team_id", "channel_id", "root_ts"),
    Index("threads_by_domain", "team_id", "channel_id", "domain"),
)

applied_events = Table(
    "applied_events",
    METADATA,
    Column("thread_id", Text, ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True),
    Column("event_key", Text, primary_key=True),
    Column("applied_at", UtcDateTime, nullable=False),
)

reports = Table(
    "reports",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("thread_id", Text, ForeignKey("threads.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("reports_by_thread", "thread_id", "created_at"),
    Index("reports_by_subject", "subject", "created_at"),
)

mailboxes = Table(
    "mailboxes",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("thread_id", Text, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("mails_count", Integer, nullable=False),
    Column("max_mails", Integer, nullable=False),
    Column("max_bytes", Integer, nullable=False),
)

mails = Table(
    "mails",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("token", Text, ForeignKey("mailboxes.token", ondelete="CASCADE"), nullable=False, index=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("session", JSON, nullable=False),
    Column("raw", LargeBinary),
    Column("size", Integer, nullable=False),
    Column("analysed_at", UtcDateTime),
    Column("report_id", Text, ForeignKey("reports.id", ondelete="SET NULL")),
    Index("mails_waiting", "analysed_at", sqlite_where=text("analysed_at IS NULL")),
    Index("mails_by_report", "report_id"),
)

work = Table(
    "work",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("work_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("argument", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Index("work_by_start", "started_at", "seq"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("thread_id", Text, ForeignKey("threads.id", ondelete="CASCADE"), index=True),
    Column("team_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("parent_key", Text),
    Column("payload", JSON, nullable=False),
    Column("progress", Boolean, nullable=False),
    Column("desired_rev", Integer, nullable=False),
    Column("sent_rev", Integer, nullable=False),
    Column("ts", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("not_before", UtcDateTime),
    Index("messages_by_state", "state", "seq"),
    Index("messages_by_parent", "parent_key"),
    sqlite_autoincrement=True,
)

UNSENT = and_(messages.c.desired_rev > messages.c.sent_rev, messages.c.state != literal_column("'failed'"))
"""Messages that Slack does not show as desired and that are not given up. No value is bound: SQLite has to see from
the words of a query that they imply the condition of the index."""

# The outbox looks every few seconds, and both columns stand behind payloads that may fill pages.
Index("messages_unsent", messages.c.seq, sqlite_where=UNSENT)

team_traits = Table(
    "team_traits",
    METADATA,
    Column("team_id", Text, primary_key=True),
    Column("trait", Text, primary_key=True),
    Column("noted_at", UtcDateTime, nullable=False),
)

people = Table(
    "people",
    METADATA,
    Column("team_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("lang", Text, nullable=False),
    Column("is_guest", Boolean, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)

seen_selectors = Table(
    "seen_selectors",
    METADATA,
    Column("domain", Text, primary_key=True),
    Column("selector", Text, primary_key=True),
    Column("last_seen_at", UtcDateTime, nullable=False),
)

monitoring = Table(
    "monitoring",
    METADATA,
    Column("team_id", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
