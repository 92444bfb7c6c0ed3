"""The company: the parent of all its data, each list behind its gate."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App, Plan
from schema.declarations.fields import Argument, connection, enum_value, field, gated, narrowing, open_field, stood_in
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.roles import Role
from schema.types.core.access import (
    Access,
    AccessChange,
    AccessChangeFilter,
    AccessChangeOrder,
    ApiKey,
    ExternalUser,
    ExternalUserFilter,
    ExternalUserOrder,
    PermissionMatrix,
    User,
    UserFilter,
    UserOrder,
)
from schema.types.core.customers import Customer, CustomerFilter, CustomerOrder
from schema.types.core.documents import (
    CreditNote,
    CreditNoteFilter,
    CreditNoteOrder,
    Document,
    DocumentConnection,
    DocumentFilter,
    DocumentKind,
    DocumentOrder,
    Invoice,
    InvoiceFilter,
    InvoiceOrder,
    Quote,
    QuoteFilter,
    QuoteOrder,
)
from schema.types.core.products import (
    Product,
    ProductFilter,
    ProductGroup,
    ProductGroupFilter,
    ProductGroupOrder,
    ProductOrder,
)


@entity("com", OPEN, description="A company that the viewer may enter.")
class Company(Node):
    name: str = open_field("The company's name.")
    vat_number: str | None = open_field("The VAT number.")
    enterprise_number: str | None = open_field("The enterprise number.")
    access: Access = open_field("What the viewer has here.")
    plan: Plan | None = gated("What the company pays for.", Role.OWNER)
    trial_ends_at: datetime.datetime | None = gated(
        "Until when the plan counts as PREMIUM; null if there was no trial.", Role.OWNER
    )
    legal_form: str | None = gated("The legal form.", App.COMPANY_INFO)
    street: str | None = gated("Street.", App.COMPANY_INFO)
    street_number: str | None = gated("House number.", App.COMPANY_INFO)
    postcode: str | None = gated("Postcode.", App.COMPANY_INFO)
    city: str | None = gated("Town.", App.COMPANY_INFO)
    country: str | None = gated("Country, ISO 3166.", App.COMPANY_INFO)
    phone: str | None = gated("Telephone number.", App.COMPANY_INFO)
    email: str | None = gated("E-mail address.", App.COMPANY_INFO)
    website: str | None = gated("Website.", App.COMPANY_INFO)
    iban: str | None = gated("The main bank account.", App.COMPANY_INFO)
    ibans: list[str] | None = gated("All bank accounts that the company names, the main one first.", App.COMPANY_INFO)
    active_apps: list[App] | None = gated(
        "The active apps, base modules and parts included, without those that sleep.", Role.OWNER
    )
    sleeping_apps: list[App] | None = gated(
        "The active apps that sleep, because they are above the plan: nobody reaches them, data and toggles are kept. "
        "They wake with a plan that has them.",
        Role.OWNER,
    )
    users: Connection[User] | None = stood_in(
        connection("The members.", Role.OWNER, filter=UserFilter, order=UserOrder)
    )
    external_users: list[ExternalUser] | None = gated(
        "Accountants and support.", Role.OWNER, write=None, **narrowing(ExternalUserFilter, ExternalUserOrder)
    )
    api_keys: list[ApiKey] | None = gated(
        "The API keys that open this company, or are bound to it, newest first; empty for who shows a key.", Role.OWNER
    )
    permission_matrix: PermissionMatrix | None = gated(
        "Who may see what. The matrix of a moment, and a part of one, have ids of their own.",
        Role.OWNER,
        at=Argument(
            datetime.datetime | None,
            "As it was at this moment: the people, their roles and toggles, the columns and the version; later is now.",
        ),
        user_ids=Argument(list[strawberry.ID] | None, "Only the rows of these users and external users, at most 100."),
        apps=Argument(list[App] | None, "Only these columns."),
    )
    access_changes: Connection[AccessChange] | None = connection(
        "The audit trail, newest first.", Role.OWNER, filter=AccessChangeFilter, order=AccessChangeOrder
    )
    customers: Connection[Customer] | None = connection("Customers.", filter=CustomerFilter, order=CustomerOrder)
    products: Connection[Product] | None = connection("Products.", filter=ProductFilter, order=ProductOrder)
    product_groups: Connection[ProductGroup] | None = connection(
        "Product groups.", filter=ProductGroupFilter, order=ProductGroupOrder
    )
    quotes: DocumentConnection[Quote] | None = connection("Quotes.", filter=QuoteFilter, order=QuoteOrder)
    invoices: DocumentConnection[Invoice] | None = connection("Invoices.", filter=InvoiceFilter, order=InvoiceOrder)
    credit_notes: DocumentConnection[CreditNote] | None = connection(
        "Credit notes.", filter=CreditNoteFilter, order=CreditNoteOrder
    )
    documents: DocumentConnection[Document] | None = connection(
        "Documents of every kind that the viewer holds.",
        is_open=True,
        filter=DocumentFilter,
        order=DocumentOrder,
        kinds=Argument(list[DocumentKind] | None, "Only these kinds."),
    )


@extends(Access)
class OfAccess:
    company: Company = field("The company.")


@strawberry.enum(description="How a viewer enters a company.")
class AccessKind(Enum):
    MEMBER = enum_value("MEMBER", "As a member.")
    EXTERNAL = enum_value("EXTERNAL", "From outside.")


@filter_object("Which companies.")
class ViewerCompanyFilter:
    access: AccessKind | None = reads(Company, "access")
    search: str | None = reads(Company, "name", "vat_number")


ViewerCompanyOrder = order_enum("ViewerCompanyOrder", Company, "name", "vat_number")
