"""limits.py: what is refused, what passes, and that measuring is linear in the text."""

from dataclasses import replace

import pytest
from graphql import get_introspection_query, parse

from resolvers.operation.limits import Meter, parse_document
from resolvers.request import Location, RequestError
from resolvers.request_limits import Limits
from schema.errors import ErrorCode

LIMITS = Limits()


def refusal(text: str, limits: Limits = LIMITS) -> RequestError:
    with pytest.raises(RequestError) as refused:
        parse_document(text, limits)
    return refused.value


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def chain(length: int, spreads: int) -> str:
    """Fragments of which each spreads the next `spreads` times."""
    links = (f"fragment F{n} on T {{ a {f'...F{n + 1} ' * spreads} }}" for n in range(length))
    return f"{{ r {{ ...F0 }} }} {' '.join(links)} fragment F{length} on T {{ a }}"


def inside(selections: str) -> str:
    return f"{{ a {{ {selections} }} }}"


def numbered(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


@pytest.mark.parametrize(
    ("passing", "refused", "message"),
    [
        pytest.param(nested(12), nested(13), "12 levels of fields", id="depth"),
        pytest.param(inside(numbered("x#: a", 30)), inside(numbered("x#: a", 31)), "30 aliases", id="aliases"),
        pytest.param("{ a " + "@d " * 50 + "}", "{ a " + "@d " * 51 + "}", "50 directives", id="directives"),
        pytest.param(
            "{ ...F } fragment F on T " + "@d " * 49 + "{ a @d }",
            "{ ...F @d } fragment F on T " + "@d " * 49 + "{ a @d }",
            "50 directives",
            id="directives of fragments",
        ),
        pytest.param(
            f"query ({numbered('$a#: Int @d', 49)}) @d {{ a }}",
            f"query ({numbered('$a#: Int @d', 50)}) @d {{ a }}",
            "50 directives",
            id="directives of operations",
        ),
        pytest.param("{" + "a " * 20 + "}", "{" + "a " * 21 + "}", "20 fields at the root", id="root"),
        pytest.param(
            "{ ...F ...F } fragment F on T {" + "a " * 10 + "}",
            "{ ...F ...F b } fragment F on T {" + "a " * 10 + "}",
            "20 fields at the root",
            id="root through fragments",
        ),
        pytest.param(numbered("query Q# { a }", 20), numbered("query Q# { a }", 21), "20 operations", id="operations"),
        pytest.param(
            "{ a }" + numbered("fragment F# on T { a }", 100),
            "{ a }" + numbered("fragment F# on T { a }", 101),
            "100 fragments",
            id="fragments",
        ),
        pytest.param(chain(5, 2), chain(12, 2), "3000 selected fields", id="fields"),
        pytest.param(inside("b " * 300), inside("b " * 400), "selects the same fields too often", id="repeated"),
        pytest.param(
            inside("b(x: 1) " * 90),
            inside("b(x: 1) " * 110),
            "selects the same fields too often",
            id="repeated with arguments",
        ),
    ],
)
def test_each_limit_lets_its_count_pass_and_refuses_more(passing: str, refused: str, message: str) -> None:
    parse_document(passing, LIMITS)
    error = refusal(refused)
    assert error.entry.code is ErrorCode.GRAPHQL_VALIDATION_FAILED
    assert message in error.entry.message


def test_hundreds_of_fields_in_one_operation_pass() -> None:
    parse_document("{ viewer { " + " ".join(f"field{n}" for n in range(600)) + " } }", LIMITS)


def test_the_standard_introspection_query_passes() -> None:
    parse_document(get_introspection_query(specified_by_url=True, input_value_deprecation=True), LIMITS)


def test_introspection_has_a_depth_of_its_own() -> None:
    parse_document("{ a { b } __schema " + nested(19) + " }", LIMITS)
    assert "20 levels of introspection" in refusal("{ __schema " + nested(20) + " }").entry.message
    assert (
        "20 levels of introspection"
        in refusal("{ a { ...F } } fragment F on T { __type " + nested(20) + " }").entry.message
    )


def test_thousands_of_aliases_are_refused_before_they_are_parsed() -> None:
    error = refusal("{ " + " ".join(f"a{n}: viewer" for n in range(5_000)) + " }")
    assert error.entry.code is ErrorCode.GRAPHQL_PARSE_FAILED
    assert "65536 characters" in error.entry.message or "tokens" in error.entry.message


def test_tokens_and_characters_are_bounded() -> None:
    assert "2000 tokens" in refusal("{ " + "a " * 2_000 + "}").entry.message
    assert "65536 characters" in refusal("{ a } #" + "x" * 65_536).entry.message


LONG = "a" * LIMITS.name


@pytest.mark.parametrize(
    "document",
    [
        "{ # : a }", "{ # }", "query # { a }", "query Q($#: Int) { a(b: $#) }", "{ ...# } fragment # on T { a }",
        "{ a(#: 1) }", "{ a(b: {#: 1}) }", "{ a(b: #) }", "{ a @# }", "{ ... on # { a } }",
    ],
)  # fmt: skip
def test_names_are_bounded_wherever_they_stand(document: str) -> None:
    parse_document(document.replace("#", LONG), LIMITS)
    error = refusal(document.replace("#", f"{LONG}a"))
    assert error.entry.code is ErrorCode.GRAPHQL_VALIDATION_FAILED
    assert error.entry.message == "The document has a name of more than 100 characters."
    assert "aaa" not in error.entry.message


def test_what_is_no_name_may_be_long() -> None:
    parse_document(f'{{ a(b: "{LONG * 3}", c: {"1" * 200}) {{ b }} }} # {LONG * 3}', LIMITS)


def test_a_fragment_bomb_is_refused_after_visiting_each_selection_once() -> None:
    for levels in (14, 60):  # the first tells when it is not so, the second would not end
        meter = Meter(parse(chain(levels, 2)), LIMITS)
        with pytest.raises(RequestError):
            meter.check()
        assert meter.visits == 2 + levels * 3 + 1


def test_a_wide_document_is_visited_twice_at_most() -> None:
    meter = Meter(parse("{ a { " + " ".join(f"f{n}" for n in range(500)) + " } }"), LIMITS)
    meter.check()
    assert meter.visits == 2 * 501


def test_comparisons_are_counted_where_validation_merges() -> None:
    repeated = "{ r { " + "a { b(x: 1) c(x: 1) } " * 60 + "} }"
    assert "too often" in refusal(repeated).entry.message
    through_fragments = "{ r { " + "...F " * 60 + "} } fragment F on T { a { b(x: 1) c(x: 1) } }"
    assert "too often" in refusal(through_fragments).entry.message
    in_an_unused_fragment = "{ a } fragment F on T { " + "b(x: 1) " * 110 + "}"
    assert "too often" in refusal(in_an_unused_fragment).entry.message


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on T { ...F }",
        "{ ...F } fragment F on T { a { ...G } } fragment G on T { ... on T { ...F } }",
        "{ a } fragment F on T { ...F }",
    ],
    ids=["itself", "through-another", "unused"],
)
def test_fragment_cycles_are_refused(text: str) -> None:
    error = refusal(text)
    assert error.entry.message == "Cannot spread fragment 'F' within itself."
    assert error.entry.code is ErrorCode.GRAPHQL_VALIDATION_FAILED


