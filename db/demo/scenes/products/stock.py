"""Stock: a year of movements from invoices and credit notes where the app is used, else two movements of the trial."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene

AFTER: Final = ("composition", "orders")

COUNTED_DAYS: Final = 365
"""Number of days since counting began."""

ORDER_STOP: Final = 12
"""Number of last days without orders, so that the stock of some products is low."""

SERVICES: Final = re.compile(
    r"heure|uur|entretien|onderhoud|passage|location|livraison|nettoyage|forfait|voiture|jour\b|agenda de",
    re.IGNORECASE,
)
"""Words in the names of services, which have no stock."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the stock of a product."""

    at: datetime
    quantity: Decimal
    reason: str
    document: UUID | None = None


@dataclass(slots=True)
class Shelf:
    """The stock of one product during its year of movements."""

    product: Record
    warning: Decimal
    full: Decimal
    stock: Decimal
    moves: list[Move] = field(default_factory=list[Move])

    def move(self, move: Move) -> None:
        """Apply a movement."""
        self.stock += move.quantity
        self.moves.append(move)


def play(scene: Scene) -> None:
    """Add movements and reservations."""
    chance = scene.chance("stock")
    goods = [product for product in scene.all("product") if not SERVICES.search(product["name"])]
    if scene.has("STOCK"):
        _count(scene, goods, chance)
    else:
        _try(scene, (goods or scene.all("product"))[0], chance)


def _try(scene: Scene, product: Record, chance: Random) -> None:
    """Add the remains of the trial: an opening stock, a count and a reservation."""
    at = scene.created + timedelta(days=4, hours=2)
    scene.change(product, track_stock_since=at, stock_warning=Decimal(6))
    opening = Decimal(chance.randint(8, 30))
    _write(scene, product, Move(at, opening, "OPENING"), chance)
    _write(scene, product, Move(at + timedelta(days=6), Decimal(-1), "COUNT"), chance)
    _write(scene, product, Move(at + timedelta(days=7), Decimal(-2), "SALE"), chance, kind="RESERVED")


# --- a year ---------------------------------------------------------------------------------------------------------


def _count(scene: Scene, goods: Sequence[Record], chance: Random) -> None:
    first = max(scene.today - timedelta(days=COUNTED_DAYS), scene.created.date() + timedelta(days=1))
    begin = datetime.combine(first, time(5), UTC)
    sold: dict[UUID, list[Move]] = defaultdict(list)
    for product, move in _sales(scene, begin):
        sold[product].append(move)
    for product in goods:
        shelf = _opened(product, sold[product["id"]], max(begin, product["created_at"]), chance)
        _tell(shelf, sold[product["id"]], scene.today, chance)
        scene.change(product, track_stock_since=shelf.moves[0].at, stock_warning=shelf.warning)
        for move in shelf.moves:
            _write(scene, product, move, chance)
    _reserve(scene, {product["id"]: product for product in goods}, chance)


def _sales(scene: Scene, begin: datetime) -> Iterator[tuple[UUID, Move]]:
    """The movements of invoices (out) and credit notes (in) since `begin`, in order of creation."""
    moving = {
        document["id"]: document
        for document in scene.all("document")
        if document["kind"] in ("INVOICE", "CREDIT_NOTE")
        and document["status"] != "DRAFT"
        and document["created_at"] > begin
    }
    for line in scene.all("document_line"):
        document = moving.get(line["document_id"])
        if document is not None and line.get("product_id") is not None:
            sale = document["kind"] == "INVOICE"
            quantity = -line["quantity"] if sale else line["quantity"]
            move = Move(document["created_at"], quantity, "SALE" if sale else "RETURN", document["id"])
            yield line["product_id"], move


def _opened(product: Record, sold: Sequence[Move], begin: datetime, chance: Random) -> Shelf:
    """The stock of a product when counting begins; its size depends on the largest sale."""
    most = max((-move.quantity for move in sold), default=Decimal(6))
    warning = _rounded(most * Decimal("0.6"))
    full = _rounded(warning + most * 2)
    shelf = Shelf(product, warning, full, Decimal(0))
    shelf.move(Move(begin, _rounded(full * chance.randint(60, 110) / 100), "OPENING"))
    return shelf


def _rounded(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal(1), ROUND_CEILING)


def _tell(shelf: Shelf, sold: Sequence[Move], today: date, chance: Random) -> None:
    """Add a year of movements: purchases when the stock is low, losses, and a count in summer."""
    counted = False
    for move in sorted(sold, key=lambda move: move.at):
        left = shelf.stock + move.quantity
        hurry = left < 0
        if hurry or (left < shelf.warning and (today - move.at.date()).days > ORDER_STOP):
            arrived = max(move.at.replace(hour=5, minute=chance.randint(0, 59)), shelf.moves[-1].at)
            shelf.move(Move(arrived, _rounded(shelf.full - left if not hurry else -left + shelf.warning), "PURCHASE"))
        shelf.move(move)
        later = move.at + timedelta(hours=3)
        if shelf.stock >= 3 and happens(chance, 0.02):
            shelf.move(Move(later, Decimal(-chance.randint(1, 2)), "LOSS"))
        if not counted and move.at.month == 7 and shelf.stock >= 1 and happens(chance, 0.5):
            counted = True
            shelf.move(Move(later + timedelta(hours=1), Decimal(chance.choice((-1, -1, 1))), "COUNT"))


def _reserve(scene: Scene, goods: dict[Any, Record], chance: Random) -> None:
    """Add reservations for confirmed orders that are not delivered yet."""
    orders = {order["id"]: order for order in scene.all("document", kind="ORDER_CONFIRMATION", status="OPEN")}
    for line in scene.all("document_line"):
        order, product = orders.get(line["document_id"]), goods.get(line.get("product_id"))
        if order is not None and product is not None:
            reserved = Move(order["created_at"], -line["quantity"], "SALE", order["id"])
            _write(scene, product, reserved, chance, kind="RESERVED")


def _write(scene: Scene, product: Record, move: Move, chance: Random, *, kind: str = "MOVED") -> None:
    scene.add(
        "stock_movement",
        move.at,
        chance,
        kind=kind,
        product_id=product["id"],
        quantity=move.quantity,
        reason=move.reason,
        document_id=move.document,
        at=move.at,
        by_id=None if move.document is not None else _keeper(scene, move.at),
    )


def _keeper(scene: Scene, at: datetime) -> UUID | None:
    """The member who looks after the stock at a moment: the newest one, if there is any."""
    there = [member["id"] for member in scene.members if member["accepted_at"] <= at]
    return there[-1] if there else None
