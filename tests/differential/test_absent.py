"""Mode `absent`: a hidden name is answered as a name of the same length that never was, in bytes and in status.

Of every gated coordinate, wherever it may be named: as a field, an input field, an enum value or a type, in the
document and in variables.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import pytest

from db.database import Database
from gateway.behind import Behind
from gateway.compression import Compression
from gateway.cookies import Cookies
from gateway.cors import Cors
from gateway.deadlines import Deadlines
from gateway.http import GraphQLEndpoint
from gateway.live import LiveBounds, Places
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.execution import Executor
from resolvers.gate_table import CoordinateKind
from resolvers.request import GraphQLRequest, Result
from resolvers.views import Views
from resolvers.visibility import Coordinate, Held, Needs
from schema import schema
from schema.apps import App
from schema.declarations import Gate, Role
from tests.differential.asking import Question, of_gone, questions
from tests.differential.comparison import Bench
from tests.differential.dataset import Viewer
from tests.differential.test_walk import LINES, named, strangers

REQUEST_ID: Final = re.compile(rb'"requestId":"[0-9a-f]{16}"')
GRAPHQL: Final = "application/graphql-response+json"


class Asked(Executor):
    """The executor behind the endpoint; the data set's tokens have spaces, which no header may have."""

    async def execute(self, request: GraphQLRequest) -> Result:
        token = request.token.replace("~", " ") if request.token is not None else None
        return await super().execute(request._replace(token=token))


@asynccontextmanager
async def asking(database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the endpoint over the data set."""
    executor, settings = Asked(database), Settings()
    places, log = Places(LiveBounds.of(settings)), open_log("off", "json")
    behind = Behind(lambda: executor, places, Cookies(settings), Deadlines(settings.deadline), log)
    endpoint = GraphQLEndpoint(behind, Cors(settings), Compression(0), settings.max_body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://enfact") as client:
        yield client


@pytest.fixture(scope="module")
async def client(bench_database: Database) -> AsyncGenerator[httpx.AsyncClient]:
    async with asking(bench_database) as client:
        yield client


async def answer(
    client: httpx.AsyncClient, question: Question, name: str, viewer: Viewer, accept: str = GRAPHQL
) -> tuple[int, bytes]:
    """Status and body of the answer with a name in the open place, without request id."""
    headers = {"hidden-fields": "absent", "accept": accept}
    if viewer.token is not None:
        headers["authorization"] = "Bearer " + viewer.token.replace(" ", "~")
    response = await client.post("/graphql", json=question.body(name), headers=headers)
    return response.status_code, REQUEST_ID.sub(b"", response.content)


async def difference(client: httpx.AsyncClient, question: Question, viewer: Viewer) -> str | None:
    """How a hidden name is answered otherwise than one that never was; None when it is not."""
    status, hidden = await answer(client, question, question.name, viewer)
    unknown = await answer(client, question, question.unknown, viewer)
    if (status, hidden) == (unknown[0], unknown[1].replace(question.unknown.encode(), question.name.encode())):
        return None
    return f"{question.body(question.name)}\n{status} {hidden!r}\n{unknown}"


def is_refused(status: int, body: bytes) -> bool:
    return status == 400 and b'"data"' not in body


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
            if line.kind is not CoordinateKind.TYPE and asked % 8 == 0:
                assert not is_refused(*await answer(client, question, question.name, owner)), question
    assert asked >= len([line for line in LINES[gate] if line.kind is not CoordinateKind.ENUM_VALUE])


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
        assert hidden[0] == (400 if accept == GRAPHQL else 200) or "__type(" in question.query


# --- what would be found ---------------------------------------------------------------------------------------------

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
