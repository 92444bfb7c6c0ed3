"""The sources from which the statement of a write reads the columns of a row that an input states."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, LiteralString, Protocol, cast

from db.declarations import Array, Boolean, Column, Integer, Numeric, Text, Uuid
from db.sql import Sql, join, literal, sql
from resolvers.compilation.context import Bindings, StatementContext
from resolvers.writing.given import Given

INPUT: Final = "input"
"""The name under which the runner binds the input that was read."""

VALUE: Final = "value of "
"""The beginning of the names under which the runner binds the values of columns."""

SENT: Final = (Array, Boolean, Integer, Numeric, Text, Uuid)
"""The types whose values the driver takes as the readers of members return them; those of others are sent as text."""


class Record(Protocol):
    """The columns of a row that an input states; the others are as they are stored, or null in a new row."""

    def __getitem__(self, column: Column) -> Sql:
        """The value of a column."""
        ...

    def states(self, columns: Sequence[str]) -> Sql:
        """The condition that the input states one of these columns, null included."""
        ...

    def under(self, name: Sql) -> "Record":
        """The same where the row has another name."""
        ...


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A record that PostgreSQL makes of `json`."""

    json: Sql
    name: Sql

    def __getitem__(self, column: Column) -> Sql:
        """The column of the record."""
        return sql("{}.{}", self.name, Sql(column.name))

    def states(self, columns: Sequence[str]) -> Sql:
        """The condition that the JSON has one of the members."""
        if len(columns) == 1:
            return sql("{} ? {}", self.json, literal(columns[0]))
        return sql("{} ?| array[{}]", self.json, join(", ", map(literal, columns)))

    def under(self, name: Sql) -> "JsonRecord":
        """The same, with its columns handed on."""
        return replace(self, name=name)


@dataclass(frozen=True, slots=True)
class WholeRecord(JsonRecord):
    """A record that is handed on as one column, since each column costs something at each node of the plan."""

    def __getitem__(self, column: Column) -> Sql:
        """The column of the record."""
        return sql("({}).{}", self.name, Sql(column.name))

    def under(self, name: Sql) -> "WholeRecord":
        """The same, as the column `r`."""
        return replace(self, name=sql("{}.r", name))


@dataclass(frozen=True, slots=True)
class ParameterRecord:
    """A parameter for each column of a new row, for which PostgreSQL would make a record of all columns."""

    ctx: StatementContext
    _parameters: dict[str, Sql] = field(default_factory=dict[str, Sql])

    def __getitem__(self, column: Column) -> Sql:
        """The parameter of a column."""
        if column.name not in self._parameters:
            self._parameters[column.name] = self._parameter(column)
        return self._parameters[column.name]

    def _parameter(self, column: Column) -> Sql:
        name, kind = f"{VALUE}{column.name}", cast("LiteralString", str(column.type))
        if isinstance(column.type, SENT):
            return self.ctx.written(name, kind)
        return sql("{}::{}", self.ctx.written(name, "text"), Sql(kind))

    def states(self, columns: Sequence[str]) -> Sql:
        """The parameter that is true if one of the columns is stated."""
        names = tuple(f"{VALUE}{column}" for column in columns)
        return self.ctx.source(States(names), "bool", names)

    def under(self, name: Sql) -> "ParameterRecord":
        """The same parameters."""
        return self


@dataclass(frozen=True, slots=True)
class States:
    """The source of a parameter that is true if one of some values is stated."""

    names: tuple[str, ...]

    def __call__(self, bindings: Bindings) -> bool:
        """True if one of the values is stated."""
        return not bindings.written.keys().isdisjoint(self.names)


def values_of(given: Given) -> dict[str, object]:
    """The values of an input by the names of their parameters, and the input itself, for `json_of`."""
    return {INPUT: given, **{f"{VALUE}{column}": value for column, value in given.values.items()}}


def json_of(bindings: Bindings) -> str:
    """The source of the parameter with the values of an input as JSON."""
    given = bindings.written[INPUT]
    assert isinstance(given, Given)
    return given.json
