"""Statuses that a date decides are no longer stored: the code works them out, and takes the old ones, too."""

from db.migrations.shorthand import fill_in_batches

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

in_steps = True

STORED = (("INVOICE", "OVERDUE", "SENT"), ("QUOTE", "EXPIRED", "SENT"), ("PURCHASE", "OVERDUE", "OPEN"))


def upgrade() -> None:
    """Write the status without the date, some thousand rows at a time."""
    pending = " ".join(f"when '{kind}' then '{status}'" for kind, _, status in STORED)
    dated = ", ".join(f"('{kind}', '{status}')" for kind, status, _ in STORED)
    fill_in_batches("document", f"status = case kind {pending} end", f"(kind, status) in ({dated})")
