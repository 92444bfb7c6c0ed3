"""Normalisation of `@optional`: named fragments are inlined, and each affected field gets the directive itself."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MARK: Final = DirectiveNode(name=NameNode(value="optional"), arguments=())


def written_out(document: DocumentNode) -> DocumentNode:
    """The document without named fragments, with the directive on each optional field."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return DocumentNode(
        definitions=tuple(
            OperationDefinitionNode(
                operation=node.operation,
                variable_definitions=node.variable_definitions,
                selection_set=_set(node.selection_set, fragments, marked=False),
            )
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        )
    )


def is_optional(nodes: Any) -> bool:
    """Whether all nodes of a response key are optional."""
    return all(any(directive.name.value == "optional" for directive in node.directives or ()) for node in nodes)


def _set(of: Any, fragments: Mapping[str, FragmentDefinitionNode], *, marked: bool) -> Any:
    if of is None:
        return None
    selections: list[Any] = []
    for node in of.selections:
        others = tuple(each for each in node.directives or () if each.name.value != "optional")
        own = len(others) < len(node.directives or ())
        match node:
            case FieldNode():
                selections.append(
                    FieldNode(
                        alias=node.alias,
                        name=node.name,
                        arguments=node.arguments,
                        directives=(*others, MARK) if own or marked else others,
                        selection_set=_set(node.selection_set, fragments, marked=marked),
                    )
                )
            case InlineFragmentNode() | FragmentSpreadNode():
                fragment = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                selections.append(
                    InlineFragmentNode(
                        type_condition=fragment.type_condition,
                        directives=others,
                        selection_set=_set(fragment.selection_set, fragments, marked=own or marked),
                    )
                )
            case _:
                raise AssertionError(node)
    return SelectionSetNode(selections=tuple(selections))
