"""Direct debits through Twikey: mandates that customers sign, and invoices that are collected with them."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer, CustomerFilter
from schema.types.core.documents import Invoice


@strawberry.enum(description="The scheme of SEPA direct debit that a mandate belongs to.")
class MandateKind(Enum):
    B2C = enum_value("B2C", "The core scheme, for consumers and everybody else.")
    B2B = enum_value("B2B", "The scheme between businesses, without a right to take the money back.")


@strawberry.enum(description="Where a mandate stands.")
class MandateState(Enum):
    PREPARED = enum_value("PREPARED", "Sent to the customer, not signed yet.")
    SIGNED = enum_value("SIGNED", "Signed by the customer.")
    SUSPENDED = enum_value("SUSPENDED", "Not to be used for a while.")
    CANCELLED = enum_value("CANCELLED", "Taken back.")
    EXPIRED = enum_value("EXPIRED", "Not used for so long that it ended.")


@entity("mdt", App.TWIKEY, description="A customer's permission to collect invoices from their account.")
class Mandate(Node):
    number: str = field("The reference of the mandate.")
    kind: MandateKind = field("The scheme that it belongs to.")
    state: MandateState = field("Where it stands.")
    iban: str | None = field("The account that invoices are collected from.")
    signed_at: datetime.datetime | None = field("When the customer signed it.")
    customer: Customer | None = field("The customer.")


@filter_object("Which mandates.")
class MandateFilter:
    number: TextCriterion | None = reads(Mandate, "number")
    kind: list[MandateKind] | None = reads(Mandate, "kind")
    state: list[MandateState] | None = reads(Mandate, "state")
    signed_at: DateTimeCriterion | None = reads(Mandate, "signed_at")
    customer: IdCriterion | None = reads(Mandate, "customer")
    search: str | None = reads(Mandate, "number", "iban")


MandateOrder = order_enum("MandateOrder", Mandate, "number", "state", "signed_at")


@extends(Customer)
class CustomerDirectDebits:
    twikey_state: MandateState | None = gated("Where the customer's newest mandate stands.", App.TWIKEY)
    twikey_collectable: bool | None = gated("Whether invoices can be collected from the customer.", App.TWIKEY)
    twikey_sign_url: str | None = gated("Where the customer signs a mandate that waits.", App.TWIKEY)
    mandates: Connection[Mandate] | None = connection(
        "The customer's mandates.", filter=MandateFilter, order=MandateOrder
    )


@extends(CustomerFilter)
class CustomersByDirectDebit:
    twikey_state: list[MandateState] | None = reads(Customer, "twikey_state")
    twikey_collectable: bool | None = reads(Customer, "twikey_collectable")


@extends(Invoice)
class InvoiceDirectDebit:
    twikey_transaction_id: str | None = gated("The transaction with which Twikey collects it.", App.TWIKEY)


@extends(Company)
class CompanyDirectDebits:
    mandates: Connection[Mandate] | None = connection("Mandates.", filter=MandateFilter, order=MandateOrder)
