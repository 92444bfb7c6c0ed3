"""Planned work: what field workers see and what is hidden from them, and the demo's planning, which fits together."""

from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tables.work.climate import WARMING
from resolvers.execution.executor import Executor
from resolvers.gates.table import CoordinateKind, GatedCoordinate, gate_table
from schema import schema
from schema.types.work.climate import Refrigerant
from tests.differential.operations.walking import of_companies, shown_at
from tests.golden.record import read_answer
from tests.golden.world import LAMBERT, World
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

KEY: Final = LAMBERT.removeprefix("com_")
COSTS: Final = (
    "hourlyCost", "purchasePrice", "profitMargin", "profitAmount", "totalCost", "totalProfit", "openBalance",
)  # fmt: skip
"""What a field worker has no business to know."""

LINES: Final[dict[str, list[GatedCoordinate]]] = defaultdict(list)
for _line in gate_table(schema.core):
    if _line.kind is CoordinateKind.FIELD and _line.name in COSTS:
        LINES[_line.name].append(_line)


async def seen(world: World, login: str, selection: str) -> Any:
    """What somebody gets of Chauffage Lambert, notes included."""
    async with world.signed_in(login) as token:
        answer = read_answer(await world.ask(f'{{ company(id: "{LAMBERT}") {{ {selection} }} }}', token=token))
    assert "errors" not in answer
    return answer


async def selected(world: World, login: str, selection: str) -> Any:
    """The same without notes."""
    return (await seen(world, login, selection))["data"]["company"]


async def test_who_does_the_work_sees_what_the_customer_signed(world: World) -> None:
    orders = await selected(
        world,
        "eva",
        "workOrders(first: 100) {"
        " nodes { status plannedEnd signature { id signedAt signerName imageUrl } customer { name } } }",
    )
    nodes = orders["workOrders"]["nodes"]
    assert {node["status"] for node in nodes if node["signature"]} == {"DONE"}
    for node in nodes:
        if node["signature"]:
            assert (node["signature"]["signedAt"], node["signature"]["signerName"]) == (
                node["plannedEnd"],
                node["customer"]["name"],
            )
            assert node["signature"]["imageUrl"].startswith("https://")


# One's own work

MINE: Final = {
    "tasks": ("assignee { id }", "assignee"),
    "timeEntries": ("user { id }", "user"),
    "workOrders": ("assignees { id }", "assignees"),
    "agendaEvents": ("users { id }", "users"),
}
"""The lists with `mine`, with the members of each row."""


def of_row(node: Any, key: str) -> set[str]:
    """The ids of the members of a row, for one or several."""
    found: Any = node[key]
    if isinstance(found, list):
        return {member["id"] for member in found}  # pyright: ignore[reportUnknownVariableType]
    return {found["id"]} if found else set()


@pytest.mark.parametrize("listed", MINE)
async def test_ones_own_work_is_found_by_mine_and_by_ones_id(world: World, listed: str) -> None:
    me = (await selected(world, "karim", "access { user { id firstName } }"))["access"]["user"]
    assert me["firstName"] == "Karim"
    selection, key = MINE[listed]
    by_id = {"assignees": "assignee", "users": "user"}.get(key, key)
    found = await selected(
        world,
        "karim",
        f"""
        all: {listed} {{ totalCount }}
        mine: {listed}(filter: {{mine: true}}, first: 100) {{ totalCount nodes {{ {selection} }} }}
        others: {listed}(filter: {{mine: false}}, first: 100) {{ totalCount nodes {{ {selection} }} }}
        byId: {listed}(filter: {{{by_id}: {{eq: "{me["id"]}"}}}}) {{ totalCount }}
        nobody: {listed}(filter: {{{by_id}: {{isNull: true}}}}, first: 100) {{ nodes {{ {selection} }} }}
        somebody: {listed}(filter: {{{by_id}: {{isNull: false}}}}, first: 100) {{ nodes {{ {selection} }} }}
        """,
    )
    assert found["mine"]["totalCount"] == found["byId"]["totalCount"] > 5
    assert found["mine"]["totalCount"] + found["others"]["totalCount"] == found["all"]["totalCount"]
    assert all(me["id"] in of_row(node, key) for node in found["mine"]["nodes"])
    assert found["others"]["nodes"]
    assert not any(me["id"] in of_row(node, key) for node in found["others"]["nodes"])
    assert not any(of_row(node, key) for node in found["nobody"]["nodes"])
    assert all(of_row(node, key) for node in found["somebody"]["nodes"])


