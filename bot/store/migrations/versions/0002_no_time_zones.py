"""People's time zones are no longer kept: nothing uses them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("people", "tz")
