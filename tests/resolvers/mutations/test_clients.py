"""clients.py: the companies that accountants create for clients, and whose these are."""

import secrets
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from db.outbox import LIVES, claim
from schema.errors import CLIENTS_WAIT, UserErrorCode, user_message
from tests.support.accounts import PASSWORD
from tests.support.company import ALWAYS, apps_of
from tests.support.databases import Databases
from tests.support.externals import SEEN, Login, Outside, outcome

OPEN_INVITATIONS: Final = 20
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  token company { id access { role } } errors { code field } } }
"""
MEMBERS: Final = "select * from membership where company_id = $1 order by external"
TRAIL: Final = "select * from access_change where company_id = $1 order by at, id"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        yield outside


def client(**changed: object) -> dict[str, object]:
    """What an accountant fills in."""
    email = f"{secrets.token_hex(8)}@client.test"
    return {
        "name": "Toitures Dubois",
        "ownerEmail": email,
        "ownerFirstName": "Zoé",
        "ownerLastName": "Dubois",
        **changed,
    }


def key_of(payload: Any) -> uuid.UUID:
    """The key of a payload's company."""
    return uuid.UUID(hex=payload["company"]["id"][4:])


async def accept(outside: Outside, payload: Any) -> Any:
    """The payload of who accepts the invitation with a first password."""
    given = {"token": payload["invitationToken"], "password": PASSWORD}
    return (await outside.ask(None, ACCEPT, input=given)).data["acceptInvitation"]


async def test_the_accountant_works_in_the_company_and_does_not_own_it(outside: Outside) -> None:
    claire = await outside.login()
    payload = await outside.done(claire.token, "createClientCompany", **client(name=" Toitures  Dubois "))
    company = payload["company"]
    assert (company["name"], company["users"]) == ("Toitures Dubois", {"totalCount": 1})
    assert (company["access"]["role"], company["access"]["external"]) == (None, True)
    assert {"CUSTOMERS", "PRODUCTS", "INVOICES", "QUOTES"} <= set(company["access"]["apps"])


async def test_what_is_written_of_a_clients_company(outside: Outside) -> None:
    claire, given = await outside.login(), client()
    key = key_of(await outside.done(claire.token, "createClientCompany", **given))
    owner, accountant = await outside.rows(MEMBERS, key)
    assert (owner["role"], owner["accepted_at"], owner["first_name"], owner["last_name"]) == (
        "OWNER", None, "Zoé", "Dubois",
    )  # fmt: skip
    assert apps_of(owner["toggles"]) == ALWAYS
    assert (accountant["account_id"], accountant["created_by_accountant"], accountant["until"]) == (
        claire.id,
        True,
        None,
    )
    assert accountant["accepted_at"] is not None
    (company,) = await outside.rows("select * from company where id = $1", key)
    assert (company["language"], company["plan"], company["access_version"]) == ("NL", "FREE", 1)
    assert (await outside.rows("select count(*) n from company_settings where company_id = $1", key))[0]["n"] == 1
    active = await outside.rows("select app_id, activated_by from company_app where company_id = $1", key)
    assert {row["app_id"] for row in active} == apps_of(company["mask"])
    assert {row["activated_by"] for row in active} == {claire.id}
    trail = await outside.rows(TRAIL, key)
    assert [(change["kind"], change["membership_id"], change["role_after"]) for change in trail] == [
        ("EXTERNAL_ADDED", accountant["id"], None), ("USER_INVITED", owner["id"], "OWNER"),
    ]  # fmt: skip
    assert {change["actor_id"] for change in trail} == {claire.id}
    (login,) = await outside.rows("select * from account where email = $1", given["ownerEmail"])
    assert (login["password_hash"], login["confirmed"], login["kind"]) == (None, False, "MEMBER")
    letters = await outside.rows("select kind, language from outbox where company_id = $1", key)
    assert letters == [{"kind": "INVITATION", "language": "NL"}]


async def test_the_owner_accepts_and_decides(outside: Outside) -> None:
    claire = await outside.login()
    payload = await outside.done(claire.token, "createClientCompany", **client())
    accepted = await accept(outside, payload)
    assert (accepted["errors"], accepted["company"]["access"]) == ([], {"role": "OWNER"})
    company = payload["company"]["id"]
    query = "query ($id: ID!) { company(id: $id) { externalUsers { id createdByAccountant } } }"
    (external,) = (await outside.ask(accepted["token"], query, id=company)).data["company"]["externalUsers"]
    assert external["createdByAccountant"] is True
    given = {"companyId": company, "externalUserId": external["id"]}
    await outside.done(accepted["token"], "removeExternalUser", **given)
    assert (await outside.ask(claire.token, SEEN, id=company)).data["company"] is None
    again = await outside.done(accepted["token"], "addExternalUser", companyId=company, email=claire.email)
    assert again["externalUser"]["createdByAccountant"] is True


