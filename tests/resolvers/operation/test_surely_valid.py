"""surely_valid.py: it says yes to no document that graphql-core refuses, and to all plain ones that it admits."""

import re
from collections.abc import Iterator
from random import Random
from typing import Final

import pytest
from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, parse, validate

from resolvers.operation.surely_valid import is_surely_valid
from resolvers.operation.validation_rules import EVERY
from schema import schema
from tests.bench.loads.operations import OPERATIONS
from tests.golden.case import read_cases

SCHEMA: Final = build_schema(
    """
    type Query { a(x: Int, y: [Int!], f: Filter): Query  b: String  c(id: ID!, k: Kind = A): Node  u: U  d(o: One): Int
                 j(any: Any): Int  m(list: [[Int]]): Int }
    type Mutation { a(f: Filter!): Query }
    interface Node { id: ID!  b: String }
    type Thing implements Node { id: ID!  b: String  more: Int }
    union U = Thing | Query
    enum Kind { A B }
    scalar Any
    input Filter { n: Int!  text: String = "t"  and: [Filter!]  kinds: [Kind] }
    input One @oneOf { p: Int  q: Int }
    """
)

PLAIN: Final = (
    "{ b }",
    "query A { b x: b a { b a { b __typename } } }",
    "{ a(x: 1, y: [1, 2], f: {n: 1, text: null, and: [{n: 2}, {n: 3, kinds: [A, null]}], kinds: B}) { b } }",
    "{ a(y: 1, x: null) { b } m(list: [[1], [null], null]) }",
    "query ($x: Int = 3, $y: Int!, $f: Filter!) { a(x: $x, y: [$y, 1], f: {n: $y, and: [$f]}) { b } }",
    'query ($id: ID!, $k: Kind) { c(id: $id, k: $k) { id b } d: c(id: "1") { __typename } e: c(id: 1) { id } }',
    "{ u { __typename } j(any: 1) }",
    "mutation { a(f: {n: 1}) { b } }",
    "query ($f: [Filter!]) { a(f: {n: 1, and: $f}) { b } }",
)
"""Documents without fragments, directives and the like."""

WRONG: Final = (
    "{ z }",
    "{ a }",
    "{ b { c } }",
    "{ b(x: 1) }",
    "{ a(z: 1) { b } }",
    "{ a(x: 1, x: 2) { b } }",
    "{ a(x: 1, x: 1) { b } }",
    '{ a(x: "1") { b } }',
    "{ a(x: 1.5) { b } }",
    "{ a(x: 12345678901) { b } }",
    "{ a(x: {}) { b } }",
    "{ a(x: [1]) { b } }",
    "{ a(y: [1, null]) { b } }",
    "{ a(y: [[1]]) { b } }",
    "{ a(f: {}) { b } }",
    "{ a(f: {n: null}) { b } }",
    "{ a(f: {n: 1, n: 1}) { b } }",
    "{ a(f: {n: 1, z: 1}) { b } }",
    "{ a(f: {n: 1, and: [{}]}) { b } }",
    "{ a(f: {n: 1, kinds: [C]}) { b } }",
    '{ a(f: {n: 1, kinds: ["A"]}) { b } }',
    "{ a(f: [{n: 1}]) { b } }",
    "{ c { id } }",
    "{ c(id: null) { id } }",
    '{ c(id: "1", k: C) { id } }',
    '{ c(id: "1") { more } }',
    '{ c(id: "1") { id { id } } }',
    "{ u { id } }",
    "{ __typename(x: 1) }",
    "{ __typename { b } }",
    "{ d(o: {}) }",
    "{ d(o: {p: 1, q: 1}) }",
    "query ($p: Int) { d(o: {p: $p}) }",
    "{ a(x: $x) { b } }",
    "query ($x: Int) { b }",
    "query ($x: Int, $x: Int) { a(x: $x) { b } }",
    "query ($x: String) { a(x: $x) { b } }",
    "query ($x: Int) { a(y: [$x]) { b } }",
    "query ($x: Int) { a(f: {n: $x}) { b } }",
    "query ($x: Int) { a(y: $x) { b } }",
    "query ($x: [Int]) { a(y: $x) { b } }",
    "query ($id: ID) { c(id: $id) { id } }",
    'query ($x: Int = "1") { a(x: $x) { b } }',
    "query ($x: Int! = null) { a(x: $x) { b } }",
    "query ($x: Thing) { a(x: $x) { b } }",
    "query ($x: Nothing) { a(x: $x) { b } }",
    "query ($x: Int @unknown) { a(x: $x) { b } }",
    "query @unknown { b }",
    "{ b @unknown }",
    "{ b b: u { __typename } }",
    "{ a(x: 1) { b } a(x: 2) { b } }",
    "{ b } { b }",
    "query A { b } query A { b }",
    "{ ...F }",
    "{ ... on Thing { id } }",
    "{ b } fragment F on Query { b }",
    "type T { b: Int } { b }",
    "mutation { a { b } }",
    "mutation { b }",
    "subscription { b }",
)
"""Documents that break a rule; many of them one that only a walk over the types can find."""

