"""arguments.py: constants, places in variables, and what is remembered of looking at them."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema, parse_value

from resolvers.operation.arguments import (
    NOT_GIVEN,
    ConstantArgument,
    Distinct,
    Inputs,
    ListArgument,
    Lookup,
    ObjectArgument,
    VariableArgument,
    VariablePath,
    is_given,
    keys,
    plain,
    read_input,
    value_of,
)
from schema.apps import App

SCHEMA = build_schema("""
    input Filter { name: Text, any: [Filter!], size: Int }
    input Text { eq: String, oneOf: [String!] }
    type Query { list(filter: Filter): Int }
""")
FILTER = SCHEMA.type_map["Filter"]
assert isinstance(FILTER, GraphQLInputObjectType)


def read(text: str) -> Any:
    assert isinstance(FILTER, GraphQLInputObjectType)
    return read_input(parse_value(text), FILTER)


def test_a_value_without_variables_is_a_constant() -> None:
    assert read('{name: {eq: "a", oneOf: "b"}, size: 3}') == ConstantArgument(
        {"name": {"eq": "a", "oneOf": ["b"]}, "size": 3}
    )


def test_variables_stand_where_they_are_used() -> None:
    read_ = read("{name: {eq: $name}, any: [$first, {size: 1}], size: null}")
    assert read_ == ObjectArgument(
        {
            "name": ObjectArgument({"eq": VariableArgument(VariablePath("name"))}),
            "any": ListArgument((VariableArgument(VariablePath("first")), ConstantArgument({"size": 1}))),
            "size": ConstantArgument(None),
        }
    )
    assert value_of(read_, {"name": "a", "first": {"size": 2}}) == {
        "name": {"eq": "a"},
        "any": [{"size": 2}, {"size": 1}],
        "size": None,
    }


def test_a_place_inside_a_variable_that_is_null_holds_nothing() -> None:
    place = VariablePath("filter", ("name", "eq"))
    assert place.read({"filter": {"name": {"eq": "a"}}}) == "a"
    assert [place.read(variables) for variables in ({}, {"filter": None}, {"filter": {"name": None}})] == [None] * 3


def test_looking_at_a_variable_is_remembered_looking_at_a_constant_is_not() -> None:
    inputs = Inputs({"yes": True})
    assert inputs.probe(VariableArgument(VariablePath("yes")), plain) is True
    assert inputs.probe(ConstantArgument(False), plain) is False
    assert list(inputs.lookups) == [Lookup(VariablePath("yes"), plain)]


def test_members_come_in_order_of_name_and_the_keys_of_a_variable_are_remembered() -> None:
    assert isinstance(FILTER, GraphQLInputObjectType)
    inputs = Inputs({"filter": {"size": None, "name": {}}})
    found = list(inputs.members(VariableArgument(VariablePath("filter")), FILTER))
    assert [(name, member) for name, _, member in found] == [
        ("name", VariableArgument(VariablePath("filter", ("name",)))),
        ("size", VariableArgument(VariablePath("filter", ("size",)))),
    ]
    assert list(inputs.lookups) == [Lookup(VariablePath("filter"), keys)]
    assert [name for name, _, _ in inputs.members(read("{size: 1, name: $name}"), FILTER)] == ["name", "size"]


def test_null_is_not_given() -> None:
    inputs = Inputs({"nothing": None, "zero": 0})
    given = [
        ConstantArgument(None),
        NOT_GIVEN,
        VariableArgument(VariablePath("nothing")),
        VariableArgument(VariablePath("missing")),
        VariableArgument(VariablePath("zero")),
        ConstantArgument(0),
    ]
    assert [inputs.given(input_) for input_ in given] == [False, False, False, False, True, True]
    assert inputs.given(ObjectArgument({})) is True


@pytest.mark.parametrize(
    ("value", "seen"),
    [(App.STOCK, "STOCK"), ([App.STOCK, [None, True]], ("STOCK", (None, True))), (None, None), ("a", "a")],
)
def test_what_is_plain_can_be_compared_and_hashed(value: object, seen: object) -> None:
    assert plain(value) == seen
    hash(plain(value))


def test_distinct_sees_each_thing_once_wherever_it_stands() -> None:
    view = Distinct(lambda item: item[:3] if item else None)
    inputs = Inputs({"one": "com_2", "all": ["usr_1", "com_1", "usr_2", None]})
    mixed = ListArgument((ConstantArgument("inv_1"), VariableArgument(VariablePath("one")), ConstantArgument("com_3")))
    assert inputs.probe(mixed, view) == ("com", "inv")
    assert inputs.probe(VariableArgument(VariablePath("all")), view) == ("com", "usr")
    assert inputs.probe(ConstantArgument("no list"), view) == ()
    assert not is_given(None)
    assert is_given(0)
