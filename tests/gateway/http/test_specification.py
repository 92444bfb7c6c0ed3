"""GraphQL over HTTP, first edition: each sentence about servers with a MUST or a SHOULD, as a request and its answer.

The sentences are those of `spec/GraphQLOverHTTP.md` in the repository graphql/graphql-over-http at commit `COMMIT`, the
newest that was at hand; the edition is of September 2026. Of what came after it, pull request 423 renames the response
and 437 adds notes about 294; neither changes a status. Where we differ it says so in `DIFFERENCES`.
"""

import json
from typing import Any, Final, NamedTuple

import httpx
import pytest

from resolvers.request import ErrorEntry, Result
from schema.errors import ErrorCode
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of

COMMIT: Final = "e1e46e7b07a3347e8337a080c4fbdaec1aa4753d"

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"
BOTH: Final = f"{GRAPHQL}, {JSON};q=0.9"
NAME: Final = {"query": "{ name }"}
COUNT: Final = "query A($n: Int!) { count(n: $n) }"
DATA: Final = Result.of(b'{"name":"Lambert"}')
PARTIAL: Final = Result.of(b'{"name":null}', (ErrorEntry(ErrorCode.APP_REQUIRED, "No.", ("name",)),))
NOTHING: Final = Result.of(b"null", (ErrorEntry(ErrorCode.INTERNAL, "No.", ("name",)),))
UNTYPED: Final = ""
UTF8: Final = f"{GRAPHQL}; charset=utf-8"
PLAIN_UTF8: Final = f"{JSON}; charset=utf-8"

DIFFERENCES: Final = {
    "If the GraphQL response does not contain the {data} entry then the server MUST reply with 4xx or 5xx.": (
        "A hash of a persisted document that is not known is answered with 200: clients of Apollo's protocol, "
        "first that for iOS, give up at 4xx before they send the text."
    ),
    "If the size of the URI was too large, status code 414 SHOULD be used.": (
        "431: the head of a request has one bound, and is not parsed before it is known to keep it."
    ),
    "Field errors encountered during execution: the server SHOULD respond with 200.": (
        "294: the section of status codes says so for data beside errors, and this example is older."
    ),
}
"""Sentences that we do not follow to the letter, each with the reason."""


class Case(NamedTuple):
    """A sentence, a request, and the status and media type of its answer; a `body` of None makes it a GET."""

    sentence: str
    status: int
    media_type: str = UTF8
    body: Any = None
    accept: str | None = GRAPHQL
    content_type: str = JSON
    method: str = "POST"
    params: dict[str, str] | None = None
    result: Result | None = None
    code: str | None = None


def post(sentence: str, body: Any, status: int, media_type: str = UTF8, **more: Any) -> Case:
    return Case(sentence, status, media_type, body, **more)


def get(sentence: str, params: dict[str, str], status: int, media_type: str = UTF8, **more: Any) -> Case:
    return Case(sentence, status, media_type, method="GET", params=params, **more)


