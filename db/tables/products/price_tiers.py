"""Price tiers: segments of customers, and the prices of products in them."""

from db.declarations import Column, Uuid
from db.tables.core.contacts import contact
from db.tables.metadata import (
    UnitPrice,
    add_to,
    holds,
    index,
    reading_index,
    reference,
    tenant_table,
    words,
    written,
)

price_tier = tenant_table(
    "price_tier",
    words("name"),
    *written(),
    info=holds(order="name", PriceTier={}),
)

reading_index(price_tier, "name")

tier_price = tenant_table(
    "tier_price",
    Column("product_id", Uuid, nullable=False),
    Column("tier_id", Uuid, nullable=False),
    Column("price", UnitPrice, nullable=False),
    reference("product_id", "product", ondelete="CASCADE"),
    reference("tier_id", "price_tier", ondelete="CASCADE"),
    info=holds(order="-price", TierPrice={}),
    node=False,
)
index(tier_price, "product_id", "tier_id", unique=True)
index(tier_price, "tier_id")

add_to(contact, Column("price_tier_id", Uuid, nullable=True), reference("price_tier_id", "price_tier"))
index(contact, "price_tier_id")
