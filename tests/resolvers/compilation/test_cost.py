"""cost.py: what an operation costs is known before it runs, and too much is refused before anything does."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from gateway.http.rendering import render
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.cost import COUNT, EVERY_TEXT, FILTER, LOOKUP, NAME, NOTE, SEARCH, SUM, Cost, Sizes
from resolvers.compilation.statement import Statement
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.request import GraphQLRequest, Result
from resolvers.request_limits import MAX_COST
from schema.errors import ErrorCode
from schema.localization.language import Language
from tests.bench.loads.operations import OPERATIONS
from tests.golden.case import Case, read_cases
from tests.golden.world import World

EXPLOSION = "companies(first: 100) { nodes { invoices(first: 100) { nodes { lines { name } } } } }"
LAST = "companies(first: 100) { nodes { invoices(last: 3) { nodes { number date status totalExcl totalIncl } } } }"


def statement(query: str, **variables: object) -> Statement:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(query).choose(None)
    compile_ = compiler.live if operation.is_live else compiler.read
    return compile_(operation, operation.coerce(variables))


def cost(query: str, **variables: object) -> int:
    """What the values of a query count with these variables."""
    return statement(query, **variables).cost.of(Sizes(variables))


def requested(query: str, **variables: object) -> int:
    """What a query costs with these variables, the work for its statement included."""
    return statement(query, **variables).cost.requested(Sizes(variables))


def of_company(selection: str) -> str:
    return f'{{ company(id: "") {{ {selection} }} }}'


def added(selection: str, to: str = "id") -> int:
    """What a selection of a company adds to it."""
    return cost(of_company(f"{to} {selection}")) - cost(of_company(to))


def test_every_object_and_every_field_count_one() -> None:
    assert cost("{ __typename }") == 1
    assert cost("{ viewer { __typename } }") == 1 + 1 + 1
    assert added("name") == 1
    assert added("a: name b: name") == 2
    assert added("access { external }") == 1 + 1 + 1


def test_a_list_counts_as_often_as_it_may_have_items() -> None:
    page = 1 + NOTE + LOOKUP + 1  # the field behind a gate, a look at other rows, the field `nodes`
    assert added("invoices { nodes { number } }") == page + 50 * (1 + 1)
    assert added("invoices(first: 7) { nodes { number } }") == page + 7 * (1 + 1)
    assert added("invoices(last: 7) { nodes { number date } }") == page + 7 * (1 + 2)
    assert added("invoices(first: 0) { nodes { number } }") == page
    assert added("invoices(first: 7) { edges { cursor node { number } } }") == page + 7 * (1 + 2 + 1 + 1)
    lines = added("invoices(first: 7) { nodes { lines { name } } }")
    assert lines == page + 7 * (1 + 1 + LOOKUP + 8 * (1 + 1))


def test_what_takes_longer_than_a_value_counts_more() -> None:
    assert added("invoices(first: 1) { totalCount }") == 1 + NOTE + LOOKUP + 1 + COUNT
    filtered = 'invoices(first: 1, filter: {number: {contains: "x"}}) { totalCount }'
    assert added(filtered) == added("invoices(first: 1) { totalCount }") + FILTER
    ordered = "invoices(first: 1, orderBy: [NUMBER_ASC]) { totalCount }"
    assert added(ordered) == added("invoices(first: 1) { totalCount }") + FILTER
    assert added("dashboard { turnover openTasks }") >= 2 * SUM
    assert added('search(text: "ab") { customers { totalCount } products { totalCount } }') >= 2 * SEARCH
    products = "products(first: 1) {{ nodes {{ {} }} }}"
    assert added(products.format("group { id }")) - added(products.format("number")) == LOOKUP + 1 + 1


SERVED = [
    'number: {contains: "x"}', 'customerName: {contains: "abc"}', 'customerName: {startsWith: "&"}', 'search: "abc"',
    'structuredCommunication: {eq: "260123456789"}', 'customerName: {isNull: true}',
    'and: [{customerName: {oneOf: ["a", "b"]}}, {totalExcl: {gt: "1"}}]',
]  # fmt: skip
UNSERVED = [
    ('customerName: {contains: "&"}', 1), ('search: "&"', 1), ('customerName: {ne: "abc"}', 1),
    ('structuredCommunication: {contains: "260"}', 1), ('orderReference: {eq: "x"}', 1),
    ('not: {customerName: {contains: "abc"}}', 1), ('or: [{number: {eq: "a"}}, {totalExcl: {gt: "1"}}]', 1),
    ('or: [{and: [{customerName: {contains: "abc", ne: "abc"}}]}]', 2),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "times"), [*((criterion, 0) for criterion in SERVED), *UNSERVED])
def test_a_criterion_for_which_the_text_of_every_row_is_looked_at_counts_more(criterion: str, times: int) -> None:
    filtered = f"invoices(first: 1, filter: {{{criterion}}}) {{ totalCount }}"
    assert added(filtered) == added("invoices(first: 1) { totalCount }") + FILTER + times * EVERY_TEXT
    assert not statement(of_company(filtered)).is_brief


def test_the_few_rows_of_a_row_are_looked_at_for_nothing_more() -> None:
    lists = "projects(first: 3) {{ nodes {{ workOrders{} {{ totalCount }} }} }}"
    assert added(lists.format('(filter: {title: {contains: "abc"}})')) == added(lists.format("")) + 3 * FILTER


def test_long_names_count_as_several_values_wherever_they_are_written() -> None:
    long = "a" * (3 * NAME)
    assert added(f"{long}: name") == 1 + 3
    assert added(f"lines: invoices(first: 7) {{ nodes {{ {long}: number }} }}") == 1 + NOTE + LOOKUP + 1 + 7 * (
        1 + 1 + 3
    )
    assert (
        added(f"{long}: invoices(first: 0) {{ nodes {{ id }} }}")
        == added("invoices(first: 0) { nodes { id } }") + 3 + 3
    )


def test_what_may_have_to_be_told_counts_for_each_company() -> None:
    one, many = (
        cost(f"{{ viewer {{ companies(first: {n}) {{ nodes {{ invoices(first: 0) {{ nodes {{ id }} }} }} }} }} }}")
        for n in (1, 5)
    )
    assert many - one == 4 * (1 + 1 + NOTE + LOOKUP + 1)


def test_page_sizes_in_variables_are_taken_from_the_request() -> None:
    nested = "{ viewer { companies(first: $n) { nodes { invoices(first: $m) { nodes { id } } } } } }"
    query = f"query ($n: Int, $m: Int = 3) {nested}"
    written = "{ viewer { companies(first: %d) { nodes { invoices(first: %d) { nodes { id } } } } } }"
    found = statement(query).cost
    for n, m in ((1, 1), (0, 100), (100, 0), (7, 13), (100, 100)):
        assert found.of(Sizes({"n": n, "m": m})) == cost(written % (n, m))
    assert found.of(Sizes({"m": 3})) == cost(written % (50, 3))
    assert found.most == cost(written % (100, 100))
    assert found.of(Sizes({"n": -5, "m": 10_000})) == cost(written % (0, 100))


def test_one_variable_may_size_several_lists_inside_each_other() -> None:
    query = "query ($n: Int) { viewer { companies(first: $n) { nodes { invoices(first: $n) { nodes { id } } } } } }"
    written = "{ viewer { companies(first: %d) { nodes { invoices(first: %d) { nodes { id } } } } } }"
    assert statement(query).cost.of(Sizes({"n": 20})) == cost(written % (20, 20))


def test_ids_count_as_many_as_there_are() -> None:
    ids = [f"inv_{n:032x}" for n in range(40)]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    one, forty = cost(query, ids=ids[:1]), cost(query, ids=ids)
    assert forty - 1 - one == 39 * (one - 1 - 1) or forty > 39 * (one - 10)
    assert cost(f"{{ nodes(ids: {orjson.dumps(ids).decode()}) {{ id }} }}") == forty
    assert statement(query, ids=ids[:1]).cost.most > forty


USERS = [f"usr_{n:032x}" for n in range(30)]
APPS = ["CUSTOMERS", "DISCOUNTS", "STOCK"]
ONE, THREE = "(apps: [DISCOUNTS])", "(apps: [CUSTOMERS, DISCOUNTS, STOCK])"
FEW = f'(userIds: ["{USERS[0]}", "{USERS[1]}"])'
SHOWN = "apps { app } rows { id cells { app granted } }"


def shown(arguments: str, declared: str = "") -> str:
    """A query of a company's matrix."""
    return f'query {declared} {{ company(id: "") {{ permissionMatrix{arguments} {{ {SHOWN} }} }} }}'


