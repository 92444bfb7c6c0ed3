"""The compiler's entry: from an operation, or one root field of a mutation, to its statement.

It is pure: it awaits nothing and asks no database.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, cast

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
from resolvers.cache import Cache
from resolvers.compilation.company_scope import Position
from resolvers.compilation.context import StatementContext
from resolvers.compilation.cost import length_of
from resolvers.compilation.divided_page import DividedPage, finish_rows
from resolvers.compilation.objects import Objects
from resolvers.compilation.payload_fields import PayloadFields
from resolvers.compilation.root_fields import RootFields
from resolvers.compilation.rows_apart import RowsApart
from resolvers.compilation.statement import Statement, finish
from resolvers.compilation.table_mapping import TableMapping
from resolvers.fair_use.breath import resolve_breathing
from resolvers.fair_use.budget import VIEW, Budget, Work
from resolvers.gates.coordinates import named_type
from resolvers.gates.schema_views import View
from resolvers.gates.visibility import Held
from resolvers.operation.arguments import (
    ArgumentValue,
    Inputs,
    VariableArgument,
    VariablePath,
    Variables,
    plain,
    read_arguments,
)
from resolvers.operation.named import NamedOperation
from resolvers.operation.operation import Operation, Part, Shapes, WritePart
from resolvers.operation.references import References
from resolvers.operation.sample_variables import plausible
from resolvers.operation.selection import Collector, SelectedField
from resolvers.request import RequestError, bad_input
from resolvers.request_limits import LIST_ITEMS

ROOM = 24_000_000
"""Maximum size of all kept statements together, in bytes."""


StatementKey: TypeAlias = tuple[Shapes, CredentialKind, Held | None, bool, tuple[Any, ...]]
"""The cache key of a statement; the gates are those of the view that introspection describes.

The flag is that of `StatementContext.has_reasons`."""


@dataclass(frozen=True, slots=True)
class TypeNames:
    """The probe of a variable in an introspection field; all texts that are not names of types have one answer."""

    names: frozenset[str]

    def __call__(self, value: Any) -> Any:
        """The value, or "" for a text that is not a type's name."""
        return "" if isinstance(value, str) and value not in self.names else plain(value)


