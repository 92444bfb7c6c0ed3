"""The daily receipts book: a season of takings where the app is used, two days of a trial elsewhere."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from db.demo.chance import happens
from db.demo.scene import Scene

DAYS = 90
CLOSED = 0
"""The weekday on which the shop is closed: Monday."""

METHODS = (("CASH", 0.3), ("CARD", 0.6), ("MOBILE", 0.1))
NOTES = {
    "FR": ("Terrasse ouverte.", "Banquet de communion.", "Panne du terminal en soirée.", "Jour de marché."),
    "NL": ("Terras open.", "Communiefeest.", "Betaalterminal defect ’s avonds.", "Marktdag."),
}


def play(scene: Scene) -> None:
    """Add a row for each day, VAT rate and payment method."""
    chance = scene.chance("receipts")
    for day in _season(scene) if scene.has("RECEIPTS_JOURNAL") else _trial(scene):
        at = datetime.combine(day, time(21, 30), UTC)
        for number, (rate, method, amount) in enumerate(_takings(scene, day, chance)):
            scene.add(
                "daily_receipt",
                at + timedelta(seconds=number),
                chance,
                date=day,
                vat_rate=Decimal(rate),
                amount_incl=amount,
                payment_method=method,
                note=chance.choice(NOTES[scene.language]) if number == 0 and happens(chance, 0.08) else None,
            )


def _season(scene: Scene) -> Iterator[date]:
    for ago in range(DAYS, 0, -1):
        day = scene.today - timedelta(days=ago)
        if day.weekday() != CLOSED and day > scene.created.date():
            yield day


def _trial(scene: Scene) -> Iterator[date]:
    for later in (4, 5):
        yield scene.created.date() + timedelta(days=later)


def _takings(scene: Scene, day: date, chance: Random) -> Iterator[tuple[str, str, Decimal]]:
    """The VAT rate, payment method and amount of each row of a day; a trial has one rate, in cash."""
    if not scene.has("RECEIPTS_JOURNAL"):
        yield "21.00", "CASH", _amount(chance, 60, 220)
        return
    busy = 1.8 if day.weekday() >= 4 else 1.0
    for rate, least, most in (("12.00", 420, 980), ("21.00", 180, 460)):
        for method, share in METHODS:
            if method != "MOBILE" or happens(chance, 0.5):
                yield rate, method, _amount(chance, least * busy * share, most * busy * share)


def _amount(chance: Random, least: float, most: float) -> Decimal:
    return Decimal(round(chance.uniform(least, most) * 20)) / 20 + Decimal("0.00")
