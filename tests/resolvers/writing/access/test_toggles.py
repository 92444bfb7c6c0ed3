"""toggles.py: setting toggles, every way of being refused, and the history that it leaves."""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest
from resolvers.writing.access.statement import PROBLEMS
from schema.localization.language import Language
from tests.support.company import ALWAYS, Answer, Asker, Firm, blocked, change, replay
from tests.support.databases import Databases

SET = """
mutation ($company: ID!, $version: Int!, $changes: [AppAccessChange!]!) {
  setAppAccess(input: {companyId: $company, expectedVersion: $version, changes: $changes}) {
    permissionMatrix { version }
    company { id }
    errors { code message field }
  }
}
"""
CONFLICT, APPLIED = ["VERSION_CONFLICT"], []


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded, and how the product is asked there."""

    ask: Asker
    connection: Connection
    dsn: str

    async def found(self, *apps: str) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, *(apps or ("DISCOUNTS", "PURCHASES", "STOCK")))

    async def version(self, firm: Firm, by: str = "owner") -> int:
        """The matrix's version as an owner sees it; none for others."""
        query = "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
        matrix = (await self.ask(firm[by].token, query, id=firm.id)).data["company"]["permissionMatrix"]
        return matrix["version"] if matrix else 0

    async def set(
        self, firm: Firm, *changes: dict[str, object], by: str = "owner", version: int | None = None
    ) -> Answer:
        """The answer to setting toggles on the newest version."""
        expected = await self.version(firm, by) if version is None else version
        return await self.ask(firm[by].token, SET, company=firm.id, version=expected, changes=list(changes))


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=6, share=6)), await connect(dsn)
    yield Office(Asker(Executor(database)), connection, dsn)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def codes(answer: Answer) -> list[str]:
    """The codes in the payload's errors."""
    assert answer.errors == ()
    return [error["code"] for error in answer.data["setAppAccess"]["errors"]]


async def refused(office: Office, firm: Firm, *changes: dict[str, object], **how: Any) -> list[dict[str, Any]]:
    """The payload's errors of a change that must not have written anything."""
    before = await firm.everything()
    answer = await office.set(firm, *changes, **how)
    assert answer.errors == ()
    assert await firm.everything() == before
    assert answer.data["setAppAccess"]["errors"]
    return answer.data["setAppAccess"]["errors"]


async def agrees(firm: Firm) -> None:
    """The masks, the periods of validity and the audit trail tell the same of everybody."""
    trail = await firm.trail()
    for name in ("owner", "partner", "anna", "bram", "clara"):
        toggles = await firm.toggles(name)
        assert toggles == await firm.grants(name)
        assert toggles == replay(trail, firm[name].membership)


# --- what is written


async def test_a_toggle_is_set_and_every_record_of_it_written(office: Office) -> None:
    firm = await office.found()
    before = await firm.version()
    answer = await office.set(firm, change(firm["anna"], "DISCOUNTS", True))
    assert answer.data["setAppAccess"] == {
        "permissionMatrix": {"version": before + 1},
        "company": {"id": firm.id},
        "errors": [],
    }
    assert await firm.version() == before + 1
    assert await firm.toggles("anna") == {"DISCOUNTS", *ALWAYS}
    assert await firm.toggles("bram") == set(ALWAYS)
    (row,) = await firm.trail()
    wanted = {
        "company_id": firm.key,
        "kind": "TOGGLE",
        "actor_id": firm["owner"].account,
        "membership_id": firm["anna"].membership,
        "app_id": "DISCOUNTS",
        "before": False,
        "after": True,
    }
    assert {name: row[name] for name in wanted} == wanted
    await agrees(firm)


async def test_a_period_begins_and_ends_with_its_actors(office: Office) -> None:
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True))
    await office.set(firm, change(firm["anna"], "STOCK", False), by="partner")
    await office.set(firm, change(firm["anna"], "STOCK", True), by="partner")
    periods = await firm.connection.fetch(
        "select lower(valid) since, upper(valid) until, granted_by, revoked_by from app_grant "
        "where company_id = $1 and membership_id = $2 and app_id = 'STOCK' order by valid",
        firm.key, firm["anna"].membership,
    )  # fmt: skip
    first, second = periods
    owner, partner = firm["owner"].account, firm["partner"].account
    assert [first["granted_by"], first["revoked_by"]] == [owner, partner]
    assert [second["granted_by"], second["revoked_by"], second["until"]] == [partner, None, None]
    assert first["since"] < first["until"] < second["since"]
    assert [row["at"] for row in await firm.trail()] == [first["since"], first["until"], second["since"]]
    assert [row["actor_id"] for row in await firm.trail()] == [owner, partner, partner]
    await agrees(firm)


