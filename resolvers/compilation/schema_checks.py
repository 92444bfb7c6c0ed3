"""Rules that the schema must keep, checked at boot, before any request is answered.

Each check yields sentences that name the coordinate and the mistake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
)

from db.tables.metadata import DELETED, whole_of
from resolvers.compilation.lists.ordering import OrderKey, column_type
from resolvers.compilation.resolution import Leaf, Listing, ToOne
from resolvers.compilation.table_mapping import TableMapping, TableMappingError
from resolvers.gates.coordinates import (
    Fields,
    definition,
    directives_at,
    edge_type,
    fields_of,
    is_list,
    is_nullable,
    named_type,
    node_type,
    pascal,
    python_name,
    snake,
    types_with_fields,
)
from resolvers.gates.needs import Need, every_gate, field_need, implied, judged, judged_need, own_gates, type_need
from resolvers.gates.table import ungated
from schema.declarations.gates import gates_of
from schema.declarations.listing import Read


class SchemaRefused(Exception):
    """The schema would leak data or could not be answered; `mistakes` has one sentence for each mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def check_mutations(schema: GraphQLSchema, written: Mapping[str, Need]) -> None:
    """Raise SchemaRefused unless exactly the fields of Mutation have a resolver, and each judges its field's gates.

    `written` has the gates that the resolvers judge, by field.
    """
    declared: Mapping[str, GraphQLField] = schema.mutation_type.fields if schema.mutation_type else {}
    mistakes = [f"Mutation.{name}: declared or written, but not both" for name in declared.keys() ^ written.keys()]
    mistakes += [
        f"Mutation.{name}: what writes it judges other gates than it has"
        for name in declared.keys() & written.keys()
        if set(own_gates(declared[name])) != set(written[name])
    ]
    if mistakes:
        raise SchemaRefused(sorted(mistakes))


def check_schema(layout: TableMapping) -> None:
    """Raise SchemaRefused unless every rule holds."""
    checks = SchemaChecks(layout.schema, layout)
    mistakes = [
        *checks.nullability(),
        *checks.placement(),
        *checks.inputs(),
        *checks.openness(),
        *checks.companyless(),
        *checks.inheritance(),
        *checks.idle_apps(),
        *checks.changes(),
    ]
    if mistakes:
        raise SchemaRefused(sorted(mistakes))