def matrix(rows: int, apps: int) -> int:
    """What `shown` costs with so many rows and columns."""
    around = 1 + 1 + 1 + 1 + 2  # a company and its matrix
    return around + NOTE + LOOKUP + apps * (1 + 1) + LOOKUP + rows * (1 + 2 + LOOKUP + apps * (1 + 2))


@pytest.mark.parametrize(
    ("arguments", "rows", "apps"),
    [
        ("", 20, 60), (ONE, 20, 1), ("(apps: DISCOUNTS)", 20, 1), (THREE, 20, 3), (FEW, 2, 60),
        (f"{FEW[:-1]}, {ONE[1:]}", 2, 1), ("(apps: [], userIds: [])", 0, 0), ("(apps: null, userIds: null)", 20, 60),
        (f"(apps: [{70 * 'STOCK '}])", 20, 60), (f"(userIds: {orjson.dumps(USERS).decode()})", 20, 60),
    ],
)  # fmt: skip
def test_of_a_matrix_only_what_was_asked_for_counts(arguments: str, rows: int, apps: int) -> None:
    assert cost(shown(arguments)) == matrix(rows, apps)


def test_what_was_asked_for_of_a_matrix_may_stand_in_variables() -> None:
    narrowed = shown("(apps: $apps, userIds: $ids)", "($apps: [App!], $ids: [ID!])")
    for compiled_for in ({}, {"apps": APPS, "ids": USERS}):
        found = statement(narrowed, **compiled_for).cost
        assert found.most == found.of(Sizes({})) == found.of(Sizes({"apps": None, "ids": None})) == matrix(20, 60)
        assert found.of(Sizes({"apps": APPS})) == matrix(20, 3)
        assert found.of(Sizes({"apps": APPS[:1], "ids": USERS[:2]})) == matrix(2, 1)
        assert found.of(Sizes({"apps": [], "ids": []})) == matrix(0, 0)
        assert found.of(Sizes({"apps": 70 * APPS, "ids": USERS})) == matrix(20, 60)
    one = shown("(apps: [STOCK, $app], userIds: [$id])", "($app: App!, $id: ID!)")
    assert cost(one, app="STOCK", id=USERS[0]) == matrix(1, 2)


