"""Every list and every number that a client may send has a bound, and what is made to be slow is measured, not run."""

import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSyntaxError, parse

from resolvers.compilation.context import Bindings
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import Typed, definition, is_list, named_type, type_of
from resolvers.operation.documents import Documents
from resolvers.operation.limits import Meter
from resolvers.operation.variable_limits import OWN_BOUND, is_too_long
from resolvers.request import RequestError
from resolvers.request_limits import VALUES, VARIABLE_ITEMS, Limits
from schema.errors import ErrorCode

LIMITS = Limits()


def refusal(query: str, **variables: object) -> RequestError:
    """Why an operation is refused before the database is asked."""
    compiler = default_compiler()
    try:
        operation = Documents(compiler.schema).find(query).choose(None)
        coerced = operation.coerce(variables)
        compiler.read(operation, coerced).arguments(Bindings(coerced))
    except RequestError as refused:
        return refused
    pytest.fail("it is not refused")


def inputs() -> Iterator[tuple[str, Typed]]:
    """Every argument and input field of the schema by its coordinate."""
    for name, type_ in default_compiler().schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, declared in type_.fields.items():
                yield from ((f"{name}.{field}({argument}:)", of) for argument, of in declared.args.items())
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", of) for field, of in type_.fields.items())


def test_every_number_that_a_client_may_send_has_a_range() -> None:
    numbers = {of: declared for of, declared in inputs() if named_type(declared).name in {"Int", "Float"}}
    pages = {of for of in numbers if of.endswith(("(first:)", "(last:)"))}
    versions = {"SetAppAccessInput.expectedVersion", "PermissionMatrix.changedSince(version:)"}  # compared only
    versions |= {of for of in numbers if of.endswith("Input.expectedVersion")}
    ruled = {of for of, declared in numbers.items() if definition(declared).metadata.get("write") is not None}
    assert set(numbers) - pages - ruled == versions, "bound it, or say here why it needs no bound"


@pytest.mark.parametrize("size", [-1, 101, 2**31 - 1])
@pytest.mark.parametrize("argument", ["first", "last"])
def test_a_page_size_out_of_range_is_refused(argument: str, size: int) -> None:
    literal = f'{{ company(id: "") {{ invoices({argument}: {size}) {{ nodes {{ id }} }} }} }}'
    variable = f'query ($n: Int) {{ company(id: "") {{ invoices({argument}: $n) {{ nodes {{ id }} }} }} }}'
    assert refusal(literal).entry.code is ErrorCode.BAD_USER_INPUT
    assert refusal(variable, n=size).entry.code is ErrorCode.BAD_USER_INPUT


@pytest.mark.parametrize("declared", [pytest.param(of, id=name) for name, of in inputs() if is_list(of)])
def test_every_list_in_variables_has_a_bound(declared: Typed) -> None:
    type_ = type_of(declared)
    assert is_too_long([None] * (VARIABLE_ITEMS + 1), type_) is (named_type(declared).name not in OWN_BOUND)
    assert not is_too_long([None] * VARIABLE_ITEMS, type_)


def test_a_list_is_bounded_wherever_it_stands_in_the_variables() -> None:
    query = 'query ($f: InvoiceFilter) { company(id: "") { invoices(filter: $f) { totalCount } } }'
    operation = Documents(default_compiler().schema).find(query).choose(None)
    assert operation.coerce({"f": {"status": ["PAID"] * VARIABLE_ITEMS}})
    entry = refusal(query, f={"status": ["PAID"] * (VARIABLE_ITEMS + 1)}).entry
    assert (entry.code, entry.message) == (
        ErrorCode.BAD_USER_INPUT,
        f'Variable "$f" of type "InvoiceFilter" has a list of more than {VARIABLE_ITEMS} items.',
    )  # fmt: skip
    kinds = 'query ($k: [DocumentKind!]) { company(id: "") { documents(kinds: $k) { totalCount } } }'
    assert refusal(kinds, k=["INVOICE"] * (VARIABLE_ITEMS + 1)).entry.code is ErrorCode.BAD_USER_INPUT


def test_the_changes_of_a_matrix_have_the_bound_of_their_mutation() -> None:
    query = "mutation ($i: SetAppAccessInput!) { setAppAccess(input: $i) { errors { code } } }"
    operation = Documents(default_compiler().schema).find(query).choose(None)
    change = {"userId": "x", "app": "STOCK", "granted": True}
    given = {"companyId": "x", "expectedVersion": 1, "changes": [change] * 3_001}
    assert len(operation.coerce({"i": given})["i"]["changes"]) == 3_001
    invited = "mutation ($i: CreateUserInput!) { createUser(input: $i) { errors { code } } }"
    operation = Documents(default_compiler().schema).find(invited).choose(None)
    names = {"companyId": "x", "email": "a@b.be", "firstName": "A", "lastName": "B", "role": "EMPLOYEE"}
    with pytest.raises(RequestError, match="more than 1000 items"):
        operation.coerce({"i": {**names, "apps": ["STOCK"] * (VARIABLE_ITEMS + 1)}})


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 101}),
        ('query ($f: CustomerFilter) { company(id: "") { customers(filter: $f) { totalCount } } }',
         {"f": {"name": {"oneOf": ["x"] * 101}}}),
        ('query ($u: [ID!]) { company(id: "") { permissionMatrix(userIds: $u) { rows { id } } } }', {"u": ["x"] * 101}),
        (f'{{ nodes(ids: ["{"x"}" {"x ".replace("x", chr(34) * 2) * 101}]) {{ id }} }}', {}),
    ],
)  # fmt: skip
def test_ids_and_texts_are_at_most_a_hundred(query: str, variables: dict[str, object]) -> None:
    entry = refusal(query, **variables).entry
    assert (entry.code, entry.message) == (ErrorCode.BAD_USER_INPUT, "A list has more than 100 items.")


