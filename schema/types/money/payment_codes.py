"""QR codes on invoices, which customers scan to pay."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import enum_value, gated
from schema.declarations.object_types import extends
from schema.types.core.company import Company
from schema.types.core.documents import Invoice


@strawberry.enum(description="What the QR code on an invoice holds.")
class QrKind(Enum):
    EPC = enum_value("EPC", "A credit transfer that the customer's bank fills in, as EPC069-12 has it.")
    PAYMENT_LINK = enum_value("PAYMENT_LINK", "The address of a page on which the invoice is paid.")


@extends(Invoice)
class InvoicePaymentCode:
    qr_payload: str | None = gated(
        "The text of the QR code as it was printed; none for a draft or once the invoice is paid.", App.INVOICE_QR
    )


@extends(Company)
class CompanyPaymentCodes:
    qr_kind: QrKind | None = gated("What the QR codes on its invoices hold.", App.INVOICE_QR)
