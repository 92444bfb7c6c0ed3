"""spans.py: the spans of operations, as a receiver of OTLP over HTTP gets them from a running gateway."""

import hashlib
import io
import json
import time
from collections.abc import AsyncGenerator, Generator

import httpx
import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="enfact-gateway[otel] is not installed")

from db.database import Database
from gateway.logs import open_log
from gateway.traces import spans
from gateway.traces.tracing import tracer_of
from resolvers.stages import Stage
from tests.gateway.cli.test_main import gateway
from tests.support.company import Firm, change
from tests.support.databases import Databases
from tests.support.running_gateway import EVENTS, Gateway, open_gateway
from tests.support.span_receiver import ReceivedSpan, Receiver, receiving
from tests.support.subscribers import ACCESS, CREATE, SET

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "congo=t61rcWkgMzE"}
WHO = "query Who { viewer { account { email } } }"
SECRET = "Geheim-7391"
RENAME = """
mutation Rename($name: String!) {
  updateProfile(input: {firstName: $name}) { errors { code } viewer { account { firstName } } }
}
"""
SERVER = 2
"""The kind of a span of a server, in OTLP."""


@pytest.fixture(scope="module")
def receiver() -> Generator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def fresh(receiver: Receiver) -> Receiver:
    receiver.spans.clear()
    receiver.raw = b""
    receiver.asked.clear()
    return receiver


def variables(receiver: Receiver, **others: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer receiver",
        **others,
    }


@pytest.fixture(scope="module")
async def running(databases: Databases, template: str, receiver: Receiver) -> AsyncGenerator[Gateway]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(receiver).items():
            patch.setenv(name, value)
        async with open_gateway(databases, template) as running:
            yield running


@pytest.fixture(scope="module")
async def firm(running: Gateway) -> Firm:
    return await running.found()


async def post(running: Gateway, token: str | None, query: str, **given: object) -> httpx.Response:
    headers = {**HEADERS, **({"authorization": f"Bearer {token}"} if token is not None else {})}
    return await running.client.post("/graphql", json={"query": query, **given}, headers=headers)


async def test_a_query_is_one_span_by_the_conventions(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    answers = [await post(running, firm["anna"].token, WHO, operationName="Who") for _ in range(2)]
    first, second = await fresh.received(2)
    assert (first.name, first.kind, first.is_error) == ("query", SERVER, False)
    assert (first.trace_id, first.parent_id, first.state) == (TRACE, SPAN, "congo=t61rcWkgMzE")
    assert first.span_id != second.span_id
    sql = first.attributes.pop("db.query.hash")
    assert first.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Who",
        "graphql.document.hash": f"sha256:{hashlib.sha256(WHO.encode()).hexdigest()}",
        "db.system.name": "postgresql",
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "enfact.request_id": answers[0].headers["x-request-id"],
    }
    assert [len(digest) for digest in sql] == [64]
    assert second.attributes["db.query.hash"] == sql
    assert first.events == list(Stage)
    assert second.events == ["read", "compile", "execute", "render"]
    assert first.resource["service.name"] == "enfact-gateway"
    assert {"service.version", "process.pid"} <= first.resource.keys()
    assert set(fresh.asked) == {("/v1/traces", "Bearer receiver")}


