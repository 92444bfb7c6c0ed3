"""prescan.py: what is counted without parsing is never more than there is, and no text makes it slow."""

import pytest
from graphql import DirectiveNode, FieldNode, FragmentSpreadNode, InlineFragmentNode, ListValueNode, parse, visit
from graphql.language import Visitor
from hypothesis import given
from hypothesis import strategies as st

from resolvers.operation.prescan import QUIET, WORDS, counts, quiet, tokens_and_comments
from tests.golden.case import read_cases

TRICKY = '''
# a comment: with "quotes, @signs and ...spreads
query A($a: [Int!] = [1, -2, 3.5e+10], $b: String = "x: @y ...z # no comment", $c: Boolean! = true) @skip(if: $c) {
  b: company(id: "a\\"b: \\\\") { ...F @include(if: $c) ... on Company { c: name } ... @skip(if: $c) { id } }
  node(id: """block "" \\""" with : and @ and # and ...""") { id }
  nodes(ids: ["a", "b" """c""", ""]) { x: id }
}
fragment F on Company { e: customers(filter: {name: {oneOf: ["a: b", $b]}, number: {eq: "#"}}) { totalCount } }
'''


class Counter(Visitor):
    """What there really is."""

    def __init__(self) -> None:
        super().__init__()
        self.found = {"aliases": 0, "directives": 0, "spreads": 0, "items": 0}

    def enter(self, node: object, *_: object) -> None:
        match node:
            case FieldNode() if node.alias is not None:
                self.found["aliases"] += 1
            case DirectiveNode():
                self.found["directives"] += 1
            case FragmentSpreadNode() | InlineFragmentNode():
                self.found["spreads"] += 1
            case ListValueNode():
                self.found["items"] = max(self.found["items"], len(node.values))
            case _:
                pass


@pytest.mark.parametrize("text", [pytest.param(case.query, id=case.name) for case in read_cases()] + [TRICKY])
def test_what_can_be_parsed_is_counted_right(text: str) -> None:
    document, real = parse(text), Counter()
    visit(document, real)
    found = dict(counts(quiet(text)))
    assert {name: found[name] for name in ("aliases", "directives", "spreads")} == {
        name: real.found[name] for name in ("aliases", "directives", "spreads")
    }
    assert tokens_and_comments(text, 100_000)[0] <= document.token_count


def test_the_items_of_a_list_are_counted_and_comments_too() -> None:
    assert dict(counts(quiet(TRICKY)))["items"] == 4
    assert dict(counts(quiet('{ a(b: [-1 2.5e-3 $c E "x" true null]) }')))["items"] == 7
    assert tokens_and_comments("{ a } # b\n#c", 100) == (3, 2)
    assert tokens_and_comments("a " * 50, 7) == (7, 0)


@given(st.text(alphabet='"\\#\n\r(){}[]:@.ab1-$ ', max_size=60))
def test_strings_and_comments_match_wherever_they_begin(text: str) -> None:
    for place, character in enumerate(text):
        if character in '"#':
            assert QUIET.match(text, place) is not None
            assert WORDS.match(text, place) is not None
    dict(counts(quiet(text)))
