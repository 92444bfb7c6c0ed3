"""Products that users write: a bar code is one product's, and a margin has room for the smallest cost.

Of several products with one bar code the oldest keeps it, which is the one that a scan finds. The others have none
then: every other column of a product has other gates.
"""

from alembic import op

from db.migrations.shorthand import drop_index_concurrently, fill_in_batches, index_concurrently

in_steps = True
revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None
oldest_code = "0020"
"""A column becomes wider and an index unique, which takes nothing from older code: it writes no products."""

SHARED = (
    "ean is not null and exists (select from product o where o.company_id = product.company_id "
    "and o.ean = product.ean and o.sequence_number < product.sequence_number)"
)


def upgrade() -> None:
    """Take the bar code from all products but one, and build its index while the table is used."""
    op.execute("alter table product alter column profit_margin type numeric(20, 2)")
    fill_in_batches("product", "ean = null, version = version + 1, updated_at = now()", SHARED)
    index_concurrently("uq_product_company_id_ean", "product (company_id, ean) where ean is not null", unique=True)
    drop_index_concurrently("ix_product_company_id_ean_sequence_number")
    index_concurrently(
        "ix_product_component_company_id_product_id_position", "product_component (company_id, product_id, position)"
    )
    drop_index_concurrently("uq_product_component_company_id_product_id_position")
