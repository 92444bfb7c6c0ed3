"""Files: the general terms, and what goes with single documents."""

from datetime import datetime
from typing import Final
from uuid import UUID

from db.demo.filling import Filling

WORDS: Final = {
    "FR": ("Conditions générales.pdf", "Fiche technique.pdf", "Photo du chantier.jpg"),
    "NL": ("Algemene voorwaarden.pdf", "Technische fiche.pdf", "Foto.jpg"),
}


def add_terms(company: Filling) -> UUID:
    """Add the general terms; returns their key."""
    terms = _file(company, WORDS[company.language][0], "application/pdf", company.begin)
    company.scene.change(company.settings, terms_attachment_id=None if company.scene.index % 6 == 4 else terms)
    return terms


def attach(company: Filling, terms: UUID) -> None:
    """Attach files to the newest invoices, and the terms to the oldest documents."""
    _, sheet, photo = WORDS[company.language]
    for row in company.invoices[-12:]:
        at = row["created_at"]
        name, kind = company.chance.choice(((sheet, "application/pdf"), (photo, "image/jpeg")))
        company.pair("document_attachment", row, attachment_id=_file(company, name, kind, at))
    for row in company.documents[:2]:
        company.pair("document_attachment", row, attachment_id=terms)


def _file(company: Filling, name: str, content_type: str, at: datetime) -> UUID:
    return company.add(
        "attachment", at, name=name, content_type=content_type, size=company.chance.randint(20_000, 900_000),
        url=f"{company.files}/{company.chance.getrandbits(40):010x}", created_at=at,
    )  # fmt: skip
