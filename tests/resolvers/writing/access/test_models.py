"""models.py: users who get the toggles of a colleague or the apps of a preset, and what is refused."""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from gateway.http.rate_limits import RowLimit, Table
from resolvers.execution.executor import Executor
from resolvers.masks import mask_of
from resolvers.request import GraphQLRequest
from resolvers.writing.access.models import MODELLED_USERS, TOGGLES
from schema.apps import CATALOGUE, App
from schema.localization.language import Language
from tests.support.company import ALWAYS, Answer, Asker, Firm, blocked, change, replay
from tests.support.databases import Databases

SET: Final = """mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) {
  permissionMatrix { version } errors { code message field reason } } }"""
MAKE_PRESET: Final = "insert into access_preset (company_id, name, apps) values ($1, $2, $3) returning id"
SLEEP: Final = "update company set plan_mask = set_bit(plan_mask, $2, 0), trial_ends_at = null where id = $1"
BASE: Final = ("QUOTES", "INVOICES", "API_ACCESS")
FIVE: Final = ("STOCK", "DISCOUNTS", *BASE)


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded, and how the product is asked there."""

    ask: Asker
    connection: Connection
    dsn: str

    async def found(self, *apps: str) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, *(apps or ("STOCK", "DISCOUNTS")))

    async def set(self, firm: Firm, by: str = "owner", version: int | None = None, **given: Any) -> Answer:
        """The answer to setting toggles."""
        expected = await firm.version() if version is None else version
        input_: dict[str, Any] = {"companyId": firm.id, "expectedVersion": expected, "changes": [], **given}
        return await self.ask(firm[by].token, SET, input=input_)

    async def have(self, firm: Firm, who: str, *apps: str) -> None:
        """Give somebody these apps."""
        answer = await self.set(firm, changes=[change(firm[who], app, granted=True) for app in apps])
        assert faults(answer) == []

    async def preset(self, firm: Firm, *apps: str, name: str = "Technician") -> str:
        """The id of a new preset."""
        mask = mask_of(App[app] for app in apps)
        return f"aps_{(await self.connection.fetchval(MAKE_PRESET, firm.key, name, mask)).hex}"


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=6, share=6)), await connect(dsn)
    yield Office(Asker(Executor(database)), connection, dsn)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def copied(firm: Firm, *pairs: tuple[str, str]) -> list[dict[str, str]]:
    """`copy` of an input: who gets the toggles of whom."""
    return [{"from": firm[source].id, "to": firm[target].id} for source, target in pairs]


def faults(answer: Answer) -> list[tuple[str, str]]:
    """The codes in the payload's errors, each with its place."""
    assert answer.errors == ()
    return [(error["code"], ".".join(error["field"])) for error in answer.data["setAppAccess"]["errors"]]


async def agrees(firm: Firm) -> None:
    """The masks, the periods of validity and the audit trail tell the same of everybody."""
    trail = await firm.trail()
    for name in ("owner", "partner", "anna", "bram", "clara"):
        toggles = await firm.toggles(name)
        assert toggles == await firm.grants(name) == replay(trail, firm[name].membership)


# --- what is written


async def test_a_colleague_gets_what_the_other_has_and_loses_the_rest(office: Office) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK", "QUOTES")
    await office.have(firm, "bram", "DISCOUNTS", "QUOTES")
    version, told = await firm.version(), len(await firm.trail())
    answer = await office.set(firm, copy=copied(firm, ("anna", "bram")))
    assert faults(answer) == []
    assert answer.data["setAppAccess"]["permissionMatrix"] == {"version": version + 1}
    assert await firm.toggles("bram") == await firm.toggles("anna") == {"STOCK", "QUOTES", *ALWAYS}
    made = (await firm.trail())[told:]
    assert {(row["app_id"], row["before"], row["after"]) for row in made} == {
        ("STOCK", False, True),
        ("DISCOUNTS", True, False),
    }
    assert {(row["membership_id"], row["actor_id"]) for row in made} == {
        (firm["bram"].membership, firm["owner"].account)
    }
    await agrees(firm)


async def test_a_copy_of_what_is_so_already_leaves_no_trace(office: Office) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK")
    await office.have(firm, "bram", "STOCK")
    before = await firm.everything()
    for copy in (copied(firm, ("anna", "bram")), copied(firm, ("anna", "anna")), []):
        answer = await office.set(firm, copy=copy)
        assert faults(answer) == []
        assert answer.data["setAppAccess"]["permissionMatrix"] == {"version": before[0]}
    assert await firm.everything() == before


