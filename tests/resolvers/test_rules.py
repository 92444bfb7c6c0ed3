"""resolvers/rules.py: whatever validation refuses with all rules, it refuses with those chosen for the text."""

import pytest
from graphql import build_schema, parse, specified_rules, validate

from resolvers.rules import DIRECTIVES, FRAGMENTS, rules_for

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


def test_what_a_document_cannot_break_is_not_asked() -> None:
    rules = set(rules_for("{ b }"))
    assert rules.isdisjoint(FRAGMENTS | DIRECTIVES)
    assert len(rules) == len(specified_rules) - len(FRAGMENTS | DIRECTIVES)


def test_no_new_rule_about_fragments_or_directives_is_overlooked() -> None:
    about = {rule for rule in specified_rules if "Fragment" in rule.__name__ or "Directive" in rule.__name__}
    assert about == FRAGMENTS | DIRECTIVES
