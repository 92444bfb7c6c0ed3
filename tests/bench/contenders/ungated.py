"""The gateway with all gates removed from its schema, to measure their cost; it still checks token and membership.

Run as `python -m tests.bench.contenders.ungated PORT`, with DATABASE_URL set.
"""

import sys
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from gateway.cli.main import app
from resolvers.execution import product
from resolvers.gates.coordinates import definition, directives_at
from schema import schema
from schema.declarations.gates import gates_of


def strip() -> int:
    """Remove the gates from the schema of this process; returns the number of coordinates that had some."""
    gated = [of for of in _coordinates() if gates_of(directives_at(of))]
    for of in gated:
        declared = definition(of)
        declared.directives = [directive for directive in declared.directives if not gates_of([directive])]
    product.check_schema = product.check_mutations = accept  # the checks would refuse a schema without gates
    return len(gated)


def accept(*_: object) -> None:
    """Accept everything, in place of a check."""


def _coordinates() -> Iterator[Any]:
    for type_ in schema.core.type_map.values():
        yield type_
        match type_:
            case GraphQLEnumType():
                yield from type_.values.values()
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field in type_.fields.values():
                    yield field
                    yield from field.args.values()
            case GraphQLInputObjectType():
                yield from type_.fields.values()
            case _:
                pass


if __name__ == "__main__":
    assert strip() > 100, "the schema's gates were not found"
    app(["serve", "--port", sys.argv[1]])
