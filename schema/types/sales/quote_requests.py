"""Quote requests of customers and prospects, which arrive in a mailbox of their own."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import Quote
from schema.types.sales.prospects import Prospect


@strawberry.enum(description="Where a quote request stands.")
class QuoteRequestStatus(Enum):
    NEW = enum_value("NEW", "Nobody has looked at it.")
    IN_PROGRESS = enum_value("IN_PROGRESS", "Somebody works on it.")
    QUOTED = enum_value("QUOTED", "Answered with a quote.")
    CLOSED = enum_value("CLOSED", "Closed without a quote.")


@entity("qrq", App.QUOTE_REQUESTS, description="Somebody's request for a quote.")
class QuoteRequest(Node):
    subject: str = field("The subject of the message.")
    body: str | None = field("The message.")
    received_at: datetime.datetime = field("When it arrived.")
    status: QuoteRequestStatus = field("Where it stands.")
    customer: Customer | None = field("The customer who asks.")
    prospect: Prospect | None = field("The prospect who asks, as long as it is no customer.")
    quotes: list[Quote] | None = field("The quotes made for it.")


@filter_object("Which quote requests.")
class QuoteRequestFilter:
    subject: TextCriterion | None = reads(QuoteRequest, "subject")
    received_at: DateTimeCriterion | None = reads(QuoteRequest, "received_at")
    status: list[QuoteRequestStatus] | None = reads(QuoteRequest, "status")
    search: str | None = reads(QuoteRequest, "subject", "body")


QuoteRequestOrder = order_enum("QuoteRequestOrder", QuoteRequest, "received_at", "subject")


@extends(Quote)
class QuoteOfRequest:
    request: QuoteRequest | None = field("The request that it answers.")


@extends(Customer)
class CustomerQuoteRequests:
    quote_requests: Connection[QuoteRequest] | None = connection(
        "The customer's quote requests.", filter=QuoteRequestFilter, order=QuoteRequestOrder
    )


@extends(Prospect)
class ProspectQuoteRequests:
    quote_requests: Connection[QuoteRequest] | None = connection(
        "The prospect's quote requests.", filter=QuoteRequestFilter, order=QuoteRequestOrder
    )


@extends(Company)
class CompanyQuoteRequests:
    quote_requests: Connection[QuoteRequest] | None = connection(
        "Requests for quotes.", filter=QuoteRequestFilter, order=QuoteRequestOrder
    )
    quote_request_mailbox: str | None = gated("The e-mail address that requests arrive at.", App.QUOTE_REQUESTS)
