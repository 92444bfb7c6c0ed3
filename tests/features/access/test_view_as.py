"""startViewAs: an owner looks at a company as one of its users, and at nothing else, for as long as both are that."""

import datetime
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.mutations.context import hash_token
from resolvers.mutations.keys import MOST_VIEWS
from schema.localization.language import Language
from tests.support.company import ALWAYS, Answer, Asker, Firm
from tests.support.databases import Databases

START: Final = """
mutation ($input: StartViewAsInput!) { startViewAs(input: $input) {
  token expiresAt user { id } company { id } errors { code field } } }
"""
ME: Final = """
{ viewer { account { id email firstName lastName language kind confirmed }
  companies { totalCount nodes { id access { role external apps } } } apiKeys { id } sessions { id } } }
"""
COMPANY: Final = """
query ($id: ID!) { company(id: $id) { access { role } invoices { totalCount } users { totalCount }
  accessChanges { nodes { kind } } } }
"""


@dataclass(frozen=True, slots=True)
class Room:
    """Where owners look as others, and the product."""

    ask: Asker
    connection: Connection

    async def start(self, firm: Firm, user: str, by: str = "owner") -> Answer:
        """The answer to an owner who wants to look as somebody."""
        return await self.ask(firm[by].token, START, input={"companyId": firm.id, "userId": firm[user].id})

    async def token(self, firm: Firm, user: str, by: str = "owner") -> str:
        """A token by which an owner looks as somebody."""
        payload = (await self.start(firm, user, by)).data["startViewAs"]
        assert payload["errors"] == []
        return payload["token"]

    async def change(self, firm: Firm, name: str, what: str) -> None:
        """Write something into somebody's membership."""
        await self.connection.execute(f"update membership set {what} where id = $1", firm[name].membership)

    async def views(self, firm: Firm) -> list[Any]:
        """Actor and membership of every look in the trail."""
        return [(row["actor_id"], row["membership_id"]) for row in await firm.trail() if row["kind"] == "VIEWED_AS"]


