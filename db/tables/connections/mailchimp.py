"""MailChimp: audiences, and the contacts' subscriptions to them."""

from db.declarations import Array, Boolean, Column, Integer, Text
from db.tables.core.contacts import contact
from db.tables.metadata import add_to, holds, reading_index, stamp, tenant_table, words

mailchimp_audience = tenant_table(
    "mailchimp_audience",
    words("name"),
    Column("member_count", Integer, nullable=False, default="0"),
    stamp("last_sync_at", nullable=True),
    info=holds(order="name", MailchimpAudience={}),
)

reading_index(mailchimp_audience, "name")

add_to(
    contact,
    Column("mailchimp_subscribed", Boolean, nullable=False, default="false"),
    Column("mailchimp_tags", Array(Text()), nullable=False, default="'{}'"),
)
