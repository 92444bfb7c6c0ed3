"""The prices of many products at once: input and payload."""

import decimal
from enum import Enum

import strawberry

from schema.declarations.fields import enum_value, field, input_field
from schema.declarations.object_types import input_object, payload
from schema.errors import UserError
from schema.types.core.company import Company
from schema.types.core.products import Product


@strawberry.enum(description="To what a price is rounded, half away from zero.")
class RoundTo(Enum):
    CENT = enum_value("CENT", "Two decimals.")
    FIVE_CENTS = enum_value("FIVE_CENTS", "Five cents.")
    TEN_CENTS = enum_value("TEN_CENTS", "Ten cents.")


@input_object("Which prices, and by how much: those of a group, or of some products.")
class AdjustPricesInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    group_id: strawberry.ID | None = input_field("The group of the products, which may have 1,000 of them.")
    product_ids: list[strawberry.ID] | None = input_field("The products, at most 100.")
    percent: decimal.Decimal = input_field(
        "By how many percent, -100 to 1,000, with two decimals at most.", optional=False
    )
    round_to: RoundTo | None = input_field("To what the new prices are rounded; to cents by default.")
    idempotency_key: str | None = input_field(
        "A key of one's own, 1 to 100 visible characters: the same input with the same key is written once."
    )
    validate_only: bool | None = input_field("Only check whether it could be done, and count what would change.")


@payload("The answer to a change of prices.")
class AdjustPricesPayload:
    products: list[Product] | None = field(
        "The products whose price has changed, in the order in which they were recorded; the first 100 of them."
    )
    count: int | None = field("How many prices have changed, or would in a trial.")
    company: Company | None = field("The company.")
    warnings: list[UserError] = field("What to look at; nothing was refused for it.")
    replayed: bool = field("Whether an earlier request with the same key did this.")
