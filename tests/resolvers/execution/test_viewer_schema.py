"""viewer_schema.py and held.py: over which view a request is answered, and when that has to be known."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLDirective, GraphQLSchema, build_client_schema, get_introspection_query
from graphql.language import DirectiveLocation

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tokens import ABSENT_KEY, hash_token, kind_of
from resolvers.compilation.compiler import Compiler
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.gates.table import gate_table
from resolvers.request import GraphQLRequest, Result
from schema import schema
from schema.apps import CATALOGUE
from schema.hidden_fields import HiddenFields
from tests.golden.world import World
from tests.support.company import Firm
from tests.support.databases import Databases

ABSENT: Final = HiddenFields.ABSENT
CREATE: Final = """
mutation ($mode: HiddenFields) { createApiKey(input: {label: "A", hiddenFields: $mode}) { key errors { code } } }
"""
GRANT: Final = "update membership set toggles = set_bit(toggles, $2, $3) where id = $1"
HIDDEN: Final = "query ($id: ID!) { company(id: $id) { id discounts: customers { nodes { discount } } } }"
UNKNOWN: Final = HIDDEN.replace(" discount ", " discoont ")


class Counting(Database):
    """A database that counts the reads."""

    reads: int = 0

    async def read(self, sql: str, arguments: Any, *, brief: bool = False) -> Any:
        self.reads += 1
        return await super().read(sql, arguments, brief=brief)


class Place:
    """The product on a database of the module's own."""

    def __init__(self, database: Counting, connection: Connection) -> None:
        self.database, self.connection = database, connection
        self.executor = Executor(database)

    async def ask(self, query: str, token: str | None, mode: HiddenFields = ABSENT, **variables: Any) -> Result:
        return await self.executor.execute(
            GraphQLRequest(query, variables=variables, token=token, hidden_fields=mode, request_id="r")
        )

    async def grant(self, firm: Firm, name: str, app: str, on: int = 1) -> None:
        place = next(entry.position for entry in CATALOGUE.values() if entry.app.name == app)
        await self.connection.execute(GRANT, firm[name].membership, place, on)

    async def key(self, firm: Firm, name: str, mode: HiddenFields) -> str:
        await self.grant(firm, name, "API_ACCESS")
        request = GraphQLRequest(CREATE, variables={"mode": mode.name}, token=firm[name].token)
        made = await self.executor.execute(request)
        assert made.data is not None
        return orjson.loads(made.data)["createApiKey"]["key"]


@pytest.fixture(scope="module")
async def place(databases: Databases, template: str) -> AsyncGenerator[Place]:
    dsn = await databases.clone(template)
    database, connection = await Counting.open(dsn, PoolSettings(size=4, share=4)), await connect(dsn)
    yield Place(database, connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


@pytest.fixture
async def firm(place: Place) -> Firm:
    return await Firm.found(place.connection, "DISCOUNTS", "API_ACCESS", "STOCK")


def codes(result: Result) -> list[str]:
    return [error.code.value for error in result.errors]


def alike(hidden: Result, unknown: Result) -> bool:
    return repr(hidden) == repr(unknown).replace("discoont", "discount")


async def test_what_is_held_anywhere_is_there_and_null_elsewhere(place: Place, firm: Firm) -> None:
    other = await Firm.found(place.connection, "DISCOUNTS")
    await place.connection.execute(
        "update membership set account_id = $1 where id = $2", firm["anna"].account, other["anna"].membership
    )
    assert codes(await place.ask(HIDDEN, firm["anna"].token, id=firm.id)) == ["GRAPHQL_VALIDATION_FAILED"]
    await place.grant(other, "anna", "DISCOUNTS")
    there = "query ($id: ID!) { company(id: $id) { customers(orderBy: [DISCOUNT_ASC]) { totalCount } } }"
    assert (await place.ask(there, firm["anna"].token, id=other.id)).errors == ()
    here = await place.ask(HIDDEN, firm["anna"].token, id=firm.id)
    assert (here.errors, [note.app for note in here.hidden]) == ((), ["DISCOUNTS"])


async def test_a_gate_is_seen_at_the_next_request(place: Place, firm: Firm) -> None:
    token = firm["bram"].token
    for on in (1, 0, 1):
        await place.grant(firm, "bram", "DISCOUNTS", on)
        assert (await place.ask(HIDDEN, token, id=firm.id)).errors == () if on else True
        assert bool((await place.ask(HIDDEN, token, id=firm.id)).errors) is not bool(on)


@pytest.mark.parametrize(("query", "mode", "reads"), [
    ("{ viewer { account { email } } }", HiddenFields.NULL, 1),
    ("{ viewer { account { email } } }", HiddenFields.ERROR, 1),
    ("{ viewer { account { email } } }", ABSENT, 2),
    ("{ __typename }", HiddenFields.NULL, 1),
    ("{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }", HiddenFields.NULL, 2),
    ('query ($s: Boolean = false) { __type(name: "Company") @include(if: $s) { name } }', HiddenFields.NULL, 2),
    ("{ never }", ABSENT, 1), ("{", ABSENT, 1), ("{ never }", HiddenFields.NULL, 0),
])  # fmt: skip
async def test_only_who_needs_it_reads_what_is_held(
    place: Place, firm: Firm, query: str, mode: HiddenFields, reads: int
) -> None:
    place.database.reads = 0
    await place.ask(query, firm["owner"].token, mode)
    assert place.database.reads == reads


@pytest.mark.parametrize("query", ["{ never }", "{", "{ __schema { queryType { name } } }"])
async def test_an_unknown_credential_is_unknown_first(place: Place, query: str) -> None:
    for token in ("enf_never", f"{ABSENT_KEY}_never", "env_never"):
        assert codes(await place.ask(query, token)) == ["UNAUTHENTICATED"]


# --- keys ------------------------------------------------------------------------------------------------------------


async def test_a_keys_own_mode_is_known_before_anything_is_read(place: Place, firm: Firm) -> None:
    key = await place.key(firm, "anna", ABSENT)
    assert (key[:4], kind_of(key).name) == (f"{ABSENT_KEY}_", "API_KEY")
    for mode in HiddenFields:
        hidden, unknown = [await place.ask(query, key, mode, id=firm.id) for query in (HIDDEN, UNKNOWN)]
        assert codes(hidden) == ["GRAPHQL_VALIDATION_FAILED"]
        assert alike(hidden, unknown)
    assert codes(await place.ask(HIDDEN, f"enk_{key[4:]}", id=firm.id)) == ["UNAUTHENTICATED"]


async def test_a_key_that_does_not_show_its_mode_has_it_all_the_same(place: Place, firm: Firm) -> None:
    key = await place.key(firm, "anna", HiddenFields.NULL)
    assert key.startswith("enk_")
    other = await place.key(firm, "bram", HiddenFields.NULL)
    await place.connection.execute(
        "update credential set hidden_fields = 'ABSENT' where token_hash = $1", hash_token(key)
    )
    for _ in range(2):
        hidden, unknown = [await place.ask(query, key, HiddenFields.NULL, id=firm.id) for query in (HIDDEN, UNKNOWN)]
        assert codes(hidden) == ["GRAPHQL_VALIDATION_FAILED"]
        assert alike(hidden, unknown)
    loose = await place.ask(HIDDEN, other, HiddenFields.NULL, id=firm.id)
    assert (codes(loose), len(loose.hidden)) == ([], 1)
    place.database.reads = 0
    await place.ask(HIDDEN, other, HiddenFields.NULL, id=firm.id)
    assert place.database.reads == 1


async def test_a_keys_view_is_of_the_companies_that_it_opens(place: Place, firm: Firm) -> None:
    key = await place.key(firm, "clara", ABSENT)
    await place.grant(firm, "clara", "DISCOUNTS")
    assert (await place.ask(HIDDEN, key, id=firm.id)).errors == ()
    await place.grant(firm, "clara", "API_ACCESS", 0)
    assert codes(await place.ask(HIDDEN, key, id=firm.id)) == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await place.ask(HIDDEN, firm["clara"].token, id=firm.id)).errors == ()


