"""The first and the last day, and the first and the last moment, wherever a client says one: they are no infinity."""

import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLInputObjectType

from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.gates.coordinates import named_type
from resolvers.request import GraphQLRequest
from schema import schema
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo
from tests.support.ways import Way, arguments, around, needed, ways

LAMBERT: Final = "Chauffage Lambert"
EDGES: Final = {
    "Date": ('"0001-01-01"', '"9999-12-31"'),
    "DateTime": ('"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"'),
}
PERIODS: Final = ('{from: "0001-01-01", until: "0003-01-01"}', '{from: "9997-01-01", until: "9999-12-31"}')
WRONG: Final = re.compile(rb"infinity|\bBC\b|\b[1-9][0-9]{4,}-[0-9]{2}-[0-9]{2}")
"""What is no time of four digits."""

NESTED: Final = "InvoiceFilter"
"""The filter whose `and`, `or` and `not` are tried, too: those of all filters are compiled alike."""

AT_ONCE: Final = 10
PARTS: Final = 5
"""Number of parts into which the arguments are cut; a run of all tests tries the first one."""

LAST: Final = "9999-12-31T23:59:59.999999+00:00"
FIRST: Final = "0001-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.fixture(scope="module")
async def executor(demo: Demo) -> AsyncGenerator[Executor]:
    database = await Database.open(demo.dsn, PoolSettings(size=2))
    yield Executor(database, max_cost=10**9)
    await database.close()


