"""Operations that need nobody to be signed in, so that a credential which is no longer valid does not matter."""

from typing import Final

from graphql import FieldNode, GraphQLSchema, OperationType

from resolvers.gates.coordinates import named_type
from resolvers.mutations.registry import MUTATIONS
from resolvers.operation.operation import Operation
from resolvers.operation.references import expanded

OPEN_TO_ALL: Final = frozenset({"AppInfo"})
"""The types of root fields that return the same to every client."""


def is_for_anyone(name: str) -> bool:
    """True for a root field of Mutation that needs no signed-in caller."""
    return name in MUTATIONS and MUTATIONS[name].for_anyone


def needs_nobody(operation: Operation, schema: GraphQLSchema) -> bool:
    """True for a query of public fields only, and for a mutation with a field that needs no signed-in caller."""
    selections = expanded(operation.node.selection_set, operation.fragments)
    names = {one.name.value for one in selections if isinstance(one, FieldNode)} - {"__typename"}
    if operation.is_mutation:
        return any(map(is_for_anyone, names))
    root = schema.query_type
    if not names or root is None or operation.node.operation is not OperationType.QUERY:
        return False
    return all(name in root.fields and named_type(root.fields[name]).name in OPEN_TO_ALL for name in names)
