"""Tickets of the cash register, for sales that are paid at the counter."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    SHARED_KEYS,
    Document,
    DocumentConnection,
    DocumentFilter,
)
from schema.types.money.payments import CashBookEntry
from schema.types.money.receipts import PaymentMethod


@strawberry.enum(description="Where a ticket of the cash register stands.")
class CashTicketStatus(Enum):
    OPEN = enum_value("OPEN", "Not paid yet.")
    PAID = enum_value("PAID", "Paid.")
    CANCELLED = enum_value("CANCELLED", "Withdrawn.")


@entity("tic", App.CASH_TICKETS, description="A ticket of the cash register.")
class CashTicket(Document):
    status: CashTicketStatus = field("Where it stands.")
    payment_method: PaymentMethod | None = field("How it was paid.")
    ticket_print_url: str | None = field("Where the ticket is, ready to be printed.")


@filter_object("Which tickets of the cash register.")
class CashTicketFilter(DocumentFilter):
    status: list[CashTicketStatus] | None = reads(CashTicket, "status")
    payment_method: list[PaymentMethod] | None = reads(CashTicket, "payment_method")


CashTicketOrder = order_enum("CashTicketOrder", CashTicket, *SHARED_KEYS)


@extends(CashBookEntry)
class CashBookEntryTicket:
    ticket: CashTicket | None = field("The ticket that was paid.")


@extends(Customer)
class CustomerCashTickets:
    cash_tickets: DocumentConnection[CashTicket] | None = connection(
        "Tickets of the customer at the cash register.", filter=CashTicketFilter, order=CashTicketOrder
    )


@extends(Company)
class CompanyCashTickets:
    cash_tickets: DocumentConnection[CashTicket] | None = connection(
        "Tickets of the cash register.", filter=CashTicketFilter, order=CashTicketOrder
    )
