"""registration.py: registering as an accountant, who enters no company before being let in."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.accounts import HASH, PASSWORD, Door, problems, refused
from tests.support.company import Answer, Firm
from tests.support.databases import Databases

REGISTER: Final = """
mutation ($input: RegisterAccountantInput!) {
  registerAccountant(input: $input) {
    token expiresAt
    viewer { account { email firstName kind confirmed } companies { totalCount } accessChanges { totalCount } }
    errors { code message field }
  }
}
"""
SIGN_UP: Final = "mutation ($input: SignUpInput!) { signUp(input: $input) { token errors { code field } } }"
CONFIRM: Final = (
    "mutation ($token: String!, $password: String) { confirmEmail(input: {token: $token, password: $password}) "
    "{ confirmed errors { code field } } }"
)
ADD: Final = """
mutation ($input: AddExternalUserInput!) { addExternalUser(input: $input) {
  externalUser { officeName } errors { code field } } }
"""


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


def form(**changed: Any) -> dict[str, Any]:
    """What somebody fills in."""
    return {
        "officeName": "Fiduciaire Dubois", "email": f"{secrets.token_hex(8)}@office.test", "password": PASSWORD,
        "firstName": "Zoé", "lastName": "Dubois", "language": "NL", "acceptTerms": True, **changed,
    }  # fmt: skip


async def register(door: Door, given: dict[str, Any], **how: Any) -> Answer:
    """The answer to a registration."""
    return await door.call(REGISTER, input=given, **how)


async def test_who_registers_is_signed_in_and_enters_no_company(door: Door) -> None:
    given = form()
    before = await door.connection.fetchval("select count(*) from company")
    payload = (await register(door, {**given, "email": f" {given['email'].upper()} "})).data["registerAccountant"]
    assert payload["errors"] == []
    assert payload["viewer"] == {
        "account": {"email": given["email"], "firstName": "Zoé", "kind": "ACCOUNTANT", "confirmed": False},
        "companies": {"totalCount": 0},
        "accessChanges": {"totalCount": 0},
    }
    assert payload["expiresAt"]
    assert await door.works(payload["token"])
    assert problems(await door.login(given["email"])) == []
    assert await door.connection.fetchval("select count(*) from company") == before


async def test_what_is_stored_of_an_accountant(door: Door) -> None:
    given = form(officeName="  Fiduciaire   Dubois ")
    assert problems(await register(door, given)) == []
    account = await door.find(given["email"])
    assert (account["kind"], account["office_name"], account["confirmed"]) == ("ACCOUNTANT", "Fiduciaire Dubois", False)
    assert (account["first_name"], account["last_name"], account["language"]) == ("Zoé", "Dubois", "NL")
    assert account["password_hash"].startswith("$argon2id$")
    letters = await door.connection.fetch("select * from outbox where account_id = $1", account["id"])
    assert [(row["kind"], row["email"], row["language"]) for row in letters] == [("CONFIRMATION", given["email"], "NL")]


async def test_an_accountant_is_linked_once_the_address_is_confirmed(door: Door) -> None:
    given, firm = form(), await Firm.found(door.connection)
    assert problems(await register(door, given)) == []
    link = {"companyId": firm.id, "email": given["email"]}
    assert problems(await door.call(ADD, firm["owner"].token, input=link)) == [("ACCOUNTANT_NOT_FOUND", ["email"])]
    letter = await door.letter(given["email"], "CONFIRMATION")
    assert await refused(door, CONFIRM, token=letter) == [("INVALID_CREDENTIALS", ["password"])]
    assert problems(await door.call(ADD, firm["owner"].token, input=link)) == [("ACCOUNTANT_NOT_FOUND", ["email"])]
    assert problems(await door.call(CONFIRM, token=letter, password=PASSWORD)) == []
    answer = await door.call(ADD, firm["owner"].token, input=link)
    assert answer.data["addExternalUser"] == {"externalUser": {"officeName": "Fiduciaire Dubois"}, "errors": []}


INVALID: Final = [
    ("officeName", " "), ("officeName", "a" * 101), ("email", "nobody"), ("password", "short"),
    ("password", "Fiduciaire Dubois"), ("firstName", ""), ("lastName", "\u202e"), ("acceptTerms", False),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), INVALID)
async def test_every_member_is_checked(door: Door, member: str, value: object) -> None:
    assert await refused(door, REGISTER, input=form(**{member: value})) == [("VALIDATION", [member])]


@pytest.mark.parametrize(
    "case", ["with a password", "with a password, unconfirmed", "confirmed", "ACCOUNTANT", "SUPPORT"]
)
async def test_an_address_that_has_a_login_is_taken(door: Door, case: str) -> None:
    email = await door.account(
        HASH if case.startswith("with") else None, confirmed=case != "with a password, unconfirmed"
    )
    if case.isupper():
        await door.connection.execute("update account set kind = $2, confirmed = false where email = $1", email, case)
    assert await refused(door, REGISTER, input=form(email=email.upper())) == [("EMAIL_TAKEN", ["email"])]


async def test_an_account_that_was_only_invited_becomes_an_accountants_and_stays_pending(door: Door) -> None:
    firm = await Firm.found(door.connection)
    pending = firm["pending"]
    await door.connection.execute("update account set confirmed = false where id = $1", pending.account)
    payload = (await register(door, form(email=pending.email))).data["registerAccountant"]
    assert payload["errors"] == []
    account = await door.find(pending.email)
    assert (account["id"], account["kind"], account["office_name"]) == (
        pending.account,
        "ACCOUNTANT",
        "Fiduciaire Dubois",
    )
    assert payload["viewer"]["companies"] == {"totalCount": 0}


async def test_who_signs_up_is_no_accountant(door: Door) -> None:
    given = form()
    sign_up = {"companyName": given.pop("officeName"), **given}
    assert problems(await door.call(SIGN_UP, input=sign_up)) == []
    account = await door.find(given["email"])
    assert (account["kind"], account["office_name"]) == ("MEMBER", None)


async def test_signing_up_and_registering_count_together(door: Door) -> None:
    address = door.address()
    given = form()
    sign_ups = [
        {"companyName": "x", **{key: value for key, value in form().items() if key != "officeName"}} for _ in range(10)
    ]
    await asyncio.gather(*(door.call(SIGN_UP, address=address, input=sign_up) for sign_up in sign_ups))
    await asyncio.gather(*(register(door, form(), address=address) for _ in range(10)))
    for query, sent in ((REGISTER, given), (SIGN_UP, sign_ups[0])):
        assert await refused(door, query, input=sent, address=address) == [("TOO_MANY_ATTEMPTS", None)]
    assert problems(await register(door, given)) == []


async def test_of_two_registrations_at_once_one_wins(door: Door) -> None:
    email = f"{secrets.token_hex(8)}@office.test"
    answers = await asyncio.gather(*(register(door, form(email=email, firstName=f"Zoé {n}")) for n in range(2)))
    assert sorted(map(str, (problems(answer) for answer in answers))) == ["[('EMAIL_TAKEN', ['email'])]", "[]"]


# --- a login that is there


BECOME: Final = """
mutation ($input: BecomeAccountantInput!) { becomeAccountant(input: $input) {
  viewer { account { kind } companies { totalCount } } errors { code field } } }
