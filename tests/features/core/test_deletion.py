"""Deleted rows: in no list, count, search or node, but still shown where others refer to them; authors of what is left.

The lists are those of every table whose rows can be deleted.
"""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, is_required_argument

from db.tables import metadata
from db.tables.metadata import DELETED
from resolvers.compilation.table_mapping import TableOf
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import id_prefix, named_type, node_type
from tests.golden.world import LAMBERT, World
from tests.support.databases import Databases, demo_template

DELETABLE: Final = {name for name, table in metadata.tables.items() if DELETED in table.columns}
PARTIAL: Final = {"lowStock"}
"""Lists of some rows of their type."""

COMPANY: Final = LAMBERT.removeprefix("com_")
OPEN_ALL: Final = "update company set mask = ~ repeat('0', 256)::bit(256) where id = $1"


def lists() -> Iterator[tuple[str, str, bool]]:
    """Every connection of a company over a table with deletion: its name, the type of its rows, its filter's word."""
    compiler = default_compiler()
    company = compiler.schema.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    for name, field in company.fields.items():
        rows = node_type(named_type(field))
        if rows is None or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if isinstance(rows, GraphQLObjectType) and compiler.layout.placement(rows.name).table.name in DELETABLE:
            filter_ = named_type(field.args["filter"])
            assert isinstance(filter_, GraphQLInputObjectType)
            yield name, rows.name, "deleted" in filter_.fields and name not in PARTIAL


@pytest.fixture(scope="module")
async def world(databases: Databases) -> AsyncGenerator[World]:
    async with World.open(databases, await demo_template(databases)) as world:
        await world.connection.execute(OPEN_ALL, COMPANY)
        yield world


async def asked(world: World, query: str) -> Any:
    """What the owner of the company is told of it."""
    async with world.signed_in("lambert") as token:
        found = await world.ask(f'{{ company(id: "{LAMBERT}") {{ {query} }} }}', None, token)
    assert not found.result.errors, found.result.errors
    return orjson.loads(found.result.data or b"null")["company"]


def rows_of(type_name: str) -> tuple[str, str]:
    """The table of a type's rows in SQL, with the condition that a row is one of the type."""
    placement: TableOf = default_compiler().layout.placement(type_name)
    conditions = [f"{column} = {value!r}" for column, value in placement.where.items()]
    return placement.table.name, " and ".join(["company_id = $1", *conditions])


def test_every_table_with_deletion_is_read_by_a_list_or_below_a_customer() -> None:
    listed = {rows_of(type_)[0] for _, type_, _ in lists()}
    assert listed | {"contact_person", "contact_address"} == DELETABLE
    assert all(metadata.tables[name].info["ended"] == DELETED for name in DELETABLE)


@pytest.mark.parametrize(("name", "type_name", "word"), list(lists()), ids=str)
async def test_a_list_has_what_is_there_or_what_was_deleted(
    world: World, name: str, type_name: str, word: bool
) -> None:
    table, condition = rows_of(type_name)
    prefix = id_prefix(default_compiler().schema.type_map[type_name])
    stored = f"select id, {DELETED} is not null gone from {table} where {condition} order by id"
    rows = await world.connection.fetch(stored, COMPANY)
    gone = {f"{prefix}_{row['id'].hex}" for row in rows if row["gone"]}
    whole = (await asked(world, f"{name} {{ totalCount nodes {{ id }} }}"))[name]
    assert not {node["id"] for node in whole["nodes"]} & gone
    if name not in PARTIAL:
        assert whole["totalCount"] == len(rows) - len(gone)
    if word:
        assert gone
        found = (await asked(world, f"{name}(filter: {{deleted: true}}) {{ totalCount nodes {{ id }} }}"))[name]
        assert ({node["id"] for node in found["nodes"]}, found["totalCount"]) == (gone, len(gone))
        present = (await asked(world, f"{name}(filter: {{deleted: false}}) {{ totalCount }}"))[name]
        inside = (await asked(world, f"{name}(filter: {{not: {{deleted: false}}}}) {{ totalCount }}"))[name]
        assert (present, inside["totalCount"]) == ({"totalCount": whole["totalCount"]}, 0)
    async with world.signed_in("lambert") as token:
        nodes = await world.ask("query ($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": sorted(gone)}, token)
    assert orjson.loads(nodes.result.data or b"") == {"nodes": [None] * len(gone)}


DELETE: Final = "update {} set deleted_at = now() where company_id = $1 and id = $2"
BUYER: Final = """
select c.id, c.name, c.number, i.id invoice from contact c join document i on i.company_id = c.company_id
  and i.customer_id = c.id and i.kind = 'INVOICE'
where c.company_id = $1 and c.deleted_at is null order by i.id limit 1
"""


