"""declarations/directives.py: readers of introspection that know the released specification know all of it."""

from typing import Any, Final

from graphql import introspection_from_schema, specified_directives

from schema import schema

RELEASED: Final = {
    "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE",
    "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT", "INPUT_FIELD_DEFINITION",
}  # fmt: skip
"""The locations of the specification of October 2021, which are those of September 2025 too."""


def test_directives_have_locations_of_the_released_specification_only() -> None:
    answer: Any = introspection_from_schema(schema.core)
    found = {directive["name"]: set(directive["locations"]) for directive in answer["__schema"]["directives"]}
    assert found.keys() == {*(of.name for of in specified_directives), "optional", "requiresApp", "requiresRole"}
    for name, locations in found.items():
        assert locations, name
        assert locations <= RELEASED, name
    assert found["deprecated"] == {
        "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INPUT_FIELD_DEFINITION", "ENUM_VALUE",
    }  # fmt: skip
