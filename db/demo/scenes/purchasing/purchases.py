"""PURCHASES and PURCHASE_ORDERS: suppliers, orders to them, and their bills, paid or due.

A company that works with the app buys regularly; the others bought only during their trial.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from db.belgium import vat_number
from db.demo.chance import happens, weekday
from db.demo.people.people import slug
from db.demo.rows import ContactRow, Record
from db.demo.scene import Scene
from db.demo.trade.buying import write_papers
from db.demo.trade.sellers import DRINKS_SELLERS, FEW_SELLERS, HEATING_SELLERS, SORTS, Bill, Seller
from db.demo.trade.supply import Buyer, Stock
from db.demo.words.addresses import address, bank_account, enterprise, foreign_vat_number, phone

LARGE = (HEATING_SELLERS, DRINKS_SELLERS)
WRITERS = ("luc",)
"""The people of the cast who record purchases, in order of preference; the owner is last."""

NOTES = {
    "FR": ("Commander avant dix heures pour le lendemain.", "Franco de port dès 250 euros."),
    "NL": ("Bestellen voor tien uur.", "Vrachtvrij vanaf 250 euro."),
}
BLANK = dict.fromkeys({column.name for column in fields(ContactRow)} - {"company_id", "id"})
"""The columns of contacts, as nulls; suppliers leave some of them empty."""

FAVOUR = {"FR": "Prestations diverses", "NL": "Diverse prestaties"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A seller, the days of its bills, and the customer's row when the seller is a customer, too."""

    seller: Seller
    days: tuple[date, ...]
    customer: Record | None = None

    def known(self, scene: Scene) -> datetime:
        """The moment at which the supplier is recorded: two weeks before the first bill, but not before the company."""
        ahead = datetime.combine(self.days[0] - timedelta(days=14), time(6, 40), UTC)
        return max(ahead, scene.created + timedelta(hours=2))


def play(scene: Scene) -> None:
    """Add categories, suppliers, orders and purchases to a company."""
    chance = scene.chance("purchases")
    customers = sorted(scene.all("contact", is_customer=True), key=lambda row: (row["created_at"], row["id"]))
    plans = [*(_large(scene, customers, chance) if scene.has("PURCHASES") else _small(scene, customers))]
    categories = _categories(scene, plans, chance)
    buyer = Buyer(scene, Stock.of(scene), categories, _ordering_since(scene), chance)
    number = max((row["sequence_number"] for row in scene.all("contact")), default=0)
    for plan in sorted(plans, key=lambda plan: plan.known(scene)):
        category = categories[plan.seller.sort]
        if plan.customer is None:
            number += 1
            supplier = _supplier(scene, plan, number, category, chance)
        else:
            supplier = plan.customer
            scene.change(supplier, is_supplier=True, iban=bank_account(chance), purchase_category_id=category["id"])
        buyer.buy(plan.seller, supplier, plan.days)
    if scene.has("PURCHASES"):
        buyer.begin()
    write_papers(scene, buyer.papers, [*WRITERS, scene.owner], chance)


def _ordering_since(scene: Scene) -> date | None:
    """The day from which the company orders in writing; None when it does not."""
    periods = [row["valid"] for row in scene.all("company_app", app_id="PURCHASE_ORDERS")]
    return periods[-1].lower.date() if periods and scene.has("PURCHASE_ORDERS") else None


def _categories(scene: Scene, plans: Sequence[Plan], chance: Random) -> dict[str, Record]:
    """Add the purchase categories that the plans use, with ledger accounts where the company has them."""
    used = {plan.seller.sort for plan in plans}
    found: dict[str, Record] = {}
    for index, name in enumerate(sort for sort in SORTS if sort in used):
        sort = SORTS[name]
        scene.add(
            "purchase_category",
            scene.created + timedelta(minutes=50, seconds=index),
            chance,
            name=sort.names[scene.language],
            vat_box=sort.box,
            deductible=sort.deductible,
            gl_account=sort.gl_account if scene.has("GL_ACCOUNTS") else None,
        )
        found[name] = scene.rows.tables["purchase_category"][-1]
    return found


