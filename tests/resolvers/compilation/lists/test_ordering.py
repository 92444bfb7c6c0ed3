"""ordering.py: total orders, cursors that lead through a list once, and cursors that lead nowhere."""

import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.declarations import Table
from db.sql import Sql, rows, sql
from db.tables.connections.connectors import connector_option
from db.tables.core.access_requests import access_request
from db.tables.core.documents import document, document_line
from resolvers.compilation.lists.cursors import KeyOf, cursor_keys, null_pattern
from resolvers.compilation.lists.ordering import Order, OrderKey, column_type
from resolvers.request import RequestError
from schema.errors import ErrorCode
from tests.golden.world import LAMBERT, World

ORDER = Order.by([OrderKey("date", descending=True), OrderKey("discount")])


def cursor_of(*items: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(items).encode()).decode().rstrip("=")


def test_the_id_makes_an_order_total_in_the_direction_of_its_first_key() -> None:
    assert ORDER.keys == (OrderKey("date", True), OrderKey("discount"), OrderKey("id", True))
    assert Order.by([]).keys == (OrderKey("id"),)


def test_a_column_counts_where_it_stands_first() -> None:
    keys = [OrderKey.of_enum(name) for name in ("TOTAL_INCL_DESC", "DATE_ASC", "TOTAL_INCL_ASC")]
    assert Order.by(keys).keys == (OrderKey("total_incl", True), OrderKey("date"), OrderKey("id", True))
    assert OrderKey.parse("-total_incl") == OrderKey.of_enum("TOTAL_INCL_DESC")


@pytest.mark.parametrize(
    ("table", "key", "where", "is_unique"),
    [
        (document_line, "position", [sql("l.company_id = $1::uuid"), sql("l.document_id = d.id")], True),
        (document_line, "-position", [sql("l.company_id = $1::uuid"), sql("l.document_id = d.id")], True),
        (document_line, "position", [sql("l.company_id = $1::uuid")], False),
        (document_line, "position", [sql("l.company_id = $1::uuid"), sql("l.document_id = any($2::uuid[])")], False),
        (document_line, "position", [sql("l.company_id = $1::uuid"), sql("l.document_id = d.id or true")], False),
        (document_line, "total_excl", [sql("l.company_id = $1::uuid"), sql("l.document_id = d.id")], False),
        (access_request, "user_id", [sql("l.company_id = $1::uuid"), sql("l.app_id = $2::text")], False),
        (connector_option, "name", [sql("l.company_id = $1::uuid"), sql("l.service_id = s.id")], False),
    ],
    ids=["unique", "turned", "several", "any", "or", "another key", "only some rows", "sorted by a reading key"],
)
def test_the_id_is_left_out_where_a_unique_index_makes_the_order_total(
    table: Table, key: str, where: list[Sql], *, is_unique: bool
) -> None:
    of = rows(table, sql("l"), company=sql("$1::uuid"))
    order = Order.by([OrderKey.parse(key)])
    assert order.among(of, where).keys == (order.keys[:-1] if is_unique else order.keys)


def test_a_cursor_holds_the_keys_of_its_order() -> None:
    keys = ["2026-11-23", None, "01a207f2-f3fe-7548-a11e-30fab435ecfd"]
    cursor = cursor_of(ORDER.mark, *keys)
    assert cursor_keys(cursor, ORDER) == keys
    assert null_pattern(cursor) == (ORDER.mark, False, True, False)


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        7,
        "",
        "nonsense!",
        cursor_of(ORDER.turned().mark, "2026-11-23", None, "x"),
        cursor_of(ORDER.mark, "2026-11-23", None),
        cursor_of(ORDER.mark, "2026-11-23", 7, "x"),
        cursor_of(ORDER.mark, ["2026-11-23"], None, "x"),
        cursor_of(),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        cursor_of(ORDER.mark, "2026-11-23", None, "x" * 4_000),
    ],
    ids=[
        "null", "number", "empty", "no base64", "another order", "too few keys", "a number", "a list", "no mark",
        "object", "no text", "too long",
    ],
)  # fmt: skip
def test_what_this_order_did_not_give_is_no_cursor_of_it(cursor: object) -> None:
    assert cursor_keys(cursor, ORDER) is None


