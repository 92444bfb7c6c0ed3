"""E-mails and postal letters that were sent, and what is left to pay letters with."""

from db.declarations import Boolean, Column, Index, Uuid
from db.tables.core.documents import KINDS
from db.tables.core.settings import company_settings
from db.tables.metadata import Money, add_to, holds, one_of, reference, stamp, tenant_table, words

sent_email = tenant_table(
    "sent_email",
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("document_kind", *KINDS),
    words("to"),
    words("cc", nullable=True),
    words("bcc", nullable=True),
    words("subject"),
    stamp("at"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_sent_email_company_id_at_id", "company_id", "at", "id"),
    Index("ix_sent_email_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    info=holds(order="-at", SentEmail={}),
)

postal_letter = tenant_table(
    "postal_letter",
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("document_kind", *KINDS),
    Column("priority", Boolean, nullable=False),
    Column("double_sided", Boolean, nullable=False),
    Column("price", Money, nullable=False),
    stamp("at"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_postal_letter_company_id_at_id", "company_id", "at", "id"),
    Index("ix_postal_letter_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    info=holds(order="-at", PostalLetter={}),
)

add_to(
    company_settings,
    Column("postal_balance", Money, nullable=False, default="0"),
)