def edges_of(type_: Any, inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Every value of an input type that has a time at the edge somewhere; `inside` names the types around it."""
    named = named_type(type_)
    if named.name == "PeriodInput":
        yield from PERIODS
    elif named.name in EDGES:
        yield from EDGES[named.name]
    elif isinstance(named, GraphQLInputObjectType) and inside.count(named.name) < (2 if named.name == NESTED else 1):
        for name, member in named.fields.items():
            yield from (f"{{{name}: {value}}}" for value in edges_of(member, (*inside, named.name)))


def asked(way: Way, roots: dict[str, str]) -> Iterator[str]:
    """A field with each of its arguments in which a time may be said; without ids, of which some tell the present."""
    name = way.steps[-1].partition("(")[0]
    selected = " ".join(part for part in way.selected.split(" ") if part != "id")
    for argument, declared in way.field.args.items():
        for value in edges_of(declared):
            step = f"{name}{arguments({**needed(way.field, roots), argument: value})}"
            yield around((*way.steps[:-1], step), f"{selected} {_rows(way)}")


def _rows(way: Way) -> str:
    return "nodes { __typename }" if "nodes" in getattr(named_type(way.field), "fields", {}) else ""


@pytest.mark.sampled(PARTS)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_argument_makes_an_infinity_of_a_time(demo: Demo, executor: Executor, part: int) -> None:
    company, token = await demo.company(LAMBERT), await demo.token("lambert")
    await demo.connection.execute("update company set mask = ~ repeat('0', 256)::bit(256) where name = $1", LAMBERT)
    roots = {"id": f'"{company}"', "ids": "[]"}
    texts = [text for way in ways(roots, without="viewer") for text in asked(way, roots)]
    texts = texts[part::PARTS]
    assert len(texts) > 100
    for start in range(0, len(texts), AT_ONCE):
        parts = [f"at{n}: {text}" for n, text in enumerate(texts[start : start + AT_ONCE])]
        result = await executor.execute(GraphQLRequest(f"{{ {' '.join(parts)} }}", token=token))
        assert result.data is not None, (parts, result.errors)
        assert not result.errors
        assert not WRONG.search(result.data), parts


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31"])
async def test_a_row_of_the_edge_is_found_there(demo: Demo, edge: str) -> None:
    row = await demo.connection.fetchval(
        "update document set date = $1::text::date where id = (select d.id from document d join company c "
        "on c.id = d.company_id where c.name = $2 and d.kind = 'INVOICE' limit 1) returning id", edge, LAMBERT,
    )  # fmt: skip
    query = """
    query ($id: ID!, $day: Date!, $after: String) { company(id: $id) {
      same: invoices(filter: {date: {eq: $day}}) { nodes { id date } }
      beyond: invoices(filter: {date: {gt: $day}}) { totalCount }
      below: invoices(filter: {date: {lt: $day}}) { totalCount }
      last: invoices(orderBy: [DATE_DESC], first: 1, after: $after) { totalCount nodes { id } pageInfo { endCursor } }
      first: invoices(orderBy: [DATE_ASC], first: 1) { nodes { id } pageInfo { endCursor } } } }
    """
    company = await demo.company(LAMBERT)
    found = (await demo.ask("lambert", query, id=company, day=edge)).data["company"]
    assert found["same"]["nodes"] == [{"id": f"inv_{row.hex}", "date": edge}]
    others = found["last"]["totalCount"] - 1
    assert (found["below"]["totalCount"], found["beyond"]["totalCount"]) == (
        (others, 0) if edge == "9999-12-31" else (0, others)
    )
    ends = found["last" if edge == "9999-12-31" else "first"]
    assert ends["nodes"] == [{"id": f"inv_{row.hex}"}]
    after = await demo.ask("lambert", query, id=company, day=edge, after=found["last"]["pageInfo"]["endCursor"])
    assert after.data["company"]["last"]["nodes"][0]["id"] != f"inv_{row.hex}" or edge == "0001-01-01"
    await demo.connection.execute("update document set date = '2026-01-01' where id = $1", row)


# --- what is written

WRITTEN: Final = {
    "AddExternalUserInput.until": (
        "mutation ($until: DateTime, $c: ID!) { addExternalUser(input: "
        '{companyId: $c, email: "hors-ligne@demo.enfact.test", until: $until}) '
        "{ externalUser { until } company { accessChanges(first: 1) { nodes { kind until } } } errors { code } } }"
    ),
    "UpdateExternalUserInput.until": (
        "mutation ($until: DateTime, $c: ID!, $e: ID!) { updateExternalUser(input: "
        "{companyId: $c, externalUserId: $e, until: $until}) "
        "{ externalUser { until } company { accessChanges(first: 1) { nodes { kind until } } } errors { code } } }"
    ),
    "SetSupportAccessInput.until": (
        "mutation ($until: DateTime, $c: ID!) { setSupportAccess(input: "
        "{companyId: $c, enabled: true, until: $until}) "
        "{ company { supportUntil accessChanges(first: 1) { nodes { kind until } } } errors { code } } }"
    ),
    "DecideAccessRequestInput.until": (
        "mutation ($until: DateTime, $r: ID!) { decideAccessRequest(input: "
        "{requestId: $r, granted: true, until: $until}) { accessRequest { until } errors { code } } }"
    ),
    "CreateApiKeyInput.expiresAt": (
        "mutation ($until: DateTime, $c: ID!) { createApiKey(input: "
        '{companyId: $c, label: "Edge", expiresAt: $until}) { apiKey { expiresAt } errors { code } } }'
    ),
}
"""A write for each coordinate at which a mutation takes a time."""


def times_of_mutations() -> set[str]:
    """The coordinates of times in inputs of mutations, whatever inputs these lead to."""
    mutation_type = schema.core.mutation_type
    assert mutation_type is not None
    waiting = [named_type(argument) for field in mutation_type.fields.values() for argument in field.args.values()]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        type_ = waiting.pop()
        if not isinstance(type_, GraphQLInputObjectType) or type_.name in seen:
            continue
        seen.add(type_.name)
        for name, member in type_.fields.items():
            found.update({f"{type_.name}.{name}"} if named_type(member).name in EDGES else ())
            waiting.append(named_type(member))
    return found


def test_each_time_that_a_mutation_takes_is_tried() -> None:
    assert times_of_mutations() == set(WRITTEN)


@pytest.mark.parametrize("coordinate", sorted(WRITTEN))
async def test_no_mutation_makes_an_infinity_of_a_time(demo: Demo, coordinate: str) -> None:
    company = await demo.company(LAMBERT)
    external = await demo.connection.fetchval(
        "select m.id from membership m join company c on c.id = m.company_id join account a on a.id = m.account_id "
        "where c.name = $1 and m.removed_at is null and a.email = 'compta@demo.enfact.test'", LAMBERT,
    )  # fmt: skip
    request = await demo.connection.fetchval(
        "select r.id from access_request r join company c on c.id = r.company_id "
        "where c.name = $1 and r.state = 'OPEN'", LAMBERT,
    )  # fmt: skip
    given = {"c": company, "e": f"ext_{external.hex}", "r": f"arq_{request.hex}" if request is not None else None}
    variables: dict[str, Any] = {name: value for name, value in given.items() if f"${name}:" in WRITTEN[coordinate]}
    past = await demo.ask("lambert", WRITTEN[coordinate], until=FIRST, **variables)
    (payload,) = past.data.values()
    assert [error["code"] for error in payload["errors"]] == ["VALIDATION"]
    last = await demo.ask("lambert", WRITTEN[coordinate], until=LAST, **variables)
    (payload,) = last.data.values()
    assert payload.pop("errors") == []
    told = orjson.dumps(payload)
    assert LAST.encode() in told
    assert not WRONG.search(told)
    stored = await demo.connection.fetchval(
        "select count(*) from membership where not isfinite(until) or not isfinite(removed_at)"
    )
    assert stored == 0
