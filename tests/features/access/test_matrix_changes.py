"""`changedSince`: merged into the matrix of an earlier version, the told cells make the matrix of now."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings

from resolvers.fields.core.matrix_changes import MOST_CHANGES
from tests.differential.operations.profiles import CHECKS
from tests.features.access.test_matrix_history import APPS, STEPS, Life, Step, moment_of
from tests.support.databases import Databases
from tests.support.externals import Outside
from tests.support.sampling import share

CELLS: Final = "cells { ...cell }"
FIELDS: Final = "fragment cell on PermissionCell { id app granted effective editable reason until }"
WHOLE: Final = f"""
query ($id: ID!, $apps: [App!]) {{ company(id: $id) {{ permissionMatrix(apps: $apps) {{
  version rows {{ id user {{ id }} {CELLS} }} }} }} }} {FIELDS}
"""
SINCE: Final = f"""
query ($id: ID!, $version: Int!, $apps: [App!], $people: [ID!], $at: DateTime) {{ company(id: $id) {{
  permissionMatrix(apps: $apps, userIds: $people, at: $at) {{ changedSince(version: $version) {{ ...cell }} }}
}} }} {FIELDS}
"""
SET: Final = f"""
mutation ($input: SetAppAccessInput!, $version: Int!) {{ setAppAccess(input: $input) {{
  permissionMatrix {{ id version changedSince(version: $version) {{ ...cell }} }} errors {{ code }} }} }} {FIELDS}
