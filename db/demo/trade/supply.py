"""Drafts of purchase orders and purchases, with their lines, for a seller and days."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from random import Random
from typing import Any

from db.belgium import structured_communication
from db.demo.chance import happens, office_hour, uuid7, weekday
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.buying import Bought, Paper
from db.demo.trade.lines import RISE
from db.demo.trade.rates import exchange_rate
from db.demo.trade.sellers import Bill, Seller
from db.demo.trade.totals import Discount, PricedLine

TRIAL = 14
"""Days of the trial, in which a company that does not order in writing later did so once."""

BEGUN = ((1, "DRAFT"), (2, "SENT"), (4, "CONFIRMED"), (6, "SENT"), (9, "CONFIRMED"), (12, "CONFIRMED"))
"""Orders of the last days that are not received yet: days ago and status."""

UNKNOWN = "Quincaillerie de la Gare"
"""The seller of a photographed receipt, for whom there is no supplier."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The products that a company buys and sells, by group."""

    by_group: Mapping[str, Sequence[Record]]

    @classmethod
    def of(cls, scene: Scene) -> "Stock":
        """The products of a company that have a purchase price."""
        names = {group["id"]: group["name"] for group in scene.all("product_group")}
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for product in scene.all("product"):
            if product["purchase_price"] and product["group_id"]:
                found[names[product["group_id"]]].append(product)
        return cls(found)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Makes the purchases of a company; `ordering_since` is the day from which it orders in writing."""

    scene: Scene
    stock: Stock
    categories: Mapping[str, Record]
    ordering_since: date | None
    chance: Random
    papers: list[Paper] = field(default_factory=list[Paper])
    wholesalers: list[tuple[Seller, Record]] = field(default_factory=list[tuple[Seller, Record]])
    _references: Iterator[int] = field(default_factory=count)

    def buy(self, seller: Seller, supplier: Record, days: Sequence[date]) -> None:
        """Add the purchases of these days, and the orders before them."""
        if seller.groups and seller.treatment == "DOMESTIC":
            self.wholesalers.append((seller, supplier))
        for index, day in enumerate(days):
            lines, order = self._lines(seller, day), None
            if (index == 0 and self._tries(seller, day)) or self._orders(seller, day):
                ordered = weekday(day - timedelta(days=self.chance.randint(2, 3 if index == 0 else 12)))
                order = self._order(seller, supplier, ordered, "RECEIVED", lines)
                if happens(self.chance, 0.03):
                    self._order(seller, supplier, ordered, "CANCELLED", lines[:1])
            self._purchase(seller, supplier, day, lines, order)

    def begin(self) -> None:
        """Add the pending papers of the last days: orders, and a receipt that is still a draft."""
        line = Bought("Visserie et petit matériel", PricedLine(Decimal("23.14"), Decimal(1), Decimal(21), None))
        self._add("PURCHASE", weekday(self.scene.today - timedelta(days=1)), "DRAFT", (line,), supplier_name=UNKNOWN)
        for ago, status in BEGUN if self.ordering_since else ():
            seller, supplier = self.chance.choice(self.wholesalers)
            day = weekday(self.scene.today - timedelta(days=ago))
            self._order(seller, supplier, day, status, self._lines(seller, day))

    def _tries(self, seller: Seller, day: date) -> bool:
        """True if the purchase of a day in the trial was ordered in writing."""
        age = (day - self.scene.created.date()).days
        return self.ordering_since is None and 6 <= age <= TRIAL and seller.delivers

    def _orders(self, seller: Seller, day: date) -> bool:
        """True if a purchase was ordered in writing by a company that works with orders."""
        since = self.ordering_since
        return (
            since is not None and day > since + timedelta(days=14) and bool(seller.groups) and happens(self.chance, 0.6)
        )

    # --- papers

    def _order(self, seller: Seller, supplier: Record, day: date, status: str, lines: tuple[Bought, ...]) -> Paper:
        confirmed = status in ("CONFIRMED", "RECEIVED")
        expected = day + timedelta(days=self.chance.randint(3, 14)) if happens(self.chance, 0.85) else None
        return self._add(
            "PURCHASE_ORDER",
            day,
            status,
            lines,
            seller.currency,
            supplier_id=supplier["id"],
            supplier_name=supplier["name"],
            supplier_reference=f"CF{self.chance.randint(10_000, 99_999)}" if confirmed else None,
            expected_date=expected,
        )

    def _purchase(
        self, seller: Seller, supplier: Record, day: date, lines: tuple[Bought, ...], order: Paper | None
    ) -> None:
        due = day + timedelta(days=seller.term)
        status = self._status(day, due)
        self._add(
            "PURCHASE",
            day,
            status,
            lines,
            seller.currency,
            supplier_id=supplier["id"],
            supplier_name=supplier["name"],
            supplier_reference=f"{self.chance.choice(('', 'VF', 'F-'))}{day.year}{self.chance.randint(1, 99_999):05d}",
            due_date=due,
            category_id=self.categories[seller.sort]["id"],
            vat_treatment=seller.treatment,
            paid_on=self._paid_on(day, due) if status == "PAID" else None,
            structured_communication=self._reference(status) if seller.town.country == "BE" else None,
            source_document_id=order.id if order else None,
        )

    def _add(
        self, kind: str, day: date, status: str, lines: tuple[Bought, ...], currency: str = "EUR", **more: Any
    ) -> Paper:
        at = office_hour(day, self.chance)
        paper = Paper(
            kind, uuid7(at, self.chance), at, status, lines, currency, exchange_rate(currency, day), more=more
        )
        self.papers.append(paper)
        return paper

    def _status(self, day: date, due: date) -> str:
        today = self.scene.today
        if (today - day).days <= 4 and happens(self.chance, 0.5):
            return "DRAFT"
        if due < today:
            return "PAID" if happens(self.chance, 0.93 if (today - due).days < 45 else 0.998) else "OVERDUE"
        return "PAID" if happens(self.chance, 0.3) else "OPEN"

    def _paid_on(self, day: date, due: date) -> date:
        """A day from the bill's to shortly after the due date, but not in the future."""
        last = min(due + timedelta(days=4), self.scene.today - timedelta(days=1))
        return day + timedelta(days=self.chance.randint(0, max(0, (last - day).days)))

    def _reference(self, status: str) -> str | None:
        """A distinct payment reference of the supplier; None for a draft, which is not read yet."""
        number = self.scene.index * 20_000 + next(self._references)
        if status == "DRAFT" or not happens(self.chance, 0.8):
            return None
        return structured_communication(6_000_000_000 + number * 37_123 % 3_999_999_979)

    # --- lines

    def _lines(self, seller: Seller, day: date) -> tuple[Bought, ...]:
        if seller.groups:
            return tuple(self._products(seller.groups, day, domestic=seller.treatment == "DOMESTIC"))
        count = len(seller.bills) if seller.day else min(len(seller.bills), self.chance.choice((1, 1, 1, 2)))
        return tuple(self._bill(seller, bill) for bill in self.chance.sample(seller.bills, count))

    def _bill(self, seller: Seller, bill: Bill) -> Bought:
        least, most = Decimal(bill.least), Decimal(bill.most)
        unit = Decimal(1).scaleb(int(least.as_tuple().exponent))
        price = unit * self.chance.randint(int(least / unit), int(most / unit))
        vat = Decimal(seller.vat if seller.treatment == "DOMESTIC" else 0)
        priced = PricedLine(price, Decimal(self.chance.randint(*bill.count)), vat, None)
        return Bought(bill.name, priced, self.categories[seller.sort])

    def _products(self, groups: Sequence[str], day: date, *, domestic: bool) -> Iterator[Bought]:
        chance, wares = self.chance, [product for group in groups for product in self.stock.by_group[group]]
        for product in chance.sample(wares, min(len(wares), chance.choice((1, 1, 2, 2, 3, 4)))):
            price = _aged(product["purchase_price"], (self.scene.today - day).days // 365)
            most = 85 if price < 50 else 10 if price < 300 else 1
            discounted = self.scene.has("DISCOUNTS") and happens(chance, 0.14)
            discount = Discount(Decimal(chance.choice((5, 10, 15))), "PERCENT") if discounted else None
            vat = product["vat_rate"] if domestic else Decimal(0)
            yield Bought(
                product["name"],
                PricedLine(price, Decimal(chance.randint(1, most)), vat, discount),
                self.categories["goods"],
                product["id"],
                product["empty_goods_value"],
            )


def _aged(price: Decimal, years: int) -> Decimal:
    """The price `years` years ago; small prices keep four decimals."""
    then = price * (1 - RISE) ** years
    return then.quantize(Decimal("0.0001") if price < 12 else Decimal("0.01"), ROUND_HALF_UP)
