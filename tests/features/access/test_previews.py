"""`Company.previewAccess`: what follows from a change, compared with what follows once it is made."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from db.tokens import hash_token, new_token
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinate_groups import coordinate_groups
from resolvers.operation.documents import Documents
from schema import schema
from schema.apps import App
from tests.support.company import Asker, Firm, change
from tests.support.databases import Databases
from tests.support.externals import Outside

PREVIEW: Final = """
query ($id: ID!, $changes: [AppAccessChange!], $operations: [String!]) { company(id: $id) {
  previewAccess(changes: $changes, operations: $operations) {
    people { user { id } gained { type names } lost { type names } }
    operations { name user { id } before after }
    apiKeys { apiKey { label } lost { type names } } } } }
"""
EXPLAIN: Final = """
query ($id: ID!, $user: ID!, $operation: String!) { company(id: $id) {
  explainAccess(userId: $user, operation: $operation) { path visible } } }
"""
MAKE_KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at, apps)
values ($1, $2, 'API_KEY', 'Shop', 'wxyz', 'NULL', '2126-01-01', $3)
"""
DISCOUNTS: Final = """
query PreviewOfDiscounts($id: ID!) { company(id: $id) { customers { nodes { name discount discountType } } } }
"""
STOCK: Final = "query PreviewOfStock($id: ID!) { company(id: $id) { stockBasis } }"
NAMES: Final = "query PreviewOfNames($id: ID!) { company(id: $id) { name } }"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    compiler = default_compiler()
    documents = Documents(compiler.schema)
    for text in (DISCOUNTS, STOCK, NAMES):
        compiler.keep(documents.pin(text).choose(None))
    async with Outside.open(databases, template) as outside:
        yield outside


async def preview(outside: Outside, firm: Firm, *changes: Any, who: str = "owner", **more: Any) -> Any:
    answer = await outside.ask(firm[who].token, PREVIEW, id=firm.id, changes=list(changes), **more)
    assert answer.errors == ()
    return answer.data["company"]["previewAccess"]


async def make(outside: Outside, firm: Firm, *changes: Any) -> None:
    given = {"companyId": firm.id, "expectedVersion": await firm.version(), "changes": list(changes)}
    await outside.done(firm["owner"].token, "setAppAccess", **given)


def members(type_: Any) -> list[Any]:
    return [*(type_["fields"] or ()), *(type_["enumValues"] or ())]


def flat(found: Any) -> set[str]:
    return {f"{one['type']}.{name}" for one in found for name in one["names"]}