# --- introspection ---------------------------------------------------------------------------------------------------


async def names_of(world: World, token: str | None, mode: HiddenFields) -> set[str]:
    """The coordinates that somebody's introspection tells."""
    request = GraphQLRequest(get_introspection_query(), token=token, hidden_fields=mode)
    result = await world.executor.execute(request)
    assert result.data is not None, result.errors
    shown = build_client_schema(orjson.loads(result.data))
    found: set[str] = set(shown.type_map)
    for type_ in shown.type_map.values():
        found.update(f"{type_.name}.{name}" for name in getattr(type_, "fields", None) or getattr(type_, "values", {}))
    return found


@pytest.mark.parametrize("mode", HiddenFields)
async def test_introspection_tells_nothing_that_is_not_held(world: World, mode: HiddenFields) -> None:
    async with world.signed_in("noah") as token:  # two companies: these apps in the one, those in the other
        seller = await names_of(world, token, mode)
    nobody = await names_of(world, None, mode)
    lines = gate_table(schema.core)
    held = {"QUOTES", "INVOICES", "DISCOUNTS", "STOCK", "EMPTY_GOODS"}
    assert [line.coordinate for line in lines if line.gate.name not in held and line.coordinate in seller] == []
    assert {line.coordinate for line in lines} & nobody == set()
    assert {"Quote", "Invoice", "StockMovement", "Customer.discount", "DocumentKind.QUOTE"} <= seller


# --- @optional -------------------------------------------------------------------------------------------------------


async def test_an_optional_name_is_dropped_hidden_and_unknown_alike(place: Place, firm: Firm) -> None:
    core, layout = default_compiler().schema, default_compiler().layout
    if core.get_directive("optional") is None:
        places = [DirectiveLocation.FIELD, DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT]
        options: Any = core.to_kwargs()
        options["directives"] = (*core.directives, GraphQLDirective("optional", places))
        core = GraphQLSchema(**options)
    executor = Executor(place.database, Compiler(core, layout))
    for name in ("discount", "discoont"):
        query = f"""query ($id: ID!, $f: Gone) {{ company(id: $id) {{
            id {name}(filter: $f) @optional ... @optional {{ access {{ {name} }} quotes {{ totalCount }} }}
            ... on {name} @optional {{ x }} }} }}"""
        request = GraphQLRequest(query, variables={"id": firm.id}, token=firm["bram"].token, hidden_fields=ABSENT)
        result = await executor.execute(request)
        assert result.errors == ()
        assert result.data == f'{{"company":{{"id":"{firm.id}","access":{{}}}}}}'.encode()