def test_the_shape_of_a_cursor_depends_on_no_order() -> None:
    assert null_pattern(cursor_of("abcdef", None, "x")) == ("abcdef", True, False)
    assert null_pattern(cursor_of("any other mark", "x")) is None
    assert null_pattern("nonsense!") is None


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()), st.integers()))
def test_no_cursor_breaks_the_reader(cursor: object) -> None:
    assert cursor_keys(cursor, ORDER) is None


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("id", "x"), ("date", "2026-02-30"), ("date", "20261"), ("discount", "NaN"), ("discount", "1e9"),
        ("discount", "9" * 40), ("sequence_number", "2147483648"), ("sequence_number", "1_0"), ("number", "a\0b"),
        ("locked", "maybe"), ("created_at", "yesterday"), ("discount", None),
    ],
)  # fmt: skip
def test_a_key_that_its_column_could_not_hold_is_refused(column: str, wrong: str | None) -> None:
    order = Order((OrderKey(column),))
    key = KeyOf(order, 0, column_type(document.columns[column]))
    with pytest.raises(RequestError) as refused:
        key(cursor_of(order.mark, wrong))
    assert refused.value.entry.code is ErrorCode.BAD_USER_INPUT


# --- on a real list -------------------------------------------------------------------------------------------------

QUERY = """query ($id: ID!, $order: [CustomerOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  company(id: $id) {
    customers(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""


@pytest.fixture(scope="module")
async def token(world: World) -> AsyncGenerator[str]:
    async with world.signed_in("sophie") as token:
        yield token


async def page(world: World, token: str, order: list[str], **arguments: object) -> Any:
    outcome = await world.ask(QUERY, {"id": LAMBERT, "order": order, **arguments}, token)
    assert outcome.result.errors == ()
    assert outcome.result.data is not None
    return json.loads(outcome.result.data)["company"]["customers"]


async def walk(world: World, token: str, order: list[str], *, forward: bool, size: int) -> list[str]:
    """All rows in the order of the list, page by page from one of its ends."""
    found: list[str] = []
    arguments: dict[str, object] = {"first" if forward else "last": size}
    while True:
        read = await page(world, token, order, **arguments)
        ids = [node["id"] for node in read["nodes"]]
        found = [*found, *ids] if forward else [*ids, *found]
        info = read["pageInfo"]
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            return found
        arguments["after" if forward else "before"] = info["endCursor" if forward else "startCursor"]


@pytest.mark.parametrize("order", [["CITY_DESC", "NAME_ASC"], ["DISCOUNT_ASC"], ["DISCOUNT_DESC", "CITY_ASC"], []])
async def test_cursors_lead_through_the_whole_list_once_in_both_directions(
    world: World, token: str, order: list[str]
) -> None:
    forward = await walk(world, token, order, forward=True, size=61)
    assert (
        len(forward)
        == len(set(forward))
        == await world.connection.fetchval(
            "select count(*) from contact where company_id = $1 and is_customer and deleted_at is null",
            LAMBERT.removeprefix("com_"),
        )
    )
    assert await walk(world, token, order, forward=False, size=97) == forward


async def test_a_cursor_of_another_order_is_refused(world: World, token: str) -> None:
    read = await page(world, token, ["NAME_ASC"], first=1)
    arguments = {"id": LAMBERT, "order": ["NAME_DESC"], "after": read["pageInfo"]["endCursor"]}
    outcome = await world.ask(QUERY, arguments, token)
    assert [entry.code for entry in outcome.result.errors] == [ErrorCode.BAD_USER_INPUT]
    assert (outcome.result.data, outcome.statements) == (None, ())
