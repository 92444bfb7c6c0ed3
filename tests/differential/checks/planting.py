"""Leaks on purpose: compilers that do not know the gates of some coordinates."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from graphql import GraphQLSchema

from db.tables import metadata
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.table_mapping import TableMapping
from resolvers.fields.registry import HOMES, RESOLVERS
from schema import schema
from tests.differential.oracle.gating import printed_schema


@contextmanager
def leaking(*coordinates: str) -> Generator[Compiler]:
    """A compiler without the gates of `Type` or `Type.member`; statements compiled within the block leak."""
    printed_schema()  # the oracle's schema is cached before gates are removed
    core = schema.core
    places = {id(place): place for place in (_declaration(core, coordinate) for coordinate in coordinates)}.values()
    stated = [(place, place.directives) for place in places]
    assert all(directives for _, directives in stated), "there is no gate to take away"
    try:
        for place in places:
            place.directives = []
        yield Compiler(core, TableMapping(core, metadata, RESOLVERS, HOMES))
    finally:
        for place, directives in stated:
            place.directives = directives


def _declaration(core: GraphQLSchema, coordinate: str) -> Any:
    type_name, _, member = coordinate.partition(".")
    found: Any = core.type_map[type_name]
    if member:
        members = found.values if hasattr(found, "values") else found.fields
        found = members[member]
    return found.extensions["strawberry-definition"]
