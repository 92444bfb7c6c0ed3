"""Deleted rows are found by the time of their deletion, since they are removed some time after it."""

from db.migrations.shorthand import index_concurrently

in_steps = True
revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TABLES = (
    "access_preset",
    "contact",
    "contact_address",
    "contact_person",
    "price_tier",
    "product",
    "product_group",
    "unit",
)


def upgrade() -> None:
    """Build the indexes, which have the deleted rows alone, while their tables are used."""
    for table in TABLES:
        index_concurrently(f"ix_{table}_deleted_at", f"{table} (deleted_at, id) where deleted_at is not null")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