"""


async def test_a_login_becomes_an_accountants_and_keeps_its_companies(door: Door) -> None:
    firm, other = await Firm.found(door.connection), await Firm.found(door.connection)
    anna = firm["anna"]
    given = {"companyId": other.id, "email": anna.email}
    unknown = await door.call(ADD, other["owner"].token, input=given)
    assert problems(unknown) == [("ACCOUNTANT_NOT_FOUND", ["email"])]
    office = {"officeName": "  Anna   Compta ", "acceptTerms": True}
    payload = (await door.call(BECOME, anna.token, input=office)).data["becomeAccountant"]
    assert payload == {"viewer": {"account": {"kind": "ACCOUNTANT"}, "companies": {"totalCount": 1}}, "errors": []}
    added = (await door.call(ADD, other["owner"].token, input=given)).data["addExternalUser"]
    assert (added["externalUser"], added["errors"]) == ({"officeName": "Anna Compta"}, [])


async def test_support_stays_support_and_terms_are_to_be_accepted(door: Door) -> None:
    firm = await Firm.found(door.connection)
    refused_terms = {"officeName": " ", "acceptTerms": False}
    answer = await door.call(BECOME, firm["anna"].token, input=refused_terms)
    assert problems(answer) == [("VALIDATION", ["officeName"]), ("VALIDATION", ["acceptTerms"])]
    await door.connection.execute("update account set kind = 'SUPPORT' where id = $1", firm["bram"].account)
    good = {"officeName": "Bram", "acceptTerms": True}
    assert (await door.call(BECOME, firm["bram"].token, input=good)).codes == ["FORBIDDEN"]
    assert (await door.call(BECOME, input=good)).codes == ["UNAUTHENTICATED"]
