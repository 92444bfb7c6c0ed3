"""coercion.py: the same values as graphql-core's own coercion, and no type is kept alive."""

import gc
import weakref
from typing import Any, Final, cast

import pytest
from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLInt, GraphQLString, build_schema, utilities
from hypothesis import given
from hypothesis import strategies as st

from resolvers.operation.coercion import coerced_value
from schema import schema

MADE: Final = build_schema("""
    type Query { ask(given: Outer): Int }
    enum Colour { RED BLUE }
    input One @oneOf { name: String size: Int }
    input Outer {
      name: String! size: Int! = 3 colours: [Colour!] inner: Inner matrix: [[Int!]!] id: ID share: Float one: One
    }
    input Inner { outer: Outer flag: Boolean list: [Inner!] }
""")
NAMES: Final = ("name", "size", "colours", "inner", "matrix", "id", "share", "one", "outer", "flag", "list", "other")
TEXTS: Final[st.SearchStrategy[Any]] = st.sampled_from(["RED", "BLUE", "GREEN", "a", ""])
LEAVES: Final[st.SearchStrategy[Any]] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**33), 2**33), st.floats(allow_nan=False), TEXTS
)
JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner))
)
FITTING: Final[st.SearchStrategy[Any]] = st.recursive(
    st.fixed_dictionaries(
        {"name": TEXTS},
        optional={"size": st.integers(0, 9), "colours": st.lists(st.sampled_from(["RED", "BLUE"])), "matrix": JSON},
    ),
    lambda inner: st.fixed_dictionaries(
        {"name": TEXTS},
        optional={
            "inner": st.fixed_dictionaries({}, optional={"outer": inner, "flag": st.booleans()}),
            "one": st.dictionaries(st.sampled_from(["name", "size"]), LEAVES),
        },
    ),
)
"""Values that fit more often than any JSON."""


def expected(value: Any, type_: Any) -> Any:
    return cast("Any", utilities).coerce_input_value(value, type_)


@given(st.one_of(JSON, FITTING))
def test_values_are_coerced_as_by_graphql_core(value: Any) -> None:
    outer = MADE.type_map["Outer"]
    assert repr(coerced_value(value, outer)) == repr(expected(value, outer))


MUTATION = schema.core.mutation_type
INPUTS: Final = {
    name: field.args["input"].type for name, field in MUTATION.fields.items() if "input" in field.args
} if MUTATION else {}  # fmt: skip


@pytest.mark.parametrize(
    "value", [{}, {"companyId": "com_1"}, {"companyId": "com_1", "name": "x", "n": 1}, None, [], "x"]
)
@pytest.mark.parametrize("name", INPUTS)
def test_inputs_of_mutations_are_coerced_as_by_graphql_core(name: str, value: Any) -> None:
    assert repr(coerced_value(value, INPUTS[name])) == repr(expected(value, INPUTS[name]))


def test_a_type_lives_no_longer_than_its_schema() -> None:
    type_ = GraphQLInputObjectType("Short", {"a": GraphQLInputField(GraphQLInt), "b": GraphQLInputField(GraphQLString)})
    assert coerced_value({"a": 1}, type_) == {"a": 1}
    alive = weakref.ref(type_)
    del type_
    gc.collect()
    assert alive() is None