def _large(scene: Scene, customers: Sequence[Record], chance: Random) -> Iterator[Plan]:
    """The plans of a large company: years of purchases from two dozen sellers."""
    for seller in LARGE[scene.index]:
        begin, customer = scene.created.date() + timedelta(days=3), None
        if seller.customer:
            customer = next(
                (row for row in customers if _may_sell(row) and row["name"].startswith(seller.customer)), None
            )
            begin = customer["created_at"].date() + timedelta(days=1) if customer else scene.today
        days = tuple(day for day in _days(scene, seller, chance) if begin <= day < scene.today)
        if days:
            yield Plan(seller, days, customer)


def _may_sell(customer: Record) -> bool:
    """True if a customer can be a supplier, too: a Belgian business."""
    return customer["country"] == "BE" and customer["vat_number"] is not None


def _days(scene: Scene, seller: Seller, chance: Random) -> Iterator[date]:
    """The dates of a seller's bills, month by month."""
    month, every = scene.created.date().replace(day=1), max(1, round(1 / seller.monthly))
    count = 0
    while month <= scene.today:
        if seller.day is not None:
            times = 1 if count % every == 0 else 0
        else:
            times = int(seller.monthly) + happens(chance, seller.monthly % 1)
        days = [month.replace(day=seller.day or chance.randint(1, 28)) for _ in range(times)]
        yield from sorted(map(weekday, days))
        month, count = (month + timedelta(days=32)).replace(day=1), count + 1


def _small(scene: Scene, customers: Sequence[Record]) -> Iterator[Plan]:
    """The plans of a small company: two sellers during the trial, and at some companies a customer."""
    sellers, first = FEW_SELLERS[scene.language], scene.created.date() + timedelta(days=8)
    for place in (0, 1):
        yield Plan(sellers[(scene.index + place) % len(sellers)], (weekday(first + timedelta(days=4 * place)),))
    for row in filter(_may_sell, customers[: len(customers) // 2] if scene.index % 3 == 0 else ()):
        bill = Bill(FAVOUR[scene.language], "90.00", "320.00")
        seller = replace(sellers[0], sort="fees", bills=(bill,))
        yield Plan(seller, (row["created_at"].date() + timedelta(days=1),), row)
        break


def _supplier(scene: Scene, plan: Plan, number: int, category: Record, chance: Random) -> Record:
    """Add a contact that is only a supplier."""
    seller, at = plan.seller, plan.known(scene)
    place = address(chance, (seller.town,))
    belgian = seller.town.country == "BE"
    name = slug(seller.name)
    own: dict[str, Any] = {
        "sequence_number": number,
        "number": f"{'L' if scene.language == 'NL' else 'F'}{number:05d}",
        "name": seller.name,
        "kind": "BUSINESS",
        "vat_number": vat_number(enterprise(chance)) if belgian else foreign_vat_number(chance, seller.town.country),
        "is_customer": False,
        "is_supplier": True,
        "street": place.street,
        "street_number": place.number,
        "postcode": place.town.postcode,
        "city": place.town.name,
        "country": place.town.country,
        "language": place.town.language if scene.has("FOREIGN_LANGUAGE_CUSTOMERS") else scene.language,
        "currency": seller.currency,
        "phone": phone(chance, place.town),
        "email": f"{chance.choice(('info', 'facturation', 'orders'))}@{name}.test",
        "website": f"https://www.{name}.test" if happens(chance, 0.5) else None,
        "payment_term_days": seller.term,
        "note": chance.choice(NOTES[scene.language]) if seller.groups and happens(chance, 0.5) else None,
        "created_at": at,
        "iban": bank_account(chance) if belgian else None,
        "our_number": f"{chance.choice(('KL', 'CL', 'D'))}-{chance.randint(1000, 9999)}"
        if happens(chance, 0.6)
        else None,
        "purchase_category_id": category["id"],
    }
    scene.add("contact", at, chance, **BLANK | own)
    return scene.rows.tables["contact"][-1]
