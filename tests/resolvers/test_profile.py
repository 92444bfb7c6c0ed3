"""resolvers/mutations/profile.py: one's own names and language."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.databases import Databases
from tests.door import Door, refused
from tests.firm import Firm

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
