"""Unpaid invoices that were handed to a collection agency."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Invoice


@strawberry.enum(description="Where a collection case stands.")
class CollectionStatus(Enum):
    OPEN = enum_value("OPEN", "Handed over, nothing done yet.")
    IN_PROGRESS = enum_value("IN_PROGRESS", "The agency is at it.")
    COLLECTED = enum_value("COLLECTED", "The customer paid.")
    WITHDRAWN = enum_value("WITHDRAWN", "Taken back from the agency.")
    ABANDONED = enum_value("ABANDONED", "Given up.")


@entity("cca", App.DEBT_COLLECTION, description="An unpaid invoice that was handed to a collection agency.")
class CollectionCase(Node):
    opened_at: datetime.datetime = field("When it was handed over.")
    status: CollectionStatus = field("Where it stands.")
    claimed_amount: decimal.Decimal = field("What is claimed of the customer, without the fee.")
    fee_amount: decimal.Decimal = field("The fee and interest that are claimed on top.")
    agency: str | None = field("The collection agency.")
    invoice: Invoice | None = gated("The unpaid invoice.", App.INVOICES)


@filter_object("Which collection cases.")
class CollectionCaseFilter:
    opened_at: DateTimeCriterion | None = reads(CollectionCase, "opened_at")
    status: list[CollectionStatus] | None = reads(CollectionCase, "status")
    claimed_amount: DecimalCriterion | None = reads(CollectionCase, "claimed_amount")
    agency: TextCriterion | None = reads(CollectionCase, "agency")
    invoice: IdCriterion | None = reads(CollectionCase, "invoice")
    search: str | None = reads(CollectionCase, "agency")


CollectionCaseOrder = order_enum("CollectionCaseOrder", CollectionCase, "opened_at", "status", "claimed_amount")


@extends(Invoice)
class InvoiceDebtCollection:
    collection_case: CollectionCase | None = field("The case in which it is collected.")


@extends(Company)
class CompanyDebtCollection:
    collection_cases: Connection[CollectionCase] | None = connection(
        "Collection cases.", filter=CollectionCaseFilter, order=CollectionCaseOrder
    )
