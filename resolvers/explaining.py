"""The selections of an operation and what each needs, found without running or looking up anything.

`explainAccess` judges them for somebody else. The rules are the compiler's own: collected fields, needs of coordinates,
gates of what is given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import orjson
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
)

from db.sql import literal
from resolvers.budget import Budget, Work
from resolvers.convert import GLOBAL_ID
from resolvers.coordinates import id_prefix, named_type
from resolvers.gates import field_need, type_need
from resolvers.inputs import Inputs, Variables, bad_input, read_arguments, value_of
from resolvers.operation import Documents
from resolvers.request import RequestError
from resolvers.selection import Collector, SelectedField
from resolvers.usage import input_need
from schema.apps import CATALOGUE, App
from schema.declarations import Gate

APP, ROLE, PRESENT, COMPANY = (literal(letter) for letter in "aoic")
"""How gates are written: `a` and the app's position, `o` for owners, `i` for who is in the company now, `c` and the
key of the only company (or nothing) that has what is selected."""

Way: TypeAlias = tuple[str, ...]
"""Gates that are all needed, outermost first."""

LENGTH: Final = 1_000_000
"""How long the paths may be together, in characters."""


@dataclass(frozen=True, slots=True)
class Explained:
    """JSON of the selections, each with its path and its place (from 1) among the needs; JSON of the needs."""

    selections: str
    needs: str


@dataclass(slots=True)
class Seen:
    """A selection: the ways to see it, of which one is enough, and what is selected below."""

    ways: dict[Way, None] = field(default_factory=dict[Way, None])
    below: "dict[str, Seen]" = field(default_factory=dict[str, "Seen"])

    def under(self, key: str) -> "Seen":
        """The selection with a response key here."""
        return self.below.setdefault(key, Seen())


class Everything(Collector):
    """Collects the fields whatever type they are of."""

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        return True


def explain(schema: GraphQLSchema, text: str, variables: object, budget: Budget) -> Explained:
    """The selections of a query in document order; what is looked at is charged to `budget`.

    RequestError: COST_EXCEEDED above that; BAD_USER_INPUT says what is wrong with the document or its variables,
    without their values.
    """
    if variables is not None and not isinstance(variables, dict):
        raise bad_input('The argument "variables" is no object.')
    try:
        operation = Documents(schema).find(text).choose(None)
        if operation.node.operation is not OperationType.QUERY:
            raise bad_input("only a query can be explained: what else a write requires, no gate says.")
        given = operation.coerce(cast("Mapping[str, object]", variables or {}))
    except RequestError as refused:
        entry = refused.entries[0]
        raise bad_input(f'The argument "operation" cannot be explained: {entry.message}') from None
    budget.charge(Work.TOKENS, operation.tokens)
    inputs = Inputs(given)
    walk = Walk(
        schema,
        given,
        inputs,
        Collector(schema, operation.fragments, inputs, budget),
        Everything(schema, operation.fragments, inputs, budget),
    )
    query, root = schema.query_type, Seen()
    assert query is not None
    walk.roots(query, (operation.selection_set,), root)
    return _listed(root)


@dataclass(slots=True)
class Walk:
    """Goes through what is selected, type by type."""

    schema: GraphQLSchema
    variables: Variables
    inputs: Inputs
    collector: Collector
    everything: Everything

    def roots(self, query: GraphQLObjectType, selection_sets: tuple[SelectionSetNode, ...], root: Seen) -> None:
        """The fields of Query: those that take an id lie in the company that it names, or the type's."""
        for selected in self.collector.collect(query, selection_sets):
            match selected.name:
                case "company":
                    self._field(query, selected, (_company(self._given(query, selected, "id")),), root)
                case "node":
                    self._nodes(selected, [self._given(query, selected, "id")], root)
                case "nodes":
                    self._nodes(selected, self._given(query, selected, "ids"), root)
                case _:
                    self._field(query, selected, (), root)

    def _given(self, type_: GraphQLObjectType, selected: SelectedField, name: str) -> Any:
        return value_of(read_arguments(selected.nodes[0], type_.fields[selected.name].args)[name], self.variables)

    def _nodes(self, selected: SelectedField, ids: Iterable[str], root: Seen) -> None:
        """What ids lead to, by the types that their prefixes name; nothing of any company, where none names a type."""
        types = {id_prefix(type_): type_ for type_ in self._nodes_types()}
        seen = root.under(selected.key)
        found: dict[tuple[str, Way], GraphQLObjectType] = {}
        for id_ in ids:
            if (type_ := types.get(id_.partition("_")[0])) is not None:
                outside = (_company(id_),) if type_.name == "Company" else ()
                found[type_.name, _further(outside, PRESENT_GATE, *map(_code, type_need(type_)))] = type_
        if not found:
            self._dark(selected, (_company(""),), seen)
        for (_, way), type_ in found.items():
            seen.ways[way] = None
            self._object(type_, selected.selection_sets, way, seen)
        self._sort(seen, selected.selection_sets)

    def _nodes_types(self) -> Iterable[GraphQLObjectType]:
        return self.schema.get_possible_types(cast("Any", self.schema.type_map["Node"]))

    def _dark(self, selected: SelectedField, way: Way, seen: Seen) -> None:
        """What is not there, with all that is selected below it."""
        self.collector.budget.charge(Work.FIELDS)
        seen.ways[way] = None
        query = cast("GraphQLObjectType", self.schema.query_type)
        for below in self.everything.collect(query, selected.selection_sets):
            if not below.name.startswith("__"):
                self._dark(below, way, seen.under(below.key))

    def _below(
        self, named: GraphQLNamedType, selection_sets: tuple[SelectionSetNode, ...], way: Way, seen: Seen
    ) -> None:
        """What is selected of a value; of an interface, of each kind that it may be."""
        if isinstance(named, GraphQLObjectType):
            self._object(named, selection_sets, way, seen)
        elif is_abstract_type(named):
            for kind in self.schema.get_possible_types(named):
                self._object(kind, selection_sets, _further(way, *map(_code, type_need(kind))), seen)
            self._sort(seen, selection_sets)

    def _object(
        self, type_: GraphQLObjectType, selection_sets: tuple[SelectionSetNode, ...], way: Way, seen: Seen
    ) -> None:
        for selected in self.collector.collect(type_, selection_sets):
            self._field(type_, selected, way, seen)

    def _field(self, type_: GraphQLObjectType, selected: SelectedField, way: Way, above: Seen) -> None:
        self.collector.budget.charge(Work.FIELDS)
        if selected.name.startswith("__"):
            return
        declared = type_.fields[selected.name]
        returned = named_type(declared)
        used = input_need(self.inputs, read_arguments(selected.nodes[0], declared.args), declared)
        inside = (PRESENT_GATE,) if returned.name == "Company" else ()
        way = _further(way, *inside, *map(_code, (*field_need(declared), *used)))
        seen = above.under(selected.key)
        seen.ways[way] = None
        self._below(returned, selected.selection_sets, way, seen)

    def _sort(self, seen: Seen, selection_sets: tuple[SelectionSetNode, ...]) -> None:
        """Bring selections that were found kind by kind into the order of the document."""
        query = cast("GraphQLObjectType", self.schema.query_type)
        keys = [selected.key for selected in self.everything.collect(query, selection_sets)]
        seen.below = {key: seen.below[key] for key in keys if key in seen.below}


PRESENT_GATE: Final = "i"


def _company(id_: str) -> str:
    """The gate of what lies in the company with an id; an id that is none is no company's."""
    found = GLOBAL_ID.fullmatch(id_)
    return f"c{found[2]}" if found and found[1] == "com" else "c"


def _code(gate: Gate) -> str:
    return f"a{CATALOGUE[gate].position}" if isinstance(gate, App) else "o"


def _further(way: Way, *gates: str) -> Way:
    return tuple(dict.fromkeys((*way, *gates)))


def _listed(root: Seen) -> Explained:
    needs: dict[tuple[Way, ...], int] = {}
    selections: list[tuple[list[str], int]] = []
    length = 0

    def add(seen: Seen, path: list[str]) -> None:
        nonlocal length
        for key, below in seen.below.items():
            selections.append(([*path, key], needs.setdefault(tuple(below.ways), len(needs) + 1)))
            length += sum(map(len, path)) + len(key)
            if length > LENGTH:
                raise bad_input('The argument "operation" has too long names to be explained.')
            add(below, [*path, key])

    add(root, [])
    return Explained(orjson.dumps(selections).decode(), orjson.dumps(list(needs)).decode())
