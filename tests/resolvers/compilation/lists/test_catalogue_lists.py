"""catalogue_lists.py: a list of apps below many rows is prepared once, and says the same as one that is not."""

import re

import orjson

from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from schema.apps import App
from tests.golden.world import World

MATRIX = """
query ($id: ID!, $apps: [App!], $language: Language) {
  company(id: $id) {
    permissionMatrix(apps: $apps) {
      apps { app label(language: $language) requires alwaysVisible }
      rows { id cells { app granted effective editable reason } }
    }
  }
}
"""


def compiled(query: str, **variables: object) -> str:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(query).choose(None)
    return compiler.read(operation, operation.coerce(variables)).sql


def test_the_cells_come_from_rows_that_are_sorted_once() -> None:
    sql = compiled("{ company(id: 1) { permissionMatrix { rows { cells { app granted } } } } }")
    (prepared,) = re.findall(r", p0 as materialized \((.*?) order by (\w+)\.rank", sql)
    assert """'{"app":"'""" in prepared[0]
    assert "order by t2.rank" not in sql.partition(") select ")[2]


def test_what_depends_on_more_than_the_row_is_not_prepared() -> None:
    query = "query ($l: Language) { company(id: 1) { permissionMatrix { apps { app label(language: $l) requires } } } }"
    prepared, _, rest = compiled(query, l="NL").partition(", p0 as materialized (")[2].partition(" order by ")
    assert "app_text" not in prepared
    assert "app_requirement" not in prepared
    assert "app_text" in rest
    assert "app_requirement" in rest


async def test_the_order_and_the_columns_are_those_of_the_catalogue(world: World) -> None:
    company = await world.connection.fetchval("select id from company where name = 'Chauffage Lambert'")
    asked = {"id": f"com_{company.hex}", "apps": ["DISCOUNTS", "INVOICES", "CUSTOMERS"], "language": "NL"}
    async with world.signed_in("lambert") as token:
        outcome = await world.ask(MATRIX, asked, token)
    assert outcome.result.data is not None
    matrix = orjson.loads(outcome.result.data)["company"]["permissionMatrix"]
    columns = [app["app"] for app in matrix["apps"]]
    assert columns == ["CUSTOMERS", "INVOICES", "DISCOUNTS"]
    assert len(matrix["rows"]) > 2
    for row in matrix["rows"]:
        assert [cell["app"] for cell in row["cells"]] == columns


PART = """
query ($id: ID!, $apps: [App!], $people: [ID!]) {
  company(id: $id) { permissionMatrix(apps: $apps, userIds: $people) { id rows { id user { id } } } }
}
"""


async def test_a_part_of_the_matrix_does_not_take_the_place_of_the_whole_in_a_clients_cache(world: World) -> None:
    company = await world.connection.fetchval("select id from company where name = 'Chauffage Lambert'")

    async def matrix(**part: object) -> tuple[str, dict[str, str]]:
        """Its id, and those of its rows by the user."""
        outcome = await world.ask(PART, {"id": f"com_{company.hex}", **part}, token)
        assert outcome.result.data is not None
        found = orjson.loads(outcome.result.data)["company"]["permissionMatrix"]
        return found["id"], {row["user"]["id"]: row["id"] for row in found["rows"] if row["user"]}

    async with world.signed_in("lambert") as token:
        whole, rows = await matrix(apps=None, people=None)
        one, other = list(rows)[:2]
        some_people, same_rows = await matrix(people=[one, other])
        assert same_rows == {one: rows[one], other: rows[other]}  # they are whole
        assert (await matrix(people=[other, one, one]))[0] == some_people
        some_apps, rows_of_two = await matrix(apps=["INVOICES", "QUOTES"])
        assert not {*rows.values()} & {*rows_of_two.values()}
        other_apps, rows_of_one = await matrix(apps=["INVOICES"])
        assert not {*rows_of_two.values()} & {*rows_of_one.values()}
        all_apps, rows_of_all = await matrix(apps=[app.name for app in App])  # more than a list of ids may have
        assert (len(rows_of_all), all_apps in (whole, some_apps)) == (len(rows), False)
        ids = [whole, some_people, some_apps, other_apps, (await matrix(people=[one]))[0], (await matrix(people=[]))[0]]
    assert len({*ids}) == len(ids)
