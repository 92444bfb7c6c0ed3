"""MailChimp: audiences, and the contacts' subscriptions to them."""

from sqlalchemy import ARRAY, Boolean, Column, Integer, Text, text

from db.tables.core.contacts import contact
from db.tables.metadata import add_to, holds, reading_index, stamp, tenant_table, words

mailchimp_audience = tenant_table(
    "mailchimp_audience",
    words("name"),
    Column("member_count", Integer, nullable=False, server_default=text("0")),
    stamp("last_sync_at", nullable=True),
    info=holds(order="name", MailchimpAudience={}),
)

reading_index(mailchimp_audience, "name")

add_to(
    contact,
    Column("mailchimp_subscribed", Boolean, nullable=False, server_default=text("false")),
    Column("mailchimp_tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
)
