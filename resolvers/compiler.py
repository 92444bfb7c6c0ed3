"""The compiler's door: from an operation, or one root field of a mutation, to its statement.

Pure: nothing is awaited, nothing is asked of a database.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import orjson
from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execution,
)

from db.sql import Text
from db.tokens import CredentialKind
from resolvers.breath import resolve_breathing
from resolvers.budget import VIEW, Budget, Work
from resolvers.cache import Cache
from resolvers.compilation import Compilation
from resolvers.coordinates import named_type
from resolvers.inputs import Input, Inputs, Place, Variable, Variables, bad_input, plain, read_arguments
from resolvers.layout import Layout
from resolvers.objects import Objects
from resolvers.operation import Operation, Shapes
from resolvers.plausible import plausible
from resolvers.reach import Reach
from resolvers.request import RequestError
from resolvers.roots import Roots
from resolvers.scopes import Position
from resolvers.selection import Collector, SelectedField
from resolvers.statement import Statement, finish
from resolvers.views import View
from resolvers.visibility import Held

ROOM = 24_000_000
"""The room for all statements, in bytes."""


Kept: TypeAlias = tuple[Shapes, CredentialKind, Held | None, tuple[Any, ...]]
"""What a statement is kept under; the gates are those of the view that introspection tells of."""


@dataclass(frozen=True, slots=True)
class TypeNames:
    """The view of a variable in an introspection field: a text that names no type is as good as any other such text."""

    names: frozenset[str]

    def __call__(self, value: Any) -> Any:
        """The value, or "" for a text that is no type's name."""
        return "" if isinstance(value, str) and value not in self.names else plain(value)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles the operations of a schema over a layout; keeps the statements, bounded by their size together."""

    schema: GraphQLSchema
    layout: Layout
    statements: Cache[Kept, Statement] = field(default_factory=lambda: Cache[Kept, Statement](ROOM))

    def read(
        self,
        operation: Operation,
        variables: Variables,
        kind: CredentialKind = CredentialKind.SESSION,
        view: View | None = None,
    ) -> Statement:
        """The statement of a query for a kind of credential.

        Introspection tells of a view, by default of the whole schema. RequestError (BAD_USER_INPUT) for values that no
        client may send.
        """

        def compile_query(roots: Roots) -> Statement:
            return finish(roots.to, roots.query(self.root(operation), (operation.selection_set,)))

        return self._find(operation, None, variables, kind, compile_query, view)

    def kept(
        self,
        operation: Operation,
        part: str | None,
        variables: Variables,
        kind: CredentialKind,
        view: View | None = None,
    ) -> Statement | None:
        """The statement of a part of an operation, if it is compiled already."""
        shapes = operation.shapes.get(part)
        if shapes is None:
            return None
        return self.statements.get((shapes, kind, view.held if view is not None else None, shapes.shape(variables)))

    def payload(
        self,
        operation: Operation,
        selected: SelectedField,
        variables: Variables,
        kind: CredentialKind = CredentialKind.SESSION,
    ) -> Statement:
        """The statement that reads the payload of a mutation's root field from what was written."""
        payload = named_type(self.root(operation).fields[selected.name])
        assert isinstance(payload, GraphQLObjectType)

        def compile_payload(roots: Roots) -> Statement:
            return finish(roots.to, roots.payload(payload, selected.selection_sets, Position().under(selected.key)))

        return self._find(operation, selected.key, variables, kind, compile_payload)

    def live(
        self, operation: Operation, variables: Variables, kind: CredentialKind = CredentialKind.SESSION
    ) -> Statement:
        """The statement of a subscription, which is read again for each event. RequestError as `read` does."""

        def compile_live(roots: Roots) -> Statement:
            return finish(roots.to, roots.live(self.root(operation), (operation.selection_set,)), live=True)

        return self._find(operation, None, variables, kind, compile_live)

    def told(self, operation: Operation, variables: Variables) -> tuple[SelectedField, Input]:
        """The only root field of a subscription, and the global id of the company that it is about."""
        (selected,) = self.roots(operation, variables)
        declared = self.root(operation).fields[selected.name]
        return selected, read_arguments(selected.nodes[0], declared.args)["companyId"]

    def known(self, kind: CredentialKind) -> Statement:
        """The statement that only looks whether a credential is known: a live one whose `data` is null."""
        inputs = Inputs({})
        return finish(Compilation(inputs, Collector(self.schema, {}, inputs), kind), (Text("null"),), live=True)

    def writes(self, operation: Operation, variables: Variables) -> tuple[SelectedField, ...]:
        """The root fields of a mutation, in the order in which they are to run."""
        inputs = Inputs(variables)
        fields = self._roots(operation, inputs)
        for selected in fields:  # what decides which fields there are decides what is selected of each, too
            operation.shapes.setdefault(selected.key, Shapes()).learn(inputs)
        return fields

    def root(self, operation: Operation) -> GraphQLObjectType:
        """The type of the root fields of an operation."""
        root = self.schema.get_root_type(operation.node.operation)
        assert root is not None
        return root

    def roots(self, operation: Operation, variables: Variables) -> tuple[SelectedField, ...]:
        """The root fields of an operation, in the order of the response."""
        return self._roots(operation, Inputs(variables))

    def _roots(self, operation: Operation, inputs: Inputs) -> tuple[SelectedField, ...]:
        return self._collector(operation, inputs).collect(self.root(operation), (operation.selection_set,))

    def keep(self, operation: Operation, kind: CredentialKind = CredentialKind.SESSION) -> tuple[Statement, ...]:
        """Compile an operation for the variables that are plausible, and keep its statements for good.

        Gives one statement for each set of variables and each payload, as far as they can be made without values.
        """
        sets = list(plausible(operation, self.schema))
        for variables in sets:  # each may learn what else to look at, and then those before have another shape
            self.parts(operation, variables, kind)
        kept: list[Statement] = []
        for variables in sets:
            for part, statement in self.parts(operation, variables, kind):
                shapes = operation.shapes[part]
                self.statements.pin((shapes, kind, None, shapes.shape(variables)), statement)
                kept.append(statement)
        return tuple(kept)

    def parts(
        self, operation: Operation, variables: Variables, kind: CredentialKind
    ) -> list[tuple[str | None, Statement]]:
        """The statements of an operation: of a query or subscription the one, of a mutation by its payloads' keys.

        Those that need a real value to be compiled are left out.
        """
        found: list[tuple[str | None, Statement]] = []
        if not operation.is_mutation:
            with suppress(RequestError):
                compile_ = self.live if operation.is_live else self.read
                found.append((None, compile_(operation, variables, kind)))
            return found
        for selected in self.writes(operation, variables):
            if selected.name != "__typename":
                with suppress(RequestError):
                    found.append((selected.key, self.payload(operation, selected, variables, kind)))
        return found

    def _find(
        self,
        operation: Operation,
        part: str | None,
        variables: Variables,
        kind: CredentialKind,
        compile_: Callable[[Roots], Statement],
        view: View | None = None,
    ) -> Statement:
        statement = self.kept(operation, part, variables, kind, view)
        if statement is None:
            shapes = operation.shapes.setdefault(part, Shapes())
            held = view.held if view is not None else None
            inputs = Inputs(variables)
            to = Compilation(inputs, self._collector(operation, inputs), kind)
            to.budget.charge(Work.TOKENS, operation.tokens)
            if view is not None:
                to.budget.charge(Work.INTROSPECTED, VIEW)
            described = view.schema if view is not None else self.schema
            introspection = Introspection(described, operation, inputs, to.budget)
            statement = compile_(Roots(Objects(self.layout, to), introspection.answer))
            shapes.learn(inputs)
            shape = shapes.shape(variables)
            self.statements.put((shapes, kind, held, shape), statement, statement.weight + 2 * len(repr(shape)))
        return statement

    def _collector(self, operation: Operation, inputs: Inputs) -> Collector:
        return Collector(self.schema, operation.fragments, inputs)


