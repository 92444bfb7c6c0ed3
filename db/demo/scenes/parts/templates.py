"""The layouts of documents: a standard one and the company's own."""

from typing import Final
from uuid import UUID

from db.demo.chance import happens
from db.demo.filling import Filling

WORDS: Final = {
    "FR": ("Classique", "Papier à en-tête", "Merci de votre confiance."),
    "NL": ("Klassiek", "Briefpapier", "Bedankt voor uw vertrouwen."),
}


def add_templates(company: Filling) -> tuple[UUID, UUID]:
    """Add both layouts; returns their keys."""
    standard_name, own_name, footer = WORDS[company.language]
    standard = company.add(
        "document_template", name=standard_name, colour="#1f4e79", logo_url=None, footer=None,
        is_default=True,
    )  # fmt: skip
    own = company.add(
        "document_template", name=own_name, colour="#8a1c1c", logo_url=f"{company.files}/logo.svg",
        footer=footer, is_default=False,
    )  # fmt: skip
    return standard, own


def choose_templates(company: Filling, standard: UUID, own: UUID) -> None:
    """Choose one of them for most documents."""
    for row in company.documents:
        if row["kind"] in ("QUOTE", "INVOICE", "CREDIT_NOTE") and happens(company.chance, 0.6):
            company.scene.change(row, template_id=own if happens(company.chance, 0.8) else standard)
