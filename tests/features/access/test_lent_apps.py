"""Apps that are granted until a moment: who has them until when, what ends them, and what a change finds meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, Final

import pytest

from db.connection import connect
from db.database import PoolSettings
from db.tokens import hash_token, new_token
from gateway.backend import DatabaseBackend
from gateway.logs import open_log
from resolvers.mutations.steps.lapsed_grants import AT_ONCE, END_GRANTS
from tests.features.access.test_access_requests import MAKE_KEY, asked, codes, decide
from tests.support.company import Asker, Firm, blocked, change
from tests.support.databases import Databases
from tests.support.externals import LOCK, Outside
from tests.support.smtp_server import until

LAPSE: Final = """
with earlier as (
  update app_grant set until = now() - interval '1 second' where company_id = $1 and app_id = $3 and until is not null
)
update membership set lent_until = now() - interval '1 second' where company_id = $1 and id = $2
"""
SEEN: Final = """
query ($id: ID!) { company(id: $id) { name access { apps } products { nodes { actualStock } } } }
"""


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def lent(outside: Outside, firm: Firm, app: str, until: str = "2126-01-01T00:00:00Z") -> None:
    """Anna has an app until a moment."""
    answer = await decide(outside, firm["owner"], await asked(outside, firm, app), until=until)
    assert codes(answer) == []
    assert answer.data["decideAccessRequest"]["accessRequest"]["until"] == until.replace("Z", "+00:00")


async def has(outside: Outside, firm: Firm, app: str) -> bool:
    answer = await outside.ask(firm["anna"].token, SEEN, id=firm.id)
    shown = app in answer.data["company"]["access"]["apps"]
    assert app != "STOCK" or shown == (answer.hidden == ())
    return shown


async def lapse(outside: Outside, firm: Firm, app: str) -> None:
    """Let the time of an app that Anna has until a moment be over."""
    await outside.rows(LAPSE, firm.key, firm["anna"].membership, app)


async def set_apps(outside: Outside, firm: Firm, *changes: Any, **more: Any) -> None:
    given = {"companyId": firm.id, "expectedVersion": await firm.version(), "changes": list(changes), **more}
    await outside.done(firm["owner"].token, "setAppAccess", **given)


async def is_lent(outside: Outside, firm: Firm) -> bool:
    """Whether Anna has any app until a moment."""
    find = "select lent <> repeat('0', 256)::bit(256) is_lent from membership where id = $1"
    return (await outside.rows(find, firm["anna"].membership))[0]["is_lent"]


async def test_what_is_granted_until_a_moment_is_hidden_from_then_on(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    assert await has(outside, firm, "STOCK")
    assert (await firm.trail())[-1]["until"] is not None
    await lapse(outside, firm, "STOCK")
    assert not await has(outside, firm, "STOCK")
    assert await firm.version() == 2  # nothing was written yet
    await outside.rows(END_GRANTS)
    assert not await has(outside, firm, "STOCK")
    assert (await firm.version(), await firm.toggles("anna")) == (3, await firm.grants("anna"))
    assert "STOCK" not in await firm.toggles("anna")
    last = (await firm.trail())[-1]
    assert (last["kind"], last["app_id"], last["before"], last["after"], last["actor_id"]) == (
        "TOGGLE", "STOCK", True, False, None,
    )  # fmt: skip
    await outside.rows(END_GRANTS)
    assert await firm.version() == 3
    await asked(outside, firm, "STOCK")


async def test_an_end_takes_nothing_else(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    await set_apps(outside, firm, change(firm["anna"], "QUOTES", granted=True))
    await lent(outside, firm, "DISCOUNTS")
    await lent(outside, firm, "STOCK")
    await lapse(outside, firm, "STOCK")
    assert await has(outside, firm, "QUOTES")
    await outside.rows(END_GRANTS)
    assert [await has(outside, firm, app) for app in ("QUOTES", "DISCOUNTS", "STOCK")] == [True, True, False]
    await outside.done(firm["owner"].token, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER")
    await lapse(outside, firm, "DISCOUNTS")
    assert await has(outside, firm, "DISCOUNTS")


async def test_what_is_taken_away_before_its_end_stays_away_and_can_be_given_for_good(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    for granted in (False, True):
        await set_apps(outside, firm, change(firm["anna"], "STOCK", granted))
        assert await has(outside, firm, "STOCK") is granted
        assert not await is_lent(outside, firm)
    await lapse(outside, firm, "STOCK")
    assert await has(outside, firm, "STOCK")
    await outside.rows(END_GRANTS)
    assert await has(outside, firm, "STOCK")
    assert await firm.toggles("anna") == await firm.grants("anna")


@pytest.mark.parametrize(
    "given", [{"until": "2020-01-01T00:00:00Z"}, {"granted": False, "until": "2126-01-01T00:00:00Z"}]
)
async def test_an_end_lies_ahead_and_is_that_of_a_grant(outside: Outside, given: Any) -> None:
    firm = await outside.found("STOCK")
    request = await asked(outside, firm, "STOCK")
    before = await firm.everything()
    assert codes(await decide(outside, firm["owner"], request, **given)) == [("VALIDATION", ["until"])]
    assert await firm.everything() == before


async def test_what_is_asked_for_again_and_granted_for_good_is_no_longer_lent(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await set_apps(outside, firm, change(firm["anna"], "STOCK", granted=False))
    assert codes(await decide(outside, firm["owner"], await asked(outside, firm, "STOCK"))) == []
    assert not await is_lent(outside, firm)
    await lapse(outside, firm, "STOCK")
    assert await has(outside, firm, "STOCK")
    await outside.rows(END_GRANTS)
    assert await has(outside, firm, "STOCK")


@pytest.mark.parametrize("is_over", [False, True])
async def test_a_copy_of_a_colleagues_apps_has_none_that_are_lent(outside: Outside, is_over: bool) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    await set_apps(outside, firm, change(firm["anna"], "QUOTES", granted=True))
    await lent(outside, firm, "STOCK")
    await lent(outside, firm, "DISCOUNTS")
    if is_over:
        await lapse(outside, firm, "STOCK")
        await outside.rows(END_GRANTS)
    await set_apps(outside, firm, copy=[{"from": firm["anna"].id, "to": firm["bram"].id}])
    assert await firm.toggles("bram") & {"QUOTES", "STOCK", "DISCOUNTS"} == {"QUOTES"}


ENDS: Final = """
query ($id: ID!, $version: Int!, $at: DateTime, $people: [ID!]) { company(id: $id) {
  permissionMatrix(at: $at, userIds: $people) {
    rows { cells { app until } } changedSince(version: $version) { app until } } } }
