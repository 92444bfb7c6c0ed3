"""Search: indexes of a company's contacts, products and documents by trigrams.

Both extensions come with PostgreSQL and are trusted: whoever may create things in a database may create them.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

COLUMNS = {
    "contact": ("number", "name", "vat_number", "email"),
    "product": ("number", "name"),
    "document": ("number", "customer_name"),
}


def upgrade() -> None:
    """Create the extensions and one index per table."""
    op.execute("create extension if not exists pg_trgm")
    op.execute("create extension if not exists btree_gin")
    for table, columns in COLUMNS.items():
        op.create_index(
            f"ix_{table}_search",
            table,
            ["company_id", *columns],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
            postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
        )


def downgrade() -> None:
    """There is no way back: what was written there would be lost."""
    raise NotImplementedError("a database goes forward only")
