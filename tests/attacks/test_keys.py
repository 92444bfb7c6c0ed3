"""Somebody who found an API key, or holds one, and wants more than it opens: every way over HTTP, tried."""

import io
from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull
from pydantic import SecretStr

from gateway.app import create_app
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.execution.product import default_compiler
from resolvers.mutations.context import hash_token
from resolvers.writing.registry import statement_writers
from schema import schema
from tests.support.databases import Databases
from tests.support.demo_client import JSON, Answer, Demo, open_demo

CREATE: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } errors { code } } }
"""
VIEW: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token errors { code } } }"
REVOKE: Final = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { errors { code } } }"
DELETE: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
SET: Final = """
mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { permissionMatrix { version } errors { code } } }
"""
VERSION: Final = "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
ME: Final = "{ viewer { account { email } companies { nodes { name } } apiKeys { id } sessions { id } } }"
PLANT: Final = """
insert into credential (token_hash, account_id, kind, expires_at, label, last4, hidden_fields)
select $1, id, $2, '2126-01-01', $3, $3, case when $3::text is not null then 'NULL' end from account
where email = 'lambert@demo.enfact.test'
"""
WRITTEN: Final = (
    "account", "company", "membership", "credential", "mail_token", "outbox", "access_change", "app_grant",
    "company_app", "attempt",
)  # fmt: skip
LAMBERT, DELVAUX = "Chauffage Lambert", "Bières Delvaux"

mutation_type = schema.core.mutation_type
assert mutation_type is not None
MUTATIONS: Final = mutation_type.fields


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.fixture(autouse=True)
async def no_keys(demo: Demo) -> None:
    """An account has so many keys; each test begins without those before it."""
    await demo.connection.execute("delete from credential where kind <> 'SESSION'")


async def key(demo: Demo, who: str = "lambert", **given: object) -> str:
    """A new API key of somebody."""
    payload = (await demo.ask(who, CREATE, input={"label": "Found", **given})).data["createApiKey"]
    assert payload["errors"] == []
    return payload["key"]


async def look(demo: Demo, user: str = "eva") -> str:
    """A token by which Lambert's owner looks as somebody."""
    given = {"companyId": await demo.company(LAMBERT), "userId": await demo.user(user, LAMBERT)}
    return (await demo.ask("lambert", VIEW, input=given)).data["startViewAs"]["token"]


async def toggle(demo: Demo, who: str, app: str, granted: bool) -> None:
    """Let Lambert's owner switch an app of somebody on or off."""
    company = await demo.company(LAMBERT)
    version = (await demo.ask("lambert", VERSION, id=company)).data["company"]["permissionMatrix"]["version"]
    changes = [{"userId": await demo.user(who, LAMBERT), "app": app, "granted": granted}]
    given = {"companyId": company, "expectedVersion": version, "changes": changes}
    assert (await demo.ask("lambert", SET, input=given)).data["setAppAccess"]["errors"] == []


async def send(demo: Demo, token: str, query: str, **variables: object) -> Answer:
    """The answer to an operation with a token."""
    headers = {"authorization": f"Bearer {token}", "accept": JSON}
    body: dict[str, Any] = {"query": query, "variables": variables}
    return Answer(await demo.client.post("/graphql", json=body, headers=headers))


async def dead(demo: Demo, token: str) -> bool:
    """Whether a token works no more, for reading and for writing."""
    answers = [await send(demo, token, query) for query in (ME, "mutation { logout { errors { code } } }")]
    statuses = {answer.response.status_code for answer in answers}
    assert statuses == {401} or 401 not in statuses
    return statuses == {401}


async def companies(demo: Demo, token: str) -> list[str]:
    """The names of the companies that a token opens."""
    return [node["name"] for node in (await send(demo, token, ME)).data["viewer"]["companies"]["nodes"]]


async def everything(demo: Demo) -> list[Any]:
    """All that a mutation may write."""
    rows = "select to_jsonb(t) - 'last_used_at' - 'expires_at' from {} t order by 1"
    return [await demo.connection.fetch(rows.format(table)) for table in WRITTEN]


def is_needed(type_: Any) -> bool:
    """Whether a member of an input must be given."""
    return isinstance(type_, GraphQLNonNull)


def fitting(type_: Any, name: str, ids: dict[str, str]) -> Any:
    """A value that a mutation would take."""
    match type_:
        case GraphQLNonNull(of_type=inner):  # pyright: ignore[reportUnknownVariableType]
            return fitting(inner, name, ids)
        case GraphQLList(of_type=inner):  # pyright: ignore[reportUnknownVariableType]
            return [fitting(inner, name, ids)]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return {
                member: fitting(field.type, member, ids)
                for member, field in type_.fields.items()
                if is_needed(field.type) or member in ids
            }
        case _:
            samples = {"Int": 1, "Boolean": True, "DateTime": "2100-01-01T00:00:00Z", "ID": "x"}
            return ids.get(name, "zoe@attack.example" if "mail" in name else samples.get(type_.name, "correct horse"))


