"""The payments of customers, which cover the paid invoices of a company."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens, office_hour, weekday
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.money import Movement, Words
from db.demo.trade.totals import ZERO, cents
from db.demo.words.addresses import bank_account

VERY_LATE = timedelta(days=45)


class Payers:
    """The customers of a company, each with the bank account for its payments."""

    def __init__(self, scene: Scene, chance: Random, words: Words) -> None:
        self._chance = chance
        self._words = words
        self._invoices = scene.all("document", kind="INVOICE")
        self._customers = {row["id"]: row for row in scene.all("contact")}
        self._last = scene.today - timedelta(days=1)
        self._accounts: dict[UUID, str] = {}
        self._waiting: dict[UUID, Record] = {}

    def payments(self) -> Iterator[Movement]:
        """The payments of all paid invoices, and of a part of some others; one of the paid ones was paid very late."""
        late = next((invoice["id"] for invoice in self._invoices if self._may_be_late(invoice)), None)
        for invoice in self._invoices:
            if invoice["id"] == late:
                day = weekday(invoice["due_date"] + timedelta(days=self._chance.randint(25, 40)))
                yield self._movement(invoice, day, invoice["total_incl"])
            elif invoice["status"] == "PAID":
                yield from self._pay(invoice)
            elif invoice["status"] != "DRAFT" and happens(self._chance, 0.12):
                share = Decimal(self._chance.randint(2, 7)) / 10
                yield self._movement(invoice, self._day(invoice), cents(invoice["total_incl"] * share))
        for invoice in self._waiting.values():
            yield self._movement(invoice, self._day(invoice), invoice["total_incl"])

    def _may_be_late(self, invoice: Record) -> bool:
        return invoice["status"] == "PAID" and invoice["due_date"] + VERY_LATE < self._last

    def _pay(self, invoice: Record) -> Iterator[Movement]:
        """The payment of an invoice: alone, in two parts, or together with the customer's next invoice."""
        total, customer, day = invoice["total_incl"], invoice["customer_id"], self._day(invoice)
        if (earlier := self._waiting.pop(customer, None)) is not None:
            first, second = (self._movement(each, day, each["total_incl"]) for each in (earlier, invoice))
            both = replace(first, at=max(first.at, second.at), cash=False, iban=self._account(customer))
            yield replace(
                both,
                amount=first.amount + second.amount,
                base=first.euro + second.euro,
                communication=None,
                parts=first.parts + second.parts,
            )
        elif happens(self._chance, 0.03):
            self._waiting[customer] = invoice
        elif total > 400 and (day - invoice["date"]).days > 5 and happens(self._chance, 0.07):
            deposit = Decimal(round(total * self._chance.randint(3, 5) / 100) * 10) + ZERO
            early = weekday(invoice["date"] + (day - invoice["date"]) // 3)
            yield self._movement(invoice, max(invoice["date"], early), deposit)
            yield self._movement(invoice, day, total - deposit)
        else:
            yield self._movement(invoice, day, total)

    def _day(self, invoice: Record) -> date:
        """A day about the end of the term, but before today."""
        begun, term = invoice["date"], (invoice["due_date"] - invoice["date"]).days
        days, most = max(0, round(self._chance.gauss(term * 0.8, 9))), (self._last - begun).days
        return max(begun, weekday(begun + timedelta(days=days if days <= most else self._chance.randint(0, most))))

    def _movement(self, invoice: Record, day: date, amount: Decimal) -> Movement:
        chance, customer = self._chance, self._customers[invoice["customer_id"]]
        private = customer["vat_number"] is None and invoice["currency"] == "EUR"
        cash = private and amount <= 500 and happens(chance, 0.3 if invoice["vat_type"] == "INCL" else 0.05)
        return Movement(
            at=max(office_hour(day, chance), invoice["created_at"] + timedelta(minutes=20)),
            amount=amount,
            label=self._words.invoice.format(invoice["number"]),
            cash=cash,
            name=invoice["customer_name"],
            iban=None if cash else self._account(invoice["customer_id"]),
            communication=invoice["structured_communication"] if not cash and happens(chance, 0.88) else None,
            currency=invoice["currency"],
            base=cents(amount * invoice["exchange_rate"]),
            parts=((invoice["id"], amount),),
        )

    def _account(self, customer: UUID) -> str | None:
        """The IBAN of a Belgian customer, always the same one; None for other customers."""
        if self._customers[customer]["country"] != "BE":
            return None
        if customer not in self._accounts:
            self._accounts[customer] = bank_account(self._chance)
        return self._accounts[customer]
