"""QR codes on invoices: a credit transfer to scan, or at some companies the URL of a payment page."""

from decimal import Decimal

from db.belgium import epc_payload
from db.demo.rows import Record
from db.demo.scene import Scene

PAGE = "https://payer.enfact.test/{}"


def play(scene: Scene) -> None:
    """Choose the content of the codes, and add one to every sent invoice."""
    links = scene.index % 9 == 5
    for settings in scene.all("company_settings"):
        scene.change(settings, qr_kind="PAYMENT_LINK" if links else "EPC")
    (company,) = scene.all("company")
    for invoice in scene.all("document", kind="INVOICE"):
        if invoice["status"] != "DRAFT" and company["iban"]:
            scene.change(invoice, qr_payload=_link(invoice) if links else _transfer(company, invoice))


def _link(invoice: Record) -> str:
    return PAGE.format(invoice["structured_communication"].strip("+").replace("/", ""))


def _transfer(company: Record, invoice: Record) -> str | None:
    """The code of a transfer; None when the invoice is not in euro, or there is nothing to pay."""
    if invoice["currency"] != "EUR" or invoice["total_incl"] < Decimal("0.01"):
        return None
    return epc_payload(company["name"], company["iban"], invoice["total_incl"], invoice["structured_communication"])
