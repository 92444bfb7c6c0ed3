"""Official mail that comes in through the e-Box."""

import datetime
import decimal

from schema.apps import App
from schema.company import Company
from schema.declarations import connection, entity, extends, field, input_object, order_enum, reads
from schema.filters import DateTimeCriterion, DecimalCriterion, TextCriterion
from schema.payments import Payment
from schema.relay import Connection, Node


@entity("bud", App.E_BOX_ENTERPRISE, description="A document that came in through the e-Box.")
class BusinessDocument(Node):
    sender: str = field("The authority that sent it.")
    title: str = field("Its title.")
    reference: str | None = field("The sender's reference.")
    received_at: datetime.datetime = field("When it came in.")
    amount: decimal.Decimal | None = field("What is to be paid, in euro.")
    paid_by: Payment | None = field("The payment with which it was paid.")


@input_object("Which documents of the e-Box.")
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
