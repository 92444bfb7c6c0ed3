"""schema_checks.py: the product's schema with one mistake in it each time, and the sentence that refuses it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from typing import Any, cast

import pytest
from graphql import GraphQLNonNull

from db.tables import metadata
from resolvers.compilation.resolution import Leaf
from resolvers.compilation.schema_checks import SchemaRefused, check_schema
from resolvers.compilation.table_mapping import TableMapping, TableMappingError
from resolvers.fields.registry import HOMES, RESOLVERS
from resolvers.gates.coordinates import DEFINITION, definition
from schema import schema
from schema.apps import App
from schema.declarations.gates import RequiresApp, RequiresRole
from schema.declarations.writing import CREATE
from schema.roles import Role

Undo = Callable[[], None]


def mistakes(**layout: Any) -> list[str]:
    """What the checks say of the schema as it is now."""
    try:
        check_schema(
            TableMapping(schema.core, metadata, layout.get("resolvers", RESOLVERS), layout.get("homes", HOMES))
        )
    except SchemaRefused as refused:
        return refused.mistakes
    return []


def at(coordinate: str) -> Any:
    """What a schema coordinate such as `Type.field(argument:)` names."""
    name, _, member = coordinate.partition(".")
    type_: Any = schema.core.type_map[name]
    if not member:
        return type_
    field, _, argument = member.partition("(")
    found = type_.values[field] if hasattr(type_, "values") else type_.fields[field]
    return found.args[argument.rstrip(":)")] if argument else found


def gates(coordinate: str) -> list[object]:
    """The directives of a coordinate, to be changed in place."""
    declared = definition(at(coordinate))
    declared.directives = found = cast("list[object]", [*(declared.directives or ())])
    return found


@contextmanager
def without_gates(coordinate: str) -> Generator[None]:
    found = gates(coordinate)
    kept = list(found)
    assert kept, f"{coordinate} has no gate to take away"
    found.clear()
    try:
        yield
    finally:
        found[:] = kept


@contextmanager
def with_gate(coordinate: str, gate: App | Role) -> Generator[None]:
    found = gates(coordinate)
    found.append(RequiresApp(app=gate) if isinstance(gate, App) else RequiresRole(role=gate))
    try:
        yield
    finally:
        found.pop()


@contextmanager
def with_type(coordinate: str, change: Callable[[Any], Any]) -> Generator[None]:
    found = at(coordinate)
    kept = found.type
    found.type = change(kept)
    try:
        yield
    finally:
        found.type = kept


@contextmanager
def with_metadata(coordinate: str, **values: object) -> Generator[None]:
    declared = definition(at(coordinate))
    kept = declared.metadata
    declared.metadata = {**kept, **values}
    try:
        yield
    finally:
        declared.metadata = kept


@pytest.fixture(scope="module", autouse=True)
def whole() -> Generator[None]:
    """Before the first test the schema is as it was written, and so it is after the last."""
    assert mistakes() == []
    yield
    assert mistakes() == []


def test_the_schema_of_the_product_passes() -> None:
    assert mistakes() == []


# --- non-null and gated


@pytest.mark.parametrize(
    "coordinate", ["Invoice.discount", "Quote.discount", "DocumentLine.discount", "Company.invoices"]
)
def test_a_gated_field_may_not_be_non_null(coordinate: str) -> None:
    app = "INVOICES" if coordinate == "Company.invoices" else "DISCOUNTS"
    type_ = coordinate.partition(".")[0]
    with with_type(coordinate, GraphQLNonNull):
        said = next(said for said in mistakes() if "non-null" in said)
    assert said.startswith(f"{coordinate} may not be non-null: who sees {type_} may lack ")
    assert app in said.partition(" may lack ")[2].split(", ")


def test_a_gate_on_a_non_null_field_is_found() -> None:
    with with_gate("Customer.name", App.PROSPECTS):
        assert "Customer.name may not be non-null: who sees Customer may lack PROSPECTS" in mistakes()


def test_a_gate_that_the_parent_has_may_be_repeated_on_a_non_null_field() -> None:
    with with_gate("Invoice.status", App.INVOICES):
        assert mistakes() == []


def test_a_gate_on_a_type_reaches_the_fields_that_give_it() -> None:
    with with_gate("DocumentLine", App.LINE_DATES):
        found = mistakes()
    assert "Invoice.lines may not be non-null: who sees Invoice may lack LINE_DATES" in found


def test_a_gated_argument_makes_its_field_nullable() -> None:
    with with_gate("AppInfo.label(language:)", App.CURRENCIES):
        assert any(said.startswith("AppInfo.label may not be non-null") for said in mistakes())
    with with_type("Company.documents", GraphQLNonNull):
        (said,) = mistakes()
    assert said.startswith("Company.documents may not be non-null: who sees Company may lack ")
    assert "DISCOUNTS" in said  # by its filter
    assert "INVOICES" in said  # by its kinds


def test_an_edge_knows_what_its_node_needs() -> None:
    """`InvoiceEdge.node` is non-null and its type gated: whoever sees an edge has passed the gate."""
    with without_gates("Invoice"):
        assert any("Invoice" in said for said in mistakes())


# --- no place in the database


@pytest.mark.parametrize("coordinate", ["Access.can", "PermissionMatrix.apps", "Session.current", "Company.access"])
def test_a_field_needs_a_resolver_or_a_column(coordinate: str) -> None:
    fewer = {name: resolver for name, resolver in RESOLVERS.items() if name != coordinate}
    assert len(fewer) == len(RESOLVERS) - 1
    (said,) = mistakes(resolvers=fewer)
    assert coordinate in said or "no table holds" in said


def test_a_column_that_may_be_null_is_no_non_null_field() -> None:
    with with_type("Customer.city", GraphQLNonNull):
        assert "Customer.city may not be null but contact.city may" in mistakes()


def test_a_column_that_does_not_exist_is_named() -> None:
    declared = definition(at("Customer.city"))
    declared.python_name = "town"
    try:
        found = mistakes()
    finally:
        declared.python_name = "city"
    assert "Customer.city: contact has no column town" in found
    assert "CustomerFilter.city reads city, which is no field of Customer" in found
    assert "CustomerOrder.CITY_ASC reads city, which is no field of Customer" in found


def test_two_types_may_not_share_a_prefix() -> None:
    origin = definition(at("Customer")).origin
    origin.__id_prefix__ = "inv"
    try:
        with pytest.raises(TableMappingError, match="share the prefix inv"):
            TableMapping(schema.core, metadata, RESOLVERS, HOMES)
    finally:
        origin.__id_prefix__ = "cus"


# --- inputs read what may be hidden


@pytest.mark.parametrize(
    ("coordinate", "reads", "app"),
    [
        ("InvoiceFilter.discount", "Invoice.discount", "DISCOUNTS"),
        ("CustomerFilter.channel", "Customer.channel", "PROSPECTS"),
        ("InvoiceFilter.totalProfit", "Invoice.total_profit", "PURCHASES"),
        ("InvoiceOrder.DISCOUNT_ASC", "Invoice.discount", "DISCOUNTS"),
        ("InvoiceOrder.TOTAL_PROFIT_DESC", "Invoice.total_profit", "PURCHASES"),
        ("DocumentFilter.orderReference", "Document.order_reference", "ORDER_REFERENCE"),
    ],
)
def test_an_input_needs_the_gates_of_what_it_reads(coordinate: str, reads: str, app: str) -> None:
    with without_gates(coordinate):
        assert f"{coordinate} reads {reads} without its gates: {app}" in mistakes()


def test_a_gate_that_a_field_gets_is_missing_on_its_inputs() -> None:
    with with_gate("Customer.city", App.PROSPECTS):
        found = mistakes()
    for coordinate in ("CustomerFilter.city", "CustomerFilter.search", "CustomerOrder.CITY_DESC"):
        assert f"{coordinate} reads Customer.city without its gates: PROSPECTS" in found


def test_a_criterion_says_what_it_reads() -> None:
    with with_metadata("CustomerFilter.postcode", reads=()):
        assert "CustomerFilter.postcode does not say which fields it reads" in mistakes()


def test_a_criterion_reads_fields_that_exist() -> None:
    with with_metadata("CustomerFilter.postcode", reads=("zip_code",)):
        assert "CustomerFilter.postcode reads zip_code, which is no field of Customer" in mistakes()


def test_a_criterion_of_a_list_looks_through_rows() -> None:
    resolvers = {**RESOLVERS, "WorkOrder.assignees": Leaf(lambda row, arguments: row["id"])}
    said = mistakes(resolvers=resolvers)
    assert "WorkOrderFilter.assignee reads WorkOrder.assignees, which is no list of rows" in said
    assert "WorkOrderFilter.mine reads WorkOrder.assignees, which is no list of rows" in said


def test_the_default_order_is_open() -> None:
    with with_gate("Quote.date", App.LINE_DATES):
        found = mistakes()
    assert "Quote is listed by date unless something else is asked for, but that field has gates" in found


# --- nothing is open by oversight


def test_a_type_without_gates_says_that_it_is_open() -> None:
    with without_gates("Product"):
        found = mistakes()
    assert "Product has neither gates nor is it declared open" in found
    assert "Product.name has neither gates nor is it declared open" in found
    assert not any(said.startswith("Product.purchasePrice ") for said in found)


def test_a_field_of_an_open_type_says_that_it_is_open() -> None:
    with with_metadata("Company.name", open=False):
        assert mistakes() == ["Company.name has neither gates nor is it declared open"]


def test_a_field_of_an_open_type_whose_gate_is_gone_is_found() -> None:
    with without_gates("Company.iban"):
        assert mistakes() == ["Company.iban has neither gates nor is it declared open"]


def test_a_field_of_an_open_type_may_have_its_gate_on_what_it_gives() -> None:
    with without_gates("Company.externalUsers"):
        assert mistakes() == []
    with without_gates("Company.externalUsers"), without_gates("ExternalUser"):
        assert "Company.externalUsers has neither gates nor is it declared open" in mistakes()


# --- outside of any company


@pytest.mark.parametrize("coordinate", ["Query.apps", "Viewer.account", "AppInfo.category", "LoginPayload.token"])
def test_there_is_no_gate_where_there_is_no_company(coordinate: str) -> None:
    with with_gate(coordinate, App.STOCK):
        assert f"{coordinate} has gates, but is reached outside of any company" in mistakes()


def test_nor_on_an_argument_there() -> None:
    with with_gate("Query.apps(kind:)", Role.OWNER):
        assert "Query.apps has gates, but is reached outside of any company" in mistakes()


def test_a_type_that_declares_a_field_again_keeps_its_gates() -> None:
    field = at("Invoice.discount")
    declared = field.extensions[DEFINITION]
    field.extensions[DEFINITION] = again = copy(declared)
    again.directives = []
    try:
        assert "Invoice.discount drops gates of Document: DISCOUNTS" in mistakes()
    finally:
        field.extensions[DEFINITION] = declared


def test_every_mistake_is_told_in_order() -> None:
    with without_gates("Company.iban"), with_gate("Viewer.account", App.STOCK), without_gates("Company.city"):
        found = mistakes()
    assert found == sorted(found)
    assert len(found) >= 3


# --- changes of business data


@pytest.mark.parametrize(
    ("coordinate", "gate", "mistake"),
    [
        ("ChangedEntity.UNIT", App.STOCK, "ChangedEntity.UNIT has other gates than Unit"),
        ("Unit", App.STOCK, "ChangedEntity.UNIT has other gates than Unit"),
    ],
)
def test_a_changed_entity_has_the_gates_of_its_type(coordinate: str, gate: App, mistake: str) -> None:
    with with_gate(coordinate, gate):
        assert mistake in mistakes()


def test_a_changed_entity_is_a_type_with_rows_that_can_be_deleted() -> None:
    with with_entity("NOWHERE"), with_entity("JOURNAL", App.JOURNALS):
        assert mistakes() == [
            "ChangedEntity.JOURNAL: rows of journal have no version or no deletion",
            "ChangedEntity.NOWHERE names no type with a table",
        ]


def test_rows_that_only_some_may_see_are_no_changed_entities() -> None:
    with with_entity("EXPORT_REQUEST", App.DATA_EXPORT):
        found = "ChangedEntity.EXPORT_REQUEST: some rows of ExportRequest are only for some who see the type"
        assert found in mistakes()


def test_an_entity_that_can_be_written_is_a_changed_entity() -> None:
    values: dict[str, Any] = at("ChangedEntity").values
    before = dict(values)
    del values["CUSTOMER"]
    try:
        assert mistakes() == ["Customer can be written, but is no value of ChangedEntity"]
    finally:
        values.clear()
        values.update(before)  # in their order, which the printed schema has


def test_a_part_is_no_changed_entity_of_its_own() -> None:
    person = definition(at("ContactPerson")).origin
    before = person.__writes__
    person.__writes__ = CREATE
    try:
        assert mistakes() == []
    finally:
        person.__writes__ = before


@contextmanager
def with_entity(name: str, *gates: App) -> Generator[None]:
    values: dict[str, Any] = at("ChangedEntity").values
    values[name] = copy(values["UNIT"])
    declared = copy(definition(values["UNIT"]))
    declared.directives = [RequiresApp(app=gate) for gate in gates]
    values[name].extensions = {DEFINITION: declared}
    try:
        yield
    finally:
        del values[name]
