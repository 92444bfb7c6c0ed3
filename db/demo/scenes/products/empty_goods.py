"""Returnable packaging that customers of the wholesaler return on delivery."""

from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene

AFTER = ("orders", "tickets")

SETTLING = frozenset({"DELIVERY_NOTE", "INVOICE", "CREDIT_NOTE", "CASH_TICKET"})
"""The kinds of document on which returned packaging is settled."""


def play(scene: Scene) -> None:
    """Settle returned packaging: on most sales, a part of the crates and kegs of the sale before."""
    if not scene.has("EMPTY_GOODS"):
        return
    chance = scene.chance("empty goods")
    deposits: dict[UUID, list[Record]] = defaultdict(list)
    for line in scene.all("document_line"):
        if line.get("empty_goods_value"):
            deposits[line["document_id"]].append(line)
    for document in scene.all("document"):
        lines = deposits[document["id"]]
        if document["kind"] in SETTLING and lines and happens(chance, 0.75):
            back = [line["empty_goods_value"] * chance.randint(0, int(line["quantity"])) for line in lines]
            scene.change(document, returned_empty_goods=sum(back, Decimal("0.00")))
