"""People from outside: the switch that lets support in, and one's own changes of access."""

from alembic import op

from db.migrations.shorthand import create_index, stamp

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("company", stamp("support_until", nullable=True))
    create_index("access_change", "membership_id")
