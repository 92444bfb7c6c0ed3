"""Rows that carry a gated enum value: left out wherever they would be, and refused at boot where that could not be."""

from collections.abc import AsyncGenerator
from enum import Enum
from typing import Any, Final

import orjson
import pytest
import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType

from db.declarations import Column, ForeignKey, MetaData, Table, Text, Uuid
from db.sql import sql
from db.tables import metadata as tables
from db.tables.metadata import holds
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.resolution import Leaf, Resolution, SameRow, ToOne
from resolvers.compilation.table_mapping import TableMapping, TableMappingError
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.request import GraphQLRequest
from schema.apps import App
from schema.declarations.fields import Argument, enum_value, field
from schema.declarations.object_types import thing, value
from schema.declarations.relay import Node
from schema.types.core.documents import DocumentKind
from tests.golden.world import World
from tests.support.databases import Databases, demo_template

PRODUCT: Final = default_compiler().layout


@strawberry.enum(description="What colour something has.")
class Colour(Enum):
    RED = enum_value("RED", "Red.")
    BLUE = enum_value("BLUE", "Blue.", App.STOCK)


@strawberry.interface(description="What has a colour, or not.")
class Thing(Node):
    name: str = field("The name.")


@thing("bal", description="A ball.")
class Ball(Thing):
    colour: Colour = field("The colour.")
    colours: list[Colour] = field("All colours.")
    twin: "Ball" = field("One that is just alike.")


@thing("blu", description="A blue thing.")
class Blue:
    colour: Colour = field("The colour.")


@value("The root.")
class Query:
    ball: Ball | None = field("A ball.")
    thing: Thing | None = field("A thing.")
    blue: Blue | None = field("A blue thing.")


def toys(*, tenant: bool = True, resolvers: dict[str, Resolution] | None = None) -> TableMapping:
    """A layout of a box of toys."""
    metadata = MetaData()
    twin = Column("twin_id", Uuid, ForeignKey("toy.id"))
    columns = (Column("id", Uuid, nullable=False), Column("name", Text, nullable=False), twin)
    info = {"tenant": tenant, **holds(order="id", Ball={}, Thing={}, Blue={"colour": "BLUE"})}
    Table("toy", metadata, *columns, Column("colour", Text, nullable=False), info=info)
    schema = strawberry.Schema(query=Query)._schema  # pyright: ignore[reportPrivateUsage]
    return TableMapping(schema, metadata, resolvers or {}, {"Query": "toy"})


def resolve(layout: TableMapping, coordinate: str) -> Resolution:
    type_name, name = coordinate.split(".")
    type_ = layout.schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    return layout.resolution(type_, name)


# --- what is known of the schema


@pytest.mark.parametrize(
    ("type_name", "column", "values"),
    [
        ("DocumentLine", "type", {"SECTION": (App.EXTRA_TEXT_FIELDS,)}),
        ("EmailTemplate", "document_kind", {"QUOTE": (App.QUOTES,), "PURCHASE_SLIP": (App.SELF_BILLING,)}),
    ],
)
def test_the_gated_values_of_a_column_are_known_with_their_gates(
    type_name: str, column: str, values: dict[str, object]
) -> None:
    (carried,) = PRODUCT.carried(PRODUCT.schema.type_map[type_name]).items()
    assert carried[0] == column
    assert values.items() <= dict(carried[1]).items()


@pytest.mark.parametrize("type_name", ["Document", "Invoice", "Customer", "Company"])
def test_what_makes_a_row_one_of_its_type_is_none_of_them(type_name: str) -> None:
    assert PRODUCT.carried(PRODUCT.schema.type_map[type_name]) == {}


def test_a_column_with_gated_values_is_resolved_like_any_other() -> None:
    assert isinstance(resolve(toys(), "Ball.colour"), Leaf)


# --- what boot refuses


@pytest.mark.parametrize(
    ("coordinate", "layout", "message"),
    [
        ("Ball.colours", {}, "Ball.colours gives an enum with gated values, but is no column of its rows"),
        (
            "Ball.colour",
            {"resolvers": {"Ball.colour": Leaf(lambda row, arguments: row["colour"])}},
            "Ball.colour gives an enum with gated values, but is no column of its rows",
        ),
        ("Ball.twin", {}, "Ball.twin may be left out for whom it is not, but may not be null"),
        ("Query.thing", {}, "Query.thing gives kinds of Thing that carry gated enum values it does not know of"),
        ("Query.ball", {"tenant": False}, "Query.ball gives rows that only some may see outside of any company"),
        ("Blue.colour", {}, "every Blue carries a value of Blue.colour whose gates it does not have"),
    ],
    ids=["list", "resolver", "not nullable", "interface", "no company", "kind without its gate"],
)
def test_a_field_whose_rows_could_not_be_left_out_is_named(
    coordinate: str, layout: dict[str, Any], message: str
) -> None:
    with pytest.raises(TableMappingError, match=message):
        resolve(toys(**layout), coordinate)


# --- references and objects that live in a row at hand


def letters() -> Compiler:
    """A product in which a company has one preset e-mail, itself and inside something without a kind."""

    @thing("emt", description="A preset e-mail.")
    class EmailTemplate:
        name: str = field("How it is called.")
        document_kind: DocumentKind = field("The kind of document.")

    @thing("env", description="Something that has one in it.")
    class Envelope:
        language: str = field("The language.")
        content: EmailTemplate | None = field("What is in it.")

    @thing("com", description="A company.")
    class Company:
        email: EmailTemplate | None = field("The first preset e-mail for quotes.")
        envelope: Envelope | None = field("What it is in.")

    @value("The root.")
    class Query:
        company: Company | None = field("A company.", id=Argument(strawberry.ID, "Its id."))

    first = ToOne(lambda row, found: (sql("{} = 'QUOTE'", found["document_kind"]), sql("{} = 1", found["rank"])))
    resolvers = {"Company.email": first, "Company.envelope": first, "Envelope.content": SameRow(lambda row: row.rows)}
    schema = strawberry.Schema(query=Query)._schema  # pyright: ignore[reportPrivateUsage]
    return Compiler(schema, TableMapping(schema, tables, resolvers, {"Envelope": "email_template"}))


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[World]:
    async with World.open(databases, await demo_template(databases)) as world:
        yield world


@pytest.mark.parametrize("held", [True, False])
async def test_a_row_with_a_value_not_held_is_neither_referred_to_nor_found_in_another(demo: World, held: bool) -> None:
    key = await demo.connection.fetchval("select id from company where name = 'Chauffage Lambert'")
    query = (
        f'{{ company(id: "com_{key.hex}") {{ email {{ documentKind }} envelope {{ content {{ documentKind }} }} }} }}'
    )
    async with demo.signed_in("noah" if held else "karim") as token:
        result = await Executor(demo.database, letters()).execute(GraphQLRequest(query, variables={}, token=token))
    assert (result.hidden, result.errors) == ((), ())
    assert result.data is not None
    quote = {"documentKind": "QUOTE"} if held else None
    assert orjson.loads(result.data)["company"] == {"email": quote, "envelope": {"content": quote}}
