"""Attacks that once worked: each would take memory, time or certainty from others, and none of them does."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx
import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from gateway.negotiation import LONGEST, is_json
from resolvers.execution import Executor, default_compiler
from resolvers.mutations import MUTATIONS
from resolvers.operation import VALUES, Documents, Shapes
from resolvers.request import GraphQLRequest, Result
from resolvers.writing import Mutation, Write, Written
from schema.apps import App
from schema.errors import ErrorCode
from tests.databases import Databases
from tests.demo import JSON, Answer, Demo, open_client, open_demo
from tests.firm import Asker, Firm, blocked, change

SIZE: Final = 4
"""The connections of a pool of these tests."""

INPUT: Final = "BAD_USER_INPUT"
CLOSED: Final = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = $2"


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded; `connection` looks and locks beside the product."""

    dsn: str
    database: Database
    connection: Connection

    @property
    def ask(self) -> Asker:
        """The product, that has seen no operation yet."""
        return Asker(Executor(self.database))

    async def is_whole(self) -> bool:
        """Whether every connection of the pool is free, and outside any transaction."""
        query = "select pg_backend_pid(), pg_current_xact_id_if_assigned() from (select pg_sleep(0.05)) slow"
        rows = await asyncio.gather(*(self.database.read(query, ()) for _ in range(SIZE)))
        return len({row[0] for row in rows}) == SIZE and all(row[1] is None for row in rows)


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        await demo.token("lambert")
        yield demo


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=SIZE)), await connect(dsn)
    yield Office(dsn, database, connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


async def post(client: httpx.AsyncClient, firm: Firm, query: str, **variables: object) -> Answer:
    """The answer to an owner over HTTP."""
    headers = {"accept": JSON, "authorization": f"Bearer {firm['owner'].token}"}
    return Answer(await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers))


# --- the head of a request


@pytest.mark.parametrize("padding", [b" ", b";", b"; ", b"\t", b'"', b"=", b";charset=utf-8"])
def test_a_padded_content_type_is_read_no_further_than_its_beginning(padding: bytes) -> None:
    start = (b"application/json" + padding * LONGEST)[:LONGEST]
    padded = b"application/json" + padding * 31_000
    assert is_json(padded) is is_json(start)
    assert is_json(start + b"; charset=latin-1") is is_json(start)
    assert is_json(start + b"x" * 31_000) is is_json(start)


@pytest.mark.parametrize("padding", [" ", ";"])
async def test_a_padded_content_type_is_answered(demo: Demo, padding: str) -> None:
    headers = {"content-type": "application/json" + padding * 31_000}
    answer = Answer(await demo.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers))
    assert answer.told == (200, {"data": {"__typename": "Query"}})


# --- variables

