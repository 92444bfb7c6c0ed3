"""Decisions of requests for access as one statement: what is decided or ends meanwhile, and what a payload shows."""

import asyncio
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest, Result
from resolvers.writing.access import statement
from tests.resolvers.writing.access import test_actions as actions
from tests.resolvers.writing.access.test_actions import LOCK, Office, outcome
from tests.resolvers.writing.test_trips import counting
from tests.support.company import ALWAYS, Firm, blocked

office = actions.office  # a fixture

MAKE: Final = """
insert into access_request (company_id, user_id, app_id, reason) values ($1, $2, $3, 'For the fair') returning id
"""
HOLD: Final = """
update membership m set toggles = set_bit(toggles, a.position, 1) from app a
where m.company_id = $1 and m.id = $2 and a.id = 'STOCK'
"""
LEND: Final = """
with lent as (
  insert into app_grant (company_id, membership_id, app_id, valid, until)
  values ($1, $2, 'DISCOUNTS', tstzrange(now() - interval '1 day', null), now() - interval '1 minute')
)
update membership m set toggles = set_bit(toggles, a.position, 1), lent = set_bit(lent, a.position, 1),
  lent_until = now() - interval '1 minute'
from app a where m.company_id = $1 and m.id = $2 and a.id = 'DISCOUNTS'
"""
REQUEST: Final = "id app reason state createdAt decidedAt until"
NODE: Final = f"query ($id: ID!) {{ node(id: $id) {{ ... on AccessRequest {{ {REQUEST} }} }} }}"
ROW: Final = "select state, decided_by from access_request where company_id = $1"


async def asked(office: Office, firm: Firm, app: str = "STOCK") -> str:
    """The id of a request of Anna's."""
    key = await office.connection.fetchval(MAKE, firm.key, firm["anna"].membership, app)
    return f"arq_{key.hex}"


async def decide(
    office: Office, firm: Firm, request: str, selection: str = "", by: str = "owner", **given: Any
) -> Result:
    """The result of a decision, which is to grant unless something else is said."""
    query = (
        "mutation ($input: DecideAccessRequestInput!) "
        f"{{ decideAccessRequest(input: $input) {{ {selection} errors {{ code }} }} }}"
    )
    variables = {"input": {"requestId": request, "granted": True, **given}}
    return await office.executor.execute(GraphQLRequest(query, variables=variables, token=firm[by].token))


async def stands(office: Office, firm: Firm) -> tuple[str, bool, int]:
    """The state of the only request, whether Anna has the app, and the version of the access."""
    ((state, _),) = await office.connection.fetch(ROW, firm.key)
    toggles = await firm.toggles("anna")
    assert toggles == await firm.grants("anna")
    return state, "STOCK" in toggles, await firm.version()


async def test_of_two_owners_who_decide_at_once_the_first_is_right(office: Office) -> None:
    for first, second in ((True, False), (False, True)):
        firm = await office.found()
        request = await asked(office, firm)
        async with office.other.transaction():
            await office.other.execute(LOCK, firm.key)
            deciding: list[asyncio.Task[Result]] = []
            for n, (by, granted) in enumerate((("owner", first), ("partner", second)), 1):
                deciding.append(asyncio.create_task(decide(office, firm, request, by=by, granted=granted)))
                await blocked(office.connection, n)
        assert [outcome(await one) for one in deciding] == ["DONE", "WRONG_STATE"]
        assert await stands(office, firm) == (("GRANTED", True, 2) if first else ("DECLINED", False, 1))
        assert len(await firm.trail()) == 1


@pytest.mark.parametrize("granted", [False, True])
async def test_what_is_decided_after_it_was_judged_is_not_decided_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, granted: bool
) -> None:
    """A request that was declined left the company in the version that was judged."""
    firm, turn = await office.found(), "pg_advisory_xact_lock(4711)"
    request = await asked(office, firm)
    with monkeypatch.context() as patch:
        patch.setattr(
            statement, "SUM_UP_CHANGES", statement.SUM_UP_CHANGES.replace("select f.*,", f"select f.*, {turn} turn,")
        )
        stopped = replace(office, executor=Executor(office.database))
        await office.other.execute("select pg_advisory_lock(4711)")
        waiting = asyncio.create_task(decide(stopped, firm, request, granted=granted))
        await blocked(office.connection)
    assert outcome(await decide(office, firm, request, by="partner", granted=False)) == "DONE"
    await office.other.execute("select pg_advisory_unlock(4711)")
    assert outcome(await waiting) == "WRONG_STATE"
    assert await stands(office, firm) == ("DECLINED", False, 1)
    ((_, decided_by),) = await office.connection.fetch(ROW, firm.key)
    assert decided_by == firm["partner"].account
    assert len(await firm.trail()) == 1


