"""Every gate on every path: what an app or a role hides is nowhere to be seen without it, and there with it.

The lines and their paths come from the gate table, which is made of the schema.
"""

import json
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

import pytest

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.cache import Cache
from resolvers.execution import Executor, default_compiler
from resolvers.gate_table import NODE, CoordinateKind, GatedCoordinate, Reached, gate_table
from resolvers.known import KnownOperations
from resolvers.live import Subscription
from resolvers.operation import Documents
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.apps import App
from schema.declarations import Gate, Role
from schema.errors import ErrorCode
from tests.differential.comparison import Bench, InTransaction, execute
from tests.differential.dataset import ALWAYS, Viewer, everything_but, key, nothing_but
from tests.differential.gating import printed_schema, type_gates
from tests.differential.operations import Case
from tests.differential.walking import ROOTS, mutation, needs, payload, subscription, walks
from tests.live import answer_of

LINES: Final[dict[Gate, list[GatedCoordinate]]] = defaultdict(list)
for _line in gate_table(schema.core):
    LINES[_line.gate].append(_line)


MUTATIONS: Final = [line for lines in LINES.values() for line in lines if line.kind is CoordinateKind.MUTATION]
ROWS: Final = (CoordinateKind.TYPE, CoordinateKind.ENUM_VALUE)
"""What may only leave rows out, without a note."""


def named(gate: Gate) -> str:
    return gate.name


def strangers(gate: Gate, bench: Bench) -> Viewer:
    """Who has everything but this gate."""
    return bench.data.viewer(everything_but(gate) if isinstance(gate, App) else "Full")


@pytest.fixture(scope="module")
def product(bench_database: Database) -> Executor:
    """One for all viewers, with room for all documents of a gate: whoever asks the same again finds them."""
    compiler = replace(default_compiler(), statements=Cache(ROOM))
    known = KnownOperations(Documents(compiler.schema, room=ROOM))
    return Executor(bench_database, compiler, known=known, max_cost=sys.maxsize)


ROOM: Final = 400_000_000
"""Bytes."""

APPS: Final = [gate for gate in LINES if isinstance(gate, App)]
GATES: Final = [*APPS, *(gate for gate in LINES if isinstance(gate, Role))]
EACH: Final[dict[str, Any]] = {"ids": named, "scope": "module"}
"""Gate by gate, all viewers of one before the next."""


@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_who_lacks_only_this_sees_nothing_of_it(bench: Bench, product: Executor, gate: Gate) -> None:
    stranger = strangers(gate, bench)
    lacking = {gate, Role.OWNER}
    for line in LINES[gate]:
        for walk in walks(line):
            result = await execute(product, walk.case, stranger)
            assert walk.shown(read(result)) == [], walk.case
            told = told_gates(result)
            assert set(told) <= lacking, walk.case
            assert told or line.kind in ROWS or all(is_quiet(path, gate) for path in walk.paths), walk.case


@pytest.mark.parametrize("gate", APPS, **EACH)
async def test_who_has_nothing_else_sees_what_needs_nothing_else(bench: Bench, product: Executor, gate: App) -> None:
    viewer = bench.data.viewer(nothing_but(gate))
    held = {gate, *ALWAYS}
    for line in LINES[gate]:
        for walk in walks(line):
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
    """Whether a path names a type that the gate hides: its rows are not there, and nobody is told."""
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


@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_who_has_everything_finds_something_at_every_line(bench: Bench, product: Executor, gate: Gate) -> None:
    owner = bench.data.viewer("Olga")
    for line in LINES[gate]:
        if line.kind in ROOTS:
            continue
        found = [(walk, await execute(product, walk.case, owner)) for walk in walks(line)]
        assert not any(result.errors for _, result in found), line.coordinate
        assert any(walk.shown(read(result)) for walk, result in found), line.coordinate


@pytest.mark.parametrize("gate", GATES, **EACH)
async def test_a_payload_shows_no_more_than_a_query(bench: Bench, bench_dsn: str, gate: Gate) -> None:
    stranger, owner = strangers(gate, bench), bench.data.viewer("Olga")
    async with writing(bench_dsn) as product:
        for line in LINES[gate]:
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


async def first_answer(product: Executor, case: Case, viewer: Viewer) -> Result:
    """What a subscription reads before it tells anything."""
    started = await product.start(GraphQLRequest(case.query, token=viewer.token))
    assert isinstance(started, Subscription), started
    started.close()
    return await answer_of(started)


def read(result: Result) -> Any:
    """The data of an answer."""
    assert result.data is not None, result.errors
    return json.loads(result.data)


class _Undo(Exception):
    """What was written is to be forgotten."""


class Undone(InTransaction):
    """Reads and writes on one connection, whose transaction will be undone."""

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """The connection, on which transactions are inside its own."""
        yield self._connection


@asynccontextmanager
async def writing(dsn: str) -> AsyncGenerator[Executor]:
    """The product, of whose writes nothing is kept."""
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
