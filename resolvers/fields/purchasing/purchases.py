"""Suppliers that are also customers, the purchase made from an order, and the deductible tax of purchases."""

from collections.abc import Mapping
from typing import Final

from db.sql import Rows, Sql, every, sql
from db.tables.core.documents import document, document_line
from resolvers.compilation.context import Row
from resolvers.compilation.joins import to_one
from resolvers.compilation.resolution import Arguments, Leaf, Listing, Resolution, ToOne


def _newest_purchase(order: Row, purchase: Row) -> tuple[Sql, ...]:
    """The link to the newest purchase made from an order; an order that was delivered in parts has several."""
    made = order.ctx.rows(document, company=order.company)
    of_it = (sql("{} = {}", made["source_document_id"], order["id"]), sql("{} = 'PURCHASE'", made["kind"]))
    newest = sql(
        "(select {} from {} where {} order by {} desc, {} desc limit 1)",
        made["id"], made.source, every([*made.where, *of_it]), made["date"], made["id"],
    )  # fmt: skip
    return (sql("{} = {}", purchase["id"], newest),)


def _lines(row: Row, line: Row | Rows) -> tuple[Sql, ...]:
    """The conditions on the lines of a purchase, without titles, which have no amounts."""
    return (sql("{} = {}", line["document_id"], row["id"]), sql("{} <> 'SECTION'", line["type"]))


def _deductible(line: Row | Rows) -> Sql:
    return sql("round({} * coalesce({}, 100) / 100, 2)", line["total_vat"], line["deductible"])


def _deductible_of_lines(row: Row, arguments: Arguments) -> Sql:
    """The sum of what is deductible of the lines' tax, but no more than the tax of the purchase.

    The tax is rounded once for each rate, and that of lines for each line, so that their sum may be some cents more.
    """
    line = row.ctx.rows(document_line, company=row.company)
    own = every([*line.where, *_lines(row, line)])
    found = sql("(select coalesce(sum({}), 0.00) from {} where {})", _deductible(line), line.source, own)
    tax = row["total_vat"]
    return sql("case when {} < 0 then greatest({}, {}) else least({}, {}) end", tax, tax, found, tax, found)


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Supplier.customer": ToOne(to_one("id")),
    "Customer.supplier": ToOne(to_one("id")),
    "Purchase.purchaseOrder": ToOne(to_one("source_document_id")),
    "Purchase.purchaseLines": Listing(_lines),
    "Purchase.deductibleVat": Leaf(_deductible_of_lines),
    "PurchaseLine.deductibleVat": Leaf(lambda row, arguments: _deductible(row)),
    "PurchaseOrder.purchase": ToOne(_newest_purchase),
}