async def test_the_letter_tells_the_owner_who_created_the_company(outside: Outside) -> None:
    claire, sole = await outside.login(office="Cabinet Fontaine"), await outside.login(office=None)
    for accountant, called in ((claire, "Cabinet Fontaine"), (sole, "Claire Fontaine")):
        await outside.connection.execute("update outbox set sent_at = now() where sent_at is null")
        payload = await outside.done(accountant.token, "createClientCompany", **client())
        letter = await claim(outside.ask.executor._database)  # pyright: ignore[reportPrivateUsage]
        assert letter is not None
        assert (letter.kind, letter.company, letter.accountant) == ("INVITATION", "Toitures Dubois", called)
    accepted = await accept(outside, payload)
    given = {"email": f"{secrets.token_hex(6)}@client.test", "firstName": "A", "lastName": "B", "role": "OWNER"}
    await outside.done(accepted["token"], "createUser", companyId=payload["company"]["id"], **given)
    letters = [letter for _ in range(3) if (letter := await claim(outside.ask.executor._database)) is not None]  # pyright: ignore[reportPrivateUsage]
    (second,) = [letter for letter in letters if letter.kind == "INVITATION"]
    assert (second.email, second.accountant) == (given["email"], None)


async def test_nobody_learns_whether_an_owner_has_a_login(outside: Outside) -> None:
    claire, known = await outside.login(), await outside.login("MEMBER", language="DE")
    payloads = [
        await outside.done(claire.token, "createClientCompany", **client(ownerEmail=email))
        for email in (known.email, f"{secrets.token_hex(8)}@client.test")
    ]
    shown = [str({**payload, "invitationToken": None}).replace(payload["company"]["id"], "…") for payload in payloads]
    assert shown[0] == shown[1]
    kept = await outside.rows("select first_name from account where id = $1", known.id)
    assert kept == [{"first_name": "Claire"}]
    assert await outside.letters(known) == [("INVITATION", "DE")]


async def test_the_secret_goes_to_the_mailbox_only(databases: Databases, template: str) -> None:
    async with Outside.open(databases, template) as outside:
        claire = await outside.login()
        payload = await outside.done(claire.token, "createClientCompany", **client())
        assert payload["invitationToken"] is None
        assert await outside.rows("select id from mail_token") == []


@pytest.mark.parametrize("case", ["a user", "support", "an accountant who is not confirmed", "nobody"])
async def test_only_a_confirmed_accountant_creates_companies_for_others(outside: Outside, case: str) -> None:
    kinds = {"a user": "MEMBER", "support": "SUPPORT"}
    login = await outside.login(kinds.get(case, "ACCOUNTANT"), confirmed=case in kinds)
    token = login.token if case != "nobody" else None
    for given in (client(), client(name="", ownerEmail="nobody")):
        codes = await outside.codes(token, "createClientCompany", **given)
        assert codes == (["UNAUTHENTICATED"] if case == "nobody" else ["FORBIDDEN"])


async def test_every_member_is_checked_and_all_problems_are_told(outside: Outside) -> None:
    claire = await outside.login()
    given = client(name=" ", ownerEmail="nobody", ownerFirstName="\u202e", ownerLastName="x" * 101)
    refused = await outside.refused(claire.token, "createClientCompany", **given)
    assert refused == [("VALIDATION", [member]) for member in ("name", "ownerEmail", "ownerFirstName", "ownerLastName")]


async def test_an_accountant_never_owns_what_it_creates(outside: Outside) -> None:
    claire = await outside.login()
    given = client(ownerEmail=claire.email.upper())
    assert await outside.refused(claire.token, "createClientCompany", **given) == [("VALIDATION", ["ownerEmail"])]


async def test_twenty_invitations_are_open_at_most(outside: Outside) -> None:
    claire, other = await outside.login(), await outside.login()
    payloads = [await outside.done(claire.token, "createClientCompany", **client()) for _ in range(OPEN_INVITATIONS)]
    full = [("LIMIT_REACHED", None)]
    assert await outside.refused(claire.token, "createClientCompany", **client()) == full
    answer = await outside.send(claire.token, "createClientCompany", **client())
    (error,) = answer.data["createClientCompany"]["errors"]
    assert error["message"] == user_message(UserErrorCode.LIMIT_REACHED, "NL", CLIENTS_WAIT)
    await outside.done(other.token, "createClientCompany", **client())
    await outside.done(claire.token, "leaveCompany", companyId=payloads[0]["company"]["id"])
    assert await outside.refused(claire.token, "createClientCompany", **client()) == full
    assert (await accept(outside, payloads[1]))["errors"] == []
    await outside.done(claire.token, "createClientCompany", **client())
    assert await outside.refused(claire.token, "createClientCompany", **client()) == full
    await outside.connection.execute(
        "update membership set created_at = created_at - $1::interval where company_id = $2 and account_id = $3",
        LIVES["INVITATION"], key_of(payloads[2]), claire.id,
    )  # fmt: skip
    await outside.done(claire.token, "createClientCompany", **client())


async def test_companies_created_at_once_do_not_pass_the_limit(outside: Outside) -> None:
    claire: Login = await outside.login()
    for _ in range(OPEN_INVITATIONS - 1):
        await outside.done(claire.token, "createClientCompany", **client())
    creating = [outside.send(claire.token, "createClientCompany", **client()) for _ in range(3)]
    answers = await outside.at_once(claire, *creating)
    assert sorted(map(outcome, answers)) == ["DONE", "LIMIT_REACHED", "LIMIT_REACHED"]