"""


async def ends(outside: Outside, firm: Firm, at: str | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """The ends in the cells of Anna's row, and in those that changed since the first version."""
    people = [firm["anna"].id]
    answer = await outside.ask(firm["owner"].token, ENDS, id=firm.id, version=1, at=at, people=people)
    assert answer.errors == ()
    matrix = answer.data["company"]["permissionMatrix"]
    return _ends_in(matrix["rows"][0]["cells"]), _ends_in(matrix["changedSince"])


def _ends_in(cells: list[Any] | None) -> dict[str, str]:
    return {cell["app"]: cell["until"] for cell in cells or [] if cell["until"]}


async def test_a_cell_of_the_matrix_has_the_end_while_it_is_on(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    await set_apps(outside, firm, change(firm["anna"], "DISCOUNTS", granted=True))
    assert await ends(outside, firm) == ({}, {})
    await lent(outside, firm, "STOCK")
    end = {"STOCK": "2126-01-01T00:00:00+00:00"}
    assert await ends(outside, firm) == (end, end)
    then = (await firm.trail())[-1]["at"].isoformat()
    await set_apps(outside, firm, change(firm["anna"], "STOCK", granted=False))
    assert await ends(outside, firm) == ({}, {})
    assert await ends(outside, firm, then) == (end, {})
    await set_apps(outside, firm, change(firm["anna"], "STOCK", granted=True))
    assert await ends(outside, firm) == ({}, {})


# --- between an end and its record


EXPLAIN: Final = """
query ($id: ID!, $user: ID!, $operation: String!) { company(id: $id) {
  explainAccess(userId: $user, operation: $operation) { path visible } } }
"""
PREVIEW: Final = """
query ($id: ID!, $changes: [AppAccessChange!]) { company(id: $id) {
  previewAccess(changes: $changes) { people { user { id } } } } }
"""
WRITE: Final = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) {
  customer { name discount } errors { code field } } }
