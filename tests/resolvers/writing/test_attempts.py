"""Everybody's attempt at every member of every input, in all three modes: as the gates of the output's coordinates say.

What is expected is worked out from the fields that a payload shows, not from the inputs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import pytest
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from db.tokens import hash_token, new_token
from resolvers.gates.coordinates import definition, named_type, python_name
from resolvers.gates.needs import ALWAYS, Need, field_need
from resolvers.masks import mask_of
from resolvers.request import HiddenFields, Result
from resolvers.writing.declaration import EntityWrite, OwnedList
from schema import schema
from schema.apps import App
from schema.declarations.fields import Gate
from schema.declarations.writing import WriteAction
from schema.roles import Role
from tests.resolvers.writing.desk import DECLARED, EVERY_APP, Desk, least, sample
from tests.resolvers.writing.test_every_write import named, target

WRITTEN: Final = [write for write in DECLARED.values() if write.action in (WriteAction.CREATE, WriteAction.UPDATE)]
ALL: Final = frozenset(App[name] for name in EVERY_APP)
KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at, read_only, apps)
values ($1, $2, 'API_KEY', 'x', 'wxyz', 'NULL', '2126-01-01', false, $3)
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with these apps, by the name of a person of the firm; a `key` of theirs may be narrowed to the apps."""

    person: str
    apps: frozenset[App]
    is_owner: bool = False
    is_key: bool = False
    is_stranger: bool = False

    def lacks(self, need: Need) -> list[Gate]:
        """What they lack of a need."""
        return [gate for gate in need if gate not in self.apps | ALWAYS and not (gate is Role.OWNER and self.is_owner)]

    async def token(self, desk: Desk) -> str:
        """What they sign in with."""
        who = (desk.other if self.is_stranger else desk.firm)[self.person]
        if self.person in ("anna", "bram", "clara"):
            await desk.allow(who, *self.apps)
        if not self.is_key:
            return who.token
        token = new_token("enk")
        await desk.connection.execute(KEY, hash_token(token), who.account, mask_of(self.apps | ALWAYS))
        return token


