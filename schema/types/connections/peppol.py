"""The Peppol network: contacts that it reaches, and the status of sent documents."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import enum_value, gated
from schema.declarations.forms import Form
from schema.declarations.listing import reads
from schema.declarations.object_types import extends
from schema.declarations.writing import form
from schema.types.core.company import Company
from schema.types.core.customers import Customer, CustomerFilter
from schema.types.core.documents import Invoice, InvoiceFilter
from schema.types.parts.inbox import InboxItem


@strawberry.enum(description="What became of an invoice that was sent over Peppol.")
class PeppolStatus(Enum):
    QUEUED = enum_value("QUEUED", "It waits to be sent.")
    SENT = enum_value("SENT", "It was sent.")
    DELIVERED = enum_value("DELIVERED", "The receiver's access point has it.")
    REJECTED = enum_value("REJECTED", "The receiver refused it.")


@strawberry.enum(description="Whether a company may send and receive over Peppol.")
class PeppolRegistration(Enum):
    UNREGISTERED = enum_value("UNREGISTERED", "It is not registered.")
    PENDING = enum_value("PENDING", "It is registered, and waits to be verified.")
    VERIFIED = enum_value("VERIFIED", "It is registered and verified.")


@extends(Company)
class CompanyPeppol:
    peppol_registration: PeppolRegistration | None = gated("Whether it may send and receive over Peppol.", App.PEPPOL)


@extends(Customer)
class CustomerPeppol:
    peppol_id: str | None = gated(
        "The customer's identifier on Peppol: scheme and number.", App.PEPPOL, write=form(Form.PEPPOL_ID, filled=True)
    )
    peppol_reachable: bool | None = gated("Whether invoices reach the customer over Peppol.", App.PEPPOL)


@extends(Invoice)
class InvoicePeppol:
    peppol_status: PeppolStatus | None = gated("What became of it on Peppol.", App.PEPPOL)
    peppol_sent_at: datetime.datetime | None = gated("When it was sent over Peppol.", App.PEPPOL)


@extends(InboxItem)
class InboxPeppol:
    via_peppol: bool | None = gated("Whether it came in over Peppol.", App.PEPPOL)


@extends(CustomerFilter)
class CustomersByPeppol:
    peppol_reachable: bool | None = reads(Customer, "peppol_reachable")


@extends(InvoiceFilter)
class InvoicesByPeppol:
    peppol_status: list[PeppolStatus] | None = reads(Invoice, "peppol_status")