async def document(demo: Demo, name: str) -> tuple[str, dict[str, Any]]:
    """A mutation with all that it needs, which an owner's session would be let do."""
    ids = {"companyId": await demo.company(LAMBERT), "userId": await demo.user("eva", LAMBERT)}
    argument = MUTATIONS[name].args.get("input")
    if argument is None:
        return f"mutation {{ {name} {{ __typename errors {{ code }} }} }}", {}
    query = f"mutation ($input: {argument.type}) {{ {name}(input: $input) {{ __typename errors {{ code }} }} }}"
    return query, {"input": fitting(argument.type, "input", ids)}


# --- writing


WRITERS: Final = statement_writers(default_compiler().layout)
OF_KEYS: Final = {name for name, writer in WRITERS.items() if not writer.changes_access}
"""The mutations of business data, which keys run as their owners do (tests/resolvers/writing)."""


@pytest.mark.parametrize("name", sorted(MUTATIONS.keys() - OF_KEYS))
async def test_no_mutation_is_done_by_key_or_by_who_looks_as_somebody(demo: Demo, name: str) -> None:
    query, variables = await document(demo, name)
    tokens = [await key(demo), await key(demo, companyId=await demo.company(LAMBERT)), await look(demo, "lambert")]
    before = await everything(demo)
    for token in tokens:
        answer = await send(demo, token, query, **variables)
        assert (answer.response.status_code, answer.codes, answer.data) == (294, ["FORBIDDEN"], {name: None})
    assert await everything(demo) == before


async def test_what_is_refused_to_a_key_is_done_for_its_owner(demo: Demo) -> None:
    query, variables = await document(demo, "createUser")
    assert (await send(demo, await key(demo), query, **variables)).codes == ["FORBIDDEN"]
    assert (await demo.ask("lambert", query, **variables)).data["createUser"]["errors"] == []


async def test_every_alias_is_refused(demo: Demo) -> None:
    query = 'mutation { a: login(input: {email: "x", password: "y"}) { token } b: logout { errors { code } } }'
    answer = await send(demo, await key(demo), query)
    assert (answer.codes, answer.data) == (["FORBIDDEN"] * 2, {"a": None, "b": None})


# --- reading


async def test_a_key_of_one_company_finds_no_way_into_another(demo: Demo) -> None:
    found = await key(demo, "compta", companyId=await demo.company(LAMBERT))
    other = await demo.company(DELVAUX)
    assert await companies(demo, found) == [LAMBERT]
    customer = await demo.connection.fetchval(
        "select id from contact where company_id = (select id from company where name = $1) and is_customer limit 1",
        DELVAUX,
    )
    ways = """
    query ($id: ID!, $customer: ID!) {
      company(id: $id) { name } node(id: $customer) { id } nodes(ids: [$id, $customer]) { id } }
    """
    variables: dict[str, Any] = {"id": other, "customer": f"cus_{customer.hex}"}
    answer = await send(demo, found, ways, **variables)
    assert answer.data == {"company": None, "node": None, "nodes": [None, None]}
    assert (await demo.ask("compta", ways, **variables)).data["node"] is not None
    searched = await send(demo, found, '{ viewer { companies(filter: {search: "Delvaux"}) { totalCount } } }')
    assert searched.data["viewer"]["companies"]["totalCount"] == 0


async def test_introspection_and_aliases_of_the_viewer_show_no_keys(demo: Demo) -> None:
    await key(demo)
    answer = await send(demo, await key(demo), "{ a: viewer { apiKeys { id } } b: viewer { s: sessions { id } } }")
    assert answer.data == {"a": {"apiKeys": []}, "b": {"s": []}}


async def test_a_get_reads_by_key_and_never_writes(demo: Demo) -> None:
    headers = {"authorization": f"Bearer {await key(demo)}", "accept": JSON}
    read = await demo.client.get("/graphql", params={"query": ME}, headers=headers)
    assert (read.status_code, read.json()["data"]["viewer"]["companies"]["nodes"]) == (200, [{"name": LAMBERT}])
    write = await demo.client.get(
        "/graphql", params={"query": "mutation { logout { errors { code } } }"}, headers=headers
    )
    assert write.status_code == 405


