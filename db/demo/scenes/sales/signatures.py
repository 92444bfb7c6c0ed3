"""Signatures that were asked for under documents."""

from datetime import timedelta

from db.demo.filling import Filling
from db.demo.rows import Record


def ask_for_signatures(company: Filling) -> None:
    """Ask for them under the quotes, else under the newest invoice."""
    quotes = [row for row in company.documents if row["kind"] == "QUOTE" and row["status"] != "DRAFT"]
    for row in {row["id"]: row for row in quotes[:3] + quotes[-30:] or company.invoices[-1:]}.values():
        _sign(company, row)


def _sign(company: Filling, row: Record) -> None:
    asked = row["created_at"] + timedelta(hours=1)
    signed = row["status"] == "ACCEPTED"
    company.add(
        "signature", asked, document_id=row["id"], requested=asked,
        signed_at=asked + timedelta(days=2) if signed else None,
        signer_name=row["customer_name"] if signed else None,
        image_url=f"https://files.enfact.test/sign/{company.chance.getrandbits(40):010x}" if signed else None,
    )  # fmt: skip
