"""table_mapping.py: what is found by convention, and what does not fit and is said at boot."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType

from db.declarations import Column, ForeignKey, Integer, MetaData, Table, Text, Uuid
from db.sql import rows, sql
from db.tables.core.identity import membership
from db.tables.metadata import holds
from resolvers.compilation.resolution import Companies, GlobalId, Leaf, Listing, Paging, SameRow, ToOne
from resolvers.compilation.table_mapping import TableMapping, TableMappingError, TableOf
from resolvers.execution.product import default_compiler
from schema.declarations.fields import field
from schema.declarations.object_types import thing, value

PRODUCT = default_compiler().layout


def type_named(layout: TableMapping, name: str) -> GraphQLObjectType:
    type_ = layout.schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


@pytest.mark.parametrize(
    ("coordinate", "sort"),
    [
        ("Invoice.number", Leaf),
        ("Invoice.totalIncl", Leaf),
        ("Invoice.id", GlobalId),
        ("AccessChange.companyId", GlobalId),
        ("Invoice.customer", ToOne),
        ("Product.group", ToOne),
        ("Invoice.lines", Listing),
        ("Invoice.creditNotes", Listing),
        ("Company.customers", Paging),
        ("Customer.invoices", Paging),
        ("Viewer.companies", Companies),
        ("Company.access", SameRow),
    ],
)
def test_a_field_is_resolved_by_convention_unless_a_resolver_says_how(coordinate: str, sort: type) -> None:
    type_name, name = coordinate.split(".")
    assert isinstance(PRODUCT.resolution(type_named(PRODUCT, type_name), name), sort)


def test_a_global_id_names_its_type() -> None:
    found = PRODUCT.type_of("inv")
    assert found is not None
    assert found.name == "Invoice"
    assert (PRODUCT.type_of("xyz"), PRODUCT.type_of(None)) == (None, None)


def test_kinds_of_one_table_are_told_apart_by_their_rows() -> None:
    invoice, quote = PRODUCT.placement("Invoice"), PRODUCT.placement("Quote")
    assert invoice.table is quote.table
    named = rows(invoice.table, sql("d"), company=sql("c.id"))
    assert (invoice.conditions(named), quote.conditions(named)) == (("d.kind = 'INVOICE'",), ("d.kind = 'QUOTE'",))


def test_lists_leave_out_rows_that_have_ended() -> None:
    placed = TableOf(membership, {"external": False})
    named = rows(membership, sql("m"), company=sql("c.id"))
    assert placed.conditions(named) == ("not m.external",)
    assert placed.current(named) == ("not m.external", "m.removed_at is null")


# --- what does not fit ----------------------------------------------------------------------------------------------


def zoo(**columns: Any) -> TableMapping:
    """A layout of cats, each with a keeper, over tables that may lack something."""

    @thing("kee", description="A keeper.")
    class Keeper:
        """Has an id alone."""

    @thing("cat", description="A cat.")
    class Cat:
        name: str = field("The name.")
        keeper: Keeper | None = field("Who keeps it.")
        keepers: list[Keeper] = field("Who else keeps it.")

    @value("The root.")
    class Query:
        cat: Cat | None = field("A cat.")

    metadata = MetaData()
    Table("keeper", metadata, Column("id", Uuid, nullable=False), info=holds(order="id", Keeper={}))
    given = {"name": Column("name", Text, nullable=False), **columns}
    present = [column for column in given.values() if column is not None]
    Table("cat", metadata, Column("id", Uuid, nullable=False), *present, info=holds(order="id", Cat={}))
    return TableMapping(strawberry.Schema(query=Query)._schema, metadata, {}, {})  # pyright: ignore[reportPrivateUsage]


def keeper(name: str) -> Column:
    return Column(name, Uuid, ForeignKey("keeper.id"))


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("name", {"name": None}, "Cat.name: cat has no column name"),
        ("name", {"name": Column("name", Text)}, "Cat.name may not be null but cat.name may"),
        ("keeper", {}, "Cat.keeper: cat has 0 foreign keys to keeper"),
        ("keeper", {"a": keeper("first_id"), "b": keeper("second_id")}, "Cat.keeper: cat has 2 foreign keys to keeper"),
        ("keepers", {}, "Cat.keepers: keeper has 0 foreign keys to cat"),
    ],
    ids=["no column", "nullable column", "no key", "two keys", "no key back"],
)
def test_a_field_that_the_tables_cannot_give_is_named(name: str, columns: dict[str, Any], message: str) -> None:
    layout = zoo(**columns)
    with pytest.raises(TableMappingError, match=message):
        layout.resolution(type_named(layout, "Cat"), name)


def test_of_several_keys_the_one_named_after_the_field_is_taken() -> None:
    layout = zoo(a=keeper("keeper_id"), b=keeper("second_id"))
    assert isinstance(layout.resolution(type_named(layout, "Cat"), "keeper"), ToOne)


def test_a_type_that_no_table_holds_is_named() -> None:
    layout = zoo()
    assert not layout.is_placed("Query")
    with pytest.raises(TableMappingError, match="no table holds Query"):
        layout.placement("Query")


def test_two_types_may_not_share_a_prefix() -> None:
    @thing("one", description="One.")
    class One:
        n: int = field("A number.")

    @thing("one", description="Another.")
    class Other:
        n: int = field("A number.")

    @value("The root.")
    class Query:
        one: One | None = field("One.")
        other: Other | None = field("Another.")

    metadata = MetaData()
    Table("one", metadata, Column("n", Integer))
    with pytest.raises(TableMappingError, match="share the prefix one"):
        TableMapping(strawberry.Schema(query=Query)._schema, metadata, {}, {})  # pyright: ignore[reportPrivateUsage]
