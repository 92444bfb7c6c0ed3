"""From a statement's closed gates to what the client is told.

One note per hidden selection, one error per refused one, never one per row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from resolvers.request import ErrorEntry, Note
from resolvers.scopes import Entry, Path
from resolvers.statement import Judged, Statement
from schema.apps import App
from schema.declarations import Gate
from schema.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Closed:
    """The judgement of one company row: which scope of the statement, which company, and where in its list (None.

    Not in a list).
    """

    scope: int
    company: str
    passed: tuple[bool, ...]
    index: int | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A selection that a gate hides (or refuses, when an input of it is gated) in some companies."""

    path: Path
    gate: Gate
    refused: bool
    companies: tuple[str, ...]
    entry: Entry
    index: int | None


def read_closed(statement: Statement, text: str) -> Iterator[Closed]:
    """The judgements in a statement's second column.

    ValueError when they do not fit the statement: a note must not get lost silently.
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
            yield Closed(int(scope), company, passed, index)


def hidden(statement: Statement, text: str | None) -> tuple[Hidden, ...]:
    """What a statement's second column hides, in the order of the selections."""
    if text is None:
        return ()
    found: dict[tuple[Path, Gate, bool], _Place] = {}
    for closed in read_closed(statement, text):
        for n, gate, refused in shut(statement.scopes[closed.scope], closed):
            entry = statement.scopes[closed.scope].entries[n]
            place = found.setdefault((entry.at.path, gate, refused), _Place((closed.scope, n), entry, closed.index))
            place.companies[f"com_{closed.company}"] = None
    return tuple(
        Hidden(path, gate, refused, tuple(place.companies), place.entry, place.index)
        for (path, gate, refused), place in sorted(found.items(), key=lambda item: item[1].order)
    )


@dataclass(slots=True)
class _Place:
    """Where a hidden selection stands among all, and the companies in which it is hidden."""

    order: tuple[int, int]
    entry: Entry
    index: int | None
    companies: dict[str, None] = field(default_factory=dict[str, None])


def shut(scope: Judged, closed: Closed) -> Iterator[tuple[int, Gate, bool]]:
    """The places of the entries that a company row hides or refuses; what lies below one of them is not mentioned."""
    dark: set[int] = set()
    for n, entry in enumerate(scope.entries):
        if entry.at.entry in dark:
            dark.add(n)
            continue
        if entry.branches:
            if not any(all(closed.passed[place] for place in branch) for branch in entry.branches):
                dark.add(n)
            continue
        shut = [(place, False) for place in entry.needs if not closed.passed[place]]
        shut += [(place, True) for place in entry.inputs if not closed.passed[place]]
        if shut:
            dark.add(n)
            place, refused = shut[0]
            if refused or not entry.silent:
                yield n, scope.gates[place], refused


def note(of: Hidden) -> Note:
    """The note of a hidden selection (`extensions.hidden`)."""
    app, role = _names(of.gate)
    return Note(of.path, app, role, of.companies)


def _names(gate: Gate) -> tuple[str | None, str | None]:
    return (gate.name, None) if isinstance(gate, App) else (None, gate.name)


def error(of: Hidden, message: str) -> ErrorEntry:
    """The error of a hidden or refused selection: its path goes, with indices, as far as the first list of data."""
    app, role = _names(of.gate)
    at = of.entry.at
    path: list[str | int] = list(of.path[: at.bare_from])
    if at.index_at is not None and of.index is not None and at.index_at <= len(path):
        path.insert(at.index_at, of.index)
    code = ErrorCode.APP_REQUIRED if app is not None else ErrorCode.ROLE_REQUIRED
    named = {"app": app} if app is not None else {"role": role}
    return ErrorEntry(
        code, message, tuple(path), extensions={**named, "selection": list(of.path), "companies": list(of.companies)}
    )
