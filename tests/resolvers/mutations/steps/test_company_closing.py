"""company_closing.py and ownership.py: a company that lost its owner closes, and opens again with a new one."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, Final

import pytest

from db.tokens import hash_token
from resolvers.admin.companies import InspectionRefused
from resolvers.admin.ownership import Appointed, Appointee, appoint_owner
from resolvers.mutations.steps.company_closing import CLOSES_AFTER
from tests.attacks.test_identity_table import DOCUMENT, LETTER
from tests.support.company import Firm, Person
from tests.support.databases import Databases
from tests.support.externals import SEEN, Outside

PROBES: Final = (
    "query ($id: ID!) { company(id: $id) { id } }", "query ($id: ID!) { node(id: $id) { id } }",
    "query ($id: ID!) { nodes(ids: [$id]) { id } }",
)  # fmt: skip
TERM: Final = "update membership set until = '2090-01-01' where id = $1"
WHO: Final = {"firstName": "Zoé", "lastName": "Martin"}


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        yield outside


async def orphan(outside: Outside, firm: Firm) -> None:
    """Let both owners turn out to have signed up with somebody else's address."""
    for who in ("owner", "partner"):
        person = firm[who]
        await outside.connection.execute("update account set confirmed = false where id = $1", person.account)
        await outside.connection.execute(LETTER, hash_token(f"letter {person.email}"), "CONFIRMATION", person.email)
        document = DOCUMENT % ("DisclaimEmail", "disclaimEmail", "disclaimed")
        answer = await outside.ask(None, document, input={"token": f"letter {person.email}"})
        assert answer.data["disclaimEmail"] == {"disclaimed": True, "errors": []}


async def row(outside: Outside, firm: Firm) -> Any:
    """The company's row."""
    return await outside.connection.fetchrow("select * from company where id = $1", firm.key)


async def until(outside: Outside, firm: Firm) -> dict[str, Any]:
    """The terms of everybody who was not removed."""
    rows = await outside.rows("select id, until from membership where company_id = $1 and removed_at is null", firm.key)
    terms = {term["id"]: term["until"] for term in rows}
    return {name: terms[person.membership] for name, person in firm.people.items() if person.membership in terms}


async def sees(outside: Outside, firm: Firm, person: Person) -> bool:
    """Whether somebody sees the company in any way."""
    found = [(await outside.ask(person.token, probe, id=firm.id)).data for probe in PROBES]
    shown = {str(value) for data in found for value in data.values()}
    listed = (await outside.ask(person.token, "{ viewer { companies { nodes { id } } } }")).data["viewer"]["companies"]
    assert ({"id": firm.id} in listed["nodes"]) is (shown != {"None", "[None]"})
    return shown != {"None", "[None]"}


async def let_time_pass(outside: Outside, firm: Firm) -> None:
    """31 days."""
    for table, column, key in (
        ("company", "closes_at", "id"), ("membership", "until", "company_id"), ("access_change", "until", "company_id"),
    ):  # fmt: skip
        await outside.connection.execute(
            f"update {table} set {column} = {column} - interval '31 days' where {key} = $1", firm.key
        )


async def appoint(outside: Outside, firm: Firm, email: str, **names: str) -> Appointed:
    """What the operator's command does."""
    who = Appointee.of(email, names.get("first", "Zoé"), names.get("last", "Martin"))
    return await appoint_owner(outside.ask.executor._database, firm.id, who)  # pyright: ignore[reportPrivateUsage]


async def test_a_company_with_another_owner_stays(outside: Outside) -> None:
    firm = await outside.found()
    partner = firm["partner"]
    alone = replace(firm, people={**firm.people, "partner": firm["owner"]})
    await orphan(outside, alone)
    assert (await row(outside, firm))["closes_at"] is None
    assert await sees(outside, firm, partner)
    assert set((await until(outside, firm)).values()) <= {None, (await until(outside, firm))["former"]}


async def test_people_work_on_for_a_while_and_then_it_is_as_if_there_were_no_company(outside: Outside) -> None:
    firm = await outside.found()
    await outside.connection.execute(TERM, firm["accountant"].membership)
    assert (await outside.done(firm["owner"].token, "setSupportAccess", companyId=firm.id, enabled=True))[
        "errors"
    ] == []
    support = await outside.support()
    version = await firm.version()
    await orphan(outside, firm)
    company = await row(outside, firm)
    terms = await until(outside, firm)
    assert company["support_until"] is None
    assert {terms[who] for who in ("anna", "bram", "clara", "accountant", "pending")} == {company["closes_at"]}
    assert terms["former"] < company["closes_at"]
    for who in ("anna", "accountant"):
        assert await sees(outside, firm, firm[who])
    assert (await outside.ask(support.token, SEEN, id=firm.id)).data["company"] is None
    closing = [change for change in await firm.trail() if change["kind"] == "COMPANY_CLOSES"]
    assert [(change["until"], change["actor_id"]) for change in closing] == [(company["closes_at"], None)]
    assert closing[0]["until"] - closing[0]["at"] == CLOSES_AFTER
    assert await firm.version() == version + 2
    await let_time_pass(outside, firm)
    for who in ("anna", "accountant"):
        assert not await sees(outside, firm, firm[who])
        refused = await outside.refused(firm[who].token, "leaveCompany", companyId=firm.id)
        assert refused == [("NOT_FOUND", ["companyId"])]


