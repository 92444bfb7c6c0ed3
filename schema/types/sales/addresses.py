"""Delivery and site addresses of customers, and the addresses of documents."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import IdCriterion
from schema.declarations.fields import enum_value, field, gated
from schema.declarations.forms import Form
from schema.declarations.listing import reads
from schema.declarations.object_types import entity, extends
from schema.declarations.relay import Node
from schema.declarations.writing import CREATE, DELETE, UPDATE, choice, form, line, owned
from schema.types.core.customers import Customer
from schema.types.core.documents import Document, DocumentFilter
from schema.types.core.versions import Versioned


@strawberry.enum(description="What an address of a customer is for.")
class AddressKind(Enum):
    DELIVERY = enum_value("DELIVERY", "Goods may be delivered there.", App.DELIVERY_ADDRESSES)
    SITE = enum_value("SITE", "A building site.", App.SITE_ADDRESSES)


@entity(
    "adr",
    App.CUSTOMERS,
    description="A place of a customer beside its own address.",
    writes=CREATE | UPDATE | DELETE,
    part_of="Customer",
)
class Address(Versioned, Node):
    name: str = field("What the place is called.", write=line(100, required=True))
    kind: AddressKind = field("What it is for; it never changes.", write=choice(required=True, once=True))
    street: str | None = field("Street.", write=line())
    street_number: str | None = field("House number.", write=line())
    postcode: str | None = field("Postcode.", write=form(Form.POSTCODE))
    city: str | None = field("Town.", write=line())
    country: str = field("Country, ISO 3166.", write=form(Form.COUNTRY, default="BE"))
    phone: str | None = field("The telephone number there.", write=form(Form.PHONE))


@extends(Customer)
class CustomerAddresses:
    delivery_addresses: list[Address] | None = gated(
        "Where goods may be delivered.", App.DELIVERY_ADDRESSES, write=owned(kind="DELIVERY")
    )
    site_addresses: list[Address] | None = gated(
        "The customer's building sites.", App.SITE_ADDRESSES, write=owned(kind="SITE")
    )


@extends(Document)
class DocumentAddresses:
    delivery_address: Address | None = gated("Where the goods are delivered.", App.DELIVERY_ADDRESSES)
    site_address: Address | None = gated("The building site.", App.SITE_ADDRESSES)


@extends(DocumentFilter)
class DocumentsByAddress:
    delivery_address: IdCriterion | None = reads(Document, "delivery_address")
    site_address: IdCriterion | None = reads(Document, "site_address")
