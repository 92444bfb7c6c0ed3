"""Exports to packages of accounting."""

from datetime import timedelta

from db.demo.chance import happens
from db.demo.filling import Filling
from db.demo.rows import Record
from db.tables.connections.connectors import PACKAGES


def export(company: Filling) -> None:
    """Export all sales but the newest to the package in use, the first invoice to each other."""
    used = [name for name in PACKAGES if company.scene.has(name)][:1]
    newest = company.scene.today - timedelta(days=20)
    for name in used:
        for row in company.sales[-300:]:
            done = row["locked"] or row["date"] < newest
            status = "PROCESSED" if done else ("REFUSED" if happens(company.chance, 0.1) else "UNPROCESSED")
            _export(company, name, row, status)
    for place, name in enumerate(PACKAGES):
        if name not in used:
            _export(company, name, company.sales[0], "PROCESSED" if place % 2 else "UNPROCESSED")


def _export(company: Filling, name: str, document: Record, status: str) -> None:
    sent = None if status == "UNPROCESSED" else document["created_at"] + timedelta(days=1)
    company.add(
        "accounting_export", document["created_at"] + timedelta(days=1), connection=name, status=status,
        external_id=f"{name[:3]}-{document['number']}" if status == "PROCESSED" else None, sent_at=sent,
        document_id=document["id"], document_kind=document["kind"],
    )  # fmt: skip
