"""The collected fields of a concrete type (specification, CollectFields).

Fragments are expanded, @skip and @include applied, response keys merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    VariableNode,
)


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the fields of one operation with its variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def collect(self, type_: Any, selection_sets: Iterable[Any]) -> dict[str, list[FieldNode]]:
        """The nodes of each response key."""
        found: dict[str, list[FieldNode]] = {}
        for selection_set in selection_sets:
            self._open(type_, selection_set, found)
        return found

    def _open(self, type_: Any, selection_set: Any, found: dict[str, list[FieldNode]]) -> None:
        for node in selection_set.selections:
            if not all(map(self._included, node.directives or ())):
                continue
            match node:
                case FieldNode():
                    found.setdefault((node.alias or node.name).value, []).append(node)
                case InlineFragmentNode():
                    if node.type_condition is None or self._is(type_, node.type_condition.name.value):
                        self._open(type_, node.selection_set, found)
                case FragmentSpreadNode():
                    fragment = self.fragments[node.name.value]
                    if self._is(type_, fragment.type_condition.name.value):
                        self._open(type_, fragment.selection_set, found)
                case _:
                    pass

    def _is(self, type_: Any, condition: str) -> bool:
        return condition == type_.name or condition in [interface.name for interface in type_.interfaces]

    def _included(self, directive: Any) -> bool:
        if directive.name.value == "optional":
            return True
        (condition,) = directive.arguments
        value = condition.value
        passed = self.variables[value.name.value] if isinstance(value, VariableNode) else value.value
        return passed is (directive.name.value == "include")
