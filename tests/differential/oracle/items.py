"""The values that the oracle's resolvers exchange, and the JSON form of column values."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from tests.differential.oracle.lists import Page
from tests.differential.oracle.world import Record, Scope, World

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A row as a value of a type, with the company in which it was reached, and its parent value."""

    type: str
    row: Record
    scope: Scope | None = None
    parent: "Item | None" = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection: one page of rows, and all rows of the list, in a company or in none."""

    page: Page
    rows: Sequence[Record]
    scope: Scope | None


class Oracle(Protocol):
    """The oracle as the resolvers of single fields see it: the rows, and the viewer."""

    world: World
    session: Record | None
    account: Record | None
    language: str
    scopes: list[Scope]

    def referred(self, item: Item, type_: Any, key: Any) -> Item | None:
        """The row with a key that a row refers to."""
        ...

    def connect(
        self, items: list[Item], table: str, filter_type: str, arguments: Arguments, scope: Scope | None = None
    ) -> Listed:
        """A page of rows."""
        ...


Resolver: TypeAlias = Callable[[Oracle, Item, Arguments], Any]
"""A resolver of a field with a rule of its own."""


def scope_of(item: Item) -> Scope:
    """The company in which a value was reached."""
    assert item.scope is not None
    return item.scope


def written(value: Any) -> Any:
    """The JSON form of a column's value: decimals with their scale, moments in UTC without trailing zeros."""
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