CALLERS: Final[Mapping[str, Caller]] = {
    "owner": Caller("owner", ALL, is_owner=True),
    "field worker": Caller("anna", frozenset({App.WORK_ORDERS, App.TIME_TRACKING, App.AGENDA})),
    "seller": Caller("bram", frozenset({App.QUOTES, App.INVOICES, App.DISCOUNTS, App.DELIVERY_ADDRESSES})),
    "buyer": Caller("clara", frozenset({App.PURCHASES, App.STOCK, App.PRICE_TIERS, App.UNITS, App.CUSTOM_FIELDS})),
    "accountant": Caller("accountant", ALL),
    "key": Caller("partner", frozenset({App.API_ACCESS, App.CURRENCIES, App.SITE_ADDRESSES}), is_key=True),
    "stranger": Caller("owner", ALL, is_owner=True, is_stranger=True),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Values for an input, and the members with the gates of what they write, in the order of the input."""

    values: Mapping[str, Any]
    needs: tuple[tuple[list[str], Need], ...]


def input_type(write: EntityWrite) -> GraphQLInputObjectType:
    """The type of the input, or of an item of a list."""
    assert schema.core.mutation_type is not None
    taken = cast("GraphQLInputObjectType", named_type(schema.core.mutation_type.fields[write.operation].args["input"]))
    return cast("GraphQLInputObjectType", named_type(taken.fields["items"])) if write.listed else taken


def output(type_: GraphQLObjectType, input_: GraphQLInputObjectType, member: str) -> GraphQLField:
    """The field of a payload that a member writes."""
    name = definition(input_.fields[member]).metadata["writes"]
    return next(one for one in type_.fields.values() if python_name(one) == name)


def members(write: EntityWrite) -> Iterator[tuple[str, tuple[Any, ...], tuple[tuple[list[str], Need], ...]]]:
    """Each member that writes something: its values, and the gates of what it writes."""
    input_, type_ = input_type(write), write.type_
    for column in write.columns:
        may_be_null = not isinstance(input_.fields[column.member].type, GraphQLNonNull)
        need = field_need(output(type_, input_, column.member))
        yield column.member, (sample(column), None if may_be_null else sample(column)), (([column.member], need),)
    for owned in write.lists:
        of_list = output(type_, input_, owned.member)
        item: dict[str, Any] = {one.member: sample(one) for one in owned.columns}
        own = tuple(_of_items(owned, input_, of_list))
        yield owned.member, ([item], [], None), (([owned.member], field_need(of_list)), *own)


def attempts(write: EntityWrite, caller: Caller) -> Iterator[Attempt]:
    """Every member at once, with values and with null; all that the caller lacks, and all that they do not."""
    found = list(members(write))
    open_ = [one for one in found if not any(caller.lacks(need) for _, need in one[2])]
    for some in (found, open_, [one for one in found if one not in open_]):
        for n in range(3):
            values = {member: values[min(n, len(values) - 1)] for member, values, _ in some}
            needs = [pair for _, _, of in some for pair in of if len(pair[0]) == 1 or n == 0]
            yield Attempt(values, tuple(needs))


def _of_items(
    owned: OwnedList, input_: GraphQLInputObjectType, of_list: GraphQLField
) -> Iterator[tuple[list[str], Need]]:
    item = cast("GraphQLInputObjectType", named_type(input_.fields[owned.member]))
    type_ = cast("GraphQLObjectType", named_type(of_list))
    for member in item.fields:
        if any(column.member == member for column in owned.columns):
            need = [gate for gate in field_need(output(type_, item, member)) if gate not in field_need(of_list)]
            yield [owned.member, "0", member], tuple(need)


def of_values(write: EntityWrite, given: Mapping[str, Any]) -> Iterator[tuple[list[str], Need]]:
    """The members whose values have gates of their own."""
    for column in write.columns:
        value = given.get(column.member)
        if isinstance(value, str) and value in column.values:
            yield [column.member], column.values[value]


async def attempted(desk: Desk, token: str, write: EntityWrite, given: Any, mode: HiddenFields) -> Result:
    return await desk.ask(token, write, "errors { code field app role }", {**given, "validateOnly": True}, mode)


FORBIDDEN: Final = "FORBIDDEN"
UNKNOWN: Final = "UNKNOWN"
"""An end without data: the mutation or a member of its input is not in the caller's schema."""

Ending = str | list[tuple[str, list[str], str | None]]
"""One of these, or the refusals for what the caller lacks or does not see."""


def ending(write: EntityWrite, result: Result) -> Ending:
    """How an attempt ended."""
    if result.data is None:
        assert {error.code.value for error in result.errors} <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
        return UNKNOWN
    payload = orjson.loads(result.data)[write.operation]
    if payload is None:
        assert [error.code.value for error in result.errors] == [FORBIDDEN]
        return FORBIDDEN
    return sorted(
        (error["code"], error["field"], error["app"] or error["role"])
        for error in payload["errors"]
        if error["code"] in ("APP_REQUIRED", "ROLE_REQUIRED")
        or (error["code"], error["field"]) in (("NOT_FOUND", [write.which]), ("NOT_FOUND", [write.row]))
    )


def expected(
    caller: Caller, write: EntityWrite, attempt: Attempt, given: Mapping[str, Any], mode: HiddenFields
) -> Ending:
    """How it should end."""
    not_there: Ending = [("NOT_FOUND", [write.which], None)]
    if caller.is_stranger:
        return not_there
    if caller.is_key and write.for_owners:
        return FORBIDDEN
    if caller.lacks(write.need):
        named_company = write.which == "companyId"
        return UNKNOWN if mode is HiddenFields.ABSENT else FORBIDDEN if named_company else not_there
    used = [*attempt.needs, *of_values(write, given)]
    lacking = sorted((path, missing[0].name) for path, need in used if (missing := caller.lacks(need)))
    if lacking:
        return UNKNOWN if mode is HiddenFields.ABSENT else [("APP_REQUIRED", path, app) for path, app in lacking]
    if not write.creates and any(caller.lacks(need) for _, need in of_values_there(write)):
        return not_there
    return []


def of_values_there(write: EntityWrite) -> Iterator[tuple[str, Need]]:
    """The gates of the values that a row has which is made with the first value of each member."""
    create = next(one for one in WRITTEN if one.creates and not one.listed and one.type_ is write.type_)
    for column in create.columns:
        values = write.carried.get(column.name, {})
        if values:
            yield column.member, values[str(sample(column))]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("write", WRITTEN, ids=named)
@pytest.mark.parametrize("name", CALLERS)
async def test_an_attempt_ends_as_the_gates_say(desk: Desk, write: EntityWrite, name: str) -> None:
    caller = CALLERS[name]
    token, place = await caller.token(desk), await target(desk, write)
    before = await desk.rows()
    for attempt in attempts(write, caller):
        given = {**(least(write) if write.creates else {}), **attempt.values, **place}
        for mode in HiddenFields:
            result = await attempted(desk, token, write, given, mode)
            assert ending(write, result) == expected(caller, write, attempt, given, mode), mode
    assert await desk.rows() == before
