"""The oracle's resolvers of open amounts of invoices and customers, payments, codes and the cash book."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from schema.apps import App
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import sort_key
from tests.differential.oracle.world import Record

CENT: Final = Decimal("0.01")


def _here(item: Item) -> Any:
    return scope_of(item).company["id"]


def _parts(oracle: Oracle, item: Item) -> list[Record]:
    """The payment allocations of an invoice."""
    return list(oracle.world.rows("payment_allocation", company_id=_here(item), invoice_id=item.row["id"]))


def _paid(oracle: Oracle, item: Item) -> Decimal:
    return sum((part["amount"] for part in _parts(oracle, item)), Decimal("0.00"))


def _invoice_amount_paid(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(_paid(oracle, item))


def _invoice_amount_due(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["total_incl"] - _paid(oracle, item))


def _unpaid(invoices: Iterable[Record]) -> list[Record]:
    return [row for row in invoices if row["status"] in ("SENT", "OVERDUE")]


def balance(oracle: Oracle, item: Item, invoice: Record) -> Decimal:
    """What is open of an invoice, after payments and credit notes."""
    if not _unpaid([invoice]):
        return Decimal("0.00")
    notes = oracle.world.rows("document", company_id=_here(item), kind="CREDIT_NOTE", source_document_id=invoice["id"])
    count = [row for row in notes if row["status"] != "DRAFT" and row["currency"] == invoice["currency"]]
    credited = sum((row["total_incl"] for row in count), Decimal("0.00"))
    paid = _paid(oracle, Item("Invoice", invoice, item.scope))
    return max(invoice["total_incl"] - paid - credited, Decimal("0.00"))


def _invoice_balance_due(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(balance(oracle, item, item.row))


def one_currency(item: Item, rows: Iterable[Record]) -> bool:
    """Whether rows are in one currency for the viewer: in euro for who holds CURRENCIES, else as they are stated."""
    return scope_of(item).holds(App.CURRENCIES) or len({row["currency"] for row in rows}) < 2


def balances(oracle: Oracle, item: Item, invoices: Iterable[Record]) -> Any:
    """The sum of what is open of invoices; in euro for a viewer with CURRENCIES, null in several currencies."""
    in_euro, unpaid = scope_of(item).holds(App.CURRENCIES), _unpaid(invoices)
    if not one_currency(item, unpaid):
        return None
    open_ = [(balance(oracle, item, row), row["exchange_rate"] if in_euro else Decimal(1)) for row in unpaid]
    cents = [(amount * rate).quantize(CENT, ROUND_HALF_UP) for amount, rate in open_]
    return written(sum(cents, Decimal("0.00")))


def _customer_balance_due(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return balances(
        oracle, item, oracle.world.rows("document", company_id=_here(item), kind="INVOICE", customer_id=item.row["id"])
    )


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
    owed = _unpaid(invoices)
    if not one_currency(item, owed):
        return None
    rates = (row["exchange_rate"] if scope_of(item).holds(App.CURRENCIES) else Decimal(1) for row in owed)
    cents = [(row["total_incl"] * rate).quantize(CENT, ROUND_HALF_UP) for row, rate in zip(owed, rates, strict=True)]
    return written(sum(cents, Decimal("0.00")))


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
    "Invoice.balanceDue": _invoice_balance_due,
    "Customer.balanceDue": _customer_balance_due,
    "Customer.openBalance": _customer_open_balance,
    "Company.qrKind": _company_qr_kind,
    "CashBookEntry.in": _cash_book_entry_in,
    "CashBookEntry.out": _cash_book_entry_out,
}
