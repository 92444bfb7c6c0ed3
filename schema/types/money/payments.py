"""Payments, the bank and cash accounts that they go through, and the cash book."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated, named
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import SUM_OF_CURRENCIES, Invoice, InvoiceFilter


@strawberry.enum(description="Where the money of an account is.")
class PaymentAccountKind(Enum):
    BANK = enum_value("BANK", "At a bank.")
    CASH = enum_value("CASH", "In the till.")


@entity("pac", App.PAYMENT_ACCOUNTS, description="A bank or cash account that payments go through.")
class PaymentAccount(Node):
    name: str = field("The account's name.")
    kind: PaymentAccountKind = field("Where its money is.")
    iban: str | None = field("Its number; a till has none.")
    bic: str | None = field("The bank's identifier code.")
    gl_account_code: str | None = field("The class of ledger account that it belongs to, as the Belgian chart has it.")
    gl_account: str | None = gated("The ledger account that its movements are booked on.", App.GL_ACCOUNTS)
    journal_code: str | None = field("The code of the journal that its movements are booked in.")
    opening_balance: decimal.Decimal = field("What was on it when it was recorded, in euro.")
    current_balance: decimal.Decimal = field("What is on it now, in euro, as the bank or the cash book states it.")


@thing("pal", App.PAYMENTS, description="The part of a payment that pays an invoice.")
class PaymentAllocation:
    amount: decimal.Decimal = field("How much of the invoice it pays, in the invoice's currency.")
    invoice: Invoice | None = field("The invoice.")


@entity("pay", App.PAYMENTS, description="Money that came in, or went out.")
class Payment(Node):
    date: datetime.date = field("The day on which the account was credited or debited.")
    amount: decimal.Decimal = field("The amount; less than zero when it went out.")
    counterparty_name: str | None = field("Who paid, or was paid.")
    counterparty_iban: str | None = field("The account at the other end.")
    statement: str | None = field("The number of the bank statement that shows it.")
    structured_communication: str | None = field("The reference that came with it.")
    allocations: list[PaymentAllocation] = field("The invoices that it pays, the greatest amount first.")
    account: PaymentAccount | None = gated("The account that it went through.", App.PAYMENT_ACCOUNTS)
    currency: str | None = gated("The currency of the amount, ISO 4217.", App.CURRENCIES)
    amount_base: decimal.Decimal | None = gated("The amount in euro.", App.CURRENCIES)


@entity("cbe", App.CASH_BOOK, description="A line of the cash book.")
class CashBookEntry(Node):
    date: datetime.date = field("The day.")
    label: str = field("What it was for.")
    amount_in: decimal.Decimal = named("in", field("What came into the till; zero when something went out."))
    amount_out: decimal.Decimal = named("out", field("What went out of the till; zero when something came in."))
    balance: decimal.Decimal = field("What was in the till afterwards.")
    account: PaymentAccount | None = gated("The till.", App.PAYMENT_ACCOUNTS)
    payment: Payment | None = field("The payment that it is.")


@filter_object("Which payment accounts.")
class PaymentAccountFilter:
    name: TextCriterion | None = reads(PaymentAccount, "name")
    kind: list[PaymentAccountKind] | None = reads(PaymentAccount, "kind")
    iban: TextCriterion | None = reads(PaymentAccount, "iban")
    gl_account: TextCriterion | None = reads(PaymentAccount, "gl_account")
    current_balance: DecimalCriterion | None = reads(PaymentAccount, "current_balance")
    search: str | None = reads(PaymentAccount, "name", "iban")


@filter_object("Which payments.")
class PaymentFilter:
    date: DateCriterion | None = reads(Payment, "date")
    amount: DecimalCriterion | None = reads(Payment, "amount")
    account: IdCriterion | None = reads(Payment, "account")
    currency: TextCriterion | None = reads(Payment, "currency")
    counterparty_name: TextCriterion | None = reads(Payment, "counterparty_name")
    counterparty_iban: TextCriterion | None = reads(Payment, "counterparty_iban")
    structured_communication: TextCriterion | None = reads(Payment, "structured_communication")
    search: str | None = reads(
        Payment, "counterparty_name", "counterparty_iban", "statement", "structured_communication"
    )


@filter_object("Which lines of the cash book.")
class CashBookEntryFilter:
    date: DateCriterion | None = reads(CashBookEntry, "date")
    label: TextCriterion | None = reads(CashBookEntry, "label")
    account: IdCriterion | None = reads(CashBookEntry, "account")
    search: str | None = reads(CashBookEntry, "label")


PaymentAccountOrder = order_enum("PaymentAccountOrder", PaymentAccount, "name", "kind", "current_balance")
PaymentOrder = order_enum("PaymentOrder", Payment, "date", "amount", "counterparty_name")
CashBookEntryOrder = order_enum("CashBookEntryOrder", CashBookEntry, "date", "label")


@extends(Invoice)
class InvoicePayments:
    payments: list[Payment] | None = field("The payments that pay some of it, newest first.")
    amount_paid: decimal.Decimal | None = gated("What payments have paid of it.", App.PAYMENTS)
    amount_due: decimal.Decimal | None = gated(
        "What payments have yet to pay of it: the total with tax less what was paid. Credit notes do not count.",
        App.PAYMENTS,
    )

    balance_due: decimal.Decimal | None = gated(
        "What is open of it while it is sent or overdue: the total with tax less payments and credit notes; else zero.",
        App.PAYMENTS,
        App.CREDIT_NOTES,
    )


@extends(InvoiceFilter)
class InvoicePaymentsFilter:
    amount_due: DecimalCriterion | None = reads(Invoice, "amount_due")
    balance_due: DecimalCriterion | None = reads(Invoice, "balance_due")


@extends(Customer)
class CustomerPayments:
    balance_due: decimal.Decimal | None = gated(
        f"What is open of the invoices to the customer, after payments and credit notes. {SUM_OF_CURRENCIES}",
        App.INVOICES,
        App.PAYMENTS,
        App.CREDIT_NOTES,
    )
    open_balance: decimal.Decimal | None = gated(
        "The total with tax of the invoices that are sent or overdue; what was paid on account is not taken off. "
        f"{SUM_OF_CURRENCIES}",
        App.INVOICES,
    )


@extends(Company)
class CompanyPayments:
    payments: Connection[Payment] | None = connection("Payments.", filter=PaymentFilter, order=PaymentOrder)
    payment_accounts: Connection[PaymentAccount] | None = connection(
        "Bank and cash accounts.", filter=PaymentAccountFilter, order=PaymentAccountOrder
    )
    cash_book: Connection[CashBookEntry] | None = connection(
        "The cash book.", filter=CashBookEntryFilter, order=CashBookEntryOrder
    )
