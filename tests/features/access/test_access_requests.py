"""Requests for access: who asks, who sees, who decides, what follows, and what nobody learns by it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from db.tokens import hash_token, new_token
from resolvers.writing.unversioned.access_request import A_DAY
from tests.support.company import Answer, Firm, Person, blocked, change
from tests.support.databases import Databases
from tests.support.externals import Outside

ASK: Final = """
mutation ($input: RequestAccessInput!) { requestAccess(input: $input) {
  accessRequest { id app reason state user { id } decidedBy { name } } company { access { openRequests { app } } }
  errors { code field } } }
"""
DECIDE: Final = """
mutation ($input: DecideAccessRequestInput!) { decideAccessRequest(input: $input) {
  accessRequest { state until decidedAt decidedBy { name } } permissionMatrix { version openRequests { id } }
  errors { code field } } }
"""
LISTED: Final = """
query ($id: ID!, $filter: AccessRequestFilter) { company(id: $id) {
  accessRequests(filter: $filter) { totalCount nodes { app user { id } } } } }
"""
MAKE_KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at)
values ($1, $2, 'API_KEY', 'x', 'wxyz', 'NULL', '2126-01-01')
"""


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def ask(outside: Outside, firm: Firm, app: str, who: str = "anna", reason: str = "For the fair") -> Any:
    answer = await outside.ask(firm[who].token, ASK, input={"companyId": firm.id, "app": app, "reason": reason})
    return answer.data["requestAccess"] or answer.codes


async def asked(outside: Outside, firm: Firm, app: str, who: str = "anna") -> str:
    """The id of a new request."""
    payload = await ask(outside, firm, app, who)
    assert payload["errors"] == []
    return payload["accessRequest"]["id"]


async def decide(outside: Outside, who: Person, request: str, **given: Any) -> Answer:
    return await outside.ask(who.token, DECIDE, input={"requestId": request, "granted": True, **given})


def codes(answer: Answer) -> list[tuple[str, Any]]:
    return [(error["code"], error["field"]) for error in answer.data["decideAccessRequest"]["errors"]]


async def listed(outside: Outside, firm: Firm, who: str, filter_: Any = None) -> list[str]:
    answer = await outside.ask(firm[who].token, LISTED, id=firm.id, filter=filter_)
    assert (answer.errors, answer.hidden) == ((), ())
    found = answer.data["company"]["accessRequests"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["app"] for node in found["nodes"]]


