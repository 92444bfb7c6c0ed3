"""QR codes on invoices."""

from sqlalchemy import CheckConstraint

from db.tables.core.documents import document
from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, words

add_to(document, words("qr_payload", nullable=True))
add_to(company_settings, words("qr_kind", default="EPC"))
company_settings.append_constraint(CheckConstraint("qr_kind in ('EPC', 'PAYMENT_LINK')", name="qr_kind"))
