"""The errors of a mutation's payload: every field of UserError can be selected, and `reason` says what is wrong."""

from collections.abc import AsyncGenerator

import pytest
from graphql import GraphQLObjectType

from resolvers.execution import mutation_runner
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
)
from resolvers.mutations.registry import MUTATIONS
from resolvers.user_problems import Subject, UserProblem
from schema import schema
from schema.apps import App
from schema.errors import UserErrorCode
from schema.roles import Role
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


def every_field(name: str = "UserError") -> str:
    """Every field of a type, with every field of the objects in it."""
    type_ = schema.core.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    fields = (
        f"{field} {{ {every_field(of.name)} }}" if isinstance(of := declared.type, GraphQLObjectType) else field
        for field, declared in type_.fields.items()
    )
    return " ".join(["__typename", *fields])


@pytest.mark.parametrize(
    ("root", "given", "field", "reason"),
    [
        ("updateProfile", {"firstName": ""}, ["firstName"], "REQUIRED"),
        ("updateProfile", {"firstName": "x" * 300}, ["firstName"], "TOO_LONG"),
        ("updateProfile", {"firstName": "a" + "\u00ad" * 9_000}, ["firstName"], "TOO_LONG"),  # dust is read, too
        ("updateCompany", {"iban": "BE41 0631 0000 0001"}, ["iban"], "CHECK_DIGITS"),
        ("updateCompany", {"country": "Belgium"}, ["country"], "FORMAT"),
    ],
)
async def test_an_error_has_all_its_fields(
    demo: Demo, root: str, given: dict[str, str], field: list[str], reason: str
) -> None:
    if root == "updateCompany":
        given = given | {"companyId": await demo.company("Chauffage Lambert")}
    type_name = f"{root[0].upper()}{root[1:]}Input"
    query = f"mutation ($v: {type_name}!) {{ {root}(input: $v) {{ errors {{ {every_field()} }} }} }}"
    answer = await demo.ask("lambert", query, v=given)
    (error,) = answer.data[root]["errors"]
    assert (error["code"], error["field"], error["reason"]) == ("VALIDATION", field, reason)


async def test_an_error_that_is_no_validation_has_no_reason(demo: Demo) -> None:
    query = (
        f'mutation {{ login(input: {{email: "nobody@x.test", password: "wrong"}}) {{ errors {{ {every_field()} }} }} }}'
    )
    answer = await demo.ask(None, query)
    (error,) = answer.data["login"]["errors"]
    assert (error["code"], error["reason"]) == ("INVALID_CREDENTIALS", None)
    assert (error["app"], error["role"], error["about"]) == (None, None, None)


async def test_an_error_names_the_app_the_role_and_what_it_is_about(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_write: MutationContext, _given: InputValues) -> MutationResult:
        texts = {"field": "Discount", "app": "Discounts", "role": "owner"}
        raise UserErrors(
            UserProblem(UserErrorCode.APP_REQUIRED, ("discount",), lambda _: texts, app=App.DISCOUNTS),
            UserProblem(UserErrorCode.ROLE_REQUIRED, ("x",), lambda _: texts, role=Role.OWNER),
            UserProblem(UserErrorCode.INCOMPLETE, None, lambda _: texts, about=Subject("inv_1", ("customer", 'a"b'))),
        )

    monkeypatch.setattr(mutation_runner, "MUTATIONS", {**MUTATIONS, "logout": Mutation(refuse)})
    query = f"mutation {{ logout {{ errors {{ {every_field()} }} }} }}"
    app, role, incomplete = (await demo.ask("lambert", query)).data["logout"]["errors"]
    assert (app["code"], app["app"], app["role"], app["about"]) == ("APP_REQUIRED", "DISCOUNTS", None, None)
    assert (role["code"], role["app"], role["role"]) == ("ROLE_REQUIRED", None, "OWNER")
    assert incomplete["about"] == {"__typename": "ErrorSubject", "id": "inv_1", "path": ["customer", 'a"b']}
