"""GET /schema.graphql and `enfact schema --as`: the schema as somebody sees it, under the rules of every request."""

import asyncio
import subprocess
import threading

import httpx
import pytest
from graphql import build_schema
from starlette.applications import Starlette

from resolvers.execution.viewer_schema import SchemaText, ViewerSchemas, WriteText
from resolvers.gates.visibility import Held
from schema.errors import ErrorCode
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of
from tests.support.commands import enfact
from tests.support.databases import Databases
from tests.support.demo_client import open_demo


def seen_by(dsn: str, name: str) -> subprocess.CompletedProcess[str]:
    """The command."""
    return enfact("schema", "--as", f"{name}@demo.enfact.test", DATABASE_URL=dsn)


CREDENTIALS = "select count(*) from credential"


async def test_the_schema_is_text_that_nobody_keeps_for_others(
    client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    response = await client.get("/schema.graphql", headers={"authorization": "Bearer enf_a", "accept-language": "nl"})
    assert (response.status_code, response.text) == (200, "type Query\n")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-cache"
    assert "schema.graphql" in response.headers["content-disposition"]
    assert [request.token for request in executor.asked] == ["enf_a"]


@pytest.mark.parametrize("tags", ['"a1"', '"b", W/"a1"', "*"])
async def test_who_has_the_text_is_told_that_it_is_the_same(
    client: httpx.AsyncClient, executor: SmallExecutor, tags: str
) -> None:
    first = await client.get("/schema.graphql")
    again = await client.get("/schema.graphql", headers={"if-none-match": tags})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await client.get("/schema.graphql", headers={"if-none-match": '"other"'})).status_code == 200
    assert len(executor.asked) == 3


async def test_the_schema_counts_as_ten_requests(make_app: MakeApp) -> None:
    async with client_of(make_app(rate=0.1, burst=15)) as client:
        first = await client.get("/schema.graphql")
        refused = await client.get("/schema.graphql")
        small = [await client.post("/graphql", json={"query": "{ name }"}) for _ in range(6)]
    assert [first.headers["ratelimit"][:14], refused.status_code] == ['"address";r=5;', 429]
    assert [answer.status_code for answer in small] == [200] * 5 + [429]


async def test_what_many_ask_for_at_once_is_written_once(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that writes it waits until all have asked: nobody else is held up meanwhile."""
    asked, written = threading.Event(), list[Held]()
    usual = ViewerSchemas._text  # pyright: ignore[reportPrivateUsage]

    def write(self: ViewerSchemas, held: Held, form: WriteText) -> SchemaText:
        written.append(held)
        assert asked.wait(60)
        return usual(self, held, form)

    monkeypatch.setattr(ViewerSchemas, "_text", write)
    async with open_demo(databases) as demo:
        headers = {"authorization": f"Bearer {await demo.token('eva')}"}
        asking = [asyncio.create_task(demo.client.get("/schema.graphql", headers=headers)) for _ in range(10)]
        while not written:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert (await demo.ask("lambert", "{ viewer { account { email } } }")).data["viewer"]
        asked.set()
        texts = {(await task).text for task in asking}
        assert (len(texts), len(written)) == (1, 1)


async def test_a_cookie_is_taken_as_for_a_query_by_get(app: Starlette, executor: SmallExecutor) -> None:
    async with client_of(app) as client:
        forged = await client.get("/schema.graphql", headers={"cookie": "enfact_session=enf_a"})
        assert (forged.status_code, executor.asked) == (403, [])
        ours = {"cookie": "enfact_session=enf_a", "x-enfact-request": "1"}
        assert (await client.get("/schema.graphql", headers=ours)).status_code == 200
    assert executor.asked[0].by_cookie


@pytest.mark.parametrize(("method", "headers", "status", "code"), [
    ("POST", {}, 405, ErrorCode.METHOD_NOT_ALLOWED),
    ("GET", {"authorization": "Basic a"}, 401, ErrorCode.UNAUTHENTICATED),
])  # fmt: skip
async def test_errors_are_json(
    client: httpx.AsyncClient, method: str, headers: dict[str, str], status: int, code: ErrorCode
) -> None:
    response = await client.request(method, "/schema.graphql", headers=headers)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (status, code.value)
    assert response.headers["content-type"].startswith("application/graphql-response+json")


async def test_everybody_gets_what_they_may_see(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        texts: dict[str | None, str] = {}
        for name in (None, "lambert", "noah", "eva"):
            headers = {} if name is None else {"authorization": f"Bearer {await demo.token(name)}"}
            response = await demo.client.get("/schema.graphql", headers=headers)
            assert response.status_code == 200
            texts[name] = response.text
            build_schema(response.text)
        unknown = await demo.client.get("/schema.graphql", headers={"authorization": "Bearer enf_x"})
        assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        union = ("type Invoice ", "type StockMovement ")  # one of each of noah's companies
        assert [[line in texts[name] for line in union] for name in ("noah", "eva", None)] == [
            [True, True], [False, False], [False, False]
        ]  # fmt: skip
        before = await demo.connection.fetchval(CREDENTIALS)
        for name in ("noah", "lambert"):
            ran = seen_by(demo.dsn, name)
            assert (ran.returncode, ran.stdout) == (0, texts[name])
        assert await demo.connection.fetchval(CREDENTIALS) == before
