"""Exports of documents to accounting packages."""

import datetime
from enum import Enum

import strawberry

from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import services
from schema.types.core.company import Company
from schema.types.core.documents import Document, DocumentKind

AccountingPackage = services("AccountingPackage", "A program or service that keeps the accounts.", "ACCOUNTING")


@strawberry.enum(description="Where a document stands on its way to an accounting package.")
class AccountingStatus(Enum):
    UNPROCESSED = enum_value("UNPROCESSED", "It is not yet processed.")
    PROCESSED = enum_value("PROCESSED", "It is in the accounts.")
    REFUSED = enum_value("REFUSED", "The package did not take it.")


@entity("aex", OPEN, description="A document on its way to an accounting package.")
class AccountingExport(Node):
    connection: AccountingPackage = open_field("The package.")  # type: ignore[valid-type]
    status: AccountingStatus = open_field("Where it stands.")
    external_id: str | None = open_field("What the package calls the document.")
    sent_at: datetime.datetime | None = open_field("When it was sent.")
    document_kind: DocumentKind = open_field("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = open_field("The document.")


@filter_object("Which documents on their way to accounting packages.")
class AccountingExportFilter:
    connection: list[AccountingPackage] | None = reads(AccountingExport, "connection")  # type: ignore[valid-type]
    status: list[AccountingStatus] | None = reads(AccountingExport, "status")
    sent_at: DateTimeCriterion | None = reads(AccountingExport, "sent_at")
    external_id: TextCriterion | None = reads(AccountingExport, "external_id")
    document_kind: list[DocumentKind] | None = reads(AccountingExport, "document_kind")


AccountingExportOrder = order_enum("AccountingExportOrder", AccountingExport, "sent_at", "connection")


@extends(Company)
class CompanyAccounting:
    accounting_exports: Connection[AccountingExport] | None = connection(
        "Documents on their way to accounting packages.",
        is_open=True,
        filter=AccountingExportFilter,
        order=AccountingExportOrder,
    )


@extends(Document)
class DocumentAccounting:
    accounting_exports: list[AccountingExport] = field("Its ways to the accounting packages that the viewer holds.")
