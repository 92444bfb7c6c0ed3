"""Changes of business data: which entities of a company have other content than before, without that content."""

import datetime
from enum import Enum
from typing import Final

import strawberry

from schema.apps import App
from schema.declarations.fields import Argument, enum_value, field
from schema.declarations.object_types import value
from schema.roles import Role


@strawberry.enum(description="An entity whose changes are told; parts, such as contact persons, count as their whole.")
class ChangedEntity(Enum):
    """The entities that can be written, each behind the gates of its type, as the boot checks."""

    CUSTOMER = enum_value("CUSTOMER", "A customer.", App.CUSTOMERS)
    PRODUCT = enum_value("PRODUCT", "A product.", App.PRODUCTS)
    PRODUCT_GROUP = enum_value("PRODUCT_GROUP", "A group of products.", App.PRODUCTS)
    PRICE_TIER = enum_value("PRICE_TIER", "A price tier.", App.PRICE_TIERS)
    UNIT = enum_value("UNIT", "A unit of measure.", App.UNITS)
    ACCESS_PRESET = enum_value("ACCESS_PRESET", "A set of apps to give to users.", Role.OWNER)


@strawberry.enum(description="What became of an entity.")
class ChangeKind(Enum):
    UPSERTED = enum_value("UPSERTED", "It is there, new or with other content.")
    DELETED = enum_value("DELETED", "It is not there any more.")


@value("An entity that has changed, as it is now.")
class Change:
    entity: ChangedEntity = field("What it is.")
    entity_id: strawberry.ID = field("Its global id; `node` finds it if it was not deleted.")
    kind: ChangeKind = field("Whether it is there.")
    version: int | None = field("Its version; null for an entity that cannot come back.")
    at: datetime.datetime = field("When it was changed last.")


@value("The changes of some time: each entity once, however often it changed.")
class Changes:
    nodes: list[Change] = field("The entities, the one that changed last at the end; at most 100.")
    more: bool = field("True: more has changed than is listed here, so everything that is shown has to be read anew.")


ENTITIES: Final = Argument(list[ChangedEntity] | None, "Only these; all that the viewer may see by default.")
