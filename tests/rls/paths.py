"""Documents that read the rows of a table from a company, one for each type of the table."""

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    is_leaf_type,
    is_required_argument,
)

from db.declarations import Table
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import Fields, named_type, node_type

START = "query ($id: ID!) { company(id: $id) { %s } }"


def documents(table: Table) -> list[str]:
    """A document for each type whose rows are in the table and that can be reached from a company (`$id`)."""
    return [path % " ".join(_leaves(type_)) for type_, path in _paths() if type_.name in table.info.get("types", ())]


@cache
def _paths() -> list[tuple[Fields, str]]:
    """The shortest path to each type, with a placeholder for a selection."""
    company = cast("GraphQLObjectType", default_compiler().schema.type_map["Company"])
    found: dict[str, tuple[Fields, str]] = {}
    waiting: deque[tuple[GraphQLNamedType, str]] = deque([(company, START)])
    while waiting:
        type_, path = waiting.popleft()
        if type_.name in found:
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            found[type_.name] = type_, path
            waiting.extend((below, path % text) for below, text in _steps(type_))
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = default_compiler().schema.get_possible_types(type_)
            waiting.extend((one, path % f"... on {one.name} {{ %s }}") for one in possible)
    return list(found.values())


def _steps(type_: Fields) -> Iterator[tuple[GraphQLNamedType, str]]:
    for name, field in type_.fields.items():
        below = named_type(field)
        if is_leaf_type(below) or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        nodes = node_type(below)
        if nodes is None:
            yield below, f"{name} {{ %s }}"
        else:
            yield nodes, f"{name}(first: 100) {{ totalCount nodes {{ %s }} }}"


def _leaves(type_: Fields) -> Iterator[str]:
    yield "__typename"
    for name, field in type_.fields.items():
        if is_leaf_type(named_type(field)) and not any(is_required_argument(one) for one in field.args.values()):
            yield name
