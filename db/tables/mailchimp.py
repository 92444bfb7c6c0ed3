"""MailChimp: audiences, and which contacts get their mailings."""

from sqlalchemy import ARRAY, Boolean, Column, Index, Integer, Text, text

from db.tables.contacts import contact
from db.tables.metadata import add_to, holds, stamp, tenant_table, words

mailchimp_audience = tenant_table(
    "mailchimp_audience",
    words("name"),
    Column("member_count", Integer, nullable=False, server_default=text("0")),
    stamp("last_sync_at", nullable=True),
    Index("ix_mailchimp_audience_company_id_name_id", "company_id", "name", "id"),
    info=holds(order="name", MailchimpAudience={}),
)

add_to(
    contact,
    Column("mailchimp_subscribed", Boolean, nullable=False, server_default=text("false")),
    Column("mailchimp_tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
)
