"""Hostile requests over HTTP: each is refused by a code of the closed list, tells nothing, and changes nothing."""

import base64
import json
import re
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import httpx
import pytest

from schema.errors import ErrorCode
from tests.support.databases import Databases
from tests.support.demo_client import JSON, Answer, Demo, open_demo

PARSE, VALIDATION, INPUT = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
RESOLUTION, METHOD = "OPERATION_RESOLUTION_FAILURE", "METHOD_NOT_ALLOWED"
MARK: Final = "zqxj"
"""Stands in values that an answer must not repeat."""

CHECKSUM: Final = """
select md5(string_agg(x, ',' order by x)) from (
  select t::text x from company t union all select t::text from membership t union all
  select t::text from company_app t union all select t::text from app_grant t union all
  select t::text from access_change t union all select t::text from credential t union all
  select t::text from account t
) rows
"""
SET: Final = """
mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { company { id } errors { code message } } }
"""
LOGIN: Final = "mutation ($input: LoginInput!) { login(input: $input) { token errors { code message } } }"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        await demo.token("lambert")
        yield demo


@pytest.fixture
async def unchanged(demo: Demo) -> AsyncGenerator[None]:
    """Whatever the test sends, nobody's access, session or account changes."""
    before = await demo.connection.fetchval(CHECKSUM)
    yield
    assert await demo.connection.fetchval(CHECKSUM) == before


def checked(response: httpx.Response) -> Answer:
    """An answer as every refusal has to be."""
    assert response.status_code < 500, response.text
    answer = Answer(response)
    assert set(answer.codes) <= {code.value for code in ErrorCode} - {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}
    for error in answer.body.get("errors", ()):
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
        assert len(error["message"]) <= 1_000
    assert len(response.content) < 20_000
    return answer