async def test_a_request_is_seen_by_who_asks_and_by_owners_alone(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    payload = await ask(outside, firm, "STOCK", reason="  For the fair\nin March ")
    request = payload["accessRequest"]
    assert request.pop("id").startswith("arq_")
    assert request == {
        "app": "STOCK", "reason": "For the fair\nin March", "state": "OPEN", "user": {"id": firm["anna"].id},
        "decidedBy": None,
    }  # fmt: skip
    assert payload["company"] == {"access": {"openRequests": [{"app": "STOCK"}]}}
    bram = await asked(outside, firm, "QUOTES", "bram")
    assert await listed(outside, firm, "owner") == ["QUOTES", "STOCK"]
    assert await listed(outside, firm, "owner", {"search": "fair march", "app": ["STOCK"]}) == []
    assert await listed(outside, firm, "owner", {"search": "anna peeters"}) == ["STOCK"]
    assert await listed(outside, firm, "anna") == ["STOCK"]
    assert await listed(outside, firm, "clara") == []
    assert await listed(outside, firm, "accountant") == []
    for who, sees in (("owner", True), ("bram", True), ("anna", False), ("accountant", False)):
        node = await outside.ask(firm[who].token, "query ($id: ID!) { node(id: $id) { id } }", id=bram)
        assert node.data["node"] == ({"id": bram} if sees else None)
    trail = [row["kind"] for row in await firm.trail()]
    assert trail == ["ACCESS_REQUESTED", "ACCESS_REQUESTED"]
    assert await firm.version() == 1


async def test_nobody_learns_by_asking_whether_an_app_is_active(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    answers = [await ask(outside, firm, app) for app in ("STOCK", "PURCHASES")]
    for answer in answers:
        del answer["accessRequest"]["id"], answer["accessRequest"]["app"], answer["company"]
    assert answers[0] == answers[1]
    refused = [await ask(outside, firm, app) for app in ("STOCK", "PURCHASES")]
    assert [answer["errors"] for answer in refused] == [[{"code": "TAKEN", "field": ["app"]}]] * 2


@pytest.mark.parametrize(
    ("who", "app", "reason", "code", "field"),
    [
        ("owner", "STOCK", "x", "NOT_TOGGLEABLE", ["app"]),
        ("accountant", "STOCK", "x", "NOT_TOGGLEABLE", ["app"]),
        ("anna", "CUSTOMERS", "x", "ALWAYS_VISIBLE", ["app"]),
        ("anna", "DISCOUNTS", "x", "WRONG_STATE", ["app"]),
        ("anna", "STOCK", " \n ", "VALIDATION", ["reason"]),
        ("anna", "STOCK", "x" * 501, "VALIDATION", ["reason"]),
        ("pending", "STOCK", "x", "NOT_FOUND", ["companyId"]),
        ("former", "STOCK", "x", "NOT_FOUND", ["companyId"]),
    ],
)
async def test_what_cannot_be_asked(
    outside: Outside, who: str, app: str, reason: str, code: str, field: list[str]
) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    changes = [change(firm["anna"], "DISCOUNTS", granted=True)]
    owner = firm["owner"].token
    await outside.done(owner, "setAppAccess", companyId=firm.id, expectedVersion=1, changes=changes)
    before = await firm.everything()
    assert (await ask(outside, firm, app, who, reason))["errors"] == [{"code": code, "field": field}]
    assert await firm.everything() == before


async def test_requests_are_bounded_in_a_day(outside: Outside) -> None:
    firm = await outside.found()
    owner, apps = firm["owner"], ["QUOTES", "INVOICES"]
    for n in range(A_DAY):
        request = await asked(outside, firm, apps[n % 2])
        assert codes(await decide(outside, owner, request, granted=False)) == []
    assert (await ask(outside, firm, "STOCK"))["errors"] == [{"code": "TOO_MANY_ATTEMPTS", "field": None}]
    await asked(outside, firm, "STOCK", "bram")


async def test_of_the_same_request_twice_at_once_one_is_there(outside: Outside) -> None:
    firm = await outside.found()
    answers = await asyncio.gather(*(ask(outside, firm, "STOCK") for _ in range(3)))
    assert sorted(len(answer["errors"]) for answer in answers) == [0, 1, 1]
    assert await listed(outside, firm, "owner") == ["STOCK"]


async def test_granting_switches_the_app_on_and_says_who(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    request = await asked(outside, firm, "STOCK")
    answer = await decide(outside, firm["partner"], request)
    payload = answer.data["decideAccessRequest"]
    assert (payload["errors"], payload["permissionMatrix"]) == ([], {"version": 2, "openRequests": []})
    assert payload["accessRequest"].pop("decidedAt") is not None
    assert payload["accessRequest"] == {"state": "GRANTED", "until": None, "decidedBy": {"name": "Partner Peeters"}}
    assert "STOCK" in await firm.toggles("anna")
    assert await firm.toggles("anna") == await firm.grants("anna")
    trail = [(row["kind"], row["app_id"], row["actor_id"]) for row in await firm.trail()]
    assert trail == [
        ("ACCESS_REQUESTED", "STOCK", firm["anna"].account), ("TOGGLE", "STOCK", firm["partner"].account),
    ]  # fmt: skip
    assert codes(await decide(outside, firm["owner"], request)) == [("WRONG_STATE", ["requestId"])]


async def test_declining_changes_nothing_but_the_request(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    request = await asked(outside, firm, "STOCK")
    payload = (await decide(outside, firm["owner"], request, granted=False)).data["decideAccessRequest"]
    assert (payload["accessRequest"]["state"], payload["permissionMatrix"]["version"]) == ("DECLINED", 1)
    assert "STOCK" not in await firm.toggles("anna")
    assert [row["kind"] for row in await firm.trail()] == ["ACCESS_REQUESTED", "ACCESS_DECLINED"]
    again = await asked(outside, firm, "STOCK")
    assert again != request


async def test_whatever_gives_the_app_answers_the_request(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    request, other = await asked(outside, firm, "STOCK"), await asked(outside, firm, "QUOTES")
    changes = [change(firm["anna"], "STOCK", granted=True)]
    token = firm["owner"].token
    await outside.done(token, "setAppAccess", companyId=firm.id, expectedVersion=1, changes=changes)
    assert await listed(outside, firm, "owner", {"state": ["OPEN"]}) == ["QUOTES"]
    assert codes(await decide(outside, firm["owner"], request, granted=False)) == [("WRONG_STATE", ["requestId"])]
    await outside.done(token, "deleteUser", companyId=firm.id, userId=firm["anna"].id)
    assert await listed(outside, firm, "owner", {"state": ["OPEN"]}) == []
    assert codes(await decide(outside, firm["owner"], other)) == [("WRONG_STATE", ["requestId"])]


async def test_what_is_on_from_before_an_app_was_deactivated_is_granted_as_it_is(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    token = firm["owner"].token
    changes = [change(firm["anna"], "STOCK", granted=True)]
    await outside.done(token, "setAppAccess", companyId=firm.id, expectedVersion=1, changes=changes)
    await outside.done(token, "deactivateApp", companyId=firm.id, app="STOCK")
    request = await asked(outside, firm, "STOCK")
    await outside.done(token, "activateApp", companyId=firm.id, app="STOCK")
    before = await firm.trail()
    refused = await decide(outside, firm["owner"], request, until="2126-01-01T00:00:00Z")
    assert codes(refused) == [("VALIDATION", ["until"])]
    payload = (await decide(outside, firm["owner"], request)).data["decideAccessRequest"]
    assert (payload["errors"], payload["permissionMatrix"]["openRequests"]) == ([], [])
    assert payload["accessRequest"].pop("decidedAt") is not None
    assert payload["accessRequest"] == {"state": "GRANTED", "until": None, "decidedBy": {"name": "Owner Peeters"}}
    assert await firm.trail() == before


async def test_only_owners_decide_and_only_what_can_be(outside: Outside) -> None:
    firm, other = await outside.found("STOCK"), await outside.found()
    request, inactive = await asked(outside, firm, "STOCK"), await asked(outside, firm, "PURCHASES")
    before = await firm.everything()
    assert (await decide(outside, firm["anna"], request)).codes == ["FORBIDDEN"]
    for person in (firm["bram"], firm["accountant"], firm["pending"], other["owner"]):
        assert codes(await decide(outside, person, request)) == [("NOT_FOUND", ["requestId"])]
    for id_ in ("arq_" + "0" * 32, "x", firm.id):
        assert codes(await decide(outside, firm["owner"], id_)) == [("NOT_FOUND", ["requestId"])]
    assert codes(await decide(outside, firm["owner"], inactive)) == [("APP_NOT_ACTIVE", ["granted"])]
    assert await firm.everything() == before
    await outside.done(firm["owner"].token, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER")
    assert codes(await decide(outside, firm["owner"], request)) == [("NOT_TOGGLEABLE", ["granted"])]
    assert codes(await decide(outside, firm["owner"], request, granted=False)) == []


async def test_a_key_neither_asks_nor_decides(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    request, token = await asked(outside, firm, "STOCK"), new_token("enk")
    await outside.rows(MAKE_KEY, hash_token(token), firm["owner"].account)
    for document, given in (
        (ASK, {"companyId": firm.id, "app": "QUOTES", "reason": "x"}),
        (DECIDE, {"requestId": request, "granted": True}),
    ):
        assert (await outside.ask(token, document, input=given)).codes == ["FORBIDDEN"]


# --- what is under way

HOLD: Final = """
create or replace function wait_here() returns trigger language plpgsql as $$
begin
  if exists (select from fresh where kind <> 'ACCESS_REQUESTED') then perform pg_advisory_xact_lock(4711); end if;
  return null;
end $$
"""
HOLD_CHANGES: Final = """
create or replace trigger zz_wait_here after insert on access_change
referencing new table as fresh for each statement execute function wait_here()
"""
"""Lets a change of access wait just before its commit, when it has answered the open requests."""


@pytest.mark.parametrize(
    ("mutation", "refused"), [("deleteUser", "NOT_FOUND"), ("setAppAccess", "WRONG_STATE")], ids=["deleted", "granted"]
)
async def test_no_request_is_left_open_by_what_answers_it_meanwhile(
    outside: Outside, mutation: str, refused: str
) -> None:
    firm = await outside.found("STOCK")
    of_change = {
        "deleteUser": {"userId": firm["anna"].id},
        "setAppAccess": {"expectedVersion": 1, "changes": [change(firm["anna"], "STOCK", granted=True)]},
    }[mutation]
    await outside.rows(HOLD)
    await outside.rows(HOLD_CHANGES)
    try:
        await outside.other.execute("select pg_advisory_lock(4711)")
        changing = asyncio.create_task(outside.done(firm["owner"].token, mutation, companyId=firm.id, **of_change))
        await blocked(outside.connection)
        asking = asyncio.create_task(ask(outside, firm, "STOCK"))
        waiting = asyncio.create_task(blocked(outside.connection, 2))
        await asyncio.wait({asking, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await outside.other.execute("select pg_advisory_unlock(4711)")
        await changing
        assert [error["code"] for error in (await asking)["errors"]] == [refused]
    finally:
        await outside.rows("drop trigger zz_wait_here on access_change")
    assert await outside.rows("select state from access_request where company_id = $1", firm.key) == []
