"""The tables of the schema's types, and the resolution of each field: by `resolvers.fields`, else by convention.

By convention a type is the rows of the table that `holds` it, a leaf is the column of its name, an object follows a
foreign key, and a list or connection is the rows of the table whose foreign key points back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
)

from db.declarations import ForeignKeyConstraint, MetaData, Table
from db.sql import Rows, Sql, equals, sql
from resolvers.compilation.joins import to_many, to_one
from resolvers.compilation.resolution import EchoArgument, GlobalId, Leaf, Link, Listing, Paging, Resolution, ToOne
from resolvers.gates.coordinates import (
    Fields,
    Typed,
    id_prefix,
    is_list,
    is_nullable,
    named_type,
    node_type,
    python_name,
    snake,
)
from resolvers.gates.needs import Need, judged_need, own_gates, type_need

TENANT = "company_id"

Carried: TypeAlias = Mapping[str, Mapping[str, Need]]
"""From a column to its gated enum values, each with the need of seeing a row with that value."""


class TableMappingError(Exception):
    """The schema and the tables do not fit together; raised at boot."""


@dataclass(frozen=True, slots=True)
class TableOf:
    """The table of a type, and the column values by which a row is one of the type."""

    table: Table
    where: Mapping[str, object] = field(default_factory=dict[str, object])

    def conditions(self, rows: Rows) -> tuple[Sql, ...]:
        """The conditions that a row is one of the type."""
        return tuple(equals(rows[column], value) for column, value in self.where.items())

    def current(self, rows: Rows) -> tuple[Sql, ...]:
        """The conditions for lists: the row is one of the type and has not ended."""
        ended = self.table.info.get("ended")
        return (*self.conditions(rows), *((sql("{} is null", rows[ended]),) if ended else ()))

    @property
    def private(self) -> str | None:
        """The column with the only membership that may see a row; None for rows that are not private."""
        return self.table.info.get("private")

    @property
    def is_for_owners(self) -> bool:
        """True if owners see private rows of all members."""
        return bool(self.table.info.get("owners"))

    @property
    def order(self) -> tuple[str, ...]:
        """The default order of the rows, as column or `-column`."""
        return (self.table.info["order"],)


@dataclass(slots=True)
class TableMapping:
    """The tables of all types and the resolutions of all fields.

    `homes` names the table of a type that is another view of a table's rows.
    """

    schema: GraphQLSchema
    metadata: MetaData
    resolvers: Mapping[str, Resolution]
    homes: Mapping[str, str]
    _placements: dict[str, TableOf] = field(default_factory=dict[str, TableOf])
    _resolutions: dict[tuple[str, str], Resolution] = field(default_factory=dict[tuple[str, str], Resolution])
    _needs: dict[tuple[str, str], Need] = field(default_factory=dict[tuple[str, str], Need])
    _prefixes: dict[str, GraphQLObjectType] = field(default_factory=dict[str, GraphQLObjectType])
    _carried: dict[str, Carried] = field(default_factory=dict[str, Carried])

    def __post_init__(self) -> None:
        for table in self.metadata.tables.values():
            for name, holding in table.info.get("types", {}).items():
                self._placements[name] = TableOf(table, holding.where)
        for name, table_name in self.homes.items():
            self._placements[name] = TableOf(self.metadata.tables[table_name])
        for type_ in self.schema.type_map.values():
            prefix = id_prefix(type_)
            if prefix is not None and isinstance(type_, GraphQLObjectType):
                if prefix in self._prefixes:
                    raise TableMappingError(f"{type_.name} and {self._prefixes[prefix].name} share the prefix {prefix}")
                self._prefixes[prefix] = type_

    def placement(self, type_name: str) -> TableOf:
        """The table of a type. Raises TableMappingError for a type without one."""
        if type_name not in self._placements:
            raise TableMappingError(f"no table holds {type_name}")
        return self._placements[type_name]

    def is_placed(self, type_name: str) -> bool:
        """True if the type has a table."""
        return type_name in self._placements

    @property
    def prefixes(self) -> frozenset[str]:
        """The prefixes of all global ids."""
        return frozenset(self._prefixes)

    def type_of(self, prefix: str | None) -> GraphQLObjectType | None:
        """The node type of global ids with this prefix; None for an unknown prefix."""
        return self._prefixes.get(prefix) if prefix is not None else None

    def resolution(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Resolution:
        """The resolution of a field. Raises TableMappingError if there is none."""
        key = (type_.name, name)
        if key not in self._resolutions:
            self._resolutions[key] = self._resolve(type_, name)
        return self._resolutions[key]

    def need(self, type_: GraphQLObjectType, name: str) -> Need:
        """The need of selecting a field of a type, apart from that of the fields above it."""
        key = (type_.name, name)
        if key not in self._needs:
            self._needs[key] = judged_need(type_.fields[name])
        return self._needs[key]

    def carried(self, type_: GraphQLNamedType) -> Carried:
        """The gated enum values that rows of a type may have.

        Values by which a row is one of the type are left out: their gates are those of the type.
        """
        if type_.name not in self._carried:
            assert isinstance(type_, Fields)
            enums = {
                python_name(field): values
                for name, field in type_.fields.items()
                if (values := gated_values(field)) and not self._is_given(type_, name)
            }
            fixed = {column for kind in self._kinds(type_) for column in self.placement(kind.name).where}
            self._carried[type_.name] = {column: values for column, values in enums.items() if column not in fixed}
        return self._carried[type_.name]

    def _kinds(self, type_: Fields) -> tuple[GraphQLObjectType, ...]:
        """The type itself, or the implementations of an interface."""
        return (type_,) if isinstance(type_, GraphQLObjectType) else tuple(self.schema.get_possible_types(type_))

    def _resolve(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Resolution:
        self._check_carrying(type_, name)
        for owner in (type_, *type_.interfaces):
            if (resolver := self.resolvers.get(f"{owner.name}.{name}")) is not None:
                return resolver
        declared = type_.fields[name]
        returned = named_type(declared)
        column = python_name(declared)
        table = self.placement(type_.name).table
        if is_leaf_type(returned):
            return self._leaf(table, column, returned, declared, f"{type_.name}.{name}")
        nodes = node_type(returned)
        target = self.placement((nodes or returned).name)
        if nodes is not None:
            return Paging(_children(type_, table, target.table, f"{type_.name}.{name}"))
        if is_list(declared):
            if isinstance(returned, GraphQLInterfaceType):
                raise TableMappingError(
                    f"{type_.name}.{name} lists an interface: only a connection hides the kinds not held"
                )
            return Listing(_children(type_, table, target.table, f"{type_.name}.{name}"))
        if isinstance(returned, GraphQLInterfaceType) and not is_nullable(declared):
            raise TableMappingError(
                f"{type_.name}.{name} gives an interface, whose kind may be hidden, but may not be null"
            )
        return ToOne(_parent(table, column, target.table, f"{type_.name}.{name}"))

    def _check_carrying(self, type_: Fields, name: str) -> None:
        """Check that rows with a gated enum value can be left out: the value is a column, and the field is nullable.

        Raises TableMappingError.
        """
        declared, where = type_.fields[name], f"{type_.name}.{name}"
        returned = named_type(declared)
        if (values := gated_values(declared)) and not self._is_given(type_, name):
            owners = [owner.name for owner in (type_, *type_.interfaces)]
            if is_list(declared) or any(f"{owner}.{name}" in self.resolvers for owner in owners):
                raise TableMappingError(f"{where} gives an enum with gated values, but is no column of its rows")
            for kind in self._kinds(type_):
                need = values.get(str(self.placement(kind.name).where.get(python_name(declared))), ())
                if not set(need) <= set(type_need(kind)):
                    raise TableMappingError(
                        f"every {kind.name} carries a value of {where} whose gates it does not have"
                    )
        nodes = node_type(returned) or returned
        if not isinstance(nodes, Fields) or not self.is_placed(nodes.name):
            return
        if any(self.carried(kind) != self.carried(nodes) for kind in self._kinds(nodes)):
            raise TableMappingError(
                f"{where} gives kinds of {nodes.name} that carry gated enum values it does not know of"
            )
        table = self.placement(nodes.name).table
        if not self.carried(nodes) and table.info.get("private") is None:
            return
        if not table.info.get("tenant") and table.name != "company":
            raise TableMappingError(f"{where} gives rows that only some may see outside of any company")
        if not is_list(declared) and node_type(returned) is None and not is_nullable(declared):
            raise TableMappingError(f"{where} may be left out for whom it is not, but may not be null")

    def _is_given(self, type_: Fields, name: str) -> bool:
        """True for a field that returns an argument, where a gated value was refused already."""
        return isinstance(self.resolvers.get(f"{type_.name}.{name}"), EchoArgument)

    def _leaf(
        self, table: Table, column: str, returned: GraphQLNamedType, declared: GraphQLField, where: str
    ) -> Resolution:
        if column not in table.columns:
            raise TableMappingError(f"{where}: {table.name} has no column {column}")
        if table.columns[column].nullable and not is_nullable(declared):
            raise TableMappingError(f"{where} may not be null but {table.name}.{column} may")
        if returned.name != "ID":
            return Leaf(lambda row, arguments: row[column])
        if column == "id":
            return GlobalId(lambda row: row["id"])
        return GlobalId(lambda row: row[column], self._referred(table, column, where))

    def _referred(self, table: Table, column: str, where: str) -> str:
        for key in table.foreign_keys:
            if _own_columns(key) == [column] or key.columns == (column,):
                types = self.metadata.tables[key.target].info.get("types", {})
                if len(types) == 1:
                    return next(iter(types))
        raise TableMappingError(f"{where}: {table.name}.{column} does not refer to rows of one type")


def gated_values(declared: Typed) -> dict[str, Need]:
    """The gated values of the enum that a field or input returns or takes, each with its gates; empty for others."""
    enum = named_type(declared)
    if not isinstance(enum, GraphQLEnumType):
        return {}
    return {name: need for name, value in enum.values.items() if (need := own_gates(value))}


def _own_columns(key: ForeignKeyConstraint) -> list[str]:
    return [name for name in key.columns if name != TENANT]


def _key(from_: Table, to: Table, column: str, where: str) -> ForeignKeyConstraint:
    """The foreign key in the column of this name, else the only one. Raises TableMappingError if there are several."""
    keys = [key for key in from_.foreign_keys if key.target == to.name]
    chosen = [key for key in keys if _own_columns(key) == [column]] or keys
    if len(chosen) != 1:
        raise TableMappingError(
            f"{where}: {from_.name} has {len(keys)} foreign keys to {to.name}, so a resolver must choose"
        )
    return chosen[0]


def _children(type_: GraphQLNamedType, parent: Table, child: Table, where: str) -> Link:
    """The link to the rows of `child` that point to the row at hand: by the key named after its type, or the only key.

    Below a company the rows are all those of the company.
    """
    own = _own_columns(_key(child, parent, f"{snake(type_.name)}_id", where))
    if not own:
        return lambda row, target: ()
    return to_many(own[0])


def _parent(table: Table, column: str, target: Table, where: str) -> Link:
    """The link to the row of `target` that the row at hand points to: by the key named after the field, or the only."""
    return to_one(_own_columns(_key(table, target, f"{column}_id", where))[0])
