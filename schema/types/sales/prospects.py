"""Prospects: possible customers, until their first invoice."""

import datetime

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import ContactPerson


@entity("psp", App.PROSPECTS, description="Somebody who may become a customer.")
class Prospect(Node):
    number: str = field("The prospect's number as printed; it stays the customer's.")
    name: str = field("The prospect's name.")
    vat_number: str | None = field("The VAT number.")
    street: str | None = field("Street.")
    street_number: str | None = field("House number.")
    postcode: str | None = field("Postcode.")
    city: str | None = field("Town.")
    country: str = field("Country, ISO 3166.")
    phone: str | None = field("Telephone number.")
    mobile: str | None = field("Mobile telephone number.")
    email: str | None = field("E-mail address.")
    website: str | None = field("Website.")
    prospect_since: datetime.datetime | None = field("Since when.")
    utm_source: str | None = field("The campaign's source.")
    utm_medium: str | None = field("The campaign's medium.")
    utm_campaign: str | None = field("The campaign's name.")
    channel: str | None = field("How the prospect came.")
    note: str | None = field("An internal note.")
    created_at: datetime.datetime = field("When the prospect was recorded.")
    contact_persons: list[ContactPerson] = field("The people to talk to.")


@filter_object("Which prospects.")
class ProspectFilter:
    number: TextCriterion | None = reads(Prospect, "number")
    name: TextCriterion | None = reads(Prospect, "name")
    city: TextCriterion | None = reads(Prospect, "city")
    postcode: TextCriterion | None = reads(Prospect, "postcode")
    email: TextCriterion | None = reads(Prospect, "email")
    prospect_since: DateTimeCriterion | None = reads(Prospect, "prospect_since")
    utm_source: TextCriterion | None = reads(Prospect, "utm_source")
    utm_medium: TextCriterion | None = reads(Prospect, "utm_medium")
    utm_campaign: TextCriterion | None = reads(Prospect, "utm_campaign")
    channel: TextCriterion | None = reads(Prospect, "channel")
    search: str | None = reads(Prospect, "number", "name", "city", "vat_number")


ProspectOrder = order_enum("ProspectOrder", Prospect, "name", "number", "city", "prospect_since", "created_at")


@extends(Company)
class CompanyProspects:
    prospects: Connection[Prospect] | None = connection(
        "Possible customers.", filter=ProspectFilter, order=ProspectOrder
    )