async def test_a_key_is_no_cookie(demo: Demo) -> None:
    for token, status in ((await key(demo), 401), (await look(demo), 401), (await demo.token("lambert"), 200)):
        headers = {"cookie": f"enfact_session={token}", "origin": "http://enfact", "accept": JSON}
        body = {"query": ME}
        assert (await demo.client.post("/graphql", json=body, headers=headers)).status_code == status


# --- prefixes


async def test_a_prefix_is_part_of_the_secret(demo: Demo) -> None:
    for token in (await key(demo), await look(demo)):
        for prefix in ("enf_", "enk_", "env_", "", "ENK_"):
            if not token.startswith(prefix) or not prefix:
                assert await dead(demo, prefix + token[4:]), prefix
        assert not await dead(demo, token)


@pytest.mark.parametrize(
    ("prefix", "kind"), [("enf", "API_KEY"), ("enk", "SESSION"), ("env", "SESSION"), ("env", "API_KEY")]
)
async def test_a_credential_with_the_prefix_of_another_kind_is_none(demo: Demo, prefix: str, kind: str) -> None:
    planted = f"{prefix}_planted_as_{kind}"
    label = "x" if kind == "API_KEY" else None
    await demo.connection.execute(PLANT, hash_token(planted), kind, label)
    assert await dead(demo, planted)
    await demo.connection.execute("delete from credential where token_hash = $1", hash_token(planted))


# --- the end


async def test_what_takes_the_right_takes_the_key_at_the_next_request(demo: Demo) -> None:
    lambert = await demo.company(LAMBERT)
    await toggle(demo, "noah", "API_ACCESS", True)
    bound, free = await key(demo, "noah", companyId=lambert), await key(demo, "noah")
    assert await companies(demo, bound) == await companies(demo, free) == [LAMBERT]
    await toggle(demo, "noah", "API_ACCESS", False)
    assert await companies(demo, bound) == await companies(demo, free) == []
    await toggle(demo, "noah", "API_ACCESS", True)
    assert await companies(demo, bound) == [LAMBERT]
    expiring = await key(demo, "noah", expiresAt="2100-01-01T00:00:00Z")
    await demo.connection.execute(
        "update credential set expires_at = now() where token_hash = $1", hash_token(expiring)
    )
    assert await dead(demo, expiring)
    given = {"companyId": lambert, "userId": await demo.user("noah", LAMBERT)}
    viewed = await look(demo, "noah")
    assert (await demo.ask("lambert", DELETE, input=given)).data["deleteUser"]["errors"] == []
    assert await dead(demo, bound)
    assert await dead(demo, viewed)
    assert await companies(demo, free) == []


async def test_a_revoked_key_is_dead_at_the_next_request(demo: Demo) -> None:
    payload = (await demo.ask("lambert", CREATE, input={"label": "x"})).data["createApiKey"]
    assert not await dead(demo, payload["key"])
    await demo.ask("lambert", REVOKE, input={"apiKeyId": payload["apiKey"]["id"]})
    assert await dead(demo, payload["key"])


async def test_an_account_that_is_deleted_takes_its_keys_along(demo: Demo) -> None:
    found = await key(demo, "compta")
    await demo.connection.execute(
        "insert into account (id, email, first_name, last_name) values (uuidv7(), 'short@attack.example', 'a', 'b')"
    )
    await demo.connection.execute(
        "update credential set account_id = (select id from account where email = 'short@attack.example') "
        "where token_hash = $1", hash_token(found),
    )  # fmt: skip
    assert not await dead(demo, found)
    await demo.connection.execute("delete from account where email = 'short@attack.example'")
    assert await dead(demo, found)


# --- logs


async def test_no_key_stands_in_a_log(demo: Demo) -> None:
    written = io.StringIO()
    settings = Settings.model_validate({"log_level": "debug", "database_url": SecretStr(demo.dsn), "pool_size": 2})
    app = create_app(settings, log=open_log("debug", "json", written))
    made, seen = await key(demo), await look(demo)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enfact") as client,
    ):
        for token in (made, seen, f"{made}x"):
            for query in (ME, "mutation { logout { errors { code } } }", "{ nothing }"):
                headers = {"authorization": f"Bearer {token}", "accept": JSON}
                await client.post("/graphql", json={"query": query}, headers=headers)
                await client.get("/graphql", params={"query": query}, headers=headers)
        owner = {"authorization": f"Bearer {await demo.token('lambert')}", "accept": JSON}
        body = {"query": CREATE, "variables": {"input": {"label": "Logged"}}}
        fresh = (await client.post("/graphql", json=body, headers=owner)).json()["data"]["createApiKey"]["key"]
    assert written.getvalue().count("\n") >= 19
    assert not [secret for secret in (made, seen, fresh) if secret[4:] in written.getvalue()]
