"""The number of a contact is unique among customers: not everybody sees prospects and suppliers."""

from db.migrations.shorthand import drop_index_concurrently, index_concurrently

in_steps = True
revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the index among customers, and then drop that among all contacts, while the table is in use."""
    on = "contact (company_id, sequence_number) where is_customer"
    index_concurrently("uq_contact_company_id_customer_number", on, unique=True)
    drop_index_concurrently("uq_contact_company_id_sequence_number")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
