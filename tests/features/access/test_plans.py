"""Plans and trials: what sleeps is there for nobody on any path, and wakes as it was."""

import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from resolvers.execution import wakeups
from resolvers.plans import AWAKE, VERSION
from schema.apps import CATALOGUE, App, Plan
from schema.localization.language import Language
from tests.support.company import Firm, change
from tests.support.databases import ROOT, Databases
from tests.support.subscribers import ACCESS, MATRIX, Station, open_station

APPS: Final = ("AGENDA", "CURRENCIES", "DISCOUNTS", "CEBEO", "API_ACCESS")
"""Of every plan: AGENDA and CEBEO are in PREMIUM, CURRENCIES is in PRO."""

PLAN: Final = """
mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  company { id plan activeApps sleepingApps permissionMatrix { version } } errors { code field message } } }
"""
SEEN: Final = """
query ($id: ID!) { company(id: $id) {
  access { apps agenda: can(app: AGENDA) currencies: can(app: CURRENCIES) discounts: can(app: DISCOUNTS) }
  agendaEvents { totalCount } currencies { totalCount } } }
"""
OWNED: Final = """
query ($id: ID!) { company(id: $id) { plan trialEndsAt activeApps sleepingApps
  users { nodes { firstName apps } }
  permissionMatrix { version apps { app } sleepingApps { app plan } rows { cells { app } } } } }
"""
END: Final = "update company set trial_ends_at = now() where id = $1"
TRIAL: Final = "update company set trial_ends_at = now() + $2::interval where id = $1"
GRANT: Final = """
update membership set toggles = toggles | (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where id = any($3::text[]))
where company_id = $1 and id = $2
"""


@pytest.fixture(scope="module")
async def station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    async with open_station(databases, template) as station:
        yield station


@pytest.fixture
async def firm(station: Station) -> Firm:
    """A firm on PREMIUM, whose Anna holds all its apps."""
    firm = await Firm.found(station.connection, *APPS)
    await station.connection.execute(GRANT, firm.key, firm["anna"].membership, APPS)
    return firm


async def set_plan(station: Station, firm: Firm, plan: str, **more: object) -> Any:
    """The payload of a change of plan by the owner that succeeds."""
    given = {"companyId": firm.id, "plan": plan, **more}
    answer = await station.outside.ask(firm["owner"].token, PLAN, input=given)
    assert (answer.errors, answer.data["changePlan"]["errors"]) == ((), [])
    return answer.data["changePlan"]


async def apps_of_viewer(station: Station, firm: Firm, token: str) -> set[str]:
    """The apps of a viewer, of those that are switched here; every way of asking has to agree."""
    answer = await station.outside.ask(token, SEEN, id=firm.id)
    seen = answer.data["company"]
    apps = {app for app in APPS if app in seen["access"]["apps"]}
    assert {app for app in ("AGENDA", "CURRENCIES", "DISCOUNTS") if seen["access"][app.lower()]} == apps - {
        "CEBEO",
        "API_ACCESS",
    }
    assert (seen["agendaEvents"] is not None) is ("AGENDA" in apps)
    assert (seen["currencies"] is not None) is ("CURRENCIES" in apps)
    assert {note.app for note in answer.hidden} == {"AGENDA", "CURRENCIES"} - apps
    return apps


async def owned(station: Station, firm: Firm) -> Any:
    answer = await station.outside.ask(firm["owner"].token, OWNED, id=firm.id)
    assert answer.errors == ()
    return answer.data["company"]


WITHIN: Final = {
    "FREE": {"DISCOUNTS", "API_ACCESS"},
    "PRO": {"DISCOUNTS", "API_ACCESS", "CURRENCIES"},
    "PREMIUM": {*APPS},
}


# --- what sleeps


@pytest.mark.parametrize("plan", ["FREE", "PRO"])
async def test_apps_above_the_plan_sleep_for_everybody_and_wake_as_they_were(
    station: Station, firm: Firm, plan: str
) -> None:
    everybody = ("owner", "partner", "anna", "accountant")
    for now in (plan, "PREMIUM"):
        payload = (await set_plan(station, firm, now))["company"]
        assert payload["plan"] == now
        for name in everybody:
            assert await apps_of_viewer(station, firm, firm[name].token) == WITHIN[now]
        assert await apps_of_viewer(station, firm, firm["bram"].token) == set()
        assert {app for app in APPS if app in payload["activeApps"]} == WITHIN[now]
        assert set(payload["sleepingApps"]) == {*APPS} - WITHIN[now]
    assert await firm.active() >= {*APPS}


