"""apps.py: activating and deactivating apps, and what stays of them."""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from schema.apps import CATALOGUE, App, AppKind, Plan, requirements
from tests.support.company import ALWAYS, Answer, Asker, Firm, blocked, change
from tests.support.databases import Databases

ACTIVATE = """
mutation ($company: ID!, $app: App!) {
  activateApp(input: {companyId: $company, app: $app}) {
    app { app } company { id activeApps permissionMatrix { version } } errors { code message field }
  }
}
"""
DEACTIVATE = ACTIVATE.replace("activateApp", "deactivateApp")
BUILT_IN = {app.name for app, entry in CATALOGUE.items() if entry.kind in (AppKind.BASE, AppKind.PART)}
Switch = Literal["activate", "deactivate"]


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded, and how the product is asked there."""

    ask: Asker
    connection: Connection

    async def found(self, *apps: str, plan: str = "PREMIUM") -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, *apps, plan=plan)

    async def activate(self, firm: Firm, app: str, by: str = "owner") -> Answer:
        """The answer to an activation."""
        return await self.ask(firm[by].token, ACTIVATE, company=firm.id, app=app)

    async def deactivate(self, firm: Firm, app: str, by: str = "owner") -> Answer:
        """The answer to a deactivation."""
        return await self.ask(firm[by].token, DEACTIVATE, company=firm.id, app=app)

    async def grant(self, firm: Firm, who: str, app: str) -> None:
        """Set a toggle."""
        document = """
        mutation ($company: ID!, $version: Int!, $changes: [AppAccessChange!]!) {
          setAppAccess(input: {companyId: $company, expectedVersion: $version, changes: $changes}) { errors { code } }
        }
        """
        version, changes = await firm.version(), [change(firm[who], app, True)]
        answer = await self.ask(firm["owner"].token, document, company=firm.id, version=version, changes=changes)
        assert answer.data == {"setAppAccess": {"errors": []}}

    async def reaches(self, firm: Firm, who: str, app: str) -> bool:
        """Whether somebody has an app now, asked as that person."""
        query = "query ($id: ID!, $app: App!) { company(id: $id) { access { can(app: $app) } } }"
        return (await self.ask(firm[who].token, query, id=firm.id, app=app)).data["company"]["access"]["can"]


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=4, share=4)), await connect(dsn)
    yield Office(Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def payload(answer: Answer) -> dict[str, Any]:
    """The payload of the document's only field."""
    assert answer.errors == ()
    (only,) = answer.data.values()
    return only


def codes(answer: Answer) -> list[str]:
    """The codes in the payload's errors."""
    return [error["code"] for error in payload(answer)["errors"]]


async def history(firm: Firm) -> set[str]:
    """The apps that the periods of validity say are active now."""
    found = await firm.connection.fetch(
        "select app_id from company_app where company_id = $1 and valid @> clock_timestamp()", firm.key
    )
    return {row[0] for row in found}


async def refused(office: Office, firm: Firm, switch: Switch, app: str, by: str = "owner") -> dict[str, Any]:
    """The payload's only error, where nothing may have been written."""
    before = await firm.everything()
    answer = await (office.activate(firm, app, by) if switch == "activate" else office.deactivate(firm, app, by))
    assert await firm.everything() == before
    assert payload(answer)["app"] is None
    (error,) = payload(answer)["errors"]
    return error


# --- activating


async def test_an_app_is_activated_and_every_record_of_it_written(office: Office) -> None:
    firm = await office.found()
    answer = payload(await office.activate(firm, "DISCOUNTS"))
    assert answer["app"] == {"app": "DISCOUNTS"}
    assert set(answer["company"]["activeApps"]) == {"DISCOUNTS", *BUILT_IN}
    assert answer["company"]["permissionMatrix"] == {"version": 2}
    assert answer["errors"] == []
    assert await firm.active() == await history(firm) == {"DISCOUNTS", *BUILT_IN}
    (row,) = await firm.trail()
    wanted = {
        "kind": "APP_ACTIVATED",
        "actor_id": firm["owner"].account,
        "membership_id": None,
        "app_id": "DISCOUNTS",
        "before": False,
        "after": True,
    }
    assert {name: row[name] for name in wanted} == wanted
    period = await firm.connection.fetchrow(
        "select lower(valid) since, upper(valid) until, activated_by, deactivated_by from company_app "
        "where company_id = $1 and app_id = 'DISCOUNTS'", firm.key,
    )  # fmt: skip
    assert period is not None
    assert tuple(period) == (row["at"], None, firm["owner"].account, None)


