"""From a statement's closed gates to the notes and errors of a response.

One note per hidden selection, one error per refused selection, never one per row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from resolvers.compilation.company_scope import GatedSelection, Path
from resolvers.compilation.statement import ScopeGates, Statement
from resolvers.request import ErrorEntry, Note
from schema.apps import App
from schema.declarations.gates import Gate
from schema.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class ClosedGates:
    """The gates of one company row, at least one of them closed.

    `scope` is the scope's number in the statement, `company` the key in hex, `passed` one flag for each gate of the
    scope, `index` the row's place in its list (0 outside of a list).
    """

    scope: int
    company: str
    passed: tuple[bool, ...]
    index: int | None


@dataclass(frozen=True, slots=True)
class HiddenSelection:
    """A selection that a gate hides (or refuses, when an input of it is gated) in some companies."""

    path: Path
    gate: Gate
    refused: bool
    companies: tuple[str, ...]
    entry: GatedSelection
    index: int | None


def read_closed(statement: Statement, text: str) -> Iterator[ClosedGates]:
    """The company rows with closed gates in a statement's second column.

    Raises ValueError when they do not fit the statement: a note must not get lost silently.
    """
    for site in text.split(";"):
        items = site.split(",")
        for index, item in enumerate(items):
            if not item:
                continue
            scope, company, bits = item.split(":")
            passed = tuple(bit == "t" for bit in bits)
            if len(passed) != len(statement.scopes[int(scope)].gates):
                raise ValueError("the closed gates do not fit the statement")
            yield ClosedGates(int(scope), company.replace("-", ""), passed, index)


def hidden_selections(statement: Statement, text: str | None) -> tuple[HiddenSelection, ...]:
    """The selections hidden by a statement's second column, in the order of the selections."""
    if text is None:
        return ()
    found: dict[tuple[Path, Gate, bool], _Place] = {}
    for closed in read_closed(statement, text):
        for n, gate, refused in closed_gates(statement.scopes[closed.scope], closed):
            entry = statement.scopes[closed.scope].entries[n]
            place = found.setdefault((entry.at.path, gate, refused), _Place((closed.scope, n), entry, closed.index))
            place.companies[f"com_{closed.company}"] = None
    return tuple(
        HiddenSelection(path, gate, refused, tuple(place.companies), place.entry, place.index)
        for (path, gate, refused), place in sorted(found.items(), key=lambda item: item[1].order)
    )


@dataclass(slots=True)
class _Place:
    """A hidden selection's order among all, and the companies in which it is hidden."""

    order: tuple[int, int]
    entry: GatedSelection
    index: int | None
    companies: dict[str, None] = field(default_factory=dict[str, None])


def closed_gates(scope: ScopeGates, closed: ClosedGates) -> Iterator[tuple[int, Gate, bool]]:
    """The entries that a company row hides or refuses: index, gate, True when refused.

    Entries below a hidden one are left out.
    """
    dark: set[int] = set()
    for n, entry in enumerate(scope.entries):
        if entry.at.entry in dark:
            dark.add(n)
            continue
        if entry.branches:
            if not any(all(closed.passed[place] for place in branch) for branch in entry.branches):
                dark.add(n)
            continue
        closed_gates = [(place, False) for place in entry.needs if not closed.passed[place]]
        closed_gates += [(place, True) for place in entry.inputs if not closed.passed[place]]
        if closed_gates:
            dark.add(n)
            place, refused = closed_gates[0]
            if refused or not entry.silent:
                yield n, scope.gates[place], refused


def note(of: HiddenSelection) -> Note:
    """The note of a hidden selection (`extensions.hidden`)."""
    app, role = _names(of.gate)
    return Note(of.path, app, role, of.companies)


def _names(gate: Gate) -> tuple[str | None, str | None]:
    return (gate.name, None) if isinstance(gate, App) else (None, gate.name)


def error(of: HiddenSelection, message: str) -> ErrorEntry:
    """The error of a hidden or refused selection. Its path ends at the first list of data, whose index it has."""
    app, role = _names(of.gate)
    at = of.entry.at
    path: list[str | int] = list(of.path[: at.bare_from])
    if at.index_at is not None and of.index is not None and at.index_at <= len(path):
        path.insert(at.index_at, of.index)
    code = ErrorCode.APP_REQUIRED if app is not None else ErrorCode.ROLE_REQUIRED
    named = {"app": app} if app is not None else {"role": role}
    extensions = {**named, "selection": list(of.path), "companies": list(of.companies)}
    return ErrorEntry(code, message, tuple(path), of.entry.locations, extensions)
