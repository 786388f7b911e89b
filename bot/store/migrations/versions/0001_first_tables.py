"""The first tables: events, threads, reports, mailboxes, mails, work, messages, people, selectors."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_conversation()
    _create_mailbox()
    _create_outbox()
    _create_caches()


def _create_conversation() -> None:
    op.create_table(
        "received_events",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("pair_key", sa.Text, unique=True),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("done_at", sa.DateTime),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("invoker", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("running_since", sa.DateTime),
        sa.Column("root_ts", sa.Text),
        sa.Column("state", sa.JSON, nullable=False),
    )
    op.create_index("threads_by_root", "threads", ["team_id", "channel_id", "root_ts"])
    op.create_index("threads_by_domain", "threads", ["team_id", "channel_id", "domain"])
    op.create_table(
        "applied_events",
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("event_key", sa.Text, primary_key=True),
        sa.Column("applied_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE")),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("reports_by_thread", "reports", ["thread_id", "created_at"])
    op.create_index("reports_by_subject", "reports", ["subject", "created_at"])


def _create_mailbox() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("mails_count", sa.Integer, nullable=False),
        sa.Column("max_mails", sa.Integer, nullable=False),
        sa.Column("max_bytes", sa.Integer, nullable=False),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, sa.ForeignKey("mailboxes.token", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("session", sa.JSON, nullable=False),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("analysed_at", sa.DateTime),
        sa.Column("report_id", sa.Text, sa.ForeignKey("reports.id", ondelete="SET NULL")),
    )


def _create_outbox() -> None:
    op.create_table(
        "work",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("work_id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("argument", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("work_by_start", "work", ["started_at", "seq"])
    op.create_table(
        "messages",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("thread_id", sa.Text, sa.ForeignKey("threads.id", ondelete="CASCADE"), index=True),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("parent_key", sa.Text),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("progress", sa.Boolean, nullable=False),
        sa.Column("desired_rev", sa.Integer, nullable=False),
        sa.Column("sent_rev", sa.Integer, nullable=False),
        sa.Column("ts", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("not_before", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("messages_by_state", "messages", ["state", "seq"])
    op.create_table(
        "team_traits",
        sa.Column("team_id", sa.Text, primary_key=True),
        sa.Column("trait", sa.Text, primary_key=True),
        sa.Column("noted_at", sa.DateTime, nullable=False),
    )


def _create_caches() -> None:
    op.create_table(
        "people",
        sa.Column("team_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("tz", sa.Text, nullable=False),
        sa.Column("is_guest", sa.Boolean, nullable=False),
        sa.Column("fetched_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "seen_selectors",
        sa.Column("domain", sa.Text, primary_key=True),
        sa.Column("selector", sa.Text, primary_key=True),
        sa.Column("last_seen_at", sa.DateTime, nullable=False),
    )
