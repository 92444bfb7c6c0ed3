"""Users, invitations and toggles that change at the same moment: one wins, the other is told, nothing is half done.

Both wait for the company, so that neither has begun when the other is sent.
"""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.mutations import company_lock
from tests.support.company import ALWAYS, Answer, Asker, Firm, apps_of, blocked, change, replay
from tests.support.databases import Databases

DOCUMENT = "mutation ($input: %sInput!) { %s(input: $input) { %s errors { code field } } }"
LOCK = "select from company where id = $1 for no key update"
PASSWORD = "brandnew-horse-7"


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded, and how the product is asked there; `other` is a second connection."""

    ask: Asker
    connection: Connection
    other: Connection

    async def found(self) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, "STOCK")

    async def send(self, token: str | None, mutation: str, shown: str = "", /, **given: Any) -> Answer:
        """The answer to a mutation."""
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, shown)
        return await self.ask(token, document, input=given)

    async def invite(self, firm: Firm, **given: Any) -> Any:
        """The payload of an invitation into a firm."""
        named = {"email": f"{secrets.token_hex(6)}@once.test", "firstName": "Zoé", "lastName": "Martin"}
        shown, given = "user { id } invitationToken", {"role": "EMPLOYEE", **named, **given}
        answer = await self.send(firm["owner"].token, "createUser", shown, companyId=firm.id, **given)
        return answer.data["createUser"]

    async def at_once(self, firm: Firm, *answers: Awaitable[Any]) -> list[Any]:
        """What comes of several things that all wait for the firm before they go on."""
        async with self.other.transaction():
            await self.other.execute(LOCK, firm.key)
            waiting = [asyncio.ensure_future(answer) for answer in answers]
            await blocked(self.connection, len(waiting))
        return await asyncio.gather(*waiting)

    async def owners(self, firm: Firm) -> int:
        """How many owners have access."""
        return await self.connection.fetchval(
            "select count(*) from membership where company_id = $1 and role = 'OWNER' and accepted_at is not null "
            "and removed_at is null", firm.key,
        )  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database = await Database.open(dsn, PoolSettings(size=6, share=6))
    connection, other = await connect(dsn), await connect(dsn)
    yield Office(Asker(Executor(database, shows_secrets=True)), connection, other)
    for used in (connection, other, database):
        await used.close()
    await databases.drop(dsn)


def outcome(answer: Answer) -> str:
    """DONE, or the code of the refusal, wherever it stands."""
    if answer.errors:
        (code,) = answer.codes
        return code
    (payload,) = answer.data.values()
    return payload["errors"][0]["code"] if payload["errors"] else "DONE"


async def agrees(firm: Firm) -> None:
    """The version counts the mutations that changed access; masks and periods tell the same as the trail."""
    trail = await firm.trail()
    assert await firm.version() == 1 + len({row["at"] for row in trail})
    deleted = {row["membership_id"] for row in trail if row["kind"] == "USER_DELETED"}
    people = await firm.connection.fetch(
        "select m.id, m.removed_at is not null gone, toggles, array(select app_id from app_grant g "
        "where g.company_id = m.company_id and g.membership_id = m.id and upper_inf(valid)) granted "
        "from membership m where company_id = $1 and not external and account_id <> $2",
        firm.key, firm["gone"].account,
    )  # fmt: skip
    for person in people:
        assert person["gone"] is (person["id"] in deleted)
        toggles = set[str]() if person["gone"] else replay(trail, person["id"])
        assert apps_of(person["toggles"]) == set(person["granted"]) == toggles


# --- owners against each other


@pytest.mark.parametrize(
    ("mutation", "given", "loser"),
    [("updateUser", {"role": "EMPLOYEE"}, "FORBIDDEN"), ("deleteUser", {}, "NOT_FOUND")],
)
async def test_two_owners_cannot_both_put_the_other_down(
    office: Office, mutation: str, given: dict[str, str], loser: str
) -> None:
    firm = await office.found()
    owner, partner = firm["owner"], firm["partner"]
    answers = await office.at_once(
        firm,
        office.send(owner.token, mutation, companyId=firm.id, userId=partner.id, **given),
        office.send(partner.token, mutation, companyId=firm.id, userId=owner.id, **given),
    )
    assert sorted(map(outcome, answers)) == sorted(["DONE", loser])
    assert (await office.owners(firm), len(await firm.trail())) == (1, 1)
    await agrees(firm)


async def test_one_is_demoted_while_the_other_is_deleted(office: Office) -> None:
    firm = await office.found()
    owner, partner = firm["owner"], firm["partner"]
    demoted, deleted = await office.at_once(
        firm,
        office.send(owner.token, "updateUser", companyId=firm.id, userId=partner.id, role="EMPLOYEE"),
        office.send(partner.token, "deleteUser", companyId=firm.id, userId=owner.id),
    )
    assert (outcome(demoted), outcome(deleted)) in {("DONE", "FORBIDDEN"), ("NOT_FOUND", "DONE")}
    assert await office.owners(firm) == 1
    await agrees(firm)


async def test_a_user_is_deleted_once(office: Office) -> None:
    firm = await office.found()
    answers = await office.at_once(
        firm,
        *[
            office.send(firm[who].token, "deleteUser", companyId=firm.id, userId=firm["anna"].id)
            for who in ("owner", "partner")
        ],
    )
    assert sorted(map(outcome, answers)) == ["DONE", "NOT_FOUND"]
    assert [row["kind"] for row in await firm.trail()] == ["USER_DELETED"]
    await agrees(firm)


async def test_whoever_is_no_owner_any_more_when_the_turn_comes_is_refused(office: Office) -> None:
    """Every one of these was sent by somebody who was an owner then."""
    firm, email = await office.found(), f"{secrets.token_hex(6)}@once.test"
    named: dict[str, Any] = {"email": email, "firstName": "Eve", "lastName": "Eve", "role": "OWNER"}
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("createUser", named),
        ("updateCompany", {"name": "Eve"}),
        ("resendInvitation", {"userId": firm["pending"].id}),
    ]
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        waiting = [
            asyncio.create_task(office.send(firm["partner"].token, mutation, companyId=firm.id, **given))
            for mutation, given in attempts
        ]
        await blocked(office.connection, len(waiting))
        await office.other.execute("update membership set role = 'EMPLOYEE' where id = $1", firm["partner"].membership)
        await office.other.execute("update company set access_version = access_version + 1 where id = $1", firm.key)
    assert [outcome(answer) for answer in await asyncio.gather(*waiting)] == ["FORBIDDEN"] * len(attempts)
    assert await office.connection.fetch("select from account where email = $1", email) == []
    assert await office.connection.fetch("select from outbox where company_id = $1", firm.key) == []
    assert await office.connection.fetchval("select name from company where id = $1", firm.key) == "Peeters & Co"


# --- invitations


async def test_the_same_address_is_invited_once(office: Office) -> None:
    firm, email = await office.found(), f"{secrets.token_hex(6)}@once.test"
    answers = await office.at_once(firm, *[office.invite(firm, email=email, apps=["STOCK"]) for _ in range(2)])
    assert sorted([error["code"] for error in answer["errors"]] for answer in answers) == [[], ["EMAIL_TAKEN"]]
    assert len(await office.connection.fetch("select from outbox where email = $1", email)) == 1
    assert [row["kind"] for row in await firm.trail()] == ["USER_INVITED", "TOGGLE"]
    await agrees(firm)


async def test_two_companies_that_invite_the_same_new_address_share_its_login(office: Office) -> None:
    first, second = await office.found(), await office.found()
    email = f"{secrets.token_hex(6)}@once.test"
    answers = await asyncio.gather(*[office.invite(firm, email=email) for firm in (first, second)])
    assert [answer["errors"] for answer in answers] == [[], []]
    (account,) = await office.connection.fetch("select id from account where email = $1", email)
    members = await office.connection.fetch("select company_id from membership where account_id = $1", account["id"])
    assert {member["company_id"] for member in members} == {first.key, second.key}


async def test_an_invitation_waits_for_a_login_that_is_just_made(office: Office) -> None:
    firm, email = await office.found(), f"{secrets.token_hex(6)}@once.test"
    async with office.other.transaction():
        account = await office.other.fetchval(
            "insert into account (email, first_name, last_name) values ($1, 'A', 'B') returning id", email
        )
        waiting = asyncio.create_task(office.invite(firm, email=email))
        await blocked(office.connection)
    payload = await waiting
    assert payload["errors"] == []
    user = uuid.UUID(hex=payload["user"]["id"][4:])
    assert await office.connection.fetchval("select account_id from membership where id = $1", user) == account


async def test_an_invitation_is_accepted_once(office: Office) -> None:
    firm = await office.found()
    token = (await office.invite(firm))["invitationToken"]
    answers = await office.at_once(
        firm, *[office.send(None, "acceptInvitation", "token", token=token, password=PASSWORD) for _ in range(2)]
    )
    assert sorted(map(outcome, answers)) == ["DONE", "INVITATION_INVALID"]
    assert [row["kind"] for row in await firm.trail()] == ["USER_INVITED", "USER_JOINED"]
    opened = [answer.data["acceptInvitation"]["token"] for answer in answers]
    assert opened.count(None) == 1
    sessions = "select from credential k join membership m on m.account_id = k.account_id where m.id = $1"
    member = (await firm.trail())[1]["membership_id"]
    assert len(await office.connection.fetch(sessions, member)) == 1
    await agrees(firm)


async def test_the_first_password_of_two_invitations_is_the_one(office: Office) -> None:
    """They wait for the same login; the second one finds it confirmed."""
    first, second = await office.found(), await office.found()
    email = f"{secrets.token_hex(6)}@once.test"
    tokens = [(await office.invite(firm, email=email))["invitationToken"] for firm in (first, second)]
    async with office.other.transaction():
        await office.other.execute("select from account where email = $1 for no key update", email)
        waiting = [
            asyncio.create_task(office.send(None, "acceptInvitation", "token", token=token, password=PASSWORD))
            for token in tokens
        ]
        await blocked(office.connection, 2)
    assert sorted(map(outcome, await asyncio.gather(*waiting))) == ["DONE", "UNAUTHENTICATED"]
    assert sorted([await first.version(), await second.version()]) == [2, 3]
    for firm in (first, second):
        await agrees(firm)


async def test_a_user_is_deleted_while_accepting(office: Office) -> None:
    firm = await office.found()
    payload = await office.invite(firm)
    accepted, deleted = await office.at_once(
        firm,
        office.send(None, "acceptInvitation", "token", token=payload["invitationToken"], password=PASSWORD),
        office.send(firm["owner"].token, "deleteUser", companyId=firm.id, userId=payload["user"]["id"]),
    )
    assert (outcome(accepted), outcome(deleted)) in {("DONE", "DONE"), ("INVITATION_INVALID", "DONE")}
    joined = ["USER_JOINED"] if outcome(accepted) == "DONE" else []
    assert [row["kind"] for row in await firm.trail()] == ["USER_INVITED", *joined, "USER_DELETED"]
    session = accepted.data["acceptInvitation"]["token"]
    if session is not None:  # the login is real, and enters nothing
        answer = await office.ask(session, "{ viewer { companies { totalCount } } }")
        assert answer.data == {"viewer": {"companies": {"totalCount": 0}}}
    await agrees(firm)


async def test_an_invitation_is_sent_again_while_it_is_accepted(office: Office) -> None:
    firm = await office.found()
    payload = await office.invite(firm)
    accepted, sent = await office.at_once(
        firm,
        office.send(None, "acceptInvitation", token=payload["invitationToken"], password=PASSWORD),
        office.send(firm["owner"].token, "resendInvitation", companyId=firm.id, userId=payload["user"]["id"]),
    )
    assert (outcome(accepted), outcome(sent)) in {("DONE", "VALIDATION"), ("INVITATION_INVALID", "DONE")}
    await agrees(firm)


async def test_a_login_that_is_confirmed_while_accepting_keeps_its_password(office: Office) -> None:
    firm = await office.found()
    payload = await office.invite(firm)
    user = uuid.UUID(hex=payload["user"]["id"][4:])
    async with office.other.transaction():
        await office.other.execute(
            "update account set confirmed = true, password_hash = 'own' "
            "where id = (select account_id from membership where id = $1)", user,
        )  # fmt: skip
        waiting = asyncio.create_task(
            office.send(None, "acceptInvitation", token=payload["invitationToken"], password=PASSWORD)
        )
        await blocked(office.connection)
    assert outcome(await waiting) == "UNAUTHENTICATED"
    stored = await office.connection.fetchval(
        "select password_hash from account a join membership m on m.account_id = a.id where m.id = $1", user
    )
    assert (stored, await firm.version()) == ("own", 2)


# --- beside toggles


@pytest.mark.parametrize(
    ("mutation", "given", "refusals"),
    [
        ("updateUser", {"role": "OWNER"}, {"DONE", "VERSION_CONFLICT"}),
        ("deleteUser", {}, {"DONE", "VERSION_CONFLICT"}),
    ],
)
async def test_toggles_are_set_while_their_bearer_changes(
    office: Office, mutation: str, given: dict[str, str], refusals: set[str]
) -> None:
    firm = await office.found()
    anna = firm["anna"]
    changes = [change(anna, "STOCK", True)]
    toggled, changed = await office.at_once(
        firm,
        office.send(firm["owner"].token, "setAppAccess", companyId=firm.id, expectedVersion=1, changes=changes),
        office.send(firm["partner"].token, mutation, companyId=firm.id, userId=anna.id, **given),
    )
    assert outcome(changed) == "DONE"
    assert outcome(toggled) in refusals
    if outcome(toggled) != "DONE":
        assert "STOCK" not in await firm.toggles("anna")
    await agrees(firm)


async def test_an_app_ends_while_somebody_is_invited_with_it(office: Office) -> None:
    firm = await office.found()
    ended, invited = await office.at_once(
        firm,
        office.send(firm["owner"].token, "deactivateApp", companyId=firm.id, app="STOCK"),
        office.invite(firm, apps=["STOCK"]),
    )
    assert outcome(ended) == "DONE"
    assert [error["code"] for error in invited["errors"]] in ([], ["APP_NOT_ACTIVE"])
    assert (invited["user"] is None) is bool(invited["errors"])
    await agrees(firm)


async def test_many_changes_at_once_leave_one_history(office: Office) -> None:
    """Whatever wins, the masks follow from the trail, and there is an owner."""
    firm = await office.found()
    tokens = [(await office.invite(firm))["invitationToken"] for _ in range(2)]
    owner, partner, anna, bram = (firm[who] for who in ("owner", "partner", "anna", "bram"))
    answers = await asyncio.gather(
        office.send(owner.token, "updateUser", companyId=firm.id, userId=anna.id, role="OWNER"),
        office.send(partner.token, "deleteUser", companyId=firm.id, userId=bram.id),
        office.send(owner.token, "updateUser", companyId=firm.id, userId=partner.id, role="EMPLOYEE"),
        office.send(partner.token, "updateUser", companyId=firm.id, userId=owner.id, role="EMPLOYEE"),
        office.send(anna.token, "deleteUser", companyId=firm.id, userId=owner.id),
        *[office.send(None, "acceptInvitation", token=token, password=PASSWORD) for token in tokens],
        office.send(owner.token, "updateCompany", companyId=firm.id, name="Peeters"),
    )
    assert {outcome(answer) for answer in answers} <= {"DONE", "FORBIDDEN", "NOT_FOUND"}
    assert await office.owners(firm) >= 1
    await agrees(firm)
    assert await firm.toggles("clara") == ALWAYS


@pytest.mark.parametrize(("who", "codes"), [("owner", ["FORBIDDEN"]), ("anna", ["FORBIDDEN"]), ("stranger", [])])
async def test_who_becomes_an_owner_after_the_lock_was_refused_writes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, who: str, codes: list[str]
) -> None:
    """As if the role came between the lock, which is for owners only, and the look at what the caller is."""
    firm = await office.found()
    monkeypatch.setattr(
        company_lock,
        "LOCK_COMPANY_AS_OWNER",
        company_lock.LOCK_COMPANY_AS_OWNER.replace("m.role = 'OWNER'", "m.role = 'NOBODY'"),
    )
    asking = firm if who != "stranger" else await office.found()
    caller = asking[who if who != "stranger" else "owner"]
    before = await firm.everything()
    answer = await office.send(caller.token, "setSupportAccess", companyId=firm.id, enabled=True)
    assert answer.codes == codes
    assert await firm.everything() == before
