"""What ids tell: a key that is made of a moment gives away no moment that a gate hides."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import pytest
from graphql import GraphQLObjectType

from db.declarations import Table
from db.tables import metadata
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import named_type, python_name
from resolvers.gates.needs import field_need, type_need
from schema import schema
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.shop import Shop, open_shop

TIMES: Final = frozenset({"Date", "DateTime"})
CREATE_COMPANY: Final = """
mutation ($input: CreateCompanyInput!) { createCompany(input: $input) { company { id } errors { code } } }
"""
INVITE: Final = """
mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id createdAt } errors { code } } }
"""
OF_OWNERS: Final = ("access_change",)
"""Tables whose rows only owners see, and everybody the own ones."""


@pytest.fixture
async def shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    async with open_shop(databases, template) as shop:
        yield shop


def tells_time(table: Table) -> bool:
    """Whether the keys of a table are made of the moment at which a row is."""
    return "id" in table.columns and "uuidv7" in (table.columns["id"].default or "")


def gated_moments() -> Iterator[tuple[str, Table, str]]:
    """Each field that gives a time and has gates which its type has not, with its table and column."""
    layout = default_compiler().layout
    for type_ in schema.core.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or not layout.is_placed(type_.name) or "id" not in type_.fields:
            continue
        for name, field in type_.fields.items():
            if named_type(field).name in TIMES and set(field_need(field)) - set(type_need(type_)):
                yield f"{type_.name}.{name}", layout.placement(type_.name).table, python_name(field)


def test_a_gated_moment_is_not_that_of_the_key() -> None:
    found = {where: (table, column) for where, table, column in gated_moments()}
    assert "User.createdAt" in found
    for where, (table, column) in found.items():
        made_with_the_row = column in table.columns and table.columns[column].default is not None
        assert not (tells_time(table) and made_with_the_row), where


async def test_when_somebody_came_stands_in_no_id_that_others_see(shop: Shop) -> None:
    firm = await Firm.found(shop.connection)
    made = await shop.ask(firm["owner"].token, CREATE_COMPANY, input={"name": "Second"})
    company = made.data["createCompany"]["company"]["id"]
    given: dict[str, Any] = {
        "email": "ada@firm.test",
        "firstName": "A",
        "lastName": "B",
        "role": "EMPLOYEE",
        "apps": [],
    }
    invited = await shop.ask(firm["owner"].token, INVITE, input={"companyId": company, **given})
    assert invited.data["createUser"]["errors"] == []
    came = [row["created_at"] for row in await shop.connection.fetch(
        "select created_at from membership where company_id = $1::text::uuid", company[4:])]  # fmt: skip
    assert len(came) == 2
    moments = [
        row["at"]
        for table in metadata.tables.values()
        if "id" in table.columns
        and table.name not in OF_OWNERS
        and (table.info.get("tenant") or table.name == "account")
        for row in await shop.connection.fetch(
            f'select uuid_extract_timestamp(id) at from "{table.name}" where uuid_extract_version(id) = 7'
        )
    ]
    tells = await shop.connection.fetchval("select uuid_extract_version($1::text::uuid)", company[4:])
    assert tells == 4
    assert not [at for at in moments if any(abs((at - one).total_seconds()) < 60 for one in came)]
