"""passwords.py: forgotten and changed passwords."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from resolvers.addresses import network
from resolvers.mutations import passwords
from resolvers.mutations.context import MutationContext, RateLimited
from resolvers.request import SessionCookie
from schema.localization.language import Language
from tests.support.accounts import PASSWORD, Door, problems, refused
from tests.support.company import Answer, blocked
from tests.support.databases import Databases
from tests.support.hashing import CHEAP, FULL

NEW = "another-Horse-8"
REQUEST = """
mutation ($email: String!) {
  requestPasswordReset(input: {email: $email}) { viewer { account { id } } errors { code field } }
}
"""
RESET = """
mutation ($token: String!, $password: String!) {
  resetPassword(input: {token: $token, password: $password}) { viewer { account { email } } errors { code field } }
}
"""
CHANGE = """
mutation ($current: String!, $new: String!) {
  changePassword(input: {currentPassword: $current, newPassword: $new}) {
    viewer { account { email } } errors { code field }
  }
}
"""
INVALID = [("INVITATION_INVALID", ["token"])]


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


async def letters(door: Door, email: str) -> list[tuple[str, str, object]]:
    """The letters that wait for an address."""
    rows = await door.connection.fetch("select * from outbox where email = $1", email)
    return [(row["kind"], row["language"], row["account_id"]) for row in rows]


# --- asking for a letter


def test_the_product_hashes_as_rfc_9106_recommends() -> None:
    assert extract_parameters(FULL.hash(PASSWORD)) == RFC_9106_LOW_MEMORY


@pytest.mark.parametrize("case", ["known", "unknown", "no address", "surrogate"])
async def test_the_answer_is_the_same_for_every_address(door: Door, case: str) -> None:
    unknown = f"{secrets.token_hex(8)}@door.test"
    email = {"known": await door.account(), "unknown": unknown, "no address": "nobody\u0000", "surrogate": "\ud800@a.b"}
    answer = await door.call(REQUEST, email=f" {email[case].upper()}", language=Language.NL)
    assert (answer.data, answer.errors) == ({"requestPasswordReset": {"viewer": None, "errors": []}}, ())
    assert await letters(door, email["known"]) == ([("PASSWORD_RESET", "NL", None)] if case == "known" else [])
    assert await letters(door, unknown) == ([("PASSWORD_RESET", "NL", None)] if case == "unknown" else [])


async def test_an_e_mail_address_gets_three_letters_an_hour_from_wherever_they_are_asked_for(door: Door) -> None:
    email = await door.account()
    answers = [await door.call(REQUEST, email=email) for _ in range(5)]
    assert {str(answer.data) for answer in answers} == {str(answers[0].data)}
    assert len(await letters(door, email)) == 3


@pytest.mark.parametrize("case", ["known", "unknown"])
async def test_an_address_asks_for_twenty_letters_an_hour_and_is_told_when_it_has(door: Door, case: str) -> None:
    emails, address = [f"{secrets.token_hex(8)}@door.test" for _ in range(20)], door.address()
    answers = await asyncio.gather(*(door.call(REQUEST, email=email, address=address) for email in emails))
    assert {str(answer.data) for answer in answers} == {str(answers[0].data)}
    assert sum([len(await letters(door, email)) for email in emails]) == 20
    one_more = await door.account() if case == "known" else "nobody@door.test"
    assert problems(await door.call(REQUEST, email=one_more, address=address)) == [("TOO_MANY_ATTEMPTS", None)]
    assert await letters(door, one_more) == []


async def test_who_asks_too_often_uses_up_nobodys_letters(door: Door) -> None:
    email, address = await door.account(), door.address()
    fill = "insert into attempt (bucket) select $1 from generate_series(1, 20)"
    await door.connection.execute(fill, passwords.RESETS.on(network(address)).key)
    for _ in range(4):
        await door.call(REQUEST, email=email, address=address)
    assert problems(await door.call(REQUEST, email=email)) == []
    assert len(await letters(door, email)) == 1


# --- using it


async def reset(door: Door, token: str, password: str = NEW, by: str | None = None) -> Answer:
    """The answer to a reset."""
    return await door.call(RESET, by, token=token, password=password)


async def test_a_letter_sets_a_new_password_and_ends_every_session(door: Door) -> None:
    email, other = await door.account(confirmed=False), await door.account()
    sessions, foreign = [await door.token(email) for _ in range(2)], await door.token(other)
    token, unused = await door.letter(email, "PASSWORD_RESET"), await door.letter(email, "PASSWORD_RESET")
    await door.letter(email, "CONFIRMATION")
    foreign_letter = await door.letter(other, "PASSWORD_RESET")
    assert (await reset(door, token)).data["resetPassword"] == {"viewer": None, "errors": []}
    assert (await door.find(email))["confirmed"]
    assert [await door.works(session) for session in (*sessions, foreign)] == [False, False, True]
    assert problems(await door.login(email)) == [("INVALID_CREDENTIALS", None)]
    assert problems(await door.login(email, NEW)) == []
    for used in (token, unused):
        assert await refused(door, RESET, token=used, password=PASSWORD) == INVALID
    assert problems(await reset(door, foreign_letter)) == []
    kept = "select purpose from mail_token t join account a on a.id = account_id where a.email = $1"
    assert await door.connection.fetch(kept, email) == []  # it is confirmed: there is nothing to confirm or disclaim


@pytest.mark.parametrize("case", ["unknown", "expired", "of a confirmation", "no token"])
async def test_another_token_resets_nothing(door: Door, case: str) -> None:
    email = await door.account()
    tokens = {
        "unknown": "enm_unknown",
        "expired": await door.letter(email, "PASSWORD_RESET", "-1 second"),
        "of a confirmation": await door.letter(email, "CONFIRMATION"),
        "no token": "\ud800\u0000",
    }
    assert await refused(door, RESET, token=tokens[case], password=NEW) == INVALID


@pytest.mark.parametrize("password", ["short", "x" * 2_000, "aaaaaaaaaaaa", "a\ud800bcdefghijkl", "the address"])
async def test_a_refused_password_leaves_the_token_usable(door: Door, password: str) -> None:
    email = await door.account()
    token = await door.letter(email, "PASSWORD_RESET")
    given = email.upper() if password == "the address" else password
    assert await refused(door, RESET, token=token, password=given) == [("VALIDATION", ["password"])]
    assert problems(await reset(door, token)) == []


def refuse_to_write(_write: MutationContext) -> None:
    """The refusal of a mutation that was prepared already."""
    raise RateLimited(1)


async def test_a_token_hashes_five_passwords_a_minute_whatever_becomes_of_the_request(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused after its password was hashed is counted all the same, and the token stays as it was."""
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "HASHER", Hashing(hashed))
    token = await door.letter(await door.account(), "PASSWORD_RESET")
    with monkeypatch.context() as full:
        full.setattr(MutationContext, "count", refuse_to_write)
        answers = [await reset(door, token) for _ in range(8)]
    assert [answer.codes for answer in answers[:5]] == [["RATE_LIMITED"]] * 5
    assert len(hashed) == 5
    assert await refused(door, RESET, token=token, password=NEW) == [("TOO_MANY_ATTEMPTS", None)]
    await door.connection.execute("update attempt set at = at - interval '61 seconds'")
    assert problems(await reset(door, token)) == []


