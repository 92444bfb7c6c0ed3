"""One company of the demo while a scene with several apps fills it: what their modules share."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from db.demo.people.people import slug
from db.demo.rows import Record
from db.demo.scene import Scene

LANGUAGES = ("FR", "NL")


class Filling:
    """A company with its documents so far; its rows are added from `begin` on, with one random stream for all apps."""

    def __init__(self, scene: Scene, chance: Random, hours: int) -> None:
        self.scene = scene
        self.chance = chance
        self.language = scene.language if scene.language in LANGUAGES else LANGUAGES[0]
        self.begin = scene.created + timedelta(hours=hours)
        self.documents = scene.all("document")
        self.sales = [
            row for row in self.documents if row["kind"] in ("INVOICE", "CREDIT_NOTE") and row["status"] != "DRAFT"
        ]
        self.invoices = [row for row in self.sales if row["kind"] == "INVOICE"]
        self.settings = scene.all("company_settings", company_id=scene.company_id)[0]

    @property
    def files(self) -> str:
        """The address of the company's files."""
        return f"https://files.enfact.test/{slug(self.scene.name)}"

    def add(self, table: str, at: datetime | None = None, /, **columns: Any) -> UUID:
        """Append a row with a key of the moment `at`; returns the key."""
        return self.scene.add(table, at or self.begin, self.chance, **columns)

    def pair(self, table: str, document: Record, **other: UUID) -> None:
        """Append a row that ties something to a document."""
        self.scene.rows.write(table, company_id=self.scene.company_id, document_id=document["id"], **other)


def mailbox(document: Record) -> str:
    """The e-mail address of a document's customer."""
    return f"{slug(document['customer_name'] or 'client')}@mail.test"
