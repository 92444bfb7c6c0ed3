"""The specification's CollectFields: the fields selected on a type.

Fragments are inlined, @skip and @include applied, and fields of one response key merged in order of first appearance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    is_abstract_type,
)

from resolvers.fair_use.breath import breathe
from resolvers.fair_use.budget import Budget, Work
from resolvers.operation.arguments import Inputs, plain, read_arguments

OPTIONAL: Final = "optional"
"""The directive that lets a hidden field's key be left out."""


@dataclass(frozen=True, slots=True)
class SelectedField:
    """The field nodes that share a response key on one concrete type.

    They have one name and equal arguments, by validation. `dropping` marks the nodes inside a fragment with @optional;
    it is empty if no node is. `optional`: each node has the directive or is inside such a fragment.
    """

    key: str
    nodes: tuple[FieldNode, ...]
    dropping: tuple[bool, ...] = ()
    optional: bool = False

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value

    @property
    def selection_sets(self) -> tuple[SelectionSetNode, ...]:
        """The selection sets of the field's value, in order."""
        if self.dropping:
            return tuple(
                Dropping(selections=node.selection_set.selections) if dropping else node.selection_set
                for node, dropping in zip(self.nodes, self.dropping, strict=True)
                if node.selection_set is not None
            )
        return tuple(node.selection_set for node in self.nodes if node.selection_set is not None)


class Dropping(SelectionSetNode):
    """A selection set inside a fragment with @optional, at any depth: all of its fields are optional."""

    __slots__ = ()


class Occurrence(NamedTuple):
    """A field node at one of its places; `dropping`: the place is inside a fragment with @optional."""

    node: FieldNode
    dropping: bool

    @property
    def is_optional(self) -> bool:
        """True if this occurrence lets the key be left out."""
        return self.dropping or has_optional(self.node)


def has_optional(node: SelectionNode) -> bool:
    """True if the selection itself has the directive."""
    return any(directive.name.value == OPTIONAL for directive in node.directives or ())


def _selected(key: str, found: list[Occurrence]) -> SelectedField:
    nodes = tuple([occurrence.node for occurrence in found])
    if not any(occurrence.dropping or occurrence.node.directives for occurrence in found):
        return SelectedField(key, nodes)
    dropping = tuple(occurrence.dropping for occurrence in found)
    optional = all(occurrence.is_optional for occurrence in found)
    return SelectedField(key, nodes, dropping if any(dropping) else (), optional)


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the fields of one operation; its lookups in the variables become part of the statement's shape.

    Each visited selection is charged to `budget`.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    inputs: Inputs
    budget: Budget = field(default_factory=Budget)

    def collect(
        self, type_: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode]
    ) -> tuple[SelectedField, ...]:
        """The fields selected on a concrete type, in the order of their response keys."""
        breathe()
        found: dict[str, list[Occurrence]] = {}
        visited: set[tuple[str, bool]] = set()
        for selection_set in selection_sets:
            self._visit(type_, selection_set, found, visited, isinstance(selection_set, Dropping))
        return tuple(_selected(key, occurrences) for key, occurrences in found.items())

    def _visit(
        self,
        type_: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[Occurrence]],
        visited: set[tuple[str, bool]],
        dropping: bool,
    ) -> None:
        self.budget.charge(Work.SELECTIONS, len(selection_set.selections))
        for node in selection_set.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault(key, []).append(Occurrence(node, dropping))
                case InlineFragmentNode():
                    if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                        self._visit(type_, node.selection_set, found, visited, dropping or has_optional(node))
                case FragmentSpreadNode():
                    inside = dropping or has_optional(node)
                    if (node.name.value, inside) in visited or (node.name.value, False) in visited:
                        continue
                    visited.add((node.name.value, inside))
                    fragment = self.fragments[node.name.value]
                    if self._applies(fragment.type_condition.name.value, type_):
                        self._visit(type_, fragment.selection_set, found, visited, inside)
                case _:
                    pass

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        named = self.schema.type_map[condition]
        return is_abstract_type(named) and self.schema.is_sub_type(named, type_)

    def _included(self, node: FieldNode | InlineFragmentNode | FragmentSpreadNode | object) -> bool:
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value == "skip" and self._condition(directive, GraphQLSkipDirective.args):
                return False
            if directive.name.value == "include" and not self._condition(directive, GraphQLIncludeDirective.args):
                return False
        return True

    def _condition(self, directive: object, declared: Mapping[str, object]) -> bool:
        return bool(self.inputs.probe(read_arguments(directive, declared)["if"], plain))  # type: ignore[arg-type]
