"""The parts of the product: looks, files, reminders, custom fields, mail, requests, settings."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from db.demo.chance import happens, office_hour
from db.demo.people import slug
from db.demo.rows import Record
from db.demo.scene import Scene

AFTER: Final[tuple[str, ...]] = ()

NOTICES: Final = {
    "FR": (
        (
            "Taux réduit de TVA : en l’absence de contestation par écrit dans un délai d’un mois, le client est "
            "présumé reconnaître que le logement a plus de dix ans."
        ),
        "Autoliquidation : TVA due par le preneur, article 20 de l’arrêté royal n° 1.",
        "Toute facture impayée à l’échéance porte de plein droit un intérêt de 8 % l’an.",
    ),
    "NL": (
        (
            "Verlaagd btw-tarief: bij gebrek aan schriftelijke betwisting binnen een maand wordt de klant geacht te "
            "erkennen dat de woning ouder is dan tien jaar."
        ),
        "Btw verlegd: btw te voldoen door de medecontractant, artikel 20 van het koninklijk besluit nr. 1.",
        "Elke op de vervaldag onbetaalde factuur brengt van rechtswege 8 % interest per jaar op.",
    ),
}
RULES: Final = {
    "FR": (
        ("Rappel amical", 7, 8, "Sauf erreur de notre part, cette facture n’est pas encore payée."),
        ("Mise en demeure", 30, 14, "Malgré notre rappel, nous n’avons pas reçu votre paiement."),
    ),
    "NL": (
        ("Vriendelijke herinnering", 7, 8, "Tenzij wij ons vergissen, is deze factuur nog niet betaald."),
        ("Ingebrekestelling", 30, 14, "Ondanks onze herinnering ontvingen wij uw betaling niet."),
    ),
}
FIELDS: Final[dict[str, tuple[tuple[str, str, list[str]], ...]]] = {
    "FR": (("Type de chaudière", "SELECT", ["Gaz", "Mazout", "Pompe à chaleur"]), ("Contrat annuel", "BOOLEAN", [])),
    "NL": (("Type klant", "SELECT", ["Horeca", "Winkel", "Vereniging"]), ("Leveren aan achterdeur", "BOOLEAN", [])),
}
WORDS: Final = {
    "FR": {
        "standard": "Classique",
        "letterhead": "Papier à en-tête",
        "footer": "Merci de votre confiance.",
        "terms": "Conditions générales.pdf",
        "sheet": "Fiche technique.pdf",
        "photo": "Photo du chantier.jpg",
        "bill": "Facture",
        "incoming": ("Votre facture d’électricité", "Facture carburant", "Note de frais"),
    },
    "NL": {
        "standard": "Klassiek",
        "letterhead": "Briefpapier",
        "footer": "Bedankt voor uw vertrouwen.",
        "terms": "Algemene voorwaarden.pdf",
        "sheet": "Technische fiche.pdf",
        "photo": "Foto.jpg",
        "bill": "Factuur",
        "incoming": ("Uw elektriciteitsfactuur", "Brandstoffactuur", "Onkostennota"),
    },
}
SENDERS: Final = ("facturation@luminus.test", "noreply@carburant.test", "invoices@cloud-hebergement.test")
SINCE: Final = timedelta(days=90)
"""For so long sent mail is kept."""


def play(scene: Scene) -> None:
    """Add the rows of every part to a company."""
    language = scene.language if scene.language in WORDS else "FR"
    chance = scene.chance("parts")
    part = _Parts(scene, chance, language, scene.all("document"))
    part.looks()
    part.files()
    part.signatures()
    part.reminders()
    part.custom_fields()
    part.mail()
    part.requests()


class _Parts:
    """One company while its parts are filled."""

    def __init__(self, scene: Scene, chance: Random, language: str, documents: list[Record]) -> None:
        self.scene = scene
        self.chance = chance
        self.language = language
        self.words: dict[str, Any] = WORDS[language]
        self.documents = documents
        self.invoices = [row for row in documents if row["kind"] == "INVOICE" and row["status"] != "DRAFT"]
        self.begin = scene.created + timedelta(hours=2)
        self.settings = scene.all("company_settings", company_id=scene.company_id)[0]

    def add(self, table: str, at: datetime | None = None, /, **columns: Any) -> UUID:
        return self.scene.add(table, at or self.begin, self.chance, **columns)

    def looks(self) -> None:
        site = f"https://files.enfact.test/{slug(self.scene.name)}"
        standard = self.add(
            "document_template", name=self.words["standard"], colour="#1f4e79", logo_url=None, footer=None,
            is_default=True,
        )  # fmt: skip
        own = self.add(
            "document_template", name=self.words["letterhead"], colour="#8a1c1c", logo_url=f"{site}/logo.svg",
            footer=self.words["footer"], is_default=False,
        )  # fmt: skip
        notices = [
            self.add("legal_notice", language=self.language, text=text, rank=rank)
            for rank, text in enumerate(NOTICES[self.language], 1)
        ]
        for row in self.documents:
            if row["kind"] in ("QUOTE", "INVOICE", "CREDIT_NOTE") and happens(self.chance, 0.6):
                self.scene.change(row, template_id=own if happens(self.chance, 0.8) else standard)
        for row in self.invoices[-40:]:
            self.pair("document_legal_notice", row, legal_notice_id=notices[2])

    def pair(self, table: str, document: Record, **other: UUID) -> None:
        self.scene.rows.write(table, company_id=self.scene.company_id, document_id=document["id"], **other)

    def files(self) -> None:
        site = f"https://files.enfact.test/{slug(self.scene.name)}"
        terms = self.file(site, self.words["terms"], "application/pdf", self.begin)
        self.scene.change(
            self.settings,
            terms_attachment_id=None if self.scene.index % 6 == 4 else terms,
            from_address=None if self.scene.index % 6 == 5 else f"info@{slug(self.scene.name)}.test",
            cc=None if self.scene.index % 2 else f"archive@{slug(self.scene.name)}.test",
            bcc=f"compta@{slug(self.scene.name)}.test" if self.scene.index % 3 == 0 else None,
            send_mode="SMTP" if self.scene.index % 4 == 0 else "ENFACT",
            postal_balance=Decimal(self.chance.randint(0, 4000)) / 100,
            vat_rate=Decimal(21),
            vat_regime="SMALL_BUSINESS" if self.scene.index % 9 == 8 else "NORMAL",
            prices_incl=self.scene.index % 5 == 4,
        )
        for row in self.invoices[-12:]:
            at = _moment(row)
            name, kind = self.chance.choice(
                ((self.words["sheet"], "application/pdf"), (self.words["photo"], "image/jpeg"))
            )
            self.pair("document_attachment", row, attachment_id=self.file(site, name, kind, at))
        for row in self.documents[:2]:
            self.pair("document_attachment", row, attachment_id=terms)

    def file(self, site: str, name: str, content_type: str, at: datetime) -> UUID:
        return self.add(
            "attachment", at, name=name, content_type=content_type, size=self.chance.randint(20_000, 900_000),
            url=f"{site}/{self.chance.getrandbits(40):010x}", created_at=at,
        )  # fmt: skip

    def signatures(self) -> None:
        quotes = [row for row in self.documents if row["kind"] == "QUOTE" and row["status"] != "DRAFT"]
        for row in {row["id"]: row for row in quotes[:3] + quotes[-30:] or self.invoices[-1:]}.values():
            self.signature(row)

    def signature(self, row: Record) -> None:
        asked = _moment(row) + timedelta(hours=1)
        signed = row["status"] == "ACCEPTED"
        self.add(
            "signature", asked, document_id=row["id"], requested=asked,
            signed_at=asked + timedelta(days=2) if signed else None,
            signer_name=row["customer_name"] if signed else None,
            image_url=f"https://files.enfact.test/sign/{self.chance.getrandbits(40):010x}" if signed else None,
        )  # fmt: skip

    def reminders(self) -> None:
        rules = [
            self.add("reminder_rule", name=name, days_after_due=days, term=term, text=text)
            for name, days, term, text in RULES[self.language]
        ]
        late = [row for row in self.invoices if row["status"] == "OVERDUE"][-30:] or self.invoices[:1]
        for row in self.invoices:
            if happens(self.chance, 0.7):
                self.scene.change(row, automatic_reminders=happens(self.chance, 0.8))
        for row in late:
            at = datetime.combine(row["due_date"] or row["date"], time(6, 30), UTC) + timedelta(days=7)
            if at.date() <= self.scene.today:
                rule = rules[0] if happens(self.chance, 0.9) else None
                self.add("reminder", at, document_id=row["id"], rule_id=rule, at=at, to=self.address(row))

    def address(self, document: Record) -> str:
        return f"{slug(document['customer_name'] or 'client')}@mail.test"

    def custom_fields(self) -> None:
        fields = [
            (self.add("contact_field", name=name, kind=kind, options=options, show_on_documents=rank == 1, rank=rank),
             options)
            for rank, (name, kind, options) in enumerate(FIELDS[self.language], 1)
        ]  # fmt: skip
        for customer in self.scene.all("contact", is_customer=True)[:60]:
            for key, options in fields:
                if happens(self.chance, 0.6) or customer["sequence_number"] == 1:
                    value = self.chance.choice(options or ["true", "false"])
                    self.add(
                        "contact_field_value", customer["created_at"], customer_id=customer["id"], field_id=key,
                        value=value,
                    )  # fmt: skip

    def mail(self) -> None:
        recent = [row for row in self.invoices if row["date"] >= self.scene.today - SINCE] or self.invoices[-2:]
        for row in recent:
            at = _moment(row) + timedelta(minutes=5)
            copied = happens(self.chance, 0.2)
            self.add(
                "sent_email", at, document_id=row["id"], document_kind=row["kind"],
                to=self.address(row),
                cc=f"compta-{self.address(row)}" if copied else None,
                bcc=self.settings.get("bcc") if happens(self.chance, 0.5) else None,
                subject=f"{self.words['bill']} {row['number']}", at=at,
            )  # fmt: skip
        self.add(
            "sent_email", self.begin, document_id=None, document_kind=None,
            to=f"info@{slug(self.scene.name)}.test", cc=None, bcc="test@mail.test",
            subject="Test", at=self.begin,
        )  # fmt: skip
        for row in [*recent[:1], *self.invoices[-25:-20]]:
            at = _moment(row) + timedelta(days=1)
            urgent = happens(self.chance, 0.3)
            self.add(
                "postal_letter", at, document_id=row["id"], document_kind=row["kind"],
                priority=urgent, double_sided=happens(self.chance, 0.5),
                price=Decimal("2.35") if urgent else Decimal("1.92"), at=at,
            )  # fmt: skip
        self.add(
            "postal_letter", self.begin, document_id=None, document_kind=None,
            priority=False, double_sided=True, price=Decimal("1.92"),
            at=self.begin,
        )  # fmt: skip
        for place in range(8 if self.scene.index < 2 else 2):
            at = office_hour(self.scene.today - timedelta(days=1 + place * 3), self.chance)
            self.add(
                "inbox_item", at, received_at=at, sender=SENDERS[place % 3],
                subject=self.words["incoming"][place % 3] if place % 4 != 3 else None,
                file_name=f"doc-{self.chance.getrandbits(24):06x}.pdf", content_type="application/pdf",
                status=("NEW", "PROCESSED", "REJECTED")[place % 3 if self.scene.index < 2 else place % 2],
            )  # fmt: skip

    def requests(self) -> None:
        by = self.scene.members[0]["id"] if self.scene.members else None
        self.add(
            "import_request", self.begin, model="CUSTOMERS", format="XLSX", status="DONE", requested_by_id=by,
            created_at=self.begin,
        )  # fmt: skip
        self.add(
            "import_request", self.begin, model="PRODUCTS", format="CSV", status="FAILED", requested_by_id=None,
            created_at=self.begin + timedelta(hours=1),
        )  # fmt: skip
        at = office_hour(self.scene.today - timedelta(days=3), self.chance)
        url = f"https://files.enfact.test/export/{self.chance.getrandbits(64):016x}.zip"
        self.add(
            "export_request", at, model="INVOICES", format="UBL", status="DONE", ready=True, url=url,
            requested_by_id=by, created_at=at,
        )  # fmt: skip
        self.add(
            "export_request", at, model="CUSTOMERS", format="CSV", status="WAITING", ready=False, url=None,
            requested_by_id=None, created_at=at + timedelta(hours=1),
        )  # fmt: skip


def _moment(document: Record) -> datetime:
    return document["created_at"]