@pytest.fixture(scope="module")
async def room(databases: Databases, template: str) -> AsyncGenerator[Room]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3, share=3)), await connect(dsn)
    yield Room(Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


@pytest.fixture
async def firm(room: Room) -> Firm:
    return await Firm.found(room.connection)


async def test_who_is_viewed_is_the_user_of_the_look(room: Room, firm: Firm) -> None:
    query = "query ($id: ID!) { company(id: $id) { access { user { id } } } }"
    answer = await room.ask(await room.token(firm, "anna"), query, id=firm.id)
    assert answer.data["company"]["access"]["user"] == {"id": firm["anna"].id}


async def test_a_look_is_written_down_and_lasts_a_quarter_of_an_hour(room: Room, firm: Firm) -> None:
    payload = (await room.start(firm, "anna")).data["startViewAs"]
    assert payload["token"].startswith("env_")
    assert (payload["user"], payload["company"]) == ({"id": firm["anna"].id}, {"id": firm.id})
    lasts = datetime.datetime.fromisoformat(payload["expiresAt"]) - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(minutes=14) < lasts <= datetime.timedelta(minutes=15)
    assert await room.views(firm) == [(firm["owner"].account, firm["anna"].membership)]
    assert await firm.version() == 1
    row = await room.connection.fetchrow("select * from credential where token_hash = $1", hash_token(payload["token"]))
    assert row is not None
    assert (row["kind"], row["read_only"], row["account_id"]) == ("VIEW_AS", True, firm["owner"].account)


async def test_the_viewer_is_that_membership(room: Room, firm: Firm) -> None:
    await room.change(firm, "anna", "first_name = 'Annie', last_name = 'Typed', language = 'DE'")
    await room.connection.execute("update account set kind = 'ACCOUNTANT' where id = $1", firm["anna"].account)
    viewer = (await room.ask(await room.token(firm, "anna"), ME)).data["viewer"]
    assert viewer["account"] == {
        "id": f"acc_{firm['anna'].account.hex}", "email": firm["anna"].email, "firstName": "Annie",
        "lastName": "Typed", "language": "DE", "kind": "MEMBER", "confirmed": True,
    }  # fmt: skip
    (company,) = viewer["companies"]["nodes"]
    assert (company["id"], company["access"]["role"], company["access"]["external"]) == (firm.id, "EMPLOYEE", False)
    assert set(company["access"]["apps"]) == ALWAYS
    assert (viewer["apiKeys"], viewer["sessions"]) == ([], [])


async def test_what_is_hidden_from_the_user_is_hidden_and_told_in_the_users_language(room: Room, firm: Firm) -> None:
    await room.change(firm, "bram", "language = 'NL'")
    token = await room.token(firm, "bram")
    noted = await room.ask(token, COMPANY, id=firm.id)
    assert noted.data["company"] == {
        "access": {"role": "EMPLOYEE"},
        "invoices": None,
        "users": None,
        "accessChanges": None,
    }
    assert {note.app or note.role for note in noted.hidden} == {"INVOICES", "OWNER"}
    await room.change(firm, "bram", "toggles = toggles | (select set_bit(repeat('0', 256)::bit(256), position, 1) "
                      "from app where id = 'INVOICES')")  # fmt: skip
    assert (await room.ask(token, COMPANY, id=firm.id)).data["company"]["invoices"] == {"totalCount": 0}
    refused = 'query ($id: ID!) { company(id: $id) { products(filter: {ean: {eq: "1"}}) { totalCount } } }'
    message = (await room.ask(token, refused, Language.FR, id=firm.id)).errors[0].message
    own = await room.ask(firm["bram"].token, refused, id=firm.id)
    assert message == own.errors[0].message


async def test_other_companies_of_the_user_and_of_the_owner_stay_closed(room: Room, firm: Firm) -> None:
    other = await Firm.found(room.connection)
    for name in ("anna", "owner"):
        await room.connection.execute(
            "insert into membership (company_id, account_id, role, first_name, last_name, accepted_at) "
            "values ($1, $2, 'OWNER', 'x', 'y', now())", other.key, firm[name].account,
        )  # fmt: skip
    token = await room.token(firm, "anna")
    assert (await room.ask(token, ME)).data["viewer"]["companies"]["totalCount"] == 1
    assert (await room.ask(token, COMPANY, id=other.id)).data == {"company": None}
    assert (await room.ask(firm["anna"].token, COMPANY, id=other.id)).data["company"] is not None


async def test_an_owner_looks_as_an_owner(room: Room, firm: Firm) -> None:
    shown = (await room.ask(await room.token(firm, "partner"), COMPANY, id=firm.id)).data["company"]
    assert shown["access"] == {"role": "OWNER"}
    assert [change["kind"] for change in shown["accessChanges"]["nodes"]] == ["VIEWED_AS"]


async def test_names_in_the_history_are_those_of_the_company(room: Room, firm: Firm) -> None:
    await room.change(firm, "partner", "first_name = 'Called'")
    await room.token(firm, "anna", by="partner")
    history = """
    query ($id: ID!) { company(id: $id) { accessChanges { nodes { actor { firstName } } } } }
    """
    answer = await room.ask(await room.token(firm, "partner"), history, id=firm.id)
    actors = [change["actor"]["firstName"] for change in answer.data["company"]["accessChanges"]["nodes"]]
    assert sorted(actors) == ["Called", "Owner"]


@pytest.mark.parametrize(
    ("user", "code"), [("accountant", "NOT_FOUND"), ("gone", "NOT_FOUND"), ("pending", "VALIDATION")]
)
async def test_nobody_looks_as_who_is_no_user(room: Room, firm: Firm, user: str, code: str) -> None:
    for id_ in (firm[user].id, f"usr_{firm[user].membership.hex}"):
        answer = await room.ask(firm["owner"].token, START, input={"companyId": firm.id, "userId": id_})
        assert answer.data["startViewAs"]["errors"] == [{"code": code, "field": ["userId"]}]
        assert answer.data["startViewAs"]["token"] is None
    assert await room.views(firm) == []


async def test_only_owners_look_as_somebody(room: Room, firm: Firm) -> None:
    for by in ("anna", "accountant"):
        assert (await room.start(firm, "bram", by)).codes == ["FORBIDDEN"]
    for by in ("gone", "pending", "former"):
        payload = (await room.start(firm, "bram", by)).data["startViewAs"]
        assert payload["errors"] == [{"code": "NOT_FOUND", "field": ["companyId"]}]
    other = await Firm.found(room.connection)
    given = {"companyId": firm.id, "userId": other["anna"].id}
    answer = await room.ask(firm["owner"].token, START, input=given)
    assert answer.data["startViewAs"]["errors"] == [{"code": "NOT_FOUND", "field": ["userId"]}]


@pytest.mark.parametrize(("name", "what"), [
    ("owner", "role = 'EMPLOYEE'"), ("owner", "removed_at = now()"), ("owner", "until = now()"),
    ("owner", "accepted_at = null"), ("owner", "role = null, external = true"), ("anna", "removed_at = now()"),
    ("anna", "until = now()"), ("anna", "accepted_at = null"), ("anna", "role = null, external = true"),
])  # fmt: skip
async def test_a_look_ends_when_one_of_the_two_is_not_what_it_was(room: Room, firm: Firm, name: str, what: str) -> None:
    token = await room.token(firm, "anna")
    assert (await room.ask(token, ME)).errors == ()
    await room.change(firm, name, what)
    assert (await room.ask(token, ME)).codes == ["UNAUTHENTICATED"]
    assert (await room.ask(token, "mutation { logout { errors { code } } }")).codes == ["UNAUTHENTICATED"]
    assert (await room.ask(token, "mutation { __typename }")).codes == ["UNAUTHENTICATED"]


async def test_a_look_ends_by_itself_and_is_not_prolonged(room: Room, firm: Firm) -> None:
    token = await room.token(firm, "anna")
    await room.ask(token, ME)
    ends = await room.connection.fetchval("select expires_at from credential where token_hash = $1", hash_token(token))
    assert ends < datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=15)
    await room.connection.execute("update credential set expires_at = now() where token_hash = $1", hash_token(token))
    assert (await room.ask(token, ME)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("ending", ["logout", "endSession"])
async def test_a_look_ends_with_the_session_that_began_it(room: Room, firm: Firm, ending: str) -> None:
    owner, other = firm["owner"], await Firm.found(room.connection)
    session, mine, another = "the second session", await room.token(firm, "anna"), await room.token(other, "anna")
    signed_in = "insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01') returning id"
    key = await room.connection.fetchval(signed_in, hash_token(session), owner.account)
    if ending == "logout":
        answer = await room.ask(session, "mutation { logout { errors { code } } }")
    else:
        end = "mutation ($id: ID!) { endSession(input: {sessionId: $id}) { errors { code } } }"
        answer = await room.ask(owner.token, end, id=f"ses_{key.hex}")
    assert answer.data[ending]["errors"] == []
    assert (await room.ask(mine, ME)).codes == ["UNAUTHENTICATED"]
    assert (await room.ask(session, ME)).codes == ["UNAUTHENTICATED"]
    assert (await room.ask(owner.token, ME)).errors == ()
    assert (await room.ask(another, ME)).errors == ()


async def test_so_many_looks_are_under_way(room: Room, firm: Firm) -> None:
    tokens = [await room.token(firm, "anna") for _ in range(MOST_VIEWS + 1)]
    count = "select count(*) from credential where account_id = $1 and kind = 'VIEW_AS'"
    assert await room.connection.fetchval(count, firm["owner"].account) == MOST_VIEWS
    assert (await room.ask(tokens[0], ME)).codes == ["UNAUTHENTICATED"]
    assert (await room.ask(tokens[-1], ME)).errors == ()
    assert (await room.ask(firm["owner"].token, ME)).errors == ()


async def test_a_look_ends_with_its_user_and_with_its_owner(room: Room, firm: Firm) -> None:
    token = await room.token(firm, "anna")
    delete = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
    await room.ask(firm["partner"].token, delete, input={"companyId": firm.id, "userId": firm["anna"].id})
    assert (await room.ask(token, ME)).codes == ["UNAUTHENTICATED"]
    second = await room.token(firm, "bram")
    await room.ask(firm["partner"].token, delete, input={"companyId": firm.id, "userId": firm["owner"].id})
    assert (await room.ask(second, ME)).codes == ["UNAUTHENTICATED"]
    assert (
        await room.connection.fetchval("select count(*) from credential where token_hash = $1", hash_token(second)) == 0
    )
