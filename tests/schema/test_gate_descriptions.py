"""gate_descriptions.py: whoever reads a description is told which apps and role are needed."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    introspection_from_schema,
)

from resolvers.gates.needs import field_need, own_gates
from schema import schema
from schema.apps import App

SENTENCE: Final = re.compile(r"(?: Apps?: ([A-Z0-9_, ]+)\.)?(?: Role: ([A-Z]+)\.)?$")


def coordinates() -> Iterator[tuple[str, Any, set[Any]]]:
    """Each coordinate with its gates, as the product judges them."""
    for type_ in schema.core.type_map.values():
        yield type_.name, type_, set(own_gates(type_))
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for name, field in type_.fields.items():
                    yield f"{type_.name}.{name}", field, set(field_need(field))
                    for key, argument in field.args.items():
                        yield f"{type_.name}.{name}({key}:)", argument, set(own_gates(argument))
            case GraphQLInputObjectType():
                yield from ((f"{type_.name}.{n}", field, set(own_gates(field))) for n, field in type_.fields.items())
            case GraphQLEnumType():
                yield from ((f"{type_.name}.{n}", value, set(own_gates(value))) for n, value in type_.values.items())
            case _:
                pass


def test_each_description_ends_with_the_gates_and_no_other_names_any() -> None:
    gated = 0
    for name, of, gates in coordinates():
        found = SENTENCE.search(of.description or "")
        assert found is not None
        named = {*(found[1].split(", ") if found[1] else ()), *((found[2],) if found[2] else ())}
        assert named == {gate.name for gate in gates}, name
        assert "App: " not in (of.description or "")[: found.start()], name
        gated += bool(gates)
    assert gated > 1_000


@pytest.mark.parametrize(
    ("type_name", "field", "end"),
    [
        ("Invoice", "discount", " App: DISCOUNTS."),
        ("Company", "invoices", " App: INVOICES."),
        ("Company", "dashboard", " App: DASHBOARD."),
        ("Company", "users", " Role: OWNER."),
    ],
)
def test_introspection_and_sdl_tell_the_same(type_name: str, field: str, end: str) -> None:
    answer: Any = introspection_from_schema(schema.core)
    (type_,) = [type_ for type_ in answer["__schema"]["types"] if type_["name"] == type_name]
    (description,) = [of["description"] for of in type_["fields"] if of["name"] == field]
    assert description.endswith(end)
    assert description in schema.as_str()


def test_the_apps_themselves_are_for_everybody() -> None:
    enum = schema.core.type_map["App"]
    assert isinstance(enum, GraphQLEnumType)
    assert enum.values.keys() == {app.name for app in App}
    assert not any("App: " in (value.description or "") for value in enum.values.values())
