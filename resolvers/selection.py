"""The spec's CollectFields.

Fragments inlined, @skip and @include applied, fields of one response key merged in order of first appearance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
)

from resolvers.inputs import Inputs, plain, read_arguments


@dataclass(frozen=True, slots=True)
class SelectedField:
    """The field nodes that share a response key on one concrete type.

    They have one name and equal arguments (validation says so).
    """

    key: str
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value

    @property
    def selection_sets(self) -> tuple[SelectionSetNode, ...]:
        """What is selected of the field's value, in order."""
        return tuple(node.selection_set for node in self.nodes if node.selection_set is not None)


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the fields of one operation; what it looks at in the variables is part of the statement's shape."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    inputs: Inputs

    def collect(
        self, type_: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode]
    ) -> tuple[SelectedField, ...]:
        """The fields selected on a concrete type, in the order of their response keys."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in selection_sets:
            self._visit(type_, selection_set, found, visited)
        return tuple(SelectedField(key, tuple(nodes)) for key, nodes in found.items())

    def _visit(
        self,
        type_: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault(key, []).append(node)
                case InlineFragmentNode():
                    if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                        self._visit(type_, node.selection_set, found, visited)
                case FragmentSpreadNode() if node.name.value not in visited:
                    visited.add(node.name.value)
                    fragment = self.fragments[node.name.value]
                    if self._applies(fragment.type_condition.name.value, type_):
                        self._visit(type_, fragment.selection_set, found, visited)
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
        return bool(self.inputs.look(read_arguments(directive, declared)["if"], plain))  # type: ignore[arg-type]
