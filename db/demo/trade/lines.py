"""The lines of sales documents: products, quantities and prices for a buyer."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import ContactRow, ProductRow
from db.demo.trade.catalogue import Basket, Item
from db.demo.trade.products import Shelf, quantity
from db.demo.trade.totals import HUNDRED, Discount, PricedLine, cents
from db.demo.words.wording import FREE_LINES, LINE_TEXTS

RISE = Decimal("0.025")
"""The yearly rise of prices."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the product, the columns of apps, and the values for its totals."""

    product_id: UUID | None
    name: str
    text: str | None
    date: date | None
    priced: PricedLine
    purchase_price: Decimal | None
    deposit: Decimal | None
    gl_account: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The values that all lines of one document share."""

    day: date
    vat_type: str
    exchange_rate: Decimal
    exempt: bool
    renovation: bool
    dated: bool
    language: str


@dataclass(frozen=True, slots=True)
class Till:
    """Fills documents with a company's products; `today` is the day of the current prices.

    A company without a number (`taxed` is false) charges no tax.
    """

    shelf: Shelf
    features: frozenset[str]
    today: date
    language: str
    taxed: bool = True

    def lines(
        self, buyer: ContactRow, day: date, vat_type: str, exchange_rate: Decimal, chance: Random
    ) -> tuple[Line, ...]:
        """The lines of one sale, at least one."""
        has = self.features.__contains__
        terms = Terms(
            day=day,
            vat_type=vat_type,
            exchange_rate=exchange_rate,
            exempt=buyer.vat_exception is not None or not self.taxed,
            renovation=has("WORK_ORDERS") and buyer.vat_number is None and happens(chance, 0.6),
            dated=has("LINE_DATES") and happens(chance, 0.6),
            language=self.language,
        )
        basket = chance.choices(self.shelf.baskets, [basket.weight for basket in self.shelf.baskets])[0]
        lines = [self._line(item, product, terms, chance) for item, product in self._picked(basket, chance)]
        if not lines or happens(chance, 0.05):
            lines.append(self._free_line(terms, chance))
        return tuple(lines[:8])

    def _picked(self, basket: Basket, chance: Random) -> list[tuple[Item, ProductRow]]:
        picked: list[tuple[Item, ProductRow]] = []
        for group, least, most in basket.picks:
            picked += chance.sample(self.shelf.by_group[group], chance.randint(least, most))
        return picked

    def _line(self, item: Item, product: ProductRow, terms: Terms, chance: Random) -> Line:
        has = self.features.__contains__
        vat_rate = _vat_rate(product.vat_rate, terms)
        price = _price(product, vat_rate, self._years(terms), terms)
        cost = product.purchase_price
        gl_account = product.gl_account or ("700000" if happens(chance, 0.5) else None)
        return Line(
            product_id=product.id,
            name=product.name,
            text=product.text or (chance.choice(LINE_TEXTS[terms.language]) if happens(chance, 0.06) else None),
            date=terms.day - timedelta(days=chance.randint(0, 8)) if terms.dated else None,
            priced=PricedLine(price, quantity(chance, item.sold), vat_rate, self._discount(price, chance)),
            purchase_price=None if cost is None else _aged(cost, self._years(terms), terms),
            deposit=None
            if product.empty_goods_value is None
            else cents(product.empty_goods_value / terms.exchange_rate),
            gl_account=gl_account if has("GL_ACCOUNTS") else None,
        )

    def _free_line(self, terms: Terms, chance: Random) -> Line:
        price = cents(Decimal(chance.randint(400, 9000)) / 100 / terms.exchange_rate)
        return Line(
            product_id=None,
            name=chance.choice(FREE_LINES[terms.language]),
            text=None,
            date=terms.day if terms.dated else None,
            priced=PricedLine(price, Decimal(chance.randint(1, 3)), _vat_rate(Decimal(21), terms), None),
            purchase_price=None,
            deposit=None,
            gl_account=None,
        )

    def _years(self, terms: Terms) -> int:
        return (self.today - terms.day).days // 365

    def _discount(self, price: Decimal, chance: Random) -> Discount | None:
        if "DISCOUNTS" not in self.features or price < 4:
            return None
        lot = chance.random()
        if lot < 0.13:
            return Discount(Decimal(chance.choice((5, 5, 10, 10, 15, 20))), "PERCENT")
        return Discount(min(cents(price / 20), Decimal(200)), "AMOUNT") if lot < 0.17 else None


def _vat_rate(usual: Decimal, terms: Terms) -> Decimal:
    if terms.exempt:
        return Decimal(0)
    return min(usual, Decimal(6)) if terms.renovation else usual


def _price(product: ProductRow, vat_rate: Decimal, years: int, terms: Terms) -> Decimal:
    price = _aged(product.price, years, terms)
    if terms.vat_type == "INCL" and product.vat_type == "EXCL":
        return cents(price * (HUNDRED + vat_rate) / HUNDRED)
    return price


def _aged(price: Decimal, years: int, terms: Terms) -> Decimal:
    """The price `years` years ago, in the document's currency; small prices keep four decimals."""
    then = price * (1 - RISE) ** years / terms.exchange_rate
    return then.quantize(Decimal("0.0001") if price < 12 else Decimal("0.01"), ROUND_HALF_UP)
