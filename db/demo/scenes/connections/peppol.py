"""Peppol: who is reachable over it, and what was sent."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from db.demo.chance import happens
from db.demo.filling import Filling

PEPPOL_SINCE: Final = date(2026, 1, 1)
"""The day from which Belgian businesses invoice each other by Peppol."""


def send_over_peppol(company: Filling) -> None:
    """Most customers with a Belgian VAT number are reachable, and get the invoices of 2026 by it."""
    verified = company.scene.has("PEPPOL")
    company.scene.change(company.settings, peppol_registration="VERIFIED" if verified else "PENDING")
    reachable = set[UUID]()
    for customer in company.scene.all("contact", is_customer=True):
        number = customer.get("vat_number") or ""
        if number.startswith("BE"):
            is_reachable = happens(company.chance, 0.8)
            company.scene.change(customer, peppol_id=f"0208:{number[2:]}", peppol_reachable=is_reachable)
            reachable |= {customer["id"]} if is_reachable else set()
    for row in [row for row in company.invoices if row["customer_id"] in reachable and row["date"] >= PEPPOL_SINCE]:
        status = "REJECTED" if happens(company.chance, 0.03) else "DELIVERED"
        company.scene.change(row, peppol_status=status, peppol_sent_at=row["created_at"] + timedelta(minutes=7))
    for item in company.scene.all("inbox_item")[::2]:
        company.scene.change(item, via_peppol=True)
