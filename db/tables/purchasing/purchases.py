"""Purchases: their categories, and the columns of suppliers and purchases on contacts, documents and lines."""

from db.declarations import Check, Column, Date, Uuid
from db.tables.core.contacts import contact
from db.tables.core.documents import document, document_line
from db.tables.metadata import Rate, add_to, holds, index, reading_index, reference, tenant_table, words

VAT_BOXES = ("GOODS", "SERVICES", "INVESTMENTS")
VAT_TREATMENTS = ("DOMESTIC", "REVERSE_CHARGE", "INTRA_COMMUNITY", "IMPORT", "EXEMPT")

purchase_category = tenant_table(
    "purchase_category",
    words("name"),
    words("vat_box"),
    Column("deductible", Rate, nullable=False, default="100"),
    words("gl_account", nullable=True),
    Check(f"vat_box in ({', '.join(map(repr, VAT_BOXES))})", name="vat_box"),
    info=holds(order="name", PurchaseCategory={}),
)

reading_index(purchase_category, "name")

add_to(
    contact,
    words("iban", nullable=True),
    words("our_number", nullable=True),
    Column("purchase_category_id", Uuid, nullable=True),
    reference("purchase_category_id", "purchase_category"),
    Supplier={"is_supplier": True},
)
reading_index(contact, "is_supplier", "name")
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
document.add(Check(f"vat_treatment in ({', '.join(map(repr, VAT_TREATMENTS))})", name="vat_treatment"))
index(document, "category_id", "date", "id")

add_to(
    document_line,
    Column("category_id", Uuid, nullable=True),
    Column("deductible", Rate, nullable=True),
    reference("category_id", "purchase_category"),
    PurchaseLine={},
)
index(document_line, "category_id")
