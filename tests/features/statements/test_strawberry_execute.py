"""`schema.execute` and Strawberry's own ASGI view: bound to an executor, they answer as HTTP does."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.types.graphql import OperationType

from gateway.in_process import open_in_process
from gateway.settings import Settings
from schema import schema
from schema.localization.language import Language
from tests.support.databases import Databases
from tests.support.demo_client import Answer, Demo, open_demo

COMPANIES = "{ viewer { companies { nodes { name invoices(first: 1) { nodes { number discount } } } } } }"
COMPANY = "query One($id: ID!, $first: Int) { company(id: $id) { customers(first: $first) { nodes { name } } } }"
REFUSED = "query ($id: ID!) { company(id: $id) { invoices(filter: {discount: {gt: 1}}) { totalCount } plan } }"
TOGGLE = """
mutation ($id: ID!, $version: Int!) {
  setAppAccess(input: {companyId: $id, expectedVersion: $version, changes: []}) { errors { code message field } }
}
"""
VIEWER = "query V { viewer { account { email } } }"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    data: Any
    errors: list[dict[str, Any]]
    extensions: Mapping[str, Any]


def compared(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """Errors without what differs in any two answers."""
    kept = ("message", "locations", "path", "extensions")
    found = [{name: error[name] for name in kept if name in error} for error in errors]
    return [error | {"extensions": {**error["extensions"], "requestId": None}} for error in found]


@dataclass(frozen=True, slots=True)
class Both:
    """The same demo by HTTP and by the bound schema."""

    demo: Demo

    async def told(self, who: str | None, query: str, variables: Mapping[str, Any]) -> tuple[Told, Told]:
        """What the schema answers, and what HTTP does."""
        context = {"token": await self.demo.token(who)} if who is not None else None
        result = await schema.execute(query, dict(variables), context_value=context)
        answer = await self.demo.ask(who, query, None, **variables)
        errors = [error.formatted for error in result.errors or ()]
        executed = Told(result.data, compared(errors), result.extensions or {})
        return executed, Told(answer.data, compared(answer.body.get("errors", [])), answer.body.get("extensions", {}))


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.fixture
async def both(demo: Demo) -> AsyncGenerator[Both]:
    settings = Settings(database_url=SecretStr(demo.dsn), pool_size=2, log_level="off")
    async with open_in_process(settings) as bound:
        assert bound is schema
        yield Both(demo)
    with pytest.raises(RuntimeError, match="nothing is bound"):
        await schema.execute(VIEWER)


async def test_unbound_it_says_what_is_missing() -> None:
    with pytest.raises(RuntimeError, match="nothing is bound to this schema: open the gateway first"):
        await schema.execute(VIEWER)


async def test_data_and_notes_are_those_of_http(both: Both) -> None:
    executed, sent = await both.told("noah", COMPANIES, {})
    assert executed == sent
    assert [note["app"] for note in executed.extensions["hidden"]] == ["INVOICES"]


@pytest.mark.parametrize(
    ("who", "query", "variables"),
    [
        ("eva", COMPANY, {"first": 2}),
        (None, COMPANY, {"first": 2}),
        ("eva", COMPANY, {"first": 1000}),
        ("eva", COMPANY, {"first": "x"}),
        ("eva", REFUSED, {}),
        ("eva", TOGGLE, {"version": 1}),
        ("noah", TOGGLE, {"version": 1}),
        ("lambert", TOGGLE, {"version": 1}),
        (None, TOGGLE, {"version": 1}),
        ("eva", "query ($id: ID!) { company(id: $id) { nme } }", {}),
        ("eva", "query ($id: ID!) { company(id: $id) { name }", {}),
        ("eva", "query A { apps { app } } query B { apps { app } }", {}),
        ("eva", '{ __type(name: "Company") { name fields { name } } }', {}),
        (None, "{ apps { app label } viewer { account { id } } }", {}),
    ],
    ids=range(14),
)
async def test_every_answer_is_that_of_http(both: Both, who: str | None, query: str, variables: dict[str, Any]) -> None:
    company = await both.demo.company("Chauffage Lambert")
    given = {**variables, "id": company} if "$id" in query else variables
    executed, sent = await both.told(who, query, given)
    assert executed == sent


async def test_a_mutation_writes(both: Both) -> None:
    demo, document = both.demo, TOGGLE.replace("changes: []", "changes: [{userId: $user, app: STOCK, granted: $on}]")
    document = document.replace("$version: Int!", "$version: Int!, $user: ID!, $on: Boolean!")
    company = await demo.company("Bières Delvaux")
    version = "select access_version from company where name = 'Bières Delvaux'"
    before = await demo.connection.fetchval(version)
    for n, on in enumerate((False, True)):
        variables = {"id": company, "version": before + n, "user": await demo.user("noah", "Bières Delvaux"), "on": on}
        result = await schema.execute(document, variables, context_value={"token": await demo.token("delvaux")})
        assert (result.data, result.errors) == ({"setAppAccess": {"errors": []}}, None)
        assert await demo.connection.fetchval(version) == before + n + 1


async def test_operation_name_and_language_are_taken(both: Both) -> None:
    result = await schema.execute(
        "query A { a: __typename } query B { b: __typename }", operation_name="B", context_value={}
    )
    assert result.data == {"b": "Query"}
    login = 'mutation { login(input: {email: "x", password: "y"}) { errors { message } } }'
    result = await schema.execute(login, context_value={"language": Language.NL})
    assert result.data == {"login": {"errors": [{"message": "Het e-mailadres of het wachtwoord is niet correct."}]}}


async def test_where_only_queries_are_allowed_a_mutation_is_refused(both: Both) -> None:
    result = await schema.execute(
        "mutation { logout { errors { code } } }", allowed_operation_types=[OperationType.QUERY]
    )
    assert result.errors is not None
    assert result.errors[0].extensions is not None
    assert (result.data, result.errors[0].extensions["code"]) == (None, "METHOD_NOT_ALLOWED")


async def test_no_query_is_an_error(both: Both) -> None:
    result = await schema.execute(None)
    assert result.data is None
    assert result.errors


@pytest.fixture
async def view(both: Both) -> AsyncGenerator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/graphql", GraphQL[Any, Any](schema))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://view") as client:
        yield client


async def test_strawberrys_view_answers_with_the_bearers_data(both: Both, view: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {await both.demo.token('noah')}"}
    response = await view.post("/graphql", json={"query": COMPANIES}, headers=headers)
    answer = await both.demo.ask("noah", COMPANIES)
    assert response.status_code == 200
    assert response.json()["data"] == answer.data
    assert response.json()["extensions"]["hidden"] == answer.notes
    anonymous = await view.post("/graphql", json={"query": VIEWER})
    assert anonymous.json()["data"] == {"viewer": None}
    wrong = await view.post("/graphql", json={"query": VIEWER}, headers={"authorization": "Bearer wrong"})
    assert Answer(wrong).codes == ["UNAUTHENTICATED"]
    assert wrong.json().get("data") is None


async def test_strawberrys_view_takes_queries_by_get_and_no_mutation(both: Both, view: httpx.AsyncClient) -> None:
    token = await both.demo.token("eva")
    headers = {"authorization": f"Bearer {token}"}
    response = await view.get("/graphql", params={"query": VIEWER}, headers=headers)
    assert response.json()["data"] == {"viewer": {"account": {"email": "eva@demo.enfact.test"}}}
    response = await view.get("/graphql", params={"query": "mutation { logout { errors { code } } }"}, headers=headers)
    assert response.status_code == 400 or Answer(response).codes == ["METHOD_NOT_ALLOWED"]
    assert (await both.demo.ask("eva", VIEWER)).data["viewer"] is not None