async def post(demo: Demo, body: bytes | object, **headers: str) -> Answer:
    """The checked answer to a body that an owner sends."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "content-type": "application/json",
        "accept": JSON,
        "authorization": f"Bearer {await demo.token('lambert')}",
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return checked(await demo.client.post("/graphql", content=content, headers={**sent, **given}))


# --- variables that do not fit

COMPANY: Final = "query ($id: ID!{}) {{ company(id: $id) {{ name list: {} {{ totalCount nodes {{ id }} }} }} }}"
VARIABLES: Final[Mapping[str, tuple[str, str, Any]]] = {
    "decimal: other digits": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "1٣"),
    "first: text": ("$v: Int", "customers(first: $v)", "12" + MARK),
    "first: number in a text": ("$v: Int", "customers(first: $v)", "12"),
    "first: fraction": ("$v: Int", "customers(first: $v)", 1.5),
    "first: huge": ("$v: Int", "customers(first: $v)", 2**31),
    "first: beyond any integer": ("$v: Int", "customers(first: $v)", 10**30),
    "first: true": ("$v: Int", "customers(first: $v)", True),
    "first: list": ("$v: Int", "customers(first: $v)", [1]),
    "first: object": ("$v: Int", "customers(first: $v)", {MARK: 1}),
    "first: -1": ("$v: Int", "customers(first: $v)", -1),
    "first: 101": ("$v: Int", "customers(first: $v)", 101),
    "last: 2^31-1": ("$v: Int", "customers(last: $v)", 2**31 - 1),
    "last: -2^31": ("$v: Int", "invoices(last: $v)", -(2**31)),
    "after: number": ("$v: String", "customers(after: $v)", 5),
    "after: nonsense": ("$v: String", "customers(after: $v)", MARK),
    "after: NUL": ("$v: String", "customers(after: $v)", f"{MARK}\0"),
    "after: surrogate": ("$v: String", "customers(after: $v)", f"{MARK}\ud800"),
    "after: long": ("$v: String", "customers(after: $v)", "A" * 100_000),
    "before: nonsense": ("$v: String", "invoices(last: 1, before: $v)", "////" + MARK),
    "filter: text": ("$v: CustomerFilter", "customers(filter: $v)", MARK),
    "filter: list": ("$v: CustomerFilter", "customers(filter: $v)", [MARK]),
    "filter: unknown field": ("$v: CustomerFilter", "customers(filter: $v)", {MARK: 1}),
    "filter: unknown operator": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"like": MARK}}),
    "filter: text is a number": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"eq": 5}}),
    "filter: NUL": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"contains": f"{MARK}\0"}}),
    "filter: surrogate": ("$v: CustomerFilter", "customers(filter: $v)", {"search": f"{MARK}\udc00"}),
    "filter: surrogate in a list": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"oneOf": ["\ud83d"]}}),
    "filter: huge list": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"oneOf": [MARK] * 101}}),
    "filter: null in a list": ("$v: CustomerFilter", "customers(filter: $v)", {"name": {"oneOf": [None]}}),
    "filter: ids, huge list": ("$v: InvoiceFilter", "invoices(filter: $v)", {"customer": {"oneOf": ["x"] * 101}}),
    "decimal: 1e400": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "1e400"),
    "decimal: 50 digits": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "9" * 50),
    "decimal: 13 digits": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", 10**12),
    "decimal: NaN": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "NaN"),
    "decimal: Infinity": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "-Infinity"),
    "decimal: float": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", 1.5),
    "decimal: true": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", True),
    "decimal: text": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", MARK),
    "decimal: newline": ("$v: Decimal", "invoices(filter: {totalIncl: {gt: $v}})", "1\n"),
    "date: 30 February": ("$v: Date", "invoices(filter: {date: {eq: $v}})", "2026-02-30"),
    "date: year 0": ("$v: Date", "invoices(filter: {date: {eq: $v}})", "0000-01-01"),
    "date: year 12026": ("$v: Date", "invoices(filter: {date: {eq: $v}})", "12026-01-01"),
    "date: infinity": ("$v: Date", "invoices(filter: {date: {eq: $v}})", "infinity"),
    "date: number": ("$v: Date", "invoices(filter: {date: {eq: $v}})", 20260101),
    "date: moment": ("$v: Date", "invoices(filter: {date: {eq: $v}})", "2026-01-01T00:00:00Z"),
    "enum: unknown": ("$v: [InvoiceOrder!]", "invoices(orderBy: $v)", [MARK]),
    "enum: number": ("$v: [InvoiceOrder!]", "invoices(orderBy: $v)", [1]),
    "enum: null in the list": ("$v: [InvoiceOrder!]", "invoices(orderBy: $v)", [None]),
    "enum: lower case": ("$v: [DocumentKind!]", "documents(kinds: $v)", ["invoice"]),
    "enum: object": ("$v: [DocumentKind!]", "documents(kinds: $v)", {"a": MARK}),
    "id: number with a fraction": ("$v: ID", "invoices(filter: {customer: {eq: $v}})", 1.5),
    "id: object": ("$v: ID", "invoices(filter: {customer: {eq: $v}})", {"id": MARK}),
    "boolean: text": ("$v: Boolean", "invoices(filter: {date: {isNull: $v}})", "true"),
    "boolean: number": ("$v: Boolean", "invoices(filter: {date: {isNull: $v}})", 1),
    "directive: text": ("$v: Boolean!", "invoices @include(if: $v)", MARK),
    "directive: missing": ("$v: Boolean!", "invoices @skip(if: $v)", None),
}


@pytest.mark.parametrize("case", VARIABLES)
async def test_a_variable_that_does_not_fit_is_refused_and_not_repeated(demo: Demo, unchanged: None, case: str) -> None:
    declaration, field, value = VARIABLES[case]
    variables = {"id": await demo.company("Chauffage Lambert"), "v": value}
    answer = await post(demo, {"query": COMPANY.format(f", {declaration}", field), "variables": variables})
    status = 400 if "surrogate" in case else 422  # such a body is no JSON
    assert (answer.response.status_code, answer.codes, answer.data) == (status, [INPUT], None)
    assert MARK not in answer.response.text
    assert not isinstance(value, str) or len(value) < 6 or value not in answer.response.text


# --- what fits its type and means nothing

HARMLESS: Final[Mapping[str, tuple[str, Any]]] = {
    "number as id": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", 5),
    "empty id": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", ""),
    "NUL escaped twice": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "\\u0000"),
    "long id": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "com_" + "a" * 100_000),
    "upper case": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "COM_" + "A" * 32),
    "other digits": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "com_" + "٣" * 32),
    "no such prefix": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "zzz_" + "0" * 32),
    "no node type": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "pmx_" + "0" * 32),
    "account": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "acc_" + "0" * 32),
    "SQL": ("query ($v: ID!) { company(id: $v) { name } node(id: $v) { id } }", "com_' or true --"),
}


@pytest.mark.parametrize("case", HARMLESS)
async def test_an_id_that_belongs_to_nothing_is_null(demo: Demo, unchanged: None, case: str) -> None:
    query, value = HARMLESS[case]
    answer = await post(demo, {"query": query, "variables": {"v": value}})
    assert answer.told == (200, {"data": {"company": None, "node": None}})


async def test_ids_of_other_types_and_companies_filter_nothing_in(demo: Demo, unchanged: None) -> None:
    lambert = await demo.company("Chauffage Lambert")
    other = await demo.connection.fetchval(
        "select id from contact where company_id <> $1 limit 1", uuid.UUID(hex=lambert[4:])
    )
    query = "query ($id: ID!, $v: ID) { company(id: $id) { invoices(filter: {customer: {eq: $v}}) { totalCount } } }"
    for value in (f"cus_{other.hex}", lambert, "x", "", "%", f"inv_{uuid.uuid4().hex}"):
        answer = await post(demo, {"query": query, "variables": {"id": lambert, "v": value}})
        assert answer.told == (200, {"data": {"company": {"invoices": {"totalCount": 0}}}})


async def test_too_many_ids_are_refused(demo: Demo, unchanged: None) -> None:
    query = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
    assert (await post(demo, {"query": query, "variables": {"v": [MARK] * 101}})).codes == [INPUT]
    answer = await post(demo, {"query": query, "variables": {"v": [MARK, "%", ""] * 33}})
    assert answer.told == (200, {"data": {"nodes": [None] * 99}})
    for value in (None, [None], [[MARK]], {"a": MARK}):
        assert (await post(demo, {"query": query, "variables": {"v": value}})).codes == [INPUT]


# --- cursors


def cursor(*keys: object) -> str:
    """A cursor with these contents."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


