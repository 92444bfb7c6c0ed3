"""Where the schema's types live in the database, and how each field is resolved.

By a resolver of `resolvers.fields`, else by convention.

By convention a type is the rows of the table that `holds` it, a leaf is the column of its name, an object follows a
foreign key, and a list or connection is the rows of the table whose foreign key points back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, is_leaf_type
from sqlalchemy import ForeignKeyConstraint, MetaData, Table

from db.sql import Rows, Sql, equals, sql
from resolvers.coordinates import id_prefix, is_list, is_nullable, named_type, node_type, python_name, snake
from resolvers.gates import Need, field_need
from resolvers.links import pointed, pointing
from resolvers.resolution import Identity, Leaf, Link, Listing, Paging, Reference, Resolution

TENANT = "company_id"


class LayoutError(Exception):
    """The schema and the tables do not fit together; raised at boot."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the rows of a type live: a table, and what makes a row one of the type."""

    table: Table
    where: Mapping[str, object] = field(default_factory=dict[str, object])

    def conditions(self, rows: Rows) -> tuple[Sql, ...]:
        """What makes a row one of the type."""
        return tuple(equals(rows[column], value) for column, value in self.where.items())

    def current(self, rows: Rows) -> tuple[Sql, ...]:
        """The same, for lists: rows that have not ended."""
        ended = self.table.info.get("ended")
        return (*self.conditions(rows), *((sql("{} is null", rows[ended]),) if ended else ()))

    @property
    def order(self) -> tuple[str, ...]:
        """How the rows are listed unless something else is asked for."""
        return (self.table.info["order"],)


@dataclass(slots=True)
class Layout:
    """The placements of all types and the resolutions of all fields."""

    schema: GraphQLSchema
    metadata: MetaData
    resolvers: Mapping[str, Resolution]
    homes: Mapping[str, str]
    _placements: dict[str, Placement] = field(default_factory=dict[str, Placement])
    _resolutions: dict[tuple[str, str], Resolution] = field(default_factory=dict[tuple[str, str], Resolution])
    _needs: dict[tuple[str, str], Need] = field(default_factory=dict[tuple[str, str], Need])
    _prefixes: dict[str, GraphQLObjectType] = field(default_factory=dict[str, GraphQLObjectType])

    def __post_init__(self) -> None:
        for table in self.metadata.tables.values():
            for name, holding in table.info.get("types", {}).items():
                self._placements[name] = Placement(table, holding.where)
        for name, table_name in self.homes.items():
            self._placements[name] = Placement(self.metadata.tables[table_name])
        for type_ in self.schema.type_map.values():
            prefix = id_prefix(type_)
            if prefix is not None and isinstance(type_, GraphQLObjectType):
                if prefix in self._prefixes:
                    raise LayoutError(f"{type_.name} and {self._prefixes[prefix].name} share the prefix {prefix}")
                self._prefixes[prefix] = type_

    def placement(self, type_name: str) -> Placement:
        """Where a type's rows live."""
        if type_name not in self._placements:
            raise LayoutError(f"no table holds {type_name}")
        return self._placements[type_name]

    def is_placed(self, type_name: str) -> bool:
        """Whether a type's rows live in a table."""
        return type_name in self._placements

    @property
    def prefixes(self) -> frozenset[str]:
        """The prefixes of all global ids."""
        return frozenset(self._prefixes)

    def type_of(self, prefix: str | None) -> GraphQLObjectType | None:
        """The node type that global ids with this prefix belong to."""
        return self._prefixes.get(prefix) if prefix is not None else None

    def resolution(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Resolution:
        """How a field of a type is resolved."""
        key = (type_.name, name)
        if key not in self._resolutions:
            self._resolutions[key] = self._resolve(type_, name)
        return self._resolutions[key]

    def need(self, type_: GraphQLObjectType, name: str) -> Need:
        """What selecting a field of a type requires, whatever leads to it."""
        key = (type_.name, name)
        if key not in self._needs:
            self._needs[key] = field_need(type_.fields[name])
        return self._needs[key]

    def _resolve(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Resolution:
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
                raise LayoutError(f"{type_.name}.{name} lists an interface: only a connection hides the kinds not held")
            return Listing(_children(type_, table, target.table, f"{type_.name}.{name}"))
        if isinstance(returned, GraphQLInterfaceType) and not is_nullable(declared):
            raise LayoutError(f"{type_.name}.{name} gives an interface, whose kind may be hidden, but may not be null")
        return Reference(_parent(table, column, target.table, f"{type_.name}.{name}"))

    def _leaf(
        self, table: Table, column: str, returned: GraphQLNamedType, declared: GraphQLField, where: str
    ) -> Resolution:
        if column not in table.columns:
            raise LayoutError(f"{where}: {table.name} has no column {column}")
        if table.columns[column].nullable and not is_nullable(declared):
            raise LayoutError(f"{where} may not be null but {table.name}.{column} may")
        if returned.name != "ID":
            return Leaf(lambda row, arguments: row[column])
        if column == "id":
            return Identity(lambda row: row["id"])
        return Identity(lambda row: row[column], self._referred(table, column, where))

    def _referred(self, table: Table, column: str, where: str) -> str:
        for key in table.foreign_key_constraints:
            if _own_columns(key) == [column] or key.column_keys == [column]:
                types = key.referred_table.info.get("types", {})
                if len(types) == 1:
                    return next(iter(types))
        raise LayoutError(f"{where}: {table.name}.{column} does not refer to rows of one type")


def _own_columns(key: ForeignKeyConstraint) -> list[str]:
    return [name for name in key.column_keys if name != TENANT]


def _key(from_: Table, to: Table, column: str, where: str) -> ForeignKeyConstraint:
    """The foreign key in the column of that name, else the only one; LayoutError where that does not tell."""
    keys = [key for key in from_.foreign_key_constraints if key.referred_table is to]
    chosen = [key for key in keys if _own_columns(key) == [column]] or keys
    if len(chosen) != 1:
        raise LayoutError(f"{where}: {from_.name} has {len(keys)} foreign keys to {to.name}, so a resolver must choose")
    return chosen[0]


def _children(type_: GraphQLNamedType, parent: Table, child: Table, where: str) -> Link:
    """Rows of `child` that point to the row at hand: by the key named after its type, else by the only one.

    Below a company its rows are simply the company's.
    """
    own = _own_columns(_key(child, parent, f"{snake(type_.name)}_id", where))
    if not own:
        return lambda row, target: ()
    return pointing(own[0])


def _parent(table: Table, column: str, target: Table, where: str) -> Link:
    """The row of `target` that the row at hand points to: by the key named after the field, else by the only one."""
    return pointed(_own_columns(_key(table, target, f"{column}_id", where))[0])