@dataclass(frozen=True, slots=True)
class Introspection:
    """Answers `__schema` and `__type` by graphql-core's own executor.

    The variables in them become part of the statement's shape; each field is charged to the statement's budget.
    """

    schema: GraphQLSchema
    operation: Operation
    inputs: Inputs
    budget: Budget

    def answer(self, selected: SelectedField) -> str:
        """The JSON of an introspection field."""
        reach = Reach(selected.nodes, self.operation.fragments)
        look, view = self.inputs.look, TypeNames(self.operation.names)
        seen = {name: look(Variable(Place(name)), view) for name in reach.variables}
        variables = {name: value for name, value in seen.items() if value is not None}
        node = OperationDefinitionNode(
            operation=OperationType.QUERY,
            selection_set=SelectionSetNode(selections=selected.nodes),
            variable_definitions=tuple(
                definition
                for definition in self.operation.node.variable_definitions or ()
                if definition.variable.name.value in reach.variables
            ),
        )
        fragments = [self.operation.fragments[name] for name in reach.fragments]
        document = DocumentNode(definitions=(node, *fragments))
        answered = self._execute(document, variables)
        if answered.errors or answered.data is None:
            raise bad_input("A variable of an introspection field has a value that does not fit.")
        return orjson.dumps(answered.data[selected.key]).decode()

    def _execute(self, document: DocumentNode, variables: Variables) -> Any:
        def charged(resolve: Callable[..., Any], *given: Any, **arguments: Any) -> Any:
            try:
                self.budget.charge(Work.INTROSPECTED)
            except RequestError as refused:
                raise Exhausted from refused
            return resolve(*given, **arguments)

        execute = cast("Any", execution).execute_sync
        try:
            return execute(self.schema, document, variable_values=variables, middleware=(resolve_breathing, charged))
        except Exhausted as exhausted:
            raise cast("RequestError", exhausted.__cause__) from None


class Exhausted(BaseException):
    """The end of the budget in the midst of graphql-core's executor, which takes every Exception for a field's."""
