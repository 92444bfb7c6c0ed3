"""validation_rules.py: whatever validation refuses with all rules, it refuses with those chosen for the text."""

import pytest
from graphql import (
    BREAK,
    SKIP,
    ArgumentNode,
    FieldNode,
    ValidationRule,
    VisitorAction,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from resolvers.operation.validation_rules import DIRECTIVES, FRAGMENTS, rules_for, together

SCHEMA = build_schema("type Query { a(x: Int): Query  b: String }  type Mutation { c: String }  union U = Query")

WRONG = {
    "FragmentsOnCompositeTypesRule": "fragment F on String { b } { ...F }",
    "KnownFragmentNamesRule": "{ ...F }",
    "NoFragmentCyclesRule": "fragment F on Query { a { ...F } } { ...F }",
    "NoUnusedFragmentsRule": "fragment F on Query { b } { b }",
    "PossibleFragmentSpreadsRule": "{ ... on Mutation { c } }",
    "UniqueFragmentNamesRule": "fragment F on Query { b } fragment F on Query { b } { ...F }",
    "KnownDirectivesRule": "{ b @unknown }",
    "UniqueDirectivesPerLocationRule": "{ b @skip(if: true) @skip(if: true) }",
    "ScalarLeafsRule": "{ a }",
    "FieldsOnCorrectTypeRule": "{ z }",
    "KnownArgumentNamesRule": "{ a(y: 1) { b } }",
    "ValuesOfCorrectTypeRule": '{ a(x: "1") { b } }',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_found(name: str) -> None:
    text = WRONG[name]
    rules = rules_for(text)
    assert name in {rule.__name__ for rule in rules}
    every, chosen = (validate(SCHEMA, parse(text), asked) for asked in (specified_rules, rules))
    assert [error.message for error in chosen] == [error.message for error in every] != []


MANY = (
    *WRONG.values(),
    "query ($x: Int, $x: Int, $y: Int) { a(x: $x, x: $z) { b b } }",
    "query A { b } query A { a(x: {k: 1}) { b @skip(if: 1) } }",
    "{ a { b } a: b ... @include { z(q: [1, {k: $v}]) } } fragment F on Query { a(x: 1) { ...F } }",
    "type T { x: Int } { b }",
    "fragment F on Query { b } subscription { ...F a }",
)
"""What is wrong here is found by rules that leave a node out, end early, or ask when they leave."""


@pytest.mark.parametrize("text", MANY)
def test_rules_asked_as_one_find_the_same_in_the_same_order(text: str) -> None:
    document = parse(text)
    library, ours = (validate(SCHEMA, document, rules) for rules in (specified_rules, (together(specified_rules),)))
    assert [(error.message, error.locations) for error in ours] == [
        (error.message, error.locations) for error in library
    ]
    assert library


def test_a_rule_that_leaves_a_node_out_or_ends_is_asked_no_more_there() -> None:
    asked: list[str] = []

    class Picky(ValidationRule):
        """Leaves the first field's arguments out, and ends at the second field."""

        def enter_field(self, node: FieldNode, *_: object) -> VisitorAction:
            asked.append(node.name.value)
            return SKIP if node.name.value == "a" else BREAK

        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            asked.append(node.name.value)

    document = parse("{ a(x: 1) { b } b c: b }")
    validate(SCHEMA, document, (together((Picky,)),))
    ours, asked = asked, []
    validate(SCHEMA, document, (Picky,))
    assert ours == asked == ["a", "b"]


def test_what_a_document_cannot_break_is_not_asked() -> None:
    rules = set(rules_for("{ b }"))
    assert rules.isdisjoint(FRAGMENTS | DIRECTIVES)
    assert len(rules) == len(specified_rules) - len(FRAGMENTS | DIRECTIVES)


def test_no_new_rule_about_fragments_or_directives_is_overlooked() -> None:
    about = {rule for rule in specified_rules if "Fragment" in rule.__name__ or "Directive" in rule.__name__}
    assert about == FRAGMENTS | DIRECTIVES
