"""MailChimp: the audiences that contacts are sent to."""

import datetime

from schema.apps import App
from schema.company import Company
from schema.customers import Customer, CustomerFilter
from schema.declarations import connection, entity, extends, field, gated, input_object, order_enum, reads
from schema.filters import DateTimeCriterion, TextCriterion
from schema.relay import Connection, Node


@entity("mca", App.MAILCHIMP, description="A mailing list at MailChimp.")
class MailchimpAudience(Node):
    name: str = field("The audience's name.")
    member_count: int = field("How many people are in it, as told by MailChimp.")
    last_sync_at: datetime.datetime | None = field("When contacts were last sent to it.")


@input_object("Which audiences.")
class MailchimpAudienceFilter:
    name: TextCriterion | None = reads(MailchimpAudience, "name")
    last_sync_at: DateTimeCriterion | None = reads(MailchimpAudience, "last_sync_at")
    search: str | None = reads(MailchimpAudience, "name")


MailchimpAudienceOrder = order_enum("MailchimpAudienceOrder", MailchimpAudience, "name", "member_count", "last_sync_at")


@extends(Customer)
class OfCustomer:
    mailchimp_subscribed: bool | None = gated("Whether the customer gets the mailings.", App.MAILCHIMP)
    mailchimp_tags: list[str] | None = gated("The customer's tags at MailChimp.", App.MAILCHIMP)


@extends(CustomerFilter)
class OfCustomerFilter:
    mailchimp_subscribed: bool | None = reads(Customer, "mailchimp_subscribed")


@extends(Company)
class OfCompany:
    mailchimp_audiences: Connection[MailchimpAudience] | None = connection(
        "Mailing lists at MailChimp.", filter=MailchimpAudienceFilter, order=MailchimpAudienceOrder
    )
