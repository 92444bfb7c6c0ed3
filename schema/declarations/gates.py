"""Gates: the apps and roles that a coordinate requires, and the directives of the schema that state them."""

from collections.abc import Iterable
from enum import Enum
from typing import Final, TypeAlias, cast

import strawberry
from strawberry.schema_directive import Location

from schema.apps import App
from schema.roles import Role


class Standing(Enum):
    """A role, or the standing in for its first holder (the accountant who created the company)."""

    OWNER = "OWNER"


GATED_LOCATIONS: Final = [
    Location.FIELD_DEFINITION,
    Location.OBJECT,
    Location.INTERFACE,
    Location.ARGUMENT_DEFINITION,
    Location.INPUT_FIELD_DEFINITION,
    Location.ENUM_VALUE,
]


@strawberry.schema_directive(
    locations=GATED_LOCATIONS,
    name="requiresApp",
    repeatable=True,
    description="Visible only to whoever holds the app in the company that the data belongs to; repeated: all of them.",
)
class RequiresApp:
    app: App


@strawberry.schema_directive(
    locations=GATED_LOCATIONS,
    name="requiresRole",
    repeatable=True,
    description="Visible only to whoever has the role in the company that the data belongs to.",
)
class RequiresRole:
    role: Role


Gate: TypeAlias = App | Role | Standing
"""A requirement of a coordinate: the viewer must hold it in the company that the data belongs to."""


class Openness(Enum):
    """In place of a gate: visible to every viewer who enters the company."""

    OPEN = "OPEN"


OPEN: Final = Openness.OPEN


def directives_of(gates: tuple[Gate, ...]) -> list[object]:
    """The schema directives that state `gates`."""
    return [RequiresRole(role=gate) if isinstance(gate, Role) else RequiresApp(app=cast("App", gate)) for gate in gates]


def gates_of(directives: Iterable[object]) -> tuple[Gate, ...]:
    """The gates among the directives of a Strawberry definition."""
    gates: list[Gate] = []
    for directive in directives:
        match directive:
            case RequiresApp(app=app):
                gates.append(app)
            case RequiresRole(role=role):
                gates.append(role)
            case _:
                pass
    return tuple(dict.fromkeys(gates))