@dataclass(frozen=True, slots=True)
class SchemaChecks:
    """The rules over one schema."""

    schema: GraphQLSchema
    layout: TableMapping

    # --- a closed gate makes a field null, so no field behind one may be non-null

    def nullability(self) -> Iterator[str]:
        """A field may be non-null only if every viewer of its parent passes all gates of the field and its inputs."""
        for type_, name, field in fields_of(self.schema):
            node = edge_type(type_)
            implied = {*type_need(type_), *(type_need(node) if node is not None else ())}
            needed = {
                *field_need(field),
                *(gate for argument in field.args.values() for gate in every_gate(argument)),
            }
            if not is_nullable(field) and not needed <= implied:
                missing = ", ".join(sorted(gate.name for gate in needed - implied))
                yield f"{type_.name}.{name} may not be non-null: who sees {type_.name} may lack {missing}"

    # --- everything must have a place in the database

    def placement(self) -> Iterator[str]:
        """Every field of a type with a table has a resolver, or a column, key or table by convention."""
        for type_, name, _ in fields_of(self.schema):
            if not self.layout.is_placed(type_.name):
                continue
            try:
                self.layout.resolution(type_, name)
            except TableMappingError as error:
                yield str(error)

    # --- an input that reads a coordinate has that coordinate's gates

    def inputs(self) -> Iterator[str]:
        """Filters and orders declare the fields that they read, and have at least the gates of those fields."""
        for _, _, field in fields_of(self.schema):
            nodes = node_type(named_type(field)) or named_type(field)
            if not isinstance(nodes, Fields):
                continue
            yield from self._filter(nodes, field)
            yield from self._order(nodes, field)
            if node_type(named_type(field)) is not None:
                yield from self._default_order(nodes)

    def _filter(self, nodes: Fields, listing: GraphQLField) -> Iterator[str]:
        argument = listing.args.get("filter")
        filter_ = named_type(argument) if argument is not None else None
        if not isinstance(filter_, GraphQLInputObjectType):
            return
        for name, criterion in filter_.fields.items():
            if definition(criterion).metadata.get("combines"):
                continue
            read: tuple[str, ...] = definition(criterion).metadata.get("reads", ())
            if not read:
                yield f"{filter_.name}.{name} does not say which fields it reads"
            for written in read:
                gates = _gates_of_input(listing, criterion)
                yield from self._reads(f"{filter_.name}.{name}", gates, nodes, Read.parse(written))

    def _reads(self, where: str, gates: Need, nodes: Fields, read: Read) -> Iterator[str]:
        if read.through is not None:
            yield from self._covers(where, gates, nodes, read.through)
            leading = next((field for field in nodes.fields.values() if python_name(field) == read.through), None)
            referred = named_type(leading) if leading is not None else None
            if not isinstance(referred, Fields):
                return
            if not self._shows_one(nodes, read.through) or self.layout.carried(referred):
                yield f"{where} reads {nodes.name}.{read.through}, in which it cannot look"
            nodes = referred
        for column in read.names:
            yield from self._covers(where, gates, nodes, column)
            yield from self._finds(where, nodes, column)

    def _shows_one(self, nodes: Fields, column: str) -> bool:
        """True for a field that leads to one row of another table."""
        (name,) = [name for name, field in nodes.fields.items() if python_name(field) == column]
        return isinstance(self.layout.resolution(nodes, name), ToOne)

    def _order(self, nodes: Fields, listing: GraphQLField) -> Iterator[str]:
        argument = listing.args.get("orderBy")
        order = named_type(argument) if argument is not None else None
        if not isinstance(order, GraphQLEnumType):
            return
        for name, value in order.values.items():
            column = OrderKey.of_enum(name).column
            yield from self._covers(f"{order.name}.{name}", _gates_of_input(listing, value), nodes, column)
            if column not in self.layout.placement(nodes.name).table.columns:
                yield f"{order.name}.{name} sorts by {column}, which is no column"

    def _covers(self, where: str, gates: Need, nodes: Fields, column: str) -> Iterator[str]:
        fields = [field for field in nodes.fields.values() if python_name(field) == column]
        if not fields:
            yield f"{where} reads {column}, which is no field of {nodes.name}"
        for field in fields:
            missing = set(judged_need(field)) - implied((*gates, *type_need(nodes)))
            if missing:
                names = ", ".join(sorted(gate.name for gate in missing))
                yield f"{where} reads {nodes.name}.{column} without its gates: {names}"

    def _finds(self, where: str, nodes: Fields, column: str) -> Iterator[str]:
        """A criterion of a list needs rows or values, which it can look through."""
        for name, field in nodes.fields.items():
            if python_name(field) != column or not is_list(field):
                continue
            if not isinstance(
                self.layout.resolution(nodes, name), Leaf if is_leaf_type(named_type(field)) else Listing
            ):
                yield f"{where} reads {nodes.name}.{column}, which is no list of rows"

    def _default_order(self, nodes: Fields) -> Iterator[str]:
        for key in self.layout.placement(nodes.name).order:
            column = OrderKey.parse(key).column
            column_type(self.layout.placement(nodes.name).table.columns[column])
            if any(own_gates(field) for field in nodes.fields.values() if python_name(field) == column):
                yield f"{nodes.name} is listed by {column} unless something else is asked for, but that field has gates"

    # --- nothing is open by oversight

    def openness(self) -> Iterator[str]:
        """A node type states gates or is declared open, and then each of its fields is gated or declared open."""
        for type_ in types_with_fields(self.schema):
            if not isinstance(type_, GraphQLObjectType) or not any(
                parent.name == "Node" for parent in type_.interfaces
            ):
                continue
            if gates_of(directives_at(type_)):
                continue
            if not getattr(definition(type_).origin, "__is_open__", False):
                yield f"{type_.name} has neither gates nor is it declared open"
            for name, field in type_.fields.items():
                if name != "id" and not self._decided(field):
                    yield f"{type_.name}.{name} has neither gates nor is it declared open"

    def _decided(self, field: GraphQLField) -> bool:
        nodes = node_type(named_type(field))
        coordinates = [field, named_type(field), *([nodes] if nodes is not None else [])]
        return definition(field).metadata.get("open", False) or any(gates_of(directives_at(of)) for of in coordinates)

    # --- a gate is judged in a company, so there is none outside

    def companyless(self) -> Iterator[str]:
        """A field that is reached without entering a company has no gates.

        Gates of a mutation are allowed if its input names the company in which they are judged.
        """
        waiting: list[GraphQLNamedType] = [
            root
            for root in (self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type)
            if root is not None
        ]
        seen: set[str] = set()
        while waiting:
            type_ = waiting.pop()
            if type_.name in seen or not isinstance(type_, GraphQLObjectType):
                continue
            seen.add(type_.name)
            for name, field in type_.fields.items():
                returned = named_type(field)
                if self._enters(returned):
                    continue
                writes = type_ is self.schema.mutation_type
                judged = own_gates(field) if writes and _enters_company(field) else ()
                # A mutation judges the gates of its inputs itself, in the company that it locks.
                inputs = () if writes else field.args.values()
                inside = [gate for argument in inputs for gate in every_gate(argument)]
                if set(field_need(field)) - set(judged) or inside:
                    yield f"{type_.name}.{name} has gates, but is reached outside of any company"
                waiting.append(returned)

    def _enters(self, returned: GraphQLNamedType) -> bool:
        """True if values of this type lie in a company."""
        entered = node_type(returned) or returned
        if entered.name in ("Node", "Company"):
            return True
        if not self.layout.is_placed(entered.name):
            return False
        table = self.layout.placement(entered.name).table
        return bool(table.info.get("tenant")) or table.name == "company"

    # --- a field has its gates in every type that declares it

    def inheritance(self) -> Iterator[str]:
        """A type that declares an interface's field again keeps the field's gates."""
        for type_, name, field in fields_of(self.schema):
            for interface in type_.interfaces:
                if name not in interface.fields:
                    continue
                lost = set(own_gates(interface.fields[name])) - set(own_gates(field))
                if lost:
                    names = ", ".join(sorted(gate.name for gate in lost))
                    yield f"{type_.name}.{name} drops gates of {interface.name}: {names}"

    # --- every app has a use

    def idle_apps(self) -> Iterator[str]:
        """Every app gates something, unless it is always visible."""
        for app in ungated(self.schema):
            yield f"App.{app.name} gates nothing"

    # --- changes are told of entities that can be written, to who may see them

    def changes(self) -> Iterator[str]:
        """The values of ChangedEntity are the entities that can be written, without parts, each with its gates."""
        enum = self.schema.type_map.get("ChangedEntity")
        if not isinstance(enum, GraphQLEnumType):
            return
        for name, value in enum.values.items():
            type_ = self.schema.type_map.get(pascal(name))
            if type_ is None or not self.layout.is_placed(type_.name):
                yield f"ChangedEntity.{name} names no type with a table"
            else:
                yield from self._changed(f"ChangedEntity.{name}", own_gates(value), type_)
        for type_ in types_with_fields(self.schema):
            is_written = getattr(definition(type_).origin, "__writes__", None)
            is_missing = is_written and snake(type_.name).upper() not in enum.values
            if is_missing and whole_of(self.layout.placement(type_.name).table) is None:
                yield f"{type_.name} can be written, but is no value of ChangedEntity"

    def _changed(self, where: str, gates: Need, type_: GraphQLNamedType) -> Iterator[str]:
        """Changes have the gates of the type, but not the conditions of rows that only some may see."""
        placement = self.layout.placement(type_.name)
        if set(gates) != set(type_need(type_)):
            yield f"{where} has other gates than {type_.name}"
        if not {"version", DELETED} <= {*placement.table.columns.keys()}:
            yield f"{where}: rows of {placement.table.name} have no version or no deletion"
        if placement.private is not None or self.layout.carried(type_):
            yield f"{where}: some rows of {type_.name} are only for some who see the type"


def _gates_of_input(listing: GraphQLField, given: Any) -> Need:
    """The gates that a viewer passes who uses a criterion or an order key of a list: those of the list, and its own."""
    return (*judged_need(listing), *judged(listing, own_gates(given)))


def _enters_company(field: GraphQLField) -> bool:
    """True if the input of a mutation names a company, or a row whose company is entered."""
    if definition(field).metadata.get("writes") is not None:
        return True
    input_ = named_type(field.args["input"]) if "input" in field.args else None
    return isinstance(input_, GraphQLInputObjectType) and "companyId" in input_.fields
