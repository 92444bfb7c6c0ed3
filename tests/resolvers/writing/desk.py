"""Somebody at work in a company: writes rows of every entity with values drawn from its declarations."""

import itertools
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    OperationDefinitionNode,
    is_leaf_type,
    parse,
    print_ast,
)

from db.belgium import ean13
from db.connection import Connection, connect
from db.database import Database
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import named_type
from resolvers.request import GraphQLRequest, HiddenFields, Result
from resolvers.writing.declaration import EntityWrite, OwnedList, WriteColumn, entity_writes
from resolvers.writing.value_reading import NO_ROW
from schema import schema
from schema.apps import CATALOGUE, App
from schema.declarations.writing import WriteAction, WriteKind
from tests.rls.guard import FencedConnection
from tests.support.company import Firm, Person
from tests.support.databases import Databases

DECLARED: Final[Mapping[str, EntityWrite]] = entity_writes(default_compiler().layout)
WRITES: Final = {name: write for name, write in DECLARED.items() if not write.listed}
"""Every declared mutation of one row, by its root field."""

LISTS: Final = {name: write for name, write in DECLARED.items() if write.listed}
"""Every list verb. The tests of one row send it a list of one, and see its answer as that of one row."""

CONTROLS: Final = ("companyId", "allOrNothing", "idempotencyKey", "validateOnly")
"""The members of a list verb's input beside its items."""

TYPES: Final = sorted({write.type_.name for write in WRITES.values()})
EVERY_APP: Final = tuple(app.name for app, entry in CATALOGUE.items() if not entry.always_visible)

SET_TOGGLES: Final = """
update membership set toggles = (
  select coalesce(bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)), repeat('0', 256)::bit(256))
  from app where always_visible or id = any($3::text[])
) where company_id = $1 and id = $2
"""

MAKE_ACCOUNTS: Final = (
    "insert into gl_account (company_id, code, name) select $1, code, code from unnest($2::text[]) code"
)

SAMPLES: Final[Mapping[str, tuple[Any, Any]]] = {
    "country": ("CH", "US"),
    "vatNumber": ("CHE123456788", "CHE116281710"),
    "postcode": ("1000", "9000"),
    "phone": ("+32 2 123 45 67", "+32 2 765 43 21"),
    "mobile": ("+32 470 12 34 56", "+32 470 65 43 21"),
    "email": ("zoe@desk.test", "max@desk.test"),
    "website": ("https://zoe.test", "https://max.test"),
    "currency": ("EUR", "USD"),
    "peppolId": ("0208:0999999922", "0208:1000003682"),
    "discount": ("5.00", "7.50"),
    "vatRate": ("21.00", "6.00"),
    "glAccount": ("700000", "700100"),
    "code": ("HUR", "KGM"),
}
"""Two values that fit the form of a member, by its name."""


def somebody(write: EntityWrite, employee: str = "anna") -> str:
    """The name of who may write the rows, with the apps for it: an employee, or another owner where only owners may."""
    return "partner" if write.for_owners else employee


def actions_of(type_name: str) -> list[WriteAction]:
    """What the mutations of a type do."""
    return [write.action for write in WRITES.values() if write.type_.name == type_name]


def write_of(type_name: str, action: WriteAction) -> EntityWrite:
    """The mutation of a type that does this."""
    return next(write for write in WRITES.values() if write.type_.name == type_name and write.action is action)


UNIQUE: Final[Mapping[str, Callable[[WriteColumn, int], str]]] = {  # by member, or by table and member
    "number": lambda column, n: f"{column.rule.letter}{n}",
    "externalId": lambda column, n: f"external {n}",
    "ean": lambda column, n: ean13(541_000_000_000 + n),
    "access_preset.name": lambda column, n: f"name {n}",
}
COUNT: Final = itertools.count(90_000, -1)
"""Numbers that fall, since a stated one raises the counter above itself."""


def sample(column: WriteColumn, n: int = 0) -> Any:
    """The n-th of two values that may be written into a column, as JSON; a new one where it has to be unique."""
    table = getattr(column.column, "table", None)  # an effect has none
    unique = UNIQUE.get(column.member) or (UNIQUE.get(f"{table.name}.{column.member}") if table is not None else None)
    if unique is not None:
        return unique(column, next(COUNT))
    if column.member in SAMPLES:
        return SAMPLES[column.member][n]
    return _of_kind(column, n)


