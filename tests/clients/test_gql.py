"""gql, the Python client over the same graphql-core as the gateway: checked against the schema."""

from typing import Final

import httpx
import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import GraphQLError, GraphQLSchema, build_schema

from tests.clients.serving import Served
from tests.support.databases import ROOT

GRAPHQL: Final = "application/graphql-response+json"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


async def transport(served: Served, who: str, **headers: str) -> HTTPXAsyncTransport:
    token = await served.demo.token(who)
    return HTTPXAsyncTransport(f"{served.url}/graphql", headers={"authorization": f"Bearer {token}", **headers})


async def test_a_query_of_the_schema_is_answered(served: Served, schema: GraphQLSchema) -> None:
    query = GraphQLRequest(
        "query ($id: ID!) { company(id: $id) { name invoices(first: 2) { nodes { number totalIncl } } } }",
        variable_values={"id": await served.demo.company("Chauffage Lambert")},
    )
    async with Client(transport=await transport(served, "noah"), schema=schema) as session:
        answer = await session.execute(query)
        assert answer["company"]["name"] == "Chauffage Lambert"
        assert len(answer["company"]["invoices"]["nodes"]) == 2
        with pytest.raises(GraphQLError, match="Cannot query field"):
            await session.execute(gql("{ viewer { nothing } }"))


async def test_the_schema_is_had_from_the_gateway(served: Served) -> None:
    client = Client(transport=await transport(served, "lambert"), fetch_schema_from_transport=True)
    async with client:
        assert client.schema is not None
        assert "PermissionMatrix" in client.schema.type_map


async def test_errors_are_raised_with_their_code_and_data(served: Served) -> None:
    query = gql("query ($id: ID!) { company(id: $id) { name invoices { totalCount } } }")
    query.variable_values = {"id": await served.demo.company("Bières Delvaux")}
    async with Client(transport=await transport(served, "noah", **{"hidden-fields": "error"})) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(query)
    assert [error["extensions"]["code"] for error in raised.value.errors or ()] == ["APP_REQUIRED"]
    assert raised.value.data == {"company": {"name": "Bières Delvaux", "invoices": None}}


async def test_statuses_of_the_first_edition_are_understood(served: Served) -> None:
    query = gql("query ($id: ID!) { company(id: $id) { name invoices { totalCount } } }")
    query.variable_values = {"id": await served.demo.company("Bières Delvaux")}
    statuses: list[int] = []

    async def keep(response: httpx.Response) -> None:
        statuses.append(response.status_code)

    headers = {
        "authorization": f"Bearer {await served.demo.token('noah')}",
        "accept": GRAPHQL,
        "hidden-fields": "error",
    }
    by_name = HTTPXAsyncTransport(f"{served.url}/graphql", headers=headers, event_hooks={"response": [keep]})
    async with Client(transport=by_name) as session:
        with pytest.raises(TransportQueryError) as partial:
            await session.execute(query)
        assert partial.value.data is not None
        with pytest.raises(TransportQueryError, match="Cannot query field"):
            await session.execute(gql("{ viewer { nothing } }"))
    assert statuses == [294, 422]


async def test_notes_of_hidden_fields_are_in_the_extensions(served: Served) -> None:
    query = gql("query ($id: ID!) { company(id: $id) { invoices { totalCount } } }")
    query.variable_values = {"id": await served.demo.company("Bières Delvaux")}
    async with Client(transport=await transport(served, "noah")) as session:
        result = await session.execute(query, get_execution_result=True)
    assert result.extensions is not None
    assert [note["app"] for note in result.extensions["hidden"]] == ["INVOICES"]


async def test_a_dead_token_is_an_error(served: Served) -> None:
    dead = HTTPXAsyncTransport(f"{served.url}/graphql", headers={"authorization": "Bearer nobody"})
    async with Client(transport=dead) as session:
        with pytest.raises((TransportQueryError, TransportServerError), match=r"401|UNAUTHENTICATED"):
            await session.execute(gql("{ viewer { account { id } } }"))
