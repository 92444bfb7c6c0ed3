"""profile.py: one's own names and language."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from db.connection import Connection, connect
from resolvers.execution import mutation_runner
from resolvers.mutations.context import Caller, find_caller
from resolvers.request import GraphQLRequest
from tests.support.accounts import Door, refused
from tests.support.company import Firm, blocked
from tests.support.databases import Databases

UPDATE = """
mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    viewer { account { firstName lastName language } } errors { code message field }
  }
}
"""
MEMBERSHIPS = "select first_name, last_name, language, removed_at from membership where account_id = $1 order by id"


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


async def join(door: Door, firm: Firm, account: object, removed: str | None = None, *, accepted: bool = True) -> None:
    """Somebody is, was, or is invited to be in another company too."""
    await door.connection.execute(
        "insert into membership (company_id, account_id, role, first_name, last_name, language, removed_at, "
        "accepted_at) values ($1, $2, 'EMPLOYEE', 'Old', 'Name', 'FR', $3::text::timestamptz, "
        "case when $4 then now() end)",
        firm.key, account, removed, accepted,
    )  # fmt: skip


async def test_names_and_language_change_everywhere_but_where_one_has_left(door: Door) -> None:
    firm, other, left = [await Firm.found(door.connection) for _ in range(3)]
    anna, bram = firm["anna"], firm["bram"]
    await join(door, other, anna.account)
    await join(door, left, anna.account, "2025-01-01")
    before = await door.connection.fetch(MEMBERSHIPS, bram.account)
    given = {"firstName": " Anna  Maria ", "lastName": "De Smet", "language": "DE"}
    answer = await door.call(UPDATE, anna.token, input=given)
    account = {"firstName": "Anna Maria", "lastName": "De Smet", "language": "DE"}
    assert answer.data["updateProfile"] == {"viewer": {"account": account}, "errors": []}
    rows = await door.connection.fetch(MEMBERSHIPS, anna.account)
    found = sorted((row["first_name"], row["last_name"], row["language"], row["removed_at"] is None) for row in rows)
    assert found == [("Anna Maria", "De Smet", "DE", True)] * 2 + [("Old", "Name", "FR", False)]
    assert await door.connection.fetch(MEMBERSHIPS, bram.account) == before
    assert [await each.version() for each in (firm, other, left)] == [1, 1, 1]
    assert await firm.trail() == []


async def test_a_company_that_only_invites_does_not_learn_the_names(door: Door) -> None:
    anna, inviting = (await Firm.found(door.connection))["anna"], await Firm.found(door.connection)
    await join(door, inviting, anna.account, accepted=False)
    given = {"firstName": "New", "lastName": "New", "language": "NL"}
    assert (await door.call(UPDATE, anna.token, input=given)).data["updateProfile"]["errors"] == []
    found = await door.connection.fetchrow(
        "select first_name, last_name, language from membership where company_id = $1 and account_id = $2",
        inviting.key, anna.account,
    )  # fmt: skip
    assert found is not None
    assert tuple(found) == ("Old", "Name", "FR")


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, {}),
        ({"firstName": "New"}, {"firstName": "New"}),
        ({"lastName": "New"}, {"lastName": "New"}),
        ({"language": "NL"}, {"language": "NL"}),
    ],
)
async def test_what_is_left_out_stays(door: Door, given: dict[str, Any], changed: dict[str, Any]) -> None:
    anna = (await Firm.found(door.connection))["anna"]
    answer = await door.call(UPDATE, anna.token, input=given)
    account = {"firstName": "Anna", "lastName": "Peeters", "language": "EN", **changed}
    assert answer.data["updateProfile"] == {"viewer": {"account": account}, "errors": []}
    (row,) = await door.connection.fetch(MEMBERSHIPS, anna.account)
    assert list(account.values()) == [row["first_name"], row["last_name"], row["language"]]


@pytest.mark.parametrize(
    ("member", "value"),
    [("firstName", None), ("lastName", None), ("language", None), ("firstName", " "), ("lastName", "a" * 101),
     ("lastName", "a\u0000b")],
)  # fmt: skip
async def test_a_null_or_a_blank_name_is_refused_and_nothing_changes(door: Door, member: str, value: object) -> None:
    anna = (await Firm.found(door.connection))["anna"]
    given = {"firstName": "New", "lastName": "New", "language": "NL", member: value}
    assert await refused(door, UPDATE, anna.token, input=given) == [("VALIDATION", [member])]


async def test_all_problems_are_told_together(door: Door) -> None:
    anna = (await Firm.found(door.connection))["anna"]
    found = await refused(door, UPDATE, anna.token, input={"firstName": "", "lastName": None, "language": None})
    assert found == [("VALIDATION", [member]) for member in ("firstName", "lastName", "language")]


async def test_a_profile_needs_somebody(door: Door) -> None:
    answer = await door.call(UPDATE, input={"firstName": "New"})
    assert (answer.data, answer.codes) == ({"updateProfile": None}, ["UNAUTHENTICATED"])


# --- a credential that ends meanwhile

BECOME = "mutation ($input: BecomeAccountantInput!) { becomeAccountant(input: $input) { errors { code } } }"
END = "delete from credential where account_id = $1"
OWN = "select first_name, kind, office_name from account where id = $1"


async def test_a_credential_that_ends_before_the_statement_writes_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends after the caller was found, who becomes an accountant: the statement itself judges it."""
    anna = (await Firm.found(door.connection))["anna"]
    before = await door.connection.fetchrow(OWN, anna.account), await door.connection.fetch(MEMBERSHIPS, anna.account)

    async def find_and_end(
        connection: Connection, request: GraphQLRequest, *, patiently: bool = False
    ) -> Caller | None:
        caller = await find_caller(connection, request, patiently=patiently)
        await door.connection.execute(END, anna.account)
        return caller

    monkeypatch.setattr(mutation_runner, "find_caller", find_and_end)
    given = {"officeName": "New", "acceptTerms": True}
    assert (await door.call(BECOME, anna.token, input=given)).codes == ["UNAUTHENTICATED"]
    after = await door.connection.fetchrow(OWN, anna.account), await door.connection.fetch(MEMBERSHIPS, anna.account)
    assert after == before


