"""The root type Query."""

import strawberry

from schema.apps import AppKind
from schema.declarations.fields import Argument, field
from schema.declarations.object_types import value
from schema.declarations.relay import Node
from schema.types.core.access import AppInfo
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@value("Everything that can be read.")
class Query:
    viewer: Viewer | None = field("Who is signed in; null when nobody is.")
    company: Company | None = field(
        "A company that the viewer may enter.", id=Argument(strawberry.ID, "Its global id.")
    )
    node: Node | None = field("Any object that the viewer may see.", id=Argument(strawberry.ID, "Its global id."))
    nodes: list[Node | None] = field(
        "Several objects; null in the place of each that the viewer may not see.",
        ids=Argument(list[strawberry.ID], "Their global ids, at most 100."),
    )
    apps: list[AppInfo] = field("The catalogue of apps.", kind=Argument(AppKind | None, "Only this kind."))