async def test_after_a_clock_that_went_back_periods_follow_each_other_and_so_does_the_trail(office: Office) -> None:
    firm = await office.found()
    cell = firm["anna"]
    assert codes(await office.set(firm, change(cell, "STOCK", True))) == APPLIED
    await firm.let_the_clock_go_back()
    assert codes(await office.set(firm, change(cell, "STOCK", False))) == APPLIED
    await firm.let_the_clock_go_back()
    for granted in (True, False, True):
        assert codes(await office.set(firm, change(cell, "STOCK", granted))) == APPLIED
    periods = await firm.connection.fetch(
        "select lower(valid) since, upper(valid) until from app_grant "
        "where company_id = $1 and membership_id = $2 and app_id = 'STOCK' order by valid",
        firm.key, cell.membership,
    )  # fmt: skip
    moments = [moment for row in periods for moment in (row["since"], row["until"]) if moment is not None]
    assert moments == sorted(set(moments)) == [row["at"] for row in await firm.trail()]
    assert [row["after"] for row in await firm.trail()] == [True, False, True, False, True]
    assert "STOCK" in await firm.toggles("anna")


async def test_many_changes_are_one_mutation(office: Office) -> None:
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True), change(firm["bram"], "QUOTES", True))
    before = await firm.version()
    answer = await office.set(
        firm,
        change(firm["anna"], "STOCK", False),
        change(firm["anna"], "DISCOUNTS", True),
        change(firm["bram"], "DISCOUNTS", True),
        change(firm["bram"], "QUOTES", True),  # on already
        change(firm["clara"], "API_ACCESS", True),
        change(firm["clara"], "CUSTOMERS", True),  # on for everybody
    )
    assert (codes(answer), await firm.version()) == (APPLIED, before + 1)
    assert await firm.toggles("anna") == {"DISCOUNTS", *ALWAYS}
    assert await firm.toggles("bram") == {"DISCOUNTS", "QUOTES", *ALWAYS}
    assert await firm.toggles("clara") == {"API_ACCESS", *ALWAYS}
    assert len(await firm.trail()) == 6
    assert len({row["at"] for row in (await firm.trail())[2:]}) == 1
    await agrees(firm)


@pytest.mark.parametrize("changes", [0, 1], ids=["nothing", "what is so already"])
async def test_what_changes_nothing_leaves_no_trace(office: Office, changes: int) -> None:
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True))
    before = await firm.everything()
    answer = await office.set(
        firm, *[change(firm["anna"], "STOCK", True), change(firm["bram"], "STOCK", False)][: 2 * changes]
    )
    assert codes(answer) == APPLIED
    assert answer.data["setAppAccess"]["permissionMatrix"]["version"] == before[0]
    assert await firm.everything() == before


async def test_an_employee_of_two_companies_is_two_rows(office: Office) -> None:
    first, second = await office.found(), await office.found()
    await office.connection.execute(
        "update membership set account_id = $1 where id = $2", first["anna"].account, second["anna"].membership
    )
    await office.set(first, change(first["anna"], "STOCK", True))
    assert await second.toggles("anna") == set(ALWAYS)
    query = "{ viewer { companies { nodes { id access { can(app: STOCK) } } } } }"
    found = (await office.ask(first["anna"].token, query)).data["viewer"]["companies"]["nodes"]
    assert {node["id"]: node["access"]["can"] for node in found} == {first.id: True, second.id: False}


async def test_the_next_request_sees_it(office: Office) -> None:
    firm = await office.found()
    query = "query ($id: ID!) { company(id: $id) { access { apps } } }"
    for granted in (True, False):
        await office.set(firm, change(firm["anna"], "QUOTES", granted))
        answer = await office.ask(firm["anna"].token, query, id=firm.id)
        assert ("QUOTES" in answer.data["company"]["access"]["apps"]) is granted


