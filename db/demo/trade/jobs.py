"""The jobs behind a company's quotes and invoices: the work, its hours, people and goods."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db.demo.chance import happens
from db.demo.people.crew import at, workdays
from db.demo.rows import Record
from db.demo.scene import Scene

HOURS = re.compile(r"heure|main-d|intervention de garde|étude|uren", re.IGNORECASE)
NO_GOODS = re.compile(r"déplacement|verplaatsing|frais|administratie|recyclage", re.IGNORECASE)
SERVICE = re.compile(
    r"entretien|ramonage|détartrage|désembouage|mise en service|rapport|évacuation|onderhoud", re.IGNORECASE
)
MAINTENANCE = re.compile(r"entretien|ramonage|onderhoud", re.IGNORECASE)

HEAVY, LARGE = Decimal(1500), Decimal(5000)
"""Values of goods from which a job takes two people, and 14 or 24 hours more."""

ZONES = {"1": (2, 14), "2": (15, 30), "3": (31, 74)}
"""The least and most kilometres of each travel zone."""

FEW = 40
"""Number of invoices up to which a company does a job for each of them."""

VERBS = {"FR": ("Placement", "Dépannage"), "NL": ("Plaatsing", "Herstelling")}
"""The words for a job with many goods, and for one with few."""


@dataclass(frozen=True, slots=True)
class Good:
    """A material of a job; its price is without VAT."""

    product_id: UUID | None
    name: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a customer asked for at `asked`, done on one of `days` (empty: not done yet)."""

    title: str
    customer_id: UUID
    asked: datetime
    days: Sequence[date]
    hours: float
    people: int
    goods: Sequence[Good]
    kilometres: Decimal | None
    site: UUID | None
    quote: Record | None


def is_maintenance(title: str) -> bool:
    """True if a job is regular maintenance."""
    return MAINTENANCE.search(title) is not None


def jobs_of(scene: Scene, begin: datetime, chance: Random) -> list[Job]:
    """The jobs since `begin`: of accepted quotes, and of invoices for maintenance without a quote."""
    lines: defaultdict[UUID, list[Record]] = defaultdict(list)
    for line in scene.all("document_line"):
        if line.get("type") != "SECTION":
            lines[line["document_id"]].append(line)
    documents = [row for row in scene.all("document") if row["created_at"] >= begin and row["customer_id"]]
    invoices = [row for row in documents if row["kind"] == "INVOICE" and row["status"] != "DRAFT"]
    by_key = {row["id"]: row for row in documents}
    quoted = [(row, _origin(row, by_key)) for row in invoices]
    direct = [row for row, origin in quoted if origin["kind"] != "QUOTE"]
    billed = {origin["id"]: row for row, origin in quoted}
    maker = _Maker(scene, lines, {row["id"]: row for row in scene.all("contact")}, chance)
    jobs = [
        maker.of_quote(row, billed.get(row["id"]))
        for row in documents
        if row["kind"] == "QUOTE" and row["status"] == "ACCEPTED"
    ]
    jobs += [
        maker.of_invoice(row)
        for row in direct
        if len(direct) <= FEW or any(is_maintenance(line["name"]) for line in lines[row["id"]])
    ]
    return [job for job in jobs if job is not None]


def _origin(document: Record, by_key: Mapping[Any, Record]) -> Record:
    """The first document of a chain: mostly the quote of an invoice, else the document itself."""
    while (source := by_key.get(document.get("source_document_id"))) is not None:
        document = source
    return document


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes jobs from documents."""

    scene: Scene
    lines: defaultdict[UUID, list[Record]]
    customers: dict[UUID, Record]
    chance: Random

    def of_quote(self, quote: Record, invoice: Record | None) -> Job | None:
        """The job of an accepted quote, done before the invoice; None when there is no day between them."""
        asked = quote["created_at"] + timedelta(days=self.chance.randint(1, 6), minutes=self.chance.randint(-90, 90))
        asked = min(_workday(asked), at(self.scene.today - timedelta(days=1), 7))
        days = [] if invoice is None else _before(asked.date(), invoice["date"])
        return self._job(quote, quote, asked, days) if days or invoice is None else None

    def of_invoice(self, invoice: Record) -> Job | None:
        """The job of an invoice without a quote; None when there is no day for it after the customer's creation."""
        asked = invoice["created_at"] - timedelta(days=self.chance.randint(3, 18), minutes=self.chance.randint(0, 90))
        known = self.customers[invoice["customer_id"]]["created_at"]
        asked = _workday(max(asked, known + timedelta(minutes=self.chance.randint(5, 50))))
        days = _before(asked.date(), invoice["date"])
        return self._job(invoice, None, asked, days) if days else None

    def _job(self, document: Record, quote: Record | None, asked: datetime, days: Sequence[date]) -> Job:
        lines = self.lines[document["id"]]
        services = [line for line in lines if SERVICE.search(line["name"])]
        goods = [line for line in lines if not any(words.search(line["name"]) for words in (HOURS, NO_GOODS, SERVICE))]
        worth = sum((line["total_excl"] for line in goods), Decimal(0))
        hours = sum(float(line["quantity"]) for line in lines if HOURS.search(line["name"]))
        hours += 1.25 * len(services) + (24 if worth > LARGE else 14 if worth > HEAVY else 0)
        return Job(
            title=self._title(services, goods or lines, worth),
            customer_id=document["customer_id"],
            asked=asked,
            days=days,
            hours=max(0.75, hours),
            people=2 if worth > HEAVY or hours > 7 else 1,
            goods=[_good(line, document) for line in goods],
            kilometres=self._kilometres(lines),
            site=document.get("site_address_id"),
            quote=quote,
        )

    def _title(self, services: Sequence[Record], others: Sequence[Record], worth: Decimal) -> str:
        regular = [line for line in services if is_maintenance(line["name"])]
        if regular or worth == 0:
            return _short((regular or services or others)[0]["name"])
        main = _short(max(others, key=lambda line: line["total_excl"])["name"])
        put_in, mended = VERBS.get(self.scene.language, VERBS["FR"])
        return f"{put_in if worth > 300 else mended} : {main if main[1].isupper() else main[0].lower() + main[1:]}"

    def _kilometres(self, lines: Sequence[Record]) -> Decimal | None:
        zones = [match[1] for line in lines if (match := re.search(r"zone (\d)", line["name"]))]
        if not zones and happens(self.chance, 0.4):
            return None
        least, most = ZONES[zones[0]] if zones else (3, 40)
        return Decimal(self.chance.randint(2 * least, 2 * most)) / 2


def _good(line: Record, document: Record) -> Good:
    tax = 1 + line["vat_rate"] / 100 if document["vat_type"] == "INCL" else Decimal(1)
    price = (line["price"] / tax).quantize(Decimal("0.0001"))
    return Good(line["product_id"], line["name"], line["quantity"], price)


def _workday(moment: datetime) -> datetime:
    """The moment, or the same hour of the following Monday when it falls on a weekend."""
    return moment + timedelta(days=max(0, 7 - moment.weekday()) if moment.weekday() > 4 else 0)


def _before(asked: date, invoiced: date) -> list[date]:
    """The working days for a job, in order of preference: backwards from the day before the invoice, then its own."""
    days = workdays(asked + timedelta(days=1), invoiced)[-5:]
    return [*reversed(days[:-1]), *days[-1:]]


def _short(name: str) -> str:
    """The name of a product without its additions."""
    return re.split(r", | avec | met ", name)[0]
