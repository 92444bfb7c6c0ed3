"""Rows that users write: versions, authors, deletion, ids of other systems; kinds of customers and products.

Rows from before have no author, and this migration's time as that of their last change.
"""

from alembic import op

from db.migrations.shorthand import (
    add_check,
    add_columns,
    add_written,
    fill_in_batches,
    index_concurrently,
    not_null_by_check,
)

in_steps = True
revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
oldest_code = "0020"
"""Columns become wider, which takes nothing from older code."""

WRITTEN = ("contact", "contact_person", "contact_address", "product", "product_group", "price_tier", "unit")

DISCOUNTED = ("contact", "document", "document_line")

KINDS = ("BUSINESS", "CONSUMER", "PUBLIC")
NATURES = ("GOODS", "SERVICE")

TREATMENTS = (
    "STANDARD",
    "REVERSE_CHARGE",
    "INTRA_COMMUNITY_GOODS",
    "INTRA_COMMUNITY_SERVICES",
    "EXPORT",
    "SERVICES_OUTSIDE_EU",
    "EXEMPT",
    "SMALL_BUSINESS",
)

BOXES = {
    "44": "INTRA_COMMUNITY_SERVICES",
    "45": "REVERSE_CHARGE",
    "46": "INTRA_COMMUNITY_GOODS",
    "47": "EXPORT",
}
"""From the box of the VAT return to the treatment."""

COUNTED = {"CUSTOMER": "contact", "PRODUCT": "product"}


def upgrade() -> None:
    """Add the columns, fill them, and build their indexes while the tables are used."""
    for table in WRITTEN:
        add_written(table)
    add_columns(
        "contact",
        "kind text",
        "external_id text",
        "vat_treatment text",
        "end_of_month boolean not null default false",
    )
    add_columns("product", "external_id text", "nature text not null default 'GOODS'")
    for table in DISCOUNTED:
        op.execute(f"alter table {table} alter column discount type numeric(14, 2)")
    _classify_contacts()
    add_check("contact", "kind", *KINDS)
    add_check("contact", "vat_treatment", *TREATMENTS)
    add_check("product", "nature", *NATURES)
    for table, of in (("contact", " and is_customer"), ("product", "")):
        index_concurrently(
            f"uq_{table}_company_id_external_id",
            f"{table} (company_id, external_id) where external_id is not null{of}",
            unique=True,
        )
    index_concurrently("ix_contact_company_id_deleted", "contact (company_id) where deleted_at is not null")
    index_concurrently("ix_product_company_id_deleted_at", "product (company_id, deleted_at)")
    for kind, table in COUNTED.items():
        op.execute(
            "insert into counter (company_id, kind, next) "
            f"select company_id, '{kind}', max(sequence_number) + 1 from {table} group by company_id "
            "on conflict do nothing"
        )


def _classify_contacts() -> None:
    """Set the kind by the VAT number, and the treatment by the box."""
    boxes = " ".join(f"when '{box}' then '{treatment}'" for box, treatment in BOXES.items())
    fill_in_batches(
        "contact",
        "kind = case when vat_number is null then 'CONSUMER' else 'BUSINESS' end, "
        f"vat_treatment = case vat_exception {boxes} end",
        "kind is null",
    )
    not_null_by_check("contact", "kind")
