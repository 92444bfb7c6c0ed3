"""Price tiers: prices that differ by segment of customers."""

import decimal

from schema.apps import App
from schema.company import Company
from schema.customers import Customer, CustomerFilter
from schema.declarations import connection, entity, extends, field, gated, input_object, order_enum, reads, value
from schema.filters import IdCriterion, TextCriterion
from schema.products import Product
from schema.relay import Connection, Node


@entity("prt", App.PRICE_TIERS, description="A segment of customers with prices of its own; no customer sees its name.")
class PriceTier(Node):
    name: str = field("The tier's name.")


@value("What a product costs in a price tier.", App.PRICE_TIERS)
class TierPrice:
    tier: PriceTier = field("The tier.")
    price: decimal.Decimal = field("The sales price of one.")


@input_object("Which price tiers.")
class PriceTierFilter:
    name: TextCriterion | None = reads(PriceTier, "name")
    search: str | None = reads(PriceTier, "name")


PriceTierOrder = order_enum("PriceTierOrder", PriceTier, "name")


@extends(Customer)
class OfCustomer:
    price_tier: PriceTier | None = gated("The tier whose prices the customer pays.", App.PRICE_TIERS)


@extends(CustomerFilter)
class OfCustomerFilter:
    price_tier: IdCriterion | None = reads(Customer, "price_tier")


@extends(Product)
class OfProduct:
    tier_prices: list[TierPrice] | None = gated("Its prices by tier, the highest first.", App.PRICE_TIERS)


@extends(Company)
class OfCompany:
    price_tiers: Connection[PriceTier] | None = connection("Price tiers.", filter=PriceTierFilter, order=PriceTierOrder)