NESTED: Final[Mapping[str, Any]] = {
    "list": [0] * (VALUES - 1),
    "object": {str(n): 0 for n in range(VALUES - 1)},
    "lists in a list": [[0] * 99] * (VALUES // 100),
    "chains": [[[0]]] * (VALUES // 4),
}


@pytest.mark.parametrize("case", NESTED)
async def test_too_many_values_are_refused_before_they_are_looked_at(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the variables were coerced")

    monkeypatch.setattr("resolvers.operation.get_variable_values", fail)
    answer = await demo.ask(None, "query ($v: [ID!]!) { nodes(ids: $v) { id } }", v=NESTED[case])
    assert (answer.response.status_code, answer.codes, answer.data) == (400, [INPUT], None)
    assert str(VALUES) in answer.body["errors"][0]["message"]


async def test_as_many_values_as_are_allowed_are_looked_at(demo: Demo) -> None:
    answer = await demo.ask(None, "query ($v: [ID!]!) { nodes(ids: $v) { id } }", v=["0"] * (VALUES - 2))
    assert answer.codes == [INPUT]
    assert str(VALUES) not in answer.body["errors"][0]["message"]


ACTIVATE: Final = "activateApp(input: {companyId: $id, app: $x}) { errors { code } }"
SET: Final = (
    "setAppAccess(input: {companyId: $id, expectedVersion: 1, changes: [{userId: $user, app: DISCOUNTS, granted: $x}]})"
    " { errors { code } }"
)
LISTS: Final = "company(id: $id) { list: %s { totalCount } }"
NULLS: Final[Mapping[str, tuple[str, str]]] = {
    "granted": ("mutation ($id: ID!, $user: ID!, $x: Boolean = true)", SET),
    "version": (
        "mutation ($id: ID!, $user: ID!, $x: Int = 1)",
        SET.replace("sion: 1", "sion: $x").replace("granted: $x", "granted: true"),
    ),
    "can": ("query ($id: ID!, $x: App = DISCOUNTS)", "company(id: $id) { access { can(app: $x) } }"),
    "app": ("mutation ($id: ID!, $x: App = DISCOUNTS)", ACTIVATE),
    "email": (
        'mutation ($x: String = "a")',
        'login(input: {email: $x, password: "x"}) { token errors { code } }',
    ),
    "login": (
        'mutation ($x: LoginInput = {email: "a", password: "x"})',
        "login(input: $x) { token errors { code } }",
    ),
    "type": ('query ($x: String = "Invoice")', "__type(name: $x) { name }"),
    "ids": ("query ($x: [ID!] = [])", "nodes(ids: $x) { id }"),
    "id": ('query ($x: ID = "x")', "nodes(ids: [$x]) { id }"),
    "kind": ("query ($id: ID!, $x: DocumentKind = INVOICE)", LISTS % "documents(kinds: [$x])"),
    "order": ("query ($id: ID!, $x: InvoiceOrder = DATE_ASC)", LISTS % "invoices(orderBy: [$x])"),
    "operand": (
        'query ($id: ID!, $x: String = "a")',
        LISTS % "customers(filter: {name: {oneOf: [$x]}})",
    ),
    "include": ("query ($x: Boolean = true)", "viewer @include(if: $x) { __typename }"),
    "in a fragment": (
        "query ($x: App = DISCOUNTS)",
        "viewer { companies { nodes { ...F } } } } fragment F on Company { access { can(app: $x) }",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NULLS)
async def test_a_null_in_the_place_of_a_default_is_refused_where_null_may_not_be(office: Office, case: str) -> None:
    head, fields = NULLS[case]
    firm = await Firm.found(office.connection, "INVOICES")
    variables: dict[str, object] = {"id": firm.id} if "$id" in head else {}
    if "$user" in head:
        variables["user"] = firm["anna"].id
    before = [await firm.everything(), await office.connection.fetchval("select count(*) from credential")]
    document = f"{head} {{ {fields} }}"
    answer = await office.ask(firm["owner"].token, document, **variables, x=None)
    assert (answer.codes, answer.data) == ([INPUT], None)
    assert [await firm.everything(), await office.connection.fetchval("select count(*) from credential")] == before
    answer = await office.ask(firm["owner"].token, document, **variables)
    assert (answer.codes, answer.data is None) == ([], False)


@pytest.mark.parametrize("given", [{}, {"d": None}, {"d": False}, {"d": True}], ids=str)
async def test_a_variable_that_is_left_out_or_null_is_fine_where_it_may_be(
    office: Office, given: dict[str, object]
) -> None:
    query = 'query ($d: Boolean) { __type(name: "Invoice") { fields(includeDeprecated: $d) { name } } }'
    answer = await office.ask(None, query, **given)
    assert answer.errors == ()
    assert "number" in [field["name"] for field in answer.data["__type"]["fields"]]


# --- cursors


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
async def test_a_moment_that_is_none_in_utc_is_no_key_of_a_cursor(demo: Demo, moment: str) -> None:
    query = "query ($id: ID!, $c: String) { company(id: $id) { accessChanges(first: 1, after: $c) { edges { cursor } } } }"
    lambert = await demo.company("Chauffage Lambert")
    real = (await demo.ask("lambert", query, id=lambert)).data["company"]["accessChanges"]["edges"][0]["cursor"]
    items = json.loads(base64.urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    assert items[1].startswith("20")
    forged = base64.urlsafe_b64encode(json.dumps([items[0], moment, *items[2:]]).encode()).decode().rstrip("=")
    answer = await demo.ask("lambert", query, id=lambert, c=forged)
    assert (answer.response.status_code, answer.codes, answer.data) == (400, [INPUT], None)
    assert (await demo.ask("lambert", query, id=lambert, c=real)).codes == []