async def test_forged_cursors_are_refused(demo: Demo, unchanged: None) -> None:
    lambert = await demo.company("Chauffage Lambert")
    lists = {
        "date": "invoices(first: 1{})",
        "total": "invoices(first: 1, orderBy: [TOTAL_INCL_DESC]{})",
        "name": "customers(first: 1, orderBy: [NAME_ASC]{})",
        "created": "customers(first: 1, orderBy: [CREATED_AT_ASC]{})",
    }
    marks: dict[str, str] = {}
    real: dict[str, str] = {}
    for name, list_ in lists.items():
        query = f"query ($id: ID!) {{ company(id: $id) {{ list: {list_.format('')} {{ edges {{ cursor }} }} }} }}"
        found = (await demo.ask("lambert", query, id=lambert)).data["company"]["list"]["edges"][0]["cursor"]
        real[name] = found
        marks[name] = json.loads(base64.urlsafe_b64decode(found + "=" * (-len(found) % 4)))[0]
    some = str(uuid.uuid4())
    forged: dict[str, list[tuple[object, ...]]] = {
        "date": [
            *(("2026-02-30", some), ("infinity", some), ("-infinity", some), ("12026-01-01", some), ("", some)),
            *(("0000-00-00", some), ("2026-01-01", "no uuid"), ("2026-01-01", some[:-1]), ("2026-01-01",)),
            *((20260101, some), (["2026-01-01"], some), ({}, some), (True, some)),
            *(("2026-01-01", some, some), ("2026-01-01\0", some), ("2026-01-01", f"{some}\0")),
            *((None, some), ("2026-01-01", None), (None, None)),
        ],
        "total": [
            *(("1e400", some), ("NaN", some), ("Infinity", some), ("9" * 100_000, some), ("1" * 5_000, some)),
            *(("-", some), ("0x10", some), ("1_000", some), (1.5, some)),
        ],
        "name": [("a\0", some), ("\ud800", some), ("a" * 100_000, some), (5, some)],
        "created": [("2026-01-01", "x"), ("infinity", some), ("99999-01-01T00:00:00Z", some), ("now", some)],
    }
    for name, list_ in lists.items():
        page = list_.format(", after: $c")
        query = f"query ($id: ID!, $c: String) {{ company(id: $id) {{ {page} {{ nodes {{ id }} }} }} }}"
        counted = query.replace("nodes { id }", "totalCount")
        sent = [cursor(marks[name], *keys) for keys in forged[name]]
        sent += [value for other, value in real.items() if other != name]
        sent += [
            real[name][:-3],
            real[name] + "AAAA",
            real[name][1:],
            cursor(),
            cursor(marks[name]),
            "W10",
            "e30",
            "MQ",
        ]
        sent += [base64.urlsafe_b64encode(b"[" * 5_000).decode(), base64.urlsafe_b64encode(b'["\xff"]').decode()]
        for value in sent:
            answer = await post(demo, {"query": query, "variables": {"id": lambert, "c": value}})
            assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None), (name, value[:90])
            assert value[:2_000] not in re.sub(r"\"requestId\":\"\w+\"", "", answer.response.text)
            answer = await post(demo, {"query": counted, "variables": {"id": lambert, "c": value}})
            assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None), (name, value[:90])
        assert (await demo.ask("lambert", query, id=lambert, c=real[name])).codes == []