async def test_a_credential_that_ends_while_a_company_is_waited_for_renames_nothing_there(door: Door) -> None:
    firm = await Firm.found(door.connection)
    anna = firm["anna"]
    async with door.connection.transaction():
        await door.connection.execute("select from membership where id = $1 for update", anna.membership)
        renaming = asyncio.create_task(door.call(UPDATE, anna.token, input={"firstName": "New"}))
        await blocked(door.connection)
        await door.connection.execute(END, anna.account)
    assert (await renaming).codes == ["UNAUTHENTICATED"]
    (row,) = await door.connection.fetch(MEMBERSHIPS, anna.account)
    assert row["first_name"] != "New"
    assert await door.connection.fetchval(OWN, anna.account) == "New"


async def test_a_company_that_is_waited_for_is_renamed_then(door: Door) -> None:
    anna = (await Firm.found(door.connection))["anna"]
    async with door.connection.transaction():
        await door.connection.execute("select from membership where id = $1 for update", anna.membership)
        renaming = asyncio.create_task(door.call(UPDATE, anna.token, input={"firstName": "New"}))
        await blocked(door.connection)
    assert (await renaming).data["updateProfile"]["errors"] == []
    (row,) = await door.connection.fetch(MEMBERSHIPS, anna.account)
    assert row["first_name"] == "New"


async def test_changes_of_one_profile_at_once_are_all_made(door: Door) -> None:
    anna = (await Firm.found(door.connection))["anna"]
    names = [f"New {n}" for n in range(8)]
    answers = await asyncio.gather(*(door.call(UPDATE, anna.token, input={"firstName": name}) for name in names))
    assert [answer.codes for answer in answers] == [[]] * len(names)
    (row,) = await door.connection.fetch(MEMBERSHIPS, anna.account)
    assert row["first_name"] == await door.connection.fetchval(OWN, anna.account) in names


@pytest.mark.parametrize("is_last", [False, True])
async def test_who_waits_for_one_company_locks_nothing_of_another(door: Door, *, is_last: bool) -> None:
    """Else a change of access in one company would wait for one in another, whoever makes that."""
    one, other = await Firm.found(door.connection), await Firm.found(door.connection)
    anna, far = one["anna"], other["bram"]
    await door.connection.execute("update membership set account_id = $2 where id = $1", far.membership, anna.account)
    longer, shorter = (anna, far) if is_last else (far, anna)
    lock = "select from membership where id = $1 for no key update"
    nearer = await connect(door.dsn)
    await nearer.execute("set lock_timeout = '600ms'")
    async with door.connection.transaction():
        await door.connection.execute(lock, longer.membership)
        async with nearer.transaction():
            await nearer.execute(lock, shorter.membership)
            renaming = asyncio.create_task(door.call(UPDATE, anna.token, input={"firstName": "New"}))
            await blocked(door.connection)
        await blocked(door.connection)
        await nearer.execute(lock, shorter.membership)
    await nearer.close()
    assert (await renaming).data["updateProfile"]["errors"] == []
    assert {row["first_name"] for row in await door.connection.fetch(MEMBERSHIPS, anna.account)} == {"New"}