async def test_one_column_of_the_matrices_of_many_companies_may_be_asked_for(world: World) -> None:
    query = "{ viewer { companies { nodes { permissionMatrix%s { rows { user { id } cells { app granted } } } } } } }"
    assert cost(query % "") > MAX_COST
    async with world.signed_in("lambert") as token:
        outcome = await world.ask(query % ONE, {}, token)
    assert outcome.result.errors == ()
    (company,) = orjson.loads(outcome.result.data or b"")["viewer"]["companies"]["nodes"]
    assert {cell["app"] for row in company["permissionMatrix"]["rows"] for cell in row["cells"]} == {"DISCOUNTS"}


def test_of_kinds_that_exclude_each_other_the_dearest_counts() -> None:
    def documents(fragments: str) -> int:
        return added(f"documents(first: 10) {{ nodes {{ number {fragments} }} }}")

    invoice, quote = "... on Invoice { a: date b: date c: date }", "... on Quote { a: date b: date }"
    assert documents(invoice + quote) == documents(invoice)
    assert documents("... on Invoice { lines { name } }" + quote) == documents("... on Invoice { lines { name } }")


def test_a_cheap_variable_does_not_stand_in_for_a_dear_constant() -> None:
    query = """
    query ($n: Int) { company(id: "") { documents(first: 100) { nodes {
      ... on Invoice { customer { invoices(first: $n) { nodes { id } } } }
      ... on Quote { customer { invoices(first: 99) { nodes { id } } } }
    } } } }"""
    dear = query.replace("$n)", "0)").replace("($n: Int)", "")
    assert statement(query).cost.of(Sizes({"n": 0})) == cost(dear) > 100 * 99


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in read_cases() if not case.is_mutation])
def test_what_people_ask_is_far_from_the_limit(case: Case) -> None:
    assert cost(case.query, **case.variables) < MAX_COST / 2


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_the_benchmark_asks_is_far_from_the_limit(name: str) -> None:
    operation = OPERATIONS[name]
    if "mutation" not in operation.query:
        assert cost(operation.query, **operation.variables) < MAX_COST / 2


