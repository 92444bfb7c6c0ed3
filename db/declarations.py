"""The words that tables are declared with: plain values, which the compiler reads at no cost of memory or start.

The migrations make the tables, and a test compares the two. Conditions, defaults and expressions are written in SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, ClassVar, TypeAlias

# --- types ----------------------------------------------------------------------------------------------------------


class ColumnType:
    """The type of a column; its text is the name in SQL."""

    name: ClassVar[str]

    def __str__(self) -> str:
        return self.name


class Boolean(ColumnType):
    """True or false."""

    name = "boolean"


class Integer(ColumnType):
    """A whole number of 32 bits."""

    name = "integer"


class SmallInteger(Integer):
    """A whole number of 16 bits."""

    name = "smallint"


class BigInteger(Integer):
    """A whole number of 64 bits."""

    name = "bigint"


class Uuid(ColumnType):
    """A key."""

    name = "uuid"


class Date(ColumnType):
    """A day."""

    name = "date"


class Moment(ColumnType):
    """A point in time, to the microsecond."""

    name = "timestamp(6) with time zone"


class Period(ColumnType):
    """A range of points in time."""

    name = "tstzrange"


class LargeBinary(ColumnType):
    """Bytes."""

    name = "bytea"


class TransactionId(ColumnType):
    """The 64-bit number of a transaction, which never comes again."""

    name = "xid8"


@dataclass(frozen=True, slots=True)
class Text(ColumnType):
    """A text; without `collation` it has that of the database."""

    name = "text"
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class Numeric(ColumnType):
    """A decimal number; without a precision it is of any size."""

    name = "numeric"
    precision: int | None = None
    scale: int = 0

    def __str__(self) -> str:
        return self.name if self.precision is None else f"{self.name}({self.precision}, {self.scale})"


@dataclass(frozen=True, slots=True)
class Bit(ColumnType):
    """A bit string."""

    name = "bit"
    width: int

    def __str__(self) -> str:
        return f"{self.name}({self.width})"


@dataclass(frozen=True, slots=True)
class Array(ColumnType):
    """An array of values of another type."""

    name = "array"
    item: ColumnType

    def __str__(self) -> str:
        return f"{self.item}[]"


AnyType: TypeAlias = ColumnType | type[ColumnType]
"""A type, or the class of one that needs no more words."""

# --- columns, keys, checks, indexes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """The key of one column that refers to a row of a table, as `table.column`."""

    target: str
    ondelete: str | None = None


class Column:
    """A column; it belongs to the table that it was added to.

    `default` and `computed` are SQL. `is_kept`: a trigger keeps its value.
    """

    __slots__ = ("computed", "default", "info", "is_kept", "key", "name", "nullable", "table", "type")

    table: "Table"

    def __init__(  # noqa: PLR0913 (its parameters are what a column is)
        self,
        name: str,
        type: AnyType = Text,
        key: ForeignKey | None = None,
        *,
        nullable: bool = True,
        default: str | None = None,
        computed: str | None = None,
        is_kept: bool = False,
        info: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.key, self.nullable = name, key, nullable
        self.type = type if isinstance(type, ColumnType) else type()
        self.default, self.computed, self.is_kept = default, computed, is_kept
        self.info = info or {}

    @property
    def is_filled(self) -> bool:
        """True if the database fills it where a row states no value."""
        return self.default is not None or self.computed is not None or self.is_kept


class PrimaryKey:
    """The columns by which the rows of a table are told apart."""

    __slots__ = ("columns",)

    def __init__(self, *columns: str) -> None:
        self.columns = columns


class ForeignKeyConstraint:
    """A key that refers to the rows of a table, whose columns are written `table.column`."""

    __slots__ = ("columns", "ondelete", "referred", "target")

    def __init__(self, columns: Iterable[str], referred: Iterable[str], ondelete: str | None = None) -> None:
        self.columns = tuple(columns)
        pairs = [name.split(".") for name in referred]
        self.target, self.referred, self.ondelete = pairs[0][0], tuple(column for _, column in pairs), ondelete


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that every row meets."""

    condition: str
    name: str


class Index:
    """An index; its `parts` are columns of its table, or expressions.

    `where` is the condition of the rows that it has, `include` names columns that it only carries. The info says what
    else it finds (db/tables/core/search.py).
    """

    __slots__ = ("include", "info", "method", "name", "options", "parts", "unique", "where")

    def __init__(
        self,
        name: str,
        *parts: str,
        unique: bool = False,
        where: str | None = None,
        include: tuple[str, ...] = (),
        method: str = "btree",
        options: dict[str, int] | None = None,
        info: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.parts, self.unique, self.where, self.include = name, parts, unique, where, include
        self.method, self.options, self.info = method, options or {}, info or {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns among its parts."""
        return tuple(part for part in self.parts if part.isidentifier())


Item: TypeAlias = Column | PrimaryKey | ForeignKeyConstraint | Check | Index

# --- tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MetaData:
    """Tables by their names."""

    tables: "dict[str, Table]" = field(default_factory=dict[str, "Table"])

    @property
    def sorted_tables(self) -> "list[Table]":
        """The tables, each after those that it refers to."""
        referred = {
            name: sorted({key.target for key in table.foreign_keys} - {name})
            for name, table in sorted(self.tables.items())
        }
        return [self.tables[name] for name in TopologicalSorter(referred).static_order()]


class Table:
    """A table of `metadata`: its columns by their names, keys, checks and indexes.

    One that is `unlogged` is empty after a crash.
    """

    __slots__ = ("checks", "columns", "foreign_keys", "indexes", "info", "is_unlogged", "name", "primary_key")

    def __init__(
        self, name: str, metadata: MetaData, *items: Item, info: dict[str, Any] | None = None, unlogged: bool = False
    ) -> None:
        self.name, self.info, self.is_unlogged = name, info or {}, unlogged
        self.columns: dict[str, Column] = {}
        self.primary_key: tuple[str, ...] = ()
        self.foreign_keys: list[ForeignKeyConstraint] = []
        self.checks: list[Check] = []
        self.indexes: list[Index] = []
        metadata.tables[name] = self
        self.add(*items)

    def add(self, *items: Item) -> None:
        """Add columns, keys, checks and indexes."""
        for item in items:
            match item:
                case Column():
                    self._add_column(item)
                case PrimaryKey():
                    self.primary_key = item.columns
                case ForeignKeyConstraint():
                    self.foreign_keys.append(item)
                case Check():
                    self.checks.append(item)
                case Index():
                    self.indexes.append(item)

    def _add_column(self, column: Column) -> None:
        self.columns[column.name], column.table = column, self
        if (key := column.key) is not None:
            self.foreign_keys.append(ForeignKeyConstraint([column.name], [key.target], key.ondelete))
