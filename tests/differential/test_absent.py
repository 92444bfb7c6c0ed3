"""Mode `absent`: the answer to a hidden name equals that to an unknown name of the same length, in bytes and status.

Tested for every gated coordinate, wherever it can be named: as a field, an input field, an enum value or a type, in the
document and in variables.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import pytest

from db.database import Database
from gateway.http.compression import Compression
from gateway.http.cookies import Cookies
from gateway.http.cors import Cors
from gateway.http.deadlines import Deadlines
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.errors import Statuses
from gateway.http.stream_slots import LiveBounds, StreamSlots
from gateway.http.transport_state import TransportState
from gateway.http.write_positions import Positions
from gateway.logs import open_log
from gateway.settings import Settings
from gateway.shared_page import SharedCounters
from resolvers.execution.executor import Executor
from resolvers.gates.schema_views import Views
from resolvers.gates.table import CoordinateKind
from resolvers.gates.visibility import Coordinate, Held, Needs
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.apps import App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import Viewer
from tests.differential.operations.asking import Question, of_gone, questions
from tests.differential.test_walk import LINES, named, strangers

REQUEST_ID: Final = re.compile(rb'"requestId":"[0-9a-f]{16}"')
GRAPHQL: Final = "application/graphql-response+json"


class Asked(Executor):
    """The executor behind the endpoint; it decodes the data set's tokens, whose spaces no header may have."""

    async def execute(self, request: GraphQLRequest) -> Result:
        token = request.token.replace("~", " ") if request.token is not None else None
        return await super().execute(request._replace(token=token))


@asynccontextmanager
async def asking(database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the endpoint over the data set."""
    executor, settings = Asked(database), Settings()
    slots, log = StreamSlots(LiveBounds.of(settings)), open_log("off", "json")
    shared = TransportState(
        executor=lambda: executor,
        slots=slots,
        cookies=(cookies := Cookies(settings)),
        positions=Positions(settings, cookies),
        cors=Cors(settings),
        deadlines=Deadlines(settings.deadline),
        log=log,
        statuses=Statuses.of(settings),
        counters=SharedCounters.own(),
    )
    endpoint = GraphQLEndpoint(shared, Compression(0), settings.max_body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://enfact") as client:
        yield client


@pytest.fixture(scope="module")
async def client(bench_database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    async with asking(bench_database) as client:
        yield client


async def answer(
    client: httpx.AsyncClient, question: Question, name: str, viewer: Viewer, accept: str = GRAPHQL
) -> tuple[int, bytes]:
    """Status and body (without request id) of the answer to a question with a name."""
    headers = {"hidden-fields": "absent", "accept": accept}
    if viewer.token is not None:
        headers["authorization"] = "Bearer " + viewer.token.replace(" ", "~")
    response = await client.post("/graphql", json=question.body(name), headers=headers)
    return response.status_code, REQUEST_ID.sub(b"", response.content)


async def difference(client: httpx.AsyncClient, question: Question, viewer: Viewer) -> str | None:
    """The difference between the answers to a hidden and to an unknown name; None without one."""
    status, hidden = await answer(client, question, question.name, viewer)
    unknown = await answer(client, question, question.unknown, viewer)
    if (status, hidden) == (unknown[0], unknown[1].replace(question.unknown.encode(), question.name.encode())):
        return None
    return f"{question.body(question.name)}\n{status} {hidden!r}\n{unknown}"


def is_refused(status: int, body: bytes) -> bool:
    return status in (400, 422) and b'"data"' not in body


NO_QUERIES: Final = (CoordinateKind.TYPE, CoordinateKind.SUBSCRIPTION)
"""The kinds of coordinate whose questions are refused to everybody: they name it where it cannot stand in a query."""


@pytest.mark.sampled(8)
@pytest.mark.parametrize("gate", LINES, ids=named)
async def test_a_hidden_name_is_one_that_never_was(client: httpx.AsyncClient, bench: Bench, gate: Gate) -> None:
    stranger, owner = strangers(gate, bench), bench.data.viewer("Olga")
    asked = 0
    for line in LINES[gate]:
        for question in questions(line):
            asked += 1
            assert await difference(client, question, stranger) is None
            if "__type(" not in question.query:
                assert is_refused(*await answer(client, question, question.name, stranger)), question
            if line.kind not in NO_QUERIES and asked % 8 == 0:
                assert not is_refused(*await answer(client, question, question.name, owner)), question
    assert asked >= len([line for line in LINES[gate] if line.kind is not CoordinateKind.ENUM_VALUE])


@pytest.mark.sampled(8)
@pytest.mark.parametrize("gate", LINES, ids=named)
async def test_a_type_that_goes_with_others_is_one_that_never_was(
    client: httpx.AsyncClient, bench: Bench, gate: Gate
) -> None:
    views, stranger = Views(schema.core), strangers(gate, bench)
    everything: Held = frozenset((*App, *Role))
    gone = views.of(everything).names - views.of(everything - {gate}).names
    for name in sorted(gone):
        for question in of_gone(name):
            assert await difference(client, question, stranger) is None


@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_who_is_not_signed_in_asks_in_vain(client: httpx.AsyncClient, bench: Bench, accept: str) -> None:
    nobody = bench.data.viewer("Nobody")
    for lines in LINES.values():
        question = next(iter(questions(lines[0])))
        hidden, unknown = [
            await answer(client, question, name, nobody, accept) for name in (question.name, question.unknown)
        ]
        assert hidden == (unknown[0], unknown[1].replace(question.unknown.encode(), question.name.encode()))
        assert hidden[0] == 422 or "__type(" in question.query


# --- what the check would find ---------------------------------------------------------------------------------------

SAMPLES: Final = {
    "Company.quotes": (App.QUOTES, CoordinateKind.TYPE, "Quote"),
    "a field": (App.DISCOUNTS, CoordinateKind.FIELD, "Customer.discount"),
    "an input field": (App.QUOTES, CoordinateKind.INPUT_FIELD, "TaskFilter.quote"),
    "an enum value": (App.QUOTES, CoordinateKind.ENUM_VALUE, "ReportKind.QUOTES"),
    "a mutation": (App.DATA_IMPORT, CoordinateKind.MUTATION, "Mutation.startImport"),
}


@pytest.mark.parametrize("sample", SAMPLES)
async def test_a_name_that_is_left_would_be_found(
    client: httpx.AsyncClient, bench: Bench, bench_database: Database, monkeypatch: pytest.MonkeyPatch, sample: str
) -> None:
    gate, kind, coordinate = SAMPLES[sample]
    hidden = Needs.hidden

    def leaking(needs: Needs, held: Held) -> frozenset[Coordinate]:
        return hidden(needs, held) - {tuple(coordinate.split("."))} - {("QuoteConnection",), ("QuoteEdge",)}

    monkeypatch.setattr(Needs, "hidden", leaking)
    (line,) = (line for line in LINES[gate] if (line.kind, line.coordinate) == (kind, coordinate))
    async with asking(bench_database) as broken:
        found = [await difference(broken, question, strangers(gate, bench)) for question in questions(line)]
    assert any(found)
