"""Every gate on every path: without the app or role a coordinate shows nothing, with it it shows its values.

The lines and their paths come from the gate table, which is derived from the schema.
"""

import json
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

import pytest
from asyncpg import Record

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.cache import Cache
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.execution.subscriptions import LiveOperation
from resolvers.gates.table import NODE, CoordinateKind, GatedCoordinate, Reached, gate_table
from resolvers.operation.documents import Documents
from resolvers.operation.persisted import PersistedDocuments
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.apps import CATALOGUE, App, Plan
from schema.declarations.gates import Gate
from schema.errors import ErrorCode
from schema.roles import Role
from tests.differential.checks.comparison import Bench, InTransaction, execute
from tests.differential.data.dataset import ALWAYS, Viewer, everything_but, key, nothing_but
from tests.differential.operations.drawn import Case
from tests.differential.operations.walking import (
    ROOTS,
    Walk,
    live_input,
    mutation,
    needs,
    payload,
    subscription,
    walks,
)
from tests.differential.oracle.gating import printed_schema, type_gates
from tests.support.sampling import is_sample
from tests.support.subscribers import answer_of

DECLARED: Final = default_compiler().writers.keys()
"""The mutations that are walked in tests/resolvers/writing."""

LINES: Final[dict[Gate, list[GatedCoordinate]]] = defaultdict(list)
for _line in gate_table(schema.core):
    _read = tuple(path for path in _line.paths if path.steps[0].on != "Mutation")
    if _line.kind in ROOTS:
        if _line.name not in DECLARED:
            LINES[_line.gate].append(_line)
    elif _read:  # what only mutations take is walked in tests/resolvers/writing
        LINES[_line.gate].append(replace(_line, paths=_read))


MUTATIONS: Final = [line for lines in LINES.values() for line in lines if line.kind is CoordinateKind.MUTATION]
ROWS: Final = (CoordinateKind.TYPE, CoordinateKind.ENUM_VALUE)
"""The kinds of coordinate whose gate may leave rows out silently, without a note."""


def named(gate: Gate) -> str:
    return gate.name


def strangers(gate: Gate, bench: Bench) -> Viewer:
    """The viewer who holds everything except this gate."""
    return bench.data.viewer(everything_but(gate) if isinstance(gate, App) else "Full")


@pytest.fixture(scope="module")
def product(bench_database: Database) -> Executor:
    """One executor for all viewers, with caches for all documents of a gate, which many viewers share."""
    compiler = replace(default_compiler(), statements=Cache(ROOM))
    known = PersistedDocuments(Documents(compiler.schema, room=ROOM))
    return Executor(bench_database, compiler, known=known, max_cost=sys.maxsize)


ROOM: Final = 400_000_000
"""Size of each cache, in bytes."""

APPS: Final = [gate for gate in LINES if isinstance(gate, App)]
GATES: Final[list[Gate]] = [*APPS, *(gate for gate in LINES if isinstance(gate, Role))]
EACH: Final[dict[str, Any]] = {"ids": named, "scope": "module"}
"""Parametrisation gate by gate: all viewers of a gate before the next one."""


def some(gate: Gate) -> list[GatedCoordinate]:
    """The lines of a gate; in a sample one of each kind, the next gate's a place further."""
    if not is_sample():
        return LINES[gate]
    kinds: dict[CoordinateKind, list[GatedCoordinate]] = defaultdict(list)
    for line in LINES[gate]:
        kinds[line.kind].append(line)
    return [lines[GATES.index(gate) % len(lines)] for lines in kinds.values()]


def ends(line: GatedCoordinate) -> list[Walk]:
    """The documents over the paths of a line; in a sample the first and the last, which goes through all companies."""
    found = list(walks(line))
    return [*found[:1], *found[1:][-1:]] if is_sample() else found


@pytest.mark.sampled(2)
@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_who_lacks_only_this_sees_nothing_of_it(bench: Bench, product: Executor, gate: Gate) -> None:
    stranger = strangers(gate, bench)
    lacking = {gate, Role.OWNER}
    for line in some(gate):
        for walk in ends(line):
            result = await execute(product, walk.case, stranger)
            assert walk.shown(read(result)) == [], walk.case
            told = told_gates(result)
            assert set(told) <= lacking, walk.case
            assert told or line.kind in ROWS or all(is_quiet(path, gate) for path in walk.paths), walk.case


