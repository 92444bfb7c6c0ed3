"""Members, external users and the audit trail are filtered, searched and sorted as any other list is."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.company import Firm, change
from tests.support.databases import Databases
from tests.support.externals import Outside

USERS: Final = """
query ($id: ID!, $filter: UserFilter, $order: [UserOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  company(id: $id) { users(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last,
    before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { firstName } } } }
"""
EXTERNALS: Final = """
query ($id: ID!, $filter: ExternalUserFilter, $order: [ExternalUserOrder!]) {
  company(id: $id) { externalUsers(filter: $filter, orderBy: $order) { firstName } } }
"""
TRAIL: Final = """
query ($id: ID!, $filter: AccessChangeFilter, $order: [AccessChangeOrder!], $first: Int, $after: String, $last: Int,
  $before: String) {
  company(id: $id) { accessChanges(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last,
    before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { at kind app actor { id } user { firstName } externalUser { firstName } } } } }
"""
RENAME: Final = "update membership set first_name = $3, last_name = $4 where company_id = $1 and id = $2"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def listed(outside: Outside, firm: Firm, query: str, name: str, **given: Any) -> Any:
    """A list of the company as its owner sees it."""
    answer = await outside.ask(firm["owner"].token, query, id=firm.id, **given)
    assert (answer.errors, answer.hidden) == ((), ())
    return answer.data["company"][name]


async def users(outside: Outside, firm: Firm, filter_: Any) -> list[str]:
    """The first names of the members that a filter finds."""
    page = await listed(outside, firm, USERS, "users", filter=filter_)
    assert page["totalCount"] == len(page["nodes"])
    return [node["firstName"] for node in page["nodes"]]


async def renamed(outside: Outside, firm: Firm, who: str, first: str, last: str) -> None:
    await outside.rows(RENAME, firm.key, firm[who].membership, first, last)


async def test_members_are_found_by_name_address_role_status_and_app(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await renamed(outside, firm, "anna", "Élodie", "Lœvenbrück")
    changes = [change(firm["anna"], "STOCK", True)]
    version = await firm.version()
    await outside.done(firm["owner"].token, "setAppAccess", companyId=firm.id, expectedVersion=version, changes=changes)
    assert await users(outside, firm, {"status": ["PENDING"]}) == ["Pending"]
    assert set(await users(outside, firm, {"role": ["EMPLOYEE"]})) == {"Élodie", "Bram", "Clara"}
    assert set(await users(outside, firm, {"apps": ["STOCK"]})) == {"Élodie", "Owner", "Partner", "Pending"}
    assert await users(outside, firm, {"apps": ["STOCK"], "role": ["EMPLOYEE"]}) == ["Élodie"]
    assert await users(outside, firm, {"email": {"eq": firm["bram"].email.upper()}}) == ["Bram"]
    assert await users(outside, firm, {"email": {"startsWith": "clara."}}) == ["Clara"]
    assert await users(outside, firm, {"lastName": {"eq": "loevenbruck"}}) == ["Élodie"]
    for text in ("elodie loevenbruck", "LOEVENBRUCK E", "die loe", firm["anna"].email):
        assert await users(outside, firm, {"search": text}) == ["Élodie"], text
    assert await users(outside, firm, {"search": "elodie peeters"}) == []
    assert await users(outside, firm, {"search": "gone"}) == []
    assert await users(outside, firm, {"not": {"search": "peeters"}}) == ["Élodie"]
    assert await users(outside, firm, {"createdAt": {"lt": "2020-01-01T00:00:00Z"}}) == []


async def test_members_are_sorted_and_paged_in_both_directions(outside: Outside) -> None:
    firm = await outside.found()
    await renamed(outside, firm, "bram", "Bram", "Élias")
    await renamed(outside, firm, "clara", "Clara", "van den Berg")
    given = {"filter": {"role": ["EMPLOYEE"]}}
    for order, names in (
        (["LAST_NAME_ASC"], ["Bram", "Anna", "Clara"]),
        (["FIRST_NAME_DESC"], ["Clara", "Bram", "Anna"]),
        (["ROLE_ASC", "FIRST_NAME_ASC"], ["Anna", "Bram", "Clara"]),
    ):
        page = await listed(outside, firm, USERS, "users", order=order, **given)
        assert [node["firstName"] for node in page["nodes"]] == names
        assert await walked(outside, firm, USERS, "users", order=order, **given) == page["nodes"]


async def walked(outside: Outside, firm: Firm, query: str, name: str, **given: Any) -> list[Any]:
    """All rows of a connection, a row at a time forward; backward they have to be the same."""
    forward: list[Any] = []
    backward: list[Any] = []
    more: dict[str, Any] = {"first": 1}
    while True:
        page = await listed(outside, firm, query, name, **given, **more)
        forward += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        more = {"first": 1, "after": page["pageInfo"]["endCursor"]}
    more = {"last": 1}
    while True:
        page = await listed(outside, firm, query, name, **given, **more)
        backward = page["nodes"] + backward
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        more = {"last": 1, "before": page["pageInfo"]["startCursor"]}
    assert forward == backward
    return forward


async def test_external_users_are_found_by_name_office_and_term(outside: Outside) -> None:
    firm = await outside.found()
    office = await outside.login(kind="ACCOUNTANT")
    await outside.rows("update account set office_name = 'Büro Müller' where id = $1", office.id)
    await outside.link(firm, office, until="2099-01-01T00:00:00Z")

    async def found(filter_: Any, order: Any = None) -> list[str]:
        nodes = await listed(outside, firm, EXTERNALS, "externalUsers", filter=filter_, order=order)
        return [node["firstName"] for node in nodes]

    (name,) = await found({"officeName": {"contains": "muller"}})
    assert await found({"search": "buro mull"}) == [name]
    assert await found({"search": office.email}) == [name]
    assert await found({"until": {"gt": "2098-01-01T00:00:00Z"}}) == [name]
    assert set(await found({"until": {"isNull": True}})) == {"Accountant"}
    assert await found({"kind": ["SUPPORT"]}) == []
    rising, falling = await found({}, ["UNTIL_ASC"]), await found({}, ["UNTIL_DESC"])
    assert rising == falling[::-1] == ["Former", name, "Accountant"]


async def test_the_trail_is_found_by_kind_person_actor_app_and_time(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    owner, partner = firm["owner"], firm["partner"]
    await renamed(outside, firm, "anna", "Élodie", "Maes")
    for who, token in (("anna", owner.token), ("bram", partner.token)):
        changes = [change(firm[who], "STOCK", True), change(firm[who], "QUOTES", True)]
        version = await firm.version()
        await outside.done(token, "setAppAccess", companyId=firm.id, expectedVersion=version, changes=changes)
    await outside.done(owner.token, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER")
    office = await outside.login(kind="ACCOUNTANT")
    await outside.link(firm, office)

    async def found(filter_: Any) -> list[tuple[str, str]]:
        page = await listed(outside, firm, TRAIL, "accessChanges", filter=filter_)
        assert page["totalCount"] == len(page["nodes"])
        people = [node["user"] or node["externalUser"] for node in page["nodes"]]
        return [(node["kind"], of["firstName"]) for node, of in zip(page["nodes"], people, strict=True)]

    every = await listed(outside, firm, TRAIL, "accessChanges")
    assert every["totalCount"] == 6
    assert await found({"kind": ["ROLE"]}) == [("ROLE", "Élodie")]
    assert await found({"app": ["STOCK"]}) == [("TOGGLE", "Bram"), ("TOGGLE", "Élodie")]
    assert await found({"appIsNull": True, "kind": ["ROLE", "TOGGLE"]}) == [("ROLE", "Élodie")]
    assert await found({"user": {"eq": firm["bram"].id}}) == [("TOGGLE", "Bram")] * 2
    assert [kind for kind, _ in await found({"user": {"isNull": True}})] == ["EXTERNAL_ADDED"]
    assert [kind for kind, _ in await found({"externalUser": {"isNull": False}})] == ["EXTERNAL_ADDED"]
    assert await found({"actor": {"eq": f"acc_{partner.account.hex}"}}) == [("TOGGLE", "Bram")] * 2
    assert len(await found({"actor": {"ne": f"acc_{partner.account.hex}"}})) == 4
    assert len(await found({"search": "elodie maes"})) == 3
    assert await found({"search": "partner"}) == [("TOGGLE", "Bram")] * 2
    assert [kind for kind, _ in await found({"search": office.email})] == ["EXTERNAL_ADDED"]
    third = sorted(node["at"] for node in every["nodes"])[2]
    assert len(await found({"at": {"gte": third}})) + len(await found({"at": {"lt": third}})) == 6
    assert len(await found({"at": {"lt": third}})) <= 2
    walk = await walked(outside, firm, TRAIL, "accessChanges", order=["AT_ASC"], filter={"kind": ["TOGGLE"]})
    assert walk == [node for node in reversed(every["nodes"]) if node["kind"] == "TOGGLE"]


async def test_an_actor_that_is_not_shown_is_not_found_either(outside: Outside) -> None:
    """Support staff who were never in the company stay unknown, also to who guesses the id."""
    firm = await outside.found("STOCK")
    stranger = await outside.login(kind="SUPPORT")
    await outside.rows(
        "insert into access_change (company_id, kind, actor_id, membership_id) values ($1, 'ROLE', $2, $3)",
        firm.key, stranger.id, firm["anna"].membership,
    )  # fmt: skip
    (shown,) = (await listed(outside, firm, TRAIL, "accessChanges"))["nodes"]
    assert shown["actor"] is None
    for filter_ in ({"actor": {"eq": f"acc_{stranger.id.hex}"}}, {"search": stranger.email}):
        assert (await listed(outside, firm, TRAIL, "accessChanges", filter=filter_))["nodes"] == []
    absent = {"actor": {"isNull": True}}
    assert (await listed(outside, firm, TRAIL, "accessChanges", filter=absent))["nodes"] == [shown]


@pytest.mark.parametrize(
    ("selection", "path"),
    [
        ('users(filter: {search: "peeters"}) { totalCount }', "users"),
        ('users(filter: {email: {contains: "firm"}}) { totalCount }', "users"),
        ("users(orderBy: [CREATED_AT_ASC]) { totalCount }", "users"),
        ('externalUsers(filter: {search: "a"}) { id }', "externalUsers"),
        ("accessChanges(filter: {kind: [ROLE]}) { totalCount }", "accessChanges"),
        ('accessChanges(filter: {search: "anna"}) { totalCount }', "accessChanges"),
    ],
)
async def test_an_employee_finds_nobody(outside: Outside, selection: str, path: str) -> None:
    firm = await outside.found()
    query = f"query ($id: ID!) {{ company(id: $id) {{ {selection} }} }}"
    answer = await outside.ask(firm["anna"].token, query, id=firm.id)
    assert answer.data["company"] == {path: None}
    assert [note.path for note in answer.hidden] == [("company", path)]


async def test_who_stands_in_for_the_first_owner_finds_members_by_what_is_shown(outside: Outside) -> None:
    claire = await outside.login(kind="ACCOUNTANT")
    made = await outside.done(claire.token, "createClientCompany", name="Client neuf SRL", ownerEmail="neuf@firm.test",
                              ownerFirstName="Paul", ownerLastName="Neuf")  # fmt: skip
    query = """query ($id: ID!) { company(id: $id) {
      users(filter: {search: "paul neuf", status: [PENDING], role: [OWNER]}, orderBy: [CREATED_AT_ASC]) {
        nodes { firstName email } } } }"""
    answer = await outside.ask(claire.token, query, id=made["company"]["id"])
    assert (answer.errors, answer.hidden) == ((), ())
    assert [node["firstName"] for node in answer.data["company"]["users"]["nodes"]] == ["Paul"]
