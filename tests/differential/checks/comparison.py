"""Runs an operation on the product and on the oracle, and finds the differences."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from graphql import GraphQLSyntaxError, parse, validate

from db.connection import Connection
from db.database import Database
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest, Result
from schema.apps import App
from schema.declarations.gates import Gate
from schema.hidden_fields import HiddenFields
from schema.roles import Role
from tests.differential.data.dataset import DataSet, Viewer, key
from tests.differential.operations.drawn import Case, Cursor
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.lists import row_of_cursor
from tests.differential.oracle.oracle import Hidden, ask
from tests.differential.oracle.world import World

SEARCHED: Final = "de"
"""The text of the searches from which cursors are taken."""


@cache
def _list_of(type_: str) -> str:
    """The name of the company's list field for a type."""
    for name, field in printed_schema().type_map["Company"].fields.items():
        if str(field.type) == f"{type_}Connection":
            return name
    raise AssertionError(f"no list of {type_}")


MODES: Final = (HiddenFields.NULL, HiddenFields.ERROR)
"""The modes in which every operation is answered; in both, hidden fields stay in the schema and are reported."""


class InTransaction(Database):
    """The product's reads on one connection, inside a transaction that is rolled back."""

    def __init__(self, connection: Connection) -> None:  # pyright: ignore[reportMissingSuperCall]
        self._connection = connection

    async def read(self, sql: str, arguments: Any, *, brief: bool = False) -> Any:
        """The one row of a statement."""
        return await self._connection.fetchrow(sql, *arguments)


class Bench:
    """The product on a database with the data set, and the same rows in memory for the oracle."""

    def __init__(self, data: DataSet, world: World, product: Executor) -> None:
        self.data = data
        self.world = world
        self._product = product
        self._cursors: dict[Cursor, list[str]] = {}

    async def fill(self, case: Case) -> Case:
        """The case with real cursors, taken from earlier pages."""
        return case.filled([await self._cursor(wish) for wish in case.cursors])

    async def _cursor(self, wish: Cursor) -> str | None:
        place = replace(wish, n=0)
        if place not in self._cursors:
            self._cursors[place] = await self._read_cursors(wish)
        found = self._cursors[place]
        return found[wish.n % len(found)] if found else None

    async def _read_cursors(self, wish: Cursor) -> list[str]:
        if wish.type == "Company":
            order = f"(orderBy: {wish.order[0]})" if wish.order else ""
            text, viewer = f"{{ at: viewer {{ list: companies{order} {{ edges {{ cursor }} }} }} }}", "Compta"
        else:
            order = f", orderBy: [{' '.join(wish.order)}]" if wish.order else ""
            list_ = f"list: {_list_of(wish.type)}(first: 100{order}) {{ edges {{ cursor }} }}"
            found = f'at: search(text: "{SEARCHED}") {{ {list_} }}' if wish.searched else list_
            text, viewer = f'{{ at: company(id: "com_{key("company A").hex}") {{ {found} }} }}', "Olga"
        result = await execute(self._product, Case(text, {}), self.data.viewer(viewer))
        assert result.data is not None, result.errors
        at = json.loads(result.data)["at"]
        return [edge["cursor"] for edge in (at["at"] if wish.searched else at)["list"]["edges"]]

    async def difference(self, case: Case, viewer: Viewer, product: Executor | None = None) -> str | None:
        """The difference between product and oracle for a case with real cursors, in any mode; None without one."""
        answer = ask(self.world, parse(case.query), case.variables, viewer.token)
        for mode in MODES:
            result = await execute(product or self._product, case, viewer, mode=mode)
            found = _difference(result, answer.data, answer.hidden, report_errors=mode is HiddenFields.ERROR)
            if found:
                return f"{found}\nviewer: {viewer}, hidden fields: {mode.name}\n{case}"
        return None


