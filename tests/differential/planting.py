"""Leaks on purpose: takes coordinates of the schema, gives a product that does not know their gates."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from graphql import GraphQLSchema

from db.tables import metadata
from resolvers.compiler import Compiler
from resolvers.fields import HOMES, RESOLVERS
from resolvers.layout import Layout
from schema import schema
from tests.differential.gating import printed_schema


@contextmanager
def leaking(*coordinates: str) -> Generator[Compiler]:
    """A compiler that is blind for the gates stated on `Type` or `Type.member`; what it compiles inside leaks."""
    printed_schema()  # the oracle's schema is printed before anything is missing
    core = schema.core
    places = {id(place): place for place in (_declaration(core, coordinate) for coordinate in coordinates)}.values()
    stated = [(place, place.directives) for place in places]
    assert all(directives for _, directives in stated), "there is no gate to take away"
    try:
        for place in places:
            place.directives = []
        yield Compiler(core, Layout(core, metadata, RESOLVERS, HOMES))
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