async def test_copies_read_what_was_before_the_mutation(office: Office) -> None:
    """Two users may change places."""
    firm = await office.found()
    await office.have(firm, "anna", "STOCK")
    await office.have(firm, "bram", "DISCOUNTS")
    copy = copied(firm, ("anna", "bram"), ("bram", "anna"), ("bram", "clara"))
    assert faults(await office.set(firm, copy=copy)) == []
    assert [await firm.toggles(who) for who in ("anna", "bram", "clara")] == [
        {"DISCOUNTS", *ALWAYS}, {"STOCK", *ALWAYS}, {"DISCOUNTS", *ALWAYS},
    ]  # fmt: skip
    await agrees(firm)


async def test_what_is_stated_of_a_toggle_is_what_it_becomes(office: Office) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK", "QUOTES")
    await office.have(firm, "bram", "DISCOUNTS", "QUOTES")
    changes = [
        change(firm["bram"], "STOCK", granted=False),  # anna has it
        change(firm["bram"], "DISCOUNTS", granted=True),  # anna does not
        change(firm["bram"], "INVOICES", granted=True),
        change(firm["anna"], "QUOTES", granted=False),  # which is copied all the same
    ]
    assert faults(await office.set(firm, copy=copied(firm, ("anna", "bram")), changes=changes)) == []
    assert await firm.toggles("bram") == {"DISCOUNTS", "QUOTES", "INVOICES", *ALWAYS}
    assert await firm.toggles("anna") == {"STOCK", *ALWAYS}
    await agrees(firm)


async def test_users_get_the_apps_of_a_preset_in_place_of_their_own(office: Office) -> None:
    """Those of its apps that are not active are left out, and what is visible to all stays so."""
    firm = await office.found()
    await office.have(firm, "anna", "STOCK", "QUOTES")
    preset, empty = await office.preset(firm, "DISCOUNTS", "QUOTES", "WORK_ORDERS"), await office.preset(firm, name="0")
    version = await firm.version()
    await office.have(firm, "clara", "INVOICES")
    apply = [
        {"presetId": preset, "userIds": [firm["anna"].id, firm["bram"].id]},
        {"presetId": empty, "userIds": [firm["clara"].id]},
    ]
    assert faults(await office.set(firm, apply=apply)) == []
    assert await firm.toggles("anna") == await firm.toggles("bram") == {"DISCOUNTS", "QUOTES", *ALWAYS}
    assert await firm.toggles("clara") == set(ALWAYS)
    assert await firm.version() == version + 2
    await agrees(firm)


async def test_apps_that_sleep_are_no_columns_and_are_left_alone(office: Office) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK", "QUOTES")
    await office.have(firm, "bram", "DISCOUNTS")
    for app in (App.STOCK, App.DISCOUNTS):
        await office.connection.execute(SLEEP, firm.key, CATALOGUE[app].position)
    assert faults(await office.set(firm, copy=copied(firm, ("anna", "bram")))) == []
    assert await firm.toggles("bram") == {"DISCOUNTS", "QUOTES", *ALWAYS}


async def test_someone_pending_is_a_model_and_gets_one(office: Office) -> None:
    firm = await office.found()
    await office.connection.execute("update membership set role = 'EMPLOYEE' where id = $1", firm["pending"].membership)
    await office.have(firm, "anna", "STOCK")
    assert faults(await office.set(firm, copy=copied(firm, ("anna", "pending")))) == []
    assert faults(await office.set(firm, copy=copied(firm, ("pending", "bram")))) == []
    assert await firm.toggles("bram") == {"STOCK", *ALWAYS}


@pytest.mark.parametrize("seed", range(3))
async def test_any_models_and_toggles_together_are_what_they_say(office: Office, seed: int) -> None:
    chance, firm = random.Random(seed), await office.found()
    people, expected = ["anna", "bram", "clara"], {name: set[str]() for name in ("anna", "bram", "clara")}
    for n in range(12):
        sets = [{app for app in FIVE if chance.random() < 0.5} for _ in range(2)]
        presets = [await office.preset(firm, *apps, name=f"{n}.{m}") for m, apps in enumerate(sets)]
        before, copy, apply = {name: set(apps) for name, apps in expected.items()}, list[Any](), list[Any]()
        for who in people:
            match chance.randrange(3):
                case 0:
                    source = chance.choice(people)
                    copy += copied(firm, (source, who))
                    expected[who] = set(before[source])
                case 1:
                    which = chance.randrange(2)
                    apply.append({"presetId": presets[which], "userIds": [firm[who].id]})
                    expected[who] = set(sets[which])
                case _:
                    pass
        cells = {(chance.choice(people), chance.choice(FIVE)): chance.random() < 0.5 for _ in range(2)}
        for (who, app), granted in cells.items():
            (expected[who].add if granted else expected[who].discard)(app)
        changes = [change(firm[who], app, granted) for (who, app), granted in cells.items()]
        assert faults(await office.set(firm, copy=copy, apply=apply, changes=changes)) == []
        assert {who: await firm.toggles(who) - ALWAYS for who in people} == expected
    await agrees(firm)


