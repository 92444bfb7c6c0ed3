"""An accountant's work: the same small question over all clients, one statement however many there are."""

import json
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.features.statements.test_plans import conditions, scans
from tests.golden.world import Outcome, World
from tests.support.databases import Databases, demo_template

CLIENTS: Final = 1_000
PAGES: Final = """
query ($first: Int, $after: String) { viewer { companies(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    id name vatNumber enterpriseNumber access { external }
    invoices(first: 3, orderBy: [DATE_DESC]) { nodes { number date totalIncl } }
  }
} } }
"""
OWN: Final = """
query ($after: String) { viewer { accessChanges(first: 100, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { id kind companyId actor { email } externalUser { email } }
} } }
"""
ACCOUNTANT: Final = "select id from account where email = 'compta@demo.enfact.test'"
MODEL: Final = """
select m.company_id from membership m join account a on a.id = m.account_id
where a.email = 'compta@demo.enfact.test' and m.created_by_accountant
  and (select count(*) from document d where d.company_id = m.company_id and d.kind = 'INVOICE') >= 3
order by 1 limit 1
"""
GROW: Final = (
    """
    create temporary table client as
    select uuidv7() id, 'Client ' || to_char(n, 'FM00000') name, $1::uuid model, $2::uuid accountant
    from generate_series(1, $3::int) n
    """,
    """
    insert into company (id, name, mask)
    select client.id, client.name, company.mask from client join company on company.id = model
    """,
    """
    insert into membership (company_id, id, account_id, external, first_name, last_name, accepted_at,
      created_by_accountant)
    select id, uuidv7(), accountant, true, 'Claire', 'Fontaine', now(), true from client
    """,
    """
    insert into access_change (company_id, kind, actor_id, membership_id)
    select client.id, 'EXTERNAL_ADDED', accountant, membership.id
    from client join membership on membership.company_id = client.id
    """,
)
OTHERS: Final = """
insert into access_change (company_id, at, kind, membership_id, app_id, before, after)
select m.company_id, now() - n * interval '1 hour', 'TOGGLE', m.id, 'STOCK', n % 2 = 0, n % 2 = 1
from membership m, generate_series(1, 600) n where not m.external
"""
"""A long history of everybody else."""

DOCUMENTS: Final = """
insert into document ({columns})
select {values} from client join lateral (
  select * from document where company_id = client.model and kind = 'INVOICE' order by date desc, id limit 4
) d on true
"""


@pytest.fixture(scope="module")
async def crowd(databases: Databases) -> AsyncGenerator[World]:
    """The demo, in which the accountant has a thousand clients."""
    async with World.open(databases, await demo_template(databases)) as world:
        async with world.connection.transaction():
            model, accountant = [await world.connection.fetchval(statement) for statement in (MODEL, ACCOUNTANT)]
            here = await world.connection.fetchval("select count(*) from membership where account_id = $1", accountant)
            make, *fill = GROW
            await world.connection.execute(make, model, accountant, CLIENTS - here)
            for statement in fill:
                await world.connection.execute(statement)
            await world.connection.execute(await _documents(world))
            await world.connection.execute(OTHERS)
        await world.connection.execute("analyze")
        yield world


async def _documents(world: World) -> str:
    """The statement that gives each new client the last invoices of another company, without whom they went to."""
    columns = await world.connection.fetch(
        "select attname from pg_attribute where attrelid = 'document'::regclass and attnum > 0 and not attisdropped "
        "and attgenerated = ''"
    )
    own = {"company_id": "client.id", "id": "uuidv7()"}
    references = await world.connection.fetch(
        "select a.attname from pg_constraint c, unnest(c.conkey) k join pg_attribute a on a.attnum = k "
        "where c.conrelid = 'document'::regclass and a.attrelid = c.conrelid and c.contype = 'f'"
    )
    values = {name: f'd."{name}"' for (name,) in columns} | {name: "null" for (name,) in references} | own
    quoted = ", ".join(f'"{name}"' for name in values)
    return DOCUMENTS.format(columns=quoted, values=", ".join(values.values()))


async def pages(world: World, query: str, field: str, **given: Any) -> list[tuple[Outcome, Any]]:
    """All pages of one of the viewer's lists, as the accountant asks for them."""
    found: list[tuple[Outcome, Any]] = []
    after: str | None = None
    async with world.signed_in("compta") as token:
        while not found or after is not None:
            outcome = await world.ask(query, {**given, "after": after}, token)
            assert outcome.result.data is not None, outcome.result.errors
            page = json.loads(outcome.result.data)["viewer"][field]
            found.append((outcome, page))
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    return found


async def test_one_question_over_62_companies_is_one_statement(world: World) -> None:
    ((outcome, page),) = await pages(world, PAGES, "companies", first=100)
    assert len(outcome.statements) == 1
    assert page["totalCount"] == len(page["nodes"]) == 62
    for company in page["nodes"]:
        dates = [invoice["date"] for invoice in company["invoices"]["nodes"]]
        assert len(dates) == 3
        assert dates == sorted(dates, reverse=True)
        assert company["access"] == {"external": True}


async def test_with_a_thousand_clients_each_page_is_one_statement(crowd: World) -> None:
    found = await pages(crowd, PAGES, "companies", first=100)
    assert [len(outcome.statements) for outcome, _ in found] == [1] * (CLIENTS // 100)
    assert len({outcome.statements[0].sql for outcome, _ in found[1:]}) == 1
    companies = [company for _, page in found for company in page["nodes"]]
    assert len({company["id"] for company in companies}) == found[0][1]["totalCount"] == CLIENTS
    assert {len(company["invoices"]["nodes"]) for company in companies} == {3}


async def test_the_history_of_a_thousand_accesses_is_one_statement_a_page(crowd: World) -> None:
    found = await pages(crowd, OWN, "accessChanges")
    assert {len(outcome.statements) for outcome, _ in found} == {1}
    changes = [change for _, page in found for change in page["nodes"]]
    assert len({change["id"] for change in changes}) == found[0][1]["totalCount"]
    assert len({change["companyId"] for change in changes}) == CLIENTS


async def test_a_page_of_the_history_does_not_read_that_of_others(crowd: World) -> None:
    async with crowd.signed_in("compta") as token:
        outcome = await crowd.ask(OWN, {"after": None}, token)
    (ran,) = outcome.statements
    text = await crowd.connection.fetchval(f"explain (format json, generic_plan) {ran.sql}", *ran.arguments)
    read = [scan for scan in scans(json.loads(text)[0]["Plan"]) if scan.get("Relation Name") == "access_change"]
    assert len(read) == 2  # the page, and the number of all
    for scan in read:
        assert "membership_id" in conditions(scan), scan["Node Type"]
