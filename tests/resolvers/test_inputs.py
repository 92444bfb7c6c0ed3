"""resolvers/inputs.py: constants, places in variables, and what is remembered of looking at them."""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema, parse_value

from resolvers.inputs import (
    ABSENT,
    Constant,
    Distinct,
    Inputs,
    Lookup,
    Members,
    Place,
    Several,
    Variable,
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
    assert read('{name: {eq: "a", oneOf: "b"}, size: 3}') == Constant({"name": {"eq": "a", "oneOf": ["b"]}, "size": 3})


def test_variables_stand_where_they_are_used() -> None:
    read_ = read("{name: {eq: $name}, any: [$first, {size: 1}], size: null}")
    assert read_ == Members(
        {
            "name": Members({"eq": Variable(Place("name"))}),
            "any": Several((Variable(Place("first")), Constant({"size": 1}))),
            "size": Constant(None),
        }
    )
    assert value_of(read_, {"name": "a", "first": {"size": 2}}) == {
        "name": {"eq": "a"},
        "any": [{"size": 2}, {"size": 1}],
        "size": None,
    }


def test_a_place_inside_a_variable_that_is_null_holds_nothing() -> None:
    place = Place("filter", ("name", "eq"))
    assert place.read({"filter": {"name": {"eq": "a"}}}) == "a"
    assert [place.read(variables) for variables in ({}, {"filter": None}, {"filter": {"name": None}})] == [None] * 3


def test_looking_at_a_variable_is_remembered_looking_at_a_constant_is_not() -> None:
    inputs = Inputs({"yes": True})
    assert inputs.look(Variable(Place("yes")), plain) is True
    assert inputs.look(Constant(False), plain) is False
    assert list(inputs.lookups) == [Lookup(Place("yes"), plain)]


def test_members_come_in_order_of_name_and_the_keys_of_a_variable_are_remembered() -> None:
    assert isinstance(FILTER, GraphQLInputObjectType)
    inputs = Inputs({"filter": {"size": None, "name": {}}})
    found = list(inputs.members(Variable(Place("filter")), FILTER))
    assert [(name, member) for name, _, member in found] == [
        ("name", Variable(Place("filter", ("name",)))),
        ("size", Variable(Place("filter", ("size",)))),
    ]
    assert list(inputs.lookups) == [Lookup(Place("filter"), keys)]
    assert [name for name, _, _ in inputs.members(read("{size: 1, name: $name}"), FILTER)] == ["name", "size"]


def test_null_is_not_given() -> None:
    inputs = Inputs({"nothing": None, "zero": 0})
    given = [
        Constant(None),
        ABSENT,
        Variable(Place("nothing")),
        Variable(Place("missing")),
        Variable(Place("zero")),
        Constant(0),
    ]
    assert [inputs.given(input_) for input_ in given] == [False, False, False, False, True, True]
    assert inputs.given(Members({})) is True


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
    mixed = Several((Constant("inv_1"), Variable(Place("one")), Constant("com_3")))
    assert inputs.look(mixed, view) == ("com", "inv")
    assert inputs.look(Variable(Place("all")), view) == ("com", "usr")
    assert inputs.look(Constant("no list"), view) == ()
    assert not is_given(None)
    assert is_given(0)
