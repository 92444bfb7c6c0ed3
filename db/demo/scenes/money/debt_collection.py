"""Collection cases: invoices that were handed to an agency because they were paid only long after their due date.

Where the app is not used, the first invoices were handed over as a trial.
"""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from db.demo.chance import happens, office_hour, weekday
from db.demo.scene import Scene
from db.demo.trade.totals import ZERO, cents

AFTER = ("payments",)

PATIENCE = timedelta(days=12)
VERY_LATE = timedelta(days=20)
TRIED = 2
FEE = Decimal(40)
"""The flat cost of collection, to which a tenth of the claim is added."""

AGENCIES = ("Recouvra SRL", "Incasso Brabant BV", "Étude Delcourt & Mertens, huissiers")


def play(scene: Scene) -> None:
    """Open the cases."""
    chance = scene.chance("debt collection")
    paid_on = _paid_on(scene)
    paid = scene.all("document", kind="INVOICE", status="PAID")
    late = [invoice for invoice in paid if paid_on[invoice["id"]] > invoice["due_date"] + VERY_LATE]
    for invoice in late if scene.has("DEBT_COLLECTION") else late[:TRIED]:
        at = office_hour(weekday(invoice["due_date"] + PATIENCE), chance)
        collected = happens(chance, 0.7)
        scene.add(
            "collection_case",
            at,
            chance,
            invoice_id=invoice["id"],
            opened_at=at,
            status="COLLECTED" if collected else "WITHDRAWN",
            claimed_amount=invoice["total_incl"],
            fee_amount=FEE + cents(invoice["total_incl"] / 10) if collected else ZERO,
            agency=chance.choice(AGENCIES) if collected or happens(chance, 0.5) else None,
        )


def _paid_on(scene: Scene) -> dict[UUID, date]:
    """The day of the last payment of each invoice."""
    days = {payment["id"]: payment["date"] for payment in scene.all("payment")}
    paid: dict[UUID, date] = {}
    for part in scene.all("payment_allocation"):
        paid[part["invoice_id"]] = max(paid.get(part["invoice_id"], date.min), days[part["payment_id"]])
    return paid
