"""Titles between the lines of documents, and lines that are costs.

The rows of titles are appended after those of lines; their keys sort in the place where the titles stand.
"""

from collections import defaultdict
from random import Random
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.totals import ZERO

COSTS = frozenset({"Frais administratifs", "Recyclage et évacuation", "Administratiekosten"})
"""Lines without a product that pass on a cost."""

TITLES = {
    "FR": (
        ("Fournitures", "Main-d’œuvre et divers"),
        ("Phase 1", "Phase 2"),
        ("Rez-de-chaussée", "Étage"),
        ("Atelier", "Chantier"),
    ),
    "NL": (("Leveringen", "Werkuren en diversen"), ("Fase 1", "Fase 2"), ("Gelijkvloers", "Verdieping")),
}
NEXT = 1 << 40
"""The distance from a key to one that sorts next to it; it leaves out the last four bytes, which copies overwrite."""

FEWEST, MOST = 4, 6
"""The least and the most lines of a document with titles."""


def play(scene: Scene) -> None:
    """Mark the lines that are costs, and add titles to some documents, or to the first one as a trial."""
    chance = scene.chance("titles")
    lines: dict[UUID, list[Record]] = defaultdict(list)
    for line in scene.all("document_line"):
        lines[line["document_id"]].append(line)
        if line["product_id"] is None and line["name"] in COSTS:
            scene.change(line, type="COST")
    documents = [row for row in scene.all("document") if row["kind"] in ("QUOTE", "INVOICE")]
    documents = [row for row in documents if row["language"] in TITLES]
    if scene.has("EXTRA_TEXT_FIELDS"):
        long = [row for row in documents if FEWEST <= len(lines[row["id"]]) <= MOST]
        for document in long:
            if happens(chance, 0.3):
                _entitle(scene, chance, document, lines[document["id"]], chance.choice(TITLES[document["language"]]))
    else:
        _entitle(scene, chance, documents[0], lines[documents[0]["id"]], TITLES[scene.language][0][:1])


def _entitle(scene: Scene, chance: Random, document: Record, lines: list[Record], titles: tuple[str, ...]) -> None:
    """Add a title above the first line, and one above the middle line if there are two."""
    own = sorted(lines, key=lambda line: line["position"])
    above = {0: titles[0], **({len(own) // 2: titles[1]} if len(titles) > 1 else {})}
    before = 0
    for place, line in enumerate(own):
        if place in above:
            key = own[place - 1]["id"].int + NEXT if place else line["id"].int - NEXT
            _write(scene, line, UUID(int=key), place + before + 1, before, above[place])
            before += 1
        scene.change(line, position=place + before + 1, titles_before=before)
    scene.change(document, section_behavior=chance.choice(("SUM", "SUM", "PRICE")))


def _write(scene: Scene, like: Record, key: UUID, position: int, before: int, name: str) -> None:
    row = {
        **dict.fromkeys(like),
        "company_id": scene.company_id,
        "id": key,
        "document_id": like["document_id"],
        "position": position,
        "titles_before": before,
        "type": "SECTION",
        "name": name,
        **dict.fromkeys(("quantity", "price", "vat_rate", "total_excl", "total_vat", "total_incl"), ZERO),
    }
    scene.rows.write("document_line", **row)
