"""Commercial documents: the interface of all kinds, the kinds, and their lines."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DateTimeCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing, value
from schema.declarations.relay import Connection, Node, NodeType
from schema.localization.language import Language
from schema.types.core.customers import Customer, DiscountType
from schema.types.core.products import Product, VatType


@strawberry.enum(description="The kinds of document; only those that the viewer holds are listed.")
class DocumentKind(Enum):
    QUOTE = enum_value("QUOTE", "A quote.", App.QUOTES)
    ORDER_CONFIRMATION = enum_value("ORDER_CONFIRMATION", "An order confirmation.", App.ORDER_CONFIRMATIONS)
    DELIVERY_NOTE = enum_value("DELIVERY_NOTE", "A delivery note.", App.DELIVERY_NOTES)
    INVOICE = enum_value("INVOICE", "An invoice.", App.INVOICES)
    CREDIT_NOTE = enum_value("CREDIT_NOTE", "A credit note.", App.CREDIT_NOTES)
    PAYMENT_REQUEST = enum_value("PAYMENT_REQUEST", "A payment request.", App.PAYMENT_REQUESTS)
    CASH_TICKET = enum_value("CASH_TICKET", "A ticket of the cash register.", App.CASH_TICKETS)
    PURCHASE_SLIP = enum_value("PURCHASE_SLIP", "A self-billing purchase slip.", App.SELF_BILLING)
    PURCHASE_ORDER = enum_value("PURCHASE_ORDER", "A purchase order.", App.PURCHASE_ORDERS)
    PURCHASE = enum_value("PURCHASE", "A purchase.", App.PURCHASES)


@strawberry.enum(description="What sort of line of a document it is; only those that the viewer holds are listed.")
class DocumentLineType(Enum):
    LINE = enum_value("LINE", "Something that is sold or bought.")
    COST = enum_value("COST", "A cost that is passed on, such as transport.")
    SECTION = enum_value("SECTION", "A title above the lines that follow; it has no amounts.", App.EXTRA_TEXT_FIELDS)


@strawberry.enum(description="What is printed of the lines below a title.")
class SectionBehavior(Enum):
    SUM = enum_value("SUM", "Each line with its price, and their sum.")
    PRICE = enum_value("PRICE", "Only their price together.")


@thing("lin", description="A line of a document.")
class DocumentLine:
    position: int = field("Its place among the document's lines, from 1; of a title, that of the line below it.")
    type: DocumentLineType = field("What sort of line it is.")
    name: str = field("What it is.")
    text: str | None = field("A longer text.")
    quantity: decimal.Decimal = field("How many.")
    price: decimal.Decimal = field("The price of one, before discount.")
    vat_rate: decimal.Decimal = field("The rate of value added tax, in percent.")
    total_excl: decimal.Decimal = field("The line's total without tax.")
    total_vat: decimal.Decimal = field("The line's tax.")
    total_incl: decimal.Decimal = field("The line's total with tax.")
    product: Product | None = field("The product.")
    date: datetime.date | None = gated("The day of this line.", App.LINE_DATES)
    discount: decimal.Decimal | None = gated("The line's discount.", App.DISCOUNTS)
    discount_type: DiscountType | None = gated("How the discount is meant.", App.DISCOUNTS)
    purchase_price: decimal.Decimal | None = gated("What one cost to buy.", App.PURCHASES)
    profit_amount: decimal.Decimal | None = gated("What the line earns.", App.PURCHASES)
    empty_goods_value: decimal.Decimal | None = gated("The deposit on the packaging of one.", App.EMPTY_GOODS)
    gl_account: str | None = gated("The ledger account.", App.GL_ACCOUNTS)


@strawberry.interface(description="What all kinds of document share.")
class Document(Node):
    kind: DocumentKind = field("The kind of document.")
    number: str = field("The number as printed.")
    sequence_number: int | None = gated("The bare number within its year.", App.NUMBERING)
    date: datetime.date = field("The document's date.")
    customer: Customer | None = field("The customer, as recorded now; none on what is bought.")
    customer_name: str | None = field("The customer's name as the document states it; none on what is bought.")
    supplier_name: str | None = field("The supplier's name as the document states it; none on what is sold.")
    lines: list[DocumentLine] = field("The lines, in their order.")
    vat_type: VatType = field("Whether prices are without or with tax.")
    total_excl: decimal.Decimal = field("The total without tax.")
    total_vat: decimal.Decimal = field("The tax.")
    total_incl: decimal.Decimal = field("The total with tax.")
    text: str | None = field("A text under the lines.")
    locked: bool = field("Whether it was handed to accounting and may no longer change.")
    created_at: datetime.datetime = field("When it was recorded.")
    delivery_date: datetime.date | None = gated("The day of delivery.", App.DELIVERY_DATE)
    order_reference: str | None = gated("The customer's reference.", App.ORDER_REFERENCE)
    language: Language | None = gated("The document's language.", App.FOREIGN_LANGUAGE_CUSTOMERS)
    currency: str | None = gated("The document's currency, ISO 4217.", App.CURRENCIES)
    exchange_rate: decimal.Decimal | None = gated("Euro for one unit of the currency.", App.CURRENCIES)
    total_incl_base: decimal.Decimal | None = gated("The total with tax in euro.", App.CURRENCIES)
    discount: decimal.Decimal | None = gated("The discount on the whole document, in percent.", App.DISCOUNTS)
    discount_type: DiscountType | None = gated("How the discount is meant.", App.DISCOUNTS)
    total_discount: decimal.Decimal | None = gated("All discounts together.", App.DISCOUNTS)
    top_text: str | None = gated("A text above the lines.", App.EXTRA_TEXT_FIELDS)
    sections: list[DocumentLine] | None = gated("The titles among the lines, in their order.", App.EXTRA_TEXT_FIELDS)
    section_behavior: SectionBehavior | None = gated(
        "What is printed of the lines below each title; none without titles.", App.EXTRA_TEXT_FIELDS
    )
    total_cost: decimal.Decimal | None = gated("What the goods cost to buy.", App.PURCHASES)
    total_profit: decimal.Decimal | None = gated("What the document earns.", App.PURCHASES)
    total_empty_goods: decimal.Decimal | None = gated("The deposits on packaging.", App.EMPTY_GOODS)


SUM_OF_CURRENCIES = (
    "In euro for who holds CURRENCIES; for anybody else as the documents state it, and null when they are in several "
    "currencies: `totalsByCurrency` of a list has the sums of each."
)


@value("The sums of a whole list of documents.")
class DocumentTotals:
    count: int = field("How many documents the list has.")
    total_excl: decimal.Decimal | None = field(f"Their total without tax. {SUM_OF_CURRENCIES}")
    total_incl: decimal.Decimal | None = field(f"Their total with tax. {SUM_OF_CURRENCIES}")
    balance_due: decimal.Decimal | None = gated(
        f"What is open of the invoices among them. {SUM_OF_CURRENCIES}", App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES
    )


@value("The sums of the documents of a list that are in one currency, as they state them.")
class CurrencyTotals:
    currency: str | None = gated("The currency, ISO 4217.", App.CURRENCIES)
    count: int = field("How many documents they are.")
    total_excl: decimal.Decimal = field("Their total without tax.")
    total_incl: decimal.Decimal = field("Their total with tax.")
    balance_due: decimal.Decimal | None = gated(
        "What is open of the invoices among them.", App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES
    )


@value("A page of a list.", name="Connection")
class DocumentConnection(Connection[NodeType]):
    totals: DocumentTotals = field("The sums of the whole list.")
    totals_by_currency: list[CurrencyTotals] = field(
        "The same for each currency, the one with the most documents first; never converted."
    )


@strawberry.enum(description="Where a quote stands.")
class QuoteStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    SENT = enum_value("SENT", "Sent to the customer.")
    ACCEPTED = enum_value("ACCEPTED", "Accepted by the customer.")
    REFUSED = enum_value("REFUSED", "Refused by the customer.")
    EXPIRED = enum_value("EXPIRED", "Not accepted in time.")


@strawberry.enum(description="Where an invoice stands.")
class InvoiceStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    SENT = enum_value("SENT", "Sent to the customer.")
    PAID = enum_value("PAID", "Paid.")
    OVERDUE = enum_value("OVERDUE", "Not paid in time.")


@strawberry.enum(description="Where a credit note stands.")
class CreditNoteStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    SENT = enum_value("SENT", "Sent to the customer.")
    SETTLED = enum_value("SETTLED", "Paid back or set off.")


@entity("quo", App.QUOTES, description="An offer to a customer.")
class Quote(Document):
    status: QuoteStatus = field("Where it stands.")
    validity_days: int | None = field("For how many days from its date it is valid.")
    expiration_date: datetime.date | None = field("The last day of its validity.")
    deposit_percent: decimal.Decimal | None = field("What is to be paid when it is accepted, in percent of the total.")
    deposit_amount: decimal.Decimal | None = field("The same as an amount with tax, to the cent.")
    invoices: list["Invoice"] | None = field("The invoices made of it.")


@entity("crn", App.CREDIT_NOTES, description="Money given back on an invoice.")
class CreditNote(Document):
    status: CreditNoteStatus = field("Where it stands.")
    invoice: "Invoice | None" = field("The invoice that it corrects.")


@entity("inv", App.INVOICES, description="A bill to a customer.")
class Invoice(Document):
    status: InvoiceStatus = field("Where it stands.")
    due_date: datetime.date | None = field("The last day to pay.")
    structured_communication: str | None = field("The reference for the payment.")
    settlement_discount: decimal.Decimal | None = gated("The discount for prompt payment, in percent.", App.DISCOUNTS)
    settlement_term_days: int | None = gated("Days within which payment is prompt.", App.DISCOUNTS)
    quote: Quote | None = field("The quote that it was made of.")
    credit_notes: list[CreditNote] | None = field("The credit notes on it.")


@filter_object("Which documents.")
class DocumentFilter:
    number: TextCriterion | None = reads(Document, "number")
    date: DateCriterion | None = reads(Document, "date")
    locked: bool | None = reads(Document, "locked")
    customer: IdCriterion | None = reads(Document, "customer")
    customer_name: TextCriterion | None = reads(Document, "customer_name")
    total_excl: DecimalCriterion | None = reads(Document, "total_excl")
    total_incl: DecimalCriterion | None = reads(Document, "total_incl")
    delivery_date: DateCriterion | None = reads(Document, "delivery_date")
    order_reference: TextCriterion | None = reads(Document, "order_reference")
    discount: DecimalCriterion | None = reads(Document, "discount")
    total_discount: DecimalCriterion | None = reads(Document, "total_discount")
    total_profit: DecimalCriterion | None = reads(Document, "total_profit")
    created_at: DateTimeCriterion | None = reads(Document, "created_at")
    search: str | None = reads(Document, "number", "customer_name", "supplier_name")


@filter_object("Which quotes.")
class QuoteFilter(DocumentFilter):
    status: list[QuoteStatus] | None = reads(Quote, "status")
    expiration_date: DateCriterion | None = reads(Quote, "expiration_date")


@filter_object("Which invoices.")
class InvoiceFilter(DocumentFilter):
    status: list[InvoiceStatus] | None = reads(Invoice, "status")
    due_date: DateCriterion | None = reads(Invoice, "due_date")
    structured_communication: TextCriterion | None = reads(Invoice, "structured_communication")


@filter_object("Which credit notes.")
class CreditNoteFilter(DocumentFilter):
    status: list[CreditNoteStatus] | None = reads(CreditNote, "status")


SHARED_KEYS = (
    "date",
    "number",
    "customer_name",
    "total_incl",
    "delivery_date",
    "discount",
    "total_discount",
    "total_profit",
)
DocumentOrder = order_enum("DocumentOrder", Document, *SHARED_KEYS)
QuoteOrder = order_enum("QuoteOrder", Quote, *SHARED_KEYS, "expiration_date")
InvoiceOrder = order_enum("InvoiceOrder", Invoice, *SHARED_KEYS, "due_date")
CreditNoteOrder = order_enum("CreditNoteOrder", CreditNote, *SHARED_KEYS)


@extends(Customer)
class CustomerDocuments:
    invoices: DocumentConnection[Invoice] | None = connection(
        "Invoices to the customer.", filter=InvoiceFilter, order=InvoiceOrder
    )
    credit_notes: DocumentConnection[CreditNote] | None = connection(
        "Credit notes to the customer.", filter=CreditNoteFilter, order=CreditNoteOrder
    )
    quotes: DocumentConnection[Quote] | None = connection(
        "Quotes to the customer.", filter=QuoteFilter, order=QuoteOrder
    )
