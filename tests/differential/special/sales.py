"""The oracle's resolvers of sales documents: source documents, lines, and suggested e-mails."""

import datetime
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from schema.apps import App
from tests.differential.oracle.core import kinds_of
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import sort_key
from tests.differential.oracle.world import Record

NEWEST: Final = ["-date"]
CENT: Final = Decimal("0.01")


def _pointing(oracle: Oracle, item: Item, kind: str, column: str) -> list[Record]:
    """The documents of a kind that refer to the item, newest first."""
    here = scope_of(item).company["id"]
    rows = [row for row in oracle.world.rows("document", company_id=here, kind=kind) if row[column] == item.row["id"]]
    return sorted(rows, key=lambda row: sort_key(NEWEST, row))


def _made(type_: str, kind: str, column: str = "source_document_id") -> Resolver:
    """The resolver of all documents of a kind that refer to the item."""

    def resolver(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return [Item(type_, row, item.scope) for row in _pointing(oracle, item, kind, column)]

    return resolver


def _made_of(type_: str) -> Resolver:
    """The resolver of the item's source document, if it is of the type."""

    def resolver(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return oracle.referred(item, printed_schema().type_map[type_], item.row["source_document_id"])

    return resolver


def _quote_order_confirmation(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    rows = _pointing(oracle, item, "ORDER_CONFIRMATION", "source_document_id")
    return Item("OrderConfirmation", rows[0], item.scope) if rows else None


def _quote_validity_days(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    last = item.row["expiration_date"]
    return None if last is None else (last - item.row["date"]).days


def _quote_deposit_amount(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    percent = item.row["deposit_percent"]
    if percent is None:
        return None
    amount = (item.row["total_incl"] * percent / 100).quantize(CENT, ROUND_HALF_UP)
    return written(amount + 0 * CENT)  # a zero of the database has no sign


def _payment_request_amount_incl(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["total_incl"])


def _document_line_position(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["position"] - item.row["titles_before"]


def _suggested_emails(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The e-mail templates for the document's kind, whose app the viewer holds if they see the document."""
    scope = scope_of(item)
    told = scope.holds(App.FOREIGN_LANGUAGE_CUSTOMERS)
    language = item.row["language"] if told else scope.company["language"]
    rows = oracle.world.rows(
        "email_template", company_id=scope.company["id"], document_kind=item.row["kind"], language=language
    )
    return [Item("EmailTemplate", row, scope) for row in sorted(rows, key=lambda row: sort_key(["rank"], row))]


def _sections(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    rows = oracle.world.rows("document_line", document_id=item.row["id"], type="SECTION")
    return [Item("DocumentLine", row, item.scope) for row in sorted(rows, key=lambda row: sort_key(["position"], row))]


def _of_all_kinds() -> Iterator[tuple[str, Resolver]]:
    for kind in kinds_of(printed_schema(), printed_schema().type_map["Document"]):
        yield f"{kind.name}.suggestedEmails", _suggested_emails
        yield f"{kind.name}.sections", _sections


BELGIUM: Final = ZoneInfo("Europe/Brussels")
DATED: Final = {
    "INVOICE": ("SENT", "OVERDUE", "due_date"),
    "QUOTE": ("SENT", "EXPIRED", "expiration_date"),
    "PURCHASE": ("OPEN", "OVERDUE", "due_date"),
}
"""The status before and after the last day, and the column of that day, for each kind of document with one."""


def status_now(row: Record) -> str:
    """The status of a document, of which a stored one of before counts as not dated."""
    before, after, column = DATED.get(row["kind"], ("", "", "date"))
    if row["status"] not in (before, after):
        return row["status"]
    last = row[column]
    return after if last is not None and last < datetime.datetime.now(BELGIUM).date() else before


def _status(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return status_now(item.row)


SPECIAL: Final[dict[str, Resolver]] = {
    **dict(_of_all_kinds()),
    **dict.fromkeys(("Invoice.status", "Quote.status", "Purchase.status"), _status),
    "Quote.orderConfirmation": _quote_order_confirmation,
    "Quote.paymentRequests": _made("PaymentRequest", "PAYMENT_REQUEST"),
    "Quote.validityDays": _quote_validity_days,
    "Quote.depositAmount": _quote_deposit_amount,
    "OrderConfirmation.quote": _made_of("Quote"),
    "OrderConfirmation.deliveryNotes": _made("DeliveryNote", "DELIVERY_NOTE"),
    "DeliveryNote.orderConfirmation": _made_of("OrderConfirmation"),
    "Invoice.fromDeliveryNotes": _made("DeliveryNote", "DELIVERY_NOTE", "invoiced_by_id"),
    "PaymentRequest.quote": _made_of("Quote"),
    "PaymentRequest.amountIncl": _payment_request_amount_incl,
    "DocumentLine.position": _document_line_position,
}