async def test_who_comes_from_outside_is_no_user_and_has_no_tasks(world: World) -> None:
    own = "access { user { id } } tasks(filter: {mine: true}) { totalCount }"
    assert await selected(world, "compta", own) == {"access": {"user": None}, "tasks": {"totalCount": 0}}


# What is hidden


@pytest.mark.parametrize("name", LINES)
async def test_a_field_worker_sees_no_costs_margins_or_balances_on_any_path(world: World, name: str) -> None:
    known: list[Any] = []
    for line in LINES[name]:
        for selection, path in of_companies(line):
            assert shown_at(line, path, await selected(world, "eva", selection)) == [], selection
            known += shown_at(line, path, await selected(world, "lambert", selection))
    assert known


async def test_the_cost_of_an_hour_is_for_owners_even_among_those_who_record_time(world: World) -> None:
    selection = "timeEntries(first: 20) { nodes { user { hourlyRate hourlyCost } } }"
    answer = await seen(world, "eva", selection)
    users = [entry["user"] for entry in answer["data"]["company"]["timeEntries"]["nodes"]]
    assert {user["hourlyCost"] for user in users} == {None}
    assert any(user["hourlyRate"] for user in users)
    path = ["company", "timeEntries", "nodes", "user", "hourlyCost"]
    assert answer["extensions"]["hidden"] == [{"path": path, "role": "OWNER", "companies": [LAMBERT]}]
    known = await selected(world, "lambert", selection)
    assert any(entry["user"]["hourlyCost"] for entry in known["timeEntries"]["nodes"])


async def test_who_left_still_shows_as_the_author_of_working_time(world: World) -> None:
    marc = await world.connection.fetchval(
        "select m.id from membership m join account a on a.id = account_id where email like 'marc@%'"
    )
    his = f'filter: {{user: {{eq: "usr_{marc.hex}"}}}}'
    entries = f"timeEntries(first: 3, {his}) {{ totalCount nodes {{ user {{ firstName }} }} }}"
    found = (await selected(world, "eva", entries))["timeEntries"]
    assert found["totalCount"] > 100
    assert found["nodes"] == [{"user": {"firstName": "Marc"}}] * 3


async def test_who_left_still_stands_on_old_work_orders(world: World) -> None:
    old = 'filter: {plannedStart: {lt: "2024-05-01T00:00:00Z"}}'
    found = await selected(world, "eva", f"workOrders(first: 20, {old}) {{ nodes {{ assignees {{ firstName }} }} }}")
    names = {who["firstName"] for order in found["workOrders"]["nodes"] for who in order["assignees"]}
    assert names == {"Marc", "Karim"}


async def test_time_for_tasks_is_in_no_calendar_of_who_has_no_tasks(world: World) -> None:
    """Eva plans work orders but no tasks, Karim both."""
    counts = {
        row["kind"]: row["count"]
        for row in await world.connection.fetch(
            "select kind, count(*) from agenda_event where company_id = $1 group by kind", KEY
        )
    }
    for login, hidden in (("eva", {"TASK"}), ("karim", set[str]())):
        found = await selected(world, login, "agendaEvents(first: 100) { totalCount nodes { kind } }")
        assert found["agendaEvents"]["totalCount"] == sum(counts[kind] for kind in counts.keys() - hidden)
        assert not hidden & {event["kind"] for event in found["agendaEvents"]["nodes"]}
    assert counts["TASK"] > 10


# Across apps


@dataclass(frozen=True, slots=True)
class Site:
    """A firm that plans, with one project: a quote, an invoice, a work order with an hour on it, a plan made of it.

    There is another one of each that has nothing to do with it.
    """

    ask: Asker
    firm: Firm

    async def reads(self, who: str, selection: str, *apps: str) -> Answer:
        """The answer to somebody who holds exactly these apps, and those that everybody holds."""
        await self.firm.connection.execute(
            """
            update membership set toggles = (
              select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app
              where always_visible or id = any($3::text[]))
            where company_id = $1 and id = $2
            """,
            self.firm.key, self.firm[who].membership, apps,
        )  # fmt: skip
        return await self.ask(self.firm[who].token, f'{{ company(id: "{self.firm.id}") {{ {selection} }} }}')