@pytest.mark.sampled(2)
@pytest.mark.parametrize("gate", APPS, **EACH)
async def test_who_has_nothing_else_sees_what_needs_nothing_else(bench: Bench, product: Executor, gate: App) -> None:
    viewer = bench.data.viewer(nothing_but(gate))
    held = {gate, *ALWAYS}
    for line in some(gate):
        for walk in ends(line):
            result = await execute(product, walk.case, viewer)
            data, told = read(result), {selection[0] for selection in told_selections(result)}
            for n, path in enumerate(walk.paths):
                if walk.elsewhere or NODE in path.steps:
                    continue
                if needs(path) <= held:
                    assert f"at{n}" not in told, (str(path), walk.case)
                else:
                    assert walk.shown_by(data, n) == [], (str(path), walk.case)


def is_quiet(path: Reached, gate: Gate) -> bool:
    """Whether a path names a type behind the gate: its rows are left out silently."""
    on = [printed_schema().type_map[step.on] for step in path.steps if step.on]
    return any(gate in type_gates(type_) for type_ in on)


def told_gates(result: Result) -> list[Gate]:
    """The gates that notes and errors name."""
    named_by: list[Any] = [*({"app": note.app, "role": note.role} for note in result.hidden)]
    named_by += [error.extensions for error in result.errors]
    return [App(of["app"]) if of.get("app") else Role(of["role"]) for of in named_by]