def test_a_second_fragment_of_the_same_name_cannot_hide_from_the_limits() -> None:
    twice = "{ ...F } fragment F on T { a } fragment F on T { " + "b(x: 1) " * 200 + "}"
    assert refusal(twice).entry.message == "There can be only one fragment named 'F'."


def test_long_nesting_without_fields_does_not_exhaust_the_stack() -> None:
    assert "inside each other" in refusal("{ a " + "... { " * 120 + "a " + "} " * 121).entry.message
    links = " ".join(f"fragment F{n} on T {{ ... {{ ... {{ ...F{n + 1} }} }} }}" for n in range(90))
    assert "inside each other" in refusal(f"{{ ...F0 }} {links} fragment F90 on T {{ a }}").entry.message


def test_unknown_fragments_are_left_to_validation() -> None:
    parse_document("{ ...Unknown }", LIMITS)


def test_empty_selections_and_syntax_errors_are_parse_failures_with_a_location() -> None:
    error = refusal("{\n  a {} }")
    assert error.entry.code is ErrorCode.GRAPHQL_PARSE_FAILED
    assert error.entry.message.startswith("Syntax Error: Expected Name")
    assert error.entry.locations == (Location(2, 6),)


def test_a_refusal_names_the_place() -> None:
    assert refusal("{ a }\nquery B { a b }", replace(LIMITS, root_fields=1)).entry.locations == (Location(2, 1),)


@pytest.mark.parametrize("value", ['"hush"', '"""hush"""', "12345678", "1234.5678"])
def test_a_syntax_error_does_not_repeat_a_value(value: str) -> None:
    message = refusal(f'mutation {{ login(input: {{email: "a" }} {value}) {{ token }} }}').entry.message
    assert message.startswith("Syntax Error: Expected Name, found ")
    assert not any(text in message for text in ("hush", "1234"))


def test_tokens_and_comments_are_counted_apart() -> None:
    arguments, comments = "n: 1 " * 660, "# a\n" * 2_000
    parse_document(f"{{ a({arguments}) }}\n{comments}", LIMITS)
    assert "2000 tokens" in str(refusal(f"{{ a({arguments} {'n: 1 ' * 10}) }}\n{comments}"))
    assert "2000 comments" in str(refusal(f"{{ a }}\n{comments}#"))
