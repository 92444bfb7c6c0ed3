"""compiler.py, resolvers/operation/operation.py: which variables share a statement, and that it is the right one."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from string import ascii_lowercase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.cache import Cache
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.lists.ordering import Order, OrderKey
from resolvers.compilation.statement import STATEMENT, Statement
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.request import RequestError
from schema.errors import ErrorCode
from tests.resolvers.compilation.lists.test_ordering import cursor_of

COMPANY = "com_018b514d43a07000ac2b7ed4c4760a71"
QUERY = """query (
  $id: ID!, $first: Int, $after: String, $filter: InvoiceFilter, $order: [InvoiceOrder!], $ids: [ID!]!,
  $wide: Boolean = true
) {
  company(id: $id) {
    invoices(first: $first, after: $after, filter: $filter, orderBy: $order) {
      nodes { number discount @include(if: $wide) }
    }
  }
  nodes(ids: $ids) { id }
}"""
PLAIN: Mapping[str, Any] = {"id": COMPANY, "ids": [COMPANY]}


def operation_of(query: str) -> Operation:
    return Documents(default_compiler().schema).find(query).choose(None)


def compiled(operation: Operation, given: Mapping[str, Any], compiler: Compiler | None = None) -> Statement:
    return (compiler or default_compiler()).read(operation, operation.coerce(given))


def test_texts_that_differ_in_literals_share_one_sql_text() -> None:
    texts = [
        f'{{ company(id: "{id_}") {{ products(first: {size}, filter: {{name: {{eq: "{name}"}}, '
        f'price: {{gt: "{size}"}}}}) {{ nodes {{ name }} }} }} }}'
        for id_, size, name in ((COMPANY, 1, "a"), ("nonsense", 99, "it's; drop table"))
    ]
    first, second = [compiled(operation_of(text), {}) for text in texts]
    assert first.sql == second.sql
    assert "drop table" not in first.sql


AFTER_DATE = Order.by([OrderKey("date", descending=True)])
AFTER_DISCOUNT = Order.by([OrderKey("discount")])
ID = "018b514d-43a0-7000-ac2b-7ed4c4760a71"
CURSORS = [
    cursor_of(AFTER_DATE.mark, "2026-11-23", ID),
    cursor_of(AFTER_DATE.mark, "2020-01-01", ID),
]
NULL_CURSOR, VALUE_CURSOR = cursor_of(AFTER_DISCOUNT.mark, None, ID), cursor_of(AFTER_DISCOUNT.mark, "5.00", ID)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"id": "com_" + "0" * 32, "first": None}),
        ({"first": 1}, {"first": 100}),
        ({"after": CURSORS[0]}, {"after": CURSORS[1]}),
        ({"filter": {"discount": {"gt": "1"}}}, {"filter": {"discount": {"gt": "2.5"}}}),
        ({"filter": {"search": "a"}}, {"filter": {"search": "b"}}),
        ({"filter": {"status": ["PAID"]}}, {"filter": {"status": ["SENT", "DRAFT"]}}),
        ({"ids": [COMPANY]}, {"ids": ["com_" + "1" * 32, COMPANY]}),
        ({"ids": ["inv_" + "1" * 32, COMPANY]}, {"ids": [COMPANY, COMPANY, "inv_" + "2" * 32, "nonsense"]}),
        ({}, {"wide": True}),
    ],
    ids=["id", "size", "cursor", "operand", "search", "enum list", "ids", "order of ids", "default"],
)
def test_variables_of_equal_shape_have_the_same_statement(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    operation = operation_of(QUERY)
    assert compiled(operation, {**PLAIN, **one}) is compiled(operation, {**PLAIN, **other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"wide": False}),
        ({}, {"after": CURSORS[0]}),
        ({"filter": {"number": {"eq": "1"}}}, {"filter": {"number": {"startsWith": "1"}}}),
        ({"filter": {"number": {"eq": "1"}}}, {"filter": {"number": {"eq": None}}}),
        ({"filter": {"number": {"eq": "1"}}}, {"filter": {"discount": {"eq": "1"}}}),
        ({"order": ["DISCOUNT_ASC"]}, {"order": ["DISCOUNT_DESC"]}),
        ({"order": ["DISCOUNT_ASC", "DATE_ASC"]}, {"order": ["DATE_ASC", "DISCOUNT_ASC"]}),
        ({"order": ["DISCOUNT_ASC"], "after": NULL_CURSOR}, {"order": ["DISCOUNT_ASC"], "after": VALUE_CURSOR}),
        ({}, {"ids": ["inv_" + "1" * 32]}),
    ],
    ids=[
        "include",
        "cursor or none",
        "operator",
        "null",
        "criterion",
        "direction",
        "order",
        "null key",
        "types of ids",
    ],
)
def test_variables_of_different_shape_have_different_statements(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    operation = operation_of(QUERY)
    first, second = compiled(operation, {**PLAIN, **one}), compiled(operation, {**PLAIN, **other})
    assert first.sql != second.sql
    assert compiled(operation, {**PLAIN, **one}).sql == first.sql


TEXT = st.fixed_dictionaries({}, optional={"eq": st.none() | st.text(max_size=3), "oneOf": st.none() | st.just(["a"])})
FILTER = st.fixed_dictionaries(
    {},
    optional={
        "number": st.none() | TEXT,
        "customerName": TEXT,
        "discount": st.none() | st.fixed_dictionaries({}, optional={"gt": st.just("1"), "isNull": st.booleans()}),
        "status": st.none() | st.lists(st.sampled_from(["PAID", "SENT"]), max_size=2),
        "search": st.none() | st.text(max_size=3),
    },
)
ORDERS = st.lists(st.sampled_from(["DISCOUNT_ASC", "DATE_DESC", "NUMBER_ASC", "TOTAL_PROFIT_DESC"]), max_size=3)
IDS = st.lists(st.sampled_from([COMPANY, "inv_" + "1" * 32, "cus_" + "2" * 32, "nonsense", ""]), max_size=4)
VARIABLES = st.fixed_dictionaries(
    {"id": st.just(COMPANY), "ids": IDS},
    optional={
        "first": st.none() | st.integers(0, 100), "filter": st.none() | FILTER, "order": st.none() | ORDERS,
        "wide": st.booleans(),
    },
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(VARIABLES, min_size=2, max_size=8))
def test_a_statement_that_is_shared_is_what_would_have_been_compiled(several: list[dict[str, Any]]) -> None:
    """The safety of sharing: whatever came before, the text is the one that these variables alone give."""
    compiler = default_compiler()
    shared = operation_of(QUERY)
    for variables in several:
        alone = Compiler(compiler.schema, compiler.layout)
        assert compiled(shared, variables).sql == compiled(replace(shared, shapes={}), variables, alone).sql


def test_statements_are_bounded_by_their_size_together() -> None:
    size = 20 * STATEMENT
    compiler = Compiler(default_compiler().schema, default_compiler().layout, Cache(size))
    operation = operation_of(QUERY)
    names = ["number", "customerName", "orderReference", "search"]
    for n in range(1, 2 ** len(names)):
        chosen = [name for bit, name in enumerate(names) if n >> bit & 1]
        given_ = {**PLAIN, "filter": {name: "a" if name == "search" else {"eq": "a"} for name in chosen}}
        for _ in range(2):
            compiled(operation, given_, compiler)
    assert 0 < len(compiler.statements) * STATEMENT < size


# --- what a flood leaves behind


def fresh(size: int = 24_000_000) -> Compiler:
    """A compiler that has kept nothing yet."""
    return Compiler(default_compiler().schema, default_compiler().layout, Cache(size))


FULL = "{ __schema { types { name description fields { name description args { name description } } } } }"


def test_a_statement_weighs_what_it_carries() -> None:
    statement = compiled(operation_of(FULL), {}, fresh())
    carried = max((str(argument) for argument in statement.arguments(Bindings({}))), key=len)
    assert len(carried) > 40_000
    assert statement.weight > len(statement.sql) + len(carried)
    compiler = fresh(len(carried))
    for alias in ("a", "b", "c"):
        compiled(operation_of(FULL.replace("__schema", f"{alias}: __schema")), {}, compiler)
    assert len(compiler.statements) == 0


def test_one_introspection_of_the_schema_is_enough() -> None:
    for document in (
        "{ a: __schema { queryType { name } } b: __schema { queryType { name } } }",
        "{ __schema { queryType { name } } ...F } fragment F on Query { b: __schema { queryType { name } } }",
    ):
        with pytest.raises(RequestError) as refused:
            compiled(operation_of(document), {}, fresh())
        assert refused.value.entry.code is ErrorCode.BAD_USER_INPUT
    compiled(operation_of("{ __schema { queryType { name } } ... { __schema { queryType { kind } } } }"), {}, fresh())


STRANGE = [f"z{one}{two}_{'0' * 32}" for one in ascii_lowercase for two in ascii_lowercase]
UNKNOWN = {
    "type": ("query ($v: String!) { __type(name: $v) { name } }", [f"{n}{'x' * 5_000}" for n in range(1_000)]),
    "node": ("query ($v: ID!) { node(id: $v) { id } }", STRANGE),
    "nodes": ("query ($v: [ID!]!) { nodes(ids: $v) { id } }", [[id_] for id_ in STRANGE]),
    "node in a list": ("query ($v: ID!) { nodes(ids: [$v]) { id } }", STRANGE),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_names_that_are_none_share_one_statement(case: str) -> None:
    document, values = UNKNOWN[case]
    compiler, operation = fresh(), operation_of(document)
    first = compiled(operation, {"v": values[0]}, compiler)
    assert all(compiled(operation, {"v": value}, compiler) is first for value in values)
    assert len(compiler.statements) == 1
    assert len(repr(operation.shapes[None].shape({"v": values[-1]}))) < 100


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (
            "query ($id: ID!, $o: [InvoiceOrder!]) { company(id: $id) { invoices(orderBy: $o) { nodes { id } } } }",
            ["DISCOUNT_ASC", "DATE_ASC"],
        ),
        (
            "query ($id: ID!, $o: [DocumentKind!]) { company(id: $id) { documents(kinds: $o) { nodes { id } } } }",
            ["INVOICE", "QUOTE"],
        ),
    ],
    ids=["order", "kinds"],
)
def test_repeated_names_have_the_shape_of_the_names(document: str, names: list[str]) -> None:
    compiler, operation = fresh(), operation_of(document)
    once = operation.coerce({"id": COMPANY, "o": names})
    repeated = {**once, "o": once["o"] * 10_000}
    assert compiler.read(operation, repeated) is compiler.read(operation, once)
    assert len(repr(operation.shapes[None].shape(repeated))) < 200


def test_cursors_of_other_orders_leave_nothing_behind() -> None:
    """What is looked at of a cursor does not depend on the order, of which there are as many as a client likes."""
    compiler = fresh()
    operation = operation_of(
        "query ($id: ID!, $o: [CustomerOrder!], $c: String) "
        "{ company(id: $id) { customers(orderBy: $o, after: $c) { totalCount nodes { id } } } }"
    )
    names = ["NAME_ASC", "NUMBER_DESC", "CITY_ASC", "CREATED_AT_DESC", "DISCOUNT_ASC"]
    orders = [order for size in range(1, 6) for order in itertools.permutations(names, size)]
    cursors = [_forged(order) for order in orders]
    for order, cursor in zip(orders[:100], cursors, strict=False):
        compiled(operation, {"id": COMPANY, "o": order, "c": cursor}, compiler)
    lookups = len(operation.shapes[None].lookups)
    assert lookups < 10
    for n in range(1_000):
        given_ = {"id": COMPANY, "o": orders[n % len(orders)], "c": cursors[(n + 1) % len(cursors)]}
        with pytest.raises(RequestError):
            compiled(operation, given_, compiler)
    assert len(operation.shapes[None].lookups) == lookups


def _forged(names: tuple[str, ...]) -> str:
    """A cursor that a list in this order might have given."""
    order = Order.by([OrderKey.of_enum(name) for name in names])
    return cursor_of(order.mark, *["1"] * len(order.keys))


def test_an_empty_cursor_is_none_and_any_other_text_is_refused() -> None:
    operation = operation_of(QUERY)
    assert compiled(operation, {**PLAIN, "after": ""}).sql == compiled(operation, PLAIN).sql
    literal = '{{ company(id: "{0}") {{ products(after: {1}, before: {1}) {{ pageInfo {{ hasPreviousPage }} }} }} }}'
    texts = [compiled(operation_of(literal.format(COMPANY, cursor)), {}).sql for cursor in ('""', "null")]
    assert texts[0] == texts[1]
    for other in (" ", "0", "=="):
        with pytest.raises(RequestError):
            compiled(operation, {**PLAIN, "after": other})
