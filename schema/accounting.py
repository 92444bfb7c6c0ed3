"""Documents on their way to accounting packages."""

import datetime
from enum import Enum

import strawberry

from schema.company import Company
from schema.connectors import services
from schema.declarations import (
    OPEN,
    connection,
    entity,
    enum_value,
    extends,
    field,
    input_object,
    opened,
    order_enum,
    reads,
)
from schema.documents import Document, DocumentKind
from schema.filters import DateTimeCriterion, TextCriterion
from schema.relay import Connection, Node

AccountingPackage = services("AccountingPackage", "A program or service that keeps the accounts.", "ACCOUNTING")


@strawberry.enum(description="Where a document stands on its way to an accounting package.")
class AccountingStatus(Enum):
    UNPROCESSED = enum_value("UNPROCESSED", "It is not yet processed.")
    PROCESSED = enum_value("PROCESSED", "It is in the accounts.")
    REFUSED = enum_value("REFUSED", "The package did not take it.")


@entity("aex", OPEN, description="A document on its way to an accounting package.")
class AccountingExport(Node):
    connection: AccountingPackage = opened("The package.")  # type: ignore[valid-type]
    status: AccountingStatus = opened("Where it stands.")
    external_id: str | None = opened("What the package calls the document.")
    sent_at: datetime.datetime | None = opened("When it was sent.")
    document_kind: DocumentKind = opened("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = opened("The document.")


@input_object("Which documents on their way to accounting packages.")
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
