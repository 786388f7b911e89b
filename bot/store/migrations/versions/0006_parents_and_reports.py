"""The replies of a message, and the mail of a report, are found without reading all that were ever kept."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("messages_by_parent", "messages", ["parent_key"])
    op.create_index("mails_by_report", "mails", ["report_id"])