# --- documents

DOCUMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "empty": ("", PARSE),
    "white space": (" \n\t", PARSE),
    "only a comment": ("# hello", PARSE),
    "no end": ("{ viewer {", PARSE),
    "no selection": ("{ viewer { } }", PARSE),
    "NUL": ("{ viewer\0 }", PARSE),
    "surrogate": ("{ viewer \ud800 }", INPUT),
    "NUL in a string": ('{ viewer { companies(filter: {search: "\0"}) { nodes { id } } } }', INPUT),
    "open string": ('{ node(id: "x) { id } }', PARSE),
    "surrogate escape": (r'{ node(id: "\uD800") { id } }', PARSE),
    "not GraphQL": ("select * from account", PARSE),
    "deep nesting": ("{ viewer " * 2_000 + "}" * 2_000, PARSE),
    "deep lists": ("{ nodes(ids: " + "[" * 5_000 + "]" * 5_000 + ") { id } }", PARSE),
    "deep types": ("query ($a: " + "[" * 3_000 + "ID" + "]" * 3_000 + ") { apps { app } }", PARSE),
    "5,000 aliases": ("{" + " ".join(f"a{n}: apps {{ app }}" for n in range(5_000)) + "}", PARSE),
    "31 aliases": ("{ viewer {" + " ".join(f"a{n}: __typename" for n in range(31)) + "} }", VALIDATION),
    "200 fields at the root": ("{" + "__typename " * 200 + "}", VALIDATION),
    "long": ("{ apps { app } } #" + "x" * 100_000, PARSE),
    "200 directives": ("{ apps " + "@skip(if: false) " * 200 + "{ app } }", VALIDATION),
    "fragment in itself": ("{ ...A } fragment A on Query { apps { app } ...A }", VALIDATION),
    "fragments in a circle": ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", VALIDATION),
    "unused fragment": ("{ apps { app } } fragment A on Query { apps { app } }", VALIDATION),
    "unknown field": ("{ viewer { password } }", VALIDATION),
    "unknown argument": ("{ apps(first: 1) { app } }", VALIDATION),
    "unknown type": ("query ($a: Nope) { apps { app } }", VALIDATION),
    "unknown directive": ("{ apps @nope { app } }", VALIDATION),
    "unknown enum value": ("{ apps(kind: NOPE) { app } }", VALIDATION),
    "undefined variable": ("{ node(id: $x) { id } }", VALIDATION),
    "unused variable": ("query ($x: ID) { apps { app } }", VALIDATION),
    "conflicting aliases": ("{ a: viewer { __typename } a: apps { app } }", VALIDATION),
    "leaf with a selection": ("{ apps { app { x } } }", VALIDATION),
    "object without a selection": ("{ apps }", VALIDATION),
    "missing argument": ("{ node { id } }", VALIDATION),
    "null for a non-null": ("{ node(id: null) { id } }", VALIDATION),
    "huge literal": ("{ viewer { companies(first: 99999999999) { totalCount } } }", VALIDATION),
    "literal text for a number": ('{ viewer { companies(first: "1") { totalCount } } }', VALIDATION),
    "literal object for an id": ("{ node(id: {a: 1}) { id } }", VALIDATION),
    "literal page too large": ("{ viewer { companies(first: 101) { nodes { id } } } }", INPUT),
    "literal page below 0": ("{ viewer { companies(first: -1) { nodes { id } } } }", INPUT),
    "first and last": ("{ viewer { companies(first: 1, last: 1) { nodes { id } } } }", INPUT),
    "literal cursor": ('{ viewer { companies(after: "x") { nodes { id } } } }', INPUT),
    "literal NUL": (r'{ viewer { companies(filter: {search: "\u0000"}) { nodes { id } } } }', INPUT),
    "subscription": ("subscription { apps { app } }", VALIDATION),
    "several operations": ("query A { apps { app } } query B { apps { app } }", RESOLUTION),
    "only fragments": ("fragment A on Query { apps { app } }", VALIDATION),
    "type system": ("type A { a: Int }", VALIDATION),
    "deep introspection": (
        "{ __schema { types " + "{ fields { type " * 12 + "{ name }" + " } }" * 12 + " } }",
        VALIDATION,
    ),
}


