"""The books: journals, their entries, and number sequences; played when all documents are there."""

from datetime import timedelta
from typing import Final

from db.demo.scene import Scene
from db.demo.trade import buying, documents

AFTER: Final = ("orders", "purchases", "self_billing", "tickets", "trial")

JOURNALS: Final = {
    "FR": (
        ("VEN", "Ventes", "SALES"),
        ("ACH", "Achats", "PURCHASES"),
        ("FIN", "Banque", "BANK"),
        ("CAI", "Caisse", "CASH"),
    ),
    "NL": (
        ("VKP", "Verkopen", "SALES"),
        ("AKP", "Aankopen", "PURCHASES"),
        ("FIN", "Bank", "BANK"),
        ("KAS", "Kas", "CASH"),
    ),
}
JOURNAL_OF: Final = {"INVOICE": 0, "CREDIT_NOTE": 0, "PURCHASE": 1, "CASH_TICKET": 3}
"""The index of the journal for each kind of document; kinds that are not entered in the books are missing."""

PREFIXES: Final = documents.PREFIXES | buying.PREFIXES


def play(scene: Scene) -> None:
    """Add the journals and number sequences of a company, and enter its documents."""
    chance, begin = scene.chance("books"), scene.created + timedelta(hours=2)
    journals = JOURNALS.get(scene.language, JOURNALS["FR"])
    books = [scene.add("journal", begin, chance, code=code, name=name, kind=kind) for code, name, kind in journals]
    last: dict[tuple[str, int], int] = {}
    for row in scene.all("document"):
        if row["kind"] in JOURNAL_OF:
            scene.change(row, journal_id=books[JOURNAL_OF[row["kind"]]])
        place = (row["kind"], row["date"].year)
        last[place] = max(last.get(place, 0), row["sequence_number"])
    for (kind, year), number in sorted(last.items()):
        form = f"{PREFIXES[kind]}{{year}}/{{number:5}}"
        scene.add("number_sequence", begin, chance, kind=kind, year=year, format=form, next=number + 1)
