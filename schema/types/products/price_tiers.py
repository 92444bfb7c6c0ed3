"""Price tiers: prices that differ by segment of customers."""

import decimal

from schema.apps import App
from schema.declarations.criteria import IdCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import CREATE, DELETE, UPDATE, amount, keyed, line, link
from schema.types.core.company import Company
from schema.types.core.customers import Customer, CustomerFilter
from schema.types.core.products import MOST, Product
from schema.types.core.versions import Versioned, versioned_filter


@entity(
    "prt",
    App.PRICE_TIERS,
    description="A segment of customers with prices of its own; no customer sees its name.",
    writes=CREATE | UPDATE | DELETE,
)
class PriceTier(Versioned, Node):
    name: str = field("The tier's name.", write=line(100, required=True))


@thing("tpr", App.PRICE_TIERS, description="What a product costs in a price tier.")
class TierPrice:
    tier: PriceTier = field("The tier.", write=link(required=True))
    price: decimal.Decimal = field("The sales price of one.", write=amount(4, 0, MOST))


@versioned_filter(PriceTier)
@filter_object("Which price tiers.")
class PriceTierFilter:
    name: TextCriterion | None = reads(PriceTier, "name")
    search: str | None = reads(PriceTier, "name")


PriceTierOrder = order_enum("PriceTierOrder", PriceTier, "name")


@extends(Customer)
class CustomerPriceTier:
    price_tier: PriceTier | None = gated("The tier whose prices the customer pays.", App.PRICE_TIERS, write=link())


@extends(CustomerFilter)
class CustomersByPriceTier:
    price_tier: IdCriterion | None = reads(Customer, "price_tier")


@extends(Product)
class ProductTierPrices:
    tier_prices: list[TierPrice] | None = gated(
        "Its prices by tier, the highest first.", App.PRICE_TIERS, write=keyed()
    )


@extends(Company)
class CompanyPriceTiers:
    price_tiers: Connection[PriceTier] | None = connection("Price tiers.", filter=PriceTierFilter, order=PriceTierOrder)
