"""resolvers/mutations/sign_in.py: passwords, tokens, and what an answer must not tell about addresses."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution import Executor
from resolvers.request import GraphQLRequest
from schema.language import Language
from tests.databases import Databases
from tests.firm import Answer, Asker, blocked

PASSWORD = "correct-horse-7"
HASH = PasswordHasher().hash(PASSWORD)
LOGIN = """
mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    token expiresAt viewer { account { email } } errors { code message field }
  }
}
"""
LOGOUT = "mutation { logout { viewer { account { id } } errors { code } } }"
VIEWER = "{ viewer { account { email } sessions { id current userAgent } } }"
MESSAGE = "L'adresse e-mail ou le mot de passe n'est pas correct."


@dataclass(frozen=True, slots=True)
class Door:
    """Accounts to sign in with, and the database that they are in."""

    ask: Asker
    connection: Connection

    async def account(self, password_hash: str | None = HASH, language: str = "FR") -> str:
        """The address of a new account."""
        email = f"{secrets.token_hex(8)}@door.test"
        await self.connection.execute(
            "insert into account (email, password_hash, first_name, last_name, language, confirmed) "
            "values ($1, $2, 'Zoé', 'Martin', $3, true)",
            email, password_hash, language,
        )  # fmt: skip
        return email

    async def login(self, email: str, password: str = PASSWORD, token: str | None = None) -> Answer:
        """The answer to a login."""
        return await self.ask(token, LOGIN, email=email, password=password)

    async def token(self, email: str) -> str:
        """The token of a new session, made without the work of a login."""
        token = secrets.token_urlsafe()
        await self.connection.execute(
            "insert into credential (token_hash, account_id, expires_at) "
            "select $1, id, now() + interval '1 hour' from account where email = $2",
            hashlib.sha256(token.encode()).digest(), email,
        )  # fmt: skip
        return token

    async def sessions(self) -> int:
        """How many there are of everybody."""
        return await self.connection.fetchval("select count(*) from credential")


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3)), await connect(dsn)
    yield Door(Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


async def test_a_right_password_opens_a_session_that_works_at_once(door: Door) -> None:
    email = await door.account()
    payload = (await door.login(email)).data["login"]
    assert payload["errors"] == []
    assert payload["viewer"] == {"account": {"email": email}}
    viewer = (await door.ask(payload["token"], VIEWER)).data["viewer"]
    assert viewer["account"]["email"] == email
    assert [session["current"] for session in viewer["sessions"]] == [True]


async def test_only_the_hash_of_a_token_is_stored(door: Door) -> None:
    email = await door.account()
    token = (await door.login(email)).data["login"]["token"]
    rows = await door.connection.fetch(
        "select c.*, expires_at - now() between interval '29 days' and interval '30 days' thirty "
        "from credential c join account a on a.id = c.account_id where a.email = $1", email,
    )  # fmt: skip
    (row,) = rows
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert row["thirty"]
    assert token not in repr(dict(row))
    assert len(token) >= 43  # 256 bits


async def test_the_address_may_be_written_in_capitals(door: Door) -> None:
    email = await door.account()
    assert (await door.login(email.upper())).data["login"]["viewer"] == {"account": {"email": email}}


async def test_the_session_remembers_the_program(door: Door) -> None:
    email = await door.account()
    request = GraphQLRequest(LOGIN, variables={"email": email, "password": PASSWORD}, user_agent="Firefox <\u00e9>")
    await door.ask.executor.execute(request)
    viewer = (await door.ask(await door.token(email), VIEWER)).data["viewer"]
    sessions = {session["current"]: session["userAgent"] for session in viewer["sessions"]}
    assert sessions == {True: None, False: "Firefox <\u00e9>"}


@pytest.mark.parametrize("case", ["wrong password", "unknown address", "invited, no password yet"])
async def test_every_refusal_is_the_same(door: Door, case: str) -> None:
    email = await door.account(None if case.startswith("invited") else HASH)
    before = await door.sessions()
    answer = await door.login("nobody@door.test" if case.startswith("unknown") else email, "incorrect")
    error = {"code": "INVALID_CREDENTIALS", "message": MESSAGE, "field": None}
    assert answer.data == {"login": {"token": None, "expiresAt": None, "viewer": None, "errors": [error]}}
    assert (answer.errors, answer.hidden) == ((), ())
    assert await door.sessions() == before


@pytest.mark.parametrize(
    "email",
    ["a\u0000b@door.test", "\ud800@door.test", "a" * 300, "%", "{}\n"],
    ids=["NUL", "surrogate", "long", "wildcard", "newline after"],
)
async def test_what_is_no_address_is_an_unknown_one(door: Door, email: str) -> None:
    known = await door.account()
    (error,) = (await door.login(email.replace("{}", known))).data["login"]["errors"]
    assert error["code"] == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("password", ["", "\udfff", PASSWORD + "\u0000", "x" * 100_000])
async def test_what_is_not_the_password_is_refused(door: Door, password: str) -> None:
    (error,) = (await door.login(await door.account(), password)).data["login"]["errors"]
    assert error["code"] == "INVALID_CREDENTIALS"


async def test_an_unknown_address_costs_as_much_as_a_wrong_password(door: Door) -> None:
    known, invited = await door.account(), await door.account(None)

    async def fastest(email: str, password: str) -> float:
        taken: list[float] = []
        for _ in range(2):
            began = time.process_time()
            await door.login(email, password)
            taken.append(time.process_time() - began)
        return min(taken)

    wrong = await fastest(known, "incorrect")
    for other in (
        await fastest("nobody@door.test", "incorrect"),
        await fastest(invited, "incorrect"),
        await fastest("no address\0", "incorrect"),
        await fastest(known, "x" * 2_000),
    ):
        assert 0.4 < other / wrong < 2.5


async def test_a_password_that_changes_meanwhile_opens_nothing(door: Door) -> None:
    """The check and the session are two transactions; the second looks again, and waits for a change under way."""
    email = await door.account()
    async with door.connection.transaction():
        await door.connection.execute("update account set password_hash = password_hash || 'x' where email = $1", email)
        login = asyncio.create_task(door.login(email))
        await blocked(door.connection)
    payload = (await login).data["login"]
    assert (payload["token"], payload["errors"][0]["code"]) == (None, "INVALID_CREDENTIALS")


async def test_a_session_ends_at_logout_and_only_that_one(door: Door) -> None:
    email = await door.account()
    token, other = await door.token(email), await door.token(email)
    answer = await door.ask(token, LOGOUT)
    assert (answer.data, answer.errors) == ({"logout": {"viewer": None, "errors": []}}, ())
    for operation in (VIEWER, LOGOUT, "{ apps { app } }"):
        refused = await door.ask(token, operation)
        assert (refused.data, refused.codes) == (None, ["UNAUTHENTICATED"])
    assert (await door.ask(other, VIEWER)).data["viewer"]["account"]["email"] == email


async def test_an_expired_session_is_as_good_as_none(door: Door) -> None:
    email = await door.account()
    token = await door.token(email)
    await door.connection.execute(
        "update credential set expires_at = now() where token_hash = $1", hashlib.sha256(token.encode()).digest()
    )
    for operation in (VIEWER, LOGOUT):
        refused = await door.ask(token, operation)
        assert (refused.data, refused.codes) == (None, ["UNAUTHENTICATED"])


async def test_a_wrong_token_is_refused_even_where_none_is_needed(door: Door) -> None:
    refused = await door.login(await door.account(), token="enf_wrong")
    assert (refused.data, refused.codes) == (None, ["UNAUTHENTICATED"])


async def test_logout_needs_somebody(door: Door) -> None:
    answer = await door.ask(None, LOGOUT, language=Language.NL)
    assert (answer.data, answer.codes) == ({"logout": None}, ["UNAUTHENTICATED"])
    assert answer.errors[0].path == ("logout",)
    assert answer.errors[0].message == "Meld u aan."


async def test_nothing_works_after_logout_in_the_same_document(door: Door) -> None:
    token = await door.token(await door.account())
    answer = await door.ask(token, "mutation { first: logout { errors { code } } second: logout { errors { code } } }")
    assert answer.data == {"first": {"errors": []}, "second": None}
    assert [(error.code, error.path) for error in answer.errors] == [("UNAUTHENTICATED", ("second",))]


async def test_a_login_shows_the_new_viewer_whoever_asked(door: Door) -> None:
    first, second = await door.account(), await door.account()
    payload = (await door.login(second, token=await door.token(first))).data["login"]
    assert payload["viewer"] == {"account": {"email": second}}


async def test_a_refusal_is_in_the_language_that_is_asked_for(door: Door) -> None:
    answer = await door.ask(None, LOGIN, Language.NL, email="nobody@door.test", password="incorrect")
    (error,) = answer.data["login"]["errors"]
    assert error["message"] == "Het e-mailadres of het wachtwoord is niet correct."


async def test_tokens_are_never_alike(door: Door) -> None:
    email = await door.account()
    tokens = [(await door.login(email)).data["login"]["token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    assert all(token.startswith("enf_") for token in tokens)
