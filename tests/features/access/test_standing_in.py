"""Who created a company for a client stands in for its owner: for what, until when, and for whom never."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest
from graphql import GraphQLObjectType

from resolvers.gates.coordinates import definition
from resolvers.gates.needs import own_gates
from resolvers.request import GraphQLRequest
from schema import schema
from schema.hidden_fields import HiddenFields
from schema.roles import Role
from tests.support.accounts import PASSWORD
from tests.support.company import Answer, blocked
from tests.support.databases import Databases
from tests.support.externals import Login, Outside, outcome

ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  token company { id access { role } } errors { code field } } }
"""
USERS: Final = "query ($id: ID!) { company(id: $id) { users { nodes { id email firstName role status } } } }"
HOSTED: Final = """
mutation ($input: %sInput!) { %s(input: $input) {
  %s company { users { nodes { email status } } permissionMatrix { version } } errors { code field message } } }
"""
TRAIL: Final = "select kind, actor_id from access_change where company_id = $1 order by at, id"
CLOSES: Final = "select closes_at from company where id = $1"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        yield outside


class Client:
    """A client's company whose owner has not come, and the accountant who created it."""

    def __init__(self, outside: Outside, claire: Login, payload: Any) -> None:
        self.outside = outside
        self.claire = claire
        self.id: str = payload["company"]["id"]
        self.token: str = payload["invitationToken"]

    @property
    def key(self) -> uuid.UUID:
        """The company's key."""
        return uuid.UUID(hex=self.id[4:])

    async def users(self, token: str | None = None) -> Any:
        """The users, as the accountant sees them."""
        seen = (await self.outside.ask(token or self.claire.token, USERS, id=self.id)).data["company"]
        return seen["users"] and seen["users"]["nodes"]

    async def send(self, mutation: str, selection: str = "", **given: object) -> Answer:
        """The answer to a mutation of the accountant."""
        document = HOSTED % (mutation[0].upper() + mutation[1:], mutation, selection)
        return await self.outside.ask(self.claire.token, document, input={"companyId": self.id, **given})

    async def invite(self, email: str, **changed: object) -> Answer:
        """The answer to another invitation."""
        given = {"email": email, "firstName": "Zoé", "lastName": "Dubois", "role": "OWNER", **changed}
        return await self.send("createUser", "user { id } invitationToken", **given)

    async def accept(self, token: str) -> Any:
        """The payload of who accepts an invitation, with a first password."""
        return (await self.outside.ask(None, ACCEPT, input={"token": token, "password": PASSWORD})).data[
            "acceptInvitation"
        ]


async def create(outside: Outside) -> Client:
    """A client's company of a new accountant."""
    claire = await outside.login()
    given = {"name": "Dubois", "ownerEmail": address(), "ownerFirstName": "Zoé", "ownerLastName": "Dubois"}
    return Client(outside, claire, await outside.done(claire.token, "createClientCompany", **given))


def address() -> str:
    """A new address."""
    return f"{secrets.token_hex(8)}@client.test"


async def test_the_users_are_seen_until_the_owner_has_come(outside: Outside) -> None:
    client = await create(outside)
    (user,) = await client.users()
    assert (user["role"], user["status"], user["firstName"]) == ("OWNER", "PENDING", "Zoé")
    accepted = await client.accept(client.token)
    assert (accepted["errors"], accepted["company"]["access"]["role"]) == ([], "OWNER")
    answer = await outside.ask(client.claire.token, USERS, id=client.id)
    assert (answer.data, [note.role for note in answer.hidden]) == ({"company": {"users": None}}, ["OWNER"])
    (mine,) = await client.users(accepted["token"])
    assert mine["status"] == "ACTIVE"


def owners_fields(name: str) -> list[str]:
    """The fields without arguments of a type that are for owners."""
    type_ = schema.core.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return [field for field, declared in type_.fields.items() if Role.OWNER in own_gates(declared)]


SELECTED: Final = {
    "users": "users { totalCount }", "externalUsers": "externalUsers { id }", "apiKeys": "apiKeys { id }",
    "invitation": "invitation { state }",
    "permissionMatrix": "permissionMatrix { version }", "accessChanges": "accessChanges { totalCount }",
    "previewAccess": "previewAccess { operations { name } }",
    "explainAccess": 'explainAccess(userId: "usr_x", operation: "{ __typename }") { path }',
}  # fmt: skip


async def test_nothing_else_of_what_is_for_owners_is_seen(outside: Outside) -> None:
    """What stands in the schema as the owners', whatever that is."""
    client = await create(outside)
    of_company, of_user = owners_fields("Company"), owners_fields("User")
    assert {"users", "permissionMatrix", "plan"} <= set(of_company)
    open_ = {"email", "language", "role", "status", "apps", "createdAt", "invitation"}
    for name in of_company:
        query = f"query ($id: ID!) {{ company(id: $id) {{ {SELECTED.get(name, name)} }} }}"
        answer = await outside.ask(client.claire.token, query, id=client.id)
        if name == "explainAccess":
            assert answer.data is None or answer.data["company"] == {name: None}
        else:
            assert (answer.data["company"][name] is not None) is (name == "users"), name
    for name in of_user:
        query = f"query ($id: ID!) {{ company(id: $id) {{ users {{ nodes {{ {SELECTED.get(name, name)} }} }} }} }}"
        answer = await outside.ask(client.claire.token, query, id=client.id)
        hidden = [note.path for note in answer.hidden]
        assert (hidden == []) is (name in open_), name
    stood_in = {
        f"{type_.name}.{name}"
        for type_ in schema.core.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, declared in type_.fields.items()
        if getattr(definition(declared), "metadata", {}).get("stood_in")
    }
    assert stood_in == {"Company.users", *(f"User.{name}" for name in open_)}


