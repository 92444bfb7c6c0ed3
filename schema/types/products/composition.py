"""Composite products and their components."""

import decimal

from schema.apps import App
from schema.declarations.fields import field, gated
from schema.declarations.object_types import extends, thing
from schema.declarations.writing import amount, link, owned
from schema.types.core.products import Product


@thing("pcm", App.COMPOSITE_PRODUCTS, description="A product that is part of another.")
class ProductComponent:
    child: Product = field("The part.", write=link(required=True, called="product"))
    quantity: decimal.Decimal = field(
        "How many of the part are in one of the whole.", write=amount(3, "0.001", "9999999999", required=True)
    )


@extends(Product)
class ProductComposition:
    components: list[ProductComponent] | None = gated(
        "What it is made of, in order.", App.COMPOSITE_PRODUCTS, write=owned(50, alone=True)
    )
    is_composite: bool | None = gated("Whether it is made of other products.", App.COMPOSITE_PRODUCTS)
