"""The root fields of a mutation before they run: their inputs, their statements, and what these cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.cost import Cost, cost_of_write
from resolvers.compilation.statement import Statement
from resolvers.mutations.context import InputValues
from resolvers.mutations.registry import MUTATIONS
from resolvers.operation.arguments import ConstantArgument, Variables, read_arguments, value_of
from resolvers.operation.operation import Operation, Part, WritePart
from resolvers.operation.selection import SelectedField
from resolvers.request import RequestError
from resolvers.writing.intent import StatementWriter
from schema.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A root field's input, and its statements: the one that writes, and the one that reads the payload after it.

    A mutation in a transaction has no `write`. A write that answers its payload has no `payload`, unless it is one of a
    list, which may be written in part. `costs` are those of its rows and hashes, and of its statements.
    """

    input: InputValues
    write: Statement | None
    payload: Statement | None
    costs: tuple[Cost, ...]


Compiled: TypeAlias = CompiledField | RequestError
"""A root field, or the refusal of its values."""

CompiledFields: TypeAlias = Mapping[str, Compiled]
"""Root fields by their response keys; all but `__typename`."""


def accepted(compiled: Compiled | None) -> CompiledField:
    """The root field. Raises the RequestError that refused its values: to compile it again would find the same."""
    assert compiled is not None, "all fields but __typename are compiled"
    if isinstance(compiled, RequestError):
        raise compiled
    return compiled


NO_INPUT: Final = ConstantArgument(MappingProxyType[str, object]({}))

_Find: TypeAlias = Callable[[SelectedField, Part], Statement]
"""Returns the statement of a part of a root field."""


class _NotKept(Exception):
    """A statement is not in the cache."""


@dataclass(frozen=True, slots=True)
class FieldCompiler:
    """Compiles the root fields of an operation with its variables, for a kind of credential."""

    compiler: Compiler
    writers: Mapping[str, StatementWriter]
    operation: Operation
    variables: Variables
    kind: CredentialKind

    def kept(self, fields: Sequence[SelectedField]) -> CompiledFields | None:
        """As `all`, without compiling anything; None where a statement is not in the cache."""
        try:
            return self._every(fields, self._kept)
        except _NotKept:
            return None

    def all(self, fields: Sequence[SelectedField]) -> CompiledFields:
        """The root fields by their response keys. Raises RequestError (COST_EXCEEDED)."""
        return self._every(fields, self._made)

    def _every(self, fields: Sequence[SelectedField], find: _Find) -> CompiledFields:
        found: dict[str, Compiled] = {}
        for selected in fields:
            if selected.name == "__typename":
                continue
            try:
                found[selected.key] = self._one(selected, find)
            except RequestError as refused:
                if refused.entry.code is ErrorCode.COST_EXCEEDED:
                    raise
                found[selected.key] = refused
        return found

    def _one(self, selected: SelectedField, find: _Find) -> CompiledField:
        given, writer = self._input(selected), self.writers.get(selected.name)
        if writer is None:
            mutation, payload = MUTATIONS[selected.name], find(selected, selected.key)
            cost = cost_of_write(mutation.rows(given), mutation.hashes, selected.key)
            return CompiledField(given, None, payload, (cost, payload.cost))
        write = find(selected, WritePart(selected.key))
        cost = cost_of_write(writer.rows(given), 0, selected.key)
        if write.is_whole and not writer.takes_list:
            return CompiledField(given, write, None, (cost, write.cost))
        payload = find(selected, selected.key)
        return CompiledField(given, write, payload, (cost, write.cost, payload.cost))

    def _kept(self, selected: SelectedField, part: Part) -> Statement:
        statement = self.compiler.kept(self.operation, part, self.variables, self.kind)
        if statement is None:
            raise _NotKept
        return statement

    def _made(self, selected: SelectedField, part: Part) -> Statement:
        compile_ = self.compiler.write if isinstance(part, WritePart) else self.compiler.payload
        return compile_(self.operation, selected, self.variables, self.kind)

    def _input(self, selected: SelectedField) -> InputValues:
        given = self.operation.inputs.get(selected.key)
        if given is None:
            mutation = self.compiler.schema.mutation_type
            assert mutation is not None
            arguments = read_arguments(selected.nodes[0], mutation.fields[selected.name].args)
            given = self.operation.inputs[selected.key] = arguments.get("input", NO_INPUT)
        return value_of(given, self.variables)
