"""QR codes on invoices: a credit transfer to be scanned, at some companies the address of a page to pay on."""

from decimal import Decimal

from db.belgium import epc_payload
from db.demo.rows import Record
from db.demo.scene import Scene

PAGE = "https://payer.enfact.test/{}"


def play(scene: Scene) -> None:
    """Choose what the codes hold, and print one on every invoice that was sent."""
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
    """A transfer is in euro, and of something."""
    if invoice["currency"] != "EUR" or invoice["total_incl"] < Decimal("0.01"):
        return None
    return epc_payload(company["name"], company["iban"], invoice["total_incl"], invoice["structured_communication"])