CASES: Final = [
    # Serialization format
    post("Servers MUST support JSON.", NAME, 200),
    post("If the media type in an Accept header has no encoding, utf-8 MUST be assumed.", NAME, 200, accept=GRAPHQL),
    post("If the media type in a Content-Type header has no encoding, utf-8 MUST be assumed.",
         {"query": 'query { name(of: "é") }'}, 200),
    # Request
    post("A server MUST accept POST requests.", NAME, 200),
    post("Not a well-formed request: a parameter of the wrong type.", {"query": 5}, 422, code="BAD_USER_INPUT"),
    post("Not a well-formed request: a required parameter is missing.", {}, 422, code="BAD_USER_INPUT"),
    post("A query that does not parse is part of a well-formed request.", {"query": "{"}, 400,
         code="GRAPHQL_PARSE_FAILED"),
    # GET
    get("The parameters MUST be provided in the query component of the request URL.", NAME, 200),
    get("Each of variables and extensions, if present and not the empty string, MUST be encoded as a JSON string.",
        {"query": COUNT, "variables": '{"n":1}'}, 200),
    get("Specifying the empty string for optional parameters is equivalent to not specifying them.",
        {**NAME, "variables": "", "extensions": "", "operationName": ""}, 200),
    get("operationName=null represents an operation with the name null.",
        {"query": "query null { name }", "operationName": "null"}, 200),
    get("GET requests MUST NOT be used for executing mutation operations; 405 is RECOMMENDED.",
        {"query": 'mutation { rename(to: "x") }'}, 405, code="METHOD_NOT_ALLOWED"),
    get("A query beside a mutation may be executed by GET.",
        {"query": 'query A { name } mutation B { rename(to: "x") }', "operationName": "A"}, 200),
    # POST
    post("A server MUST support POST requests encoded with application/json in UTF-8.", NAME, 200,
         content_type="application/json; charset=utf-8"),
    post("If the client does not supply a Content-Type header, the server SHOULD reject the request with 4xx.",
         json.dumps(NAME), 415, content_type=UNTYPED, code="UNSUPPORTED_MEDIA_TYPE"),
    post("Servers receiving a request with additional properties MUST ignore them.", {**NAME, "id": 7, "x": {}}, 200),
    post("Specifying null for optional request parameters is equivalent to not specifying them.",
         {**NAME, "operationName": None, "variables": None, "extensions": None}, 200),
    # Body
    post("A server MUST indicate the media type, and SHOULD indicate the encoding.", NAME, 200),
    post("A server MUST support responses using application/graphql-response+json.", NAME, 200, accept=GRAPHQL),
    post("The server MUST respect Accept, and use the highest priority media type: the first.", NAME, 200, accept=BOTH),
    post("The server MUST respect Accept, and use the highest priority media type: by weight.", NAME, 200, PLAIN_UTF8,
         accept=f"{GRAPHQL};q=0.1, {JSON}"),
    post("No supported media type is acceptable: MUST respond with 406 or disregard the header.", NAME, 406,
         accept="image/png", code="NOT_ACCEPTABLE"),
    post("Accept only names application/json: a response with 2xx has Content-Type: application/json.", NAME, 200,
         PLAIN_UTF8, accept=JSON),
    post("Accept only names application/json: other responses are as for graphql-response+json.", {"query": "{"}, 400,
         accept=JSON, code="GRAPHQL_PARSE_FAILED"),
    post("Accept only names application/json: other responses are as for graphql-response+json.", {}, 422,
         accept=JSON, code="BAD_USER_INPUT"),
    post("Accept does not indicate support for any of the media types: SHOULD 406.", NAME, 406, accept="text/html",
         code="NOT_ACCEPTABLE"),
    post("A client without an Accept header may be answered with any media type.", NAME, 200, PLAIN_UTF8, accept=None),
    # Validation
    post("Validation SHOULD apply all the validation rules.", {"query": "{ nothing }"}, 422,
         code="GRAPHQL_VALIDATION_FAILED"),
    # Status codes
    post("data that is not null MUST be answered with 2xx.", NAME, 294, result=PARTIAL),
    post("data without errors SHOULD be 200.", NAME, 200, result=DATA),
    post("data and errors SHOULD be 294.", NAME, 294, result=PARTIAL, accept=BOTH),
    post("data and errors SHOULD be 294, even if data is null.", NAME, 294, result=NOTHING),
    post("294 is only recommended alongside graphql-response+json: application/json.", NAME, 200, PLAIN_UTF8,
         result=PARTIAL, accept=JSON),
    post("294 is only recommended alongside graphql-response+json: who takes anything.", NAME, 200, PLAIN_UTF8,
         result=PARTIAL, accept="*/*"),
    post("294 is only recommended alongside graphql-response+json: who does not name it.", NAME, 200,
         result=PARTIAL, accept="application/json;q=0, */*"),
    Case("If the request uses an unsupported HTTP method, 405 SHOULD be used.", 405, method="PUT", body=NAME,
         code="METHOD_NOT_ALLOWED"),
    post("If the Content-Type of the request is not supported, 415 SHOULD be used.", "{ name }", 415,
         content_type="application/graphql", code="UNSUPPORTED_MEDIA_TYPE"),
    post("If the size of the POST request body was too large, 413 SHOULD be used.", {"query": "#" * 300_000}, 413,
         code="PAYLOAD_TOO_LARGE"),
    post("If the JSON body of the request could not be parsed, 400 SHOULD be used.", "NONSENSE", 400,
         code="BAD_USER_INPUT"),
    post("If the JSON body of the request could not be parsed, 400 SHOULD be used.", '{"query":', 400,
         code="BAD_USER_INPUT"),
    post("If the request is not a well-formed GraphQL-over-HTTP request, 422 SHOULD be used.",
         {"qeury": "{__typename}"}, 422, code="BAD_USER_INPUT"),
    post("If the request is not a well-formed GraphQL-over-HTTP request, 422 SHOULD be used.",
         {"query": "query Q ($i:Int!) { q(i: $i) }", "variables": [7]}, 422, code="BAD_USER_INPUT"),
    post("If the GraphQL document in the request cannot be parsed, 400 SHOULD be used.", {"query": "{"}, 400,
         code="GRAPHQL_PARSE_FAILED"),
    post("If the request does not pass GraphQL validation, 422 SHOULD be used.", {"query": "{ count }"}, 422,
         code="GRAPHQL_VALIDATION_FAILED"),
    post("If the operation to execute cannot be determined, 422 SHOULD be used.",
         {"query": "query A { name } query B { name }"}, 422, code="OPERATION_RESOLUTION_FAILURE"),
    post("If the variable values cannot be coerced, 422 SHOULD be used.", {"query": COUNT, "variables": {"n": "x"}},
         422, code="BAD_USER_INPUT"),
    post("If the client is not permitted to issue the request, 401, 403 or similar SHOULD be used.", NAME, 401,
         result=Result(None, (ErrorEntry(ErrorCode.UNAUTHENTICATED, "No."),)), code="UNAUTHENTICATED"),
    post("If the client is not permitted to issue the request, 401, 403 or similar SHOULD be used.", NAME, 403,
         result=Result(None, (ErrorEntry(ErrorCode.FORBIDDEN, "No."),)), code="FORBIDDEN"),
    post("When the server is the reason for failure, the appropriate 5xx should be used.", NAME, 503,
         result=Result(None, (ErrorEntry(ErrorCode.UNAVAILABLE, "No."),)), code="UNAVAILABLE"),
]  # fmt: skip


