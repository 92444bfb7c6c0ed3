"""Cash tickets: the counter sales of the cash book, and those paid in other ways."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db.demo.chance import happens, office_hour, spread, uuid7
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.money import WORDS
from db.demo.trade.sales import Files, Paper
from db.demo.trade.totals import HUNDRED, ZERO, cents

AFTER = ("payments",)

PRINT = "https://tickets.demo.enfact.test/{}.pdf"
OTHER = {"FR": "Divers", "NL": "Diversen"}
MOST_LINES = 5


def play(scene: Scene) -> None:
    """Add a ticket for each counter sale of the cash book and a year of tickets paid otherwise, or one of the trial."""
    chance = scene.chance("tickets")
    counter = _Counter(scene, chance)
    papers = [*counter.cash(), *counter.otherwise()] if scene.has("CASH_TICKETS") else [counter.tried()]
    Files(scene).write(papers, chance)


class _Counter:
    """Makes the tickets of one company."""

    def __init__(self, scene: Scene, chance: Random) -> None:
        self.scene = scene
        self.chance = chance
        self.products = scene.all("product")
        self.customers = scene.all("contact", is_customer=True)

    def cash(self) -> Iterator[Paper]:
        """The tickets paid in cash, with the amounts of the cash book."""
        label = WORDS[self.scene.language].counter
        for entry in self.scene.all("cash_book_entry", label=label):
            at = _moment(entry["id"]) - timedelta(minutes=1)
            ticket = uuid7(at, self.chance)
            self.scene.change(entry, ticket_id=ticket)
            yield self._paper(at, "PAID", "CASH", self._worth(entry["amount_in"]), ticket)

    def otherwise(self) -> Iterator[Paper]:
        """Tickets paid by card, by telephone or with vouchers; the last one is not paid yet."""
        count = 110 if self.scene.index < 2 else 14
        first = max(self.scene.created.date() + timedelta(days=70), self.scene.today - timedelta(days=365))
        yesterday = self.scene.today - timedelta(days=1)
        for day in spread(self.chance, first, yesterday, count):
            method = self.chance.choices(("CARD", "MOBILE", "VOUCHER"), (70, 24, 6))[0]
            status = "CANCELLED" if happens(self.chance, 0.03) else "PAID"
            yield self._paper(office_hour(day, self.chance), status, method, self._some())
        yield self._paper(office_hour(yesterday, self.chance), "OPEN", None, self._some())

    def tried(self) -> Paper:
        """The ticket of the trial."""
        at = self.scene.created + timedelta(days=6, hours=4, minutes=self.chance.randint(0, 59))
        return self._paper(at, "PAID", "CARD", self._some())

    def _paper(
        self, at: datetime, status: str, method: str | None, lines: list[Record], key: UUID | None = None
    ) -> Paper:
        known = [row for row in self.customers if row["created_at"] < at] if happens(self.chance, 0.15) else []
        customer = self.chance.choice(known) if known else None
        key = key or uuid7(at, self.chance)
        like: dict[str, Any] = {
            "customer_id": customer["id"] if customer else None,
            "customer_name": customer["name"] if customer else None,
            "language": self.scene.language,
            "currency": "EUR",
            "exchange_rate": Decimal(1),
            "vat_type": "INCL",
            "order_reference": None,
        }
        printed = PRINT.format(key.hex[-12:]) if status == "PAID" and happens(self.chance, 0.85) else None
        columns = {"payment_method": method, "ticket_print_url": printed}
        return Paper("CASH_TICKET", at, status, like, lines, columns=columns, id=key)

    # --- lines

    def _some(self) -> list[Record]:
        products = self.chance.sample(self.products, min(len(self.products), self.chance.randint(1, 3)))
        return [self._line(product, self.chance.randint(1, 3)) for product in products]

    def _worth(self, amount: Decimal) -> list[Record]:
        """Lines of products that add up to an amount, with a last line for the remainder."""
        lines: list[Record] = []
        rest = amount
        for product in self.chance.sample(self.products, len(self.products)):
            line = self._line(product, 1)
            times = min(6, int(rest // line["price"])) if line["price"] else 0
            if times and len(lines) < MOST_LINES - 1:
                line["quantity"] = Decimal(self.chance.randint(1, times))
                rest -= line["price"] * line["quantity"]
                lines.append(line)
        if rest > 0:
            lines.append(self._named(OTHER[self.scene.language], rest, Decimal(21)))
        return lines

    def _line(self, product: Record, quantity: int) -> Record:
        price = product["price"]
        if product["vat_type"] == "EXCL":
            price = cents(price * (HUNDRED + product["vat_rate"]) / HUNDRED)
        line = self._named(product["name"], price + ZERO, product["vat_rate"])
        works = self.scene.has
        return {
            **line,
            "product_id": product["id"],
            "quantity": Decimal(quantity),
            "purchase_price": product["purchase_price"] if works("PURCHASES") else None,
            "empty_goods_value": product["empty_goods_value"] if works("EMPTY_GOODS") else None,
        }

    def _named(self, name: str, price: Decimal, rate: Decimal) -> Record:
        nothing = ("product_id", "text", "discount", "discount_type", "purchase_price", "empty_goods_value")
        return {
            **dict.fromkeys((*nothing, "gl_account")),
            "name": name,
            "price": price,
            "vat_rate": rate,
            "quantity": Decimal(1),
        }


def _moment(key: UUID) -> datetime:
    """The moment of creation in a row's key."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
