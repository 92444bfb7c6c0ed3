"""filters.py: how deep and how long a filter may be, written into the document or sent as a variable."""

from typing import Any, Final

import pytest

from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import Sizes
from resolvers.execution.product import default_compiler
from resolvers.operation import operation as operations
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.request import RequestError
from resolvers.request_limits import DEEPEST_FILTER, MOST_CRITERIA, OBJECTS
from schema.errors import ErrorCode

QUERY: Final = 'query ($f: CustomerFilter) { company(id: "") { customers(filter: $f) { totalCount } } }'
LITERAL: Final = '{ company(id: "") { customers(filter: %s) { totalCount } } }'


def refusal(query: str, **variables: object) -> tuple[ErrorCode, str] | None:
    """Why an operation is refused before the database is asked; None if it is not."""
    compiler = default_compiler()
    try:
        operation = Documents(compiler.schema).find(query).choose(None)
        coerced = operation.coerce(variables)
        compiler.read(operation, coerced).arguments(Bindings(coerced))
    except RequestError as refused:
        return refused.entry.code, refused.entry.message
    return None


def fresh() -> Compiler:
    """A compiler that has kept nothing."""
    return Compiler(default_compiler().schema, default_compiler().layout)


def selected() -> Operation:
    """The operation with a filter as a variable, never compiled before."""
    return Documents(default_compiler().schema).find(QUERY).choose(None)


def nested(levels: int) -> dict[str, Any]:
    """A filter with so many others inside each other."""
    found: dict[str, Any] = {"name": {"eq": "x"}}
    for level in range(levels):
        found = {"not": found} if level % 2 else {"or": [found]}
    return found


def written(value: Any) -> str:
    """An input value as a literal."""
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}: {written(item)}" for name, item in value.items()) + "}"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return "[" + " ".join(map(written, value)) + "]"  # pyright: ignore[reportUnknownArgumentType]
    return f'"{value}"'


def test_filters_stand_inside_each_other_to_a_depth() -> None:
    deep = f"A filter has more than {DEEPEST_FILTER} filters inside each other."
    assert refusal(QUERY, f=nested(DEEPEST_FILTER - 1)) is None
    assert refusal(QUERY, f=nested(DEEPEST_FILTER)) == (ErrorCode.BAD_USER_INPUT, deep)
    assert refusal(LITERAL % written(nested(DEEPEST_FILTER - 1))) is None
    assert refusal(LITERAL % written(nested(DEEPEST_FILTER))) == (ErrorCode.BAD_USER_INPUT, deep)


@pytest.mark.parametrize("levels", [150, 300, 560, 3_000])
def test_a_filter_of_any_depth_is_refused(levels: int) -> None:
    """The parser, the limits and the coercion of variables never come to the end of the stack."""
    literal = "{not: " * levels + '{name: {eq: "x"}}' + "}" * levels
    for found in (refusal(QUERY, f=nested(levels)), refusal(LITERAL % literal)):
        assert found is not None


def test_filters_without_criteria_are_bounded_too() -> None:
    """They would be looked through for gates, for each field that they are given to."""
    broad: dict[str, Any] = {"and": [{"or": [{"and": [{}] * MOST_CRITERIA}] * 5}] * MOST_CRITERIA}
    for given in (broad, {"or": [broad]}, {"not": broad}):
        assert refusal(QUERY, f=given) == (
            ErrorCode.BAD_USER_INPUT, f"An argument has more than {OBJECTS} objects inside it.",
        )  # fmt: skip


def test_filters_of_ever_other_forms_leave_a_bounded_number_of_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request of the operation makes them; a statement beyond them is compiled anew, and is the right one."""
    monkeypatch.setattr(operations, "LOOKUPS", 200)  # to come to them sooner
    compiler, operation = fresh(), selected()
    forms: list[dict[str, Any]] = [
        {"or": [{}] * n + [{"and": [{}] * m + [{"name": {"eq": "x"}}]}]} for n in range(16) for m in range(16)
    ]
    for form in forms:
        compiler.read(operation, {"f": form})
        assert len(operation.shapes[None].lookups) <= 200
    assert len(operation.shapes[None].lookups) > 100
    other = {"f": {"not": {"not": {"name": {"startsWith": "x"}}}}}
    assert compiler.read(operation, other).sql == fresh().read(selected(), other).sql


def test_criteria_are_counted_in_the_whole_filter() -> None:
    many = f"A filter has more than {MOST_CRITERIA} criteria."
    one = {"name": {"eq": "x"}}
    assert refusal(QUERY, f={"or": [one] * MOST_CRITERIA}) is None
    assert refusal(QUERY, f={"or": [one] * (MOST_CRITERIA // 2), "and": [one] * (MOST_CRITERIA // 2), **one}) == (
        ErrorCode.BAD_USER_INPUT, many,
    )  # fmt: skip
    assert refusal(QUERY, f={"or": [one] * (MOST_CRITERIA + 1)}) == (
        ErrorCode.BAD_USER_INPUT, f"A list in a filter has more than {MOST_CRITERIA} items.",
    )  # fmt: skip
    assert refusal(LITERAL % written({"and": [one] * (MOST_CRITERIA + 1)})) is not None


def test_a_statement_is_shared_by_filters_of_one_shape() -> None:
    """The texts are parameters; how many filters there are and which criteria they have is part of the shape."""
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(QUERY).choose(None)

    def statement(**given: Any) -> str:
        return compiler.read(operation, operation.coerce({"f": given})).sql

    both = statement(**{"or": [{"name": {"eq": "a"}}, {"name": {"eq": "b"}}]})
    assert both == statement(**{"or": [{"name": {"eq": "c"}}, {"name": {"eq": "d"}}]})
    assert both != statement(**{"or": [{"name": {"eq": "a"}}]})
    assert both != statement(**{"or": [{"name": {"eq": "a"}}, {"name": {"contains": "b"}}]})


def test_a_filter_may_stand_where_a_list_of_them_is_expected() -> None:
    query = 'query ($n: String) { company(id: "") { customers(filter: {or: {name: {eq: $n}}}) { totalCount } } }'
    assert refusal(query, n="x") is None


def test_many_criteria_cost_more_than_a_few() -> None:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(QUERY).choose(None)
    one = {"name": {"eq": "x"}}

    def cost(count: int) -> int:
        return compiler.read(operation, operation.coerce({"f": {"and": [one] * count}})).cost.of(Sizes({}))

    assert cost(1) == cost(8)
    assert cost(9) - cost(8) == cost(50) - cost(49) == 50
