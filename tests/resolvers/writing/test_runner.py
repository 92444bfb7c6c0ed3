"""Declared mutations as a whole: the quota of rows, keys beside a request, payloads that cannot be read."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

import orjson
import pytest
from asyncpg import Record

from db.database import Database
from db.errors import Crowded, DatabaseTimeout
from gateway.http.rate_limits import RowLimit, Table
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.statement import Statement
from resolvers.execution import results
from resolvers.execution.compiled_fields import FieldCompiler
from resolvers.fair_use.turns import Turns
from resolvers.operation.operation import Operation, Part, WritePart
from resolvers.request import GraphQLRequest, RequestError, Result
from schema.declarations.writing import WriteAction
from schema.errors import ErrorCode
from tests.resolvers.writing.desk import Desk, document, write_of

CREATE: Final = write_of("Customer", WriteAction.CREATE)
QUERY: Final = document(CREATE, "customer { id } replayed errors { code }")
TWO_TRIPS: Final = document(CREATE, "customer { id } company { name } errors { code }")
COUNT: Final = "select count(*) from contact where company_id = $1"


async def send(desk: Desk, query: str = QUERY, who: str = "owner", key: str | None = None, **given: Any) -> Result:
    """The result of a new customer."""
    variables = {"input": {"companyId": desk.firm.id, "name": "Zoé", **given}}
    request = GraphQLRequest(query, variables=variables, token=desk.firm[who].token, idempotency_key=key)
    return await desk.executor.execute(request)


def codes(result: Result) -> list[str]:
    return [error.code.value for error in result.errors]


@pytest.fixture(autouse=True)
def no_limit(desk: Desk) -> Generator[None]:
    """A quota is of one test."""
    yield
    desk.executor.limit_writes(None)


async def test_a_key_beside_a_mutation_that_takes_none_is_refused(desk: Desk) -> None:
    query = "mutation { logout { errors { code } } }"
    request = GraphQLRequest(query, token=desk.firm["owner"].token, idempotency_key="k1")
    assert codes(await desk.executor.execute(request)) == ["BAD_USER_INPUT"]
    assert codes(await send(desk)) == [], "nothing was done"


# --- the quota of rows


async def test_who_wrote_more_than_the_quota_waits_whoever_else_writes(desk: Desk) -> None:
    now = [0.0]
    desk.executor.limit_writes(RowLimit(3, 3_600, Table.own(), lambda: now[0]))
    people = [{"lastName": f"Nr {n}"} for n in range(3)]
    before = await desk.connection.fetchval(COUNT, desk.firm.key)
    assert codes(await send(desk, contactPersons=people)) == []  # four rows: one more than at once
    for who in ("owner", "anna"):
        (error,) = (await send(desk, who=who)).errors
        assert error.code.value == "RATE_LIMITED"
        assert error.extensions["retryAfter"] == 1
    assert await desk.connection.fetchval(COUNT, desk.firm.key) == before + 1
    other = {"companyId": desk.other.id, "name": "x"}
    request = GraphQLRequest(QUERY, variables={"input": other}, token=desk.other["owner"].token)
    assert codes(await desk.executor.execute(request)) == []


async def test_a_refusal_counts_for_nothing(desk: Desk) -> None:
    desk.executor.limit_writes(RowLimit(1, 1, Table.own(), lambda: 0.0))
    other = {"input": {"companyId": desk.other.id, "name": " "}}
    for _ in range(3):
        request = GraphQLRequest(QUERY, variables=other, token=desk.other["anna"].token)
        result = await desk.executor.execute(request)
        assert (codes(result), b"VALIDATION" in (result.data or b"")) == ([], True)


# --- keys beside a request


async def test_the_key_of_a_header_is_that_of_the_only_root_field(desk: Desk) -> None:
    first, again = await send(desk, key="beside"), await send(desk, key="beside")
    assert orjson.loads(first.data or b"")["createCustomer"]["replayed"] is False
    assert orjson.loads(again.data or b"")["createCustomer"]["replayed"] is True
    reused = orjson.loads((await send(desk, key="beside", city="Gent")).data or b"")
    assert reused["createCustomer"]["errors"] == [{"code": "KEY_REUSED"}]


async def test_a_key_beside_several_root_fields_is_refused_before_any_is_written(desk: Desk) -> None:
    before = await desk.connection.fetchval(COUNT, desk.firm.key)
    field = "createCustomer(input: $input) { errors { code } }"
    query = f"mutation ($input: CreateCustomerInput!) {{ a: {field} b: {field} }}"
    result = await send(desk, query, key="beside")
    assert (codes(result), result.response) == (["BAD_USER_INPUT"], None)
    assert await desk.connection.fetchval(COUNT, desk.firm.key) == before


# --- what was written stays


async def test_a_write_whose_payload_is_not_read_says_that_it_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: Database, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        raise DatabaseTimeout("late")

    before = await desk.connection.fetchval(COUNT, desk.firm.key)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "read", fail)
        result = await send(desk, TWO_TRIPS, key="once")
        (error,) = result.errors
        assert (error.code.value, dict(error.extensions)) == ("TIMEOUT", {"written": True})
        refused = await send(desk, TWO_TRIPS, name=" ")
        assert [dict(error.extensions) for error in refused.errors] == [{}]
    assert await desk.connection.fetchval(COUNT, desk.firm.key) == before + 1
    again = orjson.loads((await send(desk, key="once")).data or b"")["createCustomer"]
    assert (again["replayed"], again["errors"]) == (True, [])


LIST: Final = """mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) {
  results { customer { name } errors { code } } replayed errors { code } } }"""
PARTLY: Final[dict[str, Any]] = {"items": [{"name": "Zoé"}, {"name": " "}], "allOrNothing": False}


async def send_list(desk: Desk, **given: Any) -> Result:
    """The result of a list of customers."""
    variables = {"input": {"companyId": desk.firm.id, **given}}
    return await desk.executor.execute(GraphQLRequest(LIST, variables=variables, token=desk.firm["owner"].token))


def without_payloads(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on no payload is kept after its cost was found, and none can be compiled."""
    kept = Compiler.kept

    def kept_write(self: Compiler, operation: Operation, part: Part, *more: Any, **rest: Any) -> Statement | None:
        return kept(self, operation, part, *more, **rest) if isinstance(part, WritePart) else None

    async def fail(_self: Turns, _work: Callable[[], Any]) -> Any:
        raise error

    patch.setattr(FieldCompiler, "kept", FieldCompiler.all)
    patch.setattr(Compiler, "kept", kept_write)
    patch.setattr(Turns, "do", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Crowded("full"), "RATE_LIMITED"),
        (RequestError(ErrorCode.COST_EXCEEDED, "dear"), "COST_EXCEEDED"),
        (LookupError("odd"), "INTERNAL"),
    ],
)
async def test_a_write_whose_payload_is_not_compiled_says_that_it_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    """The payload of a list that is written in part, and of what was done before, is compiled after the write."""
    key = f"once-{code}"
    await send(desk, key=key)
    await send_list(desk, items=[{"name": "x"}])
    before = await desk.connection.fetchval(COUNT, desk.firm.key)
    with monkeypatch.context() as patch:
        without_payloads(patch, error)
        for result in (await send_list(desk, **PARTLY), await send(desk, key=key)):
            (entry,) = result.errors
            assert (entry.code.value, dict(entry.extensions)) == (code, {"written": True})
        (refused,) = (await send(desk, name=" ")).errors
        assert (refused.code.value, dict(refused.extensions)) == (code, {})
    assert await desk.connection.fetchval(COUNT, desk.firm.key) == before + 1


async def test_a_write_whose_answer_is_too_large_says_that_it_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await desk.connection.fetchval(COUNT, desk.firm.key)
    monkeypatch.setattr(results, "LARGEST", 10)
    (error,) = (await send(desk)).errors
    assert (error.code.value, dict(error.extensions)) == ("COST_EXCEEDED", {"written": True})
    assert await desk.connection.fetchval(COUNT, desk.firm.key) == before + 1


async def test_several_root_fields_are_a_statement_each_and_what_one_wrote_stays(desk: Desk) -> None:
    field = "createCustomer(input: {companyId: $company, name: %s}) { customer { name } errors { code } }"
    fields = " ".join(f"{alias}: {field % name}" for alias, name in (("a", '"Ann"'), ("b", '" "'), ("c", '"Cas"')))
    query = f"mutation ($company: ID!) {{ {fields} __typename }}"
    request = GraphQLRequest(query, variables={"company": desk.firm.id}, token=desk.firm["owner"].token)
    data = orjson.loads((await desk.executor.execute(request)).data or b"")
    assert [data[alias]["customer"] for alias in "abc"] == [{"name": "Ann"}, None, {"name": "Cas"}]
    assert data["b"]["errors"] == [{"code": "VALIDATION"}]
