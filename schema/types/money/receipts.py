"""The daily receipts book: the takings of each day by VAT rate, which sellers to consumers have to keep."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DecimalCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company


@strawberry.enum(description="How customers pay at the counter.")
class PaymentMethod(Enum):
    CASH = enum_value("CASH", "Coins and notes.")
    CARD = enum_value("CARD", "A bank or credit card.")
    MOBILE = enum_value("MOBILE", "An app on the telephone.")
    VOUCHER = enum_value("VOUCHER", "Meal, eco or gift vouchers.")


@entity("rec", App.RECEIPTS_JOURNAL, description="What a day brought in at one rate of value added tax.")
class DailyReceipt(Node):
    date: datetime.date = field("The day.")
    vat_rate: decimal.Decimal = field("The rate of value added tax, in percent.")
    amount_incl: decimal.Decimal = field("The takings, with tax.")
    payment_method: PaymentMethod = field("How it was paid.")
    note: str | None = field("A remark.")


@filter_object("Which daily receipts.")
class DailyReceiptFilter:
    date: DateCriterion | None = reads(DailyReceipt, "date")
    vat_rate: DecimalCriterion | None = reads(DailyReceipt, "vat_rate")
    amount_incl: DecimalCriterion | None = reads(DailyReceipt, "amount_incl")
    payment_method: list[PaymentMethod] | None = reads(DailyReceipt, "payment_method")
    note: TextCriterion | None = reads(DailyReceipt, "note")
    search: str | None = reads(DailyReceipt, "note")


DailyReceiptOrder = order_enum("DailyReceiptOrder", DailyReceipt, "date", "vat_rate", "amount_incl")


@extends(Company)
class CompanyReceipts:
    receipts_journal: Connection[DailyReceipt] | None = connection(
        "The daily receipts book.", filter=DailyReceiptFilter, order=DailyReceiptOrder
    )