LEFT: Final = (
    "{ b b }",
    "{ ... { b } }",
    "{ b @skip(if: true) }",
    "{ __schema { description } }",
    "query A { b } query B { b }",
    "query ($p: Int!) { d(o: {p: $p}) }",
    "query ($v: Any) { j(any: [$v]) }",
    "query ($id: ID = 1) { c(id: $id) { id } }",
)
"""Valid documents that are left to graphql-core."""

TOKEN: Final = re.compile(r'"[^"\n]*"|\$?\w+|\.\.\.|[^\s\w]')
TURNS: Final = 20
"""Number of changed documents that are made from each one."""


def breaks_a_rule(of: GraphQLSchema, document: DocumentNode) -> bool:
    return bool(validate(of, document, EVERY))


@pytest.mark.parametrize("text", PLAIN)
def test_plain_documents_are_surely_valid(text: str) -> None:
    assert is_surely_valid(SCHEMA, parse(text))
    assert not breaks_a_rule(SCHEMA, parse(text))


@pytest.mark.parametrize("text", WRONG)
def test_a_document_that_breaks_a_rule_is_not(text: str) -> None:
    assert breaks_a_rule(SCHEMA, parse(text))
    assert not is_surely_valid(SCHEMA, parse(text))


@pytest.mark.parametrize("text", LEFT)
def test_what_needs_more_than_one_look_is_left_to_graphql_core(text: str) -> None:
    assert not breaks_a_rule(SCHEMA, parse(text))
    assert not is_surely_valid(SCHEMA, parse(text))


def test_a_schema_without_mutations_has_no_valid_mutation() -> None:
    assert not is_surely_valid(build_schema("type Query { a: Int }"), parse("mutation { a }"))


def sources() -> list[str]:
    """The documents of the goldens and of the benchmark, and those above."""
    return [*(case.query for case in read_cases()), *(operation.query for operation in OPERATIONS.values())]


def changed(text: str, words: list[str], chance: Random) -> str:
    """A document with one to three tokens left out, twice, changed places, or other words of the same or another."""
    tokens = TOKEN.findall("\n".join(line for line in text.splitlines() if not line.startswith("#")))
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(5):
            case 0:
                tokens.insert(at, tokens.pop(other))
            case 1:
                tokens.insert(at, tokens[other])
            case 2:
                del tokens[at : at + chance.randint(1, 2)]
            case 3:
                tokens[at] = tokens[other]
            case _:
                names = [n for n, token in enumerate(tokens) if token.isidentifier()]
                tokens[chance.choice(names or [at])] = chance.choice(words)
        if len(tokens) < 4:
            break
    return " ".join(tokens)


def parsed(texts: list[str]) -> Iterator[DocumentNode]:
    for text in texts:
        try:
            yield parse(text, allow_empty_selection_sets=False)
        except GraphQLError:
            continue


@pytest.mark.parametrize("seed", range(2))
def test_no_changed_document_of_the_product_is_sure_by_mistake(seed: int) -> None:
    texts, chance = sources(), Random(seed)
    words = sorted({word for text in texts for word in TOKEN.findall(text) if word.isidentifier()})
    sure = 0
    for document in parsed([changed(text, words, chance) for text in texts for _ in range(TURNS)]):
        if is_surely_valid(schema.core, document):
            sure += 1
            assert not breaks_a_rule(schema.core, document)
    assert sure


@pytest.mark.parametrize("seed", range(2))
def test_no_changed_document_of_a_small_schema_is_sure_by_mistake(seed: int) -> None:
    texts, chance = [*PLAIN, *WRONG, *LEFT], Random(seed)
    words = sorted({word for text in texts for word in TOKEN.findall(text) if word.isidentifier()})
    sure = 0
    for document in parsed([changed(text, words, chance) for text in texts for _ in range(10 * TURNS)]):
        if is_surely_valid(SCHEMA, document):
            sure += 1
            assert not breaks_a_rule(SCHEMA, document)
    assert sure


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_operations_of_the_benchmark_are_surely_valid(name: str) -> None:
    assert is_surely_valid(schema.core, parse(OPERATIONS[name].query))
