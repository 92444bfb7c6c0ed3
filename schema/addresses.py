"""Where a customer wants goods delivered and where it builds: further addresses, and those that documents name."""

import strawberry

from schema.apps import App
from schema.customers import Customer
from schema.declarations import extends, field, gated, reads, value
from schema.documents import Document, DocumentFilter
from schema.filters import IdCriterion


@value("A place of a customer beside its own address.", prefix="adr")
class Address:
    id: strawberry.ID = field("The global id.")
    name: str = field("What the place is called.")
    street: str | None = field("Street.")
    street_number: str | None = field("House number.")
    postcode: str | None = field("Postcode.")
    city: str | None = field("Town.")
    country: str = field("Country, ISO 3166.")
    phone: str | None = field("The telephone number there.")


@extends(Customer)
class OfCustomer:
    delivery_addresses: list[Address] | None = gated("Where goods may be delivered.", App.DELIVERY_ADDRESSES)
    site_addresses: list[Address] | None = gated("The customer's building sites.", App.SITE_ADDRESSES)


@extends(Document)
class OfDocument:
    delivery_address: Address | None = gated("Where the goods are delivered.", App.DELIVERY_ADDRESSES)
    site_address: Address | None = gated("The building site.", App.SITE_ADDRESSES)


@extends(DocumentFilter)
class OfDocumentFilter:
    delivery_address: IdCriterion | None = reads(Document, "delivery_address")
    site_address: IdCriterion | None = reads(Document, "site_address")
