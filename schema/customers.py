"""Customers and the people to talk to there."""

import datetime
import decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.apps import App
from schema.declarations import connection, entity, enum_value, field, gated, input_object, order_enum, reads
from schema.filters import DateTimeCriterion, DecimalCriterion, TextCriterion
from schema.language import Language
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.documents import (
        CreditNote,
        CreditNoteFilter,
        CreditNoteOrder,
        Invoice,
        InvoiceFilter,
        InvoiceOrder,
        Quote,
        QuoteFilter,
        QuoteOrder,
    )


@strawberry.enum(description="How a discount is meant.")
class DiscountType(Enum):
    AMOUNT = enum_value("AMOUNT", "An amount per unit.")
    PERCENT = enum_value("PERCENT", "A percentage.")


@entity("cop", App.CUSTOMERS, description="A person to talk to at a customer.")
class ContactPerson(Node):
    first_name: str = field("First name.")
    last_name: str = field("Last name.")
    email: str | None = field("E-mail address.")
    phone: str | None = field("Telephone number.")
    job_title: str | None = field("What the person does there.")


@entity("cus", App.CUSTOMERS, description="Somebody that the company sells to.")
class Customer(Node):
    number: str = field("The customer's number as printed.")
    name: str = field("The customer's name.")
    vat_number: str | None = field("The VAT number.")
    vat_exception: str | None = field(
        "The box of the VAT return, where sales to this customer are not taxed the usual way."
    )
    street: str | None = field("Street.")
    street_number: str | None = field("House number.")
    postcode: str | None = field("Postcode.")
    city: str | None = field("Town.")
    country: str = field("Country, ISO 3166.")
    phone: str | None = field("Telephone number.")
    mobile: str | None = field("Mobile telephone number.")
    email: str | None = field("E-mail address.")
    website: str | None = field("Website.")
    payment_term_days: int = field("Days that the customer has to pay.")
    note: str | None = field("An internal note.")
    created_at: datetime.datetime = field("When the customer was recorded.")
    contact_persons: list[ContactPerson] = field("The people to talk to.")
    language: Language | None = gated("The language of the customer's documents.", App.FOREIGN_LANGUAGE_CUSTOMERS)
    currency: str | None = gated("The currency of the customer's documents, ISO 4217.", App.CURRENCIES)
    discount: decimal.Decimal | None = gated("The customer's usual discount.", App.DISCOUNTS)
    discount_type: DiscountType | None = gated("How the discount is meant.", App.DISCOUNTS)
    settlement_discount: decimal.Decimal | None = gated("The discount for prompt payment, in percent.", App.DISCOUNTS)
    settlement_term_days: int | None = gated("Days within which payment is prompt.", App.DISCOUNTS)
    prospect_since: datetime.datetime | None = gated("Since when the customer is only a prospect.", App.PROSPECTS)
    utm_source: str | None = gated("The campaign's source.", App.PROSPECTS)
    utm_medium: str | None = gated("The campaign's medium.", App.PROSPECTS)
    utm_campaign: str | None = gated("The campaign's name.", App.PROSPECTS)
    channel: str | None = gated("How the customer came.", App.PROSPECTS)
    invoices: Connection[Annotated["Invoice", strawberry.lazy("schema.documents")]] | None = connection(
        "Invoices to the customer.",
        filter=Annotated["InvoiceFilter", strawberry.lazy("schema.documents")],
        order=Annotated["InvoiceOrder", strawberry.lazy("schema.documents")],
    )
    credit_notes: Connection[Annotated["CreditNote", strawberry.lazy("schema.documents")]] | None = connection(
        "Credit notes to the customer.",
        filter=Annotated["CreditNoteFilter", strawberry.lazy("schema.documents")],
        order=Annotated["CreditNoteOrder", strawberry.lazy("schema.documents")],
    )
    quotes: Connection[Annotated["Quote", strawberry.lazy("schema.documents")]] | None = connection(
        "Quotes to the customer.",
        filter=Annotated["QuoteFilter", strawberry.lazy("schema.documents")],
        order=Annotated["QuoteOrder", strawberry.lazy("schema.documents")],
    )


@input_object("Which customers.")
class CustomerFilter:
    number: TextCriterion | None = reads(Customer, "number")
    name: TextCriterion | None = reads(Customer, "name")
    city: TextCriterion | None = reads(Customer, "city")
    postcode: TextCriterion | None = reads(Customer, "postcode")
    email: TextCriterion | None = reads(Customer, "email")
    vat_number: TextCriterion | None = reads(Customer, "vat_number")
    discount: DecimalCriterion | None = reads(Customer, "discount")
    channel: TextCriterion | None = reads(Customer, "channel")
    prospect_since: DateTimeCriterion | None = reads(Customer, "prospect_since")
    search: str | None = reads(Customer, "number", "name", "city")


CustomerOrder = order_enum(
    "CustomerOrder", Customer, "name", "number", "city", "created_at", "discount", "prospect_since"
)