class RootFieldWriter(Protocol):
    """Compiles the statement of one root field of Mutation."""

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that writes, and reads the payload that is selected if it can.

        It does what the input asks for, `in_full` whatever an input can ask for.
        """
        ...


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles the operations of a schema over a table mapping, and keeps the statements in a bounded cache.

    `writers` compile the root fields of Mutation that write by a statement of their own. `named` are the operations
    that are kept for good, by their names.
    """

    schema: GraphQLSchema
    layout: TableMapping
    statements: Cache[StatementKey, Statement] = field(default_factory=lambda: Cache[StatementKey, Statement](ROOM))
    writers: Mapping[str, "RootFieldWriter"] = field(default_factory=dict[str, "RootFieldWriter"])
    named: dict[str, NamedOperation] = field(default_factory=dict[str, NamedOperation])

    def read(
        self,
        operation: Operation,
        variables: Variables,
        kind: CredentialKind = CredentialKind.SESSION,
        view: View | None = None,
        *,
        has_reasons: bool = False,
    ) -> Statement:
        """The statement of a query for a kind of credential.

        Introspection describes the view, by default the whole schema. `has_reasons`: hidden fields are errors, whose
        messages need the viewer's language. Raises RequestError: BAD_USER_INPUT for values that no client may send,
        COST_EXCEEDED for an operation with too much work.
        """

        def compile_query(roots: RootFields) -> Statement:
            return finish(roots.ctx, roots.query(self.root(operation), (operation.selection_set,)))

        return self._find(operation, None, variables, kind, compile_query, view, has_reasons=has_reasons)

    def divided(
        self, operation: Operation, variables: Variables, kind: CredentialKind = CredentialKind.SESSION
    ) -> DividedPage | None:
        """The statements of a query whose companies lie at several places; None for one that reads no rows of a page.

        Raises as `read` does. They are not kept.
        """
        roots = self._begin(operation, Inputs(variables), kind, None)
        roots.ctx.apart = apart = RowsApart()
        frame = finish(roots.ctx, roots.query(self.root(operation), (operation.selection_set,)))
        if apart.pages != 1 or len(roots.ctx.sites) != 1:
            return None
        return DividedPage(frame, finish_rows(roots.ctx, apart, frame))

    def kept(
        self,
        operation: Operation,
        part: Part,
        variables: Variables,
        kind: CredentialKind,
        view: View | None = None,
        *,
        has_reasons: bool = True,
    ) -> Statement | None:
        """The statement of a part of an operation if it is in the cache, else None."""
        shapes = operation.shapes.get(part)
        if shapes is None:
            return None
        held = view.held if view is not None else None
        return self.statements.get((shapes, kind, held, has_reasons, shapes.shape(variables)))

    def payload(
        self,
        operation: Operation,
        selected: SelectedField,
        variables: Variables,
        kind: CredentialKind = CredentialKind.SESSION,
    ) -> Statement:
        """The statement that reads the payload of a mutation's root field after the mutation. Raises as `read` does."""
        declared = self.root(operation).fields[selected.name]
        payload = named_type(declared)
        assert isinstance(payload, GraphQLObjectType)
        given = read_arguments(selected.nodes[0], declared.args).get("input")
        items = length_of(given, "items", LIST_ITEMS) if given is not None else 0

        def compile_payload(roots: RootFields) -> Statement:
            at = Position().under(selected.key)
            fields = PayloadFields(roots, items)
            return finish(roots.ctx, fields.payload(payload, selected.selection_sets, at), payload=True)

        return self._find(operation, selected.key, variables, kind, compile_payload)

    def write(
        self,
        operation: Operation,
        selected: SelectedField,
        variables: Variables,
        kind: CredentialKind = CredentialKind.SESSION,
        *,
        in_full: bool = False,
    ) -> Statement:
        """The statement of a root field that `writers` has. Raises as `read` does."""
        writer, part = self.writers[selected.name], WritePart(selected.key, in_full)
        return self._find(
            operation, part, variables, kind, lambda roots: writer.compile(roots, selected, in_full=in_full)
        )

    def live(
        self, operation: Operation, variables: Variables, kind: CredentialKind = CredentialKind.SESSION
    ) -> Statement:
        """The statement of a subscription, which is run again for each event. Raises as `read` does."""

        def compile_live(roots: RootFields) -> Statement:
            return finish(roots.ctx, roots.live(self.root(operation), (operation.selection_set,)), live=True)

        return self._find(operation, None, variables, kind, compile_live)

    def subscribed(
        self, operation: Operation, variables: Variables
    ) -> tuple[SelectedField, Mapping[str, ArgumentValue]]:
        """The only root field of a subscription, and its arguments."""
        (selected,) = self.roots(operation, variables)
        declared = self.root(operation).fields[selected.name]
        return selected, read_arguments(selected.nodes[0], declared.args)

    def known(self, kind: CredentialKind) -> Statement:
        """The statement that only looks up a credential: that of a subscription, with null as `data`."""
        inputs = Inputs({})
        return finish(StatementContext(inputs, Collector(self.schema, {}, inputs), kind), (Text("null"),), live=True)

    def writes(self, operation: Operation, variables: Variables) -> tuple[SelectedField, ...]:
        """The root fields of a mutation, in the order in which they run."""
        if operation.roots is not None:
            return operation.roots
        inputs = Inputs(variables)
        fields = self._roots(operation, inputs)
        for selected in fields:  # the lookups for the root fields count for the selections below each, too
            operation.shapes.setdefault(selected.key, Shapes()).learn(inputs)
            if selected.name in self.writers:
                for in_full in (False, True):
                    operation.shapes.setdefault(WritePart(selected.key, in_full), Shapes()).learn(inputs)
        if not inputs.lookups:
            operation.roots = fields
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
        """Compile an operation for sample variables and keep its statements for good.

        Returns a statement for each set of variables and each payload that can be compiled without real values.
        """
        if operation.node.name is not None:
            self.named[operation.node.name.value] = NamedOperation(self.schema, operation)
        sets = list(plausible(operation, self.schema))
        for variables in sets:  # each set may add lookups, which changes the shapes of the sets before it
            self.parts(operation, variables, kind)
        kept: list[Statement] = []
        for variables in sets:
            for part, statement in self.parts(operation, variables, kind):
                shapes = operation.shapes[part]
                has_reasons = part is not None or operation.is_live
                self.statements.pin((shapes, kind, None, has_reasons, shapes.shape(variables)), statement)
                kept.append(statement)
        return tuple(kept)

    def parts(self, operation: Operation, variables: Variables, kind: CredentialKind) -> list[tuple[Part, Statement]]:
        """The statements of an operation: one for a query or subscription, one for each payload of a mutation.

        A root field with a statement of its own has that too. That of a query has no reasons.

        A statement that cannot be compiled without a real value is left out.
        """
        found: list[tuple[Part, Statement]] = []
        if not operation.is_mutation:
            with suppress(RequestError):
                compile_ = self.live if operation.is_live else self.read
                found.append((None, compile_(operation, variables, kind)))
            return found
        for selected in self.writes(operation, variables):
            if selected.name != "__typename":
                with suppress(RequestError):
                    found.append((selected.key, self.payload(operation, selected, variables, kind)))
                    if selected.name in self.writers:
                        write = self.write(operation, selected, variables, kind)
                        found.append((WritePart(selected.key), write))
        return found

    def _find(
        self,
        operation: Operation,
        part: Part,
        variables: Variables,
        kind: CredentialKind,
        compile_: Callable[[RootFields], Statement],
        view: View | None = None,
        *,
        has_reasons: bool = True,
    ) -> Statement:
        statement = self.kept(operation, part, variables, kind, view, has_reasons=has_reasons)
        if statement is None:
            shapes = operation.shapes.setdefault(part, Shapes())
            held = view.held if view is not None else None
            inputs = Inputs(variables)
            roots = self._begin(operation, inputs, kind, view)
            roots.ctx.has_reasons = has_reasons
            statement = compile_(roots)
            if shapes.has_room(inputs):
                shapes.learn(inputs)
                shape = shapes.shape(variables)
                key = (shapes, kind, held, has_reasons, shape)
                self.statements.put(key, statement, statement.weight + 2 * len(repr(shape)))
        return statement

    def _begin(self, operation: Operation, inputs: Inputs, kind: CredentialKind, view: View | None) -> RootFields:
        """A statement of the operation, of which nothing is compiled yet."""
        ctx = StatementContext(inputs, self._collector(operation, inputs), kind, named=self.named)
        ctx.budget.charge(Work.TOKENS, operation.tokens)
        if view is not None or operation.is_viewed:
            ctx.budget.charge(Work.INTROSPECTED, VIEW)
        described = view.schema if view is not None else self.schema
        introspection = Introspection(described, operation, inputs, ctx.budget)
        return RootFields(Objects(self.layout, ctx), introspection.answer)

    def _collector(self, operation: Operation, inputs: Inputs) -> Collector:
        return Collector(self.schema, operation.fragments, inputs)


@dataclass(frozen=True, slots=True)
class Introspection:
    """Answers `__schema` and `__type` with graphql-core's own executor.

    The variables in these fields become part of the statement's shape; each field is charged to the statement's budget.
    """

    schema: GraphQLSchema
    operation: Operation
    inputs: Inputs
    budget: Budget

    def answer(self, selected: SelectedField) -> str:
        """The JSON of an introspection field."""
        reach = References(selected.nodes, self.operation.fragments)
        look, view = self.inputs.probe, TypeNames(self.operation.names)
        seen = {name: look(VariableArgument(VariablePath(name)), view) for name in reach.variables}
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
    """Raised in graphql-core's executor when the budget is used up; a field's error would be an Exception."""
