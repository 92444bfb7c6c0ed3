"""endpoint.py: each kind of request gets its status, media type and code, as GraphQL over HTTP wants."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from db.errors import DatabaseTimeout, DatabaseUnavailable
from resolvers.request import ErrorEntry, Location, Note, RequestError, Result
from schema.errors import ErrorCode
from schema.hidden_fields import HiddenFields
from schema.localization.language import Language
from tests.gateway.conftest import MakeApp, SmallBackend, SmallExecutor, client_of

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
OK = b'{"query":"{ name }"}'


def checked_error(response: httpx.Response, status: int, code: ErrorCode, media_type: str = GRAPHQL) -> dict[str, Any]:
    """Every refusal has the same envelope, and is labelled as what only GraphQL servers send."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == f"{media_type if status == 200 else GRAPHQL}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "accept" in response.headers["vary"].split(", ")
    body = response.json()
    assert body.keys() == {"errors"}
    (error,) = body["errors"]
    assert error["message"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return error


async def post(client: httpx.AsyncClient, body: bytes | dict[str, object], **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", content=content, headers={"content-type": JSON} | names)


# What is executed


async def test_a_query_is_answered_with_its_data(client: httpx.AsyncClient) -> None:
    response = await post(client, OK)
    assert (response.status_code, response.content) == (200, b'{"data":{"name":"Lambert"}}')
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/graphql-response+json, application/json", GRAPHQL),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0, */*", GRAPHQL),
        ("text/html, application/graphql-response+json;q=0.2, */*;q=0.1", GRAPHQL),
        ("*/*, application/graphql-response+json", GRAPHQL),
        ("text/html, */*;q=0.8", JSON),
        ("application/graphql-response+json, application/graphql+json, application/json, text/event-stream", GRAPHQL),
        ("", JSON),
        (", ,", JSON),
        ("application/json;q=nonsense, application/graphql-response+json;q=0.1", GRAPHQL),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON),
        ("*; q=.2", JSON),
        ("application/graphql-response+json; q=.3, application/json; q=.2", GRAPHQL),
        ("application/json;q=0.3333333, application/graphql-response+json;q=0.33333", JSON),
        ("application/json;q=0., */*", GRAPHQL),
    ],
)
async def test_the_media_type_is_negotiated(client: httpx.AsyncClient, accept: str | None, media_type: str) -> None:
    response = await post(client, OK, **({} if accept is None else {"accept": accept}))
    assert (response.status_code, response.headers["content-type"]) == (200, f"{media_type}; charset=utf-8")


async def test_several_accept_headers_are_one_list(client: httpx.AsyncClient) -> None:
    headers = [("content-type", JSON), ("accept", "text/html"), ("accept", GRAPHQL)]
    response = await client.post("/graphql", content=OK, headers=headers)
    assert response.headers["content-type"].startswith(GRAPHQL)


@pytest.mark.parametrize(
    "accept", ["image/png", "text/html, image/*", "application/json;q=0", "application/jsonx", "*/*;q=0.0"]
)
async def test_what_cannot_be_accepted_is_406(client: httpx.AsyncClient, accept: str) -> None:
    checked_error(await post(client, OK, accept=accept), 406, ErrorCode.NOT_ACCEPTABLE)


async def test_the_request_reaches_the_executor_as_it_was_sent(
    client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    body: dict[str, object] = {
        "query": "query A($n: Int!) { count(n: $n) }",
        "operationName": "A",
        "variables": {"n": 3},
        "extensions": None,
        "unknown": [1],
    }
    response = await post(
        client, body, authorization="bearer enf_abc-DEF_1", hidden_fields="error", accept_language="nl-BE, en;q=0.8",
        user_agent="x" * 300,
    )  # fmt: skip
    assert response.status_code == 200
    (request,) = executor.asked
    assert (request.query, request.operation_name, request.variables) == (body["query"], "A", {"n": 3})
    assert (request.token, request.hidden_fields) == ("enf_abc-DEF_1", HiddenFields.ERROR)
    assert request.language is Language.NL
    assert (request.queries_only, request.address, request.user_agent) == (False, "192.0.2.7", "x" * 200)
    assert request.request_id == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        (None, Language.FR),
        ("de", Language.DE),
        ("en-GB;q=0.7, nl;q=0.9", Language.NL),
        ("es, it", Language.FR),
        ("*", Language.FR),
        ("de;q=0, en;q=0.1", Language.EN),
        ("EN", Language.EN),
        ("nl;q=2, de;q=0.1", Language.DE),
    ],
)
async def test_the_language_is_negotiated(
    client: httpx.AsyncClient, executor: SmallExecutor, accept_language: str | None, language: Language
) -> None:
    await post(client, OK, **({} if accept_language is None else {"accept_language": accept_language}))
    assert executor.asked[0].language is language


