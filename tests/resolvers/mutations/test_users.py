"""users.py: inviting, changing and deleting users, and what nobody learns or keeps by it."""

import secrets
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.mutations.users import OPEN_INVITATIONS
from schema.errors import INVITATIONS_WAIT, UserErrorCode, user_message
from schema.localization.language import Language
from tests.support.company import ALWAYS, Answer, Asker, Firm, apps_of, change, replay
from tests.support.databases import Databases

DOCUMENT = """
mutation ($input: %sInput!) { %s(input: $input) { %s errors { code message field } } }
"""
USER = "user { id firstName lastName email language role status apps } company { id permissionMatrix { version } }"
SELECTIONS = {"createUser": f"{USER} invitationToken", "updateUser": USER, "deleteUser": "company { id }"}
ENTERED = "query ($id: ID!) { company(id: $id) { name access { apps } } viewer { companies { nodes { id } } } }"


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded, and how the product is asked there."""

    ask: Asker
    connection: Connection

    async def found(self, *apps: str) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, *(apps or ("DISCOUNTS", "PURCHASES", "STOCK")))

    async def send(self, firm: Firm, mutation: str, by: str | None = "owner", **given: object) -> Answer:
        """The answer to a mutation in a firm."""
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, SELECTIONS[mutation])
        return await self.ask(firm[by].token if by else None, document, input={"companyId": firm.id, **given})

    async def done(self, firm: Firm, mutation: str, by: str = "owner", **given: object) -> Any:
        """The payload of a mutation that succeeds."""
        answer = await self.send(firm, mutation, by, **given)
        assert answer.errors == ()
        assert answer.data[mutation]["errors"] == []
        return answer.data[mutation]

    async def refused(self, firm: Firm, mutation: str, by: str = "owner", **given: object) -> list[dict[str, Any]]:
        """The payload's errors of a mutation that must not write anything."""
        before = await self.everything(firm)
        answer = await self.send(firm, mutation, by, **given)
        assert answer.errors == ()
        assert await self.everything(firm) == before
        assert answer.data[mutation]["errors"]
        return answer.data[mutation]["errors"]

    async def everything(self, firm: Firm) -> list[Any]:
        """All that these mutations may write, to be compared."""
        tables = [
            await self.connection.fetch(f"select * from {table} where company_id = $1 order by id", firm.key)
            for table in ("membership", "mail_token", "outbox")
        ]
        accounts = await self.connection.fetch("select * from account order by id")
        tries = await self.connection.fetch("select * from attempt order by id")
        return [*await firm.everything(), *tables, accounts, tries]

    async def member(self, payload: Any) -> Any:
        """The row of the user in a payload, with its account's data."""
        return await self.connection.fetchrow(
            "select m.*, a.email, a.password_hash, a.confirmed, a.first_name account_first_name, "
            "a.language account_language from membership m join account a on a.id = m.account_id where m.id = $1",
            uuid.UUID(hex=payload["user"]["id"][4:]),
        )

    async def letters(self, email: str) -> list[tuple[str, str]]:
        """Kind and language of the letters to an address."""
        rows = await self.connection.fetch("select kind, language from outbox where email = $1 order by id", email)
        return [(row["kind"], row["language"]) for row in rows]


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3, share=3)), await connect(dsn)
    yield Office(Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def somebody(role: str = "EMPLOYEE", **given: object) -> dict[str, Any]:
    """The input that invites somebody new."""
    email = f"{secrets.token_hex(6)}@invited.test"
    return {"email": email, "firstName": "Zoé", "lastName": "Martin", "role": role, **given}


# --- inviting


async def test_an_invitation_is_written_with_all_its_records(office: Office) -> None:
    firm = await office.found()
    given = somebody(apps=["STOCK", "QUOTES", "STOCK"])
    payload = await office.done(firm, "createUser", **given)
    assert payload["user"] | {"id": "", "apps": set(payload["user"]["apps"])} == {
        "id": "",
        "firstName": "Zoé",
        "lastName": "Martin",
        "email": given["email"],
        "language": "FR",
        "role": "EMPLOYEE",
        "status": "PENDING",
        "apps": {"STOCK", "QUOTES", *ALWAYS},
    }
    assert payload["company"] == {"id": firm.id, "permissionMatrix": {"version": 2}}
    row = await office.member(payload)
    assert (row["accepted_at"], row["password_hash"], row["confirmed"]) == (None, None, False)
    assert apps_of(row["toggles"]) == replay(await firm.trail(), row["id"]) == {"STOCK", "QUOTES", *ALWAYS}
    granted = await office.connection.fetch(
        "select app_id, granted_by from app_grant where membership_id = $1 and upper_inf(valid)", row["id"]
    )
    assert {grant["app_id"] for grant in granted} == {"STOCK", "QUOTES", *ALWAYS}
    assert {grant["granted_by"] for grant in granted} == {firm["owner"].account}
    trail = await firm.trail()
    assert [entry["kind"] for entry in trail] == ["USER_INVITED", "TOGGLE", "TOGGLE"]
    assert {entry["app_id"] for entry in trail} == {None, "STOCK", "QUOTES"}
    assert trail[0]["role_after"] == "EMPLOYEE"
    assert {entry["actor_id"] for entry in trail} == {firm["owner"].account}
    assert await office.letters(row["email"]) == [("INVITATION", "FR")]


async def test_the_secret_goes_to_the_mailbox_only(office: Office) -> None:
    firm = await office.found()
    payload = await office.done(firm, "createUser", **somebody())
    assert payload["invitationToken"] is None
    assert await office.connection.fetchval("select count(*) from mail_token where company_id = $1", firm.key) == 0


async def test_who_has_not_accepted_gets_nothing(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    await office.done(firm, "createUser", **somebody("OWNER", email=other["anna"].email))
    answer = await office.ask(other["anna"].token, ENTERED, id=firm.id)
    assert answer.data == {"company": None, "viewer": {"companies": {"nodes": [{"id": other.id}]}}}
    version: dict[str, Any] = {"companyId": firm.id, "expectedVersion": 2, "changes": []}
    document = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
    refused = await office.ask(other["anna"].token, document, input=version)
    assert refused.data == {"setAppAccess": {"errors": [{"code": "NOT_FOUND"}]}}


async def test_inviting_a_login_shows_the_names_that_were_typed(office: Office) -> None:
    """Neither its names nor its language, in the answer or in any list."""
    firm, other = await office.found(), await office.found()
    clara = other["clara"]
    payload = await office.done(firm, "createUser", **somebody(email=clara.email.upper()))
    shown = {name: payload["user"][name] for name in ("firstName", "lastName", "language", "email")}
    assert shown == {"firstName": "Zoé", "lastName": "Martin", "language": "FR", "email": clara.email}
    query = """query ($id: ID!) { company(id: $id) {
      users { nodes { firstName lastName language } } permissionMatrix { rows { user { firstName } } }
      accessChanges { nodes { kind actor { firstName } user { firstName lastName } } }
    } }"""
    answer = await office.ask(firm["owner"].token, query, id=firm.id)
    listed = [user for user in answer.data["company"]["users"]["nodes"] if user["firstName"] == "Zoé"]
    assert listed == [{"firstName": "Zoé", "lastName": "Martin", "language": "FR"}]
    (invited,) = answer.data["company"]["accessChanges"]["nodes"]
    assert invited["user"] == {"firstName": "Zoé", "lastName": "Martin"}
    row = await office.member(payload)
    assert (row["account_id"], row["account_first_name"], row["account_language"]) == (clara.account, "Clara", "DE")


@pytest.mark.parametrize(("confirmed", "language"), [(True, "DE"), (False, "FR")])
async def test_the_letter_speaks_the_language_of_a_login_that_is_confirmed(
    office: Office, confirmed: bool, language: str
) -> None:
    firm, other = await office.found(), await office.found()
    await office.connection.execute(
        "update account set confirmed = $2 where id = $1", other["clara"].account, confirmed
    )
    await office.done(firm, "createUser", **somebody(email=other["clara"].email))
    assert await office.letters(other["clara"].email) == [("INVITATION", language)]


async def test_addresses_with_and_without_a_login_get_the_same_answer(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    known = await office.send(firm, "createUser", **somebody(email=other["anna"].email))
    unknown = await office.send(firm, "createUser", **somebody())
    for answer in (known, unknown):
        answer.data["createUser"]["user"] |= {"id": "", "email": ""}
        answer.data["createUser"]["company"] = None
    assert known == unknown
    assert len(await office.connection.fetch("select from outbox where company_id = $1", firm.key)) == 2


@pytest.mark.parametrize("who", ["owner", "anna", "pending", "accountant", "former"])
async def test_an_address_that_is_a_user_here_is_taken(office: Office, who: str) -> None:
    firm = await office.found()
    for email in (firm[who].email, f" {firm[who].email.upper()} "):
        (error,) = await office.refused(firm, "createUser", **somebody(email=email))
        assert (error["code"], error["field"]) == ("EMAIL_TAKEN", ["email"])
        assert error["message"] == "Cette adresse e-mail est déjà utilisée."


async def test_who_was_deleted_can_be_invited_again(office: Office) -> None:
    firm = await office.found()
    payload = await office.done(firm, "createUser", **somebody(email=firm["gone"].email))
    row = await office.member(payload)
    assert (row["account_id"], row["id"] == firm["gone"].membership) == (firm["gone"].account, False)


async def test_every_reason_is_told_at_once(office: Office) -> None:
    firm = await office.found()
    errors = await office.refused(
        firm,
        "createUser",
        email="nobody",
        firstName=" \t ",
        lastName="x" * 101,
        role="EMPLOYEE",
        apps=["STOCK", "WORK_ORDERS", "WORK_ORDERS", "AGENDA"],
    )
    assert [(error["code"], error["field"]) for error in errors] == [
        ("VALIDATION", ["email"]),
        ("VALIDATION", ["firstName"]),
        ("VALIDATION", ["lastName"]),
        ("APP_NOT_ACTIVE", ["apps", "1"]),
        ("APP_NOT_ACTIVE", ["apps", "3"]),
    ]
    assert "Agenda" in errors[4]["message"]


@pytest.mark.parametrize("value", ["", "a@b@c.test", "a\0@b.test", "a\ud800@b.test", "x" * 250 + "@b.test", "a@b"])
async def test_a_broken_address_is_no_address(office: Office, value: str) -> None:
    firm = await office.found()
    (error,) = await office.refused(firm, "createUser", **somebody(email=value))
    assert (error["code"], error["field"]) == ("VALIDATION", ["email"])


async def test_an_owner_has_no_toggles_to_begin_with(office: Office) -> None:
    firm = await office.found()
    errors = await office.refused(firm, "createUser", **somebody("OWNER", apps=["STOCK", "CUSTOMERS"]))
    assert [(error["code"], error["field"]) for error in errors] == [
        ("NOT_TOGGLEABLE", ["apps", "0"]),
        ("NOT_TOGGLEABLE", ["apps", "1"]),
    ]
    assert "Gestion des stocks" in errors[0]["message"]
    payload = await office.done(firm, "createUser", **somebody("OWNER", apps=[]))
    assert apps_of((await office.member(payload))["toggles"]) == ALWAYS


async def test_a_company_has_a_hundred_open_invitations_at_most(office: Office) -> None:
    firm = await office.found()
    await office.connection.execute(
        "with a as (insert into account (email, first_name, last_name) "
        "select $2 || n || '@many.test', 'A', 'B' from generate_series(1, $3::int) n returning id) "
        "insert into membership (company_id, account_id, role, first_name, last_name) "
        "select $1, id, 'EMPLOYEE', 'A', 'B' from a",
        firm.key, secrets.token_hex(4), OPEN_INVITATIONS - 2,
    )  # fmt: skip
    await office.done(firm, "createUser", **somebody())  # with the firm's own pending one: a hundred
    (error,) = await office.refused(firm, "createUser", **somebody())
    assert (error["code"], error["field"]) == ("LIMIT_REACHED", None)
    assert error["message"] == user_message(UserErrorCode.LIMIT_REACHED, "FR", INVITATIONS_WAIT)
    await office.done(firm, "deleteUser", userId=firm["pending"].id)
    await office.done(firm, "createUser", **somebody())


async def test_an_owner_sends_fifty_invitations_an_hour(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    await office.connection.execute(
        "update membership set account_id = $1 where id = $2", firm["owner"].account, other["owner"].membership
    )
    for _ in range(25):
        await office.done(firm, "createUser", **somebody())
        payload = await office.done(firm, "createUser", companyId=other.id, **somebody())
        await office.done(other, "deleteUser", by="partner", userId=payload["user"]["id"])
    (error,) = await office.refused(firm, "createUser", **somebody())
    assert error["code"] == "TOO_MANY_ATTEMPTS"
    await office.done(firm, "createUser", by="partner", **somebody())


# --- changing


async def test_names_and_language_belong_to_the_membership(office: Office) -> None:
    firm = await office.found()
    before = await firm.everything()
    given = {"firstName": " Ann  Sofie ", "lastName": "De Smet", "language": "NL"}
    payload = await office.done(firm, "updateUser", userId=firm["anna"].id, **given)
    shown = {name: payload["user"][name] for name in ("firstName", "lastName", "language", "role")}
    assert shown == {"firstName": "Ann Sofie", "lastName": "De Smet", "language": "NL", "role": "EMPLOYEE"}
    account = await office.connection.fetchrow("select * from account where id = $1", firm["anna"].account)
    assert account is not None
    assert (account["first_name"], account["last_name"], account["language"]) == ("Anna", "Peeters", "EN")
    assert await firm.everything() == before


async def test_what_is_left_out_stays(office: Office) -> None:
    firm = await office.found()
    payload = await office.done(firm, "updateUser", userId=firm["bram"].id, lastName="Claes")
    shown = {name: payload["user"][name] for name in ("firstName", "lastName", "language")}
    assert shown == {"firstName": "Bram", "lastName": "Claes", "language": "NL"}


async def test_toggles_sleep_while_their_bearer_is_an_owner(office: Office) -> None:
    firm = await office.found()
    anna, query = firm["anna"], "query ($id: ID!) { company(id: $id) { access { role apps } } }"
    document = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
    given = {"companyId": firm.id, "expectedVersion": 1, "changes": [change(anna, "STOCK", True)]}
    await office.ask(firm["owner"].token, document, input=given)
    seen: list[set[str]] = []
    for version, role in ((3, "OWNER"), (4, "EMPLOYEE")):
        payload = await office.done(firm, "updateUser", userId=anna.id, role=role)
        assert payload["company"]["permissionMatrix"] == {"version": version}
        access = (await office.ask(anna.token, query, id=firm.id)).data["company"]["access"]
        assert access["role"] == role
        seen.append(set(access["apps"]))
    assert seen == [await firm.active(), {"STOCK", *ALWAYS}]
    trail = await firm.trail()
    assert [(row["kind"], row["role_before"], row["role_after"], row["actor_id"]) for row in trail[1:]] == [
        ("ROLE", "EMPLOYEE", "OWNER", firm["owner"].account),
        ("ROLE", "OWNER", "EMPLOYEE", firm["owner"].account),
    ]
    assert await firm.toggles("anna") == await firm.grants("anna") == replay(trail, anna.membership)


async def test_the_same_role_again_leaves_no_trace(office: Office) -> None:
    firm = await office.found()
    before = await office.everything(firm)
    await office.done(firm, "updateUser", userId=firm["anna"].id, role="EMPLOYEE")
    await office.done(firm, "updateUser", userId=firm["anna"].id)
    assert await office.everything(firm) == before


async def test_a_pending_user_may_be_changed(office: Office) -> None:
    firm = await office.found()
    payload = await office.done(firm, "updateUser", userId=firm["pending"].id, role="EMPLOYEE", firstName="Piet")
    assert (payload["user"]["role"], payload["user"]["status"], payload["user"]["firstName"]) == (
        "EMPLOYEE", "PENDING", "Piet",
    )  # fmt: skip
    assert await firm.version() == 2


async def test_a_change_names_everything_that_is_wrong(office: Office) -> None:
    firm = await office.found()
    given: dict[str, Any] = {"firstName": " ", "lastName": None, "language": None, "role": None}
    errors = await office.refused(firm, "updateUser", userId=firm["anna"].id, **given)
    assert [(error["code"], error["field"]) for error in errors] == [("VALIDATION", [member]) for member in given]
    assert errors[0]["message"] == "Prénom : veuillez remplir ce champ."


# --- deleting


async def test_the_very_next_request_of_a_deleted_user_gets_nothing(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    anna = firm["anna"]
    await office.connection.execute(
        "update membership set account_id = $1 where id = $2", anna.account, other["anna"].membership
    )
    seen = (await office.ask(anna.token, ENTERED, id=firm.id)).data
    assert {node["id"] for node in seen["viewer"]["companies"]["nodes"]} == {firm.id, other.id}
    payload = await office.done(firm, "deleteUser", userId=anna.id)
    assert payload["company"] == {"id": firm.id}
    answer = await office.ask(anna.token, ENTERED, id=firm.id)
    assert answer.data == {"company": None, "viewer": {"companies": {"nodes": [{"id": other.id}]}}}
    query = "query ($id: ID!) { company(id: $id) { users { nodes { id } } } }"
    users = (await office.ask(firm["owner"].token, query, id=firm.id)).data["company"]["users"]["nodes"]
    assert {user["id"] for user in users} == {firm[who].id for who in ("owner", "partner", "bram", "clara", "pending")}


async def test_a_deletion_ends_every_period_and_is_recorded(office: Office) -> None:
    firm = await office.found()
    await office.done(firm, "deleteUser", by="partner", userId=firm["anna"].id)
    assert await firm.version() == 2
    assert await firm.toggles("anna") == await firm.grants("anna") == set()
    (row,) = await firm.trail()
    assert (row["kind"], row["actor_id"], row["membership_id"], row["role_before"], row["role_after"]) == (
        "USER_DELETED", firm["partner"].account, firm["anna"].membership, "EMPLOYEE", None,
    )  # fmt: skip
    periods = await office.connection.fetch(
        "select upper(valid) until, revoked_by from app_grant where membership_id = $1", firm["anna"].membership
    )
    assert [tuple(period) for period in periods] == [(row["at"], firm["partner"].account)] * len(ALWAYS)
    removed = await office.connection.fetchval(
        "select removed_at from membership where id = $1", firm["anna"].membership
    )
    assert removed == row["at"]
    query = "query ($id: ID!) { company(id: $id) { accessChanges { nodes { kind user { firstName } roleBefore } } } }"
    changes = (await office.ask(firm["owner"].token, query, id=firm.id)).data["company"]["accessChanges"]["nodes"]
    assert changes == [{"kind": "USER_DELETED", "user": {"firstName": "Anna"}, "roleBefore": "EMPLOYEE"}]


async def test_a_deleted_pending_user_leaves_no_invitation(office: Office) -> None:
    firm = await office.found()
    given = somebody()
    payload = await office.done(firm, "createUser", **given)
    user = uuid.UUID(hex=payload["user"]["id"][4:])
    await office.connection.execute(
        "insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at) "
        "select $2, 'INVITATION', account_id, company_id, id, '2126-01-01' from membership where id = $1",
        user, secrets.token_bytes(32),
    )  # fmt: skip
    await office.done(firm, "deleteUser", userId=payload["user"]["id"])
    assert await office.letters(str(given["email"])) == []
    assert await office.connection.fetch("select from mail_token where membership_id = $1", user) == []
    assert [row["kind"] for row in await firm.trail()] == ["USER_INVITED", "USER_DELETED"]


async def test_who_is_invited_again_begins_anew(office: Office) -> None:
    firm = await office.found()
    given = somebody(apps=["STOCK"])
    first = await office.done(firm, "createUser", **given)
    await office.done(firm, "deleteUser", userId=first["user"]["id"])
    second = await office.done(firm, "createUser", **somebody("OWNER", email=given["email"]))
    row = await office.member(second)
    assert second["user"]["id"] != first["user"]["id"]
    assert apps_of(row["toggles"]) == ALWAYS
    assert [entry["kind"] for entry in await firm.trail()] == ["USER_INVITED", "TOGGLE", "USER_DELETED", "USER_INVITED"]


# --- what both refuse


@pytest.mark.parametrize("mutation", ["updateUser", "deleteUser"])
async def test_nobody_changes_or_deletes_the_own_row(office: Office, mutation: str) -> None:
    firm = await office.found()
    given = {"role": "EMPLOYEE", "lastName": " "} if mutation == "updateUser" else {}
    (error,) = await office.refused(firm, mutation, userId=firm["owner"].id, **given)
    assert (error["code"], error["field"]) == ("SELF_EDIT_FORBIDDEN", ["userId"])


@pytest.mark.parametrize("mutation", ["updateUser", "deleteUser"])
async def test_who_is_no_user_here_is_not_found(office: Office, mutation: str) -> None:
    firm, other = await office.found(), await office.found()
    strangers = [
        other["anna"].id,
        firm["gone"].id,
        firm["accountant"].id,
        f"usr_{firm['accountant'].membership.hex}",
        f"ext_{firm['anna'].membership.hex}",
        f"usr_{uuid.uuid4().hex}",
        f"acc_{firm['anna'].account.hex}",
        firm["anna"].id.upper(),
        "",
        "\0",
        "\ud800",
    ]
    told = [await office.refused(firm, mutation, userId=stranger) for stranger in strangers]
    assert told == [told[0]] * len(strangers)
    assert [(error["code"], error["field"]) for error in told[0]] == [("NOT_FOUND", ["userId"])]


GIVEN: dict[str, dict[str, Any]] = {
    "createUser": somebody(),
    "updateUser": {"firstName": "Eve"},
    "deleteUser": {},
}


@pytest.mark.parametrize("mutation", GIVEN)
async def test_only_owners_may(office: Office, mutation: str) -> None:
    firm, other = await office.found(), await office.found()
    user = {} if mutation == "createUser" else {"userId": firm["bram"].id}
    given = {**user, **GIVEN[mutation]}
    before = await office.everything(firm)
    for who in ("anna", "accountant"):
        answer = await office.send(firm, mutation, who, **given)
        assert (answer.data, answer.codes) == ({mutation: None}, ["FORBIDDEN"])
    for who in ("pending", "gone", "former"):
        answer = await office.send(firm, mutation, who, **given)
        (error,) = answer.data[mutation]["errors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["companyId"])
    stranger = await office.send(other, mutation, companyId=firm.id, **given)
    (error,) = stranger.data[mutation]["errors"]
    assert (error["code"], error["field"], stranger.data[mutation]["company"]) == ("NOT_FOUND", ["companyId"], None)
    nobody = await office.send(firm, mutation, None, **given)
    assert (nobody.data, nobody.codes) == ({mutation: None}, ["UNAUTHENTICATED"])
    assert await office.everything(firm) == before


@pytest.mark.parametrize("language", list(Language))
async def test_refusals_speak_every_language(office: Office, language: Language) -> None:
    firm = await office.found()
    await office.connection.execute(
        "update account set language = $2 where id = $1", firm["owner"].account, language.name
    )
    errors = await office.refused(
        firm, "createUser", **somebody(email="nobody", firstName="", apps=["AGENDA"], role="EMPLOYEE")
    )
    assert len({error["message"] for error in errors}) == 3
    assert not any("{" in error["message"] for error in errors)
