"""Known places: the networks from which an account signed in, where strangers' tries never refuse a right password."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import stamp

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "known_place",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        stamp("used_at"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_place_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_known_place")),
    )


def downgrade() -> None:
    """There is no way back: the rows would be lost."""
    raise NotImplementedError("a database goes forward only")
