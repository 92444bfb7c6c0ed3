"""sign_in.py: passwords, tokens, and what an answer must not tell about addresses."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from db.database import Database
from db.tokens import hash_token
from resolvers.execution.credential_use import Uses
from resolvers.mutations import passwords
from resolvers.mutations.sign_in import ADDRESSES, PAIRS
from resolvers.mutations.steps import known_places
from resolvers.mutations.steps.attempts import Bucket
from resolvers.request import SessionCookie
from schema.hidden_fields import HiddenFields
from schema.localization.language import Language
from tests.support.accounts import HASH, LOGIN, PASSWORD, Door, problems, refused
from tests.support.company import blocked
from tests.support.databases import Databases

LOGOUT = "mutation { logout { viewer { account { id } } errors { code } } }"
END = """
mutation ($id: ID!) { endSession(input: {sessionId: $id}) { viewer { account { email } } errors { code field } } }
"""
VIEWER = "{ viewer { account { email } sessions { id current userAgent } } }"
MESSAGE = "L'adresse e-mail ou le mot de passe n'est pas correct."
COOKIE = {"session": "COOKIE", "password": PASSWORD}


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


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
        "select c.*, expires_at - now() between interval '13 days' and interval '14 days' idle, "
        "ends_at - now() between interval '89 days' and interval '90 days' longest "
        "from credential c join account a on a.id = c.account_id where a.email = $1", email,
    )  # fmt: skip
    (row,) = rows
    assert row["token_hash"] == hashlib.sha256(token.encode()).digest()
    assert row["idle"]
    assert row["longest"]
    assert token not in repr(dict(row))
    assert len(token) >= 43  # 256 bits


async def test_the_address_may_be_written_in_capitals(door: Door) -> None:
    email = await door.account()
    assert (await door.login(email.upper())).data["login"]["viewer"] == {"account": {"email": email}}


async def test_blanks_around_the_address_do_no_harm(door: Door) -> None:
    email = await door.account()
    assert (await door.login(f" {email}\n")).data["login"]["viewer"] == {"account": {"email": email}}


async def test_the_session_remembers_the_program(door: Door) -> None:
    email = await door.account()
    await door.send(LOGIN, variables={"email": email, "password": PASSWORD}, user_agent="Firefox <\u00e9>")
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
    ["a\u0000b@door.test", "\ud800@door.test", "a" * 300, "%", "{}\u0000", "{}, {}", ""],
    ids=["NUL", "surrogate", "long", "wildcard", "NUL after", "two", "empty"],
)
async def test_what_is_no_address_is_an_unknown_one(door: Door, email: str) -> None:
    known = await door.account()
    (error,) = (await door.login(email.replace("{}", known))).data["login"]["errors"]
    assert error["code"] == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("password", ["", "\udfff", PASSWORD + "\u0000", "x" * 100_000])
async def test_what_is_not_the_password_is_refused(door: Door, password: str) -> None:
    (error,) = (await door.login(await door.account(), password)).data["login"]["errors"]
    assert error["code"] == "INVALID_CREDENTIALS"


async def test_an_unknown_address_costs_as_much_as_a_wrong_password(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, invited = await door.account(), await door.account(None)
    checked: list[Parameters] = []

    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        checked.append(extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email, password in (
        (known, "incorrect"),
        ("nobody@door.test", "incorrect"),
        (invited, "incorrect"),
        ("no address\0", "incorrect"),
        (known, "x" * 2_000),
    ):
        assert problems(await door.login(email, password)) == [("INVALID_CREDENTIALS", None)]
    assert checked == [extract_parameters(passwords.HASHER.hash(PASSWORD))] * 5


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
    for operation in (VIEWER, LOGOUT, "{ __typename }", "{ viewer { account { id } } apps { app } }"):
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


DEAD: Final = ("enf_dead", "enk_dead", "ena_dead", "env_dead", "nonsense")
"""A token of each kind that is no longer valid, and one of none."""


@pytest.mark.parametrize("hidden_fields", HiddenFields)
@pytest.mark.parametrize("token", DEAD)
async def test_what_needs_nobody_ignores_a_dead_token(door: Door, token: str, hidden_fields: HiddenFields) -> None:
    given = {"email": await door.account(), "password": PASSWORD}
    entered = await door.send(LOGIN, token, variables=given, hidden_fields=hidden_fields)
    assert entered.errors == ()
    assert entered.data is not None
    assert await door.works(orjson.loads(entered.data)["login"]["token"])
    public = await door.send("{ __typename apps(kind: BASE) { app } }", token, hidden_fields=hidden_fields)
    assert public.errors == ()
    assert public.data is not None
    assert orjson.loads(public.data)["apps"]


@pytest.mark.parametrize("hidden_fields", HiddenFields)
@pytest.mark.parametrize("token", DEAD)
@pytest.mark.parametrize(
    "operation",
    [VIEWER, LOGOUT, "{ __typename }", "{ apps { app } viewer { account { id } } }", "{ __schema { types { name } } }"],
)
async def test_what_needs_somebody_refuses_a_dead_token(
    door: Door, token: str, operation: str, hidden_fields: HiddenFields
) -> None:
    refused = await door.send(operation, token, hidden_fields=hidden_fields)
    assert (refused.data, [entry.code for entry in refused.errors]) == (None, ["UNAUTHENTICATED"])


async def test_a_login_beside_what_needs_somebody_is_done(door: Door) -> None:
    """The rest of the operation is as if nothing had been sent."""
    both = LOGIN.rstrip().removesuffix("}") + " logout { errors { code } } }"
    result = await door.send(both, "enf_dead", variables={"email": await door.account(), "password": PASSWORD})
    assert [(entry.code.value, entry.path) for entry in result.errors] == [("UNAUTHENTICATED", ("logout",))]


async def test_a_wrong_password_counts_once_beside_a_dead_token(door: Door) -> None:
    email = await door.account()
    for _ in range(5):
        refused = await door.send(LOGIN, "enf_dead", variables={"email": email, "password": "incorrect"})
        assert refused.data is not None
        assert orjson.loads(refused.data)["login"]["errors"][0]["code"] == "INVALID_CREDENTIALS"


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
    answer = await door.call(LOGIN, language=Language.NL, email="nobody@door.test", password="incorrect")
    (error,) = answer.data["login"]["errors"]
    assert error["message"] == "Het e-mailadres of het wachtwoord is niet correct."


async def test_tokens_are_never_alike(door: Door) -> None:
    email = await door.account()
    tokens = [(await door.login(email)).data["login"]["token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    assert all(token.startswith("enf_") for token in tokens)


# --- cookies


async def test_a_session_that_is_kept_as_a_cookie_shows_its_token_to_nobody(door: Door) -> None:
    email = await door.account()
    result = await door.send(LOGIN, variables={"email": email, **COOKIE})
    assert result.data is not None
    payload = orjson.loads(result.data)["login"]
    assert (payload["token"], payload["errors"]) == (None, [])
    assert payload["viewer"] == {"account": {"email": email}}
    assert result.cookie is not None
    assert result.cookie.token is not None
    assert await door.works(result.cookie.token)
    assert result.cookie.token.encode() not in result.data
    assert result.cookie.expires_at is not None
    idle, longest = datetime.fromisoformat(payload["expiresAt"]), result.cookie.expires_at
    assert abs((longest - idle).total_seconds() - 76 * 86_400) < 1  # 90 days at most, 14 without being used


@pytest.mark.parametrize("session", ["TOKEN", None])
async def test_without_a_cookie_none_is_set(door: Door, session: str | None) -> None:
    given = {"email": await door.account(), "password": PASSWORD, "session": session}
    result = await door.send(LOGIN, variables=given)
    assert result.cookie is None
    assert result.data is not None
    assert orjson.loads(result.data)["login"]["token"]


async def test_a_refused_login_sets_no_cookie(door: Door) -> None:
    result = await door.send(LOGIN, variables={"email": await door.account(), **COOKIE, "password": "incorrect"})
    assert result.cookie is None


async def test_a_login_ignores_a_dead_cookie(door: Door) -> None:
    given = {"email": await door.account(), **COOKIE}
    result = await door.send(LOGIN, "enf_dead", by_cookie=True, variables=given)
    assert result.errors == ()
    assert result.cookie is not None


@pytest.mark.parametrize(("by_cookie", "cookie"), [(True, SessionCookie()), (False, None)])
async def test_logout_clears_the_cookie_that_the_session_came_by(
    door: Door, by_cookie: bool, cookie: SessionCookie | None
) -> None:
    token = await door.token(await door.account())
    assert (await door.send(LOGOUT, token, by_cookie=by_cookie)).cookie == cookie
    assert not await door.works(token)


# --- ending sessions


async def sessions(door: Door, token: str) -> dict[bool, str]:
    """The ids of the (two) sessions of an account, by whether they are this one."""
    viewer = (await door.ask(token, VIEWER)).data["viewer"]
    return {session["current"]: session["id"] for session in viewer["sessions"]}


async def test_another_session_of_ones_own_is_ended(door: Door) -> None:
    email = await door.account()
    token, other = await door.token(email), await door.token(email)
    result = await door.send(END, token, by_cookie=True, variables={"id": (await sessions(door, token))[False]})
    assert result.data is not None
    assert orjson.loads(result.data) == {"endSession": {"viewer": {"account": {"email": email}}, "errors": []}}
    assert result.cookie is None
    assert [await door.works(token), await door.works(other)] == [True, False]


async def test_the_session_of_the_request_may_be_ended(door: Door) -> None:
    email = await door.account()
    token, other = await door.token(email), await door.token(email)
    result = await door.send(END, token, by_cookie=True, variables={"id": (await sessions(door, token))[True]})
    assert result.data is not None
    assert orjson.loads(result.data) == {"endSession": {"viewer": None, "errors": []}}
    assert result.cookie == SessionCookie()
    assert [await door.works(token), await door.works(other)] == [False, True]


@pytest.mark.parametrize("case", ["foreign", "unknown", "nonsense", "account", "expired"])
async def test_no_other_session_can_be_ended_and_all_answers_are_the_same(door: Door, case: str) -> None:
    email, foreign = await door.account(), await door.token(await door.account())
    token, old = await door.token(email), await door.token(email)
    mine = await sessions(door, token)
    await door.connection.execute(
        "update credential set expires_at = now() where token_hash = $1", hashlib.sha256(old.encode()).digest()
    )
    ids = {
        "foreign": (await sessions(door, foreign))[True],
        "unknown": f"ses_{'0' * 32}",
        "nonsense": "\u0000\ud800",
        "account": f"acc_{mine[True][4:]}",
        "expired": mine[False],
    }
    assert await refused(door, END, token, id=ids[case]) == [("NOT_FOUND", ["sessionId"])]
    assert [await door.works(token), await door.works(foreign)] == [True, True]


async def test_ending_a_session_needs_somebody(door: Door) -> None:
    answer = await door.call(END, id=f"ses_{'0' * 32}")
    assert (answer.data, answer.codes) == ({"endSession": None}, ["UNAUTHENTICATED"])


async def test_a_login_has_a_thousand_sessions_at_most_and_none_that_are_over(door: Door) -> None:
    email, other = await door.account(), await door.account()
    account, token, foreign = (await door.find(email))["id"], await door.token(email), await door.token(other)
    await door.connection.execute(
        "insert into credential (token_hash, account_id, created_at, last_used_at, expires_at) "
        "select sha256((n || $2)::bytea), $1, now() - n * interval '1 second', now() - n * interval '1 second', "
        "now() + case when n % 2 = 0 then interval '1 day' else interval '-1 second' end "
        "from generate_series(1, 2100) n",
        account, email,
    )  # fmt: skip
    newest = (await door.login(email)).data["login"]["token"]
    rows = await door.connection.fetch("select * from credential where account_id = $1", account)
    assert len(rows) == 1_000
    assert [row for row in rows if row["expires_at"] < datetime.now(UTC)] == []
    used = [row["last_used_at"] or row["created_at"] for row in rows]
    assert datetime.now(UTC) - min(used) < timedelta(seconds=2_000)  # of 1050, those that were not used longest went
    assert [await door.works(each) for each in (token, newest, foreign)] == [True] * 3


async def test_the_uses_of_sessions_are_written_without_waiting_for_one_that_is_just_ending(door: Door) -> None:
    email, uses = await door.account(), Uses()
    tokens = [hash_token(await door.token(email)) for _ in range(2)]
    for token in tokens:
        uses.add(await door.connection.fetchval("select id from credential where token_hash = $1", token))
    database = await Database.open(door.dsn)
    async with door.connection.transaction():
        await door.connection.execute("select from credential where token_hash = $1 for update", tokens[0])
        async with asyncio.timeout(60):
            await uses.write(database)
    await database.close()
    used = [
        await door.connection.fetchval("select last_used_at from credential where token_hash = $1", token) is not None
        for token in tokens
    ]
    assert used == [False, True]


# --- limits


async def codes(door: Door, email: str, count: int, **how: Any) -> list[str]:
    """The codes of wrong logins, one after the other."""
    return [problems(await door.login(email, "incorrect", **how))[0][0] for _ in range(count)]


@pytest.mark.parametrize("known", [True, False])
async def test_after_five_wrong_passwords_from_an_address_none_is_checked(door: Door, known: bool) -> None:
    email, address = await door.account() if known else "stranger@door.test", door.address()
    assert await codes(door, email, 7, address=address) == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"] * 2
    answer = await door.login(email.upper(), PASSWORD, address=address)
    assert problems(answer) == [("TOO_MANY_ATTEMPTS", None)]
    message = answer.data["login"]["errors"][0]["message"]
    assert message == "Trop de tentatives. Veuillez patienter un moment et réessayer."
    elsewhere = problems(await door.login(email))
    assert elsewhere == ([] if known else [("INVALID_CREDENTIALS", None)])


async def test_other_logins_from_that_address_are_not_concerned(door: Door) -> None:
    address = door.address()
    await codes(door, await door.account(), 5, address=address)
    assert problems(await door.login(await door.account(), address=address)) == []


async def test_aliases_count_each(door: Door) -> None:
    email = await door.account()
    fields = " ".join(
        f'a{n}: login(input: {{email: "{email}", password: "wrong{n}"}}) {{ errors {{ code }} }}' for n in range(8)
    )
    data = (await door.call(f"mutation {{ {fields} }}")).data
    found = [payload["errors"][0]["code"] for payload in data.values()]
    assert found == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"] * 3


async def test_a_right_password_is_not_counted_however_many_come_at_once(door: Door) -> None:
    email, address, before = await door.account(), door.address(), await door.tries()
    answers = await asyncio.gather(*(door.login(email, address=address) for _ in range(12)))
    assert [problems(answer) for answer in answers] == [[]] * 12
    assert await door.tries() == before


async def test_tries_are_counted_for_a_minute(door: Door) -> None:
    email, address = await door.account(), door.address()
    await codes(door, email, 5, address=address)
    await door.connection.execute("update attempt set at = at - interval '61 seconds'")
    assert await codes(door, email, 1, address=address) == ["INVALID_CREDENTIALS"]


async def test_a_household_with_ipv6_is_one_address(door: Door) -> None:
    email = await door.account()
    found = [(await codes(door, email, 1, address=f"2001:db8:1:2::{n}"))[0] for n in range(6)]
    assert found == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"]
    assert await codes(door, email, 1, address="2001:db8:1:3::1") == ["INVALID_CREDENTIALS"]


# --- places from which an account signed in before


async def spend(door: Door, *buckets: Bucket) -> None:
    """Use up limits, as tries of others do."""
    fill = "insert into attempt (bucket) select $1 from generate_series(1, $2)"
    for bucket in buckets:
        await door.connection.execute(fill, bucket.key, bucket.most)


async def test_a_right_password_from_a_known_place_is_never_refused_for_what_others_tried(door: Door) -> None:
    email, stranger, address = await door.account(), await door.account(), door.address()
    assert problems(await door.login(email, address=address)) == []
    await spend(door, ADDRESSES.on(address), PAIRS.on(email, address), PAIRS.on(stranger, address))
    assert problems(await door.login(stranger, address=address)) == [("TOO_MANY_ATTEMPTS", None)]
    assert problems(await door.login(email, address=address)) == []
    assert problems(await door.login(email, address=address)) == []


async def test_a_wrong_one_from_there_is_told_as_from_anywhere(door: Door) -> None:
    """Who tries passwords cannot see who signs in from where he is."""
    email, address = await door.account(), door.address()
    assert problems(await door.login(email, address=address)) == []
    found = [problems(await door.login(email, "incorrect", address=address)) for _ in range(7)]
    assert found == [[("INVALID_CREDENTIALS", None)]] * 5 + [[("TOO_MANY_ATTEMPTS", None)]] * 2


async def test_a_place_is_a_network_and_is_another_accounts_not(door: Door) -> None:
    email, other = await door.account(), await door.account()
    assert problems(await door.login(email, address="2001:db8:7:7::1")) == []
    network = "20010db800070007/64"
    await spend(door, ADDRESSES.on(network))
    assert problems(await door.login(email, address="2001:db8:7:7:ffff::9")) == []
    assert problems(await door.login(other, address="2001:db8:7:7::1")) == [("TOO_MANY_ATTEMPTS", None)]


async def test_twenty_places_are_known_and_none_can_be_read(door: Door) -> None:
    email = await door.account()
    account = (await door.find(email))["id"]
    addresses = [f"10.77.0.{n}" for n in range(23)]
    for address in addresses:
        async with door.connection.transaction():
            await known_places.remember(door.connection, account, address)
    kept = await door.connection.fetch("select place from known_place where account_id = $1", account)
    assert len(kept) == known_places.MOST == 20
    assert {len(row["place"]) for row in kept} == {32}
    database = door.ask.executor._database  # pyright: ignore[reportPrivateUsage]
    known = [await known_places.is_known(database, email, address) for address in addresses]
    assert known == [False] * 3 + [True] * 20


async def test_a_new_password_makes_every_place_unknown(door: Door) -> None:
    email, address = await door.account(), door.address()
    assert problems(await door.login(email, address=address)) == []
    reset = 'mutation ($t: String!) { resetPassword(input: {token: $t, password: "quite-new-77"}) { errors { code } } }'
    assert problems(await door.call(reset, t=await door.letter(email, "PASSWORD_RESET"))) == []
    await spend(door, PAIRS.on(email, address))
    assert problems(await door.login(email, "quite-new-77", address=address)) == [("TOO_MANY_ATTEMPTS", None)]
