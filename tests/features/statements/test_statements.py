"""One statement for a query, whatever it selects and whoever looks; one more than the writes for a mutation."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_leaf_type,
    is_required_argument,
)

from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import named_type, node_type
from resolvers.operation.limits import parse_document
from resolvers.request import RequestError
from resolvers.request_limits import Limits
from schema.hidden_fields import HiddenFields
from tests.golden.case import Case, read_cases
from tests.golden.record import read_answer
from tests.golden.world import LAMBERT, Outcome, World

CASES = read_cases()
QUERIES = [pytest.param(case, id=case.name) for case in CASES if not case.is_mutation]
LEVELS, PARTS = 2, 11
"""How many lists in each other the biggest operations have, and into how many parts a company must be cut for them."""

READ = "with viewer as ("


@pytest.mark.parametrize("case", QUERIES)
async def test_a_query_is_one_statement_and_the_same_for_every_viewer(case: Case, world: World) -> None:
    outcomes = (await world.run_all(case)).values()
    count = 2 if depends_on_a_view(case) else 1
    assert [len(outcome.statements) for outcome in outcomes] == [count] * 3
    assert len({outcome.statements[-1].sql for outcome in outcomes}) == 1


def depends_on_a_view(case: Case) -> bool:
    """Whether what its caller holds has to be known before it is answered."""
    return case.hidden_fields is HiddenFields.ABSENT or re.search(r"\b__(schema|type)\b", case.query) is not None


# --- the biggest operation ------------------------------------------------------------------------------------------


class Everything:
    """A document that selects everything of a part of a company, lists in lists, as far as a document may go."""

    def __init__(self, levels: int, part: int = 0, parts: int = 1) -> None:
        self.levels = levels
        self.part, self.parts = part, parts
        self.schema = default_compiler().schema
        self.fragments: dict[str, str] = {}

    def document(self) -> str:
        assert self.schema.query_type is not None
        company = self.fragment(self.schema.type_map["Company"], self.levels)
        account = self.fragment(self.schema.type_map["Account"], 0)
        roots = f'viewer {{ account {{ {account} }} }} company(id: "{LAMBERT}") {{ {company} }}'
        return f"{{ {roots} }}\n" + "\n".join(self.fragments.values())

    def fragment(self, type_: object, level: int) -> str:
        """The spread of all fields of a type; what leads to other types is left out at level 0."""
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        name = f"{type_.name}{level}"
        if name not in self.fragments:
            self.fragments[name] = ""
            fields = " ".join(self.fields(type_, level)) or "__typename"
            self.fragments[name] = f"fragment {name} on {type_.name} {{ {fields} }}"
        return f"...{name}"

    def fields(self, type_: GraphQLObjectType | GraphQLInterfaceType, level: int) -> Iterator[str]:
        whole = list(type_.fields.items())
        dealt = sorted(whole, key=lambda item: (-self.size(item[1]), item[0]))[self.part :: self.parts]
        for name, field in dealt if level == self.levels else whole:
            if any(is_required_argument(argument) for argument in field.args.values()):
                continue
            if is_leaf_type(named_type(field)):
                yield name
            elif level:
                arguments = "(first: 1)" if "first" in field.args else ""
                yield f"{name}{arguments} {{ {self.below(named_type(field), level)} }}"

    def size(self, field: GraphQLField) -> int:
        """How many fields there are below a field, so that large and small ones are dealt out evenly."""
        returned = node_type(named_type(field)) or named_type(field)
        return len(returned.fields) if isinstance(returned, GraphQLObjectType | GraphQLInterfaceType) else 0

    def below(self, returned: GraphQLNamedType, level: int) -> str:
        nodes = node_type(returned)
        if nodes is not None:
            return f"totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {self.fragment(nodes, level - 1)} }}"
        return self.fragment(returned, level - 1)


def count_members(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return len(items) + sum(count_members(item) for item in items)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def biggest() -> list[str]:
    """The biggest operations: together they select everything of a company."""
    return [Everything(LEVELS, part, PARTS).document() for part in range(PARTS)]


@pytest.mark.parametrize(("login", "least"), [("lambert", 2_000), ("eva", 50)])
async def test_the_biggest_operation_is_one_statement(world: World, login: str, least: int) -> None:
    with pytest.raises(RequestError):
        parse_document(Everything(LEVELS).document(), Limits())
    members = 0
    for document in biggest():
        async with world.signed_in(login) as token:
            outcome = await world.ask(document, {}, token)
        assert outcome.result.data is not None, outcome.result.errors
        assert len(outcome.statements) == 1
        members += count_members(json.loads(outcome.result.data))
    assert members > least


# --- mutations ------------------------------------------------------------------------------------------------------


def verbs(outcome: Outcome) -> list[str]:
    return [ran.sql.split(maxsplit=1)[0].rstrip(";").lower() for ran in outcome.statements]


SUPPORT = """
mutation ($company: ID!, $enabled: Boolean!) {
  setSupportAccess(input: {companyId: $company, enabled: $enabled}) { company { name } errors { code } }
}
"""
REMOVE = """
mutation ($company: ID!, $user: ID!) {
  deleteUser(input: {companyId: $company, userId: $user}) { company { name } errors { code } }
}
"""
SET = """
mutation ($company: ID!, $version: Int!, $user: ID!, $granted: Boolean!, $more: Boolean!) {
  setAppAccess(input: {
    companyId: $company, expectedVersion: $version, changes: [{userId: $user, app: DISCOUNTS, granted: $granted}]
  }) { permissionMatrix { id version rows @include(if: $more) { id } } errors { code } }
}
"""
NOAH = "usr_51104fc7bba542e7a8f3b81128a50d29"


async def asked_apart(world: World, login: str, query: str, **variables: Any) -> Outcome:
    """The outcome of a mutation in Chauffage Lambert, on a clone of its own."""
    async with World.open(world.databases, world.template) as apart, apart.signed_in(login) as token:
        return await apart.ask(query, {"company": LAMBERT, **variables}, token)


async def test_a_mutation_is_one_transaction_of_its_writes_and_one_statement_after_it(world: World) -> None:
    outcome = await asked_apart(world, "lambert", SUPPORT, enabled=True)
    begin, *writes, commit, read = verbs(outcome)
    assert (begin, commit, read) == ("begin", "commit", "with")
    assert {"update", "insert"} & set(writes)
    *before, last = [ran.sql.startswith(READ) for ran in outcome.statements]
    assert last
    assert not any(before)


async def test_what_a_user_can_mend_is_read_by_one_statement_after_everything_was_undone(world: World) -> None:
    outcome = await asked_apart(world, "lambert", REMOVE, user=f"usr_{'0' * 32}")
    assert [verb for verb in verbs(outcome) if verb != "select"] == ["begin", "rollback", "with"]


async def test_who_may_not_write_gets_no_payload(world: World) -> None:
    outcome = await asked_apart(world, "noah", SUPPORT, enabled=True)
    assert [verb for verb in verbs(outcome) if verb != "select"] == ["begin", "rollback"]
    assert read_answer(outcome)["data"] == {"setSupportAccess": None}


@pytest.mark.parametrize(
    ("who", "version", "granted", "more", "statements"),
    [
        pytest.param("lambert", 97, False, False, 1, id="of what it writes"),
        pytest.param("lambert", 97, False, True, 2, id="with the matrix"),
        pytest.param("lambert", 97, True, False, 1, id="so already"),
        pytest.param("lambert", 96, False, False, 2, id="a conflict"),
        pytest.param("noah", 97, False, False, 1, id="forbidden"),
    ],
)
async def test_a_change_of_access_is_one_statement_and_two_where_more_is_shown(
    world: World, who: str, version: int, granted: bool, more: bool, statements: int
) -> None:
    given = {"version": version, "user": NOAH, "granted": granted, "more": more}
    outcome = await asked_apart(world, who, SET, **given)
    assert [ran.sql.startswith(READ) for ran in outcome.statements] == [True] * statements
    payload = read_answer(outcome)["data"]["setAppAccess"]
    if who != "lambert":
        assert payload is None
        return
    assert payload["permissionMatrix"]["version"] == 98 - (version == 96 or granted)
    assert [error["code"] for error in payload["errors"]] == ["VERSION_CONFLICT"] * (version == 96)
    assert bool(payload["permissionMatrix"].get("rows")) is more


@pytest.mark.parametrize(("selection", "statements"), [("app { app label }", 1), ("app { app } company { name }", 2)])
async def test_an_app_is_switched_in_one_statement_and_another_shows_more(
    world: World, selection: str, statements: int
) -> None:
    switch = "(input: {companyId: $company, app: CASH_TICKETS})"
    for mutation in ("activateApp", "deactivateApp"):
        query = f"mutation ($company: ID!) {{ {mutation}{switch} {{ __typename {selection} errors {{ code }} }} }}"
        async with World.open(world.databases, world.template) as apart, apart.signed_in("lambert") as token:
            if mutation == "deactivateApp":
                await apart.ask(query.replace(mutation, "activateApp"), {"company": LAMBERT}, token)
            outcome = await apart.ask(query, {"company": LAMBERT}, token)
        assert [ran.sql.startswith(READ) for ran in outcome.statements] == [True] * statements
        payload = read_answer(outcome)["data"][mutation]
        assert (payload["app"]["app"], payload["errors"]) == ("CASH_TICKETS", [])


async def test_what_is_refused_before_it_runs_asks_the_database_nothing(world: World) -> None:
    async with world.signed_in("sophie") as token:
        for query in ("{", "{ nothing }", 'query ($n: Int!) { company(id: "a") { name } apps { app } }', "{ nodes }"):
            outcome = await world.ask(query, {}, token)
            assert (outcome.result.data, outcome.statements) == (None, ())
            assert outcome.result.errors