"""
EXPORT: Final = """
mutation ($input: RequestExportInput!) { requestExport(input: $input) { exportRequest { id } errors { code } } }
"""


async def shown_in_ways(outside: Outside, firm: Firm) -> dict[str, bool]:
    """Whether Anna has the apps DISCOUNTS, DATA_EXPORT and API_ACCESS, by the ways in which that shows."""
    anna, owner = firm["anna"], firm["owner"]
    refused = {"customer": None, "errors": [{"code": "APP_REQUIRED", "field": ["discount"]}]}
    discounted = await outside.ask(anna.token, WRITE, input={"companyId": firm.id, "name": "x", "discount": "1"})
    written = discounted.data["createCustomer"]
    bare = await outside.ask(anna.token, WRITE, input={"companyId": firm.id, "name": "x"})
    assert bare.data["createCustomer"] == {"customer": {"name": "x", "discount": None}, "errors": []}
    export = {"companyId": firm.id, "model": "CUSTOMERS", "format": "CSV"}
    exported = await outside.ask(anna.token, EXPORT, input=export)
    operation = f'{{ company(id: "{firm.id}") {{ customers {{ nodes {{ discount }} }} }} }}'
    explained = await outside.ask(owner.token, EXPLAIN, id=firm.id, user=anna.id, operation=operation)
    seen = {entry["path"][-1]: entry["visible"] for entry in explained.data["company"]["explainAccess"]}
    taken = [change(anna, "DISCOUNTS", granted=False)]
    previewed = await outside.ask(owner.token, PREVIEW, id=firm.id, changes=taken)
    token = new_token("enk")
    await outside.rows(MAKE_KEY, hash_token(token), anna.account)
    return {
        "read": await has(outside, firm, "DISCOUNTS"),
        "value": written != refused,
        "payload": bare.hidden == (),
        "request": exported.codes != ["FORBIDDEN"],
        "explained": seen["discount"],
        "previewed": previewed.data["company"]["previewAccess"]["people"] != [],
        "key": (await outside.ask(token, SEEN, id=firm.id)).data["company"] is not None,
    }


async def test_an_end_holds_for_every_way_before_it_is_written(outside: Outside) -> None:
    firm = await outside.found("DISCOUNTS", "DATA_EXPORT", "API_ACCESS")
    for app in ("DISCOUNTS", "DATA_EXPORT", "API_ACCESS"):
        await lent(outside, firm, app)
    assert set((ways := await shown_in_ways(outside, firm)).values()) == {True}, ways
    await lapse(outside, firm, "DISCOUNTS")
    assert set((ways := await shown_in_ways(outside, firm)).values()) == {False}, ways


STATES: Final = """
query ($id: ID!, $at: DateTime, $people: [ID!]) { company(id: $id) {
  permissionMatrix(at: $at, userIds: $people, apps: [STOCK, DISCOUNTS, QUOTES]) {
    rows { cells { app granted effective } } } } }
"""


async def effective(outside: Outside, firm: Firm, at: Any = None) -> set[str]:
    """Which of Anna's toggles, all of which are on, are effective at a moment."""
    given: dict[str, Any] = {"id": firm.id, "people": [firm["anna"].id], "at": at and at.isoformat()}
    answer = await outside.ask(firm["owner"].token, STATES, **given)
    (row,) = answer.data["company"]["permissionMatrix"]["rows"]
    assert all(cell["granted"] for cell in row["cells"])
    return {cell["app"] for cell in row["cells"] if cell["effective"]}


