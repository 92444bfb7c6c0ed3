"""explainAccess in the hands of somebody who wants more than an explanation: every way offered, tried."""

import secrets
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from resolvers.mutations.context import hash_token
from resolvers.request import GraphQLRequest
from schema.apps import App
from tests.support.company import Answer, Firm
from tests.support.databases import Databases
from tests.support.office import Office, open_office

EXPLAIN: Final = """
query ($company: ID!, $id: ID!, $operation: String!, $variables: JSON) { company(id: $company) {
  explainAccess(userId: $id, operation: $operation, variables: $variables) { path visible reason app role } } }
"""
ADD_KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, expires_at, hidden_fields, read_only)
values ($1, $2, 'API_KEY', 'Key', '1234', 'infinity', 'NULL', true)
"""


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    async with open_office(databases, template) as office:
        yield office


@pytest.fixture(scope="module")
async def other(office: Office) -> Firm:
    return await Firm.found(office.connection, *(app.value for app in App))


async def explain(office: Office, token: str, user: str, operation: str, variables: Any = None) -> Answer:
    given: dict[str, Any] = {"operation": operation, "variables": variables, "company": office.firm.id}
    return await office.ask(token, EXPLAIN, id=user, **given)


async def test_ids_of_another_company_tell_nothing(office: Office, other: Firm) -> None:
    query = "query ($id: ID!) { company(id: $id) { name invoices { totalCount } } node(id: $id) { id } }"
    owner = office.firm["owner"]
    ids = (other.id, f"com_{'1' * 32}", "com_1", "com_", f"com_{'g' * 32}")
    answers = [await explain(office, owner.token, owner.id, query, {"id": id_}) for id_ in ids]
    assert answers[0].data["company"]["explainAccess"][0]["reason"] == "OTHER_COMPANY"
    assert len({str(answer) for answer in answers}) == 1


async def test_a_row_that_exists_elsewhere_or_nowhere_is_judged_alike(office: Office, other: Firm) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { email } } }"
    owner, anna = office.firm["owner"], office.firm["anna"]
    ids = (anna.id, other["anna"].id, f"usr_{'1' * 32}", "usr_nobody")
    answers = [await explain(office, owner.token, anna.id, query, {"ids": [id_]}) for id_ in ids]
    assert len({str(answer) for answer in answers}) == 1


async def test_people_of_another_company_are_as_people_who_do_not_exist(office: Office, other: Firm) -> None:
    answers = [
        await explain(office, office.firm["owner"].token, id_, "{ apps { app } }")
        for id_ in (other["anna"].id, other["accountant"].id, f"usr_{'1' * 32}", "nobody", office.firm["gone"].id)
    ]
    assert {str(answer) for answer in answers} == {str(Answer({"company": {"explainAccess": None}}, (), ()))}


async def test_nobody_from_outside_of_the_company_is_answered(office: Office, other: Firm) -> None:
    for token in (other["owner"].token, office.firm["gone"].token, office.firm["former"].token):
        answer = await explain(office, token, office.firm["anna"].id, "{ apps { app } }")
        assert answer == Answer({"company": None}, (), ())
    for name in ("anna", "accountant"):
        answer = await explain(office, office.firm[name].token, office.firm[name].id, "{ apps { app } }")
        assert answer.data == {"company": {"explainAccess": None}}


async def test_nothing_of_the_operation_runs(office: Office) -> None:
    owner, before = office.firm["owner"], await office.firm.everything()
    given = f'{{companyId: "{office.firm.id}", userId: "{office.firm["bram"].id}"}}'
    operation = f"mutation {{ deleteUser(input: {given}) {{ errors {{ code }} }} }}"
    answer = await explain(office, owner.token, owner.id, operation)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await office.firm.everything() == before


async def test_an_explanation_inside_an_explanation_is_a_field_like_any_other(office: Office) -> None:
    owner = office.firm["owner"]
    inner = f'{{ company(id: "{office.firm.id}") {{ explainAccess(userId: "x", operation: "{{{{{{") {{ path }} }} }}'
    answer = await explain(office, owner.token, office.firm["anna"].id, inner)
    assert [entry["reason"] for entry in answer.data["company"]["explainAccess"]] == [None, "ROLE", "ROLE"]


@pytest.mark.parametrize(
    "operation",
    [
        "{" + " apps { app }" * 700 + "}",
        "{ viewer { " + "companies { nodes { " * 6 + "id" + " } }" * 6 + " } }",
        "{ " + " ".join(f"a{n}: apps {{ app }}" for n in range(31)) + " }",
        "{ apps { app } } #" + "x" * 65_536,
        "{ a(b: " + "[" * 5_000,
        "{ ...F } fragment F on Query { ...F }",
        "\ud800",
        "{ apps { app } } \0",
        "",
    ],
)
async def test_the_limits_hold_for_the_inner_document(office: Office, operation: str) -> None:
    owner = office.firm["owner"]
    assert (await explain(office, owner.token, owner.id, operation)).codes == ["BAD_USER_INPUT"]


async def test_deep_or_large_variables_are_refused_or_answered_but_never_fail(office: Office) -> None:
    owner, deep = office.firm["owner"], list[Any]()
    for _ in range(300):
        deep = [deep]
    for variables in (deep, {"a": deep}, [], "x", 1, True, {"a": 10**400}):
        answer = await explain(office, owner.token, owner.id, "{ apps { app } }", variables)
        assert answer.codes in ([], ["BAD_USER_INPUT"]), variables
    assert (await explain(office, owner.token, owner.id, "{ apps { app } }", [])).codes == ["BAD_USER_INPUT"]


async def test_many_different_operations_in_one_request_are_refused_and_one_is_read_once(office: Office) -> None:
    owner = office.firm["owner"]
    large = "{ viewer { companies { nodes { id " + "invoices { nodes { number discount } } " * 40 + "} } } }"

    def ask(different: int) -> GraphQLRequest:
        fields = " ".join(
            f"a{n}: explainAccess(userId: $id, operation: $o{n % different}) {{ path }}" for n in range(29)
        )
        declared = " ".join(f"$o{n}: String!" for n in range(different))
        variables = {f"o{n}": f"{large} #{n}" for n in range(different)}
        query = f"query ($company: ID!, $id: ID!, {declared}) {{ company(id: $company) {{ {fields} }} }}"
        return GraphQLRequest(
            query, variables={**variables, "company": office.firm.id, "id": owner.id}, token=owner.token
        )

    assert (await office.ask.executor.execute(ask(4))).errors == ()
    (refused,) = (await office.ask.executor.execute(ask(5))).errors
    assert refused.code.value == "BAD_USER_INPUT"


async def test_names_that_would_make_an_answer_of_megabytes_are_refused(office: Office) -> None:
    owner, name = office.firm["owner"], "x" * 30_000
    fields = (
        " ".join(f"a{n}: name" for n in range(28))
        + " vatNumber plan legalForm street city phone email website iban country postcode"
    )
    query = f'{{ {name}: company(id: "{office.firm.id}") {{ y: customers {{ nodes {{ id }} }} {fields} }} }}'
    answer = await explain(office, owner.token, owner.id, query)
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_key_of_an_owner_explains_and_one_of_an_employee_does_not(office: Office) -> None:
    for name, is_told in (("owner", True), ("anna", False)):
        token = f"enk_{secrets.token_urlsafe()}"
        await office.grant("anna", App.API_ACCESS)
        await office.connection.execute(ADD_KEY, hash_token(token), office.firm[name].account)
        answer = await explain(office, token, office.firm["anna"].id, "{ apps { app } }")
        assert (answer.data["company"]["explainAccess"] is not None) is is_told
