"""The indexes of texts as they are written go, since texts are found and sorted by other ones.

Code of before still gives the same answers, but reads whole tables for some.
"""

from db.migrations.shorthand import drop_index_concurrently

in_steps = True
revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = (
    "ix_connected_service_company_id_connector_id",
    "ix_contact_address_company_id_customer_id_kind",
    "ix_contact_company_id_is_supplier_name_id",
    "ix_contact_company_id_name",
    "ix_contact_company_id_name_prospect",
    "ix_contact_person_company_id_customer_id",
    "ix_contact_search",
    "ix_currency_company_id_code_id",
    "ix_document_search",
    "ix_document_supplier_search",
    "ix_document_template_company_id_name_id",
    "ix_drive_file_company_id_path_id",
    "ix_gl_account_company_id_code_id",
    "ix_mailchimp_audience_company_id_name_id",
    "ix_membership_account_id_company_name",
    "ix_payment_account_company_id_name_id",
    "ix_price_tier_company_id_name_id",
    "ix_product_company_id_group_id",
    "ix_product_company_id_name",
    "ix_product_group_company_id_name",
    "ix_product_search",
    "ix_purchase_category_company_id_name_id",
    "ix_supplier_catalog_ref_company_id_article_no_id",
    "ix_unit_company_id_name_id",
)


def upgrade() -> None:
    """Drop them."""
    for name in INDEXES:
        drop_index_concurrently(name)


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