async def test_what_refers_to_a_deleted_customer_still_shows_it(world: World) -> None:
    buyer = await world.connection.fetchrow(BUYER, COMPANY)
    assert buyer is not None
    search = f'search(text: "{buyer["number"]}") {{ customers {{ nodes {{ name }} }} }}'
    assert {"name": buyer["name"]} in (await asked(world, search))["search"]["customers"]["nodes"]
    await world.connection.execute(DELETE.format("contact"), COMPANY, buyer["id"])
    assert {"name": buyer["name"]} not in (await asked(world, search))["search"]["customers"]["nodes"]
    async with world.signed_in("lambert") as token:
        query = f'{{ node(id: "inv_{buyer["invoice"].hex}") {{ ... on Invoice {{ customer {{ name }} }} }} }}'
        found = await world.ask(query, None, token)
    assert orjson.loads(found.result.data or b"")["node"] == {"customer": {"name": buyer["name"]}}


PART: Final = "select p.id, p.customer_id from {} p where company_id = $1 and deleted_at is null and {} limit 1"


@pytest.mark.parametrize(
    ("table", "of", "field", "prefix"),
    [
        ("contact_person", "true", "contactPersons", "cop"),
        ("contact_address", "kind = 'DELIVERY'", "deliveryAddresses", "adr"),
        ("contact_address", "kind = 'SITE'", "siteAddresses", "adr"),
    ],
)
async def test_parts_of_a_customer_that_were_deleted_are_gone(
    world: World, table: str, of: str, field: str, prefix: str
) -> None:
    part = await world.connection.fetchrow(PART.format(table, of), COMPANY)
    assert part is not None
    query = f'{{ node(id: "cus_{part["customer_id"].hex}") {{ ... on Customer {{ {field} {{ id }} }} }} }}'
    for there in (True, False):
        async with world.signed_in("lambert") as token:
            found = orjson.loads((await world.ask(query, None, token)).result.data or b"")["node"][field]
        assert ({"id": f"{prefix}_{part['id'].hex}"} in found) is there
        await world.connection.execute(DELETE.format(table), COMPANY, part["id"])


SCANNED: Final = """
select id, ean from product where company_id = $1 and ean is not null and deleted_at is null order by id limit 1
"""


async def test_a_scanned_product_that_was_deleted_is_not_found(world: World) -> None:
    await world.connection.execute(
        "update product set ean = '5412345000013' where company_id = $1 and id = "
        "(select min(id::text)::uuid from product where company_id = $1 and deleted_at is null)",
        COMPANY,
    )
    product = await world.connection.fetchrow(SCANNED, COMPANY)
    assert product is not None
    query = f'productByEan(ean: "{product["ean"]}") {{ id }}'
    assert (await asked(world, query))["productByEan"] == {"id": f"pro_{product['id'].hex}"}
    await world.connection.execute(DELETE.format("product"), COMPANY, product["id"])
    assert (await asked(world, query))["productByEan"] is None


SIGN: Final = "update product_group set created_by = $2, updated_by = $3 where company_id = $1"


async def test_authors_are_members_former_members_and_people_from_outside(world: World) -> None:
    inside = await world.connection.fetchrow(
        "select account_id, id, first_name || ' ' || last_name as name from membership "
        "where company_id = $1 and not external and role = 'EMPLOYEE' and accepted_at is not null limit 1",
        COMPANY,
    )
    outside = await world.connection.fetchrow(
        "select account_id, first_name || ' ' || last_name as name from membership "
        "where company_id = $1 and external limit 1",
        COMPANY,
    )
    assert inside is not None
    assert outside is not None
    await world.connection.execute(SIGN, COMPANY, inside["account_id"], outside["account_id"])
    query = "productGroups(first: 1) { nodes { createdBy { name user { id status } } updatedBy { name user { id } } } }"

    async def authors() -> Any:
        (group,) = (await asked(world, query))["productGroups"]["nodes"]
        return group["createdBy"], group["updatedBy"]

    user = {"id": f"usr_{inside['id'].hex}", "status": "ACTIVE"}
    assert await authors() == ({"name": inside["name"], "user": user}, {"name": outside["name"], "user": None})
    await world.connection.execute("update membership set removed_at = now() where id = $1", inside["id"])
    former, _ = await authors()
    assert former == {"name": inside["name"], "user": {**user, "status": None}}
    await world.connection.execute(SIGN, COMPANY, None, COMPANY)
    assert await authors() == (None, None)


async def test_ids_of_other_systems_are_found_as_they_are_written(world: World) -> None:
    rows = await world.connection.fetch(
        "select id from contact where company_id = $1 and is_customer and deleted_at is null order by id limit 2",
        COMPANY,
    )
    for row, text in zip(rows, ("Shop-1", "shop-1"), strict=True):
        update = "update contact set external_id = $3 where company_id = $1 and id = $2"
        await world.connection.execute(update, COMPANY, row["id"], text)

    async def found(criterion: str) -> list[str]:
        answer = await asked(world, f"customers(filter: {{externalId: {{{criterion}}}}}) {{ nodes {{ externalId }} }}")
        return sorted(node["externalId"] for node in answer["customers"]["nodes"])

    assert await found('eq: "Shop-1"') == ["Shop-1"]
    assert await found('oneOf: ["shop-1", "Shop-1", "SHOP-1"]') == ["Shop-1", "shop-1"]
    assert await found('eq: "Shop-1", oneOf: ["shop-1"]') == []
    assert await found("oneOf: []") == []