async def test_notes_and_errors_beside_data_are_a_success(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    executor.result = Result.of(
        b'{"a":null}',
        (ErrorEntry(ErrorCode.APP_REQUIRED, "This needs access to the app Stock.", ("a",)),),
        (Note(("b",), "STOCK", None, ("com_1",)),),
    )
    response = await post(client, OK, accept=GRAPHQL)
    assert response.status_code == 294
    assert response.json()["data"] == {"a": None}
    assert response.json()["errors"][0]["extensions"]["code"] == "APP_REQUIRED"
    assert response.json()["extensions"]["hidden"] == [{"path": ["b"], "app": "STOCK", "companies": ["com_1"]}]


# Request errors: 400 for what cannot be parsed, 422 for the rest, never `data`

REQUEST_ERRORS = [
    pytest.param({"query": "{ name"}, 400, ErrorCode.GRAPHQL_PARSE_FAILED, id="parse"),
    pytest.param({"query": ""}, 400, ErrorCode.GRAPHQL_PARSE_FAILED, id="empty document"),
    pytest.param({"query": "{ nothing }"}, 422, ErrorCode.GRAPHQL_VALIDATION_FAILED, id="validation"),
    pytest.param(
        {"query": "query A { name } query B { name }"},
        422,
        ErrorCode.OPERATION_RESOLUTION_FAILURE,
        id="which operation",
    ),
    pytest.param(
        {"query": "query A { name }", "operationName": "B"},
        422,
        ErrorCode.OPERATION_RESOLUTION_FAILURE,
        id="no operation",
    ),
    pytest.param(
        {"query": "query ($n: Int!) { count(n: $n) }", "variables": {"n": "x"}},
        422,
        ErrorCode.BAD_USER_INPUT,
        id="variables",
    ),
    pytest.param({"documentId": "sha256:" + "0" * 64}, 422, ErrorCode.PERSISTED_QUERY_NOT_FOUND, id="document id"),
]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
@pytest.mark.parametrize(("body", "status", "code"), REQUEST_ERRORS)
async def test_request_errors(
    client: httpx.AsyncClient, body: dict[str, object], status: int, code: ErrorCode, accept: str
) -> None:
    checked_error(await post(client, body, accept=accept), status, code, accept)


async def test_all_reasons_are_told(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    reasons = tuple(ErrorEntry(ErrorCode.GRAPHQL_VALIDATION_FAILED, text) for text in ("One.", "Two."))
    executor.error = RequestError.several(reasons)
    response = await post(client, OK, accept=GRAPHQL)
    assert (response.status_code, [error["message"] for error in response.json()["errors"]]) == (422, ["One.", "Two."])


async def test_locations_are_told(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    executor.error = RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, "Syntax Error", (Location(2, 5),))
    error = checked_error(await post(client, OK), 400, ErrorCode.GRAPHQL_PARSE_FAILED)
    assert error["locations"] == [{"line": 2, "column": 5}]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("code", "status", "header"),
    [
        (ErrorCode.UNAUTHENTICATED, 401, "www-authenticate"),
        (ErrorCode.FORBIDDEN, 403, None),
        (ErrorCode.RATE_LIMITED, 429, "retry-after"),
        (ErrorCode.NOT_ACCEPTABLE, 406, None),
        (ErrorCode.UNAVAILABLE, 503, "retry-after"),
        (ErrorCode.INTERNAL, 500, None),
    ],
)
@pytest.mark.parametrize("raised", [True, False], ids=["raised", "returned"])
async def test_other_refusals_of_the_executor_have_one_status(
    client: httpx.AsyncClient, executor: SmallExecutor, code: ErrorCode, status: int, header: str | None, accept: str,
    raised: bool,
) -> None:  # fmt: skip
    if raised:
        executor.error = RequestError(code, "No.")
    else:
        executor.result = Result(None, (ErrorEntry(code, "No."),))
    response = await post(client, OK, accept=accept)
    checked_error(response, status, code, accept)
    assert header is None or header in response.headers


async def test_an_unknown_hash_is_answered_as_apollo_wants(client: httpx.AsyncClient) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    for response in (
        await post(client, {"operationName": "A", "variables": {}, "extensions": extensions}, accept=GRAPHQL),
        await client.get("/graphql", params={"extensions": json.dumps(extensions)}, headers={"accept": GRAPHQL}),
    ):
        error = checked_error(response, 200, ErrorCode.PERSISTED_QUERY_NOT_FOUND, GRAPHQL)
        assert error["message"] == "PersistedQueryNotFound"


# Requests that are not GraphQL over HTTP: 400 for what cannot be read, 422 for the rest

NO_JSON = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="cut off"),
    pytest.param(b"\xff\xfe", id="not UTF-8"),
    pytest.param(b'{"query":"\xc3\x28"}', id="not UTF-8 inside"),
    pytest.param(b"\xef\xbb\xbf", id="only a byte order mark"),
    pytest.param(b"\xef\xbb\xbf\xef\xbb\xbf" + OK, id="two byte order marks"),
    pytest.param(b"\xff\xfe" + OK.decode().encode("utf-16-le"), id="UTF-16"),
    pytest.param(b"[" * 20_000, id="deep"),
    pytest.param(b'{"query":"{ name }","variables":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001, id="deep variables"),
    pytest.param(b'{"query":"{ name }","variables":{"n":NaN}}', id="NaN"),
    pytest.param(b'{"query":"{ name }","variables":{"n":1e999}}', id="infinity"),
    pytest.param(b'{"query":"{ name }","operationName":"\\ud800"}', id="lone surrogate"),
]
NOT_WELL_FORMED = [
    pytest.param(b'"x"', id="string"),
    pytest.param(b"5", id="number"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[1]", id="batch of a number"),
    pytest.param(b"[[]]", id="batch of a batch"),
    pytest.param(b"[" + OK + b"]", id="batch"),
    pytest.param(b"[]", id="empty batch"),
    pytest.param(b"{}", id="no query"),
    pytest.param(b'{"query":null}', id="null query"),
    pytest.param(b'{"query":5}', id="query is a number"),
    pytest.param(b'{"query":["{ name }"]}', id="query is a list"),
    pytest.param(b'{"query":"{ name }","operationName":5}', id="operationName is a number"),
    pytest.param(b'{"query":"{ name }","operationName":["a"]}', id="operationName is a list"),
    pytest.param(b'{"query":"{ name }","variables":"x"}', id="variables is a string"),
    pytest.param(b'{"query":"{ name }","variables":[]}', id="variables is a list"),
    pytest.param(b'{"query":"{ name }","variables":0}', id="variables is zero"),
    pytest.param(b'{"query":"{ name }","extensions":"x"}', id="extensions is a string"),
    pytest.param(b'{"query":"{ name }","extensions":false}', id="extensions is false"),
    pytest.param(b'{"documentId":5}', id="documentId is a number"),
    pytest.param(b'{"query":"{ name }","documentId":"a"}', id="query and documentId"),
    pytest.param(b'{"query":"{ name }","variables":{"a":[{"b":"x\\u0000"}]}}', id="NUL"),
    pytest.param(b'{"query":"{ name }","variables":{"a\\u0000":1}}', id="NUL in a key"),
]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("body", NO_JSON)
async def test_what_is_no_json_is_400(
    client: httpx.AsyncClient, executor: SmallExecutor, body: bytes, accept: str
) -> None:
    checked_error(await post(client, body, accept=accept), 400, ErrorCode.BAD_USER_INPUT)
    assert not executor.asked


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("body", NOT_WELL_FORMED)
async def test_what_is_no_well_formed_request_is_422(
    client: httpx.AsyncClient, executor: SmallExecutor, body: bytes, accept: str
) -> None:
    checked_error(await post(client, body, accept=accept), 422, ErrorCode.BAD_USER_INPUT)
    assert not executor.asked


async def test_a_byte_order_mark_is_ignored(client: httpx.AsyncClient) -> None:
    response = await post(client, b"\xef\xbb\xbf" + OK)
    assert response.json() == {"data": {"name": "Lambert"}}


async def test_an_escaped_backslash_is_not_a_nul(client: httpx.AsyncClient) -> None:
    response = await post(client, b'{"query":"query($o: String) { name(of: $o) }","variables":{"o":"\\\\u0000"}}')
    assert response.json() == {"data": {"name": "Lambert"}}


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "text/plain", "application/jsonx", "application/json; charset=latin-1",
        "application/json, text/plain",
        "application/json; charset=utf-8; charset=utf-16", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "application/graphql", "application/graphql-response+json", "json",

        "application/json charset=utf-8",
        "charset=utf-8; application/json", "application/ json", "application/json=", "application/json; charset",
        'application/json; charset="utf-8', 'application/json; charset=""utf-8""', "text/plain; application/json", ";",
        ";application/json", 'application/json; x="a;charset=utf-8', 'application/json; x="a;b"; charset=latin-1',
    ],
)  # fmt: skip
async def test_other_content_types_are_415(client: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post("/graphql", content=OK, headers=headers)
    checked_error(response, 415, ErrorCode.UNSUPPORTED_MEDIA_TYPE)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"',
        "application/json;", "application/json ; Charset = Utf-8 ;", "\tapplication/json ",
        "application/json; charset=utf8", 'application/json;charset="UTF8"', "application/json; boundary=x",
        'application/json; profile="https://example.be"; charset=utf-8', "application/json; odata=verbose;;",
        "application/json; charset=utf-8; charset=utf-8", "application/json;version=1.0",
        'application/json; boundary="a;b,c"; charset=utf-8',
    ],
)  # fmt: skip
async def test_json_content_types_pass(client: httpx.AsyncClient, content_type: str) -> None:
    response = await client.post("/graphql", content=OK, headers={"content-type": content_type})
    assert response.status_code == 200


