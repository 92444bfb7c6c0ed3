"""leaving.py: an employee, one of several owners, somebody from outside; and who may not."""

import secrets
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from db.tokens import hash_token
from schema.errors import OTHER_OWNER_FIRST, UserErrorCode, user_message
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.externals import SEEN, Outside, outcome

KEY = """
insert into credential (token_hash, account_id, kind, label, last4, company_id, hidden_fields, expires_at)
values ($1, $2, 'API_KEY', 'Till', '1234', $3, 'NULL', 'infinity')
"""


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        yield outside


async def sees(outside: Outside, firm: Firm, who: str) -> Any:
    """The company, as somebody of it sees it."""
    return (await outside.ask(firm[who].token, SEEN, id=firm.id)).data["company"]


@pytest.mark.parametrize(("who", "role"), [("anna", "EMPLOYEE"), ("partner", "OWNER")])
async def test_a_user_leaves_and_the_history_says_so(outside: Outside, who: str, role: str) -> None:
    firm = await outside.found()
    person = firm[who]
    await outside.connection.execute(KEY, secrets.token_bytes(32), person.account, firm.key)
    version = await firm.version()
    payload = await outside.done(person.token, "leaveCompany", companyId=firm.id)
    assert payload["viewer"] == {"companies": {"nodes": []}}
    assert await sees(outside, firm, who) is None
    assert (await sees(outside, firm, "owner"))["name"] == "Peeters & Co"
    trail = await firm.trail()
    assert [(row["kind"], row["actor_id"], row["membership_id"], row["role_before"]) for row in trail] == [
        ("KEY_REVOKED", person.account, person.membership, None),
        ("USER_DELETED", person.account, person.membership, role),
    ]
    assert await firm.version() == version + 1
    assert await firm.grants(who) == set()
    refused = await outside.refused(person.token, "leaveCompany", companyId=firm.id)
    assert refused == [("NOT_FOUND", ["companyId"])]


async def test_the_last_owner_stays_and_reads_what_to_do(outside: Outside) -> None:
    firm = await outside.found()
    await outside.done(firm["partner"].token, "leaveCompany", companyId=firm.id)
    refused = await outside.refused(firm["owner"].token, "leaveCompany", companyId=firm.id)
    assert refused == [("LAST_OWNER", ["companyId"])]  # although another owner is invited
    answer = await outside.send(firm["owner"].token, "leaveCompany", companyId=firm.id)
    (error,) = answer.data["leaveCompany"]["errors"]
    assert error["message"] == user_message(UserErrorCode.LAST_OWNER, "FR", OTHER_OWNER_FIRST)


async def test_of_two_owners_who_leave_at_once_one_stays(outside: Outside) -> None:
    firm = await outside.found()
    leaving = [outside.send(firm[who].token, "leaveCompany", companyId=firm.id) for who in ("owner", "partner")]
    answers = await outside.at_once(firm, *leaving)
    assert sorted(map(outcome, answers)) == ["DONE", "LAST_OWNER"]


@pytest.mark.parametrize("other", ["deleteUser", "updateUser"])
async def test_who_leaves_while_the_other_owner_loses_the_role_stays(outside: Outside, other: str) -> None:
    """Whichever comes first, there is an owner afterwards."""
    firm = await outside.found()
    given = {"userId": firm["owner"].id, **({"role": "EMPLOYEE"} if other == "updateUser" else {})}
    answers = await outside.at_once(
        firm,
        outside.send(firm["partner"].token, "leaveCompany", companyId=firm.id),
        outside.send(firm["partner"].token, other, companyId=firm.id, **given),
    )
    assert "DONE" in map(outcome, answers)
    owners = "select count(*) from membership where company_id = $1 and role = 'OWNER' and removed_at is null "
    assert await outside.connection.fetchval(owners + "and accepted_at is not null", firm.key) >= 1


async def test_somebody_from_outside_leaves_and_takes_nothing_with_them(outside: Outside) -> None:
    firm = await outside.found()
    await outside.done(firm["accountant"].token, "leaveCompany", companyId=firm.id)
    assert await sees(outside, firm, "accountant") is None
    assert [row["kind"] for row in await firm.trail()] == ["EXTERNAL_REMOVED"]
    closes_at = await outside.connection.fetchval("select closes_at from company where id = $1", firm.key)
    assert closes_at is None
    pending = await outside.connection.fetchval(
        "select removed_at from membership where id = $1", firm["pending"].membership
    )
    assert pending is None


async def test_a_key_leaves_no_company(outside: Outside) -> None:
    firm = await outside.found("API_ACCESS")
    key = f"enk_{uuid.uuid4().hex}"
    await outside.connection.execute(KEY, hash_token(key), firm["anna"].account, firm.key)
    assert await outside.codes(key, "leaveCompany", companyId=firm.id) == ["FORBIDDEN"]


# --- declining


async def test_who_is_invited_declines_and_the_history_says_so(outside: Outside) -> None:
    firm = await outside.found()
    pending = firm["pending"]
    version = await firm.version()
    payload = await outside.done(pending.token, "declineInvitation", invitationId=f"ivt_{pending.membership.hex}")
    assert payload["viewer"] == {"invitations": [], "companies": {"nodes": []}}
    (change,) = await firm.trail()
    assert (change["kind"], change["actor_id"], change["membership_id"], change["role_before"]) == (
        "USER_DELETED", pending.account, pending.membership, "OWNER",
    )  # fmt: skip
    assert await firm.version() == version + 1
    again = await outside.refused(pending.token, "declineInvitation", invitationId=f"ivt_{pending.membership.hex}")
    assert again == [("NOT_FOUND", ["invitationId"])]


@pytest.mark.parametrize("who", ["owner", "anna", "accountant", "gone"])
async def test_nobody_else_declines_it_and_no_access_is_declined(outside: Outside, who: str) -> None:
    firm = await outside.found()
    ids = [f"ivt_{firm['pending'].membership.hex}", f"ivt_{firm[who].membership.hex}", firm["pending"].id, "x"]
    for id_ in ids:
        refused = await outside.refused(firm[who].token, "declineInvitation", invitationId=id_)
        assert refused == [("NOT_FOUND", ["invitationId"])]


async def test_an_address_that_was_not_confirmed_neither_sees_nor_declines(outside: Outside) -> None:
    """Somebody may have signed up with the address of another person, who was invited."""
    firm = await outside.found()
    pending = firm["pending"]
    seen = "{ viewer { invitations { id companyName role } } }"
    mine = {"id": f"ivt_{pending.membership.hex}", "companyName": "Peeters & Co", "role": "OWNER"}
    assert (await outside.ask(pending.token, seen)).data["viewer"]["invitations"] == [mine]
    await outside.connection.execute("update account set confirmed = false where id = $1", pending.account)
    assert (await outside.ask(pending.token, seen)).data["viewer"]["invitations"] == []
    refused = await outside.refused(pending.token, "declineInvitation", invitationId=mine["id"])
    assert refused == [("NOT_FOUND", ["invitationId"])]


async def test_an_access_from_outside_is_no_invitation_even_before_it_is_accepted(outside: Outside) -> None:
    firm = await outside.found()
    accountant = firm["accountant"]
    await outside.connection.execute("update membership set accepted_at = null where id = $1", accountant.membership)
    refused = await outside.refused(
        accountant.token, "declineInvitation", invitationId=f"ivt_{accountant.membership.hex}"
    )
    assert refused == [("NOT_FOUND", ["invitationId"])]
    assert await firm.trail() == []