def test_a_page_of_companies_with_their_last_invoices_is_cheap_and_an_explosion_is_not() -> None:
    assert cost(f"{{ viewer {{ {LAST} }} }}") < MAX_COST / 20
    assert cost(f"{{ viewer {{ {EXPLOSION} }} }}") > MAX_COST


async def refused(world: World, query: str, language: Language = Language.EN, **variables: Any) -> Result:
    """The refusal of an operation of which nothing ran."""
    async with world.signed_in("compta") as token:
        request = GraphQLRequest(query, variables=variables, token=token, language=language)
        with world._recording() as statements:  # pyright: ignore[reportPrivateUsage]
            result = await world.executor.execute(request)
            await asyncio.sleep(0)  # asyncpg calls its query loggers in the loop's next round
        assert statements == []
    assert result.response is None
    (entry,) = result.errors
    assert entry.code is ErrorCode.COST_EXCEEDED
    return result


MESSAGES: Mapping[Language, str] = {
    Language.FR: "Cette demande coûte {cost}, pour {limit} autorisés. Demandez moins, surtout de {field}.",
    Language.NL: "Deze vraag kost {cost}, en {limit} is toegestaan; vraag minder, vooral van {field}.",
    Language.EN: "This costs {cost}, and {limit} is allowed; please ask for less, mainly of {field}.",
    Language.DE: "Diese Anfrage kostet {cost}, erlaubt sind {limit}; "
    "bitte fragen Sie weniger ab, vor allem von {field}.",
}


@pytest.mark.parametrize("language", Language)
async def test_what_costs_too_much_is_refused_before_anything_runs(world: World, language: Language) -> None:
    query = f"{{ viewer {{ account {{ email }} {EXPLOSION} }} }}"
    (entry,) = (await refused(world, query, language)).errors
    field = "viewer.companies.nodes.invoices.nodes.lines"
    assert entry.extensions == {"cost": requested(query), "limit": MAX_COST, "selection": field.split(".")}
    assert entry.message == MESSAGES[language].format(cost=requested(query), limit=MAX_COST, field=field)


async def test_one_statement_is_refused_for_some_variables_and_runs_for_others(world: World) -> None:
    query = f"query ($n: Int) {{ viewer {{ {EXPLOSION.replace('invoices(first: 100)', 'invoices(first: $n)')} }} }}"
    (entry,) = (await refused(world, query, n=100)).errors
    assert entry.extensions["cost"] == requested(query, n=100)
    async with world.signed_in("compta") as token:
        outcome = await world.ask(query, {"n": 2}, token)
    assert (outcome.result.errors, outcome.result.response is not None) == ((), True)