def told_selections(result: Result) -> list[tuple[str, ...]]:
    """The selections that notes and errors are about."""
    errors: list[Any] = [error.extensions for error in result.errors]
    return [*(note.path for note in result.hidden), *(tuple(of["selection"]) for of in errors)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_who_has_everything_finds_something_at_every_line(bench: Bench, product: Executor, gate: Gate) -> None:
    owners = [bench.data.viewer(name) for name in ("Olga", "Piet")]  # no app of hers is above the plan, some of his are
    for line in some(gate):
        if line.kind in ROOTS or live_input(line) is not None:
            continue
        assert await finds_something(product, line, owners[:1]) or await finds_something(product, line, owners), str(
            line
        )


async def finds_something(product: Executor, line: GatedCoordinate, owners: Sequence[Viewer]) -> bool:
    """Whether one of them is shown something at a line, all without errors."""
    found = [(walk, await execute(product, walk.case, owner)) for owner in owners for walk in walks(line)]
    assert not any(result.errors for _, result in found), line.coordinate
    return any(walk.shown(read(result)) for walk, result in found)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_a_payload_shows_no_more_than_a_query(bench: Bench, bench_dsn: str, gate: Gate) -> None:
    stranger, owner = strangers(gate, bench), bench.data.viewer("Olga")
    async with writing(bench_dsn) as product:
        for line in some(gate):
            if (walk := payload(line)) is not None:
                assert walk.shown(read(await execute(product, walk.case, stranger))) == [], walk.case
                assert (await execute(product, walk.case, owner)).errors == ()


@pytest.mark.parametrize("line", MUTATIONS, ids=lambda line: line.coordinate)
async def test_a_gated_mutation_is_done_for_who_holds_its_gate_only(
    bench: Bench, bench_dsn: str, line: GatedCoordinate
) -> None:
    async with writing(bench_dsn) as product:
        for viewer, codes in ((strangers(line.gate, bench), [ErrorCode.FORBIDDEN]), (bench.data.viewer("Olga"), [])):
            result = await execute(product, mutation(line), viewer)
            assert [error.code for error in result.errors] == codes
            assert read(result)["at0"] == (None if codes else {"errors": []})


SLEEP: Final = "update company set plan = 'FREE', trial_ends_at = now()"
ABOVE: Final = [gate for gate in APPS if CATALOGUE[gate].plan is not Plan.FREE]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("gate", ABOVE, **EACH)
async def test_what_sleeps_is_seen_by_nobody_from_the_second_on_in_which_the_trial_ends(
    bench: Bench, bench_dsn: str, gate: App
) -> None:
    async with writing(bench_dsn) as product:
        inside: Any = product
        async with inside._database.transaction() as connection:
            await connection.execute(SLEEP)
        for line in some(gate):
            for walk in ends(line):
                for viewer in ("Olga", "Full", "Compta"):
                    result = await execute(product, walk.case, bench.data.viewer(viewer))
                    assert walk.shown(read(result)) == [], walk.case
            if line.kind is CoordinateKind.MUTATION:
                result = await execute(product, mutation(line), bench.data.viewer("Olga"))
                assert [error.code for error in result.errors] == [ErrorCode.FORBIDDEN]


LIVE: Final = [line for lines in LINES.values() for line in lines if subscription(line) is not None]
DEACTIVATE: Final = "update company set mask = set_bit(mask, (select position from app where id = $2), 0) where id = $1"


@pytest.mark.parametrize("line", LIVE, ids=lambda line: f"{line.coordinate}-{line.gate.name}")
async def test_a_subscription_meets_the_gates_that_a_query_meets(
    bench: Bench, bench_dsn: str, line: GatedCoordinate
) -> None:
    walk, owner = subscription(line), bench.data.viewer("Olga")
    assert walk is not None
    async with writing(bench_dsn) as product:
        assert walk.shown({"at0": read(await first_answer(product, walk.case, owner))}), walk.case
        for role in ("Full", "Compta", "Piet"):
            assert read(await first_answer(product, walk.case, bench.data.viewer(role))) == {"permissionMatrix": None}
    if isinstance(line.gate, App):
        async with writing(bench_dsn) as product:
            inside: Any = product
            async with inside._database.transaction() as connection:
                await connection.execute(DEACTIVATE, key("company A"), line.gate.name)
            result = await first_answer(product, walk.case, owner)
            assert walk.shown({"at0": read(result)}) == []
            assert told_gates(result) == [line.gate]


USED_LIVE: Final = [line for lines in LINES.values() for line in lines if live_input(line) is not None]


@pytest.mark.parametrize("line", USED_LIVE, ids=lambda line: f"{line.coordinate}-{line.gate.name}")
async def test_a_subscription_is_refused_a_gated_input(bench: Bench, bench_dsn: str, line: GatedCoordinate) -> None:
    case, owner = live_input(line), bench.data.viewer("Olga")
    assert case is not None
    async with writing(bench_dsn) as product:
        assert read(await first_answer(product, case, owner)) == {"at0": {"__typename": "Changes"}}
        if isinstance(line.gate, App):
            inside: Any = product
            async with inside._database.transaction() as connection:
                await connection.execute(DEACTIVATE, key("company A"), line.gate.name)
            result, code = await first_answer(product, case, owner), ErrorCode.APP_REQUIRED
        else:
            result, code = await first_answer(product, case, bench.data.viewer("Full")), ErrorCode.ROLE_REQUIRED
        assert read(result) == {"at0": None}
        assert [(error.code, error.path) for error in result.errors] == [(code, ("at0",))]


async def first_answer(product: Executor, case: Case, viewer: Viewer) -> Result:
    """The first result of a subscription, before any event."""
    started = await product.start(GraphQLRequest(case.query, token=viewer.token))
    assert isinstance(started, LiveOperation), started
    started.close()
    return await answer_of(started)


def read(result: Result) -> Any:
    """The data of an answer."""
    assert result.data is not None, result.errors
    return json.loads(result.data)


class _Undo(Exception):
    """Rolls the transaction back."""


class Undone(InTransaction):
    """Reads and writes on one connection, inside a transaction that is rolled back."""

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """The connection; transactions on it are nested in its own."""
        yield self._connection

    async def write(
        self, statement: str, arguments: Sequence[object], passing: tuple[type[Exception], ...] = ()
    ) -> Record | None:
        """The first row of a statement that writes, nested in the transaction."""
        async with self._connection.transaction():
            return await self._connection.fetchrow(statement, *arguments)


@asynccontextmanager
async def writing(dsn: str) -> AsyncGenerator[Executor]:
    """The product, with all writes rolled back."""
    database = await Database.open(dsn, PoolSettings(size=1, idle_in_transaction_timeout=0, longest_loan=3_600))
    try:
        with suppress(_Undo):
            async with database.transaction() as connection:
                yield Executor(Undone(connection), max_cost=sys.maxsize)
                raise _Undo
    finally:
        await database.close()


def test_the_table_names_every_app_that_somebody_may_lack() -> None:
    assert {gate for gate in LINES if isinstance(gate, Role)} == {Role.OWNER}
    gated = ("createApiKey", "requestExport", "sendDocument", "startImport")
    assert {line.coordinate for line in MUTATIONS} == {f"Mutation.{name}" for name in gated}
    assert all(line.paths for lines in LINES.values() for line in lines)
