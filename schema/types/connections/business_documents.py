"""Official documents that arrive through the e-Box."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.money.payments import Payment


@entity("bud", App.E_BOX_ENTERPRISE, description="A document that came in through the e-Box.")
class BusinessDocument(Node):
    sender: str = field("The authority that sent it.")
    title: str = field("Its title.")
    reference: str | None = field("The sender's reference.")
    received_at: datetime.datetime = field("When it came in.")
    amount: decimal.Decimal | None = field("What is to be paid, in euro.")
    paid_by: Payment | None = field("The payment with which it was paid.")


@filter_object("Which documents of the e-Box.")
class BusinessDocumentFilter:
    sender: TextCriterion | None = reads(BusinessDocument, "sender")
    received_at: DateTimeCriterion | None = reads(BusinessDocument, "received_at")
    amount: DecimalCriterion | None = reads(BusinessDocument, "amount")
    search: str | None = reads(BusinessDocument, "sender", "title", "reference")


BusinessDocumentOrder = order_enum("BusinessDocumentOrder", BusinessDocument, "received_at", "amount", "sender")


@extends(Company)
class CompanyBusinessDocuments:
    business_documents: Connection[BusinessDocument] | None = connection(
        "Documents of the e-Box.", filter=BusinessDocumentFilter, order=BusinessDocumentOrder
    )
