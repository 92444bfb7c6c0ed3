"""selection.py: the specification's CollectFields."""

from graphql import FragmentDefinitionNode, GraphQLObjectType, OperationDefinitionNode, build_schema, parse

from resolvers.operation.arguments import Inputs, Variables
from resolvers.operation.selection import Collector, SelectedField

SCHEMA = build_schema("""
    interface Named { name: String }
    interface Aged { age: Int }
    type Cat implements Named & Aged { name: String age: Int lives: Int kittens(first: Int): [Cat] }
    type Dog implements Named { name: String }
    union Pet = Cat | Dog
    type Query { cat: Cat pet: Pet }
""")


def collect(text: str, variables: Variables | None = None, type_name: str = "Cat") -> tuple[SelectedField, ...]:
    document = parse(text)
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    return Collector(SCHEMA, fragments, Inputs(variables or {})).collect(type_, (operation.selection_set,))


def response_keys(text: str, variables: Variables | None = None, type_name: str = "Cat") -> list[str]:
    return [selected.key for selected in collect(text, variables, type_name)]


def test_keys_come_in_order_of_first_appearance() -> None:
    text = "{ b: name ...F lives b: name ... { age } } fragment F on Named { c: name b: name }"
    assert response_keys(text) == ["b", "c", "lives", "age"]


def test_fields_of_one_key_are_merged() -> None:
    (merged,) = collect("{ kittens(first: 1) { name } ... on Cat { kittens(first: 1) { lives } } }")
    assert (merged.name, len(merged.nodes), len(merged.selection_sets)) == ("kittens", 2, 2)


def test_a_fragment_applies_to_its_type_its_interfaces_and_unions_only() -> None:
    text = "{ ... on Cat { lives } ... on Dog { dog: name } ... on Aged { age } ... on Pet { ... on Named { name } } }"
    assert response_keys(text) == ["lives", "age", "name"]
    assert response_keys(text, type_name="Dog") == ["dog", "name"]


def test_skip_wins_and_both_are_read_from_variables() -> None:
    text = """query ($yes: Boolean!, $no: Boolean!) {
        a: name @skip(if: $yes)
        b: name @include(if: $no)
        c: name @skip(if: $no) @include(if: $yes)
        d: name @skip(if: true) @include(if: true)
        ... @include(if: $no) { e: name }
        ...F @skip(if: $yes)
    } fragment F on Cat { f: name }"""
    assert response_keys(text, {"yes": True, "no": False}) == ["c"]
    assert response_keys(text, {"yes": False, "no": True}) == ["a", "b", "e", "f"]


def test_a_fragment_that_was_skipped_once_still_counts_elsewhere() -> None:
    assert response_keys("{ ...F @skip(if: true) ...F } fragment F on Cat { name }") == ["name"]


def test_a_fragment_is_visited_once() -> None:
    (selected,) = collect("{ ...F ...F ...G } fragment F on Cat { name } fragment G on Cat { ...F }")
    assert len(selected.nodes) == 1