async def test_someone_pending_gets_toggles_that_wait(office: Office) -> None:
    firm = await office.found()
    await office.connection.execute("update membership set role = 'EMPLOYEE' where id = $1", firm["pending"].membership)
    assert codes(await office.set(firm, change(firm["pending"], "QUOTES", True))) == APPLIED
    assert "QUOTES" in await firm.toggles("pending")
    assert (await office.ask(firm["pending"].token, "{ viewer { companies { totalCount } } }")).data == {
        "viewer": {"companies": {"totalCount": 0}}
    }


# --- what is refused, with its code


async def test_an_old_version_is_a_conflict(office: Office) -> None:
    firm = await office.found()
    now = await firm.version()
    for version in (now - 1, now + 1, 0, -1, 2_147_483_647):
        (error,) = await refused(office, firm, change(firm["anna"], "STOCK", True), version=version)
        assert (error["code"], error["field"]) == ("VERSION_CONFLICT", ["expectedVersion"])


async def test_a_conflict_gives_the_new_matrix(office: Office) -> None:
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True))
    answer = await office.set(firm, change(firm["anna"], "STOCK", False), version=1)
    assert codes(answer) == CONFLICT
    assert answer.data["setAppAccess"]["permissionMatrix"] == {"version": await firm.version()}


@pytest.mark.parametrize(
    ("who", "app", "granted", "code", "member"),
    [
        ("owner", "STOCK", False, "NOT_TOGGLEABLE", "userId"),
        ("partner", "STOCK", True, "NOT_TOGGLEABLE", "userId"),
        ("accountant", "STOCK", True, "NOT_TOGGLEABLE", "userId"),
        ("accountant", "CUSTOMERS", False, "NOT_TOGGLEABLE", "userId"),
        ("anna", "CUSTOMERS", False, "ALWAYS_VISIBLE", "app"),
        ("anna", "PRODUCTS", False, "ALWAYS_VISIBLE", "app"),
        ("anna", "WORK_ORDERS", True, "APP_NOT_ACTIVE", "app"),
        ("anna", "WORK_ORDERS", False, "APP_NOT_ACTIVE", "app"),
        ("gone", "STOCK", True, "NOT_FOUND", "userId"),
    ],
)
async def test_a_toggle_that_cannot_be_set(
    office: Office, who: str, app: str, granted: bool, code: str, member: str
) -> None:
    firm = await office.found()
    harmless = change(firm["bram"], "STOCK", True)
    (error,) = await refused(office, firm, harmless, change(firm[who], app, granted), harmless | {"app": "QUOTES"})
    assert (error["code"], error["field"]) == (code, ["changes", "1", member])


