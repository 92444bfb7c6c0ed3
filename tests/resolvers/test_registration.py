"""resolvers/mutations/registration.py: signing up, and confirming an e-mail address."""

import asyncio
import secrets
import unicodedata
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Literal

import pytest

from resolvers import validation
from resolvers.writing import hash_token
from schema.language import Language
from tests.databases import Databases
from tests.door import HASH, PASSWORD, Door, problems, refused
from tests.firm import Answer, Firm, blocked

SIGN_UP = """
mutation ($input: SignUpInput!) {
  signUp(input: $input) {
    token expiresAt company { id name } viewer { account { email firstName } } errors { code message field }
  }
}
"""
CONFIRM = """
mutation ($token: String!) {
  confirmEmail(input: {token: $token}) { confirmed viewer { account { email } } errors { code field } }
}
"""
COMPANIES = "select c.* from company c join membership m on m.company_id = c.id where m.account_id = $1"


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


def form(**changed: Any) -> dict[str, Any]:
    """What somebody fills in."""
    return {
        "companyName": "Toitures Dubois", "email": f"{secrets.token_hex(8)}@sign.test", "password": PASSWORD,
        "firstName": "Zoé", "lastName": "Dubois", "language": "NL", "acceptTerms": True, **changed,
    }  # fmt: skip


async def sign_up(door: Door, given: dict[str, Any], **how: Any) -> Answer:
    """The answer to a sign-up."""
    return await door.call(SIGN_UP, input=given, **how)


async def test_who_signs_up_owns_a_company_and_is_signed_in_at_once(door: Door) -> None:
    given = form()
    answer = await sign_up(door, {**given, "email": f" {given['email'].upper()} "})
    payload = answer.data["signUp"]
    assert payload["errors"] == []
    assert payload["viewer"] == {"account": {"email": given["email"], "firstName": "Zoé"}}
    assert payload["company"]["name"] == "Toitures Dubois"
    assert payload["expiresAt"]
    query = "query ($id: ID!) { company(id: $id) { id permissionMatrix { version } } }"
    seen = await door.call(query, payload["token"], id=payload["company"]["id"])
    assert seen.data["company"] == {"id": payload["company"]["id"], "permissionMatrix": {"version": 1}}
    assert problems(await door.login(given["email"])) == []


async def test_what_is_stored_of_a_sign_up(door: Door) -> None:
    given = form()
    company = (await sign_up(door, given)).data["signUp"]["company"]["id"]
    account = await door.find(given["email"])
    assert (account["first_name"], account["last_name"], account["language"]) == ("Zoé", "Dubois", "NL")
    assert (account["confirmed"], account["kind"]) == (False, "MEMBER")
    assert account["password_hash"].startswith("$argon2id$")
    key = uuid.UUID(company[4:])
    member = await door.connection.fetchrow("select * from membership where company_id = $1", key)
    assert member is not None
    assert (member["role"], member["account_id"], member["language"]) == ("OWNER", account["id"], "NL")
    assert member["accepted_at"]
    letters = await door.connection.fetch("select * from outbox where account_id = $1", account["id"])
    assert [(row["kind"], row["email"], row["language"]) for row in letters] == [("CONFIRMATION", given["email"], "NL")]


INVALID = [
    ("companyName", " "), ("companyName", "a" * 101), ("email", "nobody"), ("email", ""), ("password", "short"),
    ("password", "aaaaaaaaaaaa"), ("password", "Toitures Dubois"), ("firstName", ""), ("lastName", "\u202e"),
    ("acceptTerms", False),
]  # fmt: skip
UNSEEN = ["\u3164", "\u115f\u1160", "\uffa0 \u2800", "\u034f", "\ufe0f", "\u0301", "\u2028"]


@pytest.mark.parametrize(("member", "value"), INVALID)
async def test_every_member_is_checked(door: Door, member: str, value: object) -> None:
    assert await refused(door, SIGN_UP, input=form(**{member: value})) == [("VALIDATION", [member])]


