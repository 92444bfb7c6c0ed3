"""Direct debits: mandates of the first customers with an invoice; one is signed, the others in various states."""

from datetime import datetime
from random import Random

from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.words.addresses import bank_account

SIGNING = "https://enfact.twikey.test/{:x}"
STATES = ("PREPARED", "SIGNED", "CANCELLED", "PREPARED", "EXPIRED", "SUSPENDED", "SIGNED")


def play(scene: Scene) -> None:
    """Ask a few customers for a mandate, and collect an invoice of the first one."""
    chance = scene.chance("direct debits")
    first: dict[object, Record] = {}
    for invoice in scene.all("document", kind="INVOICE"):
        if invoice["status"] != "DRAFT":
            first.setdefault(invoice["customer_id"], invoice)
    customers = {row["id"]: row for row in scene.all("contact")}
    for number, (customer, invoice) in enumerate([*first.items()][: 8 if scene.index < 2 else 2]):
        state = "SIGNED" if number == 0 else STATES[(scene.index + number) % len(STATES)]
        _ask(scene, chance, customers[customer], invoice["created_at"], number, state)
        if state == "SIGNED":
            scene.change(invoice, twikey_transaction_id=str(chance.randint(4_000_000, 9_000_000)))


def _ask(scene: Scene, chance: Random, customer: Record, until: datetime, number: int, state: str) -> None:
    """Add a mandate, asked for between the customer's creation and the first invoice."""
    at = customer["created_at"] + (until - customer["created_at"]) * chance.random()
    waits = state == "PREPARED"
    scene.add(
        "mandate",
        at,
        chance,
        customer_id=customer["id"],
        number=f"ENF{scene.index:03d}-{number + 1:04d}",
        kind="B2B" if customer["vat_number"] else "B2C",
        state=state,
        iban=None if waits else bank_account(chance),
        signed_at=None if waits else at + (until - at) * chance.random(),
    )
    scene.change(
        customer,
        twikey_state=state,
        twikey_collectable=state == "SIGNED",
        twikey_sign_url=SIGNING.format(chance.getrandbits(64)) if waits else None,
    )
