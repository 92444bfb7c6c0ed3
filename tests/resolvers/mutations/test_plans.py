"""plans.py: owners change the plan, the operator sets it and extends trials, new companies begin with one."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.admin.companies import InspectionRefused
from resolvers.admin.company_plan import CompanyPlan, PlanRefused, extend_trial, set_plan, show_plan
from resolvers.execution.executor import Executor
from schema.apps import Plan
from tests.support.company import Answer, Asker, Firm, blocked
from tests.support.databases import Databases

CHANGE: Final = """
mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  company { plan permissionMatrix { version } } errors { code field } } }
"""
HISTORY: Final = """
query ($id: ID!) { company(id: $id) { accessChanges { nodes {
  kind planBefore planAfter untilBefore until actor { email } } } } }
"""
PASS: Final = "update company set trial_ends_at = now() - interval '1 day' where id = $1"


class Office:
    """The product on a database of its own."""

    def __init__(self, database: Database, connection: Connection, other: Connection) -> None:
        self.database, self.connection, self.other = database, connection, other
        self.executor = Executor(database, shows_secrets=True)
        self.ask = Asker(self.executor)

    async def change(self, firm: Firm, plan: str, by: str = "owner", **more: object) -> Answer:
        """The answer to a change of plan."""
        return await self.ask(firm[by].token, CHANGE, input={"companyId": firm.id, "plan": plan, **more})

    async def refused(self, firm: Firm, by: str = "owner", **more: object) -> Any:
        """The error codes, at the top or in the payload, of a change that may write nothing."""
        before = await firm.everything(), await self.plan(firm)
        answer = await self.change(firm, "FREE", by, **more)
        assert (await firm.everything(), await self.plan(firm)) == before
        return answer.codes or answer.data["changePlan"]["errors"]

    async def plan(self, firm: Firm) -> Any:
        """Plan and end of the trial, as they are stored."""
        row = await self.connection.fetchrow("select plan, trial_ends_at from company where id = $1", firm.key)
        return tuple(row or ())


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database = await Database.open(dsn, PoolSettings(size=4, share=4))
    connection, other = await connect(dsn), await connect(dsn)
    yield Office(database, connection, other)
    for used in (connection, other, database):
        await used.close()
    await databases.drop(dsn)


@pytest.fixture
async def firm(office: Office) -> Firm:
    return await Firm.found(office.connection, "AGENDA")


# --- owners


async def test_an_owner_changes_the_plan_at_once_and_it_is_in_the_history(office: Office, firm: Firm) -> None:
    answer = await office.change(firm, "PRO", "partner", expectedVersion=1)
    assert answer.data["changePlan"] == {"company": {"plan": "PRO", "permissionMatrix": {"version": 2}}, "errors": []}
    (row,) = await firm.trail()
    wanted = {
        "kind": "PLAN", "actor_id": firm["partner"].account, "plan_before": "PREMIUM", "plan_after": "PRO",
        "until_before": None, "until": None, "membership_id": None, "app_id": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    shown = await office.ask(firm["owner"].token, HISTORY, id=firm.id)
    assert shown.data["company"]["accessChanges"]["nodes"] == [
        {
            "kind": "PLAN", "planBefore": "PREMIUM", "planAfter": "PRO", "untilBefore": None, "until": None,
            "actor": {"email": firm["partner"].email},
        }
    ]  # fmt: skip


async def test_the_same_plan_changes_nothing(office: Office, firm: Firm) -> None:
    before = await firm.everything()
    assert (await office.change(firm, "PREMIUM")).data["changePlan"]["errors"] == []
    assert await firm.everything() == before


async def test_nobody_else_changes_it(office: Office, firm: Firm) -> None:
    for name in ("anna", "accountant"):
        assert await office.refused(firm, name) == ["FORBIDDEN"]
    for name in ("pending", "gone", "former"):
        assert await office.refused(firm, name) == [{"code": "NOT_FOUND", "field": ["companyId"]}]
    other = await Firm.found(office.connection)
    answer = await office.ask(other["owner"].token, CHANGE, input={"companyId": firm.id, "plan": "FREE"})
    assert answer.data["changePlan"]["errors"] == [{"code": "NOT_FOUND", "field": ["companyId"]}]
    assert (await office.ask(None, CHANGE, input={"companyId": firm.id, "plan": "FREE"})).codes == ["UNAUTHENTICATED"]


async def test_a_key_and_a_look_as_a_user_change_nothing(office: Office, firm: Firm) -> None:
    make = 'mutation ($id: ID) { createApiKey(input: {label: "x", companyId: $id}) { key } }'
    key = (await office.ask(firm["owner"].token, make, id=firm.id)).data["createApiKey"]["key"]
    look = "mutation ($c: ID!, $u: ID!) { startViewAs(input: {companyId: $c, userId: $u}) { token } }"
    view = (await office.ask(firm["owner"].token, look, c=firm.id, u=firm["partner"].id)).data["startViewAs"]["token"]
    for token in (key, view):
        answer = await office.ask(token, CHANGE, input={"companyId": firm.id, "plan": "FREE"})
        assert answer.codes == ["FORBIDDEN"]
    assert await office.plan(firm) == ("PREMIUM", None)


async def test_a_version_from_before_is_a_conflict(office: Office, firm: Firm) -> None:
    for version in (0, 2):
        assert await office.refused(firm, expectedVersion=version) == [
            {"code": "VERSION_CONFLICT", "field": ["expectedVersion"]}
        ]
    await office.connection.execute(PASS, firm.key)  # the end of a trial counts
    assert await office.refused(firm, expectedVersion=1) == [{"code": "VERSION_CONFLICT", "field": ["expectedVersion"]}]
    assert (await office.change(firm, "FREE", expectedVersion=2)).data["changePlan"]["errors"] == []


async def test_two_at_once_are_one_after_the_other(office: Office, firm: Firm) -> None:
    async with office.other.transaction():
        await office.other.execute("select from company where id = $1 for no key update", firm.key)
        begun = [asyncio.ensure_future(office.change(firm, plan, expectedVersion=1)) for plan in ("FREE", "PRO")]
        await blocked(office.connection, 2)
    answers = [(await one).data["changePlan"]["errors"] for one in begun]
    assert sorted(map(len, answers)) == [0, 1]
    assert [row["kind"] for row in await firm.trail()] == ["PLAN"]


async def test_where_the_operator_changes_plans_owners_do_not(office: Office, firm: Firm) -> None:
    office.executor.forbid(frozenset({"changePlan"}))
    try:
        assert await office.refused(firm) == ["FORBIDDEN"]
        assert (await office.ask(None, CHANGE, input={"companyId": firm.id, "plan": "FREE"})).codes == [
            "UNAUTHENTICATED"
        ]
    finally:
        office.executor.forbid(frozenset())
    assert (await office.change(firm, "FREE")).data["changePlan"]["errors"] == []


# --- new companies

SIGN_UP: Final = """
mutation ($input: SignUpInput!) { signUp(input: $input) { company { plan trialEndsAt } errors { code } } }
"""
OTHERS: Final = {
    "owner": ("createCompany", {"name": "Second"}),
    "accountant": (
        "createClientCompany",
        {"name": "Client", "ownerEmail": "zoe@client.test", "ownerFirstName": "Z", "ownerLastName": "M"},
    ),
}


@pytest.mark.parametrize("who", OTHERS)
async def test_a_company_founded_later_has_a_trial_of_its_own(office: Office, firm: Firm, who: str) -> None:
    mutation, given = OTHERS[who]
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input!"
    text = f"mutation ($input: {type_}) {{ {mutation}(input: $input) {{ company {{ id }} errors {{ code }} }} }}"
    payload = (await office.ask(firm[who].token, text, input=given)).data[mutation]
    assert payload["errors"] == []
    row = await office.connection.fetchrow(
        "select c.plan, c.trial_ends_at - lower(a.valid) from company c join company_app a on a.company_id = c.id "
        "where c.id = $1::text::uuid limit 1", payload["company"]["id"][4:],
    )  # fmt: skip
    assert tuple(row or ()) == ("FREE", timedelta(days=14))


async def test_who_signs_up_has_a_fortnight(office: Office) -> None:
    given = {
        "companyName": "Peeters", "email": "nieuw@peeters.test", "firstName": "An", "lastName": "Peeters",
        "password": "correct horse battery", "acceptTerms": True, "language": "NL",
    }  # fmt: skip
    payload = (await office.ask(None, SIGN_UP, input=given)).data["signUp"]
    assert payload["errors"] == []
    ends = await office.connection.fetchval(
        "select c.trial_ends_at - m.accepted_at from company c join membership m on m.company_id = c.id "
        "join account a on a.id = m.account_id where a.email = 'nieuw@peeters.test'"
    )
    assert ends == timedelta(days=14)


# --- the operator


async def changes(firm: Firm) -> list[Any]:
    """What the trail says of plan and trial; the operator has no name there."""
    rows = await firm.trail()
    assert [row["actor_id"] for row in rows] == [None] * len(rows)
    return [(row["kind"], row["plan_before"], row["plan_after"], row["until_before"], row["until"]) for row in rows]


async def test_the_operator_sets_a_plan(office: Office, firm: Firm) -> None:
    made = await set_plan(office.database, firm.id, Plan.FREE)
    assert made == CompanyPlan(firm.id, "Peeters & Co", Plan.FREE, None, False, ("AGENDA",))
    assert await show_plan(office.database, firm.id) == made
    assert await set_plan(office.database, firm.id, Plan.FREE) == made
    assert await changes(firm) == [("PLAN", "PREMIUM", "FREE", None, None)]
    assert await firm.version() == 2


async def test_premium_until_a_moment_leaves_the_plan_for_afterwards(office: Office, firm: Firm) -> None:
    until = datetime(2100, 1, 1, tzinfo=UTC)
    await set_plan(office.database, firm.id, Plan.PRO)
    made = await set_plan(office.database, firm.id, Plan.PREMIUM, until)
    assert (made.plan, made.trial_ends_at, made.in_trial, made.above) == (Plan.PRO, until, True, ("AGENDA",))
    assert await set_plan(office.database, firm.id, Plan.PREMIUM, until) == made
    assert await changes(firm) == [("PLAN", "PREMIUM", "PRO", None, None), ("TRIAL", None, None, None, until)]
    assert await firm.version() == 3
    for plan, term in ((Plan.PRO, until), (Plan.PREMIUM, datetime(2020, 1, 1, tzinfo=UTC))):
        with pytest.raises(PlanRefused):
            await set_plan(office.database, firm.id, plan, term)
    assert await office.plan(firm) == ("PRO", until)


async def test_a_trial_is_extended_from_its_end_or_from_now(office: Office, firm: Firm) -> None:
    first = (await extend_trial(office.database, firm.id, 3)).trial_ends_at
    second = (await extend_trial(office.database, firm.id, 4)).trial_ends_at
    assert first is not None
    assert second == first + timedelta(days=4)
    rows = await firm.trail()
    assert first == rows[0]["at"] + timedelta(days=3)
    assert await firm.version() == 3
    await office.connection.execute(PASS, firm.key)
    third = (await extend_trial(office.database, firm.id, 1)).trial_ends_at
    assert third == (await firm.trail())[-1]["at"] + timedelta(days=1)
    assert await firm.version() == 5  # its end counted, and goes on counting


async def test_what_is_no_company_is_refused(office: Office, firm: Firm) -> None:
    for work in (show_plan(office.database, "Nobody's"), extend_trial(office.database, "com_x", 1)):
        with pytest.raises(InspectionRefused, match="There is no company"):
            await work
    await Firm.found(office.connection)
    with pytest.raises(InspectionRefused, match="say which"):
        await set_plan(office.database, "Peeters & Co", Plan.FREE)