async def test_a_past_moment_after_an_end_shows_what_was_on_as_not_effective(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    await set_apps(outside, firm, change(firm["anna"], "QUOTES", granted=True))
    for app in ("STOCK", "DISCOUNTS"):
        await lent(outside, firm, app)
    (before,) = await outside.rows("select clock_timestamp() moment")
    await outside.rows(
        "update app_grant set until = clock_timestamp() where company_id = $1 and app_id = 'STOCK'", firm.key
    )
    await outside.rows("update membership set lent_until = now() where id = $1", firm["anna"].membership)
    (after,) = await outside.rows("select clock_timestamp() moment")
    assert await effective(outside, firm, before["moment"]) == {"STOCK", "DISCOUNTS", "QUOTES"}
    assert await effective(outside, firm) == await effective(outside, firm, after["moment"]) == {"QUOTES"}


async def test_what_has_ended_is_granted_anew(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await lapse(outside, firm, "STOCK")
    request = await asked(outside, firm, "STOCK")
    assert codes(await decide(outside, firm["owner"], request, until="2126-02-01T00:00:00Z")) == []
    assert await has(outside, firm, "STOCK")
    assert (await firm.version(), await firm.toggles("anna")) == (4, await firm.grants("anna"))
    ended, granted = (await firm.trail())[-2:]
    assert (ended["after"], ended["actor_id"]) == (False, None)
    assert (granted["after"], granted["actor_id"]) == (True, firm["owner"].account)
    assert ended["at"] < granted["at"]
    assert granted["until"].year == 2126
    await outside.rows(END_GRANTS)
    assert await has(outside, firm, "STOCK")


async def test_an_app_that_is_on_gets_no_end_by_a_request(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    for app in ("STOCK", "DISCOUNTS"):
        await lent(outside, firm, app)
    await lapse(outside, firm, "STOCK")
    request = await asked(outside, firm, "DISCOUNTS")  # which counts no more until the end of the other is written
    await outside.rows(END_GRANTS)
    before = await firm.everything()
    later = await decide(outside, firm["owner"], request, until="2126-02-01T00:00:00Z")
    assert codes(later) == [("VALIDATION", ["until"])]
    assert await firm.everything() == before
    assert codes(await decide(outside, firm["owner"], request)) == []
    assert await has(outside, firm, "DISCOUNTS")


@pytest.mark.parametrize("granted", [False, True])
async def test_a_change_of_toggles_finds_the_end_before_it(outside: Outside, granted: bool) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await lapse(outside, firm, "STOCK")
    given = {"companyId": firm.id, "changes": [change(firm["anna"], "STOCK", granted)]}
    answer = await outside.send(firm["owner"].token, "setAppAccess", expectedVersion=2, **given)
    assert [error["code"] for error in answer.data["setAppAccess"]["errors"]] == ["VERSION_CONFLICT"]
    assert (await firm.version(), (await firm.trail())[-1]["after"]) == (3, False)
    await outside.done(firm["owner"].token, "setAppAccess", expectedVersion=3, **given)
    assert await has(outside, firm, "STOCK") is granted
    assert await firm.toggles("anna") == await firm.grants("anna")
    assert not await is_lent(outside, firm)


async def test_another_change_of_access_writes_the_end_before_it(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await lapse(outside, firm, "STOCK")
    await outside.done(firm["owner"].token, "activateApp", companyId=firm.id, app="DISCOUNTS")
    ended, activated = (await firm.trail())[-2:]
    assert (ended["app_id"], activated["app_id"]) == ("STOCK", "DISCOUNTS")
    assert ended["at"] < activated["at"]
    assert await firm.version() == 4


# --- the record of an end


DUE: Final = """
with firm as (insert into company (name) values ('Peeters & Co') returning id)
insert into membership (company_id, account_id, role, first_name, last_name, language, lent_until)
select id, $1, 'EMPLOYEE', 'Anna', 'Peeters', 'EN', now() from firm
"""


async def test_an_end_is_recorded_after_what_was_before_it_whatever_the_clock_says(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await firm.let_the_clock_go_back()
    await lapse(outside, firm, "STOCK")
    await outside.rows(END_GRANTS)
    granted, ended = (await firm.trail())[-2:]
    assert (granted["after"], ended["after"]) == (True, False)
    assert timedelta() < ended["at"] - granted["at"] < timedelta(seconds=1)


async def test_a_locked_company_is_left_for_later_and_keeps_no_other_waiting(outside: Outside) -> None:
    firms = [await outside.found("STOCK") for _ in range(2)]
    for firm in firms:
        await lent(outside, firm, "STOCK")
        await lapse(outside, firm, "STOCK")
    async with outside.other.transaction():
        await outside.other.execute(LOCK, firms[0].key)
        async with asyncio.timeout(20):
            await outside.connection.execute(END_GRANTS)
        assert [await firm.version() for firm in firms] == [2, 3]
    await outside.rows(END_GRANTS)
    assert [await firm.version() for firm in firms] == [3, 3]


async def test_what_changes_meanwhile_is_left_for_the_next_look(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    await lapse(outside, firm, "STOCK")
    pausing = END_GRANTS.replace("now() clock", "now() clock, pg_advisory_xact_lock(140) pause")
    assert pausing != END_GRANTS
    await outside.connection.execute("select pg_advisory_lock(140)")
    looking = asyncio.create_task(outside.other.fetchval(pausing))
    await blocked(outside.connection)
    await outside.rows("update company set access_version = 7 where id = $1", firm.key)
    await outside.connection.execute("select pg_advisory_unlock(140)")
    assert await looking == 0
    assert await firm.version() == 7
    await outside.rows(END_GRANTS)
    assert await firm.version() == 8


async def test_a_look_takes_a_limited_number_of_companies(outside: Outside) -> None:
    firm = await outside.found()
    await outside.rows(END_GRANTS)
    for _ in range(AT_ONCE + 1):
        await outside.rows(DUE, firm["anna"].account)
    for left in (1, 0):
        await outside.rows(END_GRANTS)
        assert (await outside.rows("select count(*) from membership where lent_until <= now()"))[0]["count"] == left


async def test_the_gateway_writes_ends_while_it_runs(databases: Databases, template: str) -> None:
    dsn = await databases.clone(template)
    gateway = DatabaseBackend(dsn, PoolSettings(size=4), open_log("off", "json"))
    connection, other = await connect(dsn), await connect(dsn)
    await gateway.open()
    assert gateway.executor is not None
    outside = Outside(Asker(gateway.executor), connection, other)
    firm = await outside.found("STOCK")
    await lent(outside, firm, "STOCK")
    assert "STOCK" in await firm.toggles("anna")
    await lapse(outside, firm, "STOCK")

    async def is_off() -> bool:
        return "STOCK" not in await firm.toggles("anna")

    await until(is_off)
    assert (await firm.version(), (await firm.trail())[-1]["after"]) == (3, False)
    for used in (gateway, connection, other):
        await used.close()
    await databases.drop(dsn)
