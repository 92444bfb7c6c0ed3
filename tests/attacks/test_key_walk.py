"""Everything that an API key can ask, made of the schema: no answer has anything of a company that it does not open."""

import re
from collections.abc import AsyncGenerator
from random import Random
from typing import Final

import pytest

from db.connection import Connection
from db.database import Database, PoolSettings
from db.tables import metadata
from resolvers.execution.executor import Executor
from resolvers.gates.coordinates import id_prefix
from resolvers.masks import mask_of
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.apps import CATALOGUE, App
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo
from tests.support.sampling import share
from tests.support.ways import ways

OPENED, OTHER = "Chauffage Lambert", "Bières Delvaux"
ID: Final = re.compile(rb"[0-9a-f]{32}")
PARTS: Final = 12
"""Number of parts into which the paths are cut; a run of all tests walks the first one."""

MAKE: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key errors { code } } }
"""
ALLOW: Final = """
update membership m set toggles = set_bit(toggles, $2, 1) from account a, company c
where a.id = m.account_id and a.email = $1 and c.id = m.company_id and c.name = $3 and m.removed_at is null
"""
SWITCH: Final = """
update membership m set toggles = $2 from account a, company c
where a.id = m.account_id and a.email = $1 and c.id = m.company_id and c.name = $3 and m.removed_at is null
"""
LOSE: Final = """
update membership m set removed_at = now() from account a where a.id = m.account_id and a.email = $1 and m.id = (
  select n.id from membership n join company c on c.id = n.company_id
  where n.account_id = a.id and n.removed_at is null and c.name not in ($2, $3) order by c.name limit 1
)
"""


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.fixture(scope="module")
async def executor(demo: Demo) -> AsyncGenerator[Executor]:
    database = await Database.open(demo.dsn, PoolSettings(size=2))
    yield Executor(database, max_cost=10**9)
    await database.close()


async def ids_in(connection: Connection, *companies: str) -> set[str]:
    """Every key of a row of companies, and their own."""
    tables = [table for table in metadata.tables.values() if table.info.get("tenant") and "id" in table.columns]
    keys = await connection.fetch("select id from company where name = any($1)", companies)
    for table in tables:
        rows = f'select t.id from "{table.name}" t join company c on c.id = t.company_id where c.name = any($1)'
        keys += await connection.fetch(rows, companies)
    return {row["id"].hex for row in keys}


async def some_of_each(connection: Connection, company: str) -> list[str]:
    """A global id of every type that a company has rows of."""
    found: list[str] = []
    for type_ in schema.core.type_map.values():
        prefix = id_prefix(type_)
        for table in metadata.tables.values():
            if prefix and table.info.get("tenant") and type_.name in table.info.get("types", {}):
                rows = (
                    f'select t.id from "{table.name}" t join company c on c.id = t.company_id where c.name = $1 limit 1'
                )
                found += [f"{prefix}_{row['id'].hex}" for row in await connection.fetch(rows, company)]
    return found


async def key(demo: Demo, who: str, **bound: object) -> str:
    """A new key of somebody."""
    made = (await demo.ask(who, MAKE, input={"label": "Walk", **bound})).data["createApiKey"]
    assert made["errors"] == []
    return made["key"]


@pytest.mark.sampled(PARTS)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("who", "bound"), [("compta", True), ("noah", False)])
async def test_nothing_of_a_company_that_a_key_does_not_open_is_in_any_answer(
    demo: Demo, executor: Executor, who: str, bound: bool, part: int
) -> None:
    email = f"{who}@demo.enfact.test"
    await demo.connection.execute(ALLOW, email, CATALOGUE[App.API_ACCESS].position, OPENED)
    await demo.connection.execute(LOSE, email, OPENED, OTHER)
    opened, other = await demo.company(OPENED), await demo.company(OTHER)
    token = await key(demo, who, **({"companyId": opened} if bound else {}))
    names = [row["name"] for row in await demo.connection.fetch("select name from company where name <> $1", OPENED)]
    hidden = await ids_in(demo.connection, *names)
    nodes = [f'"{id_}"' for id_ in await some_of_each(demo.connection, OTHER)]
    shown = 0
    for company, without in ((opened, "viewer"), (other, "viewer"), (opened, "company")):
        lists = (f"[{', '.join(nodes[half::2])}]" for half in range(2))  # one of all is more than a document may ask
        found_by = [ways({"id": f'"{company}"', "ids": ids}, without=without) for ids in lists]
        for text in dict.fromkeys(way.text for found in found_by for way in [*found][part::PARTS]):
            result = await executor.execute(GraphQLRequest(f"{{ {text} }}", token=token))
            assert result.data is not None, (text, result.errors)
            found = {id_.decode() for id_ in ID.findall(result.data)}
            assert not found & hidden, (text, found & hidden)
            assert OTHER.encode() not in result.data
            shown += len(found)
    assert shown > 100 // PARTS


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_key_of_some_apps_answers_as_one_whose_owner_has_only_these(
    demo: Demo, executor: Executor, seed: int
) -> None:
    drawn = Random(seed)
    some = [app for app in CATALOGUE if CATALOGUE[app].always_visible or drawn.random() < 0.5] + [App.API_ACCESS]
    await demo.connection.execute(SWITCH, "noah@demo.enfact.test", mask_of(CATALOGUE), OPENED)
    opened = await demo.company(OPENED)
    free = await key(demo, "noah", companyId=opened)
    narrowed = await key(demo, "noah", companyId=opened, apps=[app.name for app in some])
    answers: dict[str, list[Result]] = {free: [], narrowed: []}
    for token, held in ((free, mask_of(some)), (narrowed, mask_of(CATALOGUE))):
        await demo.connection.execute(SWITCH, "noah@demo.enfact.test", held, OPENED)
        for way in [*ways({"id": f'"{opened}"', "ids": "[]"}, without="viewer")][:: PARTS // share(PARTS)]:
            answers[token].append(await executor.execute(GraphQLRequest(f"{{ {way.text} }}", token=token)))
    assert [(one.data, one.hidden) for one in answers[free]] == [(one.data, one.hidden) for one in answers[narrowed]]
    assert len({one.data for one in answers[free]}) > 100


def aliased(text: str, n: int) -> str:
    """A part of a document under a name of its own."""
    return f"at{n}: {text}"
