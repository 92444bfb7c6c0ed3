"""Online payment links of invoices; those that were paid belong to a payment."""

from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from db.demo.filling import Filling
from db.tables.connections.connectors import PROVIDERS

RECENT: Final = timedelta(days=120)


def pay_online(company: Filling) -> None:
    """Add the links of the newest invoices."""
    payer = {row["invoice_id"]: row["payment_id"] for row in company.scene.all("payment_allocation")}
    taken = set[UUID]()
    for place, row in enumerate(company.invoices[-40:] if company.scene.has("MOLLIE") else company.invoices[-3:]):
        name = "MOLLIE" if company.scene.has("MOLLIE") and place >= len(PROVIDERS) else PROVIDERS[place % 3]
        payment = payer.get(row["id"])
        if payment in taken:
            payment = None
        elif payment is not None:
            taken.add(payment)
        reference = f"{name[:2].lower()}_{company.chance.getrandbits(40):010x}"
        status = "PAID" if payment else ("EXPIRED" if row["date"] < company.scene.today - RECENT else "OPEN")
        at = row["created_at"] + timedelta(minutes=6)
        company.add(
            "online_payment", at, provider=name, provider_ref=reference, status=status, amount=row["total_incl"],
            asked_at=at, invoice_id=row["id"], payment_id=payment,
        )  # fmt: skip
    for row in company.invoices[-5:]:
        company.scene.change(row, online_payment_url=f"https://pay.enfact.test/{company.chance.getrandbits(48):012x}")
    company.add(
        "online_payment", provider=PROVIDERS[0], provider_ref="tr_test", status="OPEN", amount=Decimal("0.01"),
        asked_at=company.begin, invoice_id=None, payment_id=None,
    )  # fmt: skip