class Hashing:
    """The hasher, with what it hashed."""

    def __init__(self, hashed: list[str]) -> None:
        self._hashed = hashed

    def hash(self, password: str) -> str:
        self._hashed.append(password)
        return CHEAP.hash(password)


async def test_a_token_that_is_used_ten_times_at_once_is_invalid_nine_times(door: Door) -> None:
    token = await door.letter(await door.account(), "PASSWORD_RESET")
    answers = await asyncio.gather(*(reset(door, token) for _ in range(10)))
    assert sorted(map(str, (problems(answer) for answer in answers))) == [str(INVALID)] * 9 + ["[]"]


async def test_a_password_may_be_typed_in_pieces(door: Door) -> None:
    email = await door.account()
    assert problems(await reset(door, await door.letter(email, "PASSWORD_RESET"), "Me\u0301lange-de-the\u0301")) == []
    assert problems(await door.login(email, "Mélange-de-thé")) == []
    assert problems(await door.login(email, "Me\u0301lange-de-the\u0301")) == []
    assert problems(await door.login(email, "Melange-de-the")) == [("INVALID_CREDENTIALS", None)]


async def test_a_token_that_is_used_twice_at_once_works_once(door: Door) -> None:
    email = await door.account()
    token = await door.letter(email, "PASSWORD_RESET")
    answers = await asyncio.gather(*(reset(door, token, f"{NEW}-{n}") for n in range(3)))
    assert sorted(len(problems(answer)) for answer in answers) == [0, 1, 1]
    (winner,) = [n for n, answer in enumerate(answers) if not problems(answer)]
    assert problems(await door.login(email, f"{NEW}-{winner}")) == []


