"""The items of the inbox."""

from datetime import timedelta
from typing import Final

from db.demo.chance import office_hour
from db.demo.filling import Filling

SUBJECTS: Final = {
    "FR": ("Votre facture d’électricité", "Facture carburant", "Note de frais"),
    "NL": ("Uw elektriciteitsfactuur", "Brandstoffactuur", "Onkostennota"),
}
SENDERS: Final = ("facturation@luminus.test", "noreply@carburant.test", "invoices@cloud-hebergement.test")


def receive(company: Filling) -> None:
    """Receive a few documents."""
    for place in range(8 if company.scene.index < 2 else 2):
        at = office_hour(company.scene.today - timedelta(days=1 + place * 3), company.chance)
        company.add(
            "inbox_item", at, received_at=at, sender=SENDERS[place % 3],
            subject=SUBJECTS[company.language][place % 3] if place % 4 != 3 else None,
            file_name=f"doc-{company.chance.getrandbits(24):06x}.pdf", content_type="application/pdf",
            status=("NEW", "PROCESSED", "REJECTED")[place % 3 if company.scene.index < 2 else place % 2],
        )  # fmt: skip