async def test_the_limit_is_the_last_cost_that_is_admitted(world: World) -> None:
    query = "{ apps { app label } }"
    for limit, admitted in ((requested(query), True), (requested(query) - 1, False)):
        result = await Executor(world.database, max_cost=limit).execute(GraphQLRequest(query))
        assert (result.response is not None) is admitted


LOGIN = """
mutation ($email: String!) {
  login(input: {email: $email, password: "demo-enfact-2026"}) { token viewer { account { email } %s } }
  %s
}"""


async def test_payloads_that_cost_too_much_are_refused_before_anything_is_written(world: World) -> None:
    half = EXPLOSION.replace("invoices(first: 100)", "invoices(first: 30)")
    (entry,) = (await refused(world, LOGIN % (EXPLOSION, ""), email="noah@demo.enfact.test")).errors
    assert entry.extensions["selection"] == ["login", "viewer", "companies", "nodes", "invoices", "nodes", "lines"]
    again = f'b: login(input: {{email: $email, password: "x"}}) {{ viewer {{ {half} }} }}'
    (entry,) = (await refused(world, LOGIN % (half, again), email="noah@demo.enfact.test")).errors
    assert f"{MAX_COST} is allowed" in entry.message


async def test_a_subscription_that_costs_too_much_to_read_is_refused_before_it_is_read(world: World) -> None:
    cells = " ".join(f"c{n}: cells {{ app granted effective }}" for n in range(29))
    query = f"subscription ($id: ID!) {{ permissionMatrixChanged(companyId: $id) {{ rows {{ {cells} }} }} }}"
    async with world.signed_in("compta") as token:
        request = GraphQLRequest(query, variables={"id": f"com_{0:032x}"}, token=token, language=Language.EN)
        with world._recording() as statements:  # pyright: ignore[reportPrivateUsage]
            result = await world.executor.start(request)
            await asyncio.sleep(0)
        assert statements == []
    assert isinstance(result, Result)
    assert [entry.code for entry in result.errors] == [ErrorCode.COST_EXCEEDED]


async def test_a_request_is_told_its_cost_when_it_asks_and_nothing_else_changes(world: World) -> None:
    query = "{ viewer { companies(first: 2) { nodes { name plan } } } }"
    async with world.signed_in("compta") as token:
        plain, told = [
            render(await world.executor.execute(GraphQLRequest(query, token=token, wants_cost=wants)), "r")
            for wants in (False, True)
        ]
    expected = {"requested": requested(query), "limit": MAX_COST}
    answer = orjson.loads(told)
    assert answer["extensions"].pop("cost") == expected
    assert answer == orjson.loads(plain)
    assert b"cost" not in plain
    mutation = "mutation { logout { viewer { account { email } } } }"
    result = await world.executor.execute(GraphQLRequest(mutation, wants_cost=True))
    assert result.cost is None or result.cost[1] == MAX_COST


def test_the_work_for_a_statement_counts_whatever_it_answers() -> None:
    lists = ["agendaEvents", "tasks", "invoices", "quotes", "customers", "products"]
    wide = of_company(" ".join(f"{name}(first: 0) {{ nodes {{ id }} }}" for name in lists))
    narrow = of_company("id")
    assert requested(wide) - cost(wide) > 2 * (requested(narrow) - cost(narrow)) > 0
    long = of_company("id " * 200)
    assert requested(long) - requested(narrow) == 199 // 10 + 1
    described = '{ __type(name: "Company") { fields { name type { name } } } }'
    assert requested(described) - cost(described) > 10


def test_a_formula_takes_memory_that_counts() -> None:
    compiler = Compiler(default_compiler().schema, default_compiler().layout)
    operation = Documents(compiler.schema).find(f"{{ viewer {{ {LAST} }} }}").choose(None)
    found = compiler.read(operation, {})
    assert found.weight > len(found.sql) + found.cost.weight
    assert Cost(0, ()).weight > 0
