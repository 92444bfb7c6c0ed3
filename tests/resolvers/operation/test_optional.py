"""optional.py: what `@optional` leaves of a document where hidden fields are unknown."""

from typing import Final

import pytest
from graphql import build_schema, parse, print_ast

from resolvers.gates.schema_views import View
from resolvers.operation.documents import Documents
from resolvers.operation.optional import pruned
from resolvers.request import RequestError

SCHEMA: Final = build_schema("""
    directive @optional on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
    type Query { a: Thing  n(of: Int): Int }
    type Thing { b: Thing  c(of: Int): Int }
    type Mutation { write: Int }
""")


def left(query: str) -> str:
    return " ".join(print_ast(pruned(parse(query), SCHEMA)).split())


@pytest.mark.parametrize(("query", "expected"), [
    ("{ a { x @optional } n }", "{ a { } n }"),
    ("{ x @optional n }", "{ n }"),
    ("{ x @optional }", "{ }"),
    ("{ a { b @optional { c x } } }", "{ a { b @optional { c x } } }"),
    ("{ ... @optional { a { b { x c } y } } z }", "{ ... @optional { a { b { c } } } z }"),
    ("{ a { ... on Gone @optional { q } c } }", "{ a { c } }"),
    ("{ a { ... on Gone { q } c } }", "{ a { ... on Gone { q } c } }"),
    ("{ a { ...F @optional ...F } } fragment F on Thing { x c }",
     "{ a { ... on Thing @optional { c } ...F } } fragment F on Thing { x c }"),
    ("{ a { ...G @optional c } } fragment G on Gone { q }", "{ a { c } }"),
    ("query ($v: Gone, $w: Int) { x(of: $v) @optional n(of: $w) }", "query ($w: Int) { n(of: $w) }"),
    ("query ($v: Int, $u: Int) { x(of: $v) @optional n }", "query ($u: Int) { n }"),
    ("{ ...F @optional } fragment F on Query { n ...F }",
     "{ ... on Query @optional { n ...F } } fragment F on Query { n ...F }"),
    ("mutation { gone @optional write }", "mutation { gone @optional write }"),
    ("{ a @optional { __typename x @optional } }", "{ a @optional { __typename } }"),
])  # fmt: skip
def test_optional_names_that_there_are_not_go(query: str, expected: str) -> None:
    try:
        found = left(query)
    except Exception as error:
        raise AssertionError(query) from error
    assert found.replace("{ }", "{}") == expected.replace("{ }", "{}")


@pytest.mark.parametrize("query", [
    "{ a { x @optional } n }", "{ x @optional }", "query ($v: Gone) { x(of: $v) @optional n }",
    "{ a { ...F @optional } } fragment F on Gone { q }",
])  # fmt: skip
def test_what_is_left_is_valid(query: str) -> None:
    view = View.whole(SCHEMA)
    Documents(SCHEMA).find(query, view).choose(None)
    with pytest.raises(RequestError):
        Documents(SCHEMA).find(query.replace("@optional", ""), view)


@pytest.mark.parametrize("query", [
    "query ($v: Int) { x @optional n }", "{ x @optional n } fragment F on Thing { c }", "{ x @optional y }",
    "{ ...F @optional } fragment F on Query { n ...F }", "mutation { gone @optional }",
])  # fmt: skip
def test_what_was_wrong_stays_wrong(query: str) -> None:
    with pytest.raises(RequestError):
        Documents(SCHEMA).find(query, View.whole(SCHEMA))
