"""The rows of purchases, purchase orders and slips: numbers the drafts and computes their totals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db.demo.chance import happens, uuid7
from db.demo.rows import DocumentLineRow, DocumentRow, Record
from db.demo.scene import Scene
from db.demo.trade.totals import ZERO, PricedLine, cents, document_totals, line_totals, total_discount

BLANK_DOCUMENT = dict.fromkeys(column.name for column in fields(DocumentRow))
BLANK_LINE = dict.fromkeys(column.name for column in fields(DocumentLineRow))
"""The columns of document lines, as nulls; purchases leave some of them empty."""

PREFIXES = {"PURCHASE": "A", "PURCHASE_ORDER": "OA", "PURCHASE_SLIP": "BA"}


@dataclass(frozen=True, slots=True)
class Bought:
    """One line: name, price and category; `product` when it is one of the buyer's own products."""

    name: str
    priced: PricedLine
    category: Record | None = None
    product_id: UUID | None = None
    deposit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document before it gets its number; `more` are columns of only some kinds."""

    kind: str
    id: UUID
    at: datetime
    status: str
    lines: tuple[Bought, ...]
    currency: str = "EUR"
    exchange_rate: Decimal = Decimal(1)
    more: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def day(self) -> date:
        """Its date."""
        return self.at.date()


def write_papers(scene: Scene, papers: Iterable[Paper], writers: Sequence[str], chance: Random) -> None:
    """Add the rows, numbered without gaps in each year in order of creation.

    The author is the first of `writers` who was in the company at the time.
    """
    counters: dict[tuple[str, int], int] = defaultdict(int)
    people = [scene.member(who) for who in writers if who in scene.cast]
    for paper in sorted(papers, key=lambda paper: (paper.at, paper.id)):
        counters[paper.kind, paper.day.year] += 1
        _write(scene, paper, counters[paper.kind, paper.day.year], people, chance)


def _write(scene: Scene, paper: Paper, number: int, people: Sequence[Record], chance: Random) -> None:
    priced = [line.priced for line in paper.lines]
    totals = document_totals(priced, None, "EXCL")
    deposits = [line.deposit * line.priced.quantity for line in paper.lines if line.deposit]
    own: dict[str, Any] = {
        "company_id": scene.company_id,
        "id": paper.id,
        "kind": paper.kind,
        "number": f"{PREFIXES[paper.kind]}{paper.day.year}/{number:05d}",
        "sequence_number": number,
        "date": paper.day,
        "status": paper.status,
        "language": scene.language,
        "currency": paper.currency,
        "exchange_rate": paper.exchange_rate,
        "vat_type": "EXCL",
        "total_excl": totals.excl,
        "total_vat": totals.vat,
        "total_incl": totals.incl,
        "total_incl_base": cents(totals.incl * paper.exchange_rate),
        "total_discount": total_discount(priced, totals, "EXCL"),
        "total_empty_goods": cents(sum(deposits, ZERO)) if deposits else None,
        "locked": paper.kind != "PURCHASE_ORDER" and (scene.today - paper.day).days > 75 and happens(chance, 0.97),
        "created_by": _author(people, paper.at),
        "created_at": paper.at,
    }
    scene.rows.write("document", **BLANK_DOCUMENT | own | paper.more)
    for position, line in enumerate(paper.lines, start=1):
        _write_line(scene, paper, position, line, chance)


def _write_line(scene: Scene, paper: Paper, position: int, line: Bought, chance: Random) -> None:
    totals = line_totals(line.priced, "EXCL")
    discount, category = line.priced.discount, line.category
    at = paper.at + timedelta(microseconds=position)
    own: dict[str, Any] = {
        "company_id": scene.company_id,
        "id": uuid7(at, chance),
        "document_id": paper.id,
        "position": position,
        "product_id": line.product_id,
        "name": line.name,
        "quantity": line.priced.quantity,
        "price": line.priced.price,
        "vat_rate": line.priced.vat_rate,
        "discount": discount.value if discount else None,
        "discount_type": discount.kind if discount else None,
        "empty_goods_value": line.deposit,
        "gl_account": category["gl_account"] if category else None,
        "total_excl": totals.excl,
        "total_vat": totals.vat,
        "total_incl": totals.incl,
        "category_id": category["id"] if category else None,
        "deductible": category["deductible"] if category else None,
    }
    scene.rows.write("document_line", **BLANK_LINE | own)


def _author(people: Sequence[Record], at: datetime) -> UUID | None:
    """The author: the first of `people` who was in the company at that moment; None when there is none."""
    there = [one for one in people if one["accepted_at"] and one["accepted_at"] <= at]
    there = [one for one in there if one["removed_at"] is None or one["removed_at"] > at]
    return there[0]["account_id"] if there else None