async def test_two_letters_of_one_account_at_once_do_not_wait_for_each_other(door: Door) -> None:
    email = await door.account()
    tokens = [await door.letter(email, "PASSWORD_RESET") for _ in range(2)]
    answers = await asyncio.gather(*(reset(door, token) for token in tokens))
    assert sorted(map(str, (problems(answer) for answer in answers))) == [str(INVALID), "[]"]


async def test_a_login_with_the_old_password_during_a_reset_opens_nothing(door: Door) -> None:
    email = await door.account()
    token = await door.letter(email, "PASSWORD_RESET")
    async with door.connection.transaction():
        await door.connection.execute("select from account where email = $1 for update", email)
        resetting = asyncio.create_task(reset(door, token))
        await blocked(door.connection)
        logins = [asyncio.create_task(door.login(email)) for _ in range(2)]
        await blocked(door.connection, 3)
    assert problems(await resetting) == []
    opened = [answer.data["login"]["token"] for answer in await asyncio.gather(*logins)]
    assert [session for session in opened if session and await door.works(session)] == []


async def test_ones_own_cookie_is_cleared_with_the_sessions(door: Door) -> None:
    email = await door.account()
    foreign = await door.token(await door.account())
    for token, cookie in ((await door.token(email), SessionCookie()), (foreign, None), ("enf_dead", SessionCookie())):
        given = {"token": await door.letter(email, "PASSWORD_RESET"), "password": NEW}
        result = await door.send(RESET, token, by_cookie=True, variables=given)
        assert (result.errors, result.cookie) == ((), cookie)


# --- changing


async def change(door: Door, token: str | None, current: str = PASSWORD, new: str = NEW, **how: Any) -> Answer:
    """The answer to a change of password."""
    return await door.call(CHANGE, token, current=current, new=new, **how)


async def test_a_change_ends_all_other_sessions_and_letters(door: Door) -> None:
    email = await door.account()
    token, other, foreign = await door.token(email), await door.token(email), await door.token(await door.account())
    letter, before = await door.letter(email, "PASSWORD_RESET"), await door.tries()
    assert (await change(door, token)).data["changePassword"] == {"viewer": {"account": {"email": email}}, "errors": []}
    assert [await door.works(session) for session in (token, other, foreign)] == [True, False, True]
    assert problems(await reset(door, letter)) == INVALID
    assert problems(await door.login(email, NEW)) == []
    assert await door.tries() == before


async def test_the_current_password_must_be_right_and_is_tried_five_times_a_minute(door: Door) -> None:
    email = await door.account()
    token, wrong = await door.token(email), {"current": "incorrect", "new": NEW}
    for _ in range(5):
        assert await refused(door, CHANGE, token, **wrong) == [("INVALID_CREDENTIALS", ["currentPassword"])]
    assert await refused(door, CHANGE, token, current=PASSWORD, new=NEW) == [("TOO_MANY_ATTEMPTS", None)]
    assert problems(await door.login(email)) == []
    assert problems(await change(door, await door.token(await door.account()))) == []


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaa", "x" * 2_000, PASSWORD, "the address"])
async def test_the_new_password_is_validated_first(door: Door, new: str) -> None:
    email = await door.account()
    token, before = await door.token(email), await door.tries()
    given = {"current": PASSWORD, "new": email if new == "the address" else new}
    assert await refused(door, CHANGE, token, **given) == [("VALIDATION", ["newPassword"])]
    assert await door.tries() == before


@pytest.mark.parametrize("token", [None, "enf_dead"])
async def test_a_change_needs_somebody(door: Door, token: str | None) -> None:
    answer = await change(door, token)
    assert (answer.data, answer.codes) == ({"changePassword": None} if token is None else None, ["UNAUTHENTICATED"])


async def test_of_two_changes_at_once_one_wins(door: Door) -> None:
    email = await door.account()
    token, new = await door.token(email), (f"{NEW}-1", f"{NEW}-2")
    async with door.connection.transaction():
        await door.connection.execute("select from account where email = $1 for update", email)
        changes = [asyncio.create_task(change(door, token, PASSWORD, password)) for password in new]
        await blocked(door.connection, 2)
    found = [problems(answer) for answer in await asyncio.gather(*changes)]
    assert sorted(map(str, found)) == ["[('INVALID_CREDENTIALS', ['currentPassword'])]", "[]"]
    assert problems(await door.login(email, new[found.index([])])) == []