FOUND: Final = """
with phase as (
  insert into project_phase (company_id, name, colour, rank) values ($1, 'Chantier', '#000000', 1) returning id
), project as (
  insert into project (company_id, number, name, phase_id) select $1, 'PR1', 'Villa', id from phase returning id
), document as (
  insert into document (company_id, kind, number, sequence_number, date, status, total_excl, total_vat, total_incl,
                        total_incl_base, project_id)
  select $1, kind, kind || n, 1, '2026-03-01', 'DRAFT', 1, 0, 1, 1, case n when 1 then project.id end
  from project, unnest(array['QUOTE', 'INVOICE']) kind, generate_series(1, 2) n returning id, number
), work as (
  insert into work_order (company_id, number, title, quote_id, project_id)
  select $1, 'W1', 'Placement', document.id, project.id from project, document where number = 'QUOTE1' returning id
), assigned as (
  insert into work_order_assignee (company_id, work_order_id, membership_id) select $1, id, $2 from work
), plan as (
  insert into maintenance_plan (company_id, name, interval_months, source_work_order_id)
  select $1, name, 12, case name when 'Entretien' then id end from work, unnest(array['Ramonage', 'Entretien']) name
)
insert into time_entry (company_id, user_id, start, work_order_id, project_id)
select $1, $2, '2026-03-02 08:00Z'::timestamptz + n * interval '1 hour', case n when 0 then work.id end, project.id
from work, project, generate_series(0, 1) n
"""
APPS: Final = ("PROJECTS", "WORK_ORDERS", "TIME_TRACKING", "PERIODIC_MAINTENANCE")


@pytest.fixture(scope="module")
async def site(databases: Databases, template: str) -> AsyncGenerator[Site]:
    """A firm with a project, in a database of this module's own."""
    dsn = await databases.clone(template)
    connection: Connection = await connect(dsn)
    database = await Database.open(dsn, PoolSettings(size=2, share=2))
    firm = await Firm.found(connection, *APPS)
    await connection.execute(FOUND.replace("$1", f"'{firm.key}'").replace("$2", f"'{firm['bram'].membership}'"))
    yield Site(Asker(Executor(database)), firm)
    await database.close()
    await connection.close()
    await databases.drop(dsn)


async def test_a_project_lists_the_documents_of_held_kinds_only(site: Site) -> None:
    selection = "projects { nodes { documents { totalCount nodes { number project { number } } } } }"
    quote = {"number": "QUOTE1", "project": {"number": "PR1"}}
    answer = await site.reads("anna", selection, "PROJECTS", "QUOTES")
    assert answer.data["company"]["projects"]["nodes"] == [{"documents": {"totalCount": 1, "nodes": [quote]}}]
    assert answer.hidden == ()
    answer = await site.reads("anna", selection, "PROJECTS", "QUOTES", "INVOICES")
    assert answer.data["company"]["projects"]["nodes"][0]["documents"]["totalCount"] == 2


async def test_a_document_tells_nothing_of_its_project_without_projects(site: Site) -> None:
    selection = "quotes(orderBy: [NUMBER_ASC], first: 1) { nodes { number project { number } } }"
    answer = await site.reads("anna", selection, "QUOTES")
    assert answer.data["company"]["quotes"]["nodes"] == [{"number": "QUOTE1", "project": None}]
    assert [note.app for note in answer.hidden] == ["PROJECTS"]
    filtered = 'quotes(filter: {project: {oneOf: ["prj_0"]}}) { totalCount }'
    answer = await site.reads("anna", filtered, "QUOTES")
    assert answer.data["company"]["quotes"] is None
    assert answer.codes == ["APP_REQUIRED"]


async def test_the_working_time_of_a_work_order_needs_both_apps(site: Site) -> None:
    selection = "workOrders { nodes { number timeEntries { totalCount nodes { user { firstName } } } } }"
    answer = await site.reads("anna", selection, "WORK_ORDERS")
    assert answer.data["company"]["workOrders"]["nodes"] == [{"number": "W1", "timeEntries": None}]
    answer = await site.reads("anna", selection, "WORK_ORDERS", "TIME_TRACKING")
    hours = {"totalCount": 1, "nodes": [{"user": {"firstName": "Bram"}}]}
    assert answer.data["company"]["workOrders"]["nodes"] == [{"number": "W1", "timeEntries": hours}]


async def test_a_work_order_and_the_plan_made_from_it_lead_to_each_other(site: Site) -> None:
    forth = "workOrders { nodes { assignees { firstName } maintenance { name sourceWorkOrder { number } } } }"
    answer = await site.reads("anna", forth, "WORK_ORDERS", "PERIODIC_MAINTENANCE")
    plan = {"name": "Entretien", "sourceWorkOrder": {"number": "W1"}}
    assert answer.data["company"]["workOrders"]["nodes"] == [
        {"assignees": [{"firstName": "Bram"}], "maintenance": plan}
    ]
    back = "maintenancePlans(first: 1, orderBy: [NAME_ASC]) { nodes { name sourceWorkOrder { number } } }"
    answer = await site.reads("anna", back, "PERIODIC_MAINTENANCE")
    assert answer.data["company"]["maintenancePlans"]["nodes"] == [{"name": "Entretien", "sourceWorkOrder": None}]


