"""Movements of money, the words for them by language, and the banks of Belgian IBANs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement on the bank account or (`cash`) in the till; `parts` are the invoices that it pays."""

    at: datetime
    amount: Decimal
    label: str
    cash: bool = False
    name: str | None = None
    iban: str | None = None
    communication: str | None = None
    currency: str = "EUR"
    base: Decimal | None = None
    parts: tuple[tuple[UUID, Decimal], ...] = ()

    @property
    def euro(self) -> Decimal:
        """The amount in euro."""
        return self.amount if self.base is None else self.base


@dataclass(frozen=True, slots=True)
class Words:
    """The names of accounts and the labels of the cash book; `payees` receive most of the income."""

    bank: str
    till: str
    opening: str
    invoice: str
    takings: str
    counter: str
    deposit: str
    withdrawal: str
    terminal: str
    expenses: tuple[str, ...]
    payees: tuple[str, ...]


WORDS = {
    "FR": Words(
        bank="Compte à vue",
        till="Caisse",
        opening="Solde initial",
        invoice="Facture {}",
        takings="Recettes du jour",
        counter="Ventes au comptoir",
        deposit="Versement en banque",
        withdrawal="Retrait en banque",
        terminal="Décompte du terminal de paiement",
        expenses=("Timbres", "Parking", "Café et sucre", "Petit outillage", "Carburant", "Produits d’entretien"),
        payees=("Fournisseurs et charges", "Secrétariat social", "Administration de la TVA"),
    ),
    "NL": Words(
        bank="Zichtrekening",
        till="Kas",
        opening="Beginsaldo",
        invoice="Factuur {}",
        takings="Dagontvangsten",
        counter="Toonbankverkoop",
        deposit="Storting op de bank",
        withdrawal="Afhaling van de bank",
        terminal="Afrekening betaalterminal",
        expenses=("Postzegels", "Parking", "Koffie", "Klein gereedschap", "Brandstof", "Onderhoudsproducten"),
        payees=("Leveranciers en kosten", "Sociaal secretariaat", "Btw-administratie"),
    ),
}

BICS = (
    (0, 49, "GEBABEBB"),
    (50, 99, "GKCCBEBB"),
    (132, 132, "BNAGBEBB"),
    (200, 299, "GEBABEBB"),
    (300, 399, "BBRUBEBB"),
    (732, 732, "CREGBEBB"),
    (750, 750, "NICABEBB"),
    (775, 799, "GKCCBEBB"),
    (859, 863, "NICABEBB"),
    (973, 980, "ARSPBE22"),
)
"""The first and the last bank code of each bank, and its BIC."""


def bic(iban: str) -> str:
    """The BIC of the bank of a Belgian IBAN."""
    bank = int(iban[4:7])
    return next(code for first, last, code in BICS if first <= bank <= last)
