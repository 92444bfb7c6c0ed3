"""Files of named operations in GraphQL: each operation by its name, as a document with the fragments that it uses."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast
from graphql.utilities import separate_operations

from gateway.settings import Settings

CONSOLE: Final = "console/"
"""The beginning of the ids of the console's operations."""


def operations_of(text: str) -> Mapping[str, str]:
    """The documents of a file by the names of their operations.

    Raises GraphQLSyntaxError, and ValueError for a definition without a name, twice there, or of another sort.
    """
    parsed = parse(text)
    seen: set[tuple[str, str]] = set()
    for node in parsed.definitions:
        is_usable = isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
        name = node.name.value if is_usable and node.name is not None else None
        if name is None:
            raise ValueError("only operations and fragments with a name may be there")
        if (node.kind, name) in seen:
            raise ValueError(f"{name} is there twice")
        seen.add((node.kind, name))
    return {name: print_ast(document) for name, document in separate_operations(parsed).items()}


def own_operations(settings: Settings) -> Mapping[str, str]:
    """The documents of the gateway itself by their ids, each with one operation, whose name ends the id."""
    return console_operations() if settings.has_console else {}


@cache
def console_operations() -> Mapping[str, str]:
    """The documents of the console by their ids, which browsers send as `documentId`."""
    text = files("gateway").joinpath("console", "operations.graphql").read_text(encoding="utf-8")
    return {f"{CONSOLE}{name}": document for name, document in operations_of(text).items()}
