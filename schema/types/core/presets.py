"""Presets: sets of apps with a name, such as those of a technician, which owners give to users."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import CREATE, DELETE, FINAL, UPDATE, apps, line
from schema.roles import Role
from schema.types.core.company import Company
from schema.types.core.versions import Versioned, versioned_filter


@entity(
    "aps",
    Role.OWNER,
    description="A set of apps with a name, such as those of a technician, to give to users; at most 100 in a company.",
    writes=CREATE | UPDATE | DELETE | FINAL,
    called="preset",
    at_most=100,
)
class AccessPreset(Versioned, Node):
    name: str = field("The set's name, which no other one of the company has.", write=line(100, required=True))
    apps: list[App] = field("Its apps, in the catalogue's order; some may not be active.", write=apps())


@versioned_filter(AccessPreset)
@filter_object("Which sets of apps.")
class AccessPresetFilter:
    name: TextCriterion | None = reads(AccessPreset, "name")
    apps: list[App] | None = reads(AccessPreset, "apps")
    search: str | None = reads(AccessPreset, "name")


AccessPresetOrder = order_enum("AccessPresetOrder", AccessPreset, "name", "updated_at")


@extends(Company)
class CompanyAccessPresets:
    access_presets: Connection[AccessPreset] | None = connection(
        "Sets of apps to give to users.", filter=AccessPresetFilter, order=AccessPresetOrder
    )
