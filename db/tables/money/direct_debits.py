"""Direct debits through Twikey: mandates, and Twikey's state of customers and invoices."""

from db.declarations import Boolean, Check, Column, Index, Uuid
from db.tables.core.contacts import contact
from db.tables.core.documents import document
from db.tables.metadata import add_to, holds, reference, stamp, tenant_table, words

STATES = "('PREPARED', 'SIGNED', 'SUSPENDED', 'CANCELLED', 'EXPIRED')"

mandate = tenant_table(
    "mandate",
    Column("customer_id", Uuid, nullable=False),
    words("number"),
    words("kind"),
    words("state", default="PREPARED"),
    words("iban", nullable=True),
    stamp("signed_at", nullable=True),
    Check("kind in ('B2C', 'B2B')", name="kind"),
    Check(f"state in {STATES}", name="state"),
    reference("customer_id", "contact"),
    Index("uq_mandate_company_id_number", "company_id", "number", unique=True),
    Index("ix_mandate_company_id_signed_at_id", "company_id", "signed_at", "id"),
    Index("ix_mandate_company_id_customer_id_signed_at_id", "company_id", "customer_id", "signed_at", "id"),
    info=holds(order="-signed_at", Mandate={}),
)

add_to(
    contact,
    words("twikey_state", nullable=True),
    Column("twikey_collectable", Boolean, nullable=True),
    words("twikey_sign_url", nullable=True),
)
contact.add(Check(f"twikey_state in {STATES}", name="twikey_state"))
add_to(document, words("twikey_transaction_id", nullable=True))
