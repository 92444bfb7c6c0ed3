"""The compiler's door: from an operation, or one root field of a mutation, to its statement.

Pure: nothing is awaited, nothing is asked of a database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execution,
    visit,
)
from graphql.language import Visitor

from resolvers.compilation import Compilation, Position
from resolvers.coordinates import named_type
from resolvers.inputs import Inputs, Place, Variable, Variables, plain
from resolvers.layout import Layout
from resolvers.objects import Objects
from resolvers.operation import Operation, Shapes
from resolvers.roots import Roots
from resolvers.selection import Collector, SelectedField
from resolvers.statement import Statement, finish


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles the operations of a schema over a layout, and keeps each operation's statements with it."""

    schema: GraphQLSchema
    layout: Layout

    def read(self, operation: Operation, variables: Variables) -> Statement:
        """The statement of a query. RequestError (BAD_USER_INPUT) for values that no client may send."""

        def compile_query(roots: Roots) -> Statement:
            query = self.schema.query_type
            assert query is not None
            return finish(roots.to, roots.query(query, (operation.selection_set,)))

        return self._find(operation, None, variables, compile_query)

    def payload(self, operation: Operation, selected: SelectedField, variables: Variables) -> Statement:
        """The statement that reads the payload of a mutation's root field from what was written."""
        mutation = self.schema.mutation_type
        assert mutation is not None
        payload = named_type(mutation.fields[selected.name])
        assert isinstance(payload, GraphQLObjectType)

        def compile_payload(roots: Roots) -> Statement:
            return finish(roots.to, roots.payload(payload, selected.selection_sets, Position().under(selected.key)))

        return self._find(operation, selected.key, variables, compile_payload)

    def writes(self, operation: Operation, variables: Variables) -> tuple[SelectedField, ...]:
        """The root fields of a mutation, in the order in which they are to run."""
        mutation = self.schema.mutation_type
        assert mutation is not None
        return self._collector(operation, Inputs(variables)).collect(mutation, (operation.selection_set,))

    def _find(
        self, operation: Operation, part: str | None, variables: Variables, compile_: Callable[[Roots], Statement]
    ) -> Statement:
        shapes = operation.shapes.setdefault(part, Shapes())
        statement = shapes.find(variables)
        if statement is None:
            inputs = Inputs(variables)
            to = Compilation(inputs, self._collector(operation, inputs))
            introspection = Introspection(self.schema, operation, inputs)
            statement = compile_(Roots(Objects(self.layout, to), introspection.answer))
            shapes.keep(statement, inputs)
        return statement

    def _collector(self, operation: Operation, inputs: Inputs) -> Collector:
        return Collector(self.schema, operation.fragments, inputs)


@dataclass(frozen=True, slots=True)
class Introspection:
    """Answers `__schema` and `__type` by graphql-core's own executor.

    The variables in them become part of the statement's shape.
    """

    schema: GraphQLSchema
    operation: Operation
    inputs: Inputs

    def answer(self, selected: SelectedField) -> str:
        """The JSON of an introspection field."""
        fragments = tuple(self.operation.fragments.values())
        variables = {name: self.inputs.look(Variable(Place(name)), plain) for name in _variables(selected, fragments)}
        node = OperationDefinitionNode(
            operation=OperationType.QUERY,
            selection_set=SelectionSetNode(selections=selected.nodes),
            variable_definitions=tuple(
                definition
                for definition in self.operation.node.variable_definitions or ()
                if definition.variable.name.value in variables
            ),
        )
        document = DocumentNode(definitions=(node, *fragments))
        answered = cast("Any", execution).execute_sync(self.schema, document, variable_values=variables)
        if answered.errors or answered.data is None:
            raise LookupError("introspection failed") from (answered.errors[0] if answered.errors else None)
        return orjson.dumps(answered.data[selected.key]).decode()


def _variables(selected: SelectedField, fragments: tuple[FragmentDefinitionNode, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}

    class Names(Visitor):
        def enter_variable(self, node: object, *_: object) -> None:
            found[node.name.value] = None  # type: ignore[attr-defined]

    for node in (*selected.nodes, *fragments):
        visit(node, Names())
    return tuple(found)
