"""The root fields of a mutation before they run: their inputs, their statements, and what these cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.cost import Cost, cost_of_write
from resolvers.compilation.statement import Statement
from resolvers.mutations.context import InputValues
from resolvers.mutations.registry import MUTATIONS
from resolvers.operation.arguments import Variables, read_arguments, value_of
from resolvers.operation.operation import Operation, WritePart
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


@dataclass(frozen=True, slots=True)
class FieldCompiler:
    """Compiles the root fields of an operation with its variables, for a kind of credential."""

    compiler: Compiler
    writers: Mapping[str, StatementWriter]
    operation: Operation
    variables: Variables
    kind: CredentialKind

    def all(self, fields: Sequence[SelectedField], *, only_kept: bool = False) -> CompiledFields | None:
        """The root fields by their response keys.

        With `only_kept` nothing is compiled, and the answer is None where a statement is not in the cache. Raises
        RequestError (COST_EXCEEDED).
        """
        found: dict[str, Compiled] = {}
        for selected in fields:
            if selected.name == "__typename":
                continue
            try:
                one = self._compiled(selected, only_kept=only_kept)
            except RequestError as refused:
                if refused.entry.code is ErrorCode.COST_EXCEEDED:
                    raise
                one = refused
            if one is None:
                return None
            found[selected.key] = one
        return found

    def _compiled(self, selected: SelectedField, *, only_kept: bool) -> CompiledField | None:
        """A root field; None where only what is kept is looked for, and a statement is not. Raises RequestError."""
        given, writer = self._input(selected), self.writers.get(selected.name)
        if writer is None:
            mutation = MUTATIONS[selected.name]
            cost = cost_of_write(mutation.rows(given), mutation.hashes, selected.key)
            payload = self._payload(selected, only_kept=only_kept)
            return CompiledField(given, None, payload, (cost, payload.cost)) if payload is not None else None
        write = self._write(selected, only_kept=only_kept)
        if write is None:
            return None
        cost = cost_of_write(writer.rows(given), 0, selected.key)
        if write.is_whole and not writer.takes_list:
            return CompiledField(given, write, None, (cost, write.cost))
        payload = self._payload(selected, only_kept=only_kept)
        return CompiledField(given, write, payload, (cost, write.cost, payload.cost)) if payload is not None else None

    def _write(self, selected: SelectedField, *, only_kept: bool) -> Statement | None:
        if only_kept:
            return self.compiler.kept(self.operation, WritePart(selected.key), self.variables, self.kind)
        return self.compiler.write(self.operation, selected, self.variables, self.kind)

    def _payload(self, selected: SelectedField, *, only_kept: bool) -> Statement | None:
        if only_kept:
            return self.compiler.kept(self.operation, selected.key, self.variables, self.kind)
        return self.compiler.payload(self.operation, selected, self.variables, self.kind)

    def _input(self, selected: SelectedField) -> InputValues:
        mutation = self.compiler.schema.mutation_type
        assert mutation is not None
        arguments = read_arguments(selected.nodes[0], mutation.fields[selected.name].args)
        return value_of(arguments["input"], self.variables) if "input" in arguments else {}
