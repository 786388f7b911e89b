"""Mails that wait for their analysis are counted at each RCPT, without reading past their bodies."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("mails_waiting", "mails", ["analysed_at"], sqlite_where=sa.text("analysed_at IS NULL"))