@pytest.mark.parametrize("case", DOCUMENTS)
async def test_a_bad_document_is_refused_in_both_media_types(demo: Demo, unchanged: None, case: str) -> None:
    query, code = DOCUMENTS[case]
    answer = await post(demo, {"query": query})
    status = 400 if code == PARSE or case == "surrogate" else 422
    assert (answer.response.status_code, set(answer.codes), answer.data) == (status, {code}, None)
    answer = await post(demo, {"query": query}, accept="application/json")
    assert (answer.response.status_code, set(answer.codes), answer.data) == (status, {code}, None)


LONG: Final = "9" * 5_000
"""More digits than Python turns into an integer unless told otherwise."""

TOO_LONG: Final[Mapping[str, str]] = {
    "literal": f"{{ viewer {{ companies(first: {LONG}) {{ totalCount }} }} }}",
    "below zero": f"{{ viewer {{ companies(first: -{LONG}) {{ totalCount }} }} }}",
    "default": f"query ($first: Int = {LONG}) {{ viewer {{ companies(first: $first) {{ totalCount }} }} }}",
}


@pytest.mark.parametrize("case", TOO_LONG)
async def test_a_number_that_python_cannot_read_is_not_repeated_nor_are_its_words(
    demo: Demo, unchanged: None, case: str
) -> None:
    answer = await post(demo, {"query": TOO_LONG[case]})
    assert (answer.response.status_code, answer.codes) == (422, [VALIDATION])
    assert answer.body["errors"][0]["message"] == "Expected value of type 'Int'."


