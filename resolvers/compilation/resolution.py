"""Resolutions: the closed list of ways in which a field gets its value, as functions from the row at hand to SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from db.sql import Rows, Sql
from resolvers.compilation.context import Row
from resolvers.compilation.cost import ListSize
from resolvers.operation.arguments import ArgumentValue

Arguments: TypeAlias = Mapping[str, ArgumentValue]
Link: TypeAlias = Callable[[Row, Row], tuple[Sql, ...]]
"""From the row at hand and a row of another table, which has the field's arguments, to their join conditions."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value computed from the row; `alone`: from that and the catalogue of apps, and nothing else.

    `length` is the cost of a list besides its first values, where that is not the usual one.
    """

    value: Callable[[Row, Arguments], Sql]
    alone: bool = False
    length: Callable[[Row], int | ListSize] | None = None


@dataclass(frozen=True, slots=True)
class GlobalId:
    """A global id made of a key of the row; `of` names the type, None for the row's own type.

    `mark` returns SQL of a text that distinguishes objects with the same key, or None for no mark. An id without a key
    is the mark alone. `prefix` returns SQL of the prefix where the row alone knows the type.
    """

    key: Callable[[Row], Sql] | None
    of: str | None = None
    mark: Callable[[Row], Sql | None] | None = None
    prefix: Callable[[Row], Sql] | None = None


@dataclass(frozen=True, slots=True)
class SameRow:
    """An object in a row that is already at hand; null where the condition of `when` does not hold."""

    at: Callable[[Row], Rows]
    when: Callable[[Row], Sql] | None = None


@dataclass(frozen=True, slots=True)
class ToOne:
    """At most one row of another table; for an interface, only of a kind that the viewer may see.

    `hides`: the link leaves out rows that the foreign key names, so that filters have to follow it, too.
    """

    link: Link
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of another table that belong to the row at hand.

    `order` (columns, `-column` for descending) overrides the table's order. `past`: rows that have ended are listed,
    too. `instead` takes the row at hand and a listed row, and returns the text after FROM that replaces the table, or
    None; the matrix of a moment uses it (`fields/core/matrix_history.py`). `narrowed` takes the row at hand and returns
    the argument with the wanted items; its length bounds the list's cost.
    """

    link: Link
    order: tuple[str, ...] = ()
    past: bool = False
    instead: Callable[[Row, Row], Sql | None] | None = None
    narrowed: Callable[[Row], ArgumentValue] | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """All rows of a relation that is computed from the row at hand, sorted by its column `order`.

    Null where the condition of `when` does not hold. Its length is the product of `sizes`; None: the usual one.
    """

    relation: Callable[[Row, Arguments], Rows]
    order: str
    when: Callable[[Row, Arguments], Sql] | None = None
    sizes: Callable[[Row, Arguments], tuple[int | ListSize, ...]] | None = None


class PairSource(NamedTuple):
    """Pairs of rows: a relation `source` of one row that is computed once, and the conditions that choose the pairs.

    `is_known` is the condition without which the list is null.
    """

    source: Sql
    is_known: Sql
    conditions: tuple[Sql, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of another table below each of some rows that belong to the row at hand, as one list.

    `between` names the type of the rows between, sorted by their columns `order`. `choose` takes the row at hand, both
    rows of a pair and the arguments; it chooses at most `most` pairs.
    """

    between: str
    choose: Callable[[Row, Row, Row, Arguments], PairSource]
    order: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class EchoArgument:
    """The enum value of an argument of the field that led to the row; that field refused gated values."""

    argument: str


@dataclass(frozen=True, slots=True)
class Paging:
    """A Relay connection over the rows of another table that belong to the row at hand.

    `ranks` takes both, and returns a condition for each rank, best first: a row is listed in the first one that it
    meets, before those of the next. Each condition but the last one implies the next.
    """

    link: Link
    ranks: Link | None = None


@dataclass(frozen=True, slots=True)
class Companies:
    """The Relay connection over the companies that the viewer may enter."""


class RowSource(NamedTuple):
    """Rows of a table, in any company: the text after FROM, and the conditions."""

    rows: Rows
    source: Sql
    conditions: tuple[Sql, ...]


@dataclass(frozen=True, slots=True)
class RowOrDerived:
    """An object in the row at hand, or in a row computed from it if `make` returns one for the arguments."""

    make: Callable[[Row, Arguments], RowSource | None]


@dataclass(frozen=True, slots=True)
class AcrossCompanies:
    """A Relay connection over rows of several companies, which the viewer may enter or not."""

    find: Callable[[Row], RowSource]


Resolution: TypeAlias = (
    Leaf
    | GlobalId
    | SameRow
    | RowOrDerived
    | ToOne
    | Listing
    | Derived
    | Pairs
    | EchoArgument
    | Paging
    | Companies
    | AcrossCompanies
)