@pytest.mark.parametrize(
    ("removal", "of", "given", "code"),
    [
        ("deleteUser", "owner", {}, "NOT_FOUND"),
        ("updateUser", "owner", {"role": "EMPLOYEE"}, "NOT_FOUND"),
        ("deleteUser", "anna", {}, "WRONG_STATE"),
        ("updateUser", "anna", {"role": "OWNER"}, "NOT_TOGGLEABLE"),
    ],
)
async def test_who_decides_or_asks_may_have_changed_while_it_waits(
    office: Office, removal: str, of: str, given: dict[str, str], code: str
) -> None:
    firm = await office.found()
    request = await asked(office, firm)
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        changing = asyncio.create_task(office.send(firm, "partner", removal, userId=firm[of].id, **given))
        await blocked(office.connection)
        deciding = asyncio.create_task(decide(office, firm, request))
        await blocked(office.connection, 2)
    assert (outcome(await changing), outcome(await deciding)) == ("DONE", code)
    assert "TOGGLE" not in [row["kind"] for row in await firm.trail()]


@pytest.mark.parametrize("granted", [False, True])
async def test_an_end_that_has_come_is_written_before_a_decision(office: Office, granted: bool) -> None:
    firm = await office.found()
    await office.connection.execute(LEND, firm.key, firm["bram"].membership)
    request = await asked(office, firm)
    answer = await decide(office, firm, request, "permissionMatrix { version }", granted=granted)
    version = 3 if granted else 2
    assert orjson.loads(answer.data or b"")["decideAccessRequest"] == {
        "permissionMatrix": {"version": version}, "errors": [],
    }  # fmt: skip
    ended, decided = await firm.trail()
    assert (ended["app_id"], ended["after"], ended["actor_id"]) == ("DISCOUNTS", False, None)
    assert decided["kind"] == ("TOGGLE" if granted else "ACCESS_DECLINED")
    assert await firm.toggles("bram") == set(ALWAYS)


@pytest.mark.parametrize(
    ("given", "version"),
    [({}, 2), ({"until": "2126-01-01T00:00:00Z"}, 2), ({"granted": False}, 1), ({"is_on": True}, 1)],
    ids=["granted", "lent", "declined", "granted as it is"],
)
async def test_a_request_in_the_payload_is_that_of_a_query_and_one_trip(
    office: Office, given: dict[str, Any], version: int
) -> None:
    firm = await office.found()
    request = await asked(office, firm)
    if given.pop("is_on", False):
        await office.connection.execute(HOLD, firm.key, firm["anna"].membership)
    with counting() as ran:
        answer = await decide(
            office, firm, request, f"accessRequest {{ {REQUEST} }} permissionMatrix {{ version }}", **given
        )
    assert len(ran) == 1
    shown = GraphQLRequest(NODE, variables={"id": request}, token=firm["owner"].token)
    node = orjson.loads((await office.executor.execute(shown)).data or b"")["node"]
    assert orjson.loads(answer.data or b"")["decideAccessRequest"] == {
        "accessRequest": node, "permissionMatrix": {"version": version}, "errors": [],
    }  # fmt: skip
    assert node["state"] == ("DECLINED" if given.get("granted") is False else "GRANTED")
    assert await firm.version() == version
    with counting() as ran:
        more = await decide(office, firm, request, "accessRequest { decidedBy { name } state }")
    assert orjson.loads(more.data or b"")["decideAccessRequest"] == {
        "accessRequest": {"decidedBy": {"name": "Owner Peeters"}, "state": node["state"]},
        "errors": [{"code": "WRONG_STATE"}],
    }
    assert len(ran) == 2


async def test_more_of_a_request_is_read_after_the_decision(office: Office) -> None:
    firm = await office.found()
    request = await asked(office, firm)
    with counting() as ran:
        answer = await decide(office, firm, request, "accessRequest { state user { id } }")
    assert orjson.loads(answer.data or b"")["decideAccessRequest"] == {
        "accessRequest": {"state": "GRANTED", "user": {"id": firm["anna"].id}}, "errors": [],
    }  # fmt: skip
    assert len(ran) == 2
