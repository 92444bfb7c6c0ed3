"""How a field gets its value: the closed list of ways, each a function from the row at hand to SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from db.sql import Rows, Sql
from resolvers.compilation import Row
from resolvers.inputs import Input

Arguments: TypeAlias = Mapping[str, Input]
Link: TypeAlias = Callable[[Row, Row], tuple[Sql, ...]]
"""From the row at hand and a row of another table (which has the field's arguments) to when they belong together."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value computed from the row."""

    value: Callable[[Row, Arguments], Sql]


@dataclass(frozen=True, slots=True)
class Identity:
    """A global id made of a key of the row; `of` names the type, None for the row's own type.

    `mark` gives a text that sets an object apart from others of the same key, None where nothing does.
    """

    key: Callable[[Row], Sql]
    of: str | None = None
    mark: Callable[[Row], Sql | None] | None = None


@dataclass(frozen=True, slots=True)
class Inline:
    """An object that lives in a row already at hand; absent where `when` gives a condition that does not hold."""

    at: Callable[[Row], Rows]
    when: Callable[[Row], Sql] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """At most one row of another table; of an interface, only one of a kind that the viewer holds."""

    link: Link


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of another table that belong to the row.

    `order` (columns, `-column` for descending) overrides the table's; `past`: those that have ended, too.
    `instead` gives what stands after FROM in place of the table (from the row at hand and one of it), or None.
    `narrowed` gives, from the row at hand, the list that a client gave of the items it wants: there are no more than
    it has.
    """

    link: Link
    order: tuple[str, ...] = ()
    past: bool = False
    instead: Callable[[Row, Row], Sql | None] | None = None
    narrowed: Callable[[Row], Input] | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """All rows of a relation that is computed from the row, in the order of one of its columns.

    Null where `when` gives a condition that does not hold.
    """

    relation: Callable[[Row, Arguments], Rows]
    order: str
    when: Callable[[Row, Arguments], Sql] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An enum value that was given for an argument of the field that led to the row; gated ones were refused there."""

    argument: str


@dataclass(frozen=True, slots=True)
class Paging:
    """A Relay connection over the rows of another table that belong to the row."""

    link: Link


@dataclass(frozen=True, slots=True)
class Companies:
    """The Relay connection over the companies that the viewer may enter."""


class Found(NamedTuple):
    """Rows of a table, in whatever companies: what stands after FROM, and the conditions."""

    rows: Rows
    source: Sql
    conditions: tuple[Sql, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An object in the row at hand, or in one row that is made of it where the arguments ask for that."""

    make: Callable[[Row, Arguments], Found | None]


@dataclass(frozen=True, slots=True)
class Scattered:
    """A Relay connection over rows of several companies, also of some that the viewer does not enter."""

    find: Callable[[Row], Found]


Resolution: TypeAlias = (
    Leaf | Identity | Inline | Made | Reference | Listing | Derived | Given | Paging | Companies | Scattered
)
