"""The selections of an operation that each role would not see: takes the compiled operation, asks no database.

A statement knows its gates and the selections behind them; here the gates are judged for an imagined viewer.
"""

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from db.tokens import CredentialKind
from resolvers.compilation.company_scope import Path
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.statement import ScopeGates
from resolvers.execution.hidden_fields import ClosedGates, closed_gates
from resolvers.execution.open_operations import OPEN_TO_ALL, is_for_anyone
from resolvers.gates.coordinates import named_type
from resolvers.operation.operation import Operation
from resolvers.operation.sample_variables import plausible
from schema.apps import App
from schema.declarations.gates import Gate


class Audience(enum.StrEnum):
    """The imagined viewers.

    An owner and an external user with every app active, an employee without any app, an anonymous client.
    """

    OWNER = "OWNER"
    EMPLOYEE = "EMPLOYEE"
    EXTERNAL = "EXTERNAL"
    ANONYMOUS = "ANONYMOUS"


PASSES: Final[dict[Audience, Callable[[Gate], bool]]] = {
    Audience.OWNER: lambda gate: isinstance(gate, App) or gate.name == "OWNER",
    Audience.EMPLOYEE: lambda gate: not isinstance(gate, App) and gate.name == "EMPLOYEE",
    Audience.EXTERNAL: lambda gate: isinstance(gate, App),
}


class UnseenSelection(NamedTuple):
    """A selection that would not be seen: behind `gate`, or (None) only for signed-in viewers.

    `refused`: one of its arguments is behind the gate, so that it is an error.
    """

    path: Path
    gate: Gate | None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class RoleView:
    """The selections that one audience would not see; `left_out` are gates that hide rows or values without a note."""

    unseen: tuple[UnseenSelection, ...]
    left_out: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleReport:
    """The selections that an operation would hide from each audience, and the apps that an employee would need.

    `sights` is empty when the operation cannot be compiled without real values. `cost` is the operation's highest cost.
    """

    sights: dict[Audience, RoleView]
    apps: tuple[App, ...] = ()
    cost: int = 0


def role_report(operation: Operation, compiler: Compiler) -> RoleReport:
    """The report of an operation, judged for sample variables (`sample_variables.py`)."""
    statements = compiler.keep(operation)
    if not statements:
        return RoleReport({})
    scopes = [scope for statement in statements for scope in statement.scopes]
    sights = {audience: _role_view(scopes, passes) for audience, passes in PASSES.items()}
    sights[Audience.ANONYMOUS] = RoleView(tuple(_signed_in_only(operation, compiler)))
    gates = dict.fromkeys(gate for scope in scopes for gate in scope.gates)
    costs = [
        sum(
            statement.cost.most + statement.cost.work
            for _, statement in compiler.parts(operation, variables, CredentialKind.SESSION)
        )
        for variables in plausible(operation, compiler.schema)
    ]
    return RoleReport(sights, tuple(gate for gate in gates if isinstance(gate, App)), max(costs))


def _role_view(scopes: Iterable[ScopeGates], passes: Callable[[Gate], bool]) -> RoleView:
    unseen: dict[UnseenSelection, None] = {}
    left_out: dict[Gate, None] = {}
    for n, scope in enumerate(scopes):
        passed = tuple(map(passes, scope.gates))
        for place, gate, refused in closed_gates(scope, ClosedGates(n, "", passed, None)):
            unseen[UnseenSelection(scope.entries[place].at.path, gate, refused)] = None
        mentioned = {place for entry in scope.entries for place in (*entry.needs, *entry.inputs)}
        left_out |= dict.fromkeys(
            gate for place, gate in enumerate(scope.gates) if place not in mentioned and not passed[place]
        )
    return RoleView(tuple(sorted(unseen, key=lambda one: one.path)), tuple(left_out))


def _signed_in_only(operation: Operation, compiler: Compiler) -> Iterator[UnseenSelection]:
    """The root fields that return nothing to an anonymous client."""
    root = compiler.root(operation)
    found = {
        selected.key: selected.name
        for variables in plausible(operation, compiler.schema)
        for selected in compiler.roots(operation, variables)
        if not selected.name.startswith("__")
    }
    for key, name in found.items():
        for_anyone = operation.is_mutation and is_for_anyone(name)
        if not for_anyone and named_type(root.fields[name]).name not in OPEN_TO_ALL:
            yield UnseenSelection((key,), None)
