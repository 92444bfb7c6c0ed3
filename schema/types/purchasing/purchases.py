"""Purchases: suppliers, their invoices with lines, and purchase categories."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.localization.language import Language
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    Document,
    DocumentConnection,
    DocumentFilter,
)
from schema.types.core.products import Product


@strawberry.enum(description="The box of the VAT return in which a purchase is counted.")
class PurchaseVatBox(Enum):
    GOODS = enum_value("GOODS", "Box 81: goods, raw materials and consumables.")
    SERVICES = enum_value("SERVICES", "Box 82: services and sundry goods.")
    INVESTMENTS = enum_value("INVESTMENTS", "Box 83: investments.")


@strawberry.enum(description="Who owes the tax on a purchase, and where the VAT return shows it.")
class PurchaseVatTreatment(Enum):
    DOMESTIC = enum_value("DOMESTIC", "The supplier charged Belgian tax: box 59.")
    REVERSE_CHARGE = enum_value("REVERSE_CHARGE", "A Belgian supply on which the buyer owes the tax: boxes 87 and 56.")
    INTRA_COMMUNITY = enum_value(
        "INTRA_COMMUNITY", "Bought elsewhere in the European Union: box 86 for goods, 88 for services, and 55."
    )
    IMPORT = enum_value("IMPORT", "Bought outside the European Union: boxes 87 and 57.")
    EXEMPT = enum_value("EXEMPT", "There is no tax on it.")


@strawberry.enum(description="Where a purchase stands.")
class PurchaseStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not checked yet.")
    OPEN = enum_value("OPEN", "Checked, to be paid.")
    PAID = enum_value("PAID", "Paid.")
    OVERDUE = enum_value("OVERDUE", "Not paid in time.")


@entity("pca", App.PURCHASES, description="What sort of thing is bought, such as fuel or merchandise.")
class PurchaseCategory(Node):
    name: str = field("The category's name.")
    vat_box: PurchaseVatBox = field("The box of the VAT return for it.")
    deductible: decimal.Decimal = field("How much of the tax may usually be deducted, in percent.")
    gl_account: str | None = gated("The ledger account of its purchases.", App.GL_ACCOUNTS)


@entity("sup", App.PURCHASES, description="Somebody that the company buys from; may be a customer, too.")
class Supplier(Node):
    number: str = field("The supplier's number as printed.")
    name: str = field("The supplier's name.")
    vat_number: str | None = field("The VAT number.")
    street: str | None = field("Street.")
    street_number: str | None = field("House number.")
    postcode: str | None = field("Postcode.")
    city: str | None = field("Town.")
    country: str = field("Country, ISO 3166.")
    phone: str | None = field("Telephone number.")
    mobile: str | None = field("Mobile telephone number.")
    email: str | None = field("E-mail address.")
    website: str | None = field("Website.")
    iban: str | None = field("The bank account to pay to.")
    our_number: str | None = field("The number under which the supplier knows the company.")
    payment_term_days: int = field("Days from an invoice to its last day to pay.")
    note: str | None = field("An internal note.")
    created_at: datetime.datetime = field("When the supplier was recorded.")
    language: Language | None = gated("The language of the supplier's documents.", App.FOREIGN_LANGUAGE_CUSTOMERS)
    currency: str | None = gated("The currency of the supplier's prices, ISO 4217.", App.CURRENCIES)
    purchase_category: PurchaseCategory | None = field("What is usually bought from it.")
    customer: Customer | None = field("The same as a customer, where it is one, too.")


@thing("pul", App.PURCHASES, description="A line of a purchase.")
class PurchaseLine:
    position: int = field("Its place in the purchase, from 1.")
    name: str = field("What it is.")
    text: str | None = field("A longer text.")
    quantity: decimal.Decimal = field("How many.")
    price: decimal.Decimal = field("The price of one, before discount.")
    vat_rate: decimal.Decimal = field("The rate of value added tax, in percent.")
    total_excl: decimal.Decimal = field("The line's total without tax.")
    total_vat: decimal.Decimal = field("The line's tax.")
    total_incl: decimal.Decimal = field("The line's total with tax.")
    product: Product | None = field("The product, where it is one that the company sells.")
    category: PurchaseCategory | None = field("What sort of thing it is.")
    deductible: decimal.Decimal | None = field("How much of the tax may be deducted, in percent; null means all of it.")
    deductible_vat: decimal.Decimal = field("The part of the line's tax that may be deducted.")
    gl_account: str | None = gated("The ledger account.", App.GL_ACCOUNTS)


@entity("pur", App.PURCHASES, description="A bill from a supplier.")
class Purchase(Document):
    status: PurchaseStatus = field("Where it stands.")
    supplier: Supplier | None = field("The supplier, as recorded now.")
    supplier_reference: str | None = field("The number that the supplier gave it.")
    due_date: datetime.date | None = field("The last day to pay.")
    structured_communication: str | None = field("The reference for the payment.")
    category: PurchaseCategory | None = field("What sort of thing is bought, mostly.")
    purchase_lines: list[PurchaseLine] = field("The lines but titles, with what only purchases have.")
    vat_treatment: PurchaseVatTreatment | None = field("Who owes the tax.")
    deductible_vat: decimal.Decimal = field("What may be deducted of the tax on its lines.")
    paid_on: datetime.date | None = gated("The day of its payment.", App.PAYMENTS)


@filter_object("Which suppliers.")
class SupplierFilter:
    number: TextCriterion | None = reads(Supplier, "number")
    name: TextCriterion | None = reads(Supplier, "name")
    vat_number: TextCriterion | None = reads(Supplier, "vat_number")
    city: TextCriterion | None = reads(Supplier, "city")
    postcode: TextCriterion | None = reads(Supplier, "postcode")
    email: TextCriterion | None = reads(Supplier, "email")
    iban: TextCriterion | None = reads(Supplier, "iban")
    purchase_category: IdCriterion | None = reads(Supplier, "purchase_category")
    search: str | None = reads(Supplier, "number", "name", "city", "vat_number")


@filter_object("Which purchase categories.")
class PurchaseCategoryFilter:
    name: TextCriterion | None = reads(PurchaseCategory, "name")
    vat_box: list[PurchaseVatBox] | None = reads(PurchaseCategory, "vat_box")
    gl_account: TextCriterion | None = reads(PurchaseCategory, "gl_account")
    search: str | None = reads(PurchaseCategory, "name")


@filter_object("Which purchases.")
class PurchaseFilter(DocumentFilter):
    status: list[PurchaseStatus] | None = reads(Purchase, "status")
    supplier: IdCriterion | None = reads(Purchase, "supplier")
    supplier_name: TextCriterion | None = reads(Purchase, "supplier_name")
    supplier_reference: TextCriterion | None = reads(Purchase, "supplier_reference")
    due_date: DateCriterion | None = reads(Purchase, "due_date")
    category: IdCriterion | None = reads(Purchase, "category")
    vat_treatment: list[PurchaseVatTreatment] | None = reads(Purchase, "vat_treatment")
    paid_on: DateCriterion | None = reads(Purchase, "paid_on")
    search: str | None = reads(Purchase, "number", "supplier_name", "supplier_reference")


SupplierOrder = order_enum("SupplierOrder", Supplier, "name", "number", "city", "created_at")
PurchaseCategoryOrder = order_enum("PurchaseCategoryOrder", PurchaseCategory, "name", "gl_account")
KEYS = ("date", "number", "supplier_name", "supplier_reference", "total_excl", "total_incl", "due_date", "paid_on")
PurchaseSort = order_enum("PurchaseSort", Purchase, *KEYS)
"""Named PurchaseSort, since PurchaseOrder is an order to a supplier."""


@extends(PurchaseCategory)
class PurchaseCategoryPurchases:
    purchases: DocumentConnection[Purchase] | None = connection(
        "The purchases of it.", filter=PurchaseFilter, order=PurchaseSort
    )


@extends(Supplier)
class SupplierPurchases:
    purchases: DocumentConnection[Purchase] | None = connection(
        "Purchases from the supplier.", filter=PurchaseFilter, order=PurchaseSort
    )


@extends(Customer)
class CustomerAsSupplier:
    supplier: Supplier | None = field("The same as a supplier, where it is one, too.")


@extends(Company)
class CompanyPurchases:
    suppliers: Connection[Supplier] | None = connection("Suppliers.", filter=SupplierFilter, order=SupplierOrder)
    purchases: DocumentConnection[Purchase] | None = connection("Purchases.", filter=PurchaseFilter, order=PurchaseSort)
    purchase_categories: Connection[PurchaseCategory] | None = connection(
        "Purchase categories.", filter=PurchaseCategoryFilter, order=PurchaseCategoryOrder
    )
