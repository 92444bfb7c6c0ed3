"""Search finds documents by their supplier's name: an index of what is bought by trigrams of it.

It stands beside the index of all documents: nobody waits until that one is built anew, and a sale writes nothing to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_document_supplier_search",
        "document",
        ["company_id", "supplier_name"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_ops={"supplier_name": "gin_trgm_ops"},
        postgresql_where=sa.text("supplier_name is not null"),
    )


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
