"""CURRENCIES: the currencies that a company works with, at the rates of its documents, or those of its trial."""

from datetime import timedelta
from decimal import Decimal

from db.demo.chance import weekday
from db.demo.scene import Scene
from db.demo.trade.rates import exchange_rate

NAMES = {
    "EUR": ("euro", "euro", "€"),
    "GBP": ("livre sterling", "Brits pond", "£"),
    "CHF": ("franc suisse", "Zwitserse frank", None),
    "USD": ("dollar américain", "Amerikaanse dollar", "$"),
}
"""The names in French and Dutch, and the sign; the franc has no sign of its own."""


def play(scene: Scene) -> None:
    """Add the company's currencies."""
    chance = scene.chance("currencies")
    works = scene.has("CURRENCIES")
    tried = (("EUR", "GBP"), ("EUR", "USD"), ("EUR", "CHF"))[scene.index % 3]
    day = weekday(scene.today - timedelta(days=1)) if works else scene.created.date()
    for index, code in enumerate(NAMES if works else tried):
        french, dutch, symbol = NAMES[code]
        scene.add(
            "currency",
            scene.created + timedelta(minutes=40 + index),
            chance,
            code=code,
            name=dutch if scene.language == "NL" else french,
            symbol=symbol,
            exchange_rate=Decimal(1) if code == "EUR" else exchange_rate(code, day),
            rate_date=day,
        )
