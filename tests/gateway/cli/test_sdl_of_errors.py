"""sdl_of_errors.py: what it calls never null without an error is never null without an error."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
from graphql import (
    FieldDefinitionNode,
    GraphQLObjectType,
    ObjectTypeDefinitionNode,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    is_leaf_type,
    parse,
)

from gateway.cli import sdl, sdl_of_errors
from resolvers.gates.coordinates import named_type, node_type
from schema import schema
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

text: Final = cache(sdl_of_errors.text)
"""The SDL with the directive."""


@cache
def marked() -> Mapping[str, frozenset[str]]:
    """The names of the fields with the directive, by type."""
    return {
        definition.name.value: frozenset(field.name.value for field in definition.fields or () if is_marked(field))
        for definition in parse(text()).definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
    }


def is_marked(field: FieldDefinitionNode) -> bool:
    return any(directive.name.value == "semanticNonNull" for directive in field.directives or ())


def test_it_is_the_schema_but_for_the_directive() -> None:
    assert "semanticNonNull" not in sdl.current()
    one, other = build_schema(sdl.current()), build_schema(text())
    assert find_breaking_changes(other, one)[0].description == "Directive @semanticNonNull was removed."
    assert (len(find_breaking_changes(other, one)), find_breaking_changes(one, other)) == (1, [])
    assert find_dangerous_changes(one, other) == find_dangerous_changes(other, one) == []
    assert "  levels: [Int!]! = [0]\n) on FIELD_DEFINITION\n" in text()


def test_what_may_be_null_for_another_reason_is_not_marked() -> None:
    found = marked()
    assert {"invoices", "permissionMatrix", "plan"} <= found["Company"]
    assert "totalDiscount" in found["Invoice"]
    assert not {"vatNumber", "iban", "dashboard", "report"} & found["Company"]
    assert not {"discount", "quote"} & found["Invoice"]
    assert found["Query"] == found["Viewer"] == found["LoginPayload"] == set()


def questions() -> Iterator[tuple[str, str]]:
    """For each list of a company, the name and a query for its rows with every marked field that needs no selection."""
    company = schema.core.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    for name, field in company.fields.items():
        rows = node_type(named_type(field))
        if isinstance(rows, GraphQLObjectType):
            leaves = [leaf for leaf in sorted(marked()[rows.name]) if is_leaf_type(named_type(rows.fields[leaf]))]
            nodes = f"nodes {{ id {' '.join(leaves)} }}"
            yield name, f"query ($id: ID!) {{ company(id: $id) {{ {name}(first: 100) {{ {nodes} }} }} }}"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.mark.parametrize("who", ["lambert", "noah"])
async def test_a_marked_field_is_null_only_beside_its_error(demo: Demo, who: str) -> None:
    company, nulls, values = await demo.company("Chauffage Lambert"), 0, 0
    for name, query in questions():
        answer = await demo.ask(who, query, {"hidden-fields": "error"}, id=company)
        told = {".".join(error["extensions"]["selection"]) for error in answer.body.get("errors", ())}
        listed: Any = answer.data["company"][name]
        if listed is None:
            assert (name not in marked()["Company"]) or told == {f"company.{name}"}
            continue
        for node in listed["nodes"]:
            for field, value in node.items():
                values += value is not None
                nulls += value is None
                assert value is not None or f"company.{name}.nodes.{field}" in told, f"{name}.{field}"
    assert values > 500
    assert nulls > 0
