"""`viewer.accessChanges`: what happened to one's own access, and nothing of others and of companies that are lost."""

import uuid
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from resolvers.request import GraphQLRequest
from schema.hidden_fields import HiddenFields
from tests.support.company import Firm, Person
from tests.support.databases import Databases
from tests.support.externals import Login, Outside

OWN: Final = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  viewer { accessChanges(first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    nodes {
      kind companyId app before after roleBefore roleAfter until
      actor { email firstName } user { id firstName email } externalUser { id email }
    }
  } }
}
"""
KINDS: Final = "{ viewer { accessChanges { nodes { kind companyId } } } }"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def own(outside: Outside, who: Person | Login, **given: Any) -> Any:
    """The connection of somebody."""
    answer = await outside.ask(who.token, OWN, **given)
    assert answer.errors == ()
    return answer.data["viewer"]["accessChanges"]


async def grant(outside: Outside, firm: Firm, app: str, *, granted: bool = True, who: str = "anna") -> None:
    """An owner sets a toggle of an employee."""
    changes = [{"userId": firm[who].id, "app": app, "granted": granted}]
    version = await firm.version()
    token = firm["owner"].token
    await outside.done(token, "setAppAccess", companyId=firm.id, expectedVersion=version, changes=changes)


async def test_ones_own_changes_come_newest_first_and_those_of_others_not_at_all(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await grant(outside, firm, "STOCK")
    await grant(outside, firm, "QUOTES", who="bram")
    await grant(outside, firm, "STOCK", granted=False)
    await outside.done(firm["owner"].token, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER")
    connection = await own(outside, firm["anna"])
    assert connection["totalCount"] == 3
    told = [
        (node["kind"], node["app"], node["before"], node["after"], node["roleBefore"], node["roleAfter"])
        for node in connection["nodes"]
    ]
    assert told == [
        ("ROLE", None, None, None, "EMPLOYEE", "OWNER"),
        ("TOGGLE", "STOCK", True, False, None, None),
        ("TOGGLE", "STOCK", False, True, None, None),
    ]
    assert {node["companyId"] for node in connection["nodes"]} == {firm.id}
    assert {node["user"]["id"] for node in connection["nodes"]} == {firm["anna"].id}
    assert (await own(outside, firm["owner"]))["nodes"] == []
    nobody = await outside.ask(None, KINDS)
    assert nobody.data == {"viewer": None}


async def test_only_owners_see_who_did_it_unless_it_was_they(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await grant(outside, firm, "STOCK")
    answer = await outside.ask(firm["anna"].token, OWN)
    (node,) = answer.data["viewer"]["accessChanges"]["nodes"]
    assert (node["actor"], node["user"]["firstName"], node["user"]["email"]) == (None, "Anna", None)
    await outside.done(firm["owner"].token, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER")
    owners = (await own(outside, firm["anna"]))["nodes"]
    assert {node["actor"]["email"] for node in owners} == {firm["owner"].email}
    assert {node["user"]["email"] for node in owners} == {firm["anna"].email}


async def test_an_accountant_sees_the_own_terms_and_is_told_what_is_hidden_once_for_each_company(
    outside: Outside,
) -> None:
    first, second, claire = await outside.found(), await outside.found(), await outside.login()
    for firm in (first, second):
        external = await outside.link(firm, claire)
        given = {"companyId": firm.id, "externalUserId": external["id"], "until": "2100-01-01T00:00:00Z"}
        await outside.done(firm["owner"].token, "updateExternalUser", **given)
    answer = await outside.ask(claire.token, OWN)
    nodes = answer.data["viewer"]["accessChanges"]["nodes"]
    assert [(node["kind"], node["companyId"]) for node in nodes] == [
        ("EXTERNAL_CHANGED", second.id), ("EXTERNAL_ADDED", second.id),
        ("EXTERNAL_CHANGED", first.id), ("EXTERNAL_ADDED", first.id),
    ]  # fmt: skip
    assert nodes[0]["until"] == "2100-01-01T00:00:00+00:00"
    assert {(node["actor"], node["user"], node["externalUser"]) for node in nodes} == {(None, None, None)}
    place = ("viewer", "accessChanges", "nodes")
    assert [(note.path, note.role, note.companies) for note in answer.hidden] == [
        ((*place, "user", "email"), "OWNER", (second.id, first.id)),
        ((*place, "externalUser"), "OWNER", (second.id, first.id)),
    ]
    request = GraphQLRequest(OWN, token=claire.token, hidden_fields=HiddenFields.ERROR)
    errors = (await outside.ask.executor.execute(request)).errors
    assert [(error.code.value, error.path) for error in errors] == [("ROLE_REQUIRED", place), ("ROLE_REQUIRED", place)]


@pytest.mark.parametrize("lost", ["deleted", "removed", "left", "ended"])
async def test_a_company_that_is_lost_appears_by_its_id_only(outside: Outside, lost: str) -> None:
    firm, kept, claire = await outside.found(), await outside.found(), await outside.login()
    who: Person | Login = firm["anna"] if lost == "deleted" else claire
    external = await outside.link(firm, claire)
    given = {"companyId": firm.id, "externalUserId": external["id"]}
    await grant(outside, firm, "QUOTES")
    if lost == "deleted":
        await outside.done(firm["owner"].token, "deleteUser", companyId=firm.id, userId=firm["anna"].id)
    elif lost == "removed":
        await outside.done(firm["owner"].token, "removeExternalUser", **given)
    elif lost == "left":
        await outside.done(claire.token, "leaveCompany", companyId=firm.id)
    else:
        await outside.connection.execute(
            "update membership set until = now() where account_id = $1 and company_id = $2", claire.id, firm.key
        )
    answer = await outside.ask(who.token, OWN)
    nodes = answer.data["viewer"]["accessChanges"]["nodes"]
    assert nodes
    assert answer.hidden == ()
    for node in nodes:
        assert node["companyId"] == firm.id
        assert (node["actor"], node["user"], node["externalUser"]) == (None, None, None)
    raw = str(answer.data)
    for hidden in ("Peeters", *(firm[name].email for name in ("owner", "partner", "anna"))):
        assert hidden not in raw
    if who is claire:
        await outside.link(kept, claire)
        both = (await own(outside, claire))["nodes"]
        assert {node["companyId"] for node in both} == {firm.id, kept.id}


async def test_a_company_that_is_entered_again_is_not_lost_any_more(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    await outside.done(firm["owner"].token, "removeExternalUser", companyId=firm.id, externalUserId=external["id"])
    await outside.link(firm, claire)
    await outside.connection.execute(
        "update membership set role = 'OWNER', external = false where account_id = $1 and removed_at is null", claire.id
    )
    nodes = (await own(outside, claire))["nodes"]
    assert [node["kind"] for node in nodes] == ["EXTERNAL_ADDED", "EXTERNAL_REMOVED", "EXTERNAL_ADDED"]
    assert {node["actor"]["email"] for node in nodes} == {firm["owner"].email}
    assert [bool(node["externalUser"]) for node in nodes] == [False, True, True]


async def test_an_invitation_shows_nothing_before_it_is_accepted(outside: Outside) -> None:
    firm = await outside.found()
    key = uuid.uuid4()
    await outside.connection.execute(
        "insert into access_change (company_id, id, kind, membership_id, actor_id) "
        "values ($1, $2, 'USER_INVITED', $3, $4)",
        firm.key, key, firm["pending"].membership, firm["owner"].account,
    )  # fmt: skip
    assert (await own(outside, firm["pending"])) == {
        "totalCount": 0, "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None, "startCursor": None},
    }  # fmt: skip
    await outside.connection.execute(
        "update membership set accepted_at = now() where id = $1", firm["pending"].membership
    )
    assert [node["kind"] for node in (await own(outside, firm["pending"]))["nodes"]] == ["USER_INVITED"]


async def test_pages_go_through_all_companies_in_either_direction(outside: Outside) -> None:
    claire, firms = await outside.login(), [await outside.found() for _ in range(3)]
    for firm in firms:
        await outside.link(firm, claire)
    for firm in firms[:2]:
        await outside.done(claire.token, "leaveCompany", companyId=firm.id)
    everything = (await own(outside, claire))["nodes"]
    assert [node["companyId"] for node in everything] == [firms[n].id for n in (1, 0, 2, 1, 0)]
    for size in (1, 2, 3, 5):
        found: list[Any] = []
        after = None
        while True:
            page = await own(outside, claire, first=size, after=after)
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert found == everything
        backward = await own(outside, claire, last=size, before=None)
        assert backward["nodes"] == everything[-size:]
        assert backward["pageInfo"]["hasPreviousPage"] is (size < 5)


async def test_aliases_and_edges_tell_the_same_and_the_companys_own_trail_stays_the_owners(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await grant(outside, firm, "STOCK")
    query = """{ viewer {
      a: accessChanges(first: 1) { nodes { kind } }
      b: accessChanges { edges { cursor node { kind actor { email } } } totalCount }
      companies { nodes { accessChanges { nodes { kind actor { email } } } } } } }"""
    viewer = (await outside.ask(firm["anna"].token, query)).data["viewer"]
    assert viewer["a"]["nodes"] == [{"kind": "TOGGLE"}]
    assert [edge["node"] for edge in viewer["b"]["edges"]] == [{"kind": "TOGGLE", "actor": None}]
    assert viewer["companies"]["nodes"] == [{"accessChanges": None}]
