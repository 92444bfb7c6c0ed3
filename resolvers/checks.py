"""What the schema may not say: found at boot, before anything is answered.

Each check gives sentences that name the coordinate and the mistake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
)

from resolvers.coordinates import (
    Fields,
    definition,
    directives_at,
    edge_type,
    is_nullable,
    named_type,
    node_type,
    python_name,
)
from resolvers.gate_table import ungated
from resolvers.gates import Need, field_need, own_gates, type_need
from resolvers.layout import Layout, LayoutError
from resolvers.ordering import OrderKey, column_type
from resolvers.usage import every_gate
from schema.declarations import gates_of


class SchemaRefused(Exception):
    """The schema says something that would leak or could not be answered; one sentence per mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def check_mutations(schema: GraphQLSchema, written: Mapping[str, Need]) -> None:
    """Raise SchemaRefused unless there is a way to write every field of Mutation, and none that has no field.

    `written` has the gates that each of them judges: those of the field.
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


def check_schema(layout: Layout) -> None:
    """Raise SchemaRefused unless every rule holds."""
    checks = Checks(layout.schema, layout)
    mistakes = [
        *checks.nullability(),
        *checks.placement(),
        *checks.inputs(),
        *checks.openness(),
        *checks.companyless(),
        *checks.inheritance(),
        *checks.idle_apps(),
    ]
    if mistakes:
        raise SchemaRefused(sorted(mistakes))


@dataclass(frozen=True, slots=True)
class Checks:
    """The rules over one schema."""

    schema: GraphQLSchema
    layout: Layout

    def _types(self) -> Iterator[Fields]:
        for type_ in self.schema.type_map.values():
            if isinstance(type_, Fields) and not is_introspection_type(type_):
                yield type_

    def _fields(self) -> Iterator[tuple[Fields, str, GraphQLField]]:
        for type_ in self._types():
            for name, field in type_.fields.items():
                yield type_, name, field

    # --- a gate that closes gives null, so nothing behind it may be non-null

    def nullability(self) -> Iterator[str]:
        """A field may be non-null only if who sees its parent passes all that it and its inputs need."""
        for type_, name, field in self._fields():
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
        """Every field of a placed type has a resolver or a column, key or table by convention."""
        for type_, name, _ in self._fields():
            if not self.layout.is_placed(type_.name):
                continue
            try:
                self.layout.resolution(type_, name)
            except LayoutError as error:
                yield str(error)

    # --- an input that reads a coordinate has that coordinate's gates

    def inputs(self) -> Iterator[str]:
        """Filters and orders declare what they read, and require at least as much as reading it."""
        for _, _, field in self._fields():
            nodes = node_type(named_type(field))
            if not isinstance(nodes, Fields):
                continue
            yield from self._filter(nodes, field.args.get("filter"))
            yield from self._order(nodes, field.args.get("orderBy"))
            yield from self._default_order(nodes)

    def _filter(self, nodes: Fields, argument: GraphQLArgument | None) -> Iterator[str]:
        filter_ = named_type(argument) if argument is not None else None
        if not isinstance(filter_, GraphQLInputObjectType):
            return
        for name, criterion in filter_.fields.items():
            read: tuple[str, ...] = definition(criterion).metadata.get("reads", ())
            if not read:
                yield f"{filter_.name}.{name} does not say which fields it reads"
            for column in read:
                yield from self._covers(f"{filter_.name}.{name}", own_gates(criterion), nodes, column)

    def _order(self, nodes: Fields, argument: GraphQLArgument | None) -> Iterator[str]:
        order = named_type(argument) if argument is not None else None
        if not isinstance(order, GraphQLEnumType):
            return
        for name, value in order.values.items():
            column = OrderKey.of_enum(name).column
            yield from self._covers(f"{order.name}.{name}", own_gates(value), nodes, column)
            if column not in self.layout.placement(nodes.name).table.columns:
                yield f"{order.name}.{name} sorts by {column}, which is no column"

    def _covers(self, where: str, gates: Need, nodes: Fields, column: str) -> Iterator[str]:
        fields = [field for field in nodes.fields.values() if python_name(field) == column]
        if not fields:
            yield f"{where} reads {column}, which is no field of {nodes.name}"
        for field in fields:
            missing = set(field_need(field)) - set(gates) - set(type_need(nodes))
            if missing:
                names = ", ".join(sorted(gate.name for gate in missing))
                yield f"{where} reads {nodes.name}.{column} without its gates: {names}"

    def _default_order(self, nodes: Fields) -> Iterator[str]:
        for key in self.layout.placement(nodes.name).order:
            column = OrderKey.parse(key).column
            column_type(self.layout.placement(nodes.name).table.columns[column])
            if any(own_gates(field) for field in nodes.fields.values() if python_name(field) == column):
                yield f"{nodes.name} is listed by {column} unless something else is asked for, but that field has gates"

    # --- nothing is open by oversight

    def openness(self) -> Iterator[str]:
        """A node type states gates or is declared open, and then each of its fields is gated or declared open."""
        for type_ in self._types():
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
        behind = [field, named_type(field), *([nodes] if nodes is not None else [])]
        return definition(field).metadata.get("open", False) or any(gates_of(directives_at(of)) for of in behind)

    # --- a gate is judged in a company, so there is none outside

    def companyless(self) -> Iterator[str]:
        """What is reached without entering a company has no gates; a mutation's are judged in the input's company."""
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
                judged = own_gates(field) if writes and _names_company(field) else ()
                # What a mutation is given it judges for itself, in the company that it locks.
                inputs = () if writes else field.args.values()
                inside = [gate for argument in inputs for gate in every_gate(argument)]
                if set(field_need(field)) - set(judged) or inside:
                    yield f"{type_.name}.{name} has gates, but is reached outside of any company"
                waiting.append(returned)

    def _enters(self, returned: GraphQLNamedType) -> bool:
        """Whether a value of this type lies in a company."""
        entered = node_type(returned) or returned
        if entered.name in ("Node", "Company"):
            return True
        if not self.layout.is_placed(entered.name):
            return False
        table = self.layout.placement(entered.name).table
        return bool(table.info.get("tenant")) or table.name == "company"

    # --- the gate sits on the coordinate, whichever type names it

    def inheritance(self) -> Iterator[str]:
        """A type that declares an interface's field again keeps its gates."""
        for type_, name, field in self._fields():
            for interface in type_.interfaces:
                if name not in interface.fields:
                    continue
                lost = set(own_gates(interface.fields[name])) - set(own_gates(field))
                if lost:
                    names = ", ".join(sorted(gate.name for gate in lost))
                    yield f"{type_.name}.{name} drops gates of {interface.name}: {names}"

    # --- every app is about something

    def idle_apps(self) -> Iterator[str]:
        """Every app gates something, unless nobody can lack it."""
        for app in ungated(self.schema):
            yield f"App.{app.name} gates nothing"


def _names_company(field: GraphQLField) -> bool:
    """Whether the input of a mutation says in which company it is to be done."""
    input_ = named_type(field.args["input"]) if "input" in field.args else None
    return isinstance(input_, GraphQLInputObjectType) and "companyId" in input_.fields