async def test_hidden_fields_that_are_absent_are_there_for_who_stands_in(outside: Outside) -> None:
    client = await create(outside)
    executor = outside.ask.executor

    request = GraphQLRequest(
        USERS, variables={"id": client.id}, token=client.claire.token, hidden_fields=HiddenFields.ABSENT
    )
    result = await executor.execute(request)
    assert result.errors == ()
    assert result.data is not None
    assert b'"status":"PENDING"' in result.data


async def test_a_mistyped_address_is_taken_back_and_the_right_one_comes(outside: Outside) -> None:
    client = await create(outside)
    (wrong,) = await client.users()
    deleted = (await client.send("deleteUser", userId=wrong["id"])).data["deleteUser"]
    assert (deleted["errors"], deleted["company"]) == ([], {"users": {"nodes": []}, "permissionMatrix": None})
    right = (await client.invite(address())).data["createUser"]
    assert right["errors"] == []
    stranger = await client.accept(client.token)
    assert stranger["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}]
    assert (await client.accept(right["invitationToken"]))["company"]["access"] == {"role": "OWNER"}
    trail = await outside.rows(TRAIL, client.key)
    assert [row["kind"] for row in trail[:4]] == ["EXTERNAL_ADDED", "USER_INVITED", "USER_DELETED", "USER_INVITED"]
    assert {row["actor_id"] for row in trail[:4]} == {client.claire.id}


async def test_an_invitation_is_sent_again_also_when_it_has_lapsed(outside: Outside) -> None:
    client = await create(outside)
    await outside.connection.execute("update mail_token set expires_at = now() where company_id = $1", client.key)
    assert (await client.accept(client.token))["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}]
    (user,) = await client.users()
    again = (await client.send("resendInvitation", "invitationToken", userId=user["id"])).data["resendInvitation"]
    assert again["errors"] == []
    assert (await client.accept(again["invitationToken"]))["company"]["access"] == {"role": "OWNER"}


async def test_only_an_owner_is_invited(outside: Outside) -> None:
    client = await create(outside)
    for given, wrong in (({"role": "EMPLOYEE"}, "role"), ({"email": "nobody"}, "email")):
        (error,) = (await client.invite(**{"email": address(), **given})).data["createUser"]["errors"]
        assert (error["code"], error["field"]) == ("VALIDATION", [wrong])
    (error,) = (await client.invite(client.claire.email)).data["createUser"]["errors"]
    assert error["code"] == "EMAIL_TAKEN"


async def test_nothing_of_it_is_left_once_the_owner_has_come(outside: Outside) -> None:
    client = await create(outside)
    accepted = await client.accept(client.token)
    (owner,) = await client.users(accepted["token"])
    for mutation in ("deleteUser", "resendInvitation"):
        assert (await client.send(mutation, userId=owner["id"])).codes == ["FORBIDDEN"]
    assert (await client.invite(address())).codes == ["FORBIDDEN"]
    await outside.connection.execute(
        "update membership set removed_at = now() where company_id = $1 and role is not null", client.key
    )
    assert (await client.invite(address())).codes == ["FORBIDDEN"]  # nor once that owner is gone


async def test_who_comes_back_stands_in_no_more(outside: Outside) -> None:
    client = await create(outside)
    owner = (await client.accept(client.token))["token"]
    await outside.done(client.claire.token, "leaveCompany", companyId=client.id)
    await outside.done(owner, "addExternalUser", companyId=client.id, email=client.claire.email)
    assert await client.users() is None


async def test_the_owner_comes_while_the_invitation_is_taken_back(outside: Outside) -> None:
    client = await create(outside)
    (user,) = await client.users()
    accept = outside.ask(None, ACCEPT, input={"token": client.token, "password": PASSWORD})
    lock = "select from company where id = $1 for no key update"

    async with outside.other.transaction():
        await outside.other.execute(lock, client.key)
        begun = [asyncio.ensure_future(accept), asyncio.ensure_future(client.send("deleteUser", userId=user["id"]))]
        await blocked(outside.connection, 2)
    outcomes = [outcome(answer) for answer in await asyncio.gather(*begun)]
    assert outcomes in (["DONE", "FORBIDDEN"], ["INVITATION_INVALID", "DONE"])


async def test_who_leaves_before_the_owner_has_come_takes_the_invitation_back(outside: Outside) -> None:
    client = await create(outside)
    second = (await client.invite(address())).data["createUser"]["invitationToken"]
    await outside.done(client.claire.token, "leaveCompany", companyId=client.id)
    for token in (client.token, second):
        assert (await client.accept(token))["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}]
    assert await outside.connection.fetchval(CLOSES, client.key) is not None
    assert [row["kind"] for row in await outside.rows(TRAIL, client.key)][-3:] == [
        "USER_DELETED", "USER_DELETED", "COMPANY_CLOSES",
    ]  # fmt: skip


async def test_another_accountant_stands_in_for_nobody(outside: Outside) -> None:
    client, other = await create(outside), await outside.login()
    assert (await outside.ask(other.token, USERS, id=client.id)).data["company"] is None
    given = {"companyId": client.id, "email": address(), "firstName": "E", "lastName": "M", "role": "OWNER"}
    assert await outside.refused(other.token, "createUser", **given) == [("NOT_FOUND", ["companyId"])]