async def test_a_user_becomes_the_owner_and_the_company_stays(outside: Outside) -> None:
    firm = await outside.found()
    external = await outside.link(firm, claire := await outside.login(), until="2090-01-01T00:00:00Z")
    await orphan(outside, firm)
    await let_time_pass(outside, firm)
    anna = firm["anna"]
    assert await appoint(outside, firm, anna.email.upper()) == Appointed("Peeters & Co", anna.email, invited=False)
    assert await sees(outside, firm, anna)
    assert await outside.enters(claire, firm)
    terms = await until(outside, firm)
    assert {terms[who] for who in ("anna", "bram", "clara", "accountant", "pending")} == {None}
    kept = await outside.connection.fetchval(
        "select until from membership where id = $1", uuid.UUID(hex=external["id"][4:])
    )
    assert (kept.year, kept.month) == (2089, 12)  # as it was set, 31 days ago
    assert (await row(outside, firm))["closes_at"] is None
    (promoted,) = [change for change in await firm.trail() if change["kind"] == "ROLE"]
    assert (promoted["actor_id"], promoted["membership_id"]) == (None, anna.membership)
    assert (promoted["role_before"], promoted["role_after"]) == ("EMPLOYEE", "OWNER")
    assert [change["kind"] for change in await firm.trail()].count("COMPANY_STAYS") == 1
    await outside.done(anna.token, "removeExternalUser", companyId=firm.id, externalUserId=external["id"])


async def test_somebody_else_gets_a_letter_and_opens_the_company_by_accepting(outside: Outside) -> None:
    firm, zoe = await outside.found(), await outside.login("MEMBER")
    await orphan(outside, firm)
    await let_time_pass(outside, firm)
    assert await appoint(outside, firm, zoe.email) == Appointed("Peeters & Co", zoe.email, invited=True)
    assert await outside.letters(zoe) == [("INVITATION", "NL")]
    assert not await sees(outside, firm, firm["anna"])
    again = await appoint(outside, firm, zoe.email)
    assert again.invited
    assert len(await outside.letters(zoe)) == 1  # in place of the one before
    token = await letter(outside, firm, zoe.email)
    answer = await outside.send(zoe.token, "acceptInvitation", token=token)
    assert answer.data["acceptInvitation"]["errors"] == []
    for who in (firm["anna"], firm["accountant"]):
        assert await sees(outside, firm, who)
    invited, joined = [change for change in await firm.trail() if change["kind"] in ("USER_INVITED", "USER_JOINED")]
    assert (invited["actor_id"], invited["role_after"], joined["actor_id"]) == (None, "OWNER", zoe.id)


async def letter(outside: Outside, firm: Firm, email: str) -> str:
    """The token of an invitation that was sent."""
    token = f"invitation of {email}"
    await outside.connection.execute(
        "insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at) "
        "select $1, 'INVITATION', a.id, m.company_id, m.id, now() + interval '1 hour' "
        "from account a join membership m on m.account_id = a.id where a.email = $2 and m.company_id = $3",
        hash_token(token), email, firm.key,
    )  # fmt: skip
    return token


async def test_an_employee_who_was_invited_opens_no_company_that_is_closed(outside: Outside) -> None:
    firm = await outside.found()
    await outside.connection.execute(
        "update membership set role = 'EMPLOYEE' where id = $1", firm["pending"].membership
    )
    token = await letter(outside, firm, firm["pending"].email)
    await orphan(outside, firm)
    await let_time_pass(outside, firm)
    answer = await outside.send(firm["pending"].token, "acceptInvitation", token=token)
    assert answer.data["acceptInvitation"]["errors"][0]["code"] == "INVITATION_INVALID"


@pytest.mark.parametrize(
    ("who", "told"), [("anna", "has an owner"), ("owner", "has an owner"), ("nobody", "address is not valid")]
)
async def test_a_company_that_has_an_owner_gets_none(outside: Outside, who: str, told: str) -> None:
    firm = await outside.found()
    before = await outside.everything()
    with pytest.raises(InspectionRefused, match=told):
        await appoint(outside, firm, firm[who].email if who != "nobody" else who)
    assert await outside.everything() == before


async def test_who_comes_from_outside_is_made_no_owner(outside: Outside) -> None:
    firm = await outside.found()
    await orphan(outside, firm)
    with pytest.raises(InspectionRefused, match="from outside"):
        await appoint(outside, firm, firm["accountant"].email)


async def test_the_owner_of_a_clients_company_may_come_by_the_operator(outside: Outside) -> None:
    claire, zoe = await outside.login(), await outside.login("MEMBER")
    given = {"name": "x", "ownerEmail": "typo@client.test", "ownerFirstName": "Z", "ownerLastName": "M"}
    payload = await outside.done(claire.token, "createClientCompany", **given)
    firm = Firm(outside.connection, uuid.UUID(hex=payload["company"]["id"][4:]), {})
    assert (await appoint(outside, firm, zoe.email)).invited
    answer = await outside.send(zoe.token, "acceptInvitation", token=await letter(outside, firm, zoe.email))
    assert answer.data["acceptInvitation"]["errors"] == []
    more = {"companyId": firm.id, "email": "other@client.test", "role": "OWNER", **WHO}
    assert await outside.codes(claire.token, "createUser", **more) == ["FORBIDDEN"]
