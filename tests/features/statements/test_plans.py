"""How PostgreSQL runs every list of a company: by an index that begins with the company, not by reading a table."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType, is_required_argument

from db.tables import metadata
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import named_type, node_type
from tests.golden.world import World

TENANT = {table.name for table in metadata.tables.values() if table.info.get("tenant")}
FEW_PAGES = 12
"""A table of so few pages is read as a whole, whatever indexes there are."""


def lists() -> Iterator[tuple[str, str]]:
    """Every connection of a company, and those of the rows in it: the list and what is selected of a company."""
    types = default_compiler().schema.type_map
    company = types["Company"]
    assert isinstance(company, GraphQLObjectType)
    for name, field in company.fields.items():
        rows = node_type(named_type(field))
        if rows is None or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        yield name, f"{name}(first: 20) {{ nodes {{ __typename }} }}"
        for below, inner in getattr(rows, "fields", {}).items():
            if node_type(named_type(inner)) is not None:
                yield (
                    f"{name}.{below}",
                    f"{name}(first: 5) {{ nodes {{ {below}(first: 5) {{ nodes {{ __typename }} }} }} }}",
                )


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan that reads a table."""
    if "Relation Name" in plan:
        yield plan
    for below in plan.get("Plans", ()):
        yield from scans(below)


def conditions(scan: dict[str, Any]) -> str:
    """What a scan asks its index for; of a bitmap, the index below it."""
    return " ".join(str(part.get("Index Cond", "")) for part in (scan, *scan.get("Plans", ())))


@pytest.mark.parametrize(("name", "selection"), list(lists()), ids=lambda value: value if "{" not in value else "")
async def test_a_list_is_read_by_an_index_of_its_company(world: World, name: str, selection: str) -> None:
    company = await world.connection.fetchval("select id from company where name = 'Chauffage Lambert'")
    async with world.signed_in("lambert") as token:
        outcome = await world.ask(f'{{ company(id: "com_{company.hex}") {{ {selection} }} }}', token=token)
        (ran,) = outcome.statements
        assert not outcome.result.errors
        text = await world.connection.fetchval(f"explain (format json, generic_plan) {ran.sql}", *ran.arguments)
    known = await world.connection.fetch("select relname::text, relpages from pg_class")
    pages: dict[str, int] = {row[0]: row[1] for row in known}
    read = [scan for scan in scans(json.loads(text)[0]["Plan"]) if scan["Relation Name"] in TENANT]
    assert read
    for scan in read:
        if pages[scan["Relation Name"]] > FEW_PAGES:
            assert "company_id" in conditions(scan), f"{name}: {scan['Node Type']} on {scan['Relation Name']}"