async def test_after_a_clock_that_went_back_an_app_can_be_activated_again(office: Office) -> None:
    firm = await office.found()
    for switch in (office.activate, office.deactivate):
        assert (await switch(firm, "STOCK")).errors == ()
        await firm.let_the_clock_go_back()
    assert (await office.activate(firm, "STOCK")).errors == ()
    assert "STOCK" in await firm.active()
    assert [row["kind"] for row in await firm.trail()] == ["APP_ACTIVATED", "APP_DEACTIVATED", "APP_ACTIVATED"]


async def test_what_it_requires_comes_along(office: Office) -> None:
    firm = await office.found()
    needed = requirements(App.PERIODIC_MAINTENANCE)
    assert len(needed) > 1
    answer = await office.activate(firm, "PERIODIC_MAINTENANCE")
    assert codes(answer) == []
    wanted = {"PERIODIC_MAINTENANCE", *(app.name for app in needed)}
    assert await firm.active() == await history(firm) == {*wanted, *BUILT_IN}
    assert {row["app_id"] for row in await firm.trail()} == wanted
    assert await firm.version() == 2  # one mutation


async def test_only_what_is_missing_of_what_it_requires_is_activated(office: Office) -> None:
    firm = await office.found("TIME_TRACKING")
    await office.activate(firm, "WORK_ORDERS")
    assert [row["app_id"] for row in await firm.trail()] == ["WORK_ORDERS"]
    assert await firm.active() == await history(firm) == {"WORK_ORDERS", "TIME_TRACKING", *BUILT_IN}


@pytest.mark.parametrize("app", ["DISCOUNTS", "CUSTOMERS", "QUOTES", "API_ACCESS"])
async def test_one_that_is_active_stays_so_without_a_trace(office: Office, app: str) -> None:
    firm = await office.found("DISCOUNTS", plan="FREE")
    before = await firm.everything()
    answer = payload(await office.activate(firm, app))
    assert (answer["app"], answer["errors"]) == ({"app": app}, [])
    assert answer["company"]["permissionMatrix"] == {"version": before[0]}
    assert await firm.everything() == before


async def test_a_new_app_is_on_for_owners_and_the_accountant_and_off_for_employees(office: Office) -> None:
    firm = await office.found()
    await office.activate(firm, "DISCOUNTS")
    reached = {
        name: await office.reaches(firm, name, "DISCOUNTS") for name in ("owner", "partner", "accountant", "anna")
    }
    assert reached == {"owner": True, "partner": True, "accountant": True, "anna": False}


def cheapest_beyond(plan: Plan) -> App:
    """An app that a plan does not have."""
    return next(app for app, entry in CATALOGUE.items() if not plan.covers(entry.plan))


@pytest.mark.parametrize("plan", ["FREE", "PRO"])
async def test_an_app_beyond_the_plan_is_refused(office: Office, plan: str) -> None:
    firm, app = await office.found(plan=plan), cheapest_beyond(Plan[plan])
    error = await refused(office, firm, "activate", app.name)
    assert (error["code"], error["field"]) == ("PLAN_REQUIRED", ["app"])
    assert CATALOGUE[app].plan.name.title() in error["message"]


async def test_a_requirement_beyond_the_plan_is_named(office: Office) -> None:
    """An app that the plan has, but not what it requires, or the other way round: nothing is activated."""
    for app, entry in CATALOGUE.items():
        beyond = [needed for needed in (*requirements(app), app) if not Plan.FREE.covers(CATALOGUE[needed].plan)]
        if requirements(app) and beyond and entry.kind is AppKind.APP:
            firm = await office.found(plan="FREE")
            assert (await refused(office, firm, "activate", app.name))["code"] == "PLAN_REQUIRED"