async def execute(product: Executor, case: Case, viewer: Viewer, *, mode: HiddenFields = HiddenFields.NULL) -> Result:
    """The product's answer."""
    request = GraphQLRequest(case.query, variables=case.variables, token=viewer.token, hidden_fields=mode)
    return await product.execute(request)


def is_valid(case: Case) -> bool:
    """Whether a case is valid for graphql-core."""
    try:
        document = parse(case.query, allow_empty_selection_sets=False)
    except GraphQLSyntaxError:
        return False
    return not validate(printed_schema(), document)


# --- differences ----------------------------------------------------------------------------------------------------


def _difference(result: Result, data: Any, hidden: Iterable[Hidden], *, report_errors: bool) -> str | None:
    if result.data is None:
        return f"the product refused the whole request: {result.errors}"
    raw = json.loads(result.data)
    if json.dumps(_without_cursors(raw)) != json.dumps(data):
        return f"data\nproduct: {json.dumps(_without_cursors(raw))}\noracle:  {json.dumps(data)}"
    noted = set(_notes(result))
    told = set(_errors(result))
    wanted_notes = [of for of in hidden if not of.refused and not report_errors]
    wanted_errors = [of for of in hidden if of.refused or report_errors]
    return (
        _unlike("notes", noted, wanted_notes)
        or _unlike("errors", told, wanted_errors)
        or _repeated(result)
        or _misplaced(result, raw)
    )


Told = tuple[tuple[str, ...], str, Gate]


def _gate(app: object, role: object) -> Gate:
    return App(app) if app is not None else Role(role)


def _notes(result: Result) -> Iterable[Told]:
    for note in result.hidden:
        for company in note.companies:
            yield (note.path, company, _gate(note.app, note.role))


def _errors(result: Result) -> Iterable[Told]:
    for error in result.errors:
        more: Any = error.extensions
        gate = _gate(more.get("app"), more.get("role"))
        assert error.code == ("APP_REQUIRED" if isinstance(gate, App) else "ROLE_REQUIRED")
        for company in more["companies"]:
            yield (tuple(more["selection"]), company, gate)


def _unlike(what: str, told: set[Told], wanted: list[Hidden]) -> str | None:
    """A difference, unless there is one entry for each hidden selection, with one of its gates, and no other."""
    missing = [of for of in wanted if not any((of.path, of.company, gate) in told for gate in of.gates)]
    allowed = {(of.path, of.company, gate) for of in wanted for gate in of.gates}
    too_many = len(told) > len(wanted)
    if missing or told - allowed or too_many:
        return f"{what}\nmissing: {missing}\nbesides: {told - allowed}\ntold: {len(told)}, wanted: {len(wanted)}"
    return None


def _repeated(result: Result) -> str | None:
    """A difference when a selection is reported twice for one gate."""
    for told in (
        [(note.path, note.app, note.role) for note in result.hidden],
        [str(error.extensions) for error in result.errors],
    ):
        if len(told) != len(set(told)):
            return f"told twice: {told}"
    return None


def _misplaced(result: Result, data: Any) -> str | None:
    """A difference when the path of an error does not lead to a null, or to the first list on its way."""
    for error in result.errors:
        at, path = data, error.path or ()
        for step in path:
            at = at[step] if at is not None else None
        names = tuple(step for step in path if isinstance(step, str))
        selection: Any = error.extensions["selection"]
        if list(names) != selection[: len(names)] or (len(names) == len(selection) and at is not None):
            return f"path {path} of {selection} leads to {at!r}"
    return None


def _without_cursors(value: Any) -> Any:
    """The data with each cursor replaced by its row's key."""
    match value:
        case dict():
            return {name: _without_cursors(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_without_cursors(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case str() if value.startswith(CURSOR_STARTS):
            return row_of_cursor(value)
        case _:
            return value


CURSOR_STARTS: Final = ("WyI", "WyJ")
"""The beginning of base64 of a JSON list of texts; no text of the data begins like it."""