@pytest.mark.parametrize("name", UNSEEN, ids=ascii)
async def test_a_name_that_nobody_can_see_is_blank(door: Door, name: str) -> None:
    assert await refused(door, SIGN_UP, input=form(firstName=name)) == [("VALIDATION", ["firstName"])]


async def test_a_name_may_be_typed_in_pieces(door: Door) -> None:
    pieces = "o\u0302\u0323" * 100  # ộ, as some keyboards send it
    answer = await sign_up(door, form(firstName=pieces))
    assert (problems(answer), answer.data["signUp"]["viewer"]["account"]["firstName"]) == ([], "ộ" * 100)


async def test_pieces_are_not_put_together_in_a_text_that_is_too_long(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    class Watching:
        category = staticmethod(unicodedata.category)

        @staticmethod
        def normalize(form: Literal["NFC"], text: str) -> str:
            lengths.append(len(text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(validation, "unicodedata", Watching)
    pieces = "a" + "\u0315\u0300" * 60_000  # eleven seconds of work
    found = await refused(door, SIGN_UP, input=form(companyName=pieces, lastName=pieces))
    assert found == [("VALIDATION", ["companyName"]), ("VALIDATION", ["lastName"])]
    assert lengths
    assert max(lengths) < 1_000


async def test_one_address_is_one_login_however_it_is_typed(door: Door) -> None:
    unique = secrets.token_hex(8)
    assert problems(await sign_up(door, form(email=f"ǰan.{unique}@sign.test"))) == []
    for typed in ("J\u030can", "j\u030can", "ǰAN"):
        email = f"{typed}.{unique}@SIGN.test"
        assert await refused(door, SIGN_UP, input=form(email=email)) == [("EMAIL_TAKEN", ["email"])]
        assert problems(await door.login(email)) == []


async def test_all_problems_are_told_together_and_do_not_count(door: Door) -> None:
    before = await door.tries()
    answer = await sign_up(door, form(**{**dict(INVALID), "password": "short"}), language=Language.FR)
    found = [(error["code"], error["field"]) for error in answer.data["signUp"]["errors"]]
    assert found == [
        ("VALIDATION", [member])
        for member in ("companyName", "email", "password", "firstName", "lastName", "acceptTerms")
    ]
    assert answer.data["signUp"]["company"] is None
    assert await door.tries() == before


@pytest.mark.parametrize("case", ["with a password", "with a password, unconfirmed", "confirmed", "support"])
async def test_an_address_that_has_a_login_is_taken(door: Door, case: str) -> None:
    password_hash = HASH if case.startswith("with") else None
    email = await door.account(password_hash, confirmed=case in {"with a password", "confirmed"})
    if case == "support":
        await door.connection.execute("update account set kind = 'SUPPORT' where email = $1", email)
    assert await refused(door, SIGN_UP, input=form(email=email.upper())) == [("EMAIL_TAKEN", ["email"])]


async def test_an_account_that_was_only_invited_is_taken_over_and_stays_pending_where_it_is(door: Door) -> None:
    firm = await Firm.found(door.connection)
    pending = firm["pending"]
    await door.connection.execute("update account set confirmed = false where id = $1", pending.account)
    payload = (await sign_up(door, form(email=pending.email))).data["signUp"]
    assert payload["errors"] == []
    account = await door.find(pending.email)
    assert (account["id"], account["first_name"], account["confirmed"]) == (pending.account, "Zoé", False)
    accepted = await door.connection.fetchval("select accepted_at from membership where id = $1", pending.membership)
    assert accepted is None
    query = "query ($id: ID!) { company(id: $id) { id } }"
    assert (await door.call(query, payload["token"], id=firm.id)).data["company"] is None
    assert problems(await door.login(pending.email)) == []


@pytest.mark.parametrize("invited", [True, False])
async def test_of_two_sign_ups_at_once_one_wins(door: Door, invited: bool) -> None:
    email = await door.account(None, confirmed=False) if invited else f"{secrets.token_hex(8)}@sign.test"
    answers = await asyncio.gather(*(sign_up(door, form(email=email, firstName=f"Zoé {n}")) for n in range(2)))
    assert sorted(map(str, (problems(answer) for answer in answers))) == ["[('EMAIL_TAKEN', ['email'])]", "[]"]
    winner = next(answer.data["signUp"] for answer in answers if not problems(answer))
    account = await door.find(email)
    assert account["first_name"] == winner["viewer"]["account"]["firstName"]
    assert len(await door.connection.fetch(COMPANIES, account["id"])) == 1


async def test_an_address_signs_up_twenty_times_an_hour(door: Door) -> None:
    address, taken = door.address(), await door.account()
    await asyncio.gather(*(sign_up(door, form(), address=address) for _ in range(10)))
    await asyncio.gather(*(sign_up(door, form(email=taken), address=address) for _ in range(10)))
    for given in (form(), form(email=taken)):
        assert await refused(door, SIGN_UP, input=given, address=address) == [("TOO_MANY_ATTEMPTS", None)]
    assert problems(await sign_up(door, form())) == []


async def test_a_letter_confirms_the_address_once(door: Door) -> None:
    email = await door.account(confirmed=False)
    token = await door.letter(email, "CONFIRMATION")
    payload = (await door.call(CONFIRM, token=token)).data["confirmEmail"]
    assert payload == {"confirmed": True, "viewer": None, "errors": []}
    assert (await door.find(email))["confirmed"]
    assert await refused(door, CONFIRM, token=token) == [("INVITATION_INVALID", ["token"])]


async def test_the_letters_of_an_address_that_was_confirmed_end(door: Door) -> None:
    email, other = await door.account(confirmed=False), await door.account(confirmed=False)
    used, sibling, foreign = [await door.letter(of, "CONFIRMATION") for of in (email, email, other)]
    kept = await door.letter(email, "PASSWORD_RESET")
    assert problems(await door.call(CONFIRM, token=used)) == []
    assert await refused(door, CONFIRM, token=sibling) == [("INVITATION_INVALID", ["token"])]
    assert await door.connection.fetchval("select true from mail_token where token_hash = $1", hash_token(kept))
    assert not (await door.find(other))["confirmed"]
    assert problems(await door.call(CONFIRM, token=foreign)) == []


async def test_two_letters_of_one_address_at_once_do_not_wait_for_each_other(door: Door) -> None:
    email = await door.account(confirmed=False)
    tokens = [await door.letter(email, "CONFIRMATION") for _ in range(3)]
    async with door.connection.transaction():
        await door.connection.execute("select from account where email = $1 for update", email)
        confirming = [asyncio.create_task(door.call(CONFIRM, token=token)) for token in tokens]
        await blocked(door.connection, 3)
    found = sorted(len(problems(answer)) for answer in await asyncio.gather(*confirming))
    assert found == [0, 1, 1]


async def test_who_is_signed_in_sees_the_viewer(door: Door) -> None:
    email = await door.account(confirmed=False)
    answer = await door.call(CONFIRM, await door.token(email), token=await door.letter(email, "CONFIRMATION"))
    assert answer.data["confirmEmail"]["viewer"] == {"account": {"email": email}}


@pytest.mark.parametrize("case", ["unknown", "expired", "of a reset", "no token"])
async def test_another_token_confirms_nothing(door: Door, case: str) -> None:
    email = await door.account(confirmed=False)
    tokens = {
        "unknown": "enm_unknown",
        "expired": await door.letter(email, "CONFIRMATION", "-1 second"),
        "of a reset": await door.letter(email, "PASSWORD_RESET"),
        "no token": "\ud800\u0000",
    }
    assert await refused(door, CONFIRM, token=tokens[case]) == [("INVITATION_INVALID", ["token"])]
