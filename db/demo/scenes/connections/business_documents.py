"""Letters of the authorities, one of them paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from db.demo.chance import office_hour
from db.demo.filling import Filling

MAIL: Final = {
    "FR": (
        ("SPF Finances", "Avis de paiement des amendes TVA", Decimal("75.00")),
        ("ONSS", "Avis de débit du trimestre", Decimal("1284.60")),
        ("Moniteur belge", "Publication de vos comptes annuels", None),
    ),
    "NL": (
        ("FOD Financiën", "Betalingsbericht btw-boetes", Decimal("75.00")),
        ("RSZ", "Debetbericht van het kwartaal", Decimal("1284.60")),
        ("Belgisch Staatsblad", "Bekendmaking van uw jaarrekening", None),
    ),
}


def receive_letters(company: Filling) -> None:
    """Add the letters."""
    payments = company.scene.all("payment")
    out = next((row for row in payments if row["amount"] < 0), payments[0])
    for place, (sender, title, amount) in enumerate(MAIL[company.language]):
        at = office_hour(company.scene.today - timedelta(days=10 + 30 * place), company.chance)
        company.add(
            "business_document", at, sender=sender, title=title, received_at=at, amount=amount,
            reference=f"{company.chance.randrange(10**9):09}" if place else None,
            paid_by_id=out["id"] if place == 1 else None,
        )  # fmt: skip
