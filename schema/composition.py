"""Composite products: what a product is made of."""

import decimal

from schema.apps import App
from schema.declarations import extends, field, gated, value
from schema.products import Product


@value("A product that is part of another.", App.COMPOSITE_PRODUCTS)
class ProductComponent:
    child: Product = field("The part.")
    quantity: decimal.Decimal = field("How many of the part are in one of the whole.")


@extends(Product)
class OfProduct:
    components: list[ProductComponent] | None = gated("What it is made of, in order.", App.COMPOSITE_PRODUCTS)
    is_composite: bool | None = gated("Whether it is made of other products.", App.COMPOSITE_PRODUCTS)