async def ask(client: httpx.AsyncClient, case: Case) -> httpx.Response:
    headers = {"accept": case.accept} if case.accept is not None else {}
    if case.body is not None and case.content_type:
        headers["content-type"] = case.content_type
    content = case.body if isinstance(case.body, str) or case.body is None else json.dumps(case.body)
    return await client.request(case.method, "/graphql", params=case.params, content=content, headers=headers)


@pytest.mark.parametrize("case", CASES, ids=[f"{n} {case.sentence}" for n, case in enumerate(CASES)])
async def test_a_sentence_holds(client: httpx.AsyncClient, executor: SmallExecutor, case: Case) -> None:
    executor.result = case.result
    response = await ask(client, case)
    assert (response.status_code, response.headers["content-type"]) == (case.status, case.media_type), response.text
    body = response.json()
    if case.status >= 400:
        assert body.keys() == {"errors"}
        assert body["errors"][0]["extensions"]["code"] == case.code
    else:
        assert "data" in body
    if case.status == 405:
        assert response.headers["allow"]


async def test_an_unknown_hash_differs(client: httpx.AsyncClient) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    for accept, media_type in ((GRAPHQL, UTF8), (JSON, PLAIN_UTF8)):
        response = await ask(client, post("", {"extensions": extensions}, 200, accept=accept))
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)
        assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"


# --- settings for clients from before the specification


@pytest.mark.parametrize(("setting", "status"), [("294", 294), ("200", 200)])
async def test_the_operator_chooses_the_status_of_partial_data(
    make_app: MakeApp, executor: SmallExecutor, setting: str, status: int
) -> None:
    executor.result = PARTIAL
    async with client_of(make_app(partial_status=setting)) as client:
        assert (await ask(client, post("", NAME, 0))).status_code == status


LEGACY: Final[list[tuple[Any, str, int, str]]] = [
    ({"query": "{"}, JSON, 200, PLAIN_UTF8),
    ({"query": "{ nothing }"}, JSON, 200, PLAIN_UTF8),
    ({"query": "{ nothing }"}, "*/*", 200, PLAIN_UTF8),
    ({"query": COUNT, "variables": {"n": "x"}}, JSON, 200, PLAIN_UTF8),
    ({"query": "{ nothing }"}, BOTH, 422, UTF8),
    ({}, JSON, 422, PLAIN_UTF8),
    ("{", JSON, 400, PLAIN_UTF8),
    ({}, GRAPHQL, 422, UTF8),
]


@pytest.mark.parametrize(("body", "accept", "status", "media_type"), LEGACY)
async def test_the_operator_may_spare_old_clients(
    make_app: MakeApp, body: Any, accept: str, status: int, media_type: str
) -> None:
    async with client_of(make_app(legacy_status="200")) as client:
        response = await ask(client, post("", body, status, accept=accept))
    assert (response.status_code, response.headers["content-type"]) == (status, media_type)
    assert response.json().keys() == {"errors"}