async def test_the_log_names_the_span(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    answer = await post(running, firm["anna"].token, WHO)
    line = await running.logged("request", request_id=answer.headers["x-request-id"])
    (span,) = await fresh.received(1)
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (TRACE, span.span_id, SPAN)
    answer = await running.client.post("/graphql", json={"query": "{ __typename }"})
    line = await running.logged("request", request_id=answer.headers["x-request-id"])
    _, alone = await fresh.received(2)
    assert (line["trace_id"], line["span_id"], line.get("parent_id")) == (alone.trace_id, alone.span_id, None)
    assert (alone.parent_id, alone.state) == ("", "")


async def test_mutations_have_the_statements_that_they_ran(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    given = {"companyId": firm.id, "name": SECRET}
    await post(running, firm["anna"].token, CREATE, variables={"input": given})
    await post(running, firm["anna"].token, RENAME, variables={"name": SECRET})
    one, other = await fresh.received(2)
    assert (one.name, other.name) == ("mutation", "mutation")
    statements = [len(span.attributes["db.query.hash"]) for span in (one, other)]
    assert statements == [1, 2]  # the viewer is read after the commit
    assert one.events == list(Stage) == other.events
    assert SECRET.encode() not in fresh.raw
    assert firm["anna"].token.encode() not in fresh.raw


async def test_each_request_of_an_array_is_a_span(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    headers = {**HEADERS, "authorization": f"Bearer {firm['anna'].token}"}
    body = [{"query": WHO}, {"query": "{ nothing }"}, {"query": RENAME, "variables": {"name": SECRET}}]
    answer = await running.client.post("/graphql", json=body, headers=headers)
    spans = await fresh.received(3)
    assert [span.name for span in spans] == ["query", "GraphQL Operation", "mutation"]
    assert [span.attributes.get("error.type") for span in spans] == [None, "GRAPHQL_VALIDATION_FAILED", None]
    assert {(span.trace_id, span.parent_id) for span in spans} == {(TRACE, SPAN)}
    assert {span.attributes["enfact.request_id"] for span in spans} == {answer.headers["x-request-id"]}
    assert len({span.span_id for span in spans}) == 3
    assert [span.events[-1] for span in spans] == ["render"] * 3


@pytest.mark.parametrize(
    ("query", "token", "name", "code", "status"),
    [
        (f'{{ viewer(x: "{SECRET}") }}', True, "GraphQL Operation", "GRAPHQL_VALIDATION_FAILED", 422),
        (f'{{ "{SECRET}', True, "GraphQL Operation", "GRAPHQL_PARSE_FAILED", 400),
        (WHO, False, "query", "UNAUTHENTICATED", 401),
        ("query ($id: ID!) { company(id: $id) { id } }", True, "query", "BAD_USER_INPUT", 422),
    ],
)
async def test_refusals_have_their_code_and_are_no_errors_of_ours(
    running: Gateway, firm: Firm, fresh: Receiver, *, query: str, token: bool, name: str, code: str, status: int
) -> None:
    answer = await post(running, firm["anna"].token if token else SECRET * 3, query, variables={"id": [SECRET]})
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    (span,) = await fresh.received(1)
    assert (span.name, span.is_error) == (name, False)
    said = {key: span.attributes[key] for key in ("error.type", "http.response.status_code")}
    assert said == {"error.type": code, "http.response.status_code": answer.status_code}
    assert answer.status_code == status
    assert SECRET.encode() not in fresh.raw


async def test_a_failure_of_ours_is_an_error_of_the_span(
    running: Gateway, firm: Firm, fresh: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Database, "read", fail)
    assert (await post(running, firm["anna"].token, WHO)).status_code == 500
    (span,) = await fresh.received(1)
    assert (span.is_error, span.attributes["error.type"]) == (True, "INTERNAL")
    assert SECRET.encode() not in fresh.raw


async def test_what_is_no_operation_has_no_span(running: Gateway, fresh: Receiver) -> None:
    await running.client.options("/graphql", headers=HEADERS)
    await running.client.get("/health/live", headers=HEADERS)
    await running.client.get("/schema.graphql", headers=HEADERS)
    await running.client.put("/graphql", headers=HEADERS)
    await post(running, None, "{ __typename }")
    found = await fresh.received(1)
    assert [span.name for span in found] == ["query"], found[0].attributes


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01", "tracestate": "a=1"},
        {"traceparent": f"ff-{TRACE}-{SPAN}-01"},
        {"traceparent": "x" * 20_000},
        {"tracestate": "a=1"},
    ],
    ids=["zero", "version", "long", "state"],
)
async def test_headers_that_say_nothing_begin_a_trace(
    running: Gateway, fresh: Receiver, headers: dict[str, str]
) -> None:
    answer = await running.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.status_code == 200
    (span,) = await fresh.received(1)
    assert (span.parent_id, span.state) == ("", "")
    assert span.trace_id not in {TRACE, "0" * 32}


async def test_a_state_of_nonsense_leaves_the_trace_and_no_word_in_the_log(running: Gateway, fresh: Receiver) -> None:
    before = len(running.lines.getvalue())
    headers = {"traceparent": HEADERS["traceparent"], "tracestate": f"a=1,a=2,{SECRET}"}
    await running.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    (span,) = await fresh.received(1)
    assert (span.trace_id, span.parent_id, span.state) == (TRACE, SPAN, "")
    assert SECRET not in running.lines.getvalue()[before:]


async def test_a_client_that_does_not_record_is_followed(running: Gateway, fresh: Receiver) -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
    assert (await running.client.post("/graphql", json={"query": WHO}, headers=headers)).status_code == 200
    await post(running, None, "{ __typename }")
    found = await fresh.received(1)
    assert [span.name for span in found] == ["query"], found[0].attributes


# --- sockets and streams --------------------------------------------------------------------------------------------


async def test_operations_on_a_socket_have_spans(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    async with running.socket() as socket:
        await socket.init(firm["anna"].token)
        payload = {"query": WHO, "extensions": HEADERS}
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
        hostile = {"query": "{ nonsense }", "extensions": {"traceparent": {"$": SECRET}, "tracestate": 7}}
        await socket.send({"id": "2", "type": "subscribe", "payload": hostile})
        assert (await socket.receive())["type"] == "error"
        one, other = await fresh.received(2)
        await socket.subscribe("3", ACCESS, id=firm.id)
        await running.subscribed(firm)
        await switch(running, firm, granted=True)
        assert (await socket.receive())["type"] == "next"
        await socket.send({"id": "3", "type": "complete"})
        *_, live = await fresh.received(4)
    assert (one.name, one.trace_id, one.parent_id, one.state) == ("query", TRACE, SPAN, "congo=t61rcWkgMzE")
    assert one.events[-4:] == ["read", "compile", "execute", "render"]
    assert len(one.attributes["db.query.hash"]) == one.attributes["enfact.results"] == 1
    assert (other.name, other.parent_id) == ("GraphQL Operation", "")
    assert other.attributes["error.type"] == "GRAPHQL_VALIDATION_FAILED"
    is_subscription(live)
    line = await running.logged("operation", operation="Who")
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (TRACE, one.span_id, SPAN)
    assert SECRET.encode() not in fresh.raw


async def test_an_event_stream_is_a_span_until_its_end(running: Gateway, firm: Firm, fresh: Receiver) -> None:
    async with running.stream(firm["anna"].token, ACCESS, EVENTS, HEADERS, id=firm.id) as stream:
        await running.subscribed(firm)
        await switch(running, firm, granted=False)
        assert (await stream.next())[0] == "next"
        assert [span.name for span in await fresh.received(1)] == ["mutation"]
    *_, live = await fresh.received(2)
    assert (live.trace_id, live.parent_id) == (TRACE, SPAN)
    is_subscription(live)


async def switch(running: Gateway, firm: Firm, *, granted: bool) -> None:
    """Switch an app on or off for the subscriber."""
    changes = [change(firm["anna"], "STOCK", granted=granted)]
    given = {"companyId": firm.id, "expectedVersion": await firm.version(), "changes": changes}
    answer = await post(running, firm["owner"].token, SET, variables={"input": given})
    assert answer.json()["data"]["setAppAccess"]["errors"] == []


def is_subscription(span: ReceivedSpan) -> None:
    assert span.name == span.attributes["graphql.operation.type"] == "subscription"
    assert [event for event in span.events if event not in ("parse", "validate")] == ["read", "compile", "execute"]
    assert len(span.attributes["db.query.hash"]) == 1
    assert span.seconds > 0


# --- leaving --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["1", "2"])
def test_spans_leave_each_worker_at_its_end_too(fresh_dsn: str, workers: str) -> None:
    with receiving() as receiver:
        given = variables(receiver, OTEL_BSP_SCHEDULE_DELAY="600000", OTEL_SERVICE_NAME="invoices")
        with gateway(
            "--workers", workers, stderr=None, DATABASE_URL=fresh_dsn, before=(), anew=False, **given
        ) as running:
            for _ in range(8):
                assert httpx.post(f"{running.url}/graphql", json={"query": "{ __typename }"}).status_code == 200
            assert receiver.spans == []
            running.stop()
        assert [span.name for span in receiver.spans] == ["query"] * 8
        assert {span.resource["service.name"] for span in receiver.spans} == {"invoices"}


async def test_a_receiver_that_is_away_costs_neither_answers_nor_memory_nor_the_end(
    databases: Databases, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver:
        receiver.status = 503
        for name, value in variables(receiver, OTEL_BSP_MAX_QUEUE_SIZE="8", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="4").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(spans, "FLUSH", 0.5)
        async with open_gateway(databases, template) as running:
            began = time.monotonic()
            for _ in range(50):
                assert (await post(running, None, "{ __typename }")).status_code == 200
            assert time.monotonic() - began < 10
            (processor,) = running.app._endpoint._tracer._provider._active_span_processor._span_processors
            assert len(processor._batch_processor._queue) <= 8
            began = time.monotonic()
            await running.stop()
            assert time.monotonic() - began < 5
            assert SECRET not in running.lines.getvalue()


async def test_the_sampler_of_the_variables_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    tracer = tracer_of(open_log("off", "json"), tuple, environ)
    assert tracer is not None
    assert tracer.begin(None) is None
    await tracer.close()


async def test_a_name_that_the_operator_knows_is_part_of_the_span_s(
    receiver: Receiver, fresh: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(receiver).items():
        monkeypatch.setenv(name, value)
    tracer = tracer_of(open_log("off", "json"), lambda: ["Who"])
    assert tracer is not None
    for name in ("Who", "Stranger", None):
        traced = tracer.begin(None)
        assert traced is not None
        traced.chose("query", name, "")
        traced.finish(None, {})
    await tracer.close()
    assert [span.name for span in await fresh.received(3)] == ["query Who", "query", "query"]


def test_a_variable_that_is_refused_leaves_the_gateway_without_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    lines = io.StringIO()
    assert tracer_of(open_log("info", "json", lines), tuple, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"}) is None
    assert json.loads(lines.getvalue())["event"] == "no traces are sent"
