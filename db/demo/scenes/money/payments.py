"""Accounts, payments and the cash book: an invoice is paid exactly when its payments cover it, and balances add up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens, office_hour, spread, weekday
from db.demo.scene import Scene
from db.demo.trade.money import WORDS, Movement, Words, bic
from db.demo.trade.payers import Payers
from db.demo.trade.totals import ZERO, cents
from db.demo.words.addresses import bank_account

AFTER = ("receipts",)

FLOAT = Decimal(150)
"""The amount that stays in the till when the rest is taken to the bank."""

INSTANT = timedelta(microseconds=1)


def play(scene: Scene) -> None:
    """Open the accounts and add all movements of money."""
    chance, words = scene.chance("payments"), WORDS[scene.language]
    moved = [
        *Payers(scene, chance, words).payments(),
        *_refunds(scene, chance),
        *_takings(scene, words),
        *_counter(scene, chance, words),
        *_expenses(scene, chance, words),
    ]
    moved += _payouts(scene, moved, chance, words)
    opening = Decimal(chance.randrange(100, 300, 10)) + ZERO
    in_order = [*_between_till_and_bank(scene, moved, opening, words)]
    _write(scene, in_order, opening, chance)


def _refunds(scene: Scene, chance: Random) -> Iterator[Movement]:
    """Refunds of some settled credit notes; the others are offset."""
    for note in scene.all("document", kind="CREDIT_NOTE", status="SETTLED"):
        day = weekday(note["date"] + timedelta(days=chance.randint(5, 15)))
        if note["currency"] == "EUR" and day < scene.today and happens(chance, 0.6):
            at = max(office_hour(day, chance), note["created_at"] + timedelta(minutes=20))
            yield Movement(at, -note["total_incl"], note["number"], name=note["customer_name"])


def _takings(scene: Scene, words: Words) -> Iterator[Movement]:
    """The takings of the daily receipts book: cash on the same day, the rest at the bank one day later."""
    sums: dict[tuple[date, bool], Decimal] = defaultdict(Decimal)
    for receipt in scene.all("daily_receipt"):
        sums[receipt["date"], receipt["payment_method"] == "CASH"] += receipt["amount_incl"]
    for (day, cash), amount in sums.items():
        at = datetime.combine(day, scene.created.timetz()) + timedelta(hours=9)
        if cash:
            yield Movement(at, amount, words.takings, cash=True)
        elif day + timedelta(days=1) < scene.today:
            yield Movement(at + timedelta(days=1), amount, words.takings, name=words.terminal)


def _counter(scene: Scene, chance: Random, words: Words) -> Iterator[Movement]:
    """Weekly counter sales, where cash tickets are made but no receipts book is kept."""
    if scene.has("CASH_TICKETS") and not scene.has("RECEIPTS_JOURNAL"):
        first = max(scene.created.date() + timedelta(days=60), scene.today - timedelta(days=500))
        for ago in range((scene.today - first).days // 7, 0, -1):
            at = office_hour(weekday(scene.today - timedelta(days=7 * ago)), chance)
            yield Movement(at, Decimal(chance.randint(800, 4200)) / 10 + ZERO, words.counter, cash=True)


def _expenses(scene: Scene, chance: Random, words: Words) -> Iterator[Movement]:
    """Small expenses paid from the till."""
    first, last = scene.created.date() + timedelta(days=20), scene.today - timedelta(days=2)
    for day in spread(chance, first, last, max(2, (last - first).days // (21 if scene.index < 2 else 150))):
        label, amount = chance.choice(words.expenses), Decimal(chance.randint(80, 620)) / 10
        yield Movement(office_hour(weekday(day), chance), -amount + ZERO, label, cash=True)


def _payouts(scene: Scene, moved: Iterable[Movement], chance: Random, words: Words) -> Iterator[Movement]:
    """Payments at the end of each month (or quarter) that spend most of the bank's income."""
    months = 1 if scene.index < 2 else 3
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for movement in moved:
        if not movement.cash:
            sums[(movement.at.year * 12 + movement.at.month - 1) // months] += movement.euro
    payees = words.payees if scene.index < 2 else words.payees[:1]
    accounts = [bank_account(chance) for _ in payees]
    for period, income in sorted(sums.items()):
        year, month = divmod((period + 1) * months, 12)
        day = weekday(date(year, month + 1, 1) - timedelta(days=1))
        for payee, account in zip(payees, accounts, strict=True):
            amount = cents(income * chance.randint(80, 96) / 100 / len(payees))
            if day < scene.today and amount > 0:
                yield Movement(office_hour(day, chance), -amount, payee, name=payee, iban=account)


def _between_till_and_bank(
    scene: Scene, moved: Iterable[Movement], opening: Decimal, words: Words
) -> Iterator[Movement]:
    """All movements in order of time, with transfers to the bank when the till is full, and back before it runs out."""
    most, till = 1500 if scene.index < 2 else 800, opening
    for movement in sorted(moved, key=lambda movement: movement.at):
        if movement.cash and till + movement.amount < 0:
            yield Movement(movement.at, Decimal("-200.00"), words.withdrawal, name=scene.name)
            yield Movement(movement.at, Decimal("200.00"), words.withdrawal, cash=True)
            till += 200
        yield movement
        till += movement.amount if movement.cash else 0
        if movement.cash and till > most:
            surplus = (till - FLOAT) // 50 * 50 + ZERO
            yield Movement(movement.at, -surplus, words.deposit, cash=True)
            yield Movement(movement.at, surplus, words.deposit, name=scene.name)
            till -= surplus


def _write(scene: Scene, moved: list[Movement], opening: Decimal, chance: Random) -> None:
    """Add the accounts, and a payment for each movement, with keys in order of time."""
    start = Decimal(chance.randrange(2_000, 9_000, 50) * (10 if scene.index < 2 else 1)) + ZERO
    bank = _open(scene, chance, start, start + sum(movement.euro for movement in moved if not movement.cash))
    till = _Till(scene, chance, opening, opening + sum(movement.amount for movement in moved if movement.cash))
    at, days = scene.created, defaultdict[int, set[date]](set)
    for movement in moved:
        at, day = max(movement.at, at + INSTANT), movement.at.date()
        if not movement.cash:
            days[day.year].add(day)
        payment = scene.add(
            "payment",
            at,
            chance,
            account_id=till.account if movement.cash else bank,
            date=day,
            amount=movement.amount,
            currency=movement.currency,
            amount_base=movement.euro,
            counterparty_name=movement.name,
            counterparty_iban=movement.iban,
            statement=None if movement.cash else f"{day.year}/{len(days[day.year]):03d}",
            structured_communication=movement.communication,
        )
        for invoice, amount in movement.parts:
            scene.add("payment_allocation", at, chance, payment_id=payment, invoice_id=invoice, amount=amount)
        if movement.cash:
            till.book(at, movement.label, movement.amount, payment)


def _open(scene: Scene, chance: Random, start: Decimal, now: Decimal) -> UUID:
    """Add the bank account; it has no number when the company's IBAN is not filled in."""
    (company,) = scene.all("company")
    return scene.add(
        "payment_account",
        scene.created,
        chance,
        name=WORDS[scene.language].bank,
        kind="BANK",
        iban=company["iban"],
        bic=bic(company["iban"]) if company["iban"] else None,
        gl_account_code="550",
        gl_account=f"55{chance.randint(0, 9)}000",
        journal_code="FIN" if scene.index % 3 else "BNK",
        opening_balance=start,
        current_balance=now,
    )


class _Till:
    """The cash account and its cash book."""

    def __init__(self, scene: Scene, chance: Random, opening: Decimal, now: Decimal) -> None:
        self._scene = scene
        self._chance = chance
        self._balance = ZERO
        words, kept = WORDS[scene.language], scene.index % 4 != 1
        self.account = scene.add(
            "payment_account",
            scene.created + INSTANT,
            chance,
            name=words.till,
            kind="CASH",
            gl_account_code="570" if kept else None,
            gl_account="570000" if kept else None,
            journal_code="CAI" if kept else None,
            opening_balance=opening,
            current_balance=now,
        )
        self.book(scene.created, words.opening, opening, None)

    def book(self, at: datetime, label: str, amount: Decimal, payment: UUID | None) -> None:
        """Add a line to the cash book."""
        self._balance += amount
        self._scene.add(
            "cash_book_entry",
            at,
            self._chance,
            account_id=self.account,
            payment_id=payment,
            date=at.date(),
            label=label,
            amount_in=max(amount, ZERO),
            amount_out=max(-amount, ZERO),
            balance=self._balance,
        )
