"""Products and their groups."""

import datetime
import decimal
from enum import Enum
from typing import Final

import strawberry

from schema.apps import App
from schema.declarations.criteria import (
    DateTimeCriterion,
    DecimalCriterion,
    ExternalIdCriterion,
    IdCriterion,
    TextCriterion,
)
from schema.declarations.fields import enum_value, field, gated
from schema.declarations.forms import Form
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, filter_object
from schema.declarations.relay import Node
from schema.declarations.writing import (
    COMPANY,
    CREATE,
    DELETE,
    MANY,
    UPDATE,
    amount,
    choice,
    form,
    line,
    link,
    note,
    numbered,
)
from schema.types.core.versions import Versioned, versioned_filter


@strawberry.enum(description="Whether prices are without or with value added tax.")
class VatType(Enum):
    EXCL = enum_value("EXCL", "Prices are without tax.")
    INCL = enum_value("INCL", "Prices are with tax.")


@strawberry.enum(description="What is sold.")
class ProductNature(Enum):
    GOODS = enum_value("GOODS", "A thing.")
    SERVICE = enum_value("SERVICE", "Work, or the use of something.")


MOST: Final = "9999999999"
"""The greatest price and deposit, which fits every column of money."""


@entity("prg", App.PRODUCTS, description="A group of products.", writes=CREATE | UPDATE | DELETE)
class ProductGroup(Versioned, Node):
    name: str = field("The group's name.", write=line(100, required=True))
    gl_account: str | None = gated("The ledger account of its sales.", App.GL_ACCOUNTS, write=line(20))
    profit_margin: decimal.Decimal | None = gated(
        "The usual profit margin, in percent.", App.PURCHASES, write=amount(2, "-999.99", "999.99")
    )


@entity("pro", App.PRODUCTS, description="Something that the company sells.", writes=CREATE | UPDATE | DELETE | MANY)
class Product(Versioned, Node):
    number: str = field("The product's number as printed.", write=numbered("P"))
    name: str = field("The product's name.", write=line(required=True))
    nature: ProductNature = field("Whether it is a thing or a service.", write=choice(default="GOODS"))
    external_id: str | None = field("The id in the system that the product came from.", write=form(Form.EXTERNAL_ID))
    text: str | None = field("A longer text for documents.", write=note())
    price: decimal.Decimal = field("The sales price of one.", write=amount(4, 0, MOST, filled=True))
    vat_rate: decimal.Decimal = field(
        "The rate of value added tax, in percent.", write=amount(2, 0, 100, default=COMPANY)
    )
    vat_type: VatType = field("Whether the price is without or with value added tax.", write=choice(filled=True))
    group: ProductGroup | None = field("The group that it stands in.", write=link())
    purchase_price: decimal.Decimal | None = gated("What one costs to buy.", App.PURCHASES, write=amount(4, 0, MOST))
    profit_margin: decimal.Decimal | None = gated(
        "The profit margin, in percent.", App.PURCHASES, write=amount(2, -100, "9999999.99", filled=True)
    )
    currency: str | None = gated(
        "The currency of the price, ISO 4217.", App.CURRENCIES, write=form(Form.CURRENCY, default=COMPANY)
    )
    empty_goods_value: decimal.Decimal | None = gated(
        "The deposit on its packaging.", App.EMPTY_GOODS, write=amount(2, 0, MOST)
    )
    gl_account: str | None = gated("The ledger account of its sales.", App.GL_ACCOUNTS, write=line(20, filled=True))
    ean: str | None = gated("The number under its bar code.", App.BARCODE_SCANNER, write=form(Form.EAN))
    photo_url: str | None = gated("Where its photo is.", App.PRODUCT_PHOTOS)
    photo_thumbnail_url: str | None = gated("Where a small version of its photo is.", App.PRODUCT_PHOTOS)
    note: str | None = field("An internal note.", write=note())
    created_at: datetime.datetime = field("When the product was recorded.")


@versioned_filter(Product)
@filter_object("Which products.")
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
    nature: ProductNature | None = reads(Product, "nature")
    external_id: ExternalIdCriterion | None = reads(Product, "external_id")
    created_at: DateTimeCriterion | None = reads(Product, "created_at")
    search: str | None = reads(Product, "number", "name")


ProductOrder = order_enum(
    "ProductOrder", Product, "name", "number", "price", "purchase_price", "created_at", "updated_at"
)


@versioned_filter(ProductGroup)
@filter_object("Which product groups.")
class ProductGroupFilter:
    name: TextCriterion | None = reads(ProductGroup, "name")
    search: str | None = reads(ProductGroup, "name")


ProductGroupOrder = order_enum("ProductGroupOrder", ProductGroup, "name")
