"""support_accounts.py and its mutation: the switch that lets all support accounts in, for a while and in sight."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from resolvers.mutations.steps.support_accounts import SupportAccount, SupportRefused, make_account
from schema.localization.language import Language
from tests.support.company import Firm, blocked
from tests.support.databases import Databases
from tests.support.externals import LOCK, SEEN, Login, Outside, outcome

MATRIX: Final = """
query ($id: ID!) { company(id: $id) {
  supportUntil externalUsers { email kind until }
  permissionMatrix { rows { externalUser { email kind } cells { app effective editable reason } } }
  accessChanges(first: 1) { nodes { kind until actor { email } externalUser { id } } }
} }
"""
ANNA: Final = "query ($id: ID!) { company(id: $id) { supportUntil } }"


@pytest.fixture
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


def moment(**ahead: int) -> str:
    """A moment to come."""
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


async def switch(outside: Outside, firm: Firm, *, enabled: bool, by: str = "owner", **given: object) -> Any:
    """The company of a payload that sets the switch."""
    token = firm[by].token
    payload = await outside.done(token, "setSupportAccess", companyId=firm.id, enabled=enabled, **given)
    return payload["company"]


async def test_support_has_no_access_by_default(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    assert not await outside.enters(sam, firm)
    assert (await outside.ask(firm["owner"].token, MATRIX, id=firm.id)).data["company"]["supportUntil"] is None


async def test_the_switch_lets_every_support_account_in_for_seven_days(outside: Outside) -> None:
    sam, tim, claire = await outside.support(), await outside.support(), await outside.login()
    firm = await outside.found("STOCK")
    company = await switch(outside, firm, enabled=True)
    until = datetime.fromisoformat(company["supportUntil"])
    assert timedelta(days=7) - timedelta(minutes=1) < until - datetime.now(UTC) < timedelta(days=7)
    assert company["permissionMatrix"]["version"] == 2
    for login in (sam, tim):
        access = (await outside.ask(login.token, SEEN, id=firm.id)).data["company"]["access"]
        assert (access["external"], access["role"], datetime.fromisoformat(access["until"])) == (True, None, until)
        assert set(access["apps"]) == await firm.active()
    assert not await outside.enters(claire, firm)


async def test_the_owner_sees_who_may_enter_and_who_let_them_in(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    await switch(outside, firm, enabled=True, by="partner")
    company = (await outside.ask(firm["owner"].token, MATRIX, id=firm.id)).data["company"]
    until = company["supportUntil"]
    assert {"email": sam.email, "kind": "SUPPORT", "until": until} in company["externalUsers"]
    row = company["permissionMatrix"]["rows"][-1]
    assert row["externalUser"] == {"email": sam.email, "kind": "SUPPORT"}
    assert {cell["reason"] for cell in row["cells"]} == {"EXTERNAL", "ALWAYS_VISIBLE"}
    assert all(cell["effective"] and not cell["editable"] for cell in row["cells"])
    change = {"kind": "SUPPORT_ON", "until": until, "actor": {"email": firm["partner"].email}, "externalUser": None}
    assert company["accessChanges"]["nodes"] == [change]
    hidden = await outside.ask(firm["anna"].token, ANNA, id=firm.id)
    assert (hidden.data["company"], len(hidden.hidden)) == ({"supportUntil": None}, 1)


async def test_the_switch_says_until_when_and_can_be_set_again(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    for until in (moment(days=30), moment(hours=1), moment(days=90)):
        company = await switch(outside, firm, enabled=True, until=until)
        assert datetime.fromisoformat(company["supportUntil"]) == datetime.fromisoformat(until)
        listed = [external["until"] for external in company["externalUsers"] if external["email"] == sam.email]
        assert listed == [company["supportUntil"]]
    again = await switch(outside, firm, enabled=True, until=until)
    assert again["permissionMatrix"]["version"] == 4
    assert [change["kind"] for change in await firm.trail()] == ["SUPPORT_ON"] * 3


async def test_the_switch_goes_off_by_itself_and_can_go_on_again(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    soon = datetime.now(UTC) + timedelta(milliseconds=700)
    await switch(outside, firm, enabled=True, until=soon.isoformat())
    assert await outside.enters(sam, firm)
    before = await outside.member(firm, sam)
    await outside.connection.execute("select pg_sleep_until($1)", soon)
    assert not await outside.enters(sam, firm)
    company = await switch(outside, firm, enabled=True)
    assert await outside.enters(sam, firm)
    after = await outside.member(firm, sam)
    assert before is not None
    assert after is not None
    assert before["created_at"] < after["created_at"]  # it was not there in between
    assert [external["email"] for external in company["externalUsers"]].count(sam.email) == 1


async def test_the_owner_switches_it_off_at_any_time(outside: Outside) -> None:
    sam, firm, claire = await outside.support(), await outside.found(), await outside.login()
    await outside.link(firm, claire)
    await switch(outside, firm, enabled=True)
    company = await switch(outside, firm, enabled=False, until=moment(days=-1))
    assert company["supportUntil"] is None
    assert sam.email not in [external["email"] for external in company["externalUsers"]]
    assert company["permissionMatrix"]["version"] == 4
    assert not await outside.enters(sam, firm)
    assert await outside.enters(claire, firm)
    last = (await firm.trail())[-1]
    assert (last["kind"], last["actor_id"], last["until"]) == ("SUPPORT_OFF", firm["owner"].account, None)
    again = await switch(outside, firm, enabled=False)
    assert again["permissionMatrix"]["version"] == 4


async def test_a_company_without_support_accounts_may_be_switched_on(outside: Outside) -> None:
    firm, other = await outside.found(), await outside.found()
    await switch(outside, firm, enabled=True)
    await switch(outside, other, enabled=True)
    await switch(outside, other, enabled=False)
    assert [change["kind"] for change in await firm.trail()] == ["SUPPORT_ON"]
    sam = await outside.support()
    assert await outside.enters(sam, firm)
    assert not await outside.enters(sam, other)
    member = await outside.member(firm, sam)
    (company,) = await outside.rows("select support_until from company where id = $1", firm.key)
    assert member is not None
    assert member["until"] == company["support_until"]
    last = (await firm.trail())[-1]
    assert (last["kind"], last["membership_id"], last["actor_id"], last["until"]) == (
        "EXTERNAL_ADDED", member["id"], None, member["until"],
    )  # fmt: skip
    assert (await firm.version(), await other.version()) == (3, 3)


async def test_a_term_lies_ahead(outside: Outside) -> None:
    await outside.support()
    firm = await outside.found()
    given = {"companyId": firm.id, "enabled": True, "until": moment(seconds=-1)}
    assert await outside.refused(firm["owner"].token, "setSupportAccess", **given) == [("VALIDATION", ["until"])]


async def test_only_owners_set_it(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    await switch(outside, firm, enabled=True)
    for enabled in (True, False):
        given = {"companyId": firm.id, "enabled": enabled}
        for token in (firm["anna"].token, firm["accountant"].token, sam.token):
            assert await outside.codes(token, "setSupportAccess", **given) == ["FORBIDDEN"]
        for token in (firm["pending"].token, firm["gone"].token, firm["former"].token):
            refused = await outside.refused(token, "setSupportAccess", **given)
            assert refused == [("NOT_FOUND", ["companyId"])]
        assert await outside.codes(None, "setSupportAccess", **given) == ["UNAUTHENTICATED"]


async def test_the_term_of_one_support_account_is_the_switchs(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    await switch(outside, firm, enabled=True)
    member = await outside.member(firm, sam)
    assert member is not None
    given = {"companyId": firm.id, "externalUserId": f"ext_{member['id'].hex}"}
    refused = await outside.refused(firm["owner"].token, "updateExternalUser", **given, until=moment(days=400))
    assert refused == [("VALIDATION", ["externalUserId"])]


async def test_one_support_account_can_be_removed_and_can_leave(outside: Outside) -> None:
    sam, tim, firm = await outside.support(), await outside.support(), await outside.found()
    await switch(outside, firm, enabled=True)
    member = await outside.member(firm, sam)
    assert member is not None
    given = {"companyId": firm.id, "externalUserId": f"ext_{member['id'].hex}"}
    await outside.done(firm["owner"].token, "removeExternalUser", **given)
    assert [await outside.enters(login, firm) for login in (sam, tim)] == [False, True]
    await outside.done(tim.token, "leaveCompany", companyId=firm.id)
    assert [await outside.enters(login, firm) for login in (sam, tim)] == [False, False]


async def test_support_is_no_accountant(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    given = {"companyId": firm.id, "email": sam.email}
    refused = await outside.refused(firm["owner"].token, "addExternalUser", **given)
    assert refused == [("ACCOUNTANT_NOT_FOUND", ["email"])]
    await switch(outside, firm, enabled=True)
    assert await outside.refused(firm["owner"].token, "addExternalUser", **given) == [("ALREADY_LINKED", ["email"])]


async def test_who_is_a_user_of_the_company_stays_one(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    await outside.connection.execute(
        "update membership set account_id = $1 where id = $2", sam.id, firm["anna"].membership
    )
    for enabled in (True, False):
        await switch(outside, firm, enabled=enabled)
        member = await outside.member(firm, sam)
        assert member is not None
        assert (member["role"], member["until"]) == ("EMPLOYEE", None)


# --- at the same moment


async def test_two_owners_set_it_at_once(outside: Outside) -> None:
    sam, firm = await outside.support(), await outside.found()
    until = moment(days=3)
    answers = await outside.at_once(
        firm,
        *[
            outside.send(firm[who].token, "setSupportAccess", companyId=firm.id, enabled=True, until=until)
            for who in ("owner", "partner")
        ],
    )
    assert [outcome(answer) for answer in answers] == ["DONE", "DONE"]
    assert [change["kind"] for change in await firm.trail()] == ["SUPPORT_ON"]
    assert await outside.enters(sam, firm)
    assert await firm.version() == 2


async def test_an_account_that_is_made_meanwhile_is_not_forgotten(outside: Outside) -> None:
    firm = await outside.found()
    async with outside.connection.transaction():
        await outside.connection.execute(LOCK, firm.key)
        switching = asyncio.create_task(
            outside.send(firm["owner"].token, "setSupportAccess", companyId=firm.id, enabled=True)
        )
        await blocked(outside.connection)
        making = asyncio.create_task(outside.support())
        await blocked(outside.connection, 2)
    assert outcome(await switching) == "DONE"
    assert await outside.enters(await making, firm)


async def test_a_switch_that_is_set_meanwhile_waits_for_the_account(outside: Outside) -> None:
    firm = await outside.found()
    async with outside.other.transaction():
        account = SupportAccount.of("sam@support.test", "Sam", "Support", Language.FR)
        assert await make_account(outside.other, account, "hash") == 0
        switching = asyncio.create_task(
            outside.send(firm["owner"].token, "setSupportAccess", companyId=firm.id, enabled=True)
        )
        await blocked(outside.connection)
    assert outcome(await switching) == "DONE"
    (sam,) = await outside.rows("select id, email from account where email = 'sam@support.test'")
    assert await outside.member(firm, Login(sam["id"], sam["email"], ""))


# --- accounts


async def test_a_support_account_is_confirmed_and_of_support(outside: Outside) -> None:
    sam = await outside.support()
    (account,) = await outside.rows("select * from account where id = $1", sam.id)
    assert (account["kind"], account["confirmed"], account["first_name"], account["language"]) == (
        "SUPPORT", True, "Sam", "FR",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["MEMBER", "ACCOUNTANT", "SUPPORT"])
@pytest.mark.parametrize("confirmed", [True, False])
async def test_an_address_that_has_an_account_is_refused(outside: Outside, kind: str, confirmed: bool) -> None:
    login, firm = await outside.login(kind, confirmed=confirmed), await outside.found()
    await switch(outside, firm, enabled=True)
    before = await outside.everything()
    account = SupportAccount.of(f" {login.email.upper()}", "Sam", "Support", Language.FR)
    with pytest.raises(SupportRefused, match=f"There is an account with the address {login.email} already"):
        async with outside.other.transaction():
            await make_account(outside.other, account, "hash")
    assert await outside.everything() == before


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (("nobody", "Sam", "S"), "address"),
        (("a@b.test", " ", "S"), "first name"),
        (("a@b.test", "S", "\n"), "last name"),
    ],
)
def test_what_is_typed_wrongly_is_refused(typed: tuple[str, str, str], wrong: str) -> None:
    with pytest.raises(SupportRefused, match=f"The {wrong} is not valid"):
        SupportAccount.of(*typed, Language.FR)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "Sam@Support.test"])
def test_a_password_that_can_be_guessed_is_refused(password: str) -> None:
    account = SupportAccount.of("sam@support.test", "Sam", "Support", Language.FR)
    with pytest.raises(SupportRefused, match="The password is not valid: at least 10 characters"):
        account.check_password(password)
    assert account.check_password("correct-horse-7") == "correct-horse-7"
