"""Rules for reminders, and the reminders of an invoice."""

from db.declarations import Boolean, Column, Index, Integer, Uuid
from db.tables.core.documents import document
from db.tables.metadata import add_to, holds, reference, stamp, tenant_table, words

reminder_rule = tenant_table(
    "reminder_rule",
    words("name"),
    Column("days_after_due", Integer, nullable=False),
    Column("term", Integer, nullable=False),
    words("text"),
    Index("ix_reminder_rule_company_id_days_after_due_id", "company_id", "days_after_due", "id"),
    info=holds(order="days_after_due", ReminderRule={}),
)

reminder = tenant_table(
    "reminder",
    Column("document_id", Uuid, nullable=False),
    Column("rule_id", Uuid, nullable=True),
    stamp("at"),
    words("to"),
    reference("document_id", "document", ondelete="CASCADE"),
    reference("rule_id", "reminder_rule"),
    Index("ix_reminder_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    Index("ix_reminder_company_id_rule_id", "company_id", "rule_id"),
    info=holds(order="at", Reminder={}),
)

add_to(document, Column("automatic_reminders", Boolean, nullable=True))
