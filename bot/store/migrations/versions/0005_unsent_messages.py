"""Messages that Slack does not show as desired are found without reading all that were ever sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unsent = sa.text("desired_rev > sent_rev AND state != 'failed'")
    op.create_index("messages_unsent", "messages", ["seq"], sqlite_where=unsent)
