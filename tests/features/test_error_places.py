"""Where is the mistake? Errors about values tell path, location and the path in the variables, and no value."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

COMPANY: Final = "query ($id: ID!{}) {{\n  company(id: $id) {{\n    list: {} {{ totalCount nodes {{ id }} }}\n  }}\n}}"
MARK: Final = "zqxj"
LIST: Final = ["company", "list"]
AT_LIST: Final = [{"line": 3, "column": 5}]

VARIABLES: Final = {
    "page": ("$n: Int", "invoices(first: $n)", {"n": 101}, "$n", "A page has 0 to 100 rows."),
    "last": ("$n: Int", "invoices(last: $n)", {"n": -1}, "$n", "A page has 0 to 100 rows."),
    "criterion": (
        "$f: InvoiceFilter", "invoices(filter: $f)", {"f": {"number": {"contains": MARK * 60}}}, "$f.number.contains",
        "A text to look for has more than 200 characters.",
    ),
    "inside": (
        "$t: String", "invoices(filter: {number: {contains: $t}})", {"t": MARK * 60}, "$t",
        "A text to look for has more than 200 characters.",
    ),
    "ids": (
        "$f: InvoiceFilter", "invoices(filter: $f)", {"f": {"customer": {"oneOf": [MARK] * 101}}}, "$f.customer.oneOf",
        "A list has more than 100 items.",
    ),
    "cursor": (
        "$c: String", "invoices(after: $c)", {"c": MARK}, None,
        "The cursor does not belong to this list in this order.",
    ),
    "order": (
        "$o: [InvoiceOrder!]", "invoices(orderBy: $o)", {"o": ["DATE_ASC", "DATE_DESC"]}, None,
        'The argument "orderBy" has the same value in both directions.',
    ),
    "both ends": (
        "$n: Int", "invoices(first: $n, last: $n)", {"n": 1}, None,
        "A page is either the first or the last rows, not both.",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


async def asked(demo: Demo, declaration: str, field: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The only error of an operation of the owner, without its code and id."""
    variables = {"id": await demo.company("Chauffage Lambert"), **variables}
    answer = await demo.ask("lambert", COMPANY.format(f", {declaration}" if declaration else "", field), **variables)
    assert answer.response.status_code == 422
    assert MARK not in answer.response.text
    (error,) = answer.body["errors"]
    assert error["extensions"].pop("code") == "BAD_USER_INPUT"
    del error["extensions"]["requestId"]
    return error


@pytest.mark.parametrize("case", VARIABLES)
async def test_a_value_that_may_not_be_sent_is_placed(demo: Demo, case: str) -> None:
    declaration, field, variables, variable, message = VARIABLES[case]
    extensions: dict[str, str] = {"variable": variable} if variable is not None else {}
    wanted = {"message": message, "path": LIST, "locations": AT_LIST, "extensions": extensions}
    assert await asked(demo, declaration, field, variables) == wanted


async def test_a_value_in_the_document_is_placed(demo: Demo) -> None:
    error = await asked(demo, "", "invoices(first: 101)", {})
    assert error == {"message": "A page has 0 to 100 rows.", "path": LIST, "locations": AT_LIST, "extensions": {}}


async def test_the_place_is_that_of_each_document_though_the_values_are_alike(demo: Demo) -> None:
    """A statement is kept with its operation: the place is never another document's."""
    one = await asked(demo, "$n: Int", "invoices(first: $n)", {"n": 101})
    two = await asked(demo, "$n: Int", "\n   invoices(first: $n)", {"n": 101})
    assert (one["locations"], two["locations"]) == (AT_LIST, AT_LIST)
    three = await asked(demo, "\n $n: Int", "invoices(first: $n)", {"n": 101})
    assert three["locations"] == [{"line": 4, "column": 5}]


@pytest.mark.parametrize(
    ("given", "variable", "what"),
    [
        ({"date": {"gte": MARK}}, "$f.date.gte", 'has to be a date, such as "2026-05-03"'),
        ({"totalIncl": {"lt": MARK}}, "$f.totalIncl.lt", 'has to be a decimal number as a string, such as "12.50"'),
        ({"customer": {"oneOf": ["a", 1.5]}}, "$f.customer.oneOf.1", "has to be an id, as a text"),
        ({"customer": 5}, "$f.customer", "has to be an object"),
        ({MARK: 5}, "$f", "has a member that InvoiceFilter does not have"),
    ],
)
async def test_a_variable_says_what_is_wrong_deep_inside(
    demo: Demo, given: dict[str, Any], variable: str, what: str
) -> None:
    error = await asked(demo, "$f: InvoiceFilter", "invoices(filter: $f)", {"f": given})
    inside = f': "{variable}"' if variable != "$f" else ""
    assert error["message"] == f'Variable "$f" of type "InvoiceFilter"{inside} {what}.'
    assert error["locations"] == [{"line": 1, "column": 18}]
    assert error["extensions"] == {"variable": variable}


@pytest.mark.parametrize(
    ("who", "field", "mode", "app"),
    [
        ("noah", 'invoices(filter: {totalProfit: {gt: "1"}})', "null", "PURCHASES"),
        ("eva", "invoices", "error", "INVOICES"),
    ],
)
async def test_a_field_that_is_refused_or_hidden_is_placed(
    demo: Demo, who: str, field: str, mode: str, app: str
) -> None:
    company = await demo.company("Chauffage Lambert")
    answer = await demo.ask(who, COMPANY.format("", field), {"hidden-fields": mode}, id=company)
    (error,) = answer.body["errors"]
    assert (error["path"], error["locations"], error["extensions"]["app"]) == (LIST, AT_LIST, app)


async def test_a_hidden_field_of_a_node_is_placed(demo: Demo) -> None:
    query = "query ($id: ID!) {\n node(id: $id) {\n  ... on Company { apiKeys { id } } } }"
    company = await demo.company("Chauffage Lambert")
    answer = await demo.ask("eva", query, {"hidden-fields": "error"}, id=company)
    (error,) = answer.body["errors"]
    assert (error["locations"], error["extensions"]["role"]) == ([{"line": 3, "column": 20}], "OWNER")
