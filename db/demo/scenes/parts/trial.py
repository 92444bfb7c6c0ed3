"""The remains of the trial, when every app was on: a value for each column of the apps that a company does not use."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from db.belgium import ean13
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.customers import CAMPAIGNS, CHANNELS
from db.demo.trade.totals import HUNDRED, cents
from db.demo.words.wording import TOP_TEXTS

AFTER = ("composition", "empty_goods", "gl_accounts", "prospects", "purchases", "titles")

COST: Final = Decimal("0.62")
"""The purchase price of a product, as a part of its price."""

DEPOSIT: Final = Decimal("2.50")

MANY: Final = 40
"""A number of invoices that does not fit on one page of a list."""

Rows = list[Record]


def play(scene: Scene) -> None:
    """Fill the columns that are still empty in every row."""
    _customer(scene, scene.all("contact", is_customer=True))
    _groups(scene.all("product_group"))
    _products(scene, scene.all("product"))
    _invoice(scene)


def _lacking(records: Iterable[Record], column: str) -> bool:
    return all(record.get(column) is None for record in records)


def _fill(records: Rows, where: Record, **values: Any) -> None:
    """Set columns of a row, but only those that are empty in all of `records`."""
    for column, value in values.items():
        if _lacking(records, column):
            where[column] = value


def _customer(scene: Scene, customers: Rows) -> None:
    """Give the first customer a discount and a campaign."""
    first = customers[0]
    source, medium, campaign = CAMPAIGNS[scene.index % 3]
    if _lacking(customers, "discount"):
        scene.change(first, discount=Decimal(2), discount_type="PERCENT")
    if _lacking(customers, "settlement_discount"):
        scene.change(first, settlement_discount=Decimal(2), settlement_term_days=8)
    if _lacking(customers, "prospect_since"):
        scene.change(first, prospect_since=first["created_at"] - timedelta(days=5))
    _fill(customers, first, utm_source=source, utm_medium=medium, utm_campaign=campaign, channel=CHANNELS[0])


def _groups(groups: Rows) -> None:
    _fill(groups, groups[0], gl_account="700000", profit_margin=cents((1 / COST - 1) * HUNDRED))


def _products(scene: Scene, products: Rows) -> None:
    first = products[0]
    chance = scene.chance("trial")
    _fill(
        products,
        first,
        ean=ean13(543_000_000_000 + chance.randrange(1_000_000_000)),
        gl_account="700000",
        empty_goods_value=DEPOSIT,
    )
    if _lacking(products, "purchase_price"):
        cost = cents(first["price"] * COST)
        scene.change(first, purchase_price=cost, profit_margin=cents((first["price"] / cost - 1) * HUNDRED))


def _invoice(scene: Scene) -> None:
    """Fill one invoice with the columns of documents: the first, or the last of many, so that it begins a list.

    Its totals stay unchanged.
    """
    documents, lines = scene.all("document"), scene.all("document_line")
    invoices = [document for document in documents if document["kind"] == "INVOICE" and document["status"] != "DRAFT"]
    invoice = invoices[-1 if len(invoices) > MANY else 0]
    own = [line for line in lines if line["document_id"] == invoice["id"] and line["quantity"]]
    _fill(
        documents,
        invoice,
        delivery_date=invoice["date"],
        order_reference="BC-00001",
        top_text=TOP_TEXTS[scene.language][0],
        settlement_discount=Decimal(2),
        settlement_term_days=8,
        returned_empty_goods=DEPOSIT,
    )
    _fill(lines, own[0], date=invoice["date"], gl_account="700000")
    if _lacking(documents, "total_empty_goods"):
        own[0]["empty_goods_value"] = DEPOSIT
        invoice["total_empty_goods"] = cents(DEPOSIT * own[0]["quantity"])
    if _lacking(documents, "total_cost"):
        _cost(invoice, own)


def _cost(invoice: Record, lines: Rows) -> None:
    """Set the purchase prices of the lines, and the margins of the lines and the invoice."""
    total = Decimal("0.00")
    for line in lines:
        unit = cents(line["total_excl"] / line["quantity"] * COST)
        cost = cents(unit * line["quantity"])
        line.update(purchase_price=unit, profit_amount=line["total_excl"] - cost)
        total += cost
    invoice.update(total_cost=total, total_profit=invoice["total_excl"] - total)
