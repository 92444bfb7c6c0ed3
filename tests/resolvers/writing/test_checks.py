"""What the boot refuses to let anybody write."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLString

from db.declarations import Column, MetaData, Table, Text
from db.tables import metadata
from resolvers.compilation.schema_checks import SchemaRefused
from resolvers.compilation.table_mapping import TableMappingError, TableOf
from resolvers.gates.coordinates import DEFINITION, named_type
from resolvers.writing.checks import WriteChecks, check_writes
from resolvers.writing.declaration import EntityWrite, WriteColumn, entity_writes
from schema import schema
from schema.apps import App
from schema.declarations.writing import COMPANY, WriteAction
from schema.roles import Role
from tests.resolvers.writing.desk import DECLARED, WRITES, write_of

EXPORT = metadata.tables["export_request"]
CUSTOMER, GROUP = (write_of(name, WriteAction.CREATE) for name in ("Customer", "ProductGroup"))


def mistakes(write: EntityWrite) -> list[str]:
    return list(WriteChecks(schema.core, write).mistakes())


def with_rule(write: EntityWrite, member: str, **changes: Any) -> EntityWrite:
    """The mutation with another rule for a member."""
    (column,) = (one for one in write.columns if one.member == member)
    return with_column(write, member, rule=replace(column.rule, **changes))


def with_column(write: EntityWrite, member: str, **changes: Any) -> EntityWrite:
    """The mutation with another column for a member."""
    columns = [replace(one, **changes) if one.member == member else one for one in write.columns]
    return replace(write, columns=tuple(columns))


def with_item(write: EntityWrite, member: str, **changes: Any) -> EntityWrite:
    """The mutation with another list."""
    return replace(write, lists=tuple(replace(one, **changes) if one.member == member else one for one in write.lists))


def with_role(write: EntityWrite) -> WriteColumn:
    """The ledger account, for owners alone."""
    return next(replace(one, need=(Role.OWNER,)) for one in write.columns if one.member == "glAccount")


def test_the_products_own_mutations_make_no_mistake() -> None:
    check_writes(schema.core, DECLARED)
    assert len(WRITES) >= 8


def test_all_mistakes_are_told_at_once() -> None:
    wrong = with_rule(with_rule(GROUP, "profitMargin", scale=3), "name", required=False)
    with pytest.raises(SchemaRefused) as refused:
        check_writes(schema.core, {"createProductGroup": wrong})
    assert len(refused.value.mistakes) == 2


def test_a_column_that_is_not_there() -> None:
    bare = Table("product_group", MetaData(), Column("id", Text), info={"types": {}})
    layout = SimpleNamespace(
        schema=schema.core, placement={write.type_.name: TableOf(bare) for write in WRITES.values()}.get
    )
    with pytest.raises(TableMappingError, match="has no column"):
        entity_writes(cast("Any", layout))


@pytest.mark.parametrize(
    ("write", "mistake"),
    [
        pytest.param(with_rule(GROUP, "name", required=False), "nothing fills product_group.name", id="unfilled"),
        pytest.param(with_rule(GROUP, "profitMargin", scale=3), "does not hold", id="scale"),
        pytest.param(with_rule(GROUP, "profitMargin", most=Decimal(1000)), "does not hold", id="most"),
        pytest.param(with_rule(GROUP, "profitMargin", least=Decimal(-1000)), "does not hold", id="least"),
        pytest.param(with_rule(CUSTOMER, "paymentTermDays", most=Decimal(2**31)), "does not hold", id="whole"),
        pytest.param(with_rule(GROUP, "glAccount", default=COMPANY), "have a column gl_account", id="company"),
        pytest.param(with_rule(GROUP, "glAccount", filled=True), "nothing finds its value", id="filled"),
        pytest.param(with_column(GROUP, "glAccount", need=(Role.OWNER,)), "only apps are gates", id="role"),
        pytest.param(
            with_column(CUSTOMER, "priceTierId", linked=TableOf(GROUP.table)), "is no key of the rows", id="link"
        ),
        pytest.param(replace(CUSTOMER, table=Table("bare", MetaData())), "has no column", id="kept"),
        pytest.param(
            replace(CUSTOMER, columns=tuple(one for one in CUSTOMER.columns if one.member != "externalId")),
            "no member is at fault where uq_contact_company_id_external_id",
            id="unique",
        ),
        pytest.param(
            with_column(CUSTOMER, "discountType", need=()),
            "the rule at discountType reads members with other",
            id="rule",
        ),
        pytest.param(
            with_column(CUSTOMER, "priceTierId", linked=TableOf(EXPORT)),
            "rows of export_request are private",
            id="private",
        ),
        pytest.param(
            replace(DECLARED["updateCustomers"], carried={"kind": {"PERSON": (App.STOCK,)}}),
            "rows of a list have values with gates",
            id="values of listed rows",
        ),
        pytest.param(
            replace(DECLARED["updateCustomers"], whole=write_of("ContactPerson", WriteAction.UPDATE).whole),
            "rows of a list are parts of a Customer",
            id="listed parts",
        ),
        pytest.param(
            replace(DECLARED["updateProducts"], lists=write_of("Product", WriteAction.UPDATE).lists),
            "updateProducts.components: rows of other lists decide what may be in it",
            id="listed components",
        ),
        pytest.param(
            with_item(CUSTOMER, "siteAddresses", columns=(with_role(GROUP),)),
            "siteAddresses.glAccount: only apps",
            id="item",
        ),
    ],
)
def test_a_mistake_is_seen(write: EntityWrite, mistake: str) -> None:
    assert [one for one in mistakes(write) if mistake in one] != []


def test_a_member_without_a_field_or_a_use(monkeypatch: pytest.MonkeyPatch) -> None:
    mutation = schema.core.mutation_type
    assert mutation is not None
    taken = named_type(mutation.fields["createProductGroup"].args["input"])
    assert isinstance(taken, GraphQLInputObjectType)
    definition = SimpleNamespace(metadata={}, directives=(), python_name="loose")
    loose = GraphQLInputField(GraphQLString, extensions={DEFINITION: definition})
    monkeypatch.setitem(taken.fields, "loose", loose)
    assert mistakes(GROUP) == ["CreateProductGroupInput.loose names no field, and controls nothing"]