async def test_compressed_bodies_are_415(client: httpx.AsyncClient) -> None:
    response = await post(client, OK, content_encoding="gzip")
    checked_error(response, 415, ErrorCode.UNSUPPORTED_MEDIA_TYPE)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_other_methods_are_405(client: httpx.AsyncClient, method: str, accept: str) -> None:
    response = await client.request(method, "/graphql", content=OK, headers={"content-type": JSON, "accept": accept})
    checked_error(response, 405, ErrorCode.METHOD_NOT_ALLOWED, accept)
    assert response.headers["allow"] == "GET, POST"


async def test_head_is_405(client: httpx.AsyncClient) -> None:
    response = await client.head("/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("value", ["hidden", "Null", "", "error, null", "absent,absent"])
async def test_unknown_modes_of_hidden_fields_are_400(client: httpx.AsyncClient, value: str) -> None:
    error = checked_error(await post(client, OK, hidden_fields=value), 400, ErrorCode.BAD_USER_INPUT)
    assert "Hidden-Fields" in error["message"]


@pytest.mark.parametrize(("headers", "mode"), [
    ({}, HiddenFields.NULL), ({"hidden_fields": "null"}, HiddenFields.NULL),
    ({"hidden_fields": "error"}, HiddenFields.ERROR), ({"hidden_fields": "absent"}, HiddenFields.ABSENT),
])  # fmt: skip
async def test_the_client_says_how_hidden_fields_are_told(
    client: httpx.AsyncClient, executor: SmallExecutor, headers: dict[str, str], mode: HiddenFields
) -> None:
    assert (await post(client, OK, **headers)).status_code == 200
    assert executor.asked[0].hidden_fields is mode


@pytest.mark.parametrize(
    "value",
    ["Basic dXNlcjpwYXNz", "Bearer a b", "enf_abc", "Bearer " + "x" * 513, "Bearer é", "Bearer,", "Bearer null x"],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_credentials_that_are_none_are_401(
    client: httpx.AsyncClient, executor: SmallExecutor, value: str, accept: str
) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"accept", accept.encode()),
        (b"authorization", value.encode("latin-1")),
    ]
    response = await client.post("/graphql", content=OK, headers=headers)
    checked_error(response, 401, ErrorCode.UNAUTHENTICATED, accept)
    assert response.headers["www-authenticate"] == 'Bearer realm="enfact"'
    assert not executor.asked


