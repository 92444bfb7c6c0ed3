"""Invitations: the letters of a membership are found."""

from db.migrations.shorthand import index_concurrently

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

in_steps = True


def upgrade() -> None:
    """Build the index, without holding anybody up."""
    index_concurrently("ix_outbox_membership_id", "outbox (company_id, membership_id) where membership_id is not null")