def _of_kind(column: WriteColumn, n: int) -> Any:
    rule = column.rule
    match rule.kind:
        case WriteKind.LINE | WriteKind.NOTE | WriteKind.FORM:
            return f"{column.member} {n}"[: rule.longest]
        case WriteKind.APPS:
            return ["QUOTES", "INVOICES"][n:]
        case WriteKind.WORDS:
            return [f"{column.member} {n}", "again"]
        case WriteKind.WHOLE:
            return int(rule.least) + n
        case WriteKind.AMOUNT:
            return f"{max(rule.least, 1) + n:.{rule.scale}f}"
        case WriteKind.FLAG | WriteKind.SINCE:
            return n == 0
        case WriteKind.CHOICE:
            return _choices(column)[n]
        case WriteKind.LINK:
            return f"{column.linked_prefix}_{NO_ROW}"
        case WriteKind.OWNED | WriteKind.KEYED | WriteKind.NUMBER:
            raise LookupError(column.member)


def _choices(column: WriteColumn) -> list[str]:
    for write in WRITES.values():
        taken = named_type(schema.core.mutation_type.fields[write.operation].args["input"])  # type: ignore[union-attr]
        assert isinstance(taken, GraphQLInputObjectType)
        items = [(named_type(taken.fields[owned.member]), owned.columns) for owned in write.lists]
        for input_, columns in ((taken, write.columns), *items):
            if column in columns:
                assert isinstance(input_, GraphQLInputObjectType)
                enum = named_type(input_.fields[column.member])
                assert isinstance(enum, GraphQLEnumType)
                return list(enum.values)
    raise LookupError(column.member)


def full(write: EntityWrite, n: int = 0) -> dict[str, Any]:
    """Every member of an input that writes a column, with its n-th value; links are left out, and what goes without."""
    without = {other for _, other in write.rules.apart}
    columns = [column for column in write.columns if column.linked is None and column.member not in without]
    return {column.member: sample(column, n) for column in columns}


def least(write: EntityWrite) -> dict[str, Any]:
    """The members without which there is no row, those included that follow from others; the first where none is."""
    follow = write.rules.follows
    required = [
        column for column in write.columns if column.rule.required or (column.name in follow and not column.may_be_null)
    ]
    return {column.member: sample(column) for column in required or write.columns[:1]}


def leaves(write: EntityWrite) -> list[str]:
    """The plain fields of the type."""
    return [
        name
        for name, declared in write.type_.fields.items()
        if is_leaf_type(named_type(declared)) and not declared.args
    ]


def apps_of_values(write: EntityWrite) -> set[App]:
    """The apps that values of the row need."""
    needs = [need for values in write.carried.values() for need in values.values()]
    return {gate for need in needs for gate in need if isinstance(gate, App)}


def document(write: EntityWrite, selection: str) -> str:
    """The operation of a mutation that selects this of its payload; of a list verb partly of its results."""
    title = write.operation[0].upper() + write.operation[1:]
    if write.listed:
        fields = [(field.name.value, print_ast(field)) for field in selected_fields(selection)]
        own = " ".join(text for name, text in fields if name in (write.member, "errors"))
        selection = " ".join([f"results {{ {own or 'index'} }}", *(t for name, t in fields if name != write.member)])
    return f"mutation ($input: {title}Input!) {{ {write.operation}(input: $input) {{ {selection} }} }}"