async def test_during_the_trial_the_plan_is_as_premium(station: Station, firm: Firm) -> None:
    await station.connection.execute(TRIAL, firm.key, timedelta(hours=1))
    await set_plan(station, firm, "FREE")
    for name in ("owner", "anna", "accountant"):
        assert await apps_of_viewer(station, firm, firm[name].token) == {*APPS}
    seen = await owned(station, firm)
    assert (seen["plan"], seen["sleepingApps"], seen["trialEndsAt"] is not None) == ("FREE", [], True)
    await station.connection.execute(END, firm.key)
    for name in ("owner", "anna", "accountant"):
        assert await apps_of_viewer(station, firm, firm[name].token) == WITHIN["FREE"]


async def test_the_matrix_has_no_column_of_what_sleeps_and_tells_owners_of_it(station: Station, firm: Firm) -> None:
    await set_plan(station, firm, "FREE")
    seen = await owned(station, firm)
    matrix = seen["permissionMatrix"]
    columns = {entry["app"] for entry in matrix["apps"]}
    assert columns & {*APPS} == WITHIN["FREE"]
    assert {cell["app"] for row in matrix["rows"] for cell in row["cells"]} == columns
    assert matrix["sleepingApps"] == [
        {"app": app.name, "plan": CATALOGUE[app].plan.name} for app in App if app.name in {*APPS} - WITHIN["FREE"]
    ]
    apps = {user["firstName"]: set(user["apps"]) & {*APPS} for user in seen["users"]["nodes"]}
    assert (apps["Owner"], apps["Anna"]) == (WITHIN["FREE"], {*APPS})  # what was granted is kept


async def test_only_owners_see_plan_trial_and_what_sleeps(station: Station, firm: Firm) -> None:
    await set_plan(station, firm, "FREE")
    for name in ("anna", "accountant"):
        answer = await station.outside.ask(
            firm[name].token, "query ($id: ID!) { company(id: $id) { plan trialEndsAt sleepingApps } }", id=firm.id
        )
        assert answer.data["company"] == {"plan": None, "trialEndsAt": None, "sleepingApps": None}


async def test_a_key_and_a_look_as_a_user_open_no_more(station: Station, firm: Firm) -> None:
    ask = station.outside.ask
    make = 'mutation ($id: ID) { createApiKey(input: {label: "x", companyId: $id}) { key errors { code } } }'
    key = (await ask(firm["anna"].token, make, id=firm.id)).data["createApiKey"]["key"]
    look = "mutation ($c: ID!, $u: ID!) { startViewAs(input: {companyId: $c, userId: $u}) { token errors { code } } }"
    view = (await ask(firm["owner"].token, look, c=firm.id, u=firm["anna"].id)).data["startViewAs"]["token"]
    for token in (key, view):
        assert await apps_of_viewer(station, firm, token) == {*APPS}
    await set_plan(station, firm, "PRO")
    for token in (key, view):
        assert await apps_of_viewer(station, firm, token) == WITHIN["PRO"]


EXPLAIN: Final = """
query ($id: ID!, $user: ID!, $text: String!, $of: JSON) { company(id: $id) {
  explainAccess(userId: $user, operation: $text, variables: $of) { path visible reason app } } }
"""


async def test_an_explanation_names_the_plan(station: Station, firm: Firm) -> None:
    await set_plan(station, firm, "FREE")
    text = "query ($id: ID!) { company(id: $id) { agendaEvents { totalCount } stockMovements: name } }"
    answer = await station.outside.ask(
        firm["owner"].token, EXPLAIN, id=firm.id, user=firm["anna"].id, text=text, of={"id": firm.id}
    )
    found = {tuple(entry["path"]): entry for entry in answer.data["company"]["explainAccess"]}
    events = found["company", "agendaEvents"]
    assert (events["visible"], events["reason"], events["app"]) == (False, "PLAN", "AGENDA")
    assert found["company", "stockMovements"]["visible"]


# --- what is refused


async def problems(station: Station, firm: Firm, mutation: str, **given: object) -> list[tuple[str, list[str] | None]]:
    return await station.outside.refused(firm["owner"].token, mutation, companyId=firm.id, **given)


