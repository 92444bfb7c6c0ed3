"""registration.py: signing up, and confirming an e-mail address."""

import asyncio
import datetime
import secrets
import unicodedata
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Literal

import pytest

from resolvers.forms import texts
from resolvers.mutations.context import hash_token
from resolvers.request import SessionCookie
from schema.errors import PROVE_LOGIN
from schema.localization.language import Language
from tests.support.accounts import HASH, PASSWORD, Door, problems, refused
from tests.support.company import Answer, Firm, blocked
from tests.support.databases import Databases

SIGN_UP = """
mutation ($input: SignUpInput!) {
  signUp(input: $input) {
    token expiresAt company { id name } viewer { account { email firstName } } errors { code message field }
  }
}
"""
CONFIRM = """
mutation ($token: String!, $password: String) {
  confirmEmail(input: {token: $token, password: $password}) {
    confirmed viewer { account { email } } errors { code message field }
  }
}
"""
DISCLAIM = """
mutation ($token: String!) {
  disclaimEmail(input: {token: $token}) { disclaimed viewer { account { email } } errors { code field } }
}
"""
UNPROVEN = [("INVALID_CREDENTIALS", ["password"])]
INVALID_TOKEN = [("INVITATION_INVALID", ["token"])]
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
        combining = staticmethod(unicodedata.combining)

        @staticmethod
        def normalize(form: Literal["NFC"], text: str) -> str:
            lengths.append(len(text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(texts, "unicodedata", Watching)
    pieces = "a" + "\u0315\u0300" * 60_000  # eleven seconds of work
    found = await refused(door, SIGN_UP, input=form(companyName=pieces, firstName="Rene\u0301", lastName=pieces))
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


# --- confirming


async def test_a_letter_and_the_password_confirm_the_address_once(door: Door) -> None:
    email = await door.account(confirmed=False)
    token, session = await door.letter(email, "CONFIRMATION"), await door.token(email)
    payload = (await door.call(CONFIRM, token=token, password=PASSWORD)).data["confirmEmail"]
    assert payload == {"confirmed": True, "viewer": None, "errors": []}
    assert (await door.find(email))["confirmed"]
    assert await door.works(session)  # confirming takes nothing away
    assert await refused(door, CONFIRM, token=token, password=PASSWORD) == INVALID_TOKEN


async def test_a_letter_and_a_session_of_the_account_confirm_it(door: Door) -> None:
    email = await door.account(confirmed=False)
    answer = await door.call(CONFIRM, await door.token(email), token=await door.letter(email, "CONFIRMATION"))
    assert (problems(answer), answer.data["confirmEmail"]["viewer"]) == ([], {"account": {"email": email}})


@pytest.mark.parametrize("password", [None, "", "wrong, but long enough", "x" * 5_000])
async def test_a_letter_alone_confirms_nothing_and_stays_good(door: Door, password: str | None) -> None:
    email = await door.account(confirmed=False)
    token = await door.letter(email, "CONFIRMATION")
    assert await refused(door, CONFIRM, token=token, password=password) == UNPROVEN
    answer = await door.call(CONFIRM, token=token, password=password, language=Language.EN)
    (error,) = answer.data["confirmEmail"]["errors"]
    assert error["message"] == PROVE_LOGIN
    assert not (await door.find(email))["confirmed"]
    assert problems(await door.call(CONFIRM, token=token, password=PASSWORD)) == []


async def test_somebody_elses_session_is_none_of_the_account(door: Door) -> None:
    email, other = await door.account(confirmed=False), await door.account()
    token = await door.letter(email, "CONFIRMATION")
    assert await refused(door, CONFIRM, await door.token(other), token=token) == UNPROVEN
    answer = await door.call(CONFIRM, await door.token(other), token=token, password=PASSWORD)
    assert (problems(answer), answer.data["confirmEmail"]["viewer"]) == ([], {"account": {"email": other}})


async def test_a_password_that_changes_meanwhile_confirms_nothing(door: Door) -> None:
    email = await door.account(confirmed=False)
    token = await door.letter(email, "CONFIRMATION")
    async with door.connection.transaction():
        await door.connection.execute("select from account where email = $1 for update", email)
        confirming = asyncio.create_task(door.call(CONFIRM, token=token, password=PASSWORD))
        await blocked(door.connection)
        await door.connection.execute("update account set password_hash = 'another' where email = $1", email)
    assert problems(await confirming) == UNPROVEN
    assert not (await door.find(email))["confirmed"]


async def test_a_confirmation_tries_five_passwords_a_minute(door: Door) -> None:
    email = await door.account(confirmed=False)
    token = await door.letter(email, "CONFIRMATION")
    for _ in range(5):
        assert await refused(door, CONFIRM, token=token, password="wrong, but long enough") == UNPROVEN
    assert await refused(door, CONFIRM, token=token, password=PASSWORD) == [("TOO_MANY_ATTEMPTS", None)]
    session = await door.token(email)
    assert problems(await door.call(CONFIRM, session, token=token)) == []


async def test_the_letters_of_an_address_that_was_confirmed_end(door: Door) -> None:
    email, other = await door.account(confirmed=False), await door.account(confirmed=False)
    used, sibling, foreign = [await door.letter(of, "CONFIRMATION") for of in (email, email, other)]
    kept = await door.letter(email, "PASSWORD_RESET")
    assert problems(await door.call(CONFIRM, token=used, password=PASSWORD)) == []
    assert await refused(door, CONFIRM, token=sibling, password=PASSWORD) == INVALID_TOKEN
    assert await refused(door, DISCLAIM, token=sibling) == INVALID_TOKEN
    assert await door.connection.fetchval("select true from mail_token where token_hash = $1", hash_token(kept))
    assert not (await door.find(other))["confirmed"]
    assert problems(await door.call(CONFIRM, token=foreign, password=PASSWORD)) == []


async def test_two_letters_of_one_address_at_once_do_not_wait_for_each_other(door: Door) -> None:
    email = await door.account(confirmed=False)
    session = await door.token(email)
    tokens = [await door.letter(email, "CONFIRMATION") for _ in range(3)]
    async with door.connection.transaction():
        await door.connection.execute("select from account where email = $1 for update", email)
        confirming = [asyncio.create_task(door.call(CONFIRM, session, token=token)) for token in tokens]
        await blocked(door.connection, 3)
    found = sorted(len(problems(answer)) for answer in await asyncio.gather(*confirming))
    assert found == [0, 1, 1]


@pytest.mark.parametrize("mutation", [CONFIRM, DISCLAIM], ids=["confirm", "disclaim"])
@pytest.mark.parametrize("case", ["unknown", "expired", "of a reset", "no token"])
async def test_another_token_confirms_and_disclaims_nothing(door: Door, case: str, mutation: str) -> None:
    email = await door.account(confirmed=False)
    tokens = {
        "unknown": "enm_unknown",
        "expired": await door.letter(email, "CONFIRMATION", "-1 second"),
        "of a reset": await door.letter(email, "PASSWORD_RESET"),
        "no token": "\ud800\u0000",
    }
    assert await refused(door, mutation, await door.token(email), token=tokens[case]) == INVALID_TOKEN


# --- disclaiming


async def disclaim(door: Door, email: str) -> None:
    """Let the owner of a mailbox say that somebody else signed up."""
    payload = (await door.call(DISCLAIM, token=await door.letter(email, "CONFIRMATION"))).data["disclaimEmail"]
    assert payload == {"disclaimed": True, "viewer": None, "errors": []}


async def test_who_did_not_sign_up_puts_out_who_did(door: Door) -> None:
    given = form()
    session = (await sign_up(door, given)).data["signUp"]["token"]
    other, reset = await door.token(given["email"]), await door.letter(given["email"], "PASSWORD_RESET")
    account = (await door.find(given["email"]))["id"]
    await disclaim(door, given["email"])
    assert [await door.works(token) for token in (session, other)] == [False, False]
    assert problems(await door.login(given["email"])) == [("INVALID_CREDENTIALS", None)]
    row = await door.find(given["email"])
    assert (row["id"], row["password_hash"], row["confirmed"], row["kind"]) == (account, None, False, "MEMBER")
    assert (row["first_name"], row["last_name"], row["office_name"]) == ("", "", None)
    for table in ("outbox", "mail_token"):
        assert await door.connection.fetch(f"select from {table} where account_id = $1", account) == []
    assert await door.connection.fetch(COMPANIES, account) == []
    for token in (reset, "enm_unknown"):
        assert await refused(door, DISCLAIM, token=token) == INVALID_TOKEN


async def test_the_own_session_and_its_cookie_end_with_the_account(door: Door) -> None:
    given = form()
    session = (await sign_up(door, given)).data["signUp"]["token"]
    letter = await door.letter(given["email"], "CONFIRMATION")
    result = await door.send(DISCLAIM, session, variables={"token": letter}, by_cookie=True)
    assert (result.errors, result.cookie) == ((), SessionCookie())


async def test_an_address_that_was_disclaimed_can_sign_up_anew(door: Door) -> None:
    given = form()
    await sign_up(door, given)
    await disclaim(door, given["email"])
    payload = (await sign_up(door, {**given, "firstName": "Real"})).data["signUp"]
    assert (payload["errors"], payload["viewer"]["account"]["firstName"]) == ([], "Real")
    seen = await door.call("{ viewer { companies { nodes { id } } accessChanges { totalCount } } }", payload["token"])
    assert seen.data["viewer"]["companies"]["nodes"] == [{"id": payload["company"]["id"]}]
    assert seen.data["viewer"]["accessChanges"]["totalCount"] == 1


async def test_what_was_founded_has_no_owner_and_closes(door: Door) -> None:
    given = form()
    payload = (await sign_up(door, given)).data["signUp"]
    company = uuid.UUID(payload["company"]["id"][4:])
    await disclaim(door, given["email"])
    row = await door.connection.fetchrow("select * from company where id = $1", company)
    assert row is not None
    assert row["access_version"] == 2
    (member,) = await door.connection.fetch("select * from membership where company_id = $1", company)
    assert row["closes_at"] - member["removed_at"] == datetime.timedelta(days=30)
    registrant = await door.connection.fetchrow("select * from account where id = $1", member["account_id"])
    assert registrant is not None
    assert registrant["email"].endswith("@disclaimed.invalid")
    taken = await refused(door, SIGN_UP, input=form(email=registrant["email"]))
    assert taken == [("VALIDATION", ["email"])]  # nobody signs up with what is no address
    assert (registrant["password_hash"], registrant["confirmed"], registrant["first_name"]) == (None, False, "Zoé")
    trail = await door.connection.fetch("select * from access_change where company_id = $1 order by at, id", company)
    assert [(change["kind"], change["actor_id"]) for change in trail] == [
        ("USER_JOINED", registrant["id"]), ("USER_DELETED", None), ("COMPANY_CLOSES", None),
    ]  # fmt: skip
    assert (trail[1]["role_before"], trail[2]["until"]) == ("OWNER", row["closes_at"])
    assert trail[1]["at"] == trail[2]["at"] == member["removed_at"]


async def test_of_an_address_that_was_only_invited_nothing_is_lost(door: Door) -> None:
    firm = await Firm.found(door.connection)
    pending = firm["pending"]
    await door.connection.execute("update account set confirmed = false where id = $1", pending.account)
    accounts = await door.connection.fetchval("select count(*) from account")
    await disclaim(door, pending.email)
    assert await door.connection.fetchval("select count(*) from account") == accounts
    row = await door.connection.fetchrow("select * from membership where id = $1", pending.membership)
    assert row is not None
    assert (row["account_id"], row["removed_at"]) == (pending.account, None)


async def test_of_confirming_and_disclaiming_at_once_one_happens(door: Door) -> None:
    for _ in range(4):
        email = await door.account(confirmed=False)
        session = await door.token(email)
        tokens = [await door.letter(email, "CONFIRMATION") for _ in range(2)]
        async with door.connection.transaction():
            await door.connection.execute("select from account where email = $1 for update", email)
            confirming = asyncio.create_task(door.call(CONFIRM, session, token=tokens[0]))
            disclaiming = asyncio.create_task(door.call(DISCLAIM, token=tokens[1]))
            await blocked(door.connection, 2)
        confirmed, disclaimed = await asyncio.gather(confirming, disclaiming)
        row = await door.find(email)
        assert (row["confirmed"], await door.works(session)) in ((True, True), (False, False))
        assert problems(disclaimed) == (INVALID_TOKEN if row["confirmed"] else [])
        assert row["confirmed"] or problems(confirmed)


async def test_a_company_that_is_founded_just_before_closes_as_well(door: Door) -> None:
    given = form()
    payload = (await sign_up(door, given)).data["signUp"]
    account, letter = (await door.find(given["email"]))["id"], await door.letter(given["email"], "CONFIRMATION")
    found = 'mutation { createCompany(input: {name: "Last"}) { company { id } errors { code } } }'
    async with door.connection.transaction():
        await door.connection.execute("select from account where id = $1 for update", account)
        founding = asyncio.create_task(door.call(found, payload["token"]))
        await blocked(door.connection)
        disclaiming = asyncio.create_task(door.call(DISCLAIM, token=letter))
        await blocked(door.connection, 2)
    assert (problems(await founding), problems(await disclaiming)) == ([], [])
    assert await door.connection.fetch(COMPANIES, account) == []
    closing = "select count(*) from access_change where kind = 'COMPANY_CLOSES' and company_id = any($1)"
    companies = [
        uuid.UUID(id_[4:])
        for id_ in (payload["company"]["id"], (await founding).data["createCompany"]["company"]["id"])
    ]
    assert await door.connection.fetchval(closing, companies) == 2


@pytest.mark.parametrize("write", ["a company", "a key", "a name", "an office"])
async def test_nothing_is_added_by_a_session_that_ends_meanwhile(door: Door, write: str) -> None:
    """A request of the registrant that is under way writes nothing into the account of who proves the mailbox."""
    given = form()
    payload = (await sign_up(door, given)).data["signUp"]
    account, letter = (await door.find(given["email"]))["id"], await door.letter(given["email"], "CONFIRMATION")
    await door.connection.execute("update company set mask = ~ repeat('0', 256)::bit(256)")
    mutations = {
        "a company": 'mutation { createCompany(input: {name: "Trojan"}) { company { id } errors { code } } }',
        "a key": 'mutation { createApiKey(input: {label: "Trojan"}) { key errors { code } } }',
        "a name": 'mutation { updateProfile(input: {firstName: "Trojan"}) { errors { code } } }',
        "an office": 'mutation { becomeAccountant(input: {officeName: "x", acceptTerms: true}) { errors { code } } }',
    }
    async with door.connection.transaction():
        await door.connection.execute("select from account where id = $1 for update", account)
        disclaiming = asyncio.create_task(door.call(DISCLAIM, token=letter))
        await blocked(door.connection)
        writing = asyncio.create_task(door.call(mutations[write], payload["token"]))
        await blocked(door.connection, 2)
    assert problems(await disclaiming) == []
    assert (await writing).codes == ["UNAUTHENTICATED"]
    assert await door.connection.fetch(COMPANIES, account) == []
    assert await door.connection.fetchval("select count(*) from credential where account_id = $1", account) == 0
    found = await door.find(given["email"])
    assert (found["first_name"], found["kind"], found["office_name"]) == ("", "MEMBER", None)