@pytest.mark.parametrize("plan", ["FREE", "PRO", "PREMIUM"])
async def test_every_app_of_the_plan_can_be_activated(office: Office, plan: str) -> None:
    firm = await office.found(plan=plan)
    refused_ = {app.name for app in App if codes(await office.activate(firm, app.name))}
    beyond = {
        app.name
        for app in App
        if any(not Plan[plan].covers(CATALOGUE[needed].plan) for needed in (*requirements(app), app))
    }
    assert refused_ == beyond
    assert await firm.active() == await history(firm) == {app.name for app in App} - beyond


# --- deactivating


async def test_an_app_is_deactivated_and_every_record_of_it_written(office: Office) -> None:
    firm = await office.found("DISCOUNTS", "STOCK")
    answer = payload(await office.deactivate(firm, "DISCOUNTS", by="partner"))
    assert (answer["app"], answer["errors"]) == ({"app": "DISCOUNTS"}, [])
    assert set(answer["company"]["activeApps"]) == {"STOCK", *BUILT_IN}
    assert await firm.active() == await history(firm) == {"STOCK", *BUILT_IN}
    assert await firm.version() == 2
    (row,) = await firm.trail()
    assert (row["kind"], row["before"], row["after"]) == ("APP_DEACTIVATED", True, False)
    period = await firm.connection.fetchrow(
        "select upper(valid) until, deactivated_by from company_app where company_id = $1 and app_id = 'DISCOUNTS'",
        firm.key,
    )
    assert period is not None
    assert tuple(period) == (row["at"], firm["partner"].account)


async def test_what_is_required_stays_and_the_refusal_names_by_whom(office: Office) -> None:
    firm = await office.found()
    await office.activate(firm, "PERIODIC_MAINTENANCE")
    await office.activate(firm, "CLIMAPULSE")
    await office.connection.execute("update account set language = 'EN' where id = $1", firm["owner"].account)
    error = await refused(office, firm, "deactivate", "WORK_ORDERS")
    assert (error["code"], error["field"]) == ("APP_REQUIRED_BY", ["app"])
    for label in ("Work orders", "Climapulse", "Periodic maintenance"):
        assert label in error["message"]
    for app in ("PERIODIC_MAINTENANCE", "CLIMAPULSE", "WORK_ORDERS", "TIME_TRACKING"):
        assert codes(await office.deactivate(firm, app)) == []
    assert await firm.active() == await history(firm) == BUILT_IN


@pytest.mark.parametrize(
    ("app", "code"),
    [
        ("CUSTOMERS", "ALWAYS_VISIBLE"),
        ("PRODUCTS", "ALWAYS_VISIBLE"),
        ("INVOICES", "VALIDATION"),
        ("API_ACCESS", "VALIDATION"),
        ("STOCK", "APP_NOT_ACTIVE"),
        ("YUKI", "APP_NOT_ACTIVE"),
    ],
)
async def test_what_cannot_be_deactivated(office: Office, app: str, code: str) -> None:
    error = await refused(office, await office.found(), "deactivate", app)
    assert (error["code"], error["field"]) == (code, ["app"])


async def test_toggles_are_kept_and_come_back(office: Office) -> None:
    firm = await office.found("DISCOUNTS")
    await office.grant(firm, "anna", "DISCOUNTS")
    toggles, grants = await firm.toggles("anna"), await firm.grants("anna")
    await office.deactivate(firm, "DISCOUNTS")
    assert not any([await office.reaches(firm, name, "DISCOUNTS") for name in ("owner", "anna", "accountant")])
    assert (await firm.toggles("anna"), await firm.grants("anna")) == (toggles, grants)
    await office.activate(firm, "DISCOUNTS")
    reached = {name: await office.reaches(firm, name, "DISCOUNTS") for name in ("owner", "anna", "bram", "accountant")}
    assert reached == {"owner": True, "anna": True, "bram": False, "accountant": True}
    assert await firm.toggles("anna") == await firm.grants("anna") == {"DISCOUNTS", *ALWAYS}


# --- who may


@pytest.mark.parametrize("switch", ["activate", "deactivate"])
@pytest.mark.parametrize("who", ["anna", "accountant"])
async def test_who_is_no_owner_is_forbidden(office: Office, who: str, switch: Switch) -> None:
    firm = await office.found("STOCK")
    before = await firm.everything()
    answer = await (
        office.activate(firm, "DISCOUNTS", who) if switch == "activate" else office.deactivate(firm, "STOCK", who)
    )
    assert answer.data == {f"{switch}App": None}
    assert [(error.code, error.path) for error in answer.errors] == [("FORBIDDEN", (f"{switch}App",))]
    assert await firm.everything() == before