async def test_whoever_is_not_in_the_company_is_not_found(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    anna = firm["anna"]
    strangers = [
        other["anna"].id,
        other["accountant"].id,
        f"usr_{uuid.uuid4().hex}",
        f"ext_{anna.membership.hex}",  # the row is a member's
        f"usr_{firm['accountant'].membership.hex}",  # and this one an external user's
        f"acc_{anna.account.hex}",
        f"com_{anna.membership.hex}",
        anna.membership.hex,
        str(anna.membership),
        anna.id.upper(),
        f"{anna.id}\n",
        "",
        "usr_",
        "\0",
        "\ud800",
        "usr_" + "g" * 32,
        "usr_" + "٣" * 32,
    ]
    errors = await refused(office, firm, *[change(id_, "STOCK", True) for id_ in strangers])
    assert {error["code"] for error in errors} == {"NOT_FOUND"}
    assert [error["field"] for error in errors] == [["changes", str(n), "userId"] for n in range(len(strangers))]
    assert len({error["message"] for error in errors}) == 1


async def test_a_company_that_is_not_entered_does_not_exist(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    attempts = [
        (other.id, "owner"),
        (firm.id, "pending"),
        (firm.id, "gone"),
        (firm.id, "former"),
        (f"com_{uuid.uuid4().hex}", "owner"),
        (firm.id.upper(), "owner"),
        (firm["owner"].id, "owner"),
        (firm.key.hex, "owner"),
        ("", "owner"),
        ("\0", "owner"),
    ]
    before = [await firm.everything(), await other.everything()]
    answers = [
        await office.ask(
            firm[who].token, SET, company=company, version=1, changes=[change(firm["anna"], "STOCK", True)]
        )
        for company, who in attempts
    ]
    error = {"code": "NOT_FOUND", "message": answers[0].data["setAppAccess"]["errors"][0]["message"]}
    nothing = {"permissionMatrix": None, "company": None, "errors": [error | {"field": ["companyId"]}]}
    for answer in answers:
        assert (answer.data, answer.errors, answer.hidden) == ({"setAppAccess": nothing}, (), ())
    assert [await firm.everything(), await other.everything()] == before


@pytest.mark.parametrize("who", ["anna", "accountant"])
async def test_who_is_no_owner_is_forbidden(office: Office, who: str) -> None:
    firm = await office.found()
    before = await firm.everything()
    for changes in ([change(firm["bram"], "STOCK", True)], [change(firm[who], "STOCK", True)], []):
        answer = await office.set(firm, *changes, by=who, version=77)
        assert answer.data == {"setAppAccess": None}
        assert [(error.code, error.path) for error in answer.errors] == [("FORBIDDEN", ("setAppAccess",))]
    assert await firm.everything() == before


async def test_nobody_is_unauthenticated(office: Office) -> None:
    firm = await office.found()
    changes = [change(firm["bram"], "STOCK", True)]
    before = await firm.everything()
    anonymous = await office.ask(None, SET, company=firm.id, version=1, changes=changes)
    assert (anonymous.data, anonymous.codes) == ({"setAppAccess": None}, ["UNAUTHENTICATED"])
    wrong = await office.ask("wrong", SET, company=firm.id, version=1, changes=changes)
    assert (wrong.data, wrong.codes) == (None, ["UNAUTHENTICATED"])
    assert await firm.everything() == before


async def test_a_cell_may_be_named_once(office: Office) -> None:
    firm = await office.found()
    anna, bram = change(firm["anna"], "STOCK", True), change(firm["bram"], "STOCK", True)
    for again in (anna, anna | {"granted": False}):
        (error,) = await refused(office, firm, anna, bram, again)
        assert (error["code"], error["field"]) == ("VALIDATION", ["changes", "2", "app"])


async def test_too_many_changes_are_refused_before_they_are_looked_at(office: Office) -> None:
    firm = await office.found()
    (error,) = await refused(office, firm, *[change("nobody", "STOCK", True)] * 3_001)
    assert (error["code"], error["field"]) == ("VALIDATION", ["changes"])


async def test_only_the_first_reasons_are_told(office: Office) -> None:
    firm = await office.found()
    errors = await refused(office, firm, *[change("nobody", "STOCK", True)] * 500)
    assert [error["field"][1] for error in errors] == [str(n) for n in range(PROBLEMS)]


async def test_every_reason_is_told_at_once(office: Office) -> None:
    firm = await office.found()
    errors = await refused(
        office,
        firm,
        change(firm["owner"], "STOCK", True),
        change(firm["anna"], "STOCK", True),
        change(firm["anna"], "CUSTOMERS", False),
        change(firm["anna"], "WORK_ORDERS", True),
        change("nobody", "STOCK", True),
    )
    found = [(error["field"][1], error["code"]) for error in errors]
    assert found == [("0", "NOT_TOGGLEABLE"), ("2", "ALWAYS_VISIBLE"), ("3", "APP_NOT_ACTIVE"), ("4", "NOT_FOUND")]


@pytest.mark.parametrize(
    ("language", "message", "forbidden"),
    [
        ("FR", "L'application Gestion des stocks n'est pas active", "Vous n'êtes pas autorisé à faire cela."),
        ("NL", "De app Stockbeheer is niet actief", "U mag dit niet doen."),
        ("EN", "Stock management is not active", "You are not allowed to do this."),
        ("DE", "Die App Lagerverwaltung ist in diesem Unternehmen nicht aktiv", "Sie dürfen dies nicht tun."),
    ],
)
async def test_messages_are_in_the_language_of_the_account(
    office: Office, language: str, message: str, forbidden: str
) -> None:
    firm = await office.found("DISCOUNTS")
    await office.connection.execute("update account set language = $1", language)
    for asked in (Language.FR, Language.NL):
        changes = [change(firm["anna"], "STOCK", True)]
        answer = await office.ask(firm["owner"].token, SET, asked, company=firm.id, version=1, changes=changes)
        assert answer.data["setAppAccess"]["errors"][0]["message"].startswith(message)
        answer = await office.ask(firm["anna"].token, SET, asked, company=firm.id, version=1, changes=changes)
        assert answer.errors[0].message == forbidden


# --- several fields, and payloads


async def test_what_the_first_field_wrote_stays_when_the_second_is_refused(office: Office) -> None:
    firm = await office.found()
    document = """
    mutation ($company: ID!, $first: [AppAccessChange!]!, $second: [AppAccessChange!]!) {
      one: setAppAccess(input: {companyId: $company, expectedVersion: 1, changes: $first}) { errors { code } }
      two: setAppAccess(input: {companyId: $company, expectedVersion: 2, changes: $second}) { errors { code } }
      three: setAppAccess(input: {companyId: "com_x", expectedVersion: 2, changes: $second}) { errors { code } }
      four: setAppAccess(input: {companyId: $company, expectedVersion: 2, changes: $first}) {
        company { access { role } } permissionMatrix { version } errors { code }
      }
    }
    """
    anna, owner = change(firm["anna"], "STOCK", True), change(firm["owner"], "STOCK", True)
    answer = await office.ask(firm["owner"].token, document, company=firm.id, first=[anna], second=[owner])
    assert answer.data == {
        "one": {"errors": []},
        "two": {"errors": [{"code": "NOT_TOGGLEABLE"}]},
        "three": {"errors": [{"code": "NOT_FOUND"}]},
        "four": {"company": {"access": {"role": "OWNER"}}, "permissionMatrix": {"version": 2}, "errors": []},
    }
    assert await firm.toggles("anna") == {"STOCK", *ALWAYS}
    assert await firm.version() == 2


async def test_a_refusal_of_the_second_field_keeps_its_place(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    await office.connection.execute(
        "update membership set account_id = $1 where id = $2", firm["owner"].account, other["anna"].membership
    )
    document = """
    mutation ($one: ID!, $two: ID!, $first: [AppAccessChange!]!) {
      one: setAppAccess(input: {companyId: $one, expectedVersion: 1, changes: $first}) { errors { code } }
      two: setAppAccess(input: {companyId: $two, expectedVersion: 1, changes: []}) { errors { code } }
      __typename
    }
    """
    answer = await office.ask(
        firm["owner"].token, document, one=firm.id, two=other.id, first=[change(firm["anna"], "STOCK", True)]
    )
    assert answer.data == {"one": {"errors": []}, "two": None, "__typename": "Mutation"}
    assert [(error.code, error.path) for error in answer.errors] == [("FORBIDDEN", ("two",))]
    assert await firm.toggles("anna") == {"STOCK", *ALWAYS}


async def test_a_payload_with_hidden_parts_is_no_failure(office: Office) -> None:
    firm = await office.found("STOCK")
    document = """
    mutation ($company: ID!, $changes: [AppAccessChange!]!) {
      setAppAccess(input: {companyId: $company, expectedVersion: 1, changes: $changes}) {
        company { iban customers { nodes { name discount } } invoices(filter: {discount: {gt: "1"}}) { totalCount } }
        errors { code }
      }
    }
    """
    answer = await office.ask(
        firm["owner"].token, document, company=firm.id, changes=[change(firm["anna"], "STOCK", True)]
    )
    payload = answer.data["setAppAccess"]
    assert payload["errors"] == []
    assert payload["company"]["invoices"] is None
    assert [(error.code, error.extensions["app"]) for error in answer.errors] == [("APP_REQUIRED", "DISCOUNTS")]
    assert [(note.path, note.app) for note in answer.hidden] == [
        (("setAppAccess", "company", "customers", "nodes", "discount"), "DISCOUNTS")
    ]
    assert await firm.toggles("anna") == {"STOCK", *ALWAYS}


@pytest.mark.parametrize(
    "selection",
    [
        "company { customers(first: 1000) { totalCount } }",
        "company { customers(first: $n) { totalCount } }",
        "company { customers(first: 1, last: 1) { totalCount } }",
        'company { customers(after: "x") { nodes { id } } }',
        'company { customers(filter: {search: "a\\u0000"}) { totalCount } }',
    ],
)
async def test_a_bad_argument_in_the_payload_refuses_before_anything_is_written(office: Office, selection: str) -> None:
    firm = await office.found()
    before = await firm.everything()
    document = (
        f"mutation ($company: ID!, $changes: [AppAccessChange!]!{', $n: Int' if '$n' in selection else ''}) {{ "
        "setAppAccess(input: {companyId: $company, expectedVersion: 1, changes: $changes}) "
        f"{{ {selection} errors {{ code }} }} }}"
    )
    changes = [change(firm["anna"], "STOCK", True)]
    async with office.connection.transaction():  # while nothing can be written
        await office.connection.execute("select from company where id = $1 for no key update", firm.key)
        answer = await office.ask(firm["owner"].token, document, company=firm.id, changes=changes, n=1000)
    assert (answer.data, answer.codes) == ({"setAppAccess": None}, ["BAD_USER_INPUT"])
    assert await firm.everything() == before


async def test_mutations_are_refused_where_only_queries_are_allowed(office: Office) -> None:
    firm = await office.found()
    before = await firm.everything()
    variables = {"company": firm.id, "version": 1, "changes": [change(firm["anna"], "STOCK", True)]}
    request = GraphQLRequest(SET, variables=variables, token=firm["owner"].token, queries_only=True)
    result = await office.ask.executor.execute(request)
    assert (result.data, result.errors[0].code) == (None, "METHOD_NOT_ALLOWED")
    assert await firm.everything() == before


# --- long histories


@pytest.mark.parametrize("seed", range(3))
async def test_masks_follow_from_history_after_any_sequence(office: Office, seed: int) -> None:
    """Valid and invalid changes in any order: all or nothing, and one more in the version for each that changed."""
    chance, firm = random.Random(seed), await office.found()
    apps = ["QUOTES", "INVOICES", "DISCOUNTS", "STOCK", "CUSTOMERS", "WORK_ORDERS", "API_ACCESS"]
    people = ["anna", "bram", "clara", "anna", "bram", "clara", "partner"]
    expected = {name: set(ALWAYS) for name in people}
    version, conflicts = await firm.version(), 0
    for _ in range(25):
        wanted = {
            (chance.choice(people), chance.choice(apps)): chance.random() < 0.6 for _ in range(chance.randint(0, 4))
        }
        old = chance.random() < 0.1
        answer = await office.set(
            firm,
            *[change(firm[who], app, granted) for (who, app), granted in wanted.items()],
            by=chance.choice(["owner", "partner"]),
            version=version - 1 if old else version,
        )
        possible = not old and all(
            who != "partner" and app != "WORK_ORDERS" and (app != "CUSTOMERS" or granted)
            for (who, app), granted in wanted.items()
        )
        assert (codes(answer) == APPLIED) is possible
        conflicts += not possible
        if possible:
            version += any((app in expected[who]) is not granted for (who, app), granted in wanted.items())
            for (who, app), granted in wanted.items():
                (expected[who].add if granted else expected[who].discard)(app)
        assert await firm.version() == version
    assert 0 < conflicts < 25
    for name in ("anna", "bram", "clara"):
        assert await firm.toggles(name) == expected[name]
    await agrees(firm)


# --- at the same time


async def test_of_two_owners_with_the_same_version_one_wins(office: Office) -> None:
    for _ in range(5):
        firm = await office.found()
        answers = await asyncio.gather(
            office.set(firm, change(firm["anna"], "STOCK", True), by="owner", version=1),
            office.set(firm, change(firm["bram"], "STOCK", True), by="partner", version=1),
        )
        assert sorted(codes(answer) for answer in answers) == [APPLIED, CONFLICT]
        assert await firm.version() == 2
        assert {"STOCK" in await firm.toggles(name) for name in ("anna", "bram")} == {True, False}
        await agrees(firm)


async def test_twenty_at_once_neither_block_each_other_nor_get_lost(office: Office) -> None:
    """Each is applied, refused for what it asks, or a conflict; some name the other owner, who writes as well."""
    firm, chance = await office.found(), random.Random(7)
    people, apps = ["anna", "bram", "clara", "owner", "partner"], ["STOCK", "QUOTES", "DISCOUNTS"]

    async def one(n: int) -> list[str]:
        by = "owner" if n % 2 else "partner"
        cells = {(chance.choice(people), chance.choice(apps)) for _ in range(3)}
        changes = [change(firm[who], app, chance.random() < 0.5) for who, app in cells]
        for _ in range(10):
            found = codes(await office.set(firm, *changes, by=by))
            if found != CONFLICT:
                return found
        return CONFLICT

    found = await asyncio.wait_for(asyncio.gather(*[one(n) for n in range(20)]), 60)
    assert {code for each in found for code in each} <= {"NOT_TOGGLEABLE", "VERSION_CONFLICT"}
    assert APPLIED in found
    trail = await firm.trail()
    assert await firm.version() == 1 + len({row["at"] for row in trail})
    await agrees(firm)


async def test_owners_who_name_each_other_do_not_block_each_other(office: Office) -> None:
    firm = await office.found()
    for _ in range(10):
        answers = await asyncio.gather(
            office.set(firm, change(firm["partner"], "STOCK", True), by="owner", version=1),
            office.set(firm, change(firm["owner"], "STOCK", True), by="partner", version=1),
            office.set(firm, change(firm["owner"], "STOCK", True), by="owner", version=1),
        )
        assert [codes(answer) for answer in answers] == [["NOT_TOGGLEABLE"]] * 3


@pytest.mark.parametrize(
    ("statement", "data", "code"),
    [
        ("update membership set role = 'EMPLOYEE' where id = $1", None, "FORBIDDEN"),
        ("update membership set removed_at = now() where id = $1", "NOT_FOUND", None),
    ],
    ids=["demoted", "removed"],
)
async def test_an_owner_who_stops_being_one_while_waiting_writes_nothing(
    office: Office, statement: str, data: str | None, code: str | None
) -> None:
    firm = await office.found()
    async with office.connection.transaction():
        await office.connection.execute("select from company where id = $1 for no key update", firm.key)
        await office.connection.execute(statement, firm["owner"].membership)
        waiting = asyncio.create_task(office.set(firm, change(firm["anna"], "STOCK", True), version=1))
        await blocked(office.connection)
    answer = await waiting
    payload = answer.data["setAppAccess"]
    assert (payload and payload["errors"][0]["code"], answer.codes) == (data, [code] if code else [])
    assert await firm.toggles("anna") == set(ALWAYS)
    assert await firm.trail() == []


async def test_an_app_that_ends_while_a_grant_waits_is_not_granted(office: Office) -> None:
    firm = await office.found()
    async with office.connection.transaction():
        await office.connection.execute("select from company where id = $1 for no key update", firm.key)
        waiting = asyncio.create_task(office.set(firm, change(firm["anna"], "STOCK", True), version=1))
        await blocked(office.connection)
        await office.connection.execute(
            "update company set mask = set_bit(mask, (select position from app where id = 'STOCK'), 0) where id = $1",
            firm.key,
        )
    assert codes(await waiting) == ["APP_NOT_ACTIVE"]
    assert await firm.toggles("anna") == set(ALWAYS)


async def test_what_is_so_already_waits_for_nobody(office: Office) -> None:
    """It is answered with the version in which it is so, whatever another change is about to do."""
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True))
    other = await connect(office.dsn)
    try:
        async with other.transaction():
            await other.execute("select from company where id = $1 for no key update", firm.key)
            answer = await office.set(firm, change(firm["anna"], "STOCK", True), version=2)
            assert codes(answer) == APPLIED
            assert answer.data["setAppAccess"]["permissionMatrix"] == {"version": 2}
    finally:
        await other.close()


async def test_a_toggle_that_another_owner_takes_away_meanwhile_is_a_conflict(office: Office) -> None:
    """What a change means is decided under the lock, not by what was true when it was sent."""
    firm = await office.found()
    await office.set(firm, change(firm["anna"], "STOCK", True))
    off, on = change(firm["anna"], "STOCK", False), change(firm["anna"], "QUOTES", True)
    async with office.connection.transaction():
        await office.connection.execute("select from company where id = $1 for no key update", firm.key)
        first = asyncio.create_task(office.set(firm, off, by="partner", version=2))
        await blocked(office.connection)
        second = asyncio.create_task(office.set(firm, on, version=2))
        await blocked(office.connection, 2)
    assert [codes(await first), codes(await second)] == [APPLIED, CONFLICT]
    assert await firm.toggles("anna") == await firm.grants("anna") == set(ALWAYS)
    await agrees(firm)
