"""Indexes of texts by their folded form and by the key of their order, built beside those that they replace."""

from db.migrations.shorthand import index_concurrently

in_steps = True
revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

READ = (
    ("connected_service", "connector"),
    ("contact", "city"),
    ("contact", "is_supplier", "name"),
    ("contact", "name"),
    ("contact", "number"),
    ("contact_address", "customer_id", "kind", "name"),
    ("contact_person", "customer_id", "last_name"),
    ("currency", "code"),
    ("document", "kind", "customer_name"),
    ("document", "kind", "number"),
    ("document_template", "name"),
    ("drive_file", "path"),
    ("gl_account", "code"),
    ("mailchimp_audience", "name"),
    ("payment_account", "name"),
    ("price_tier", "name"),
    ("product", "group_id", "name"),
    ("product", "name"),
    ("product", "number"),
    ("product_group", "name"),
    ("purchase_category", "name"),
    ("supplier_catalog_ref", "article_no"),
    ("unit", "name"),
)
"""Table, and columns of which the last one is read."""

FOLDED = (
    ("contact", "name"),
    ("contact", "number"),
    ("document", "kind", "customer_name"),
    ("document", "kind", "number"),
    ("product", "name"),
    ("product", "number"),
)
PARTS = {
    "contact": ("folded(number)", "folded(name)", "folded(email)", "bare_number(vat_number)"),
    "document": ("folded(number)", "folded(customer_name)"),
    "product": ("folded(number)", "folded(name)"),
}
NUMBERS = (("document", "structured_communication"), ("product", "ean"))


def upgrade() -> None:
    """Build them while the tables are read and written."""
    for table, *columns in READ:
        _build(table, columns, "reading_key", "read", ", id")
    for table, *columns in FOLDED:
        _build(table, columns, "folded", "folded")
    for table, parts in PARTS.items():
        index_concurrently(f"ix_{table}_parts", _trigrams(table, *parts))
    index_concurrently(
        "ix_document_supplier_parts",
        f"{_trigrams('document', 'folded(supplier_name)')} where supplier_name is not null",
    )
    for table, number in NUMBERS:
        on = f'{table} (company_id, (bare_number({number}) collate "C")) where {number} is not null'
        index_concurrently(f"ix_{table}_company_id_{number}_bare", on)
    index_concurrently(
        "ix_contact_company_id_name_prospect_read",
        'contact (company_id, (reading_key(name) collate "C"), id) where not is_customer and not is_supplier',
    )
    index_concurrently(
        "ix_membership_account_id_company_name_read",
        'membership (account_id, (reading_key(company_name) collate "C"), company_id)',
    )


def _build(table: str, columns: list[str], function: str, suffix: str, more: str = "") -> None:
    *leading, last = ["company_id", *columns]
    name = f"ix_{table}_company_id_{'_'.join(columns)}_{suffix}"
    index_concurrently(name, f'{table} ({", ".join(leading)}, ({function}({last}) collate "C"){more})')


def _trigrams(table: str, *parts: str) -> str:
    sought = "".join(f', ({part} collate "C") gin_trgm_ops' for part in parts)
    return f"{table} using gin (company_id{sought}) with (gin_pending_list_limit = 256)"


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