@pytest.mark.parametrize("document", [ACTIVATE, DEACTIVATE], ids=["activate", "deactivate"])
async def test_a_company_that_is_not_entered_does_not_exist(office: Office, document: str) -> None:
    firm, other = await office.found("STOCK"), await office.found("STOCK")
    before = [await firm.everything(), await other.everything()]
    app = "DISCOUNTS" if document is ACTIVATE else "STOCK"
    attempts = [
        (other.id, "owner"),
        (firm.id, "gone"),
        (firm.id, "pending"),
        (firm.id, "former"),
        (f"com_{uuid.uuid4().hex}", "owner"),
        ("nonsense", "owner"),
    ]
    answers = [await office.ask(firm[who].token, document, company=company, app=app) for company, who in attempts]
    assert {answer.data == answers[0].data for answer in answers} == {True}
    answer = payload(answers[0])
    assert (answer["app"], answer["company"]) == (None, None)
    assert [(error["code"], error["field"]) for error in answer["errors"]] == [("NOT_FOUND", ["companyId"])]
    anonymous = await office.ask(None, document, company=firm.id, app=app)
    assert (list(anonymous.data.values()), anonymous.codes) == ([None], ["UNAUTHENTICATED"])
    assert [await firm.everything(), await other.everything()] == before


# --- long histories, and at the same time


@pytest.mark.parametrize("seed", range(2))
async def test_the_mask_follows_from_history_after_any_sequence(office: Office, seed: int) -> None:
    chance, firm = random.Random(seed), await office.found(plan="PREMIUM")
    apps = ["PERIODIC_MAINTENANCE", "WORK_ORDERS", "TIME_TRACKING", "PURCHASES", "PURCHASE_ORDERS", "STOCK", "QUOTES"]
    version = 1
    for _ in range(25):
        app, active = chance.choice(apps), await firm.active()
        answer = await (office.activate if chance.random() < 0.55 else office.deactivate)(firm, app)
        version += await firm.active() != active
        assert codes(answer) == [] or await firm.active() == active
        assert await firm.active() == await history(firm)
        assert await firm.version() == version
        for name in await firm.active():
            assert {needed.name for needed in requirements(App[name])} <= await firm.active()


async def test_activating_and_deactivating_at_once_ends_in_one_of_both(office: Office) -> None:
    firm = await office.found()
    for _ in range(5):
        answers = await asyncio.gather(
            office.activate(firm, "WORK_ORDERS", by="owner"),
            office.deactivate(firm, "TIME_TRACKING", by="partner"),
            office.activate(firm, "TIME_TRACKING", by="owner"),
            office.deactivate(firm, "WORK_ORDERS", by="partner"),
        )
        assert {code for answer in answers for code in codes(answer)} <= {"APP_REQUIRED_BY", "APP_NOT_ACTIVE"}
        active = await firm.active()
        assert active == await history(firm)
        assert "WORK_ORDERS" not in active or "TIME_TRACKING" in active
    assert await firm.version() == 1 + len({row["at"] for row in await firm.trail()})


async def test_a_requirement_that_ends_meanwhile_is_activated_again(office: Office) -> None:
    firm = await office.found("TIME_TRACKING")
    async with office.connection.transaction():
        await office.connection.execute("select from company where id = $1 for no key update", firm.key)
        waiting = asyncio.create_task(office.activate(firm, "WORK_ORDERS"))
        await blocked(office.connection)
        await office.connection.execute(
            "update company_app set valid = tstzrange(lower(valid), clock_timestamp()) "
            "where company_id = $1 and app_id = 'TIME_TRACKING'", firm.key,
        )  # fmt: skip
        await office.connection.execute(
            "update company set mask = set_bit(mask, (select position from app where id = 'TIME_TRACKING'), 0) "
            "where id = $1", firm.key,
        )  # fmt: skip
    assert codes(await waiting) == []
    assert await firm.active() == await history(firm) == {"WORK_ORDERS", "TIME_TRACKING", *BUILT_IN}