async def test_what_is_gained_and_lost_is_what_the_viewers_schema_gains_and_loses(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    anna = firm["anna"]
    await make(outside, firm, change(anna, "DISCOUNTS", granted=True))
    changes = change(anna, "DISCOUNTS", granted=False), change(anna, "STOCK", granted=True)
    query = "{ __schema { types { name fields { name } enumValues { name } } } }"

    async def seen() -> set[str]:
        types: list[Any] = (await outside.ask(anna.token, query)).data["__schema"]["types"]
        return {f"{type_['name']}.{one['name']}" for type_ in types for one in members(type_)}

    before = await seen()
    (person,) = (await preview(outside, firm, *changes))["people"]
    await make(outside, firm, *changes)
    after = await seen()
    assert person["user"] == {"id": anna.id}
    kinds = set(objects_and_enums())
    gained, lost = ({one for one in found if one.split(".")[0] in kinds} for found in (after - before, before - after))
    assert {"Customer.discount", "DocumentLine.discountType"} <= flat(person["lost"]) <= lost
    assert "Product.actualStock" in flat(person["gained"])
    assert flat(person["gained"]) <= gained
    beyond = (gained - flat(person["gained"])) | (lost - flat(person["lost"]))
    assert all(not needs(one) for one in beyond), beyond  # what only a gated field leads to has no gate itself


def objects_and_enums() -> Iterator[str]:
    yield from (group.type_name for group in coordinate_groups(schema.core))


def needs(coordinate: str) -> bool:
    type_name, name = coordinate.split(".")
    return any(group.type_name == type_name and name in group.names for group in coordinate_groups(schema.core))


async def test_only_employees_change_and_only_what_does_change(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    await make(outside, firm, change(firm["anna"], "STOCK", granted=True))
    people = (
        await preview(
            outside,
            firm,
            change(firm["anna"], "STOCK", granted=True),
            change(firm["anna"], "CUSTOMERS", granted=False),
            change(firm["anna"], "PURCHASES", granted=True),
            change(firm["partner"], "STOCK", granted=False),
            change(firm["accountant"], "STOCK", granted=False),
            change("usr_" + "0" * 32, "STOCK", granted=True),
            change(firm["clara"], "QUOTES", granted=True),
            change(firm["bram"], "STOCK", granted=True),
        )
    )["people"]
    assert [person["user"]["id"] for person in people] == [firm["clara"].id, firm["bram"].id]
    assert all(person["lost"] == [] and person["gained"] for person in people)
    assert await preview(outside, firm) == {"people": [], "operations": [], "apiKeys": []}


async def test_nothing_is_changed_and_nobody_else_looks(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    before, asked = await firm.everything(), change(firm["anna"], "STOCK", granted=True)
    await preview(outside, firm, asked)
    assert await firm.everything() == before
    for who in ("anna", "accountant"):
        answer = await outside.ask(firm[who].token, PREVIEW, id=firm.id, changes=[asked])
        assert answer.data["company"] == {"previewAccess": None}
        assert [note.role for note in answer.hidden] == ["OWNER"]


async def test_operations_are_judged_as_explain_access_judges_them(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    anna, bram = firm["anna"], firm["bram"]
    await make(outside, firm, change(anna, "DISCOUNTS", granted=True))
    changes = (
        change(anna, "DISCOUNTS", granted=False),
        change(anna, "STOCK", granted=True),
        change(bram, "QUOTES", granted=True),
    )
    names = ["PreviewOfStock", "PreviewOfNames", "PreviewOfDiscounts"]
    found = (await preview(outside, firm, *changes, operations=names))["operations"]
    assert found == [
        {"name": "PreviewOfStock", "user": {"id": anna.id}, "before": "PARTIAL", "after": "WHOLE"},
        {"name": "PreviewOfDiscounts", "user": {"id": anna.id}, "before": "WHOLE", "after": "PARTIAL"},
    ]
    await make(outside, firm, *changes)
    for text, extent in ((STOCK, "WHOLE"), (DISCOUNTS, "PARTIAL")):
        filled = text.replace("$id: ID!", f'$id: ID! = "{firm.id}"')
        answer = await outside.ask(firm["owner"].token, EXPLAIN, id=firm.id, user=anna.id, operation=filled)
        explained = answer.data["company"]["explainAccess"]
        assert all(one["visible"] for one in explained) == (extent == "WHOLE")
        assert any(one["visible"] for one in explained)
    asked = change(anna, "STOCK", granted=False)
    assert (await preview(outside, firm, asked, operations=["Nowhere"]))["operations"] == []


async def test_keys_lose_what_their_owners_lose_and_all_without_api_access(outside: Outside) -> None:
    firm = await outside.found("STOCK", "DISCOUNTS")
    anna, bits = firm["anna"], ["1"] * 256
    bits[App.DISCOUNTS.declared.position] = "0"
    for person in (anna, firm["bram"]):
        await make(outside, firm, *(change(person, app, granted=True) for app in ("API_ACCESS", "STOCK", "DISCOUNTS")))
        from asyncpg import BitString  # noqa: PLC0415 (the type of a mask, for one statement)

        await outside.rows(MAKE_KEY, hash_token(new_token("enk")), person.account, BitString("".join(bits)))  # type: ignore[arg-type]
    narrow = await preview(outside, firm, change(anna, "DISCOUNTS", granted=False))
    assert (narrow["apiKeys"], len(narrow["people"])) == ([], 1)
    (key,) = (await preview(outside, firm, change(anna, "STOCK", granted=False)))["apiKeys"]
    assert key["apiKey"] == {"label": "Shop"}
    assert "Product.actualStock" in flat(key["lost"])
    (key,) = (await preview(outside, firm, change(anna, "API_ACCESS", granted=False)))["apiKeys"]
    assert "Mutation.createApiKey" in flat(key["lost"])


async def test_too_many_changes_are_refused(outside: Outside) -> None:
    firm = await outside.found("STOCK")
    changes = [change(firm["anna"], "STOCK", granted=True)] * 3_001
    answer = await outside.ask(firm["owner"].token, PREVIEW, id=firm.id, changes=changes)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert "3,000" in answer.errors[0].message
    most = (await outside.ask(firm["owner"].token, PREVIEW, id=firm.id, changes=changes[:3_000])).data
    assert len(most["company"]["previewAccess"]["people"]) == 1
    one = """query ($id: ID!, $user: ID!, $on: Boolean!) { company(id: $id) {
      previewAccess(changes: {userId: $user, app: STOCK, granted: $on}) { people { user { id } } } } }"""
    answer = await outside.ask(firm["owner"].token, one, id=firm.id, user=firm["anna"].id, on=True)
    assert answer.data["company"]["previewAccess"] == {"people": [{"user": {"id": firm["anna"].id}}]}


async def test_a_preview_is_one_statement(databases: Databases, template: str) -> None:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=1)), await connect(dsn)
    try:
        firm = await Firm.found(connection, "STOCK")
        ran: list[str] = []
        read = database.read

        async def counted(sql: str, *given: Any, **more: Any) -> Any:
            ran.append(sql)
            return await read(sql, *given, **more)

        database.read = counted  # type: ignore[method-assign]
        changes = [change(firm["anna"], "STOCK", granted=True)]
        answer = await Asker(Executor(database))(firm["owner"].token, PREVIEW, id=firm.id, changes=changes)
        assert answer.errors == ()
        assert len(ran) == 1
    finally:
        await connection.close()
        await database.close()
        await databases.drop(dsn)
