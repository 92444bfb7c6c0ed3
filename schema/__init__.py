"""What exists: the GraphQL schema of the gateway, declarations only.

Every module of this package is read, so that a new file is part of the schema without being named anywhere.

`schema` is a Strawberry schema whose `execute` runs on the executor that the process bound with `schema.bind`: the
same path as HTTP.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, TypeAlias

import strawberry
from graphql import GraphQLError, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, is_introspection_type
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from schema.declarations import ENTITIES
from schema.live import LiveSubscription
from schema.mutation import Mutation
from schema.optional import optional
from schema.query import Query
from schema.scalars import SCALARS

Execute: TypeAlias = Callable[[str, Mapping[str, Any], str | None, Any, bool], Awaitable[ExecutionResult]]
"""Query text, variables, operation name, context and whether only queries are allowed -> the result."""


class Schema(strawberry.Schema):
    """The Strawberry schema of the gateway; it declares, and leaves execution to what is bound."""

    _execute: Execute | None = None

    @property
    def core(self) -> GraphQLSchema:
        """graphql-core's schema behind the declarations."""
        return self._schema

    def text_of(self, core: GraphQLSchema) -> str:
        """A part of the schema as SDL, in the same way."""
        part = copy(self)
        part._schema = core  # noqa: SLF001 (what Strawberry's printer prints)
        return print_schema(part)

    def bind(self, execute: Execute | None) -> None:
        """Let `execute` of this schema run on something; None lets go."""
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
        """Execute an operation as HTTP would.

        `context_value` may be a mapping with the caller's `token` and `language`.
        """
        if self._execute is None:
            raise RuntimeError("nothing is bound to this schema: open the gateway first")
        if query is None:
            return ExecutionResult(data=None, errors=[GraphQLError("There is no query.")])
        queries_only = allowed_operation_types is not None and OperationType.MUTATION not in set(
            allowed_operation_types
        )
        return await self._execute(query, variable_values or {}, operation_name, context_value, queries_only)


for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

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
            declared.resolve = None  # Strawberry's, a closure for each; statements resolve fields here
