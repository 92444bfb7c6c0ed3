"""QR codes on invoices."""

from db.declarations import Check
from db.tables.core.documents import document
from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, words

add_to(document, words("qr_payload", nullable=True))
add_to(company_settings, words("qr_kind", default="EPC"))
company_settings.add(Check("qr_kind in ('EPC', 'PAYMENT_LINK')", name="qr_kind"))
