"""Imports and exports of data: the requests."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.access import User
from schema.types.core.company import Company


@strawberry.enum(description="What is brought in or taken out; only what the viewer holds.")
class TransferModel(Enum):
    CUSTOMERS = enum_value("CUSTOMERS", "Customers.", App.CUSTOMERS)
    PRODUCTS = enum_value("PRODUCTS", "Products.", App.PRODUCTS)
    QUOTES = enum_value("QUOTES", "Quotes.", App.QUOTES)
    INVOICES = enum_value("INVOICES", "Invoices.", App.INVOICES)
    CREDIT_NOTES = enum_value("CREDIT_NOTES", "Credit notes.", App.CREDIT_NOTES)
    PURCHASES = enum_value("PURCHASES", "Purchases.", App.PURCHASES)
    PAYMENTS = enum_value("PAYMENTS", "Payments.", App.PAYMENTS)
    TIME_ENTRIES = enum_value("TIME_ENTRIES", "Time entries.", App.TIME_TRACKING)


@strawberry.enum(description="In which form data is brought in or taken out.")
class TransferFormat(Enum):
    CSV = enum_value("CSV", "Comma-separated values.")
    XLSX = enum_value("XLSX", "A spreadsheet.")
    UBL = enum_value("UBL", "Universal Business Language, one file per document.")


@strawberry.enum(description="Where a request stands.")
class TransferStatus(Enum):
    WAITING = enum_value("WAITING", "It waits for its turn.")
    RUNNING = enum_value("RUNNING", "It is being carried out.")
    DONE = enum_value("DONE", "It is done.")
    FAILED = enum_value("FAILED", "It could not be carried out.")


@entity("imp", App.DATA_IMPORT, description="A request to bring data in.")
class ImportRequest(Node):
    model: TransferModel = field("What is brought in.")
    format: TransferFormat = field("In which form.")
    status: TransferStatus = field("Where it stands.")
    created_at: datetime.datetime = field("When it was made.")
    requested_by: User | None = field("Who made it.")


@entity("exp", App.DATA_EXPORT, description="A request to take data out.")
class ExportRequest(Node):
    model: TransferModel = field("What is taken out.")
    format: TransferFormat = field("In which form.")
    status: TransferStatus = field("Where it stands.")
    ready: bool = field("Whether the file is there.")
    url: str | None = field("Where the file is.")
    created_at: datetime.datetime = field("When it was made.")
    requested_by: User | None = field("Who made it.")


@filter_object("Which requests to bring data in.")
class ImportRequestFilter:
    model: list[TransferModel] | None = reads(ImportRequest, "model")
    status: list[TransferStatus] | None = reads(ImportRequest, "status")
    created_at: DateTimeCriterion | None = reads(ImportRequest, "created_at")


@filter_object("Which requests to take data out.")
class ExportRequestFilter:
    model: list[TransferModel] | None = reads(ExportRequest, "model")
    status: list[TransferStatus] | None = reads(ExportRequest, "status")
    ready: bool | None = reads(ExportRequest, "ready")
    created_at: DateTimeCriterion | None = reads(ExportRequest, "created_at")


ImportRequestOrder = order_enum("ImportRequestOrder", ImportRequest, "created_at")
ExportRequestOrder = order_enum("ExportRequestOrder", ExportRequest, "created_at")


@extends(Company)
class CompanyTransfers:
    import_requests: Connection[ImportRequest] | None = connection(
        "Requests to bring data in.", filter=ImportRequestFilter, order=ImportRequestOrder
    )
    export_requests: Connection[ExportRequest] | None = connection(
        "Requests to take data out.", filter=ExportRequestFilter, order=ExportRequestOrder
    )