def selected_fields(selection: str) -> list[FieldNode]:
    """The fields of a selection."""
    (operation,) = parse(f"{{ {selection} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return [cast("FieldNode", field) for field in operation.selection_set.selections]


def as_one(write: EntityWrite, payload: Any, selection: str) -> Any:
    """The payload of a list of one, as that of its only row; paths begin within the item."""
    if payload is None or not write.listed:
        return payload
    results: list[dict[str, Any]] = payload.pop("results") or [{}]
    (result,) = results
    names = {field.name.value for field in selected_fields(selection)}
    for error in payload.get("errors", ()):
        if (error.get("field") or ("",))[0] == "items":
            error["field"] = error["field"][2:]
    payload |= {write.member: result.get(write.member)} if write.member in names else {}
    return payload | ({"errors": payload["errors"] + result.get("errors", [])} if "errors" in names else {})


@dataclass(frozen=True, slots=True)
class Desk:
    """A firm in which every app is active, and another one; and a count of the statements."""

    firm: Firm
    other: Firm
    connection: Connection
    executor: Executor
    dsn: str

    @classmethod
    @asynccontextmanager
    async def open(cls, databases: Databases, template: str) -> "AsyncGenerator[Desk]":
        """A desk on a database of its own."""
        dsn = await databases.clone(template)
        database, connection = await Database.open(dsn), await connect(dsn)
        try:
            firms = [await Firm.found(connection, *EVERY_APP) for _ in range(2)]
            for firm in firms:
                await connection.execute(MAKE_ACCOUNTS, firm.key, list(SAMPLES["glAccount"]))
            yield cls(firms[0], firms[1], connection, Executor(database), dsn)
        finally:
            await database.close()
            await connection.close()
            await databases.drop(dsn)

    async def send(self, who: Person | str | None, query: str, **variables: object) -> Result:
        """The result of an operation, as bytes; `who` is a person or a token."""
        token = who.token if isinstance(who, Person) else who
        return await self.executor.execute(GraphQLRequest(query, variables=variables, token=token))

    async def write(self, who: Person | str | None, write: EntityWrite, selection: str = "", **input_: object) -> Any:
        """The payload of a mutation; None where there is none."""
        selected = f"{selection} errors {{ code field reason }}"
        result = await self.ask(who, write, selected, input_)
        assert result.data is not None, result.errors
        payload = orjson.loads(result.data)[write.operation]
        return payload if payload is not None else [error.code.value for error in result.errors]

    async def ask(
        self,
        who: Person | str | None,
        write: EntityWrite,
        selection: str,
        given: Mapping[str, Any],
        mode: HiddenFields = HiddenFields.NULL,
    ) -> Result:
        """The result of a mutation of one row; a list verb gets a list of one, and its payload is that of the row."""
        token = who.token if isinstance(who, Person) else who
        variables = {"input": self.input(write, given)}
        query = document(write, selection)
        request = GraphQLRequest(query, variables=variables, token=token, hidden_fields=mode)
        result = await self.executor.execute(request)
        if not write.listed or result.data is None:
            return result
        payload = as_one(write, orjson.loads(result.data)[write.operation], selection)
        return Result.of(orjson.dumps({write.operation: payload}), result.errors, result.hidden)

    def input(self, write: EntityWrite, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The input of a mutation for one row; that of a list verb is a list of one, without all or nothing."""
        if not write.listed:
            return given
        controls = {name: given[name] for name in CONTROLS if name in given}
        item = {name: value for name, value in given.items() if name not in CONTROLS}
        return {"companyId": self.firm.id, "allOrNothing": False, "items": [item], **controls}

    async def place(self, create: EntityWrite) -> dict[str, str]:
        """The member of an input that says where a new row is to be: in the firm, or as a part of a new row."""
        return {create.which: self.firm.id if create.whole is None else await self.made(create.whole.type_.name)}

    async def made(self, type_name: str, n: int = 0) -> str:
        """The id of a new row with every value."""
        create = write_of(type_name, WriteAction.CREATE)
        given = {**full(create, n), **await self.place(create)}
        payload = await self.write(self.firm["owner"], create, f"{create.member} {{ id }}", **given)
        assert payload["errors"] == [], payload
        return payload[create.member]["id"]

    async def item(self, owned: OwnedList, n: int = 0) -> dict[str, Any]:
        """The n-th item of a list, with links to new rows where it has to have them."""
        plain = {column.member: sample(column, n) for column in owned.columns if column.linked is None}
        links = [column for column in owned.columns if column.linked is not None and column.rule.required]
        return {**plain, **{link.member: await self.made(str(link.linked_type)) for link in links}}

    async def allow(self, person: Person, *apps: App) -> None:
        """Let somebody have these apps, and no other that can be switched off."""
        names = [app.name for app in apps]
        await self.connection.execute(SET_TOGGLES, self.firm.key, person.membership, names)

    async def rows(self, *but: str) -> dict[str, list[str]]:
        """Every row of the written tables and their trail, as text."""
        tables = {write.table.name for write in WRITES.values()} | {"change", "counter"}
        return {
            name: [row[0] for row in await self.connection.fetch(f"select t::text from {name} t order by 1")]
            for name in sorted(tables - set(but))
        }

    @contextmanager
    def recording(self, ran: list[tuple[str, tuple[Any, ...]]]) -> Generator[None]:
        """Append every statement that the product sends meanwhile, with its values."""
        send = FencedConnection.fetchrow

        async def recorded(connection: Any, query: str, *values: Any) -> Any:
            ran.append((query, values))
            return await send(connection, query, *values)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FencedConnection, "fetchrow", recorded)
            yield
