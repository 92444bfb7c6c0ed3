"""Legal notices, and the invoices on which one is printed."""

from typing import Final
from uuid import UUID

from db.demo.filling import Filling

NOTICES: Final = {
    "FR": (
        (
            "Taux réduit de TVA : en l’absence de contestation par écrit dans un délai d’un mois, le client est "
            "présumé reconnaître que le logement a plus de dix ans."
        ),
        "Autoliquidation : TVA due par le preneur, article 20 de l’arrêté royal n° 1.",
        "Toute facture impayée à l’échéance porte de plein droit un intérêt de 8 % l’an.",
    ),
    "NL": (
        (
            "Verlaagd btw-tarief: bij gebrek aan schriftelijke betwisting binnen een maand wordt de klant geacht te "
            "erkennen dat de woning ouder is dan tien jaar."
        ),
        "Btw verlegd: btw te voldoen door de medecontractant, artikel 20 van het koninklijk besluit nr. 1.",
        "Elke op de vervaldag onbetaalde factuur brengt van rechtswege 8 % interest per jaar op.",
    ),
}


def add_notices(company: Filling) -> list[UUID]:
    """Add the notices; returns their keys."""
    return [
        company.add("legal_notice", language=company.language, text=text, rank=rank)
        for rank, text in enumerate(NOTICES[company.language], 1)
    ]


def print_notices(company: Filling, notices: list[UUID]) -> None:
    """Print the last one on the newest invoices."""
    for row in company.invoices[-40:]:
        company.pair("document_legal_notice", row, legal_notice_id=notices[2])
