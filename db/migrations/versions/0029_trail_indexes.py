"""The index of the audit trail by person is in the order of time."""

from db.migrations.shorthand import drop_index_concurrently, index_concurrently

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

in_steps = True

OLD = "ix_access_change_company_id_membership_id"


def upgrade() -> None:
    """Make the index, and drop the one that it replaces."""
    index_concurrently(f"{OLD}_at_id", "access_change (company_id, membership_id, at, id)")
    drop_index_concurrently(OLD)
