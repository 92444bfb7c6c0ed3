"""Customers and their contact persons."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, ExternalIdCriterion, TextCriterion
from schema.declarations.fields import deprecated, enum_value, field, gated
from schema.declarations.forms import Form
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, filter_object
from schema.declarations.relay import Node
from schema.declarations.writing import (
    COMPANY,
    CREATE,
    DELETE,
    MANY,
    UPDATE,
    amount,
    choice,
    flag,
    form,
    line,
    note,
    numbered,
    owned,
    whole,
)
from schema.localization.language import Language
from schema.types.core.versions import Versioned, versioned_filter


@strawberry.enum(description="How a discount is meant.")
class DiscountType(Enum):
    AMOUNT = enum_value("AMOUNT", "An amount per unit.")
    PERCENT = enum_value("PERCENT", "A percentage.")


@strawberry.enum(description="What sort of customer somebody is.")
class CustomerKind(Enum):
    BUSINESS = enum_value("BUSINESS", "A business.")
    CONSUMER = enum_value("CONSUMER", "A private person.")
    PUBLIC = enum_value("PUBLIC", "A public body.")


@strawberry.enum(description="How sales are taxed.")
class SalesVatTreatment(Enum):
    STANDARD = enum_value("STANDARD", "By the rates of the products.")
    REVERSE_CHARGE = enum_value("REVERSE_CHARGE", "The Belgian customer pays the tax.")
    INTRA_COMMUNITY_GOODS = enum_value("INTRA_COMMUNITY_GOODS", "Goods to a business in another member state.")
    INTRA_COMMUNITY_SERVICES = enum_value("INTRA_COMMUNITY_SERVICES", "Services to a business in another member state.")
    EXPORT = enum_value("EXPORT", "Goods to a country outside the Union.")
    SERVICES_OUTSIDE_EU = enum_value("SERVICES_OUTSIDE_EU", "Services to a business outside the Union.")
    EXEMPT = enum_value("EXEMPT", "Exempt, article 44 of the VAT Code.")
    SMALL_BUSINESS = enum_value("SMALL_BUSINESS", "Of a small business, which charges no tax.")


@entity(
    "cop",
    App.CUSTOMERS,
    description="A person to talk to at a customer.",
    writes=CREATE | UPDATE | DELETE,
    part_of="Customer",
)
class ContactPerson(Versioned, Node):
    first_name: str = field("First name.", write=line(100, default=""))
    last_name: str = field("Last name.", write=line(100, default=""))
    email: str | None = field("E-mail address.", write=form(Form.EMAIL))
    phone: str | None = field("Telephone number.", write=form(Form.PHONE))
    job_title: str | None = field("What the person does there.", write=line())


@entity("cus", App.CUSTOMERS, description="Somebody that the company sells to.", writes=CREATE | UPDATE | DELETE | MANY)
class Customer(Versioned, Node):
    number: str = field("The customer's number as printed.", write=numbered("C"))
    name: str = field("The customer's name.", write=line(100, required=True))
    kind: CustomerKind = field("What sort of customer it is.", write=choice(filled=True))
    external_id: str | None = field("The id in the system that the customer came from.", write=form(Form.EXTERNAL_ID))
    vat_number: str | None = field("The VAT number.", write=form(Form.VAT_NUMBER))
    vat_exception: str | None = deprecated(
        "Read `vatTreatment`.",
        field("The box of the VAT return, where sales to this customer are not taxed the usual way."),
    )
    vat_treatment: SalesVatTreatment | None = field(
        "How sales to this customer are taxed; null where country and VAT number decide.", write=choice()
    )
    street: str | None = field("Street.", write=line())
    street_number: str | None = field("House number.", write=line())
    postcode: str | None = field("Postcode.", write=form(Form.POSTCODE))
    city: str | None = field("Town.", write=line())
    country: str = field("Country, ISO 3166.", write=form(Form.COUNTRY, default="BE"))
    phone: str | None = field("Telephone number.", write=form(Form.PHONE))
    mobile: str | None = field("Mobile telephone number.", write=form(Form.PHONE))
    email: str | None = field("E-mail address.", write=form(Form.EMAIL))
    website: str | None = field("Website.", write=form(Form.WEBSITE))
    payment_term_days: int = field("Days that the customer has to pay.", write=whole(0, 365, default=COMPANY))
    end_of_month: bool = field("Whether these days are counted from the end of the month.", write=flag(default=COMPANY))
    note: str | None = field("An internal note.", write=note())
    created_at: datetime.datetime = field("When the customer was recorded.")
    contact_persons: list[ContactPerson] = field("The people to talk to.", write=owned())
    language: Language | None = gated(
        "The language of the customer's documents.", App.FOREIGN_LANGUAGE_CUSTOMERS, write=choice(default=COMPANY)
    )
    currency: str | None = gated(
        "The currency of the customer's documents, ISO 4217.",
        App.CURRENCIES,
        write=form(Form.CURRENCY, default=COMPANY),
    )
    discount: decimal.Decimal | None = gated(
        "The customer's usual discount.", App.DISCOUNTS, write=amount(2, 0, "999999999999")
    )
    discount_type: DiscountType | None = gated("How the discount is meant.", App.DISCOUNTS, write=choice())
    settlement_discount: decimal.Decimal | None = gated(
        "The discount for prompt payment, in percent.", App.DISCOUNTS, write=amount(2, "0.01", 20)
    )
    settlement_term_days: int | None = gated("Days within which payment is prompt.", App.DISCOUNTS, write=whole(1, 60))
    prospect_since: datetime.datetime | None = gated("Since when the customer is only a prospect.", App.PROSPECTS)
    utm_source: str | None = gated("The campaign's source.", App.PROSPECTS, write=line())
    utm_medium: str | None = gated("The campaign's medium.", App.PROSPECTS, write=line())
    utm_campaign: str | None = gated("The campaign's name.", App.PROSPECTS, write=line())
    channel: str | None = gated("How the customer came.", App.PROSPECTS, write=line())


@versioned_filter(Customer)
@filter_object("Which customers.")
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
    kind: list[CustomerKind] | None = reads(Customer, "kind")
    external_id: ExternalIdCriterion | None = reads(Customer, "external_id")
    created_at: DateTimeCriterion | None = reads(Customer, "created_at")
    search: str | None = reads(Customer, "number", "name", "city", "vat_number")


CustomerOrder = order_enum(
    "CustomerOrder", Customer, "name", "number", "city", "created_at", "updated_at", "discount", "prospect_since"
)
