"""Sending of e-mails by a company."""

from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, one_of, words

add_to(
    company_settings,
    words("send_mode", default="ENFACT"),
    words("from_address", nullable=True),
    words("cc", nullable=True),
    words("bcc", nullable=True),
    one_of("send_mode", "ENFACT", "SMTP"),
)
