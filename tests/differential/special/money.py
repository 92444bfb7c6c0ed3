"""The oracle's resolvers of what invoices and customers owe, of payments and codes, and of the cash book."""

from decimal import Decimal
from typing import Any, Final

from tests.differential.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.lists import sort_key
from tests.differential.world import Record


def _here(item: Item) -> Any:
    return scope_of(item).company["id"]


def _parts(oracle: Oracle, item: Item) -> list[Record]:
    """What pays the invoice at hand."""
    return list(oracle.world.rows("payment_allocation", company_id=_here(item), invoice_id=item.row["id"]))


def _paid(oracle: Oracle, item: Item) -> Decimal:
    return sum((part["amount"] for part in _parts(oracle, item)), Decimal("0.00"))


def _invoice_amount_paid(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(_paid(oracle, item))


def _invoice_amount_due(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["total_incl"] - _paid(oracle, item))


def _invoice_payments(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    keys = {part["payment_id"] for part in _parts(oracle, item)}
    paying = [row for row in oracle.world.rows("payment", company_id=_here(item)) if row["id"] in keys]
    return [Item("Payment", row, item.scope) for row in sorted(paying, key=lambda row: sort_key(["-date"], row))]


def _invoice_collection_case(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    row = oracle.world.one("collection_case", company_id=_here(item), invoice_id=item.row["id"])
    return Item("CollectionCase", row, item.scope) if row is not None else None


def _invoice_qr_payload(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["qr_payload"] if item.row["status"] in ("SENT", "OVERDUE") else None


def _customer_open_balance(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    invoices = oracle.world.rows("document", company_id=_here(item), kind="INVOICE", customer_id=item.row["id"])
    owed = (row["total_incl"] for row in invoices if row["status"] in ("SENT", "OVERDUE"))
    return written(sum(owed, Decimal("0.00")))


def _company_qr_kind(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    settings = oracle.world.one("company_settings", company_id=item.row["id"])
    return settings["qr_kind"] if settings is not None else None


def _cash_book_entry_in(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["amount_in"])


def _cash_book_entry_out(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["amount_out"])


SPECIAL: Final[dict[str, Resolver]] = {
    "Invoice.amountPaid": _invoice_amount_paid,
    "Invoice.amountDue": _invoice_amount_due,
    "Invoice.payments": _invoice_payments,
    "Invoice.collectionCase": _invoice_collection_case,
    "Invoice.qrPayload": _invoice_qr_payload,
    "Customer.openBalance": _customer_open_balance,
    "Company.qrKind": _company_qr_kind,
    "CashBookEntry.in": _cash_book_entry_in,
    "CashBookEntry.out": _cash_book_entry_out,
}
