"""The selections of an operation and the gates of each, found without running it or reading any data.

The field `explainAccess` judges them for a member of the company. The rules are the compiler's own: collected fields,
needs of coordinates, gates of inputs.
"""

from collections.abc import Iterable, Iterator, Mapping
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

from resolvers.fair_use.budget import Budget, Work
from resolvers.gates.coordinates import id_prefix, named_type
from resolvers.gates.needs import field_need, type_need
from resolvers.global_ids import GLOBAL_ID
from resolvers.operation.argument_gates import input_need
from resolvers.operation.arguments import Inputs, Variables, read_arguments, value_of
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.operation.selection import Collector, SelectedField
from resolvers.request import RequestError, bad_input
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate

GATE_LETTERS = APP, ROLE, PRESENT, COMPANY = "aoic"
"""The text form of gates: `a` and the app's position; `o`: the role of an owner; `i`: a membership that lets in now;
`c` and the key of the only company that has the selected object, or no key if no company has it."""

Way: TypeAlias = tuple[str, ...]
"""Gates that are all needed for a selection, outermost first."""

LENGTH: Final = 1_000_000
"""Maximum length of all paths together, in characters."""


@dataclass(frozen=True, slots=True)
class Explained:
    """JSON of the selections, each with its path and the number of its need (from 1), and JSON of the needs."""

    selections: str
    needs: str


@dataclass(slots=True)
class Seen:
    """A selection: the ways to see it (one open way is enough), and the selections below it."""

    ways: dict[Way, None] = field(default_factory=dict[Way, None])
    below: "dict[str, Seen]" = field(default_factory=dict[str, "Seen"])

    def under(self, key: str) -> "Seen":
        """The selection with this response key below this one."""
        return self.below.setdefault(key, Seen())


class Everything(Collector):
    """Collects fields without regard to type conditions."""

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        return True


def explain(schema: GraphQLSchema, text: str, variables: object, budget: Budget) -> Explained:
    """The selections of a query in document order; the work is charged to `budget`.

    Raises RequestError: COST_EXCEEDED beyond the budget, BAD_USER_INPUT for a document or variables that are wrong. The
    message does not repeat values.
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


def ways_of(schema: GraphQLSchema, operation: Operation, variables: Variables) -> list[tuple[Way, ...]]:
    """The ways to see each selection of any operation, with such variables. Raises RequestError (COST_EXCEEDED)."""
    inputs, fragments = Inputs(variables), operation.fragments
    collector = Collector(schema, fragments, inputs)
    everything = Everything(schema, fragments, inputs, collector.budget)
    walk = Walk(schema, variables, inputs, collector, everything)
    type_, root = schema.get_root_type(operation.node.operation), Seen()
    assert type_ is not None
    if operation.node.operation is OperationType.QUERY:
        walk.roots(type_, (operation.selection_set,), root)
    else:
        walk.object(type_, (operation.selection_set,), (), root)
    return list(_all_ways(root))


def _all_ways(seen: Seen) -> Iterator[tuple[Way, ...]]:
    for below in seen.below.values():
        yield tuple(below.ways)
        yield from _all_ways(below)


@dataclass(slots=True)
class Walk:
    """Walks through the selections, type by type."""

    schema: GraphQLSchema
    variables: Variables
    inputs: Inputs
    collector: Collector
    everything: Everything

    def roots(self, query: GraphQLObjectType, selection_sets: tuple[SelectionSetNode, ...], root: Seen) -> None:
        """Walk the fields of Query; the id that `company`, `node` or `nodes` takes names the company or the type."""
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
        """Walk the objects with these ids, by the types of their prefixes; an unknown prefix has no object."""
        types = {id_prefix(type_): type_ for type_ in self._nodes_types()}
        seen = root.under(selected.key)
        found: dict[tuple[str, Way], GraphQLObjectType] = {}
        for id_ in ids:
            if (type_ := types.get(id_.partition("_")[0])) is not None:
                outside = (_company(id_),) if type_.name == "Company" else ()
                found[type_.name, _further(outside, PRESENT, *map(_code, type_need(type_)))] = type_
        if not found:
            self._dark(selected, (_company(""),), seen)
        for (_, way), type_ in found.items():
            seen.ways[way] = None
            self.object(type_, selected.selection_sets, way, seen)
        self._sort(seen, selected.selection_sets)

    def _nodes_types(self) -> Iterable[GraphQLObjectType]:
        return self.schema.get_possible_types(cast("Any", self.schema.type_map["Node"]))

    def _dark(self, selected: SelectedField, way: Way, seen: Seen) -> None:
        """Record a selection of something that does not exist, and all selections below it."""
        self.collector.budget.charge(Work.FIELDS)
        seen.ways[way] = None
        query = cast("GraphQLObjectType", self.schema.query_type)
        for below in self.everything.collect(query, selected.selection_sets):
            if not below.name.startswith("__"):
                self._dark(below, way, seen.under(below.key))

    def _below(
        self, named: GraphQLNamedType, selection_sets: tuple[SelectionSetNode, ...], way: Way, seen: Seen
    ) -> None:
        """Walk the selections of a value; for an interface, those of each of its kinds."""
        if isinstance(named, GraphQLObjectType):
            self.object(named, selection_sets, way, seen)
        elif is_abstract_type(named):
            for kind in self.schema.get_possible_types(named):
                self.object(kind, selection_sets, _further(way, *map(_code, type_need(kind))), seen)
            self._sort(seen, selection_sets)

    def object(
        self, type_: GraphQLObjectType, selection_sets: tuple[SelectionSetNode, ...], way: Way, seen: Seen
    ) -> None:
        """Walk the fields of an object that is seen by a way."""
        for selected in self.collector.collect(type_, selection_sets):
            self._field(type_, selected, way, seen)

    def _field(self, type_: GraphQLObjectType, selected: SelectedField, way: Way, above: Seen) -> None:
        self.collector.budget.charge(Work.FIELDS)
        if selected.name.startswith("__"):
            return
        declared = type_.fields[selected.name]
        returned = named_type(declared)
        used = input_need(self.inputs, read_arguments(selected.nodes[0], declared.args), declared)
        inside = (PRESENT,) if returned.name == "Company" else ()
        way = _further(way, *inside, *map(_code, (*field_need(declared), *used)))
        seen = above.under(selected.key)
        seen.ways[way] = None
        self._below(returned, selected.selection_sets, way, seen)

    def _sort(self, seen: Seen, selection_sets: tuple[SelectionSetNode, ...]) -> None:
        """Sort selections that were found kind by kind into document order."""
        query = cast("GraphQLObjectType", self.schema.query_type)
        keys = [selected.key for selected in self.everything.collect(query, selection_sets)]
        seen.below = {key: seen.below[key] for key in keys if key in seen.below}


def _company(id_: str) -> str:
    """The gate of the company with this id; an id that is not a company's names no company."""
    found = GLOBAL_ID.fullmatch(id_)
    return f"{COMPANY}{found[2]}" if found and found[1] == "com" else COMPANY


def _code(gate: Gate) -> str:
    return f"{APP}{CATALOGUE[gate].position}" if isinstance(gate, App) else ROLE


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
