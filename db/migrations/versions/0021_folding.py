"""Texts as people mean them: functions for their folded form, by which they are found, and the key of their order."""

from alembic import op

from db.text.functions import functions

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the functions; nothing uses them yet."""
    for function in functions():
        op.execute(function.replace(":", "\\:"))


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
