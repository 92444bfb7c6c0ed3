"""Connections with other services: what each company has set up, and what came and went over it."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from db.demo.chance import happens, office_hour
from db.demo.people import slug
from db.demo.rows import Record
from db.demo.scene import Scene
from db.tables.connections import BANKS, CONNECTORS, DRIVES, PACKAGES, PROVIDERS, SHOPS, SUPPLIERS

AFTER: Final = ("parts", "payments", "payment_codes", "trial")

LABELS: Final = {
    "CODABOX_BANK": "CodaBox", "PONTO": "Ponto", "E_BOX_ENTERPRISE": "e-Box", "PEPPOL": "Peppol", "SFTP": "SFTP",
    "SEPA_EPC_QR": "EPC QR", "STG": "STG", "APOK": "APOK", "SAGE_BOB": "Sage BOB", "OFFICEM": "OfficeM",
}  # fmt: skip
OPTIONS: Final = {
    "SFTP": (("host", "sftp.enfact.test"), ("folder", "/factures")),
    "E_BOX_ENTERPRISE": (("clientId", "ebox-4711"),),
    "WOOCOMMERCE": (("url", "https://shop.enfact.test"), ("makes", "INVOICE")),
    "SHOPIFY": (("url", "https://enfact-demo.myshopify.test"),),
    "PEPPOL": (("scheme", "0208"),),
}
FAILURES: Final = {
    "FR": "Le service n’a pas répondu à temps.",
    "NL": "De dienst antwoordde niet op tijd.",
}
MAIL: Final = {
    "FR": (
        ("SPF Finances", "Avis de paiement des amendes TVA", Decimal("75.00")),
        ("ONSS", "Avis de débit du trimestre", Decimal("1284.60")),
        ("Moniteur belge", "Publication de vos comptes annuels", None),
    ),
    "NL": (
        ("FOD Financiën", "Betalingsbericht btw-boetes", Decimal("75.00")),
        ("RSZ", "Debetbericht van het kwartaal", Decimal("1284.60")),
        ("Belgisch Staatsblad", "Bekendmaking van uw jaarrekening", None),
    ),
}
FOLDERS: Final = {"QUOTE": "offres", "INVOICE": "factures", "CREDIT_NOTE": "notes-de-credit", "PURCHASE": "achats"}
RECENT: Final = timedelta(days=120)


def play(scene: Scene) -> None:
    """Add the connections of a company and what goes over them."""
    linked = _Linked(scene, scene.chance("connections"))
    linked.services()
    linked.bank()
    linked.accounts()
    linked.shops()
    linked.suppliers()
    linked.online_payments()
    linked.mail()
    linked.drives()
    linked.peppol()


class _Linked:
    """One company while its connections are made."""

    def __init__(self, scene: Scene, chance: Random) -> None:
        self.scene = scene
        self.chance = chance
        self.language = scene.language if scene.language in FAILURES else "FR"
        self.begin = scene.created + timedelta(hours=3)
        self.documents = scene.all("document")
        self.sales = [row for row in self.documents if row["kind"] in ("INVOICE", "CREDIT_NOTE") and _is_sent(row)]
        self.invoices = [row for row in self.sales if row["kind"] == "INVOICE"]
        self.payments = scene.all("payment")
        self.service: dict[str, UUID] = {}

    def add(self, table: str, at: datetime | None = None, /, **columns: Any) -> UUID:
        return self.scene.add(table, at or self.begin, self.chance, **columns)

    def services(self) -> None:
        """One link to each service; those that the company works with are used, the others were only tried."""
        by = self.scene.members[0]["id"] if self.scene.members else None
        today = office_hour(self.scene.today - timedelta(days=1), self.chance)
        for place, name in enumerate(CONNECTORS):
            used = self.scene.has(name)
            status = "CONNECTED" if used else ("DISABLED", "ERROR", "PENDING")[place % 3]
            self.service[name] = self.add(
                "connected_service", connector=name, label=LABELS.get(name, name.replace("_", " ").title()),
                status=status, external_account=f"{slug(self.scene.name)}-{place:02}" if place % 4 else None,
                secret=None, secret_last4=None, last_sync_at=today if used else None,
                last_error=FAILURES[self.language] if status == "ERROR" else None,
                created_by_id=by if used or place % 2 else None, created_at=self.begin,
            )  # fmt: skip
            for option, value in OPTIONS.get(name, ()):
                self.add("connector_option", service_id=self.service[name], name=option, value=value)

    def bank(self) -> None:
        """The statements of the last months say what the payments say; the oldest line was brought in on trial."""
        for account in self.scene.all("payment_account", kind="BANK")[:1]:
            self.scene.change(account, connection_id=self.service[self._bank()])
        in_bank = [row for row in self.payments if row.get("counterparty_iban") or row["amount"] > 0]
        recent = [row for row in in_bank if row["date"] >= self.scene.today - RECENT][-150:]
        for row in recent or in_bank[-2:]:
            self._transaction(row, self._bank())
        for name in BANKS:
            if name != self._bank():
                self._transaction(in_bank[0], name)
        day = self.scene.today - timedelta(days=2)
        self.add(
            "bank_transaction", datetime.combine(day, self.begin.timetz()), source=self._bank(), date=day,
            amount=Decimal("-12.40"), counterparty=None, iban=None, communication=None, matched_automatically=False,
            matched_document_id=None, payment_id=None, account_id=None,
        )  # fmt: skip

    def _bank(self) -> str:
        return next((name for name in BANKS if self.scene.has(name)), BANKS[self.scene.index % 2])

    def _transaction(self, payment: Record, source: str) -> None:
        paid = next((row["invoice_id"] for row in self._allocated(payment)), None)
        communication = payment.get("structured_communication") or payment.get("statement")
        self.add(
            "bank_transaction", datetime.combine(payment["date"], self.begin.timetz()), source=source,
            date=payment["date"], amount=payment["amount"], counterparty=payment.get("counterparty_name"),
            iban=payment.get("counterparty_iban"), communication=communication,
            matched_automatically=paid is not None and payment.get("structured_communication") is not None,
            matched_document_id=paid, payment_id=payment["id"], account_id=payment.get("account_id"),
        )  # fmt: skip

    def _allocated(self, payment: Record) -> list[Record]:
        if not hasattr(self, "_allocations"):
            self._allocations: dict[UUID, list[Record]] = {}
            for row in self.scene.all("payment_allocation"):
                self._allocations.setdefault(row["payment_id"], []).append(row)
        return self._allocations.get(payment["id"], [])

    def accounts(self) -> None:
        """The package in use has all sales but the newest; each other one had the first invoice, on trial."""
        used = [name for name in PACKAGES if self.scene.has(name)][:1]
        newest = self.scene.today - timedelta(days=20)
        for name in used:
            for row in self.sales[-300:]:
                done = row["locked"] or row["date"] < newest
                status = "PROCESSED" if done else ("REFUSED" if happens(self.chance, 0.1) else "UNPROCESSED")
                self._export(name, row, status)
        for place, name in enumerate(PACKAGES):
            if name not in used:
                self._export(name, self.sales[0], "PROCESSED" if place % 2 else "UNPROCESSED")

    def _export(self, name: str, document: Record, status: str) -> None:
        sent = None if status == "UNPROCESSED" else document["created_at"] + timedelta(days=1)
        self.add(
            "accounting_export", document["created_at"] + timedelta(days=1), connection=name, status=status,
            external_id=f"{name[:3]}-{document['number']}" if status == "PROCESSED" else None, sent_at=sent,
            document_id=document["id"], document_kind=document["kind"],
        )  # fmt: skip

    def shops(self) -> None:
        """Some invoices began as orders of a shop; the first products are sold there."""
        products = self.scene.all("product")
        for place, name in enumerate(SHOPS):
            busy = self.scene.has(name)
            made_of = self.invoices[place :: 7 if busy else 1000][: 60 if busy else 1]
            for number, row in enumerate(made_of, 1001):
                at = row["created_at"] - timedelta(hours=2)
                self.add(
                    "webshop_order", at, shop=name, order_number=f"{number}", ordered_at=at, document_id=row["id"],
                    document_kind=row["kind"],
                )  # fmt: skip
            for product in products[: 30 if busy else 2]:
                sku = f"{name[:2]}-{self.chance.randrange(10_000):04}"
                self.add("webshop_article", shop=name, sku=sku, product_id=product["id"])
        at = self.begin + timedelta(days=1)
        self.add(
            "webshop_order", at, shop=SHOPS[0], order_number="T-1", ordered_at=at, document_id=None, document_kind=None
        )

    def suppliers(self) -> None:
        """Products that a supplier sells."""
        used = [name for name in SUPPLIERS if self.scene.has(name)]
        for place, product in enumerate(self.scene.all("product")[:120]):
            names = used if used and place >= len(SUPPLIERS) else SUPPLIERS
            price = Decimal(product["price"] or 10) * Decimal("0.58")
            at = office_hour(self.scene.today - timedelta(days=place % 30 + 1), self.chance)
            if used or place < len(SUPPLIERS):
                self.add(
                    "supplier_catalog_ref", supplier=names[place % len(names)],
                    article_no=f"{self.chance.randrange(10**7):07}", net_price=price.quantize(Decimal("0.0001")),
                    updated_at=at, product_id=product["id"],
                )  # fmt: skip

    def online_payments(self) -> None:
        """Invoices that could be paid online; the paid ones became payments."""
        payer = {row["invoice_id"]: row["payment_id"] for row in self.scene.all("payment_allocation")}
        taken = set[UUID]()
        for place, row in enumerate(self.invoices[-40:] if self.scene.has("MOLLIE") else self.invoices[-3:]):
            name = "MOLLIE" if self.scene.has("MOLLIE") and place >= len(PROVIDERS) else PROVIDERS[place % 3]
            payment = payer.get(row["id"])
            if payment in taken:
                payment = None
            elif payment is not None:
                taken.add(payment)
            reference = f"{name[:2].lower()}_{self.chance.getrandbits(40):010x}"
            status = "PAID" if payment else ("EXPIRED" if row["date"] < self.scene.today - RECENT else "OPEN")
            at = row["created_at"] + timedelta(minutes=6)
            self.add(
                "online_payment", at, provider=name, provider_ref=reference, status=status, amount=row["total_incl"],
                asked_at=at, invoice_id=row["id"], payment_id=payment,
            )  # fmt: skip
        for row in self.invoices[-5:]:
            self.scene.change(row, online_payment_url=f"https://pay.enfact.test/{self.chance.getrandbits(48):012x}")
        self.add(
            "online_payment", provider=PROVIDERS[0], provider_ref="tr_test", status="OPEN", amount=Decimal("0.01"),
            asked_at=self.begin, invoice_id=None, payment_id=None,
        )  # fmt: skip

    def mail(self) -> None:
        """Letters of the authorities, of which one was paid."""
        out = next((row for row in self.payments if row["amount"] < 0), self.payments[0])
        for place, (sender, title, amount) in enumerate(MAIL[self.language]):
            at = office_hour(self.scene.today - timedelta(days=10 + 30 * place), self.chance)
            self.add(
                "business_document", at, sender=sender, title=title, received_at=at, amount=amount,
                reference=f"{self.chance.randrange(10**9):09}" if place else None,
                paid_by_id=out["id"] if place == 1 else None,
            )  # fmt: skip

    def drives(self) -> None:
        """Copies of the newest documents on the drive in use, and of one on each other drive."""
        used = [name for name in DRIVES if self.scene.has(name)]
        for name in DRIVES:
            for row in self.documents[-80:] if name in used else self.sales[-1:]:
                folder = FOLDERS.get(row["kind"], "documents")
                public = happens(self.chance, 0.2)
                path = f"/{folder}/{row['date'].year}/{slug(row['number'])}.pdf"
                self.add(
                    "drive_file", row["created_at"] + timedelta(minutes=9), drive=name, path=path, public=public,
                    public_url=f"https://files.enfact.test/p/{self.chance.getrandbits(64):016x}" if public else None,
                    synced_at=row["created_at"] + timedelta(minutes=9), document_id=row["id"],
                    document_kind=row["kind"],
                )  # fmt: skip
        self.add(
            "drive_file", drive=DRIVES[0], path="/conditions-generales.pdf", public=True,
            public_url=f"https://files.enfact.test/p/{self.chance.getrandbits(64):016x}", synced_at=self.begin,
            document_id=None, document_kind=None,
        )  # fmt: skip

    def peppol(self) -> None:
        """Customers with a VAT number can be reached; invoices to them went that way since the company is verified."""
        verified = self.scene.has("PEPPOL")
        settings = self.scene.all("company_settings", company_id=self.scene.company_id)[0]
        self.scene.change(settings, peppol_registration="VERIFIED" if verified else "PENDING")
        reached = set[UUID]()
        for customer in self.scene.all("contact", is_customer=True):
            number = customer.get("vat_number") or ""
            if number.startswith("BE"):
                self.scene.change(customer, peppol_id=f"0208:{number[2:]}", peppol_reachable=happens(self.chance, 0.8))
                reached.add(customer["id"])
        sent = [row for row in self.invoices if row["customer_id"] in reached] or self.invoices
        for row in sent[-60 if verified else -1 :]:
            status = "REJECTED" if happens(self.chance, 0.03) else "DELIVERED"
            self.scene.change(row, peppol_status=status, peppol_sent_at=row["created_at"] + timedelta(minutes=7))
        for item in self.scene.all("inbox_item")[::2]:
            self.scene.change(item, via_peppol=True)


def _is_sent(document: Record) -> bool:
    return document["status"] != "DRAFT"
