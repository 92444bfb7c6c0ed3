"""Copies of documents on drives."""

from datetime import timedelta
from typing import Final

from db.demo.chance import happens
from db.demo.filling import Filling
from db.demo.people.people import slug
from db.tables.connections.connectors import DRIVES

FOLDERS: Final = {"QUOTE": "offres", "INVOICE": "factures", "CREDIT_NOTE": "notes-de-credit", "PURCHASE": "achats"}


def copy(company: Filling) -> None:
    """Copy the newest documents to the drive in use, and one to each other drive."""
    used = [name for name in DRIVES if company.scene.has(name)]
    for name in DRIVES:
        for row in company.documents[-80:] if name in used else company.sales[-1:]:
            folder = FOLDERS.get(row["kind"], "documents")
            public = happens(company.chance, 0.2)
            path = f"/{folder}/{row['date'].year}/{slug(row['number'])}.pdf"
            company.add(
                "drive_file", row["created_at"] + timedelta(minutes=9), drive=name, path=path, public=public,
                public_url=f"https://files.enfact.test/p/{company.chance.getrandbits(64):016x}" if public else None,
                synced_at=row["created_at"] + timedelta(minutes=9), document_id=row["id"],
                document_kind=row["kind"],
            )  # fmt: skip
    company.add(
        "drive_file", drive=DRIVES[0], path="/conditions-generales.pdf", public=True,
        public_url=f"https://files.enfact.test/p/{company.chance.getrandbits(64):016x}", synced_at=company.begin,
        document_id=None, document_kind=None,
    )  # fmt: skip
