"""Work orders that are signed where the work was done, and companies with several bank accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.shorthand import stamp, words

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("work_order", stamp("signed_at", nullable=True))
    op.add_column("work_order", words("signer_name", nullable=True))
    op.add_column("work_order", words("signature_url", nullable=True))
    none = sa.text("'{}'")
    op.add_column(
        "company", sa.Column("further_ibans", postgresql.ARRAY(sa.Text()), nullable=False, server_default=none)
    )


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
