"""misfit.py: the first place that does not fit, however deep, and words for it without the value."""

from typing import Final

import pytest
from graphql import build_schema

from resolvers.operation.coercion import coerced_value
from resolvers.operation.misfit import Misfit, find_misfit

SCHEMA = build_schema("""
    type Query { ask(given: Outer): Int }
    enum Colour { RED BLUE }
    input Outer { name: String! size: Int = 3 colours: [Colour!] inner: Inner matrix: [[Int!]!] id: ID share: Float }
    input Inner { outer: Outer flag: Boolean list: [Inner!] }
""")
SECRET = "zqxj"
CASES: Final[list[tuple[object, tuple[str | int, ...], str]]] = [
    ({}, ("name",), "is missing"),
    ({"name": None}, ("name",), "may not be null"),
    ({"name": 5}, ("name",), "has to be a text"),
    ({"name": "a", "size": SECRET}, ("size",), "has to be a whole number of at most 32 bits"),
    ({"name": "a", "size": 2**31}, ("size",), "has to be a whole number of at most 32 bits"),
    ({"name": "a", "share": SECRET}, ("share",), "has to be a number"),
    ({"name": "a", "id": 1.5}, ("id",), "has to be an id, as a text"),
    ({"name": "a", "colours": ["RED", SECRET]}, ("colours", 1), "has to be a value of Colour"),
    ({"name": "a", "colours": ["RED", None]}, ("colours", 1), "may not be null"),
    ({"name": "a", "colours": {}}, ("colours",), "has to be a value of Colour"),
    ({"name": "a", "matrix": [[1], [2, None]]}, ("matrix", 1, 1), "may not be null"),
    ({"name": "a", "inner": SECRET}, ("inner",), "has to be an object"),
    ({"name": "a", "inner": {"list": [{}, {"flag": SECRET}]}}, ("inner", "list", 1, "flag"), "has to be true or false"),
    (
        {"name": "a", "inner": {"outer": {"name": "b", SECRET: 1}}},
        ("inner", "outer"), "has a member that Outer does not have",
    ),
    (SECRET, (), "has to be an object"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "path", "what"), CASES)
def test_the_place_and_the_reason_are_found(value: object, path: tuple[str | int, ...], what: str) -> None:
    assert find_misfit(value, SCHEMA.type_map["Outer"]) == Misfit(path, what)


@pytest.mark.parametrize("value", [
    None, {"name": "a"}, {"name": "a", "size": None}, {"name": "a", "colours": "RED"}, {"name": "a", "matrix": 1},
    {"name": "", "inner": {"list": {"flag": True}}}, {"name": "a", "id": 7, "share": 1},
])  # fmt: skip
def test_what_fits_has_no_place(value: object) -> None:
    assert find_misfit(value, SCHEMA.type_map["Outer"]) is None
    coerced_value(value, SCHEMA.type_map["Outer"])


def test_a_value_deeper_than_python_goes_is_left_to_the_caller() -> None:
    value: object = {"name": SECRET, "size": SECRET}
    for _ in range(2_000):
        value = {"outer": {"name": "a", "inner": value}}
    with pytest.raises(RecursionError):
        find_misfit(value, SCHEMA.type_map["Inner"])