async def test_what_sleeps_is_given_to_nobody_and_the_plan_is_named(station: Station, firm: Firm) -> None:
    await set_plan(station, firm, "FREE")
    for app in ("AGENDA", "CURRENCIES", "WORK_ORDERS"):
        assert await problems(station, firm, "activateApp", app=app) == [("PLAN_REQUIRED", ["app"])]
    changes = [change(firm["bram"], "AGENDA", True), change(firm["bram"], "STOCK", True)]
    assert await problems(station, firm, "setAppAccess", expectedVersion=await firm.version(), changes=changes) == [
        ("PLAN_REQUIRED", ["changes", "0", "app"]), ("APP_NOT_ACTIVE", ["changes", "1", "app"]),
    ]  # fmt: skip
    who = {
        "email": "new@firm.test",
        "firstName": "A",
        "lastName": "B",
        "role": "EMPLOYEE",
        "apps": ["QUOTES", "AGENDA"],
    }
    assert await problems(station, firm, "createUser", **who) == [("PLAN_REQUIRED", ["apps", "1"])]
    assert await problems(station, firm, "connectService", app="CEBEO", label="x") == [("PLAN_REQUIRED", ["app"])]


async def test_what_sleeps_can_be_deactivated_and_is_not_activated_twice(station: Station, firm: Firm) -> None:
    await set_plan(station, firm, "FREE")
    await station.outside.done(firm["owner"].token, "deactivateApp", companyId=firm.id, app="CURRENCIES")
    assert await firm.active() & {*APPS} == {*APPS} - {"CURRENCIES"}
    await set_plan(station, firm, "PREMIUM")
    version = await firm.version()
    await station.outside.done(firm["owner"].token, "activateApp", companyId=firm.id, app="AGENDA")
    assert await firm.version() == version


async def test_the_trial_admits_every_app_until_it_ends(station: Station) -> None:
    firm = await Firm.found(station.connection, plan="FREE")
    await station.connection.execute(TRIAL, firm.key, timedelta(hours=1))
    await station.outside.done(firm["owner"].token, "activateApp", companyId=firm.id, app="AGENDA")
    await station.connection.execute(END, firm.key)
    assert await problems(station, firm, "activateApp", app="CURRENCIES") == [("PLAN_REQUIRED", ["app"])]
    assert (await owned(station, firm))["sleepingApps"] == ["AGENDA"]


@pytest.mark.parametrize("language", Language)
async def test_the_refusal_names_app_and_plan_in_every_language(station: Station, language: Language) -> None:
    firm = await Firm.found(station.connection, plan="FREE")
    await station.connection.execute(
        "update account set language = $2 where id = $1", firm["owner"].account, language.name
    )
    answer = await station.outside.send(firm["owner"].token, "activateApp", companyId=firm.id, app="CURRENCIES")
    (error,) = answer.data["activateApp"]["errors"]
    assert "Pro" in error["message"]
    assert error["message"] != "Other currencies needs the Pro plan." or language is Language.EN


# --- live


async def test_a_change_of_plan_is_told_at_once(station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 3_600.0)
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    owner = await station.follow(firm["owner"].token, MATRIX, firm)
    await station.heard()
    await set_plan(station, firm, "FREE")
    assert "AGENDA" not in (await anna.next())["accessChanged"]["apps"]
    columns = {entry["app"] for entry in (await owner.next())["permissionMatrixChanged"]["apps"]}
    assert columns & {*APPS} == WITHIN["FREE"]
    await set_plan(station, firm, "PREMIUM")
    assert "AGENDA" in (await anna.next())["accessChanged"]["apps"]


async def test_the_end_of_a_trial_is_told_when_it_comes(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 3_600.0)
    await station.connection.execute("update company set plan = 'FREE' where id = $1", firm.key)
    await station.connection.execute(TRIAL, firm.key, timedelta(seconds=1))
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    owner = await station.follow(firm["owner"].token, MATRIX, firm)
    version = await firm.version()
    seen = (await anna.next())["accessChanged"]["apps"]
    assert set(seen) & {*APPS} == WITHIN["FREE"]
    matrix = (await owner.next())["permissionMatrixChanged"]
    assert {entry["app"] for entry in matrix["apps"]} & {*APPS} == WITHIN["FREE"]
    assert matrix["version"] == version + 1


