"""externals.py: accountants who are added, changed, removed, and who leave; nobody else is."""

import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schema.apps import App
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.externals import SEEN, Login, Outside

NOT_FOUND = [("ACCOUNTANT_NOT_FOUND", ["email"])]
FAILURES, ALL_FAILURES, NOTICES = 10, 50, 10
LATER = "2100-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def no_accountants(outside: Outside) -> dict[str, str]:
    """Addresses with which no accountant can be linked."""
    return {
        "unknown": f"{secrets.token_hex(8)}@nobody.test",
        "unconfirmed": (await outside.login(confirmed=False)).email,
        "a user of another company": (await outside.login("MEMBER")).email,
        "support": (await outside.login("SUPPORT")).email,
    }


def moment(**ago: int) -> str:
    """A moment of the past."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


# --- adding


async def test_an_accountant_has_full_access_at_once(outside: Outside) -> None:
    firm, claire = await outside.found("STOCK"), await outside.login()
    assert not await outside.enters(claire, firm)
    payload = await outside.done(
        firm["owner"].token, "addExternalUser", companyId=firm.id, email=f" {claire.email.upper()} "
    )
    external = payload["externalUser"]
    assert external == {
        "id": external["id"], "email": claire.email, "firstName": "Claire", "lastName": "Fontaine",
        "kind": "ACCOUNTANT", "officeName": "Fontaine", "createdByAccountant": False, "since": external["since"],
        "until": None,
    }  # fmt: skip
    assert payload["company"]["permissionMatrix"]["version"] == 2
    assert claire.email in [listed["email"] for listed in payload["company"]["externalUsers"]]
    access = (await outside.ask(claire.token, SEEN, id=firm.id)).data["company"]["access"]
    assert (access["external"], access["role"], access["until"]) == (True, None, None)
    assert set(access["apps"]) == await firm.active()


async def test_what_is_written_of_a_new_external_user(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire, until=LATER)
    member = await outside.member(firm, claire)
    assert member is not None
    assert (external["until"], external["id"]) == (LATER, f"ext_{member['id'].hex}")
    assert (member["external"], member["role"], member["created_by_accountant"]) == (True, None, False)
    assert member["accepted_at"] == member["created_at"]
    assert (member["first_name"], member["last_name"], member["language"]) == ("Claire", "Fontaine", "NL")
    (change,) = await firm.trail()
    assert (change["kind"], change["membership_id"], change["actor_id"]) == (
        "EXTERNAL_ADDED", member["id"], firm["owner"].account,
    )  # fmt: skip
    assert change["until"].isoformat() == LATER
    assert change["at"] == member["created_at"]
    assert await outside.letters(claire) == [("ACCESS_NOTICE", "NL")]
    letter = await outside.connection.fetchrow("select * from outbox where email = $1", claire.email)
    assert letter is not None
    assert (letter["company_id"], letter["membership_id"]) == (firm.key, member["id"])


async def test_a_success_is_no_failure(outside: Outside) -> None:
    firm = await outside.found()
    for _ in range(2 * FAILURES):
        await outside.link(firm, await outside.login())


async def test_an_address_of_no_accountant_is_not_found_and_nothing_is_stored(outside: Outside) -> None:
    firm = await outside.found()
    owner, answers = firm["owner"].token, list[Any]()
    for email in (await no_accountants(outside)).values():
        assert await outside.refused(owner, "addExternalUser", companyId=firm.id, email=email) == NOT_FOUND
        answers.append((await outside.send(owner, "addExternalUser", companyId=firm.id, email=email)).data)
    assert all(answer == answers[0] for answer in answers)
    assert await firm.version() == 1


async def test_who_is_here_already_is_linked_and_that_is_no_failure(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    await outside.link(firm, claire)
    here = [claire.email, *(firm[name].email for name in ("owner", "partner", "anna", "pending", "accountant"))]
    for email in 2 * here:
        refused = await outside.refused(firm["owner"].token, "addExternalUser", companyId=firm.id, email=email)
        assert refused == [("ALREADY_LINKED", ["email"])]
    for _ in range(FAILURES):
        unknown = f"{secrets.token_hex(8)}@nobody.test"
        refused = await outside.refused(firm["owner"].token, "addExternalUser", companyId=firm.id, email=unknown)
        assert refused == NOT_FOUND


async def test_a_user_who_was_deleted_is_here_no_more(outside: Outside) -> None:
    firm = await outside.found()
    refused = await outside.refused(firm["owner"].token, "addExternalUser", companyId=firm.id, email=firm["gone"].email)
    assert refused == NOT_FOUND


async def test_the_eleventh_failure_of_an_hour_is_not_even_looked_at(outside: Outside) -> None:
    firm, second, claire = await outside.found(), await outside.found(), await outside.login()
    given = {"companyId": firm.id, "email": f"{secrets.token_hex(8)}@nobody.test"}
    for _ in range(FAILURES):
        assert await outside.refused(firm["owner"].token, "addExternalUser", **given) == NOT_FOUND
    for email in (given["email"], claire.email, firm["anna"].email):
        refused = await outside.refused(firm["owner"].token, "addExternalUser", companyId=firm.id, email=email)
        assert refused == [("TOO_MANY_ATTEMPTS", None)]
    assert await outside.refused(firm["partner"].token, "addExternalUser", **given) == NOT_FOUND
    await outside.hand_over(second, firm["owner"])
    assert (
        await outside.refused(firm["owner"].token, "addExternalUser", **{**given, "companyId": second.id}) == NOT_FOUND
    )
    await outside.connection.execute("update attempt set at = at - interval '61 minutes'")
    assert (await outside.link(firm, claire))["email"] == claire.email


async def test_who_founds_companies_to_guess_in_is_stopped_too(outside: Outside) -> None:
    first, unknown = await outside.found(), f"{secrets.token_hex(8)}@nobody.test"
    owner, tried = first["owner"], 0
    while tried < ALL_FAILURES:
        firm = await outside.found()
        await outside.hand_over(firm, owner)
        for _ in range(FAILURES // 2):
            refused = await outside.refused(owner.token, "addExternalUser", companyId=firm.id, email=unknown)
            assert refused == NOT_FOUND
            tried += 1
    refused = await outside.refused(owner.token, "addExternalUser", companyId=first.id, email=unknown)
    assert refused == [("TOO_MANY_ATTEMPTS", None)]


async def test_several_fields_of_one_request_are_several_failures(outside: Outside) -> None:
    firm = await outside.found()
    fields = " ".join(
        f'a{n}: addExternalUser(input: {{companyId: "{firm.id}", email: "a{n}@nobody.test"}}) {{ errors {{ code }} }}'
        for n in range(FAILURES + 2)
    )
    answer = await outside.ask(firm["owner"].token, f"mutation {{ {fields} }}")
    codes = [payload["errors"][0]["code"] for payload in answer.data.values()]
    assert codes == ["ACCOUNTANT_NOT_FOUND"] * FAILURES + ["TOO_MANY_ATTEMPTS"] * 2


@pytest.mark.parametrize(
    ("given", "field"),
    [({"email": "nobody"}, "email"), ({"email": ""}, "email"), ({"until": moment(seconds=1)}, "until")],
    ids=["no address", "nothing", "a term that has passed"],
)
async def test_what_is_not_valid_is_told_and_counts_not(outside: Outside, given: dict[str, str], field: str) -> None:
    firm, claire = await outside.found(), await outside.login()
    before = await outside.tries()
    sent = {"companyId": firm.id, "email": claire.email, **given}
    assert await outside.refused(firm["owner"].token, "addExternalUser", **sent) == [("VALIDATION", [field])]
    assert await outside.tries() == before


async def test_all_that_is_not_valid_is_told_together(outside: Outside) -> None:
    firm = await outside.found()
    given = {"companyId": firm.id, "email": "nobody", "until": moment(days=1)}
    refused = await outside.refused(firm["owner"].token, "addExternalUser", **given)
    assert refused == [("VALIDATION", ["email"]), ("VALIDATION", ["until"])]


@pytest.mark.parametrize("who", ["anna", "accountant"])
async def test_only_owners_add_anybody(outside: Outside, who: str) -> None:
    firm, claire = await outside.found(), await outside.login()
    for email in (claire.email, "nobody@nobody.test"):
        given = {"companyId": firm.id, "email": email}
        assert await outside.codes(firm[who].token, "addExternalUser", **given) == ["FORBIDDEN"]


@pytest.mark.parametrize("who", ["pending", "gone", "former", None])
async def test_who_does_not_enter_a_company_adds_nobody_and_learns_nothing(outside: Outside, who: str | None) -> None:
    firm, claire = await outside.found(), await outside.login()
    token = firm[who].token if who else claire.token
    before = await outside.tries()
    for company in (firm.id, f"com_{'0' * 32}", "x"):
        for email in (claire.email, "nobody@nobody.test", "nobody"):
            refused = await outside.refused(token, "addExternalUser", companyId=company, email=email)
            assert refused == [("NOT_FOUND", ["companyId"])]
    assert await outside.tries() == before


async def test_who_is_not_signed_in_adds_nobody(outside: Outside) -> None:
    firm = await outside.found()
    for token in (None, "enf_unknown"):
        given = {"companyId": firm.id, "email": "a@nobody.test"}
        assert await outside.codes(token, "addExternalUser", **given) == ["UNAUTHENTICATED"]


async def test_an_accountant_whose_term_has_passed_begins_anew(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    first = await outside.link(firm, claire)
    await outside.connection.execute(
        "update membership set until = now() - interval '1 second' where company_id = $1 and account_id = $2",
        firm.key, claire.id,
    )  # fmt: skip
    assert not await outside.enters(claire, firm)
    second = await outside.link(firm, claire)
    assert second["id"] != first["id"]
    assert await outside.enters(claire, firm)
    kinds = [change["kind"] for change in await firm.trail()]
    assert kinds == ["EXTERNAL_ADDED", "EXTERNAL_REMOVED", "EXTERNAL_ADDED"]
    assert await firm.version() == 3


async def test_nobodys_mailbox_is_filled_by_adding_and_removing(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    for _ in range(NOTICES):
        external = await outside.link(firm, claire)
        given = {"companyId": firm.id, "externalUserId": external["id"]}
        await outside.done(firm["owner"].token, "removeExternalUser", **given)
    for who in ("owner", "partner"):
        refused = await outside.refused(firm[who].token, "addExternalUser", companyId=firm.id, email=claire.email)
        assert refused == [("TOO_MANY_ATTEMPTS", None)]


# --- changing


async def test_a_term_ends_the_access_by_itself(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    soon = (datetime.now(UTC) + timedelta(milliseconds=900)).isoformat()
    given = {"companyId": firm.id, "externalUserId": external["id"], "until": soon}
    payload = await outside.done(firm["owner"].token, "updateExternalUser", **given)
    assert datetime.fromisoformat(payload["externalUser"]["until"]) == datetime.fromisoformat(soon)
    assert await outside.enters(claire, firm)
    await outside.connection.execute("select pg_sleep_until($1)", datetime.fromisoformat(soon))
    assert not await outside.enters(claire, firm)
    listed = (await outside.done(firm["owner"].token, "updateExternalUser", **{**given, "until": LATER}))["company"]
    assert claire.email in [one["email"] for one in listed["externalUsers"]]
    assert await outside.enters(claire, firm)


async def test_a_change_of_term_is_written_once(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    given = {"companyId": firm.id, "externalUserId": (await outside.link(firm, claire))["id"]}
    for until in (LATER, LATER, None, None):
        payload = await outside.done(firm["owner"].token, "updateExternalUser", **given, until=until)
        assert payload["externalUser"]["until"] == until
    await outside.done(firm["owner"].token, "updateExternalUser", **given)
    changes = [change for change in await firm.trail() if change["kind"] == "EXTERNAL_CHANGED"]
    assert [change["until"] and change["until"].isoformat() for change in changes] == [LATER, None]
    assert {change["membership_id"].hex for change in changes} == {given["externalUserId"][4:]}
    assert await firm.version() == 4


async def test_what_is_left_out_stays(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire, until=LATER)
    given = {"companyId": firm.id, "externalUserId": external["id"]}
    assert (await outside.done(firm["owner"].token, "updateExternalUser", **given))["externalUser"]["until"] == LATER


async def test_a_term_lies_ahead(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    given = {"companyId": firm.id, "externalUserId": external["id"], "until": moment(seconds=1)}
    assert await outside.refused(firm["owner"].token, "updateExternalUser", **given) == [("VALIDATION", ["until"])]


# --- removing and leaving


async def test_an_accountant_who_was_removed_has_nothing(outside: Outside) -> None:
    firm, claire = await outside.found(), await outside.login()
    external = await outside.link(firm, claire)
    given = {"companyId": firm.id, "externalUserId": external["id"]}
    payload = await outside.done(firm["owner"].token, "removeExternalUser", **given)
    assert claire.email not in [listed["email"] for listed in payload["company"]["externalUsers"]]
    assert payload["company"]["permissionMatrix"]["version"] == 3
    assert not await outside.enters(claire, firm)
    last = (await firm.trail())[-1]
    assert (last["kind"], last["membership_id"].hex, last["actor_id"]) == (
        "EXTERNAL_REMOVED", external["id"][4:], firm["owner"].account,
    )  # fmt: skip
    for mutation in ("removeExternalUser", "updateExternalUser"):
        refused = await outside.refused(firm["owner"].token, mutation, **given)
        assert refused == [("NOT_FOUND", ["externalUserId"])]
    assert (await outside.link(firm, claire))["id"] != external["id"]


@pytest.mark.parametrize("mutation", ["updateExternalUser", "removeExternalUser"])
async def test_what_is_no_external_user_of_the_company_is_not_found(outside: Outside, mutation: str) -> None:
    firm, other = await outside.found(), await outside.found()
    ids = [firm["anna"].id, f"ext_{firm['anna'].membership.hex}", other["accountant"].id, f"ext_{'0' * 32}", "x", ""]
    for id_ in (*ids, f"usr_{firm['accountant'].membership.hex}"):
        given = {"companyId": firm.id, "externalUserId": id_}
        assert await outside.refused(firm["owner"].token, mutation, **given) == [("NOT_FOUND", ["externalUserId"])]


@pytest.mark.parametrize("mutation", ["updateExternalUser", "removeExternalUser"])
@pytest.mark.parametrize("who", ["anna", "accountant"])
async def test_only_owners_change_and_remove(outside: Outside, mutation: str, who: str) -> None:
    firm = await outside.found()
    given = {"companyId": firm.id, "externalUserId": firm["accountant"].id}
    assert await outside.codes(firm[who].token, mutation, **given) == ["FORBIDDEN"]


async def test_an_external_user_leaves(outside: Outside) -> None:
    firm, other, claire = await outside.found(), await outside.found(), await outside.login()
    for company in (firm, other):
        await outside.link(company, claire)
    payload = await outside.done(claire.token, "leaveCompany", companyId=firm.id)
    assert payload["viewer"] == {"companies": {"nodes": [{"id": other.id}]}}
    last = (await firm.trail())[-1]
    assert (last["kind"], last["actor_id"]) == ("EXTERNAL_REMOVED", claire.id)
    assert (await firm.version(), await other.version()) == (3, 2)
    assert await outside.refused(claire.token, "leaveCompany", companyId=firm.id) == [("NOT_FOUND", ["companyId"])]


@pytest.mark.parametrize("who", ["pending", "gone", "former"])
async def test_who_is_not_there_cannot_leave(outside: Outside, who: str) -> None:
    firm = await outside.found()
    for company in (firm.id, f"com_{'0' * 32}", "x"):
        refused = await outside.refused(firm[who].token, "leaveCompany", companyId=company)
        assert refused == [("NOT_FOUND", ["companyId"])]


# --- what it is not


@pytest.mark.parametrize("apps", [(), ("STOCK", "DISCOUNTS", "WORK_ORDERS", "TIME_TRACKING")])
async def test_the_access_follows_what_is_active_and_has_no_toggle(outside: Outside, apps: tuple[str, ...]) -> None:
    firm, claire = await outside.found(*apps), await outside.login()
    external = await outside.link(firm, claire)
    changes = [{"userId": external["id"], "app": "INVOICES", "granted": False}]
    version = await firm.version()
    refused = await outside.refused(
        firm["owner"].token, "setAppAccess", companyId=firm.id, expectedVersion=version, changes=changes
    )
    assert refused == [("NOT_TOGGLEABLE", ["changes", "0", "userId"])]
    assert await seen(outside, claire, firm) == await firm.active()


async def seen(outside: Outside, login: Login, firm: Firm) -> set[str]:
    """The apps that somebody reaches."""
    apps = (await outside.ask(login.token, SEEN, id=firm.id)).data["company"]["access"]["apps"]
    assert set(apps) <= {app.name for app in App}
    return set(apps)