def test_a_list_in_a_document_has_the_same_bound() -> None:
    def documents(count: int) -> str:
        return f'{{ company(id: "") {{ documents(kinds: [{"INVOICE " * count}]) {{ totalCount }} }} }}'

    Documents(default_compiler().schema).find(documents(LIMITS.items))
    entry = refusal(documents(LIMITS.items + 1)).entry
    assert entry.message == "The document has more than 1000 items in a list."


# What is made to be slow

ORDINARY = """
query Page($id: ID!) {
  company(id: $id) {
    name
    invoices(first: 20) { nodes { id number date totalIncl customer { name } lines { name quantity price } } }
  }
}"""


def spreads(levels: int, each: int) -> str:
    links = (f"fragment F{n} on Company {{ name {f'...F{n + 1} ' * each} }}" for n in range(levels))
    return f'{{ company(id: "") {{ ...F0 }} }} {" ".join(links)} fragment F{levels} on Company {{ name }}'


def login(count: int) -> str:
    logins = (f'a{n}: login(input: {{email: "a@b.be", password: "x"}}) {{ token }}' for n in range(count))
    return f"mutation {{ {' '.join(logins)} }}"


HOSTILE: dict[str, str] = {
    "nested spreads, 2 each": spreads(18, 2),
    "nested spreads, 10 each": spreads(60, 10),
    "circular fragments": "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }",
    "100 aliased logins": login(100),
    "300 overlapping aliases": '{ company(id: "") { '
    + " ".join(f'x: invoices(first: {n}) {{ nodes {{ id }} }}' for n in range(300))
    + " } }",
    "1,000 equal fields": '{ company(id: "") { ' + "name " * 990 + "} }",
    "deep selections": "{ viewer " * 400 + "{ __typename }" + "}" * 400,
    "a list of 1,900": '{ company(id: "") { documents(kinds: [' + "INVOICE " * 1_900 + "]) { totalCount } } }",
    "a list 900 deep": '{ nodes(ids: ' + "[" * 900 + "]" * 900 + ") { id } }",
    "an object 400 deep": '{ company(id: "") { invoices(filter: ' + "{a: " * 400 + "1" + "}" * 400 + ") { id } } }",
    "too many operations": " ".join(f"query Q{n} {{ viewer {{ __typename }} }}" for n in range(150)),
    "50 directives": "{ viewer " + "@include(if: true) " * 51 + "{ __typename } }",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_after_a_look_at_each_of_its_selections(name: str) -> None:
    text = HOSTILE[name]
    with pytest.raises(RequestError):
        Documents(default_compiler().schema).find(text)
    try:
        meter = Meter(parse(text, max_tokens=LIMITS.tokens), LIMITS)
    except GraphQLSyntaxError:  # the parser itself refuses
        return
    with suppress(RequestError):
        meter.check()
    assert meter.visits <= 2 * LIMITS.tokens + LIMITS.fields


WIDE: dict[str, Any] = {"f": [[0]] * (VALUES + 1)}
NESTED: dict[str, Any] = {"f": {"a": [{"b": [1] * 10}] * 2_000}}


@pytest.mark.parametrize("value", [WIDE, NESTED], ids=["wide", "nested"])
def test_too_many_values_are_counted_no_further_than_needed(value: dict[str, Any]) -> None:
    query = 'query ($f: InvoiceFilter) { company(id: "") { invoices(filter: $f) { totalCount } } }'
    assert refusal(query, **value).entry.message == f"The variables have more than {VALUES} values."


def cpu(text: str, variables: dict[str, Any] | None = None) -> float:
    """Milliseconds of this process for a document that was never seen, until it is refused or its statement made."""
    compiler = default_compiler()
    times: list[float] = []
    for _ in range(5):
        documents, began = Documents(compiler.schema), time.process_time()
        with suppress(RequestError):
            operation = documents.find(text).choose(None)
            compiler.read(operation, operation.coerce(variables or {}))
        times.append(time.process_time() - began)
    return statistics.median(times) * 1_000


def table() -> str:
    """What hostile requests take of the processor beside an ordinary one that is seen for the first time."""
    deep = orjson.loads("[" * 1_000 + "]" * 1_000)
    given = 'query ($f: InvoiceFilter) { company(id: "") { invoices(filter: $f) { totalCount } } }'
    rows = {"an ordinary request": cpu(ORDINARY, {"id": ""})}
    rows |= {name: cpu(text) for name, text in HOSTILE.items()}
    rows["20,000 ids in variables"] = cpu("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["x"] * 20_000})
    rows["1,000 deep in variables"] = cpu(given, {"f": {"status": deep}})
    return "\n".join(f"{name:32}{milliseconds:8.2f} ms" for name, milliseconds in rows.items())


if __name__ == "__main__":
    print(table())