@pytest.mark.parametrize("given", [{}, {"id": None}, {"ID": "x"}, {"id": ["x"]}, {"id": {}}, {"id": 1.5}])
async def test_a_missing_variable_is_named(demo: Demo, unchanged: None, given: dict[str, object]) -> None:
    answer = await post(demo, {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": given})
    assert (answer.response.status_code, answer.codes) == (422, [INPUT])
    assert '"$id"' in answer.body["errors"][0]["message"]


async def test_variables_that_nobody_asked_for_are_ignored(demo: Demo, unchanged: None) -> None:
    answer = await post(demo, {"query": "{ viewer { __typename } }", "variables": {MARK: MARK}})
    assert answer.told == (200, {"data": {"viewer": {"__typename": "Viewer"}}})


# --- bodies

OK: Final = b'{"query": "{ viewer { __typename } }"}'
BODIES: Final[Mapping[str, tuple[bytes, dict[str, str], int, str]]] = {
    "nothing": (b"", {}, 400, INPUT),
    "half": (b'{"query": "{ viewer', {}, 400, INPUT),
    "not JSON": (b"query=%7Bviewer%7D", {}, 400, INPUT),
    "NaN": (b'{"query": "{ apps { app } }", "variables": {"a": NaN}}', {}, 400, INPUT),
    "Infinity": (b'{"query": "{ apps { app } }", "variables": {"a": -Infinity}}', {}, 400, INPUT),
    "not UTF-8": (b'{"query": "{ viewer \xff }"}', {}, 400, INPUT),
    "UTF-16": (OK.decode().encode("utf-16"), {}, 400, INPUT),
    "lone surrogate": (b'{"query": "{ node(id: $a) { id } }", "variables": {"a": "\\ud800"}}', {}, 400, INPUT),
    "array: empty": (b"[]", {}, 422, INPUT),
    "array: too long": (b"[" + b",".join([OK] * 51) + b"]", {}, 422, INPUT),
    "text": (b'"{ viewer }"', {}, 422, INPUT),
    "null": (b"null", {}, 422, INPUT),
    "number": (b"1e999", {}, 400, INPUT),
    "no query": (b"{}", {}, 422, INPUT),
    "query is null": (b'{"query": null}', {}, 422, INPUT),
    "query is a list": (b'{"query": ["{ viewer }"]}', {}, 422, INPUT),
    "variables are a list": (b'{"query": "{ apps { app } }", "variables": []}', {}, 422, INPUT),
    "variables are a text": (b'{"query": "{ apps { app } }", "variables": "{}"}', {}, 422, INPUT),
    "operation name is a number": (b'{"query": "{ apps { app } }", "operationName": 1}', {}, 422, INPUT),
    "unknown operation": (b'{"query": "{ apps { app } }", "operationName": "Nope"}', {}, 422, RESOLUTION),
    "extensions are a text": (b'{"query": "{ apps { app } }", "extensions": "x"}', {}, 422, INPUT),
    "deep JSON": (b'{"query": "{ x }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}", {}, 400, INPUT),
    "huge integer": (b'{"query": "{ viewer }", "variables": {"a": ' + b"9" * 5_000 + b"}}", {}, 400, INPUT),
    "too large": (b'{"query": "' + b" " * 300_000 + b'"}', {}, 413, "PAYLOAD_TOO_LARGE"),
    "form": (b"query=x", {"content_type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "plain text": (OK, {"content_type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "multipart": (OK, {"content_type": "multipart/form-data; boundary=x"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "GraphQL": (b"{ viewer }", {"content_type": "application/graphql"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no type": (OK, {"content_type": ""}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "Latin-1": (OK, {"content_type": "application/json; charset=latin-1"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "compressed": (OK, {"content_encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "answer in HTML": (OK, {"accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
    "unknown mode": (OK, {"hidden_fields": "show"}, 400, INPUT),
    "stored operation": (b'{"documentId": "abc"}', {}, 422, "PERSISTED_QUERY_NOT_FOUND"),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
async def test_a_bad_body_is_refused(demo: Demo, unchanged: None, case: str) -> None:
    body, headers, status, code = BODIES[case]
    answer = await post(demo, body, **headers)
    assert (answer.response.status_code, answer.codes, answer.data) == (status, [code], None)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("query=mutation{logout{errors{code}}}", 405, METHOD),
        ("query={apps{app}}mutation A{logout{errors{code}}}&operationName=A", 422, VALIDATION),
        ("query=query Q{apps{app}} mutation A{logout{errors{code}}}&operationName=A", 405, METHOD),
        ("", 422, INPUT),
        ("query=%ff", 400, INPUT),
        ("query={apps{app}}&query={apps{app}}", 422, INPUT),
        ("query={apps{app}}&variables=[", 400, INPUT),
        ("query={apps{app}}&variables=1", 422, INPUT),
        ("&".join(f"a{n}=1" for n in range(40)), 400, INPUT),
    ],
)
async def test_a_bad_get_is_refused(demo: Demo, unchanged: None, query: str, status: int, code: str) -> None:
    headers = {"accept": JSON, "authorization": f"Bearer {await demo.token('lambert')}"}
    answer = checked(await demo.client.get(f"/graphql?{query}", headers=headers))
    assert (answer.response.status_code, set(answer.codes), answer.data) == (status, {code}, None)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(demo: Demo, unchanged: None, method: str) -> None:
    response = await demo.client.request(method, "/graphql", content=OK)
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]


# --- mutations

CHANGES: Final[Mapping[str, Any]] = {
    "no list": "x",
    "null": None,
    "null inside": [None],
    "unknown app": [{"userId": "x", "app": MARK, "granted": True}],
    "app that is a number": [{"userId": "x", "app": 5, "granted": True}],
    "granted is a text": [{"userId": "x", "app": "STOCK", "granted": "yes"}],
    "granted is null": [{"userId": "x", "app": "STOCK", "granted": None}],
    "user is a list": [{"userId": ["x"], "app": "STOCK", "granted": True}],
    "no user": [{"app": "STOCK", "granted": True}],
    "something more": [{"userId": "x", "app": "STOCK", "granted": True, MARK: 1}],
}


@pytest.mark.parametrize("case", CHANGES)
async def test_a_bad_change_is_refused_before_it_is_looked_at(demo: Demo, unchanged: None, case: str) -> None:
    given = {"companyId": await demo.company("Chauffage Lambert"), "expectedVersion": 1, "changes": CHANGES[case]}
    answer = await post(demo, {"query": SET, "variables": {"input": given}})
    assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None)
    assert MARK not in answer.response.text


@pytest.mark.parametrize("version", ["1", 1.5, True, None, 2**31, -(2**31) - 1, [1], 10**40])
async def test_a_version_is_an_integer(demo: Demo, unchanged: None, version: object) -> None:
    lambert = await demo.company("Chauffage Lambert")
    given: dict[str, object] = {"companyId": lambert, "expectedVersion": version, "changes": []}
    answer = await post(demo, {"query": SET, "variables": {"input": given}})
    assert (answer.response.status_code, answer.codes) == (422, [INPUT])


@pytest.mark.parametrize("company", [5, "", "com_", "com_" + "f" * 32, "usr_" + "f" * 32, "x" * 100_000])
async def test_a_company_that_is_none_is_not_found(demo: Demo, unchanged: None, company: object) -> None:
    given: dict[str, object] = {"companyId": company, "expectedVersion": 1, "changes": []}
    answer = await post(demo, {"query": SET, "variables": {"input": given}})
    assert answer.response.status_code == 200
    assert answer.data["setAppAccess"]["company"] is None
    assert [error["code"] for error in answer.data["setAppAccess"]["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "given",
    [
        {"email": 5, "password": MARK},
        {"email": MARK},
        {"email": MARK, "password": None},
        {"email": [MARK], "password": "x"},
        {"email": MARK, "password": "x", "more": MARK},
        {"email": f"{MARK}\0", "password": "x"},
        MARK,
        None,
    ],
    ids=range(8),
)
async def test_a_bad_login_is_refused_and_not_repeated(demo: Demo, unchanged: None, given: object) -> None:
    answer = await post(demo, {"query": LOGIN, "variables": {"input": given}})
    assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None)
    assert MARK not in answer.response.text
