"""MailChimp: audiences, and the contacts in them."""

import datetime

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import flag, words
from schema.types.core.company import Company
from schema.types.core.customers import Customer, CustomerFilter


@entity("mca", App.MAILCHIMP, description="A mailing list at MailChimp.")
class MailchimpAudience(Node):
    name: str = field("The audience's name.")
    member_count: int = field("How many people are in it, as told by MailChimp.")
    last_sync_at: datetime.datetime | None = field("When contacts were last sent to it.")


@filter_object("Which audiences.")
class MailchimpAudienceFilter:
    name: TextCriterion | None = reads(MailchimpAudience, "name")
    last_sync_at: DateTimeCriterion | None = reads(MailchimpAudience, "last_sync_at")
    search: str | None = reads(MailchimpAudience, "name")


MailchimpAudienceOrder = order_enum("MailchimpAudienceOrder", MailchimpAudience, "name", "member_count", "last_sync_at")


@extends(Customer)
class CustomerMailchimp:
    mailchimp_subscribed: bool | None = gated("Whether the customer gets the mailings.", App.MAILCHIMP, write=flag())
    mailchimp_tags: list[str] | None = gated("The customer's tags at MailChimp.", App.MAILCHIMP, write=words(50))


@extends(CustomerFilter)
class CustomersByMailchimp:
    mailchimp_subscribed: bool | None = reads(Customer, "mailchimp_subscribed")


@extends(Company)
class CompanyMailchimp:
    mailchimp_audiences: Connection[MailchimpAudience] | None = connection(
        "Mailing lists at MailChimp.", filter=MailchimpAudienceFilter, order=MailchimpAudienceOrder
    )
