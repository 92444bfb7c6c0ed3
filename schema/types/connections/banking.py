"""Bank transactions, and the payments and documents that they belong to."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DecimalCriterion, TextCriterion
from schema.declarations.fields import connection, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads, refers_to_nothing
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import ConnectedService, services
from schema.types.core.company import Company
from schema.types.core.documents import Document
from schema.types.money.payments import Payment, PaymentAccount

BankConnector = services("BankConnector", "A service that brings in bank statements.", "BANK")


@entity("btx", OPEN, description="A line of a bank statement.")
class BankTransaction(Node):
    source: BankConnector = open_field("Who brought it in.")  # type: ignore[valid-type]
    date: datetime.date = open_field("The day on which it was booked.")
    amount: decimal.Decimal = open_field("The amount in euro; less than zero when money went out.")
    counterparty: str | None = open_field("Who paid, or was paid.")
    iban: str | None = open_field("The account at the other end.")
    communication: str | None = open_field("What was written with it.")
    matched_automatically: bool = open_field("Whether a document was marked as paid by it without anybody's doing.")
    matched_document: Document | None = open_field("The document that it pays.")
    payment: Payment | None = open_field("The payment that it was recorded as.")
    account: PaymentAccount | None = open_field("The account that it is on.")


@filter_object("Which lines of bank statements.")
class BankTransactionFilter:
    source: list[BankConnector] | None = reads(BankTransaction, "source")  # type: ignore[valid-type]
    date: DateCriterion | None = reads(BankTransaction, "date")
    amount: DecimalCriterion | None = reads(BankTransaction, "amount")
    counterparty: TextCriterion | None = reads(BankTransaction, "counterparty")
    iban: TextCriterion | None = reads(BankTransaction, "iban")
    matched_automatically: bool | None = reads(BankTransaction, "matched_automatically")
    unmatched: bool | None = refers_to_nothing("payment", "Whether it was recorded as no payment.", App.PAYMENTS)
    search: str | None = reads(BankTransaction, "counterparty", "iban", "communication")


BankTransactionOrder = order_enum("BankTransactionOrder", BankTransaction, "date", "amount", "counterparty")


@extends(Company)
class CompanyBanking:
    bank_transactions: Connection[BankTransaction] | None = connection(
        "Lines of bank statements.", is_open=True, filter=BankTransactionFilter, order=BankTransactionOrder
    )


@extends(PaymentAccount)
class AccountConnection:
    connection: ConnectedService | None = field("The connection that brings in its statements.")
