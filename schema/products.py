"""Products and their groups."""

import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations import entity, enum_value, field, gated, input_object, order_enum, reads
from schema.filters import DecimalCriterion, IdCriterion, TextCriterion
from schema.relay import Node


@strawberry.enum(description="Whether prices are without or with value added tax.")
class VatType(Enum):
    EXCL = enum_value("EXCL", "Prices are without tax.")
    INCL = enum_value("INCL", "Prices are with tax.")


@entity("prg", App.PRODUCTS, description="A group of products.")
class ProductGroup(Node):
    name: str = field("The group's name.")
    gl_account: str | None = gated("The ledger account of its sales.", App.GL_ACCOUNTS)
    profit_margin: decimal.Decimal | None = gated("The usual profit margin, in percent.", App.PURCHASES)


@entity("pro", App.PRODUCTS, description="Something that the company sells.")
class Product(Node):
    number: str = field("The product's number as printed.")
    name: str = field("The product's name.")
    text: str | None = field("A longer text for documents.")
    price: decimal.Decimal = field("The sales price of one.")
    vat_rate: decimal.Decimal = field("The rate of value added tax, in percent.")
    vat_type: VatType = field("Whether the price is without or with value added tax.")
    group: ProductGroup | None = field("The group that it stands in.")
    purchase_price: decimal.Decimal | None = gated("What one costs to buy.", App.PURCHASES)
    profit_margin: decimal.Decimal | None = gated("The profit margin, in percent.", App.PURCHASES)
    currency: str | None = gated("The currency of the price, ISO 4217.", App.CURRENCIES)
    empty_goods_value: decimal.Decimal | None = gated("The deposit on its packaging.", App.EMPTY_GOODS)
    gl_account: str | None = gated("The ledger account of its sales.", App.GL_ACCOUNTS)
    ean: str | None = gated("The number under its bar code.", App.BARCODE_SCANNER)
    photo_url: str | None = gated("Where its photo is.", App.PRODUCT_PHOTOS)
    photo_thumbnail_url: str | None = gated("Where a small version of its photo is.", App.PRODUCT_PHOTOS)
    note: str | None = field("An internal note.")


@input_object("Which products.")
class ProductFilter:
    number: TextCriterion | None = reads(Product, "number")
    name: TextCriterion | None = reads(Product, "name")
    price: DecimalCriterion | None = reads(Product, "price")
    vat_rate: DecimalCriterion | None = reads(Product, "vat_rate")
    group: IdCriterion | None = reads(Product, "group")
    purchase_price: DecimalCriterion | None = reads(Product, "purchase_price")
    profit_margin: DecimalCriterion | None = reads(Product, "profit_margin")
    empty_goods_value: DecimalCriterion | None = reads(Product, "empty_goods_value")
    ean: TextCriterion | None = reads(Product, "ean")
    search: str | None = reads(Product, "number", "name")


ProductOrder = order_enum("ProductOrder", Product, "name", "number", "price", "purchase_price")


@input_object("Which product groups.")
class ProductGroupFilter:
    name: TextCriterion | None = reads(ProductGroup, "name")
    search: str | None = reads(ProductGroup, "name")


ProductGroupOrder = order_enum("ProductGroupOrder", ProductGroup, "name")
