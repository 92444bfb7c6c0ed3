"""What each role would not see of an operation: takes the compiled operation, asks no database.

A statement knows its gates and the selections behind them; here they are judged for somebody who does not exist.
"""

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from db.tokens import CredentialKind
from resolvers.compiler import Compiler
from resolvers.coordinates import named_type
from resolvers.mutations import MUTATIONS
from resolvers.notes import Closed, shut
from resolvers.operation import Operation
from resolvers.plausible import plausible
from resolvers.scopes import Path
from resolvers.statement import Judged
from schema.apps import App
from schema.declarations import Gate

OPEN_TO_ALL: Final = frozenset({"AppInfo"})
"""The types of the root fields that answer alike whoever asks."""


class Audience(enum.StrEnum):
    """Who would ask: an owner and an external user where every app is active, an employee without any app, nobody."""

    OWNER = "OWNER"
    EMPLOYEE = "EMPLOYEE"
    EXTERNAL = "EXTERNAL"
    ANONYMOUS = "ANONYMOUS"


PASSES: Final[dict[Audience, Callable[[Gate], bool]]] = {
    Audience.OWNER: lambda gate: isinstance(gate, App) or gate.name == "OWNER",
    Audience.EMPLOYEE: lambda gate: not isinstance(gate, App) and gate.name == "EMPLOYEE",
    Audience.EXTERNAL: lambda gate: isinstance(gate, App),
}


class Unseen(NamedTuple):
    """A selection that would not be seen: behind a gate, or (None) for who is not signed in.

    `refused`: an argument of it is behind the gate, so that it is an error.
    """

    path: Path
    gate: Gate | None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody would not see; `left_out` are gates that hide rows or values without a word."""

    unseen: tuple[Unseen, ...]
    left_out: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Foresight:
    """What an operation would not show to each audience, and the apps with which an employee would see the most of it.

    `sights` is empty when the operation cannot be compiled without real values. `cost` is the most that it may cost.
    """

    sights: dict[Audience, Sight]
    apps: tuple[App, ...] = ()
    cost: int = 0


def foresee(operation: Operation, compiler: Compiler) -> Foresight:
    """What an operation would show, optional variables left out."""
    statements = compiler.keep(operation)
    if not statements:
        return Foresight({})
    scopes = [scope for statement in statements for scope in statement.scopes]
    sights = {audience: _sight(scopes, passes) for audience, passes in PASSES.items()}
    sights[Audience.ANONYMOUS] = Sight(tuple(_signed_in_only(operation, compiler)))
    gates = dict.fromkeys(gate for scope in scopes for gate in scope.gates)
    costs = [
        sum(
            statement.cost.most + statement.cost.work
            for _, statement in compiler.parts(operation, variables, CredentialKind.SESSION)
        )
        for variables in plausible(operation, compiler.schema)
    ]
    return Foresight(sights, tuple(gate for gate in gates if isinstance(gate, App)), max(costs))


def _sight(scopes: Iterable[Judged], passes: Callable[[Gate], bool]) -> Sight:
    unseen: dict[Unseen, None] = {}
    left_out: dict[Gate, None] = {}
    for n, scope in enumerate(scopes):
        passed = tuple(map(passes, scope.gates))
        for place, gate, refused in shut(scope, Closed(n, "", passed, None)):
            unseen[Unseen(scope.entries[place].at.path, gate, refused)] = None
        told = {place for entry in scope.entries for place in (*entry.needs, *entry.inputs)}
        left_out |= dict.fromkeys(
            gate for place, gate in enumerate(scope.gates) if place not in told and not passed[place]
        )
    return Sight(tuple(sorted(unseen, key=lambda one: one.path)), tuple(left_out))


def _signed_in_only(operation: Operation, compiler: Compiler) -> Iterator[Unseen]:
    """The root fields that give nothing to who is not signed in."""
    root = compiler.root(operation)
    found = {
        selected.key: selected.name
        for variables in plausible(operation, compiler.schema)
        for selected in compiler.roots(operation, variables)
        if not selected.name.startswith("__")
    }
    for key, name in found.items():
        for_anyone = operation.is_mutation and MUTATIONS[name].for_anyone
        if not for_anyone and named_type(root.fields[name]).name not in OPEN_TO_ALL:
            yield Unseen((key,), None)
