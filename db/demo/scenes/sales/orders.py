"""The documents between the quote and the invoice: order confirmations, delivery notes and payment requests.

A company that works with them has years of them; the others have one of each from their trial.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from db.demo.chance import happens, office_hour, uuid7, weekday
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.sales import Files, Paper, discount_of
from db.demo.trade.totals import HUNDRED, Discount, cents

HOUR = timedelta(hours=1)
DEPOSIT = Decimal("30.00")
DEPOSITS = {"FR": "Acompte de {} % sur notre offre {}", "NL": "Voorschot van {} % op onze offerte {}"}
DELIVERED_DAYS = 400
"""Number of days for which invoices have delivery notes of their own."""

AWAITED = 14
"""Number of last days with confirmed orders that are not delivered yet."""

UNBILLED = 12
"""Number of last days with delivery notes that are not billed yet."""


def play(scene: Scene) -> None:
    """Add the documents, and deposits on quotes."""
    chance, files = scene.chance("orders"), Files(scene)
    for quote in files.of("QUOTE"):
        if quote["text"] and "30 %" in quote["text"]:
            scene.change(quote, deposit_percent=DEPOSIT)
    way = _Way(scene, files, chance)
    orders = [*way.orders()]
    notes = [*way.notes(orders)]
    files.write([*orders, *notes, *way.requests()], chance)


class _Way:
    """Makes the documents between the quote and the invoice for one company."""

    def __init__(self, scene: Scene, files: Files, chance: Random) -> None:
        self.scene = scene
        self.files = files
        self.chance = chance
        self.last = scene.today - timedelta(days=1)
        self.customers = {row["id"]: row for row in scene.all("contact")}
        invoices = files.of("INVOICE")
        self.made_of = {row["source_document_id"]: row for row in invoices if row["source_document_id"] is not None}
        self.direct = [row for row in invoices if row["source_document_id"] is None and row["status"] != "DRAFT"]
        self.direct.sort(key=lambda row: row["created_at"])

    # --- order confirmations

    def orders(self) -> Iterator[Paper]:
        if not self.scene.has("ORDER_CONFIRMATIONS"):
            yield self._again("ORDER_CONFIRMATION", self.direct[0], "DELIVERED", after=HOUR)
            return
        for quote in self.files.of("QUOTE", "ACCEPTED"):
            day = weekday(quote["date"] + timedelta(days=self.chance.randint(1, 3)))
            at = max(office_hour(day, self.chance), quote["created_at"] + HOUR)
            if day <= self.last:
                yield self._like(quote, "ORDER_CONFIRMATION", at, self._stands(quote, day), source=quote["id"])
        for number in range(AWAITED + 2):
            day = weekday(self.last - timedelta(days=0 if number < 2 else number))
            status = "DRAFT" if number < 2 else "OPEN"
            yield self._like(
                self._regular(), "ORDER_CONFIRMATION", office_hour(day, self.chance), status, discounted=False
            )

    def _stands(self, quote: Record, day: date) -> str:
        if quote["id"] in self.made_of:
            return "DELIVERED"
        return "OPEN" if (self.scene.today - day).days < 45 else "CANCELLED"

    # --- delivery notes

    def notes(self, orders: list[Paper]) -> Iterator[Paper]:
        if not self.scene.has("DELIVERY_NOTES"):
            yield self._again("DELIVERY_NOTE", self.direct[0], "DELIVERED", after=2 * HOUR)
            return
        for order in orders:
            invoice = self.made_of.get(order.columns["source_document_id"])
            if invoice is not None:
                day = weekday(invoice["date"] - timedelta(days=self.chance.randint(0, 4)))
                at = min(max(office_hour(day, self.chance), order.at + HOUR), invoice["created_at"] - HOUR)
                yield self._billed(invoice, at, self.files.lines(invoice), source=order.id)
        first = self.scene.today - timedelta(days=DELIVERED_DAYS)
        for invoice in self.direct:
            if invoice["date"] > first and happens(self.chance, 0.4):
                yield from self._deliveries(invoice)
        for number in range(UNBILLED + 2):
            day = weekday(self.last - timedelta(days=0 if number < 2 else number))
            status, at = "DRAFT" if number < 2 else "DELIVERED", office_hour(day, self.chance)
            yield self._like(self._regular(), "DELIVERY_NOTE", at, status, discounted=False, **self._printed(at))

    def _deliveries(self, invoice: Record) -> Iterator[Paper]:
        """The delivery notes of an invoice: its lines, delivered together or in several parts."""
        lines = self.files.lines(invoice)
        times = min(len(lines), self.chance.choice((1, 1, 1, 2, 2, 3)))
        for number in range(times):
            day = weekday(invoice["date"] - timedelta(days=1 + 3 * number + self.chance.randint(0, 2)))
            at = office_hour(day, self.chance)
            if at > self.customers[invoice["customer_id"]]["created_at"]:
                yield self._billed(invoice, at, lines[number::times])

    def _billed(self, invoice: Record, at: datetime, lines: list[Record], **columns: Any) -> Paper:
        return self._like(
            invoice,
            "DELIVERY_NOTE",
            at,
            "INVOICED",
            lines,
            invoiced_by_id=invoice["id"],
            **self._printed(at),
            **columns,
        )

    def _printed(self, at: datetime) -> dict[str, Any]:
        delivered = {"delivery_date": at.date()} if self.scene.has("DELIVERY_DATE") else {}
        return {"prices_shown": happens(self.chance, 0.7), **delivered}

    # --- payment requests

    def requests(self) -> Iterator[Paper]:
        """Payment requests that were paid and billed, and cancelled ones for the deposits of refused quotes."""
        most = 12 if self.scene.has("PAYMENT_REQUESTS") else 1
        paid = [invoice for invoice in self.direct if invoice["status"] == "PAID" and self._old(invoice)][:most]
        for invoice in paid:
            at = office_hour(weekday(invoice["date"] - timedelta(days=self.chance.randint(3, 7))), self.chance)
            at = max(at, self.customers[invoice["customer_id"]]["created_at"] + HOUR)
            due = invoice["date"] + timedelta(days=5)
            yield self._like(invoice, "PAYMENT_REQUEST", at, "PAID", invoiced_by_id=invoice["id"], due_date=due)
        if not paid:
            yield self._again("PAYMENT_REQUEST", self.direct[0], "CANCELLED", after=3 * HOUR)
        for quote in [quote for quote in self.files.of("QUOTE") if self._has_deposit(quote)][:most]:
            yield self._deposit(quote)

    def _old(self, invoice: Record) -> bool:
        return invoice["created_at"] - self.customers[invoice["customer_id"]]["created_at"] > timedelta(days=1)

    def _has_deposit(self, quote: Record) -> bool:
        rates = {line["vat_rate"] for line in self.files.lines(quote)}
        asked = quote.get("deposit_percent") is not None and quote["language"] in DEPOSITS
        return asked and quote["status"] in ("REFUSED", "EXPIRED") and len(rates) == 1

    def _deposit(self, quote: Record) -> Paper:
        """The payment request for a deposit: a part of a quote with a single VAT rate, as one price with VAT."""
        (rate,) = {line["vat_rate"] for line in self.files.lines(quote)}
        line = {
            **dict.fromkeys(self.files.lines(quote)[0]),
            "name": DEPOSITS[quote["language"]].format(int(DEPOSIT), quote["number"]),
            "quantity": Decimal(1),
            "price": cents(quote["total_incl"] * DEPOSIT / HUNDRED),
            "vat_rate": rate,
        }
        at = quote["created_at"] + timedelta(days=1)
        columns = {"source_document_id": quote["id"], "due_date": at.date() + timedelta(days=14)}
        like = {**quote, "vat_type": "INCL"}
        return Paper("PAYMENT_REQUEST", at, "CANCELLED", like, [line], columns=columns)

    # --- papers

    def _regular(self) -> Record:
        """One of the last sales, to be ordered again by the same customer."""
        return self.chance.choice(self.direct[-60:])

    def _again(self, kind: str, like: Record, status: str, after: timedelta) -> Paper:
        """A paper with the content of a document, `after` the creation of the customer."""
        at = self.customers[like["customer_id"]]["created_at"] + after
        due = {"due_date": at.date() + timedelta(days=8)} if kind == "PAYMENT_REQUEST" else {}
        return self._like(like, kind, at, status, discounted=False, **due)

    def _like(
        self,
        like: Record,
        kind: str,
        at: datetime,
        status: str,
        lines: list[Record] | None = None,
        discounted: bool = True,
        source: Any = None,
        **columns: Any,
    ) -> Paper:
        """A paper with the lines of a document, or some of them; a discount of an amount applies only to all lines."""
        discount: Discount | None = discount_of(like)
        if lines is not None and discount is not None and discount.kind == "AMOUNT":
            discount = None
        return Paper(
            kind,
            at,
            status,
            like,
            lines if lines is not None else self.files.lines(like),
            discount if discounted else None,
            {"source_document_id": source, **columns},
            uuid7(at, self.chance),
        )
