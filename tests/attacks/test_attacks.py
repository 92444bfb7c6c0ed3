"""Attacks that once worked: each would take memory, time or certainty from others, and none of them does."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import httpx
import pytest
from asyncpg import QueryCanceledError
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    is_required_argument,
    is_required_input_field,
)

from db import database
from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.shielded import Undisturbed
from gateway.http.negotiation import LONGEST, is_json
from resolvers.execution.executor import Executor
from resolvers.operation.operation import VALUES
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.localization.language import Language
from tests.support.company import Answer as Outcome
from tests.support.company import Asker, Firm, blocked
from tests.support.databases import Databases
from tests.support.demo_client import JSON, Answer, Demo, open_client, open_demo

SIZE: Final = 4
"""The connections of a pool of these tests."""

INPUT: Final = "BAD_USER_INPUT"
END: Final = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and application_name = 'enfact'
"""
VIEWER: Final = "{ viewer { __typename } }"
SEEN: Final = (200, {"data": {"viewer": {"__typename": "Viewer"}}})
LOCK: Final = "select from company where id = $1 for update"


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded; `connection` looks and locks beside the product."""

    dsn: str
    database: Database
    connection: Connection

    async def asked(self, token: str | None, query: str, variables: Mapping[str, object]) -> Outcome:
        """The answer of a product that has seen no operation before."""
        return await Asker(Executor(self.database))(token, query, Language.FR, **cast("Any", variables))

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
    database, connection = await Database.open(dsn, PoolSettings(size=SIZE, share=SIZE)), await connect(dsn)
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
    "list": [0.5] * (VALUES - 1),
    "object": {str(n): 0 for n in range(VALUES - 1)},
    "lists in a list": [[0] * 99] * (VALUES // 100),
    "chains": [[[0]]] * (VALUES // 3),
}


@pytest.mark.parametrize("case", NESTED)
async def test_too_many_values_are_refused_before_they_are_looked_at(demo: Demo, case: str) -> None:
    query = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
    answer = await demo.ask(None, query, v=NESTED[case])
    assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None)
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
    "type": ('query ($x: String = "Company")', "__type(name: $x) { name }"),
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
    names = {"id": firm.id, "user": firm["anna"].id}
    variables = {name: value for name, value in names.items() if f"${name}" in head}
    before = [await firm.everything(), await office.connection.fetchval("select count(*) from credential")]
    document = f"{head} {{ {fields} }}"
    answer = await office.asked(firm["owner"].token, document, {**variables, "x": None})
    assert (answer.codes, answer.data) == ([INPUT], None)
    assert [await firm.everything(), await office.connection.fetchval("select count(*) from credential")] == before
    answer = await office.asked(firm["owner"].token, document, variables)
    assert (answer.codes, answer.data is None) == ([], False)


@pytest.mark.parametrize("given", [{}, {"d": None}, {"d": False}, {"d": True}], ids=str)
async def test_introspection_takes_its_own_default_for_a_variable_without_a_value(
    office: Office, given: Mapping[str, object]
) -> None:
    query = 'query ($d: Boolean) { __type(name: "Company") { fields(includeDeprecated: $d) { name } } }'
    answer = await office.asked(None, query, given)
    assert answer.errors == ()
    assert "vatNumber" in [field["name"] for field in answer.data["__type"]["fields"]]


def test_no_place_of_the_product_has_a_default_where_null_may_not_be() -> None:
    """Such a place would take its default for an explicit null."""
    core = schema.core
    taking = [type_ for name, type_ in core.type_map.items() if not name.startswith("__")]
    places = [
        place
        for type_ in taking
        for field in (type_.fields.values() if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) else ())
        for place in field.args.values()
    ]
    members = [
        place for type_ in taking if isinstance(type_, GraphQLInputObjectType) for place in type_.fields.values()
    ]
    assert places
    assert members
    required = [is_required_argument(place) for place in places] + [
        is_required_input_field(member) for member in members
    ]
    assert required == [isinstance(place.type, GraphQLNonNull) for place in (*places, *members)]


# --- cursors


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
async def test_a_moment_that_is_none_in_utc_is_no_key_of_a_cursor(demo: Demo, moment: str) -> None:
    query = (
        "query ($id: ID!, $c: String) { company(id: $id) { accessChanges(first: 1, after: $c) { edges { cursor } } } }"
    )
    lambert = await demo.company("Chauffage Lambert")
    real = (await demo.ask("lambert", query, id=lambert)).data["company"]["accessChanges"]["edges"][0]["cursor"]
    items = json.loads(base64.urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    assert items[1].startswith("20")
    forged = base64.urlsafe_b64encode(json.dumps([items[0], moment, *items[2:]]).encode()).decode().rstrip("=")
    answer = await demo.ask("lambert", query, id=lambert, c=forged)
    assert (answer.response.status_code, answer.codes, answer.data) == (422, [INPUT], None)
    assert (await demo.ask("lambert", query, id=lambert, c=real)).codes == []


# --- payloads

SWITCH: Final = "activateApp(input: {companyId: $id, app: DISCOUNTS})"
DOCUMENTS: Final[Mapping[str, str]] = {
    "field": f"{{ a: {SWITCH} {{ errors {{ code }} }} a: {SWITCH} @include(if: $x) {{ app {{ app }} }} }}",
    "field before": f"{{ a: {SWITCH} @include(if: $x) {{ app {{ app }} }} a: {SWITCH} {{ errors {{ code }} }} }}",
    "fragment": f"{{ a: {SWITCH} {{ errors {{ code }} }} ...F @include(if: $x) }} "
    f"fragment F on Mutation {{ a: {SWITCH} {{ app {{ app }} }} }}",
    "in a fragment": f"{{ a: {SWITCH} {{ errors {{ code }} }} ...F }} "
    f"fragment F on Mutation {{ ... @include(if: $x) {{ a: {SWITCH} {{ app {{ app }} }} }} }}",
    "skip": f"{{ a: {SWITCH} {{ errors {{ code }} }} a: {SWITCH} @skip(if: $y) {{ app {{ app }} }} }}",
}


@pytest.mark.parametrize("order", [(False, True, False), (True, False, True)], ids=["false first", "true first"])
@pytest.mark.parametrize("case", DOCUMENTS)
async def test_a_payload_has_the_fields_of_its_own_request(office: Office, case: str, order: tuple[bool, ...]) -> None:
    firm = await Firm.found(office.connection)
    ask = Asker(Executor(office.database))
    document = f"mutation ($id: ID!, ${'y' if '$y' in DOCUMENTS[case] else 'x'}: Boolean!) {DOCUMENTS[case]}"
    for wide in order:
        answer = await ask(firm["owner"].token, document, id=firm.id, x=wide, y=not wide)
        wanted: dict[str, object] = {"errors": [], **({"app": {"app": "DISCOUNTS"}} if wide else {})}
        assert (answer.codes, answer.data) == ([], {"a": wanted})


# --- writes that end

APPS: Final[Mapping[str, str]] = {"a": "DISCOUNTS", "b": "STOCK", "c": "TIME_TRACKING"}
SEVERAL: Final = "mutation ($id: ID!) {" + " ".join(
    f"{key}: activateApp(input: {{companyId: $id, app: {app}}}) {{ app {{ app }} errors {{ code }} }}"
    for key, app in APPS.items()
) + "}"  # fmt: skip
DONE: Final = {key: {"app": {"app": app}, "errors": list[object]()} for key, app in APPS.items()}


Told: TypeAlias = tuple[str, list[str], object]
"""Of an error: its code, its path, and whether it says that its root field was written."""


def told(result: Result) -> tuple[Any, list[Told]]:
    """What a client reads of a result: the data and the errors."""
    errors: list[Told] = [
        (error.code.value, [str(step) for step in error.path or ()], error.extensions.get("written"))
        for error in result.errors
    ]
    return json.loads(result.data or b"null"), errors


async def written(firm: Firm, data: Any, errors: list[Told]) -> int:
    """How many root fields were written, which are the first ones, and exactly those that the client is told of.

    The payload of the last one may have come too late.
    """
    active = await firm.active()
    done = [key for key, app in APPS.items() if app in active]
    read = [key for key in done if data[key] is not None]
    assert data == {key: DONE[key] if key in read else None for key in APPS}
    assert errors == [("TIMEOUT", [key], True if key in done else None) for key in APPS if key not in read]
    assert read in (done, done[:-1])
    assert done == list(APPS)[: len(done)]
    assert {row["app_id"] for row in await firm.trail()} == {APPS[key] for key in done}
    return len(done)


async def knowing(office: Office) -> Executor:
    """An executor to which SEVERAL is not new: what a deadline ends before anything is written is refused."""
    executor, firm = Executor(office.database), await Firm.found(office.connection)
    await executor.execute(GraphQLRequest(SEVERAL, variables={"id": firm.id}, token=firm["owner"].token))
    return executor


async def test_what_is_told_of_a_write_is_what_was_written_whenever_the_deadline_passes(office: Office) -> None:
    executor = await knowing(office)
    counts: list[int] = []
    while len(counts) < 40 or (max(counts) == 1 and len(counts) < 1_000):  # the busier a machine, the later
        firm = await Firm.found(office.connection)
        request = GraphQLRequest(SEVERAL, variables={"id": firm.id}, token=firm["owner"].token)
        async with asyncio.timeout(len(counts) * 0.001):
            result = await executor.execute(request)
        counts.append(await written(firm, *told(result)))
    assert counts[0] == 1
    assert max(counts) > 1
    assert await office.is_whole()


async def test_a_write_that_waits_over_its_deadline_is_told_as_it_ends(office: Office) -> None:
    firm = await Firm.found(office.connection)
    request = GraphQLRequest(SEVERAL, variables={"id": firm.id}, token=firm["owner"].token)
    executor = await knowing(office)
    async with office.connection.transaction():
        await office.connection.execute(LOCK, firm.key)
        task = asyncio.create_task(executor.execute(request))
        await blocked(office.connection)
        task.cancel()  # as the deadline does
        await asyncio.sleep(0.1)
        assert not task.done()
    assert await written(firm, *told(await task)) == 1
    assert await office.is_whole()


async def test_a_write_over_its_deadline_is_told_over_http(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that is sent goes on to its end, which comes after the deadline."""
    firm = await Firm.found(office.connection)

    async def end_late(work: Coroutine[Any, Any, Any]) -> Any:
        done = await work
        await asyncio.sleep(3)
        return done

    def undisturbed(work: Coroutine[Any, Any, Any]) -> Undisturbed[Any]:
        return Undisturbed(end_late(work))

    monkeypatch.setattr(database, "Undisturbed", undisturbed)
    async with open_client(office.dsn, pool_size=SIZE, pool_share=SIZE, deadline=2.5) as client:
        answer = await post(client, firm, SEVERAL, id=firm.id)
        assert answer.response.status_code == 294
        errors: list[Told] = [
            (error["extensions"]["code"], error["path"], error["extensions"].get("written"))
            for error in answer.body["errors"]
        ]
        assert await written(firm, answer.data, errors) == 1
        rest = await asyncio.gather(*(post(client, firm, VIEWER) for _ in range(2 * SIZE)))
    assert [answer.told for answer in rest] == [SEEN] * len(rest)


