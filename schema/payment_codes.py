"""QR codes on invoices, which customers scan to pay."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.company import Company
from schema.declarations import enum_value, extends, gated
from schema.documents import Invoice


@strawberry.enum(description="What the QR code on an invoice holds.")
class QrKind(Enum):
    EPC = enum_value("EPC", "A credit transfer that the customer's bank fills in, as EPC069-12 has it.")
    PAYMENT_LINK = enum_value("PAYMENT_LINK", "The address of a page on which the invoice is paid.")


@extends(Invoice)
class OfInvoice:
    qr_payload: str | None = gated(
        "The text of the QR code as it was printed; none for a draft or once the invoice is paid.", App.INVOICE_QR
    )


@extends(Company)
class OfCompany:
    qr_kind: QrKind | None = gated("What the QR codes on its invoices hold.", App.INVOICE_QR)