# --- what is refused


async def refused(office: Office, firm: Firm, **given: Any) -> list[tuple[str, str]]:
    """The faults of a change that must not have written anything."""
    before = await firm.everything()
    found = faults(await office.set(firm, **given))
    assert found
    assert await firm.everything() == before
    return found


@pytest.mark.parametrize(
    ("who", "code"), [("owner", "NOT_TOGGLEABLE"), ("accountant", "NOT_TOGGLEABLE"), ("gone", "NOT_FOUND")]
)
async def test_who_has_no_toggles_neither_gives_nor_gets_any(office: Office, who: str, code: str) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK")
    preset = await office.preset(firm, "STOCK")
    good = copied(firm, ("anna", "bram"))
    assert await refused(office, firm, copy=[*good, *copied(firm, (who, "clara"))]) == [(code, "copy.1.from")]
    assert await refused(office, firm, copy=[*good, *copied(firm, ("anna", who))]) == [(code, "copy.1.to")]
    apply = [{"presetId": preset, "userIds": [firm["bram"].id, firm[who].id]}]
    assert await refused(office, firm, apply=apply) == [(code, "apply.0.userIds.1")]


async def test_whoever_and_whatever_is_not_in_the_company_is_not_found(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    preset, deleted = await office.preset(firm, "STOCK"), await office.preset(firm, "STOCK", name="Old")
    theirs = await office.preset(other, "STOCK")
    await office.connection.execute("update access_preset set deleted_at = now() where name = 'Old'")
    anna, bram = firm["anna"], firm["bram"]
    strangers = [
        other["anna"].id, f"usr_{uuid.uuid4().hex}", f"ext_{anna.membership.hex}", preset, anna.id.upper(), "", "\0",
        f"usr_{firm['accountant'].membership.hex}",
    ]  # fmt: skip
    for stranger in strangers:
        found = [await refused(office, firm, copy=[{"from": stranger, "to": bram.id}])]
        found += [await refused(office, firm, copy=[{"from": anna.id, "to": stranger}])]
        found += [await refused(office, firm, apply=[{"presetId": preset, "userIds": [stranger]}])]
        assert found == [[("NOT_FOUND", place)] for place in ("copy.0.from", "copy.0.to", "apply.0.userIds.0")]
    for unknown in (theirs, deleted, f"aps_{uuid.uuid4().hex}", anna.id, "", preset.upper()):
        found = await refused(office, firm, apply=[{"presetId": unknown, "userIds": [anna.id, bram.id]}])
        assert found == [("NOT_FOUND", "apply.0.presetId")]


async def test_a_user_gets_one_model(office: Office) -> None:
    firm = await office.found()
    preset, bram = await office.preset(firm, "STOCK"), firm["bram"].id
    once = copied(firm, ("anna", "bram"))
    twice = [*once, *copied(firm, ("clara", "bram"))]
    assert await refused(office, firm, copy=twice) == [("VALIDATION", "copy.1.to")]
    apply = [{"presetId": preset, "userIds": [bram]}]
    assert await refused(office, firm, copy=once, apply=apply) == [("VALIDATION", "apply.0.userIds.0")]
    apply = [{"presetId": preset, "userIds": [firm["clara"].id, bram, bram]}]
    assert await refused(office, firm, apply=apply) == [("VALIDATION", "apply.0.userIds.2")]


async def test_every_problem_is_told_those_of_models_first(office: Office) -> None:
    firm = await office.found()
    found = await refused(
        office,
        firm,
        changes=[change(firm["anna"], "WORK_ORDERS", granted=True)],
        copy=copied(firm, ("owner", "anna"), ("anna", "partner")),
        apply=[{"presetId": "x", "userIds": [firm["bram"].id]}],
    )
    assert found == [
        ("NOT_TOGGLEABLE", "copy.0.from"),
        ("NOT_TOGGLEABLE", "copy.1.to"),
        ("NOT_FOUND", "apply.0.presetId"),
        ("APP_NOT_ACTIVE", "changes.0.app"),
    ]


@pytest.mark.parametrize("by", ["copy", "apply"])
async def test_more_users_than_that_are_not_looked_at(office: Office, by: str) -> None:
    firm = await office.found()
    ids = [f"usr_{n:032x}" for n in range(MODELLED_USERS + 1)]
    copy = [{"from": firm["anna"].id, "to": id_} for id_ in ids]
    many = {"copy": copy, "apply": [{"presetId": "x", "userIds": ids}]}
    assert await refused(office, firm, **{by: many[by]}) == [("VALIDATION", by)]
    both = {
        "copy": copy[: MODELLED_USERS // 2 + 1],
        "apply": [{"presetId": "x", "userIds": ids[: MODELLED_USERS // 2]}],
    }
    assert await refused(office, firm, **both) == [("VALIDATION", "copy")]


@pytest.mark.parametrize(
    ("language", "message"), [("FR", "Cette personne"), ("NL", "Deze persoon"), ("EN", "This person"), ("DE", "Diese")]
)
async def test_messages_name_no_app(office: Office, language: str, message: str) -> None:
    firm = await office.found()
    await office.connection.execute("update account set language = $1", Language[language].name)
    answer = await office.set(firm, copy=copied(firm, ("owner", "anna")))
    assert answer.data["setAppAccess"]["errors"][0]["message"].startswith(message)
    assert "{" not in answer.data["setAppAccess"]["errors"][0]["message"]


@pytest.mark.parametrize("who", ["anna", "accountant"])
async def test_who_is_no_owner_is_forbidden(office: Office, who: str) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK")
    preset, before = await office.preset(firm, "STOCK"), await firm.everything()
    attempts: list[dict[str, Any]] = [
        {"copy": copied(firm, ("anna", "bram"))},
        {"apply": [{"presetId": preset, "userIds": [firm["anna"].id]}]},
        {"copy": copied(firm, ("owner", "gone"))},
    ]
    for given in attempts:
        answer = await office.set(firm, by=who, **given)
        assert (answer.data, answer.codes) == ({"setAppAccess": None}, ["FORBIDDEN"])
    assert await firm.everything() == before


# --- with others, and what it costs


async def test_a_copy_that_meets_another_change_is_judged_anew(office: Office) -> None:
    """What the model had lost by then is not given."""
    firm = await office.found()
    await office.have(firm, "anna", "STOCK")
    version, other = await firm.version(), await connect(office.dsn)
    try:
        async with other.transaction():
            await other.execute("select from company where id = $1 for no key update", firm.key)
            first = asyncio.create_task(office.set(firm, version=version, copy=copied(firm, ("anna", "bram"))))
            await blocked(office.connection)
            await other.execute(
                "update membership set toggles = $2 where id = $1", firm["anna"].membership, mask_of(())
            )
    finally:
        await other.close()
    assert faults(await first) == []
    assert await firm.toggles("bram") & {"STOCK"} == set()
    answer = await office.set(firm, version=version + 5, copy=copied(firm, ("bram", "clara")))
    assert faults(answer) == [("VERSION_CONFLICT", "expectedVersion")]


async def test_the_rights_that_a_model_gives_count_and_those_that_it_takes_do_not(office: Office) -> None:
    firm = await office.found()
    await office.have(firm, "anna", "STOCK", "QUOTES")
    await office.have(firm, "bram", "DISCOUNTS")
    executor = office.ask.executor
    executor.limit_writes(RowLimit(1, 3_600, Table.own(), lambda: 0.0))
    try:
        assert faults(await office.set(firm, copy=copied(firm, ("anna", "bram")))) == []  # gives two: one too many
        assert (await office.set(firm, copy=copied(firm, ("anna", "clara")))).codes == ["RATE_LIMITED"]
        assert faults(await office.set(firm, copy=copied(firm, ("anna", "bram")))) == []
        assert faults(await office.set(firm, copy=copied(firm, ("clara", "anna"), ("clara", "bram")))) == []
    finally:
        executor.limit_writes(None)
    assert await firm.toggles("anna") == await firm.toggles("bram") == set(ALWAYS)


async def test_each_user_costs_as_many_toggles_as_there_are(office: Office) -> None:
    firm, costs = await office.found(), list[int]()
    ids = [f"usr_{n:032x}" for n in range(MODELLED_USERS)]
    for count in (0, 1, MODELLED_USERS):
        apply = [{"presetId": "x", "userIds": ids[:count]}]
        given = {"companyId": firm.id, "expectedVersion": 1, "changes": [], "apply": apply}
        request = GraphQLRequest(SET, variables={"input": given}, token=firm["owner"].token, wants_cost=True)
        result = await office.ask.executor.execute(request)
        assert result.cost is not None
        costs.append(result.cost[0])
    assert costs[1] - costs[0] == 20 * TOGGLES
    assert costs[2] - costs[0] == 20 * TOGGLES * MODELLED_USERS
