"""The schema, put together from all declarations.

Every module of the package is imported, so that a new file is part of the schema without being named anywhere. Whoever
imports one of `mutations`, `roots` or `types` imports this module first: so the order, which fields of `extends` have
from it, is the same in every process.

`schema` is a Strawberry schema. Its `execute` runs on the executor that the process has bound with `schema.bind`, in
the same way as an HTTP request.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final, TypeAlias

import strawberry
from graphql import GraphQLError, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, is_introspection_type
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from schema.declarations.directives import optional, released
from schema.declarations.object_types import ENTITIES
from schema.declarations.scalars import SCALARS
from schema.gate_descriptions import describe_gates
from schema.mutations.declared import add_declared_writes
from schema.roots.mutation import Mutation
from schema.roots.query import Query
from schema.roots.subscription import LiveSubscription

Execute: TypeAlias = Callable[[str, Mapping[str, Any], str | None, Any, bool], Awaitable[ExecutionResult]]
"""Query text, variables, operation name, context and whether only queries are allowed -> the result."""


class Schema(strawberry.Schema):
    """The Strawberry schema of the gateway; the bound function executes its operations."""

    _execute: Execute | None = None

    @property
    def core(self) -> GraphQLSchema:
        """The GraphQLSchema of graphql-core that the declarations make."""
        return self._schema

    def text_of(self, core: GraphQLSchema) -> str:
        """A view of the schema as SDL, printed as the whole schema is."""
        part = copy(self)
        part._schema = core  # noqa: SLF001 (Strawberry's printer reads it)
        return print_schema(part)

    def bind(self, execute: Execute | None) -> None:
        """Set the function that `execute` runs on; None removes it."""
        self._execute = execute

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute an operation in the same way as an HTTP request.

        `context_value` may be a mapping with the caller's `token` and `language`. Raises RuntimeError when nothing is
        bound.
        """
        if self._execute is None:
            raise RuntimeError("nothing is bound to this schema: open the gateway first")
        if query is None:
            return ExecutionResult(data=None, errors=[GraphQLError("There is no query.")])
        queries_only = allowed_operation_types is not None and OperationType.MUTATION not in set(
            allowed_operation_types
        )
        return await self._execute(query, variable_values or {}, operation_name, context_value, queries_only)


FOUND: Final = walk_packages([str(Path(__file__).parent)], f"{__package__}.")

for module in sorted(FOUND, key=lambda module: module.name.rpartition(".")[2]):
    import_module(module.name)  # sorted by its last name: the order in which `extends` adds fields to a type

add_declared_writes(Mutation)
schema: Final = Schema(
    query=Query,
    mutation=Mutation,
    subscription=LiveSubscription,
    types=ENTITIES,
    directives=[optional],
    config=StrawberryConfig(scalar_map=SCALARS),
)

for type_ in schema.core.type_map.values():
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(type_):
        for declared in type_.fields.values():
            declared.resolve = None  # Strawberry's resolvers, a closure each, are unused: statements resolve fields
describe_gates(schema.core)
schema.core.directives = tuple(released(directive) for directive in schema.core.directives)
