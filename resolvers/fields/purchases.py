"""Suppliers who are customers, orders and the purchases made of them, and the tax that may be deducted."""

from collections.abc import Mapping
from typing import Final

from db.sql import Rows, Sql, every, sql
from db.tables.documents import document, document_line
from resolvers.compilation import Row
from resolvers.links import pointed
from resolvers.resolution import Arguments, Leaf, Listing, Reference, Resolution


def _newest_purchase(order: Row, purchase: Row) -> tuple[Sql, ...]:
    """The purchase made of an order; what came in parts has several, and the newest tells how it stands."""
    made = order.to.rows(document, company=order.company)
    of_it = (sql("{} = {}", made["source_document_id"], order["id"]), sql("{} = 'PURCHASE'", made["kind"]))
    newest = sql(
        "(select {} from {} where {} order by {} desc, {} desc limit 1)",
        made["id"], made.source, every([*made.where, *of_it]), made["date"], made["id"],
    )  # fmt: skip
    return (sql("{} = {}", purchase["id"], newest),)


def _lines(row: Row, line: Row | Rows) -> tuple[Sql, ...]:
    """The lines of a purchase; titles, which have no amounts, are no purchase lines."""
    return (sql("{} = {}", line["document_id"], row["id"]), sql("{} <> 'SECTION'", line["type"]))


def _deductible(line: Row | Rows) -> Sql:
    return sql("round({} * coalesce({}, 100) / 100, 2)", line["total_vat"], line["deductible"])


def _deductible_of_lines(row: Row, arguments: Arguments) -> Sql:
    line = row.to.rows(document_line, company=row.company)
    own = every([*line.where, *_lines(row, line)])
    return sql("(select coalesce(sum({}), 0.00) from {} where {})", _deductible(line), line.source, own)


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Supplier.customer": Reference(pointed("id")),
    "Customer.supplier": Reference(pointed("id")),
    "Purchase.purchaseOrder": Reference(pointed("source_document_id")),
    "Purchase.purchaseLines": Listing(_lines),
    "Purchase.deductibleVat": Leaf(_deductible_of_lines),
    "PurchaseLine.deductibleVat": Leaf(lambda row, arguments: _deductible(row)),
    "PurchaseOrder.purchase": Reference(_newest_purchase),
}
