"""The oracle's resolvers of purchases: suppliers that are customers, too, orders, deductible VAT."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.world import Record


def _same_as(type_: str) -> Resolver:
    """The item's row as a value of another type, if it is one."""

    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return oracle.referred(item, printed_schema().type_map[type_], item.row["id"])

    return resolve


def _purchase_order(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return oracle.referred(item, printed_schema().type_map["PurchaseOrder"], item.row["source_document_id"])


def _purchase(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    company = scope_of(item).company["id"]
    made = oracle.world.rows("document", company_id=company, kind="PURCHASE", source_document_id=item.row["id"])
    newest = sorted(made, key=lambda row: (row["date"], row["id"]))[-1:]
    return Item("Purchase", newest[0], item.scope) if newest else None


def _deductible(line: Record) -> Decimal:
    share = Decimal(100) if line["deductible"] is None else line["deductible"]
    return (line["total_vat"] * share / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _deductible_of_line(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(_deductible(item.row))


def _lines(oracle: Oracle, item: Item) -> list[Record]:
    """The lines of a purchase, without titles."""
    company = scope_of(item).company["id"]
    rows = oracle.world.rows("document_line", company_id=company, document_id=item.row["id"])
    return sorted((row for row in rows if row["type"] != "SECTION"), key=lambda row: row["position"])


def _purchase_lines(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [Item("PurchaseLine", row, item.scope) for row in _lines(oracle, item)]


def _deductible_of_lines(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    of_lines, tax = sum(map(_deductible, _lines(oracle, item)), Decimal("0.00")), item.row["total_vat"]
    return written(max(of_lines, tax) if tax < 0 else min(of_lines, tax))


SPECIAL: Final[Mapping[str, Resolver]] = {
    "Supplier.customer": _same_as("Customer"),
    "Customer.supplier": _same_as("Supplier"),
    "Purchase.purchaseOrder": _purchase_order,
    "Purchase.purchaseLines": _purchase_lines,
    "Purchase.deductibleVat": _deductible_of_lines,
    "PurchaseLine.deductibleVat": _deductible_of_line,
    "PurchaseOrder.purchase": _purchase,
}
