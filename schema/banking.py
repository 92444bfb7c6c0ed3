"""What banks report: transactions, and the payments and documents that they belong to."""

import datetime
import decimal

from schema.company import Company
from schema.connectors import ConnectedService, services
from schema.declarations import OPEN, connection, entity, extends, field, input_object, opened, order_enum, reads
from schema.documents import Document
from schema.filters import DateCriterion, DecimalCriterion, TextCriterion
from schema.payments import Payment, PaymentAccount
from schema.relay import Connection, Node

BankConnector = services("BankConnector", "A service that brings in bank statements.", "BANK")


@entity("btx", OPEN, description="A line of a bank statement.")
class BankTransaction(Node):
    source: BankConnector = opened("Who brought it in.")  # type: ignore[valid-type]
    date: datetime.date = opened("The day on which it was booked.")
    amount: decimal.Decimal = opened("The amount in euro; less than zero when money went out.")
    counterparty: str | None = opened("Who paid, or was paid.")
    iban: str | None = opened("The account at the other end.")
    communication: str | None = opened("What was written with it.")
    matched_automatically: bool = opened("Whether a document was marked as paid by it without anybody's doing.")
    matched_document: Document | None = opened("The document that it pays.")
    payment: Payment | None = opened("The payment that it was recorded as.")
    account: PaymentAccount | None = opened("The account that it is on.")


@input_object("Which lines of bank statements.")
class BankTransactionFilter:
    source: list[BankConnector] | None = reads(BankTransaction, "source")  # type: ignore[valid-type]
    date: DateCriterion | None = reads(BankTransaction, "date")
    amount: DecimalCriterion | None = reads(BankTransaction, "amount")
    counterparty: TextCriterion | None = reads(BankTransaction, "counterparty")
    iban: TextCriterion | None = reads(BankTransaction, "iban")
    matched_automatically: bool | None = reads(BankTransaction, "matched_automatically")
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
