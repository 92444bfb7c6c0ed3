"""What the oracle's resolvers hand to each other, and how a column's value is written."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from tests.differential.lists import Page
from tests.differential.world import Record, Scope, World

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A row as a value of a type, in the company where it was reached, and the value that led to it."""

    type: str
    row: Record
    scope: Scope | None = None
    parent: "Item | None" = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection, with the order that its cursors belong to."""

    page: Page


class Oracle(Protocol):
    """What the resolvers of single fields may ask: the rows, and who the viewer is."""

    world: World
    session: Record | None
    account: Record | None
    language: str
    scopes: list[Scope]

    def referred(self, item: Item, type_: Any, key: Any) -> Item | None:
        """The row with a key that a row refers to."""
        ...

    def connect(self, items: list[Item], table: str, filter_type: str, arguments: Arguments) -> Listed:
        """A page of rows."""
        ...


Resolver: TypeAlias = Callable[[Oracle, Item, Arguments], Any]
"""What gives the value of a field that follows a rule of its own."""


def scope_of(item: Item) -> Scope:
    """The company in which a value was reached."""
    assert item.scope is not None
    return item.scope


def written(value: Any) -> Any:
    """A column's value as JSON has it: decimals with their scale, moments in UTC without needless digits."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime.datetime():
            text = value.astimezone(datetime.UTC).isoformat()
            moment, _, offset = text.partition("+")
            return f"{moment.rstrip('0') if '.' in moment else moment}+{offset}"
        case datetime.date():
            return value.isoformat()
        case _:
            return value
