"""Search finds documents by their supplier's name: the index of documents by trigrams has it too."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = ("number", "customer_name", "supplier_name")


def upgrade() -> None:
    """Build the index anew, with one column more."""
    op.drop_index("ix_document_search", "document")
    op.create_index(
        "ix_document_search",
        "document",
        ["company_id", *COLUMNS],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_ops=dict.fromkeys(COLUMNS, "gin_trgm_ops"),
    )


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
