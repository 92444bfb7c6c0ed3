"""`explainAccess` agrees with the product's answer when the user runs the operation."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from random import Random
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.fair_use.budget import Budget
from resolvers.operation.explain import explain
from schema.apps import App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.checks.comparison import Bench, execute
from tests.differential.checks.interference import Laboratory
from tests.differential.data.dataset import ALWAYS, GATES, everything_but, key
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.explained import OPERATIONS
from tests.differential.operations.profiles import searched

FAVOURITES: Final = ("discount", "total_profit", "purchase_price", "ean", "email", "plan", "filter", "orderBy", "kinds")
A: Final = f"com_{key('company A').hex}"
EXPLAIN: Final = """
query ($company: ID!, $user: ID!, $operation: String!, $variables: JSON) { company(id: $company) {
  explainAccess(userId: $user, operation: $operation, variables: $variables) { path visible reason app role } } }
"""
SET: Final = """
update membership set toggles = (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where id = any($2::text[]))
where id = $1
"""
NAME: Final = everything_but(GATES[0])
USER: Final = key(f"membership {NAME} A ")


@pytest.fixture(scope="module")
async def laboratory(bench_dsn: str) -> AsyncGenerator[Laboratory]:
    async with Laboratory.open(bench_dsn) as laboratory:
        yield laboratory


@given(case=operations(*FAVOURITES, companies=("A",)), seed=st.integers(0, 2**32))
@searched(150)
async def test_what_is_explained_is_what_is_shown(bench: Bench, laboratory: Laboratory, case: Case, seed: int) -> None:
    held = [app.value for app in App if app in ALWAYS or Random(f"{seed}{app}").random() < 0.6]
    filled = await bench.fill(case)
    await laboratory.connection.execute(SET, USER, held)
    difference = await disagreement(laboratory.product, bench, filled)
    assert difference is None, f"{difference}\n{filled}\nheld: {held}"


async def disagreement(product: Executor, bench: Bench, case: Case) -> str | None:
    """The difference between the explanation and the product's answer; None without one."""
    shown = await execute(product, case, bench.data.viewer(NAME))
    assume(shown.data is not None)
    data: Any = json.loads(shown.data or b"")
    variables = {"company": A, "user": f"usr_{USER.hex}", "operation": case.query, "variables": case.variables}
    answer = await execute(product, Case(EXPLAIN, variables), bench.data.viewer("Olga"))
    assert answer.errors == ()
    entries = {
        tuple(entry["path"]): entry for entry in json.loads(answer.data or b"")["company"]["explainAccess"]
    }  # fmt: skip
    told: dict[tuple[str, ...], set[Gate | None]] = {}
    for note in shown.hidden:
        told.setdefault(note.path, set()).add(_gate(note.app, note.role))
    for error in shown.errors:
        more: Any = error.extensions
        told.setdefault(tuple(more["selection"]), set()).add(_gate(more.get("app"), more.get("role")))
    several = _several(case)
    for path in told:
        if path not in entries or (path not in several and path not in _outermost(entries)):
            return f"hidden, but not explained as hidden there: {path}"
    for path, entry in _outermost(entries).items():
        if path in told and _gate(entry["app"], entry["role"]) not in told[path]:
            return f"explained by another gate: {entry}, {told[path]}"
        if path not in told and len(path) > 1 and any(True for _ in _values(data, path)):
            return f"explained as hidden, but shown: {entry}"
    return None


def _gate(app: str | None, role: str | None) -> Gate | None:
    return App[app] if app else Role[role] if role else None


def _outermost(entries: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    """The hidden entries whose parent is visible."""
    return {
        path: entry
        for path, entry in entries.items()
        if not entry["visible"] and (len(path) == 1 or entries[path[:-1]]["visible"])
    }


def _several(case: Case) -> set[tuple[str, ...]]:
    """The paths with several sets of needs: some types of rows may show a value that others hide."""
    found = explain(default_compiler().schema, case.query, case.variables, Budget())
    needs = json.loads(found.needs)
    return {tuple(path) for path, place in json.loads(found.selections) if len(needs[place - 1]) > 1}


def _values(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """The values at the end of a path, nulls included."""
    match value:
        case list():
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _values(item, path)
        case dict() if path and path[0] in value:
            yield from _values(value[path[0]], path[1:])
        case _ if not path:
            yield value
        case _:
            return


@pytest.mark.parametrize(
    "name", ["Full", "Two", "Compta", "Helper", "Pending", "Removed", "Expired", "Lent", "Olga", NAME]
)
async def test_the_oracle_finds_the_same_in_every_operation(bench: Bench, name: str) -> None:
    """For everybody who is, was or will be in company A."""
    for row in bench.world.rows("membership", account_id=key(f"account {name}"), company_id=key("company A")):
        id_ = f"{'ext' if row['external'] else 'usr'}_{row['id'].hex}"
        for n, operation in enumerate(OPERATIONS):
            entry = ("company(id: $company) {", "node(id: $company) { ... on Company {")[n % 2]
            query = f"""query ($company: ID!, $user: ID!, $operation: String!) {{ {entry}
              explainAccess(userId: $user, operation: $operation) {{ path visible reason app role __typename }}
            }} }} {"}" * (n % 2)}"""
            case = Case(query, {"company": A, "user": id_, "operation": operation})
            assert await bench.difference(case, bench.data.viewer("Olga")) is None
