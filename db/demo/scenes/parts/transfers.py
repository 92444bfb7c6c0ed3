"""Imports and exports that were asked for."""

from datetime import timedelta

from db.demo.chance import office_hour
from db.demo.filling import Filling


def ask(company: Filling) -> None:
    """Ask for two of each."""
    by = company.scene.members[0]["id"] if company.scene.members else None
    company.add(
        "import_request", company.begin, model="CUSTOMERS", format="XLSX", status="DONE", requested_by_id=by,
        created_at=company.begin,
    )  # fmt: skip
    company.add(
        "import_request", company.begin, model="PRODUCTS", format="CSV", status="FAILED", requested_by_id=None,
        created_at=company.begin + timedelta(hours=1),
    )  # fmt: skip
    at = office_hour(company.scene.today - timedelta(days=3), company.chance)
    url = f"https://files.enfact.test/export/{company.chance.getrandbits(64):016x}.zip"
    company.add(
        "export_request", at, model="INVOICES", format="UBL", status="DONE", ready=True, url=url,
        requested_by_id=by, created_at=at,
    )  # fmt: skip
    company.add(
        "export_request", at, model="CUSTOMERS", format="CSV", status="WAITING", ready=False, url=None,
        requested_by_id=None, created_at=at + timedelta(hours=1),
    )  # fmt: skip