"""
MANY: Final = """
insert into access_change (company_id, at, kind, membership_id, app_id, before, after)
select c.id, clock_timestamp() + n * interval '1 microsecond', 'TOGGLE', m.id, 'QUOTES', n % 2 = 0, n % 2 = 1
from company c join membership m on m.company_id = c.id, generate_series(1, $2) n
where c.id = $1::text::uuid and m.role = 'OWNER'
"""
ENDED: Final = "update company set trial_ends_at = clock_timestamp() where id = $1::text::uuid"
COUNT: Final = "update company set access_version = access_version + $2 where id = $1::text::uuid"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        await outside.support()
        yield outside


async def whole(life: Life, apps: tuple[str, ...] | None = APPS) -> Any:
    answer = await life.outside.ask(life.owner.token, WHOLE, id=life.id, apps=apps)
    assert answer.errors == ()
    return answer.data["company"]["permissionMatrix"]


async def since(life: Life, version: int, apps: tuple[str, ...] | None = APPS, **more: Any) -> list[Any] | None:
    answer = await life.outside.ask(life.owner.token, SINCE, id=life.id, version=version, apps=apps, **more)
    assert answer.errors == ()
    return answer.data["company"]["permissionMatrix"]["changedSince"]


def cells_of(matrix: Any) -> dict[str, Any]:
    return {cell["id"]: cell for row in matrix["rows"] for cell in row["cells"]}


async def crew(life: Life) -> list[str]:
    """Two employees who have joined; their ids."""
    for who in (0, 1):
        await life.invite(who, "EMPLOYEE", ["QUOTES"])
        await life.take(("accept", who, "QUOTES", True))
    return [row["user"]["id"] for row in (await whole(life))["rows"][1:]]


async def switch(life: Life, *cells: tuple[str, str], granted: bool = True) -> None:
    """Switch apps of people, by one mutation."""
    changes = [{"userId": person, "app": app, "granted": granted} for person, app in cells]
    await life.send("setAppAccess", expectedVersion=(await whole(life))["version"], changes=changes)


@given(steps=STEPS)
@settings(
    max_examples=share(50), deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=CHECKS,
)  # fmt: skip
async def test_the_cells_that_are_told_make_the_old_matrix_new(outside: Outside, steps: list[Step]) -> None:
    life = await Life.found(outside)
    now = await whole(life)
    seen = {now["version"]: now}
    for step in steps:
        await life.take(step)
        now = await whole(life)
        seen[now["version"]] = now
    ends = [{"at": end.isoformat(), "kind": "TRIAL"} for end in life.ends]
    changes = [{**change, "at": moment_of(change["at"])} for change in (*await life.changes(), *ends)]
    moments = sorted({change["at"] for change in changes})
    for version, matrix in seen.items():
        told, kinds = await since(life, version), {c["kind"] for c in changes if c["at"] in moments[version:]}
        assert (told is None) == (not kinds <= {"TOGGLE"})
        if told is not None:
            assert cells_of(matrix) | {cell["id"]: cell for cell in told} == cells_of(now)
            assert [row["id"] for row in matrix["rows"]] == [row["id"] for row in now["rows"]]


async def test_a_toggle_is_one_cell_in_its_payload(outside: Outside) -> None:
    life = await Life.found(outside)
    person, _ = await crew(life)
    version = (await whole(life))["version"]
    given = {
        "companyId": life.id, "expectedVersion": version,
        "changes": [{"userId": person, "app": "DISCOUNTS", "granted": True}],
    }  # fmt: skip
    await life.take(("switch", 0, "DISCOUNTS", True))
    given["expectedVersion"] = version + 1
    answer = await outside.ask(life.owner.token, SET, input=given, version=version + 1)
    payload = answer.data["setAppAccess"]
    (cell,) = payload["permissionMatrix"]["changedSince"]
    assert (cell["app"], cell["granted"], cell["id"][4:36]) == ("DISCOUNTS", True, person[4:])
    assert payload["permissionMatrix"]["version"] == version + 2
    assert await since(life, version) is None  # a column came in between


async def test_the_parts_of_a_matrix_have_their_own_cells_only(outside: Outside) -> None:
    life = await Life.found(outside)
    people = await crew(life)
    version = (await whole(life))["version"]
    for granted in (False, True):
        await switch(life, *((person, "QUOTES") for person in people), granted=granted)
    assert len(await since(life, version) or ()) == 2
    assert len(await since(life, version, people=people[:1]) or ()) == 1
    assert await since(life, version, apps=("CUSTOMERS",)) == []
    told = await since(life, version, apps=("QUOTES",), people=people[1:])
    assert told is not None
    assert [(cell["id"], cell["granted"]) for cell in told] == [(f"pcl{people[1][3:]}_QUOTES", True)]


async def test_the_end_of_a_trial_asks_for_the_matrix(outside: Outside) -> None:
    life = await Life.found(outside)
    person, _ = await crew(life)
    await switch(life, (person, "QUOTES"), granted=False)
    version = (await whole(life))["version"]
    assert await since(life, version - 1) is not None
    await outside.connection.execute(ENDED, life.id[4:])  # nothing in the trail tells of it
    assert (await whole(life))["version"] == version + 1
    assert await since(life, version) is None
    assert await since(life, version - 1) is None
    assert await since(life, version + 1) == []
    await switch(life, (person, "QUOTES"))
    assert len(await since(life, version + 1) or ()) == 1


async def test_another_change_than_a_toggle_asks_for_the_matrix(outside: Outside) -> None:
    life = await Life.found(outside)
    person, _ = await crew(life)
    version = (await whole(life))["version"]
    await switch(life, (person, "QUOTES"), granted=False)
    assert await since(life, version) is not None
    await life.send("updateUser", userId=person, role="OWNER")
    assert await since(life, version) is None
    assert await since(life, version + 2) == []


async def test_nothing_is_told_of_versions_that_are_not_there_and_of_moments(outside: Outside) -> None:
    life = await Life.found(outside)
    version = (await whole(life))["version"]
    assert await since(life, version) == []
    for other in (version + 1, 0, -1, -(2**31), 2**31 - 1):
        assert await since(life, other) is None
    assert await since(life, version, at="9999-12-31T23:59:59Z") is None
    assert await since(life, version, at="1990-01-01T00:00:00Z") is None


@pytest.mark.parametrize(("count", "told"), [(MOST_CHANGES - 2, True), (MOST_CHANGES - 1, True), (MOST_CHANGES, False)])
async def test_versions_behind_the_newest_changes_are_too_old(outside: Outside, count: int, told: bool) -> None:
    life = await Life.found(outside)
    version = (await whole(life))["version"]
    await outside.connection.execute(MANY, life.id[4:], count)
    await outside.connection.execute(COUNT, life.id[4:], count)
    assert (await since(life, version) is not None) == told
    assert len(await since(life, version + count - 1) or ()) == 1
