"""Row level security takes nothing away from writes in companies that the caller has entered.

Left out: what signs somebody in or lets somebody enter (login, signUp, acceptInvitation, companies that are founded):
these write and show companies that the caller of the request has not entered yet, which is what the fences forbid.
"""

from typing import Any

import pytest

from db.connection import Connection
from resolvers.mutations import access
from tests.databases import Databases
from tests.golden.case import Case, read_cases
from tests.golden.record import json_text
from tests.golden.world import Viewing
from tests.rls.conftest import open_worlds
from tests.rls.fence import COMPANIES

ENTERING = {"mutation_login"}
WRITES = {case.name: case for case in read_cases() if case.is_mutation and case.name not in ENTERING}
TWINS = """
select md5(string_agg(t::text, '' order by t::text)) from {} t
where {} in (select md5('twin of ' || id)::uuid from company)
"""


async def twins(connection: Connection) -> list[Any]:
    """A digest of all that belongs to twins."""
    return [await connection.fetchval(TWINS.format(table, column)) for table, column in COMPANIES.items()]


async def written(databases: Databases, template: str, case: Case, *, fenced: bool) -> tuple[str, bool]:
    """The answers to a case, and whether the twins are as they were."""
    async with open_worlds(databases, template) as worlds:
        world = worlds[fenced]
        before = await twins(world.connection)
        outcomes = [await world.run(case, viewing) for viewing in reversed(Viewing)]
        answers = json_text(dict(zip(Viewing, reversed(outcomes), strict=True)))
        return answers, await twins(world.connection) == before


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("fenced", [False, True], ids=["open", "fenced"])
async def test_golden_writes_are_answered_alike(
    databases: Databases, twin_template: str, name: str, fenced: bool
) -> None:
    case = WRITES[name]
    answers, untouched = await written(databases, twin_template, case, fenced=fenced)
    assert answers == case.json.read_text(encoding="utf-8")
    assert untouched


async def test_a_write_without_its_company_is_noticed(
    databases: Databases, twin_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = "where m.company_id = $1 and m.id = c.membership_id"
    assert fence in access.SET
    monkeypatch.setattr(access, "SET", access.SET.replace(fence, "where m.id = c.membership_id"))
    case = WRITES["mutation_set_app_access"]
    assert not (await written(databases, twin_template, case, fenced=False))[1]
    assert (await written(databases, twin_template, case, fenced=True))[1]