async def test_the_term_of_somebody_from_outside_ends_a_subscription_when_it_comes(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 3_600.0)
    term = "update membership set until = now() + interval '1 second' where id = $1"
    await station.connection.execute(term, firm["accountant"].membership)
    follower = await station.follow(firm["accountant"].token, ACCESS, firm)
    assert await follower.ended() == ["ACCESS_REVOKED"]


# --- the words


AT: Final = f"""
select ({AWAKE.format("c")}) = c.mask awake, {VERSION.format("c")} - c.access_version ended from company c where id = $1
"""


async def test_the_second_of_the_end_is_after_it_for_apps_and_version(station: Station, firm: Firm) -> None:
    connection, found = station.connection, list[Any]()
    await connection.execute("update company set plan = 'FREE' where id = $1", firm.key)
    async with connection.transaction():
        for moment in ("now() + interval '1 microsecond'", "now()", "null"):
            await connection.execute(f"update company set trial_ends_at = {moment} where id = $1", firm.key)
            found.append(tuple(await connection.fetchrow(AT, firm.key) or ()))
    assert found == [(True, 0), (False, 1), (False, 0)]


@pytest.mark.parametrize("plan", Plan)
async def test_the_mask_of_the_plan_follows_mask_and_plan(station: Station, firm: Firm, plan: Plan) -> None:
    connection = station.connection
    await connection.execute("update company set plan = $2 where id = $1", firm.key, plan.name)
    await connection.execute(
        "update company set mask = set_bit(mask, $2, 0) where id = $1", firm.key, CATALOGUE[App.CEBEO].position
    )
    bits = await connection.fetchval("select plan_mask::text from company where id = $1", firm.key)
    active = {app for app in App if app.name in await firm.active()}
    assert {app for app in App if bits[CATALOGUE[app].position] == "1"} == {
        app for app in active if plan.covers(CATALOGUE[app].plan)
    }


def test_an_app_is_in_no_lower_plan_than_what_it_requires() -> None:
    assert all(
        entry.plan in (Plan.PREMIUM, CATALOGUE[required].plan) or entry.plan.covers(CATALOGUE[required].plan)
        for entry in CATALOGUE.values()
        for required in entry.requires
    )


READER: Final = re.compile(
    r"""\bc(?:ompany)?\d*\.(?:plan_)?mask\b|company(?:_scope)?(?:\.company)?\[["'](?:plan_)?mask["']\]"""
)
FOLDERS: Final = ("resolvers", "gateway", "schema")
WRITERS: Final = {
    "resolvers/admin/company_plan.py": "shows what is above the plan, whether it sleeps or not",
    "resolvers/mutations/company_lock.py": "an app may be deactivated while it sleeps",
    "resolvers/writing/access/apps.py": "writes it",
    "resolvers/writing/access/statement.py": "an app may be deactivated while it sleeps",
}
"""Who else may name the masks of a company, and why."""


def readers(text: str) -> list[str]:
    """The places in a text that read a mask of a company by its name."""
    return READER.findall(text)


def test_a_company_mask_is_read_by_its_one_word_only() -> None:
    found = {
        str(file.relative_to(ROOT))
        for folder in FOLDERS
        for file in Path(ROOT / folder).rglob("*.py")
        if readers(file.read_text(encoding="utf-8"))
    }
    assert found == set(WRITERS)


SQL: Final = re.compile(r"\bc\d+\.mask\b")
AWAKE: Final = (
    r"case when (c\d+)\.trial_ends_at is null or \1\.trial_ends_at <= now\(\) then \1\.plan_mask else \1\.mask end"
)


def test_no_compiled_statement_reads_the_mask_of_a_company_past_the_plan() -> None:
    files = sorted((ROOT / "tests" / "golden" / "cases").glob("*.sql"))
    assert files
    for file in files:
        text = " ".join(file.read_text(encoding="utf-8").split())
        whole = re.findall(AWAKE, text)
        asleep = re.findall(r"\bc\d+\.mask & ~", text)
        handed_on = re.findall(r"\bc\d+\.mask c\d+_mask\b", text)
        assert len(SQL.findall(text)) == len(whole) + len(asleep) + len(handed_on), file.name
        again = re.findall(r"\b[pq]\.c\d+_mask mask\b", text)  # under its own name, which counts as above
        assert len(re.findall(r"\bc\d+_mask\b", text)) == len(handed_on) + len(again), file.name
