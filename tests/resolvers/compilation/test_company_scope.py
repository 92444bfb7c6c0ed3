"""company_scope.py, hidden_fields.py: the closed gates of a company row, however many there are."""

from uuid import UUID

import pytest

from db.sql import rows, sql
from db.tables.core.identity import company, membership
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import MOST_ARGUMENTS, CompanyScope
from resolvers.compilation.statement import ScopeGates, Statement
from resolvers.execution.hidden_fields import ClosedGates, read_closed
from schema.apps import CATALOGUE, App
from tests.golden.world import World

COMPANY = UUID("018b514d-43a0-7000-ac2b-7ed4c4760a71")


@pytest.mark.parametrize("count", [1, 2, MOST_ARGUMENTS, MOST_ARGUMENTS + 1, len(CATALOGUE)])
async def test_the_closed_gates_of_a_row_are_read_as_they_were_judged(world: World, count: int) -> None:
    apps: list[App] = list(CATALOGUE)[:count]
    member = rows(membership, sql("m"), company=sql("c.id"))
    scope = CompanyScope(0, rows(company, sql("c")), member, CredentialKind.SESSION)
    passed = tuple(place % 3 == 1 for place in scope.gate_columns(tuple(apps)))
    some = ", ".join(f"{bit} g{place}" for place, bit in enumerate(passed))
    row = f"select {scope.closed_gates()} from (select $1::uuid id) c, "
    text = await world.connection.fetchval(f"{row} (select {some}) a0", COMPANY)
    none = await world.connection.fetchval(f"{row} (select {some.replace('False', 'True')}) a0", COMPANY)
    statement = Statement("", (), (ScopeGates(tuple(scope.gates), ()),), 0)
    assert list(read_closed(statement, text)) == [ClosedGates(0, COMPANY.hex, passed, 0)]
    assert none is None