# What is worked out


def test_the_schema_and_the_tables_know_the_same_refrigerants() -> None:
    assert [refrigerant.name for refrigerant in Refrigerant] == list(WARMING)
    for refrigerant, potential in WARMING.items():
        described = schema.core.type_map["Refrigerant"].values[refrigerant].description  # type: ignore[attr-defined]
        assert f"warms the climate {potential} times" in described


@pytest.fixture
async def every_app(world: World) -> AsyncGenerator[None]:
    """Chauffage Lambert with every app active, those that it no longer uses included."""
    mask = await world.connection.fetchval("select mask from company where id = $1", KEY)
    await world.connection.execute("update company set mask = ~ repeat('0', 256)::bit(256) where id = $1", KEY)
    yield
    await world.connection.execute("update company set mask = $2 where id = $1", KEY, mask)


@pytest.mark.usefixtures("every_app")
async def test_what_a_refrigerant_does_to_the_climate_is_its_weight_times_its_potential(world: World) -> None:
    selection = "climateInstallations(first: 100) { nodes { refrigerant nominalKg co2EquivalentT } }"
    found = await selected(world, "lambert", selection)
    installations = found["climateInstallations"]["nodes"]
    assert {row["refrigerant"] for row in installations} >= {"R32", "R410A"}
    for row in installations:
        exact = Decimal(row["nominalKg"]) * WARMING[row["refrigerant"]] / 1000
        assert Decimal(row["co2EquivalentT"]) == exact.quantize(Decimal("0.001"), ROUND_HALF_UP)


# The demo

REAL = "(select id from company where name not like 'Twin of %')"
"""The companies of the demo without the twins that the tests put beside them."""


async def test_working_time_in_the_demo_fits_the_work_orders(world: World) -> None:
    wrong = await world.connection.fetch(
        f"""
        select w.number, t.start, t."end" from time_entry t join work_order w on w.id = t.work_order_id
        where t.company_id = w.company_id and t.company_id in {REAL} and (
          t.start < w.planned_start or t.start > w.planned_end
          or coalesce(t."end", t.start) > w.planned_end + interval '15 minutes'
          or t.project_id is distinct from w.project_id or w.status not in ('DONE', 'IN_PROGRESS')
          or (t."end" is null and w.status <> 'IN_PROGRESS')
          or t.user_id not in (select membership_id from work_order_assignee where work_order_id = w.id))
        """
    )
    assert wrong == []
    assert await world.connection.fetchval("select count(*) from time_entry where work_order_id is not null") > 500


async def test_nobody_in_the_demo_works_in_two_places_at_once(world: World) -> None:
    twice = """
    select a.id from {table} a join {table} b on a.company_id = b.company_id and {same} and a.id < b.id
    where a.company_id in {real} and (a.start, a."end") overlaps (b.start, b."end")
    """
    assert await world.connection.fetch(twice.format(table="time_entry", same="a.user_id = b.user_id", real=REAL)) == []
    planned = """
    (select w.id, w.company_id, membership_id, planned_start as start, planned_end as "end" from work_order w
     join work_order_assignee s on s.company_id = w.company_id and work_order_id = w.id where status <> 'CANCELLED')
    """
    assert (
        await world.connection.fetch(twice.format(table=planned, same="a.membership_id = b.membership_id", real=REAL))
        == []
    )


async def test_work_orders_of_the_demo_come_after_their_quotes_and_go_to_who_worked_there_then(world: World) -> None:
    wrong = await world.connection.fetch(
        f"""
        select w.number from work_order w
        left join document d on d.company_id = w.company_id and d.id = w.quote_id
        left join contact c on c.company_id = w.company_id and c.id = w.customer_id
        left join work_order_assignee s on s.company_id = w.company_id and s.work_order_id = w.id
        left join membership m on m.company_id = w.company_id and m.id = s.membership_id
        where w.company_id in {REAL} and (w.created_at < d.created_at or d.status <> 'ACCEPTED' or d.kind <> 'QUOTE'
          or d.customer_id <> w.customer_id or c.created_at > w.created_at or w.planned_start < w.created_at
          or m.accepted_at > w.planned_start or m.removed_at < w.planned_start or w.planned_end <= w.planned_start)
        """
    )
    assert wrong == []
    assert await world.connection.fetchval("select count(*) from work_order where quote_id is not null") > 400
