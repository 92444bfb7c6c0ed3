"""The directive `@optional` where hidden fields are unknown: removes optional selections with names not in the view.

A hidden name and one that never existed are treated alike. Only names of fields, and of types in the conditions of
optional fragments, are looked at; the rest of the document is validated as usual.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from resolvers.operation.references import References
from resolvers.operation.selection import OPTIONAL, has_optional


def may_be_optional(text: str) -> bool:
    """True if a document may use the directive, judged by its text; most do not."""
    return "@" in text and OPTIONAL in text


def pruned(document: DocumentNode, schema: GraphQLSchema) -> DocumentNode:
    """The document without optional fields and fragments whose names are not in the schema.

    Variables and fragments that lose their last use by that go, too. Root fields of mutations stay. An optional spread
    becomes an inline fragment, since elsewhere the same fragment may not be optional.
    """
    return _Pruning(document, schema).document()


class _Pruning:
    """One document while it is pruned."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema) -> None:
        self._document = document
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def document(self) -> DocumentNode:
        definitions = [self._definition(node) for node in self._document.definitions]
        fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        before, after = self._used(self._document.definitions, self._fragments), self._used(definitions, fragments)
        unused = before.fragments.keys() - after.fragments.keys()
        left: list[DefinitionNode] = []
        for was, node in zip(self._document.definitions, definitions, strict=True):
            if isinstance(node, OperationDefinitionNode):
                gone = (
                    self._used([was], self._fragments).variables.keys() - self._used([node], fragments).variables.keys()
                )
                kept = [of for of in node.variable_definitions or () if of.variable.name.value not in gone]
                left.append(replace(node, variable_definitions=tuple(kept)))
            elif not (isinstance(node, FragmentDefinitionNode) and node.name.value in unused):
                left.append(node)
        return replace(self._document, definitions=tuple(left))

    def _used(
        self, definitions: Iterable[DefinitionNode], fragments: Mapping[str, FragmentDefinitionNode]
    ) -> References:
        """The references of the operations among some definitions."""
        return References(
            [node.selection_set for node in definitions if isinstance(node, OperationDefinitionNode)], fragments
        )

    def _definition(self, node: DefinitionNode) -> DefinitionNode:
        match node:
            case OperationDefinitionNode():
                type_ = self._schema.get_root_type(node.operation)
            case FragmentDefinitionNode():
                type_ = self._schema.type_map.get(node.type_condition.name.value)
            case _:
                return node
        return replace(node, selection_set=self._set(node.selection_set, type_, (), everything=False))

    def _set(
        self, of: SelectionSetNode, type_: GraphQLNamedType | None, inside: tuple[str, ...], *, everything: bool
    ) -> SelectionSetNode:
        """A selection set of a type after pruning; an unknown type (None) keeps all. `everything` in it is optional."""
        left = [self._selection(node, type_, inside, everything=everything) for node in of.selections]
        return replace(of, selections=tuple(node for node in left if node is not None))

    def _selection(
        self, node: SelectionNode, type_: GraphQLNamedType | None, inside: tuple[str, ...], *, everything: bool
    ) -> SelectionNode | None:
        optional = everything or has_optional(node)
        match node:
            case FieldNode():
                return self._field(node, type_, inside, optional=optional, everything=everything)
            case InlineFragmentNode(type_condition=None):
                return replace(node, selection_set=self._set(node.selection_set, type_, inside, everything=optional))
            case InlineFragmentNode():
                return self._fragment(node, inside, optional=optional)
            case FragmentSpreadNode() if optional and node.name.value not in inside:
                return self._spread(node, inside)
            case _:
                return node

    def _field(
        self,
        node: FieldNode,
        type_: GraphQLNamedType | None,
        inside: tuple[str, ...],
        *,
        optional: bool,
        everything: bool,
    ) -> FieldNode | None:
        declared = self._schema.get_field(cast("Any", type_), node.name.value) if hasattr(type_, "fields") else None
        if declared is None and type_ is not None and optional and type_ is not self._schema.mutation_type:
            return None
        if node.selection_set is None:
            return node
        named = cast("GraphQLNamedType", get_named_type(cast("Any", declared).type)) if declared is not None else None
        return replace(node, selection_set=self._set(node.selection_set, named, inside, everything=everything))

    def _fragment(self, node: InlineFragmentNode, inside: tuple[str, ...], *, optional: bool) -> SelectionNode | None:
        assert node.type_condition is not None
        type_ = self._schema.type_map.get(node.type_condition.name.value)
        if type_ is None and optional:
            return None
        return replace(node, selection_set=self._set(node.selection_set, type_, inside, everything=optional))

    def _spread(self, node: FragmentSpreadNode, inside: tuple[str, ...]) -> SelectionNode | None:
        found = self._fragments.get(node.name.value)
        if found is None:
            return node
        inline = InlineFragmentNode(
            type_condition=found.type_condition,
            directives=node.directives,
            selection_set=found.selection_set,
            loc=node.loc,
        )
        return self._fragment(inline, (*inside, node.name.value), optional=True)
