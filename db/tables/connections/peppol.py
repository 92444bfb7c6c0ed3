"""The states of companies, customers, invoices and incoming files on Peppol."""

from db.declarations import Boolean, Column
from db.tables.core.contacts import contact
from db.tables.core.documents import document
from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, one_of, stamp, words
from db.tables.parts.inbox import inbox_item

add_to(
    document,
    words("peppol_status", nullable=True),
    stamp("peppol_sent_at", nullable=True),
    one_of("peppol_status", "QUEUED", "SENT", "DELIVERED", "REJECTED"),
)
add_to(contact, words("peppol_id", nullable=True), Column("peppol_reachable", Boolean, nullable=True))
add_to(inbox_item, Column("via_peppol", Boolean, nullable=False, default="false"))
add_to(
    company_settings,
    words("peppol_registration", default="UNREGISTERED"),
    one_of("peppol_registration", "UNREGISTERED", "PENDING", "VERIFIED"),
)
