"""What a company buys: categories, and what suppliers and purchases add to contacts, documents and lines."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Uuid, text

from db.tables.contacts import contact
from db.tables.documents import document, document_line
from db.tables.metadata import Rate, add_to, holds, index, reference, tenant_table, words

VAT_BOXES = ("GOODS", "SERVICES", "INVESTMENTS")
VAT_TREATMENTS = ("DOMESTIC", "REVERSE_CHARGE", "INTRA_COMMUNITY", "IMPORT", "EXEMPT")

purchase_category = tenant_table(
    "purchase_category",
    words("name"),
    words("vat_box"),
    Column("deductible", Rate, nullable=False, server_default=text("100")),
    words("gl_account", nullable=True),
    CheckConstraint(f"vat_box in ({', '.join(map(repr, VAT_BOXES))})", name="vat_box"),
    Index("ix_purchase_category_company_id_name_id", "company_id", "name", "id"),
    info=holds(order="name", PurchaseCategory={}),
)

add_to(
    contact,
    words("iban", nullable=True),
    words("our_number", nullable=True),
    Column("purchase_category_id", Uuid, nullable=True),
    reference("purchase_category_id", "purchase_category"),
    Supplier={"is_supplier": True},
)
index(contact, "is_supplier", "name", "id")
index(contact, "purchase_category_id")

add_to(
    document,
    words("supplier_name", nullable=True),
    words("supplier_reference", nullable=True),
    words("vat_treatment", nullable=True),
    Column("paid_on", Date, nullable=True),
    Column("expected_date", Date, nullable=True),
    Column("accepted_on", Date, nullable=True),
    Column("category_id", Uuid, nullable=True),
    reference("category_id", "purchase_category"),
    Purchase={"kind": "PURCHASE"},
    PurchaseOrder={"kind": "PURCHASE_ORDER"},
    PurchaseSlip={"kind": "PURCHASE_SLIP"},
)
document.append_constraint(
    CheckConstraint(f"vat_treatment in ({', '.join(map(repr, VAT_TREATMENTS))})", name="vat_treatment")
)
index(document, "category_id", "date", "id")

add_to(
    document_line,
    Column("category_id", Uuid, nullable=True),
    Column("deductible", Rate, nullable=True),
    reference("category_id", "purchase_category"),
    PurchaseLine={},
)
index(document_line, "category_id")
