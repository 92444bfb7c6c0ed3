"""External users added, removed and leaving at the same moment: one wins, the other is told, nothing is half done.

Both wait for the company, so that neither has begun to write when the other is sent.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Final

import pytest

from tests.support.company import Answer, Firm
from tests.support.databases import Databases
from tests.support.externals import Login, Outside, outcome


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


FAILURES: Final = 10
LATER: Final = "2100-01-01T00:00:00+00:00"


def adding(outside: Outside, firm: Firm, login: Login, by: str = "owner") -> Coroutine[Any, Any, Answer]:
    """An owner adds somebody."""
    return outside.send(firm[by].token, "addExternalUser", companyId=firm.id, email=login.email)


async def agrees(firm: Firm) -> None:
    """The version counts the mutations that changed access, and nobody is in the firm twice."""
    trail = await firm.trail()
    assert await firm.version() == 1 + len({row["at"] for row in trail})
    assert len({row["at"] for row in trail}) == len(trail)
    twice = await firm.connection.fetch(
        "select account_id from membership where company_id = $1 and removed_at is null group by 1 having count(*) > 1",
        firm.key,
    )
    assert twice == []


async def kinds(firm: Firm) -> list[str]:
    """What sort of changes there were."""
    return [row["kind"] for row in await firm.trail()]


async def test_of_two_owners_who_add_the_same_accountant_one_is_told(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    answers = await outside.at_once(firm, *[adding(outside, firm, claire, who) for who in ("owner", "partner")])
    assert sorted(map(outcome, answers)) == ["ALREADY_LINKED", "DONE"]
    assert await kinds(firm) == ["EXTERNAL_ADDED"]
    assert await outside.letters(claire) == [("ACCESS_NOTICE", "NL")]
    await agrees(firm)


async def test_an_accountant_is_removed_once_whoever_ends_it(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    given = {"companyId": firm.id, "externalUserId": external["id"]}
    removed, again, left = await outside.at_once(
        firm,
        outside.send(firm["owner"].token, "removeExternalUser", **given),
        outside.send(firm["partner"].token, "removeExternalUser", **given),
        outside.send(claire.token, "leaveCompany", companyId=firm.id),
    )
    assert sorted(map(outcome, (removed, again, left))) == ["DONE", "NOT_FOUND", "NOT_FOUND"]
    assert await kinds(firm) == ["EXTERNAL_ADDED", "EXTERNAL_REMOVED"]
    by = claire.id if outcome(left) == "DONE" else firm["owner" if outcome(removed) == "DONE" else "partner"].account
    assert (await firm.trail())[-1]["actor_id"] == by
    assert not await outside.enters(claire, firm)
    await agrees(firm)


async def test_a_term_is_set_while_the_accountant_leaves(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    given = {"companyId": firm.id, "externalUserId": external["id"], "until": LATER}
    changed, left = await outside.at_once(
        firm,
        outside.send(firm["owner"].token, "updateExternalUser", **given),
        outside.send(claire.token, "leaveCompany", companyId=firm.id),
    )
    assert outcome(left) == "DONE"
    assert outcome(changed) in {"DONE", "NOT_FOUND"}
    assert ("EXTERNAL_CHANGED" in await kinds(firm)) is (outcome(changed) == "DONE")
    assert not await outside.enters(claire, firm)
    await agrees(firm)


async def test_an_accountant_is_removed_and_added_at_once(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    removing = outside.send(
        firm["partner"].token, "removeExternalUser", companyId=firm.id, externalUserId=external["id"]
    )
    # The one that adds is judged beforehand, while the accountant is still there.
    removed, added = await outside.at_once(firm, removing, adding(outside, firm, claire), waiting=1)
    assert (outcome(removed), outcome(added)) == ("DONE", "ALREADY_LINKED")
    await agrees(firm)


async def test_who_is_no_owner_any_more_when_the_turn_comes_adds_nobody(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    demoting = outside.send(
        firm["owner"].token, "updateUser", companyId=firm.id, userId=firm["partner"].id, role="EMPLOYEE"
    )
    demoted, added = await outside.at_once(firm, demoting, adding(outside, firm, claire, "partner"))
    assert outcome(demoted) == "DONE"
    assert outcome(added) in {"FORBIDDEN", "DONE"}
    assert await outside.enters(claire, firm) is (outcome(added) == "DONE")
    await agrees(firm)


async def test_an_address_is_invited_and_added_at_once(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    user = {"email": claire.email, "firstName": "C", "lastName": "F", "role": "EMPLOYEE"}
    invited, added = await outside.at_once(
        firm,
        outside.send(firm["partner"].token, "createUser", companyId=firm.id, **user),
        adding(outside, firm, claire),
    )
    assert (outcome(invited), outcome(added)) in {("DONE", "ALREADY_LINKED"), ("EMAIL_TAKEN", "DONE")}
    await agrees(firm)


async def test_failures_at_the_same_moment_do_not_pass_the_limit(outside: Outside) -> None:
    firm = await outside.found()
    emails = [f"{secrets.token_hex(8)}@nobody.test" for _ in range(2 * FAILURES)]
    answers = await asyncio.gather(
        *(outside.send(firm["owner"].token, "addExternalUser", companyId=firm.id, email=email) for email in emails)
    )
    found = sorted(map(outcome, answers))
    assert found == ["ACCOUNTANT_NOT_FOUND"] * FAILURES + ["TOO_MANY_ATTEMPTS"] * FAILURES


async def test_many_right_addresses_at_the_same_moment_are_all_added(outside: Outside) -> None:
    firm, logins = await outside.found(), [await outside.login() for _ in range(2 * FAILURES)]
    answers = await asyncio.gather(*(adding(outside, firm, login) for login in logins))
    assert set(map(outcome, answers)) == {"DONE"}
    await agrees(firm)


async def test_everything_at_once_leaves_one_history(outside: Outside) -> None:
    firm, logins = await outside.found(), [await outside.login() for _ in range(3)]
    ids = [(await outside.link(firm, login))["id"] for login in logins]
    owner, partner = firm["owner"].token, firm["partner"].token
    answers = await asyncio.gather(
        outside.send(owner, "removeExternalUser", companyId=firm.id, externalUserId=ids[0]),
        outside.send(logins[0].token, "leaveCompany", companyId=firm.id),
        outside.send(partner, "updateExternalUser", companyId=firm.id, externalUserId=ids[1], until=LATER),
        outside.send(owner, "setSupportAccess", companyId=firm.id, enabled=True),
        outside.send(partner, "setSupportAccess", companyId=firm.id, enabled=False),
        outside.send(logins[2].token, "leaveCompany", companyId=firm.id),
        adding(outside, firm, logins[0], "partner"),
        outside.send(owner, "updateUser", companyId=firm.id, userId=firm["anna"].id, role="OWNER"),
    )
    assert set(map(outcome, answers)) <= {"DONE", "NOT_FOUND", "ALREADY_LINKED"}
    await agrees(firm)
    assert await outside.enters(logins[1], firm)
    assert not await outside.enters(logins[2], firm)