@pytest.mark.parametrize("value", ["", " ", "Bearer", "bearer", "BEARER", "Bearer ", " Bearer  "])
async def test_an_empty_credential_is_as_good_as_none(
    client: httpx.AsyncClient, executor: SmallExecutor, value: str
) -> None:
    response = await client.post("/graphql", content=OK, headers={"content-type": JSON, "authorization": value})
    assert (response.status_code, executor.asked[0].token) == (200, None)


@pytest.mark.parametrize("name", ["authorization", "hidden-fields", "content-type"])
async def test_headers_that_decide_may_not_be_repeated(client: httpx.AsyncClient, name: str) -> None:
    value = {"authorization": "Bearer a", "hidden-fields": "null", "content-type": JSON}[name]
    headers = [("content-type", JSON), (name, value), *([] if name == "content-type" else [(name, value)])]
    response = await client.post("/graphql", content=OK, headers=headers)
    checked_error(response, 400, ErrorCode.BAD_USER_INPUT)


# GET


async def test_get_answers_queries(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    parameters = {"query": "query A($n: Int!) { count(n: $n) }", "variables": '{"n":1}', "operationName": "A", "x": "y"}
    response = await client.get("/graphql", params=parameters)
    assert (response.status_code, response.json()) == (200, {"data": {"count": None}})
    assert executor.asked[0].queries_only is True
    empty = {"query": "{ name }", "variables": "", "operationName": "", "extensions": ""}
    assert (await client.get("/graphql", params=empty)).json() == {"data": {"name": "Lambert"}}


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("", 422, ErrorCode.BAD_USER_INPUT),
        ("query", 400, ErrorCode.GRAPHQL_PARSE_FAILED),
        ("query=%FF", 400, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&query=%7Bname%7D", 422, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&variables=x", 400, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&variables=[]", 422, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&variables=5", 422, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&extensions=x", 400, ErrorCode.BAD_USER_INPUT),
        ("query=%7Bname%7D&variables=%7B%22a%22:%22%5Cu0000%22%7D", 422, ErrorCode.BAD_USER_INPUT),
        ("&".join(f"a{n}=1" for n in range(20)), 400, ErrorCode.BAD_USER_INPUT),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_bad_query_strings_are_refused(
    client: httpx.AsyncClient, query_string: str, status: int, code: ErrorCode, accept: str
) -> None:
    response = await client.get(f"/graphql?{query_string}", headers={"accept": accept})
    checked_error(response, status, code)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_mutation_by_get_is_405(client: httpx.AsyncClient, accept: str) -> None:
    response = await client.get(
        "/graphql", params={"query": 'mutation { rename(to: "x") }'}, headers={"accept": accept}
    )
    checked_error(response, 405, ErrorCode.METHOD_NOT_ALLOWED, accept)
    assert response.headers["allow"] == "POST"


# Bodies as they stream in


async def exchange(app: Starlette, messages: Iterator[Message], **headers: str) -> list[Message]:
    """Call the application as a server does; gives what it sent."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "client": None,
        "headers": [(b"content-type", b"application/json")]
        + [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> Message:
        message = next(messages, None)
        if message is None:
            await asyncio.sleep(3600)
        return message or {}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_pieces_is_put_together(app: Starlette) -> None:
    pieces = [chunk(OK[:5]), chunk(b""), chunk(OK[5:12]), chunk(OK[12:], more=False)]
    start, body = await exchange(app, iter(pieces))
    assert (start["status"], body["body"]) == (200, b'{"data":{"name":"Lambert"}}')


async def test_a_large_body_is_refused_while_it_streams_in(app: Starlette) -> None:
    read = 0

    def large() -> Iterator[Message]:
        nonlocal read
        while read < 100:
            read += 1
            yield chunk(b"x" * 65_536)
        yield chunk(b"", more=False)

    start, _ = await exchange(app, large())
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert read == 5


async def test_the_largest_body_passes_and_one_byte_more_does_not(client: httpx.AsyncClient) -> None:
    assert (await post(client, OK.ljust(262_144))).status_code == 200
    checked_error(await post(client, OK.ljust(262_145)), 413, ErrorCode.PAYLOAD_TOO_LARGE)


async def test_a_declared_length_is_refused_before_reading(app: Starlette) -> None:
    start, _ = await exchange(app, iter([]), content_length="262145")
    assert start["status"] == 413


async def test_a_client_that_goes_away_gets_no_answer(app: Starlette, executor: SmallExecutor) -> None:
    assert await exchange(app, iter([chunk(OK[:5]), {"type": "http.disconnect"}])) == []
    assert not executor.asked


async def test_a_client_that_stops_sending_gets_408(make_app: MakeApp) -> None:
    start, body = await exchange(make_app(deadline=0.05), iter([chunk(OK[:5])]))
    assert start["status"] == 408
    assert json.loads(body["body"])["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert (b"connection", b"close") in start["headers"]


# What is not the client's fault


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_request_over_its_deadline_is_504(make_app: MakeApp, executor: SmallExecutor, accept: str) -> None:
    executor.delay = 5
    async with client_of(make_app(deadline=0.05)) as client:
        checked_error(await post(client, OK, accept=accept), 504, ErrorCode.TIMEOUT, accept)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DatabaseTimeout("statement ..."), 504, ErrorCode.TIMEOUT),
        (DatabaseUnavailable("postgres://u:p@db/x"), 503, ErrorCode.UNAVAILABLE),
        (RuntimeError("secret dsn postgres://u:p@db/x"), 500, ErrorCode.INTERNAL),
        (IndexError(), 500, ErrorCode.INTERNAL),
    ],
)
async def test_failures_are_masked_and_logged_with_the_request_id(
    client: httpx.AsyncClient, executor: SmallExecutor, log_lines: io.StringIO, error: Exception, status: int,
    code: ErrorCode,
) -> None:  # fmt: skip
    executor.error = error
    response = await post(client, OK, accept_language="en")
    told = checked_error(response, status, code)
    assert "u:p@db" not in response.text
    assert told["message"][-1] == "."
    assert "u:p@db" not in log_lines.getvalue()
    events = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert all(event["request_id"] == response.headers["x-request-id"] for event in events)
    assert len(events) == (2 if code is ErrorCode.INTERNAL else 1)
    if code is ErrorCode.INTERNAL:
        assert events[0]["kind"] == type(error).__name__
        assert any("conftest.py" in frame for frame in events[0]["frames"])
    assert (events[-1]["event"], events[-1]["status"], events[-1]["level"]) == ("request", status, "error")


async def test_failures_speak_the_language_of_the_client(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    executor.error = RuntimeError()
    messages = {(await post(client, OK, accept_language=tag)).json()["errors"][0]["message"] for tag in ("fr", "en")}
    assert len(messages) == 2


async def test_before_the_database_is_there_requests_get_503(client: httpx.AsyncClient, backend: SmallBackend) -> None:
    backend.executor = None
    response = await post(client, OK)
    checked_error(response, 503, ErrorCode.UNAVAILABLE)
    assert response.headers["retry-after"] == "1"


async def test_a_request_that_is_cancelled_by_the_stopping_server_gets_503(
    app: Starlette, executor: SmallExecutor
) -> None:
    executor.delay = 5
    running = asyncio.create_task(exchange(app, iter([chunk(OK, more=False)])))
    await executor.began.wait()
    running.cancel()
    start, _ = await running
    assert start["status"] == 503


# Request ids and the log


async def test_each_request_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    ids = {(await post(client, OK, x_request_id="chosen-by-client")).headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(len(id) == 16 and int(id, 16) >= 0 for id in ids)


async def test_a_request_is_one_line_that_tells_no_secret(client: httpx.AsyncClient, log_lines: io.StringIO) -> None:
    body: dict[str, object] = {
        "query": 'query Mine($o: String) { name(of: "literal-secret") b: name(of: $o) }',
        "variables": {"o": "variable-secret"},
    }
    response = await post(client, body, authorization="Bearer token-secret", x_request_id="trace-0123")
    (line,) = log_lines.getvalue().splitlines()
    assert "secret" not in line
    told = json.loads(line)
    assert told.pop("ms") >= 0
    assert told.pop("time").endswith("Z")
    assert told == {
        "event": "request", "level": "info", "request_id": response.headers["x-request-id"], "operation": "Mine",
        "path": "/graphql", "caller": "192.0.2.7",
        "status": 200, "code": None, "client_request_id": "trace-0123",
    }  # fmt: skip


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        (f"00-{TRACE}-{SPAN}-01", True), (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
        (f"00-{TRACE}-{SPAN}-01-more", False), (f"ff-{TRACE}-{SPAN}-01", False), (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False), (f"00-{TRACE.upper()}-{SPAN}-01", False), ("\"}, {", False), ("", False),
    ],
)  # fmt: skip
async def test_the_trace_of_the_client_is_passed_on_in_the_log(
    client: httpx.AsyncClient, log_lines: io.StringIO, sent: str, *, is_taken: bool
) -> None:
    await post(client, OK, traceparent=sent)
    line = json.loads(log_lines.getvalue())
    assert (line.get("trace_id"), line.get("parent_id")) == ((TRACE, SPAN) if is_taken else (None, None))


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space", 'quote"12345', "line-é-12345"])
async def test_a_foreign_request_id_outside_the_pattern_is_not_logged(
    client: httpx.AsyncClient, log_lines: io.StringIO, given: str
) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-request-id", given.encode("latin-1"))]
    await client.post("/graphql", content=OK, headers=headers)
    assert "client_request_id" not in json.loads(log_lines.getvalue())


@pytest.mark.parametrize("name", ["a\nb", "x" * 65, "é", "a b"])
async def test_an_operation_name_that_is_none_is_not_logged(
    client: httpx.AsyncClient, log_lines: io.StringIO, name: str
) -> None:
    await post(client, {"query": "{ name }", "operationName": name})
    assert json.loads(log_lines.getvalue())["operation"] is None


@pytest.mark.parametrize("level", ["warning", "off"])
async def test_a_higher_level_logs_no_requests(
    make_app: MakeApp, executor: SmallExecutor, log_lines: io.StringIO, level: str
) -> None:
    async with client_of(make_app(log_level=level)) as client:
        await post(client, OK)
        assert log_lines.getvalue() == ""
        executor.error = RuntimeError()
        await post(client, OK)
    assert bool(log_lines.getvalue()) is (level == "warning")


async def test_other_loggers_write_to_the_same_place_without_messages_of_exceptions(
    make_app: MakeApp, log_lines: io.StringIO
) -> None:
    make_app()
    try:
        raise ValueError("secret")
    except ValueError:
        logging.getLogger("some.library").exception("it broke")
    told = json.loads(log_lines.getvalue())
    assert (told["event"], told["logger"], told["level"], told["kind"]) == (
        "it broke", "some.library", "error", "ValueError",
    )  # fmt: skip
    assert "secret" not in log_lines.getvalue()


# Beside /graphql


async def test_health(client: httpx.AsyncClient, backend: SmallBackend) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    backend.reason = "the database is not migrated"
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()) == (
        503, {"status": "unready", "reason": "the database is not migrated"},
    )  # fmt: skip
    assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/graphql/", "/graphiql", "/favicon.ico", "//graphql"])
async def test_other_addresses_are_404(client: httpx.AsyncClient, path: str) -> None:
    response = await client.request("GET", httpx.URL("http://enfact", raw_path=path.encode()))
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")


async def test_health_takes_only_get(client: httpx.AsyncClient) -> None:
    response = await client.post("/health/live")
    assert (response.status_code, response.headers["content-type"]) == (405, "application/json")
