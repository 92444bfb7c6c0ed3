"""The rows of further sales documents, each modelled on another document: numbers, totals and lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db.demo.chance import uuid7
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.documents import PREFIXES
from db.demo.trade.totals import ZERO, Discount, PricedLine, cents, document_totals, line_totals, total_discount
from db.tables import metadata

HEAD = ("customer_id", "customer_name", "language", "currency", "exchange_rate", "vat_type", "order_reference")
"""The columns that a document takes over from its model."""

LINE = (
    *("product_id", "name", "text", "quantity", "price", "vat_rate", "discount", "discount_type"),
    *("purchase_price", "empty_goods_value", "gl_account", "type"),
)
"""The columns that a line takes over."""

CLOSINGS = {
    ("ORDER_CONFIRMATION", "FR"): "Merci de votre commande.",
    ("ORDER_CONFIRMATION", "NL"): "Dank voor uw bestelling.",
    ("ORDER_CONFIRMATION", "EN"): "Thank you for your order.",
    ("ORDER_CONFIRMATION", "DE"): "Vielen Dank für Ihre Bestellung.",
    ("DELIVERY_NOTE", "FR"): "Marchandises à vérifier à la réception.",
    ("DELIVERY_NOTE", "NL"): "Gelieve de goederen bij ontvangst te controleren.",
    ("DELIVERY_NOTE", "EN"): "Please check the goods on arrival.",
    ("DELIVERY_NOTE", "DE"): "Bitte prüfen Sie die Ware beim Empfang.",
    ("PAYMENT_REQUEST", "FR"): "Ceci n’est pas une facture : elle suivra votre paiement.",
    ("PAYMENT_REQUEST", "NL"): "Dit is geen factuur: die volgt na uw betaling.",
    ("PAYMENT_REQUEST", "EN"): "This is no invoice: it follows your payment.",
    ("PAYMENT_REQUEST", "DE"): "Dies ist keine Rechnung: sie folgt nach Ihrer Zahlung.",
    ("CASH_TICKET", "FR"): "Merci de votre visite et à bientôt.",
    ("CASH_TICKET", "NL"): "Dank voor uw bezoek en tot ziens.",
}
"""The text below the lines, by kind and language."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document before it gets its number; its head comes from `like`, and `lines` have the columns of `LINE`."""

    kind: str
    at: datetime
    status: str
    like: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    discount: Discount | None = None
    columns: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: UUID | None = None


class Files:
    """The documents of a company so far, with their lines (titles left out)."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.documents = scene.all("document")
        self._lines: dict[UUID, list[Record]] = defaultdict(list)
        for line in scene.all("document_line"):
            if line.get("type") != "SECTION":
                self._lines[line["document_id"]].append(line)
        self._members = scene.members
        columns = metadata.tables["document"].columns
        self._nothing = dict.fromkeys(name for name in self.documents[0] if columns[name].nullable)

    def lines(self, document: Record) -> list[Record]:
        """The lines of a document, in their order, without titles."""
        return self._lines[document["id"]]

    def of(self, kind: str, *statuses: str) -> list[Record]:
        """The documents of a kind, with one of the statuses if any are given."""
        return [
            document
            for document in self.documents
            if document["kind"] == kind and (not statuses or document["status"] in statuses)
        ]

    def write(self, papers: Iterable[Paper], chance: Random) -> None:
        """Number the papers of each kind and year in order of creation, and add their rows.

        All papers of a kind must come in one call.
        """
        counters: dict[tuple[str, int], int] = defaultdict(int)
        for paper in sorted(papers, key=lambda paper: paper.at):
            place = (paper.kind, paper.at.year)
            counters[place] += 1
            self._write(paper, counters[place], chance)

    def _write(self, paper: Paper, number: int, chance: Random) -> None:
        day, vat_type = paper.at.date(), paper.like["vat_type"]
        priced = [_priced(line) for line in paper.lines]
        totals = document_totals(priced, paper.discount, vat_type)
        costs = [cents(line["purchase_price"] * line["quantity"]) for line in paper.lines if line["purchase_price"]]
        deposits = [line["empty_goods_value"] * line["quantity"] for line in paper.lines if line["empty_goods_value"]]
        closing = CLOSINGS.get((paper.kind, paper.like["language"]))
        key = paper.id or uuid7(paper.at, chance)
        document = {
            **{column: paper.like[column] for column in HEAD},
            "id": key,
            "kind": paper.kind,
            "number": f"{PREFIXES[paper.kind]}{day.year}/{number:05d}",
            "sequence_number": number,
            "date": day,
            "status": paper.status,
            "discount": paper.discount.value if paper.discount else None,
            "discount_type": paper.discount.kind if paper.discount else None,
            "text": closing if chance.random() < 0.6 else None,
            "total_excl": totals.excl,
            "total_vat": totals.vat,
            "total_incl": totals.incl,
            "total_incl_base": cents(totals.incl * paper.like["exchange_rate"]),
            "total_discount": total_discount(priced, totals, vat_type),
            "total_cost": sum(costs, ZERO) if costs else None,
            "total_profit": totals.excl - sum(costs, ZERO) if costs else None,
            "total_empty_goods": cents(sum(deposits, ZERO)) if deposits else None,
            "locked": False,
            "created_by": self._author(paper.at, chance),
            "created_at": paper.at,
            **paper.columns,
        }
        self.scene.rows.write("document", **{**self._nothing, "company_id": self.scene.company_id, **document})
        for position, (line, amounts) in enumerate(zip(paper.lines, priced, strict=True), start=1):
            line_id = uuid7(paper.at + timedelta(microseconds=position), chance)
            self._write_line(line_id, key, position, line, amounts, vat_type)

    def _write_line(
        self, line_id: UUID, document: UUID, position: int, line: Mapping[str, Any], priced: PricedLine, vat_type: str
    ) -> None:
        totals = line_totals(priced, vat_type)
        cost = cents(line["purchase_price"] * priced.quantity) if line["purchase_price"] else None
        self.scene.rows.write(
            "document_line",
            company_id=self.scene.company_id,
            id=line_id,
            document_id=document,
            position=position,
            date=None,
            **{"type": "LINE", **{column: line[column] for column in LINE if column in line}},
            profit_amount=None if cost is None else totals.excl - cost,
            total_excl=totals.excl,
            total_vat=totals.vat,
            total_incl=totals.incl,
        )

    def _author(self, at: datetime, chance: Random) -> UUID | None:
        """The author: a random member who had joined by then."""
        there = [member["account_id"] for member in self._members if member["accepted_at"] <= at]
        return chance.choice(there) if there else None


def discount_of(document: Mapping[str, Any]) -> Discount | None:
    """The discount on a whole document."""
    return None if document["discount"] is None else Discount(document["discount"], document["discount_type"])


def _priced(line: Mapping[str, Any]) -> PricedLine:
    value: Decimal | None = line["discount"]
    discount = None if value is None else Discount(value, line["discount_type"])
    return PricedLine(line["price"], line["quantity"], line["vat_rate"], discount)