async def test_nothing_is_written_after_a_write_that_failed_over_its_deadline(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline is told at the next await, which must not be that of the next write."""
    firm, executor, failed = await Firm.found(office.connection), await knowing(office), list[int]()

    async def fail_late(work: Coroutine[Any, Any, Any]) -> Any:
        if failed:
            return await work
        failed.append(1)
        work.close()
        task = asyncio.current_task()
        assert task is not None
        task.cancel()  # as the deadline does
        await asyncio.sleep(0)
        raise QueryCanceledError("It took too long.")

    def undisturbed(work: Coroutine[Any, Any, Any]) -> Undisturbed[Any]:
        return Undisturbed(fail_late(work))

    monkeypatch.setattr(database, "Undisturbed", undisturbed)
    request = GraphQLRequest(SEVERAL, variables={"id": firm.id}, token=firm["owner"].token)
    task = asyncio.create_task(executor.execute(request))
    assert await written(firm, *told(await task)) == 0
    assert failed


async def test_a_failed_write_is_logged_with_the_id_of_its_request(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_database: Database, *_given: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Database, "write", fail)
    firm = await Firm.found(office.connection)
    request = GraphQLRequest(SEVERAL, variables={"id": firm.id}, token=firm["owner"].token, request_id="0123456789ab")
    with caplog.at_level(logging.ERROR, logger="enfact.execution"):
        result = await Executor(office.database).execute(request)
    assert [error.code.value for error in result.errors] == ["INTERNAL"] * len(APPS)
    assert len(caplog.records) == len(APPS)
    assert all("0123456789ab" in record.getMessage() and record.exc_info for record in caplog.records)


# --- connections


async def test_reads_are_answered_while_every_place_for_writes_waits_for_a_lock(office: Office) -> None:
    firm = await Firm.found(office.connection)
    write = "mutation ($id: ID!) { activateApp(input: {companyId: $id, app: DISCOUNTS}) { errors { code } } }"
    async with open_client(office.dsn, pool_size=SIZE, pool_share=SIZE) as client:
        await post(client, firm, VIEWER)  # compiled before, since the writes wait for the lock for some seconds only
        async with office.connection.transaction():
            await office.connection.execute(LOCK, firm.key)
            writes = [asyncio.create_task(post(client, firm, write, id=firm.id)) for _ in range(3 * SIZE)]
            await blocked(office.connection, SIZE // 2)
            await asyncio.sleep(0.1)
            reads = [await post(client, firm, VIEWER) for _ in range(5)]
            assert [answer.told for answer in reads] == [SEEN] * 5
            assert not any(task.done() for task in writes)
        answers = await asyncio.gather(*writes)
    assert [answer.told for answer in answers] == [(200, {"data": {"activateApp": {"errors": []}}})] * len(answers)


async def test_reads_during_the_end_of_their_connections_are_nobodys_fault(office: Office) -> None:
    firm = await Firm.found(office.connection)
    query = "query ($id: ID!) { company(id: $id) { name permissionMatrix { version } } apps { app } }"
    codes: list[str] = []
    ended = 0
    answered, stop = asyncio.Event(), asyncio.Event()

    async def read(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            answer = await post(client, firm, query, id=firm.id)
            codes.extend(answer.codes or ["OK"])
            if not answer.codes:
                answered.set()
            await asyncio.sleep(0)

    async with open_client(office.dsn, pool_size=SIZE, pool_share=SIZE) as client:
        readers = [asyncio.create_task(read(client)) for _ in range(SIZE)]
        try:
            async with asyncio.timeout(60):
                while ended < 20 or codes.count("OK") <= 20:
                    answered.clear()
                    await answered.wait()
                    ended += await office.connection.fetchval(END)
        finally:
            stop.set()
        await asyncio.gather(*readers)
        assert (await post(client, firm, query, id=firm.id)).codes == []
    assert ended >= 20
    assert set(codes) <= {"OK", "UNAVAILABLE"}
    assert codes.count("OK") > 20
