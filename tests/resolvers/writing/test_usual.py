"""A usual input, of plain fields alone, has a statement of its own: it does the same, and is short."""

import re
from typing import Any

import pytest

from db.tokens import CredentialKind
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.reading import Usual
from schema.declarations.writing import WriteKind
from tests.resolvers.writing.desk import WRITES

COMPILER = default_compiler()


def title(write: EntityWrite) -> str:
    return write.operation[0].upper() + write.operation[1:]


def text(write: EntityWrite, given: dict[str, Any], *, in_full: bool = False) -> str:
    """The statement for an input."""
    query = f"mutation($input: {title(write)}Input!) {{ {write.operation}(input: $input) {{ errors {{ code }} }} }}"
    operation = Documents(COMPILER.schema).find(query).choose(None)
    variables = {"input": given}
    (selected,) = COMPILER.writes(operation, variables)
    return COMPILER.write(operation, selected, variables, CredentialKind.SESSION, in_full=in_full).sql


@pytest.mark.parametrize("name", WRITES)
def test_a_usual_input_has_one_statement_and_a_trial_the_full_one(name: str) -> None:
    write = WRITES[name]
    usual, full = text(write, {write.which: "x"}), text(write, {write.which: "x"}, in_full=True)
    for member in Usual.of(write).members - {"validateOnly"}:
        assert text(write, {write.which: "x", member: None}) == usual
    assert text(write, {write.which: "x", "validateOnly": True}) == full
    assert text(write, {write.which: "x", "validateOnly": False}) == usual


def test_a_statement_has_the_lists_that_its_input_states() -> None:
    write = WRITES["updateCustomer"]
    lists = [owned.member for owned in write.lists]
    assert len(lists) == 4
    for n, member in enumerate(lists):
        sql = text(write, {write.which: "x", member: []})
        assert [other for k, other in enumerate(lists) if f"items{k} as" in sql] == [member]
        assert f", added{n} as" in sql
    whole = text(write, {write.which: "x", **{member: [] for member in lists}})
    assert all(f"items{k} as" in whole for k in range(4))
    number = text(write, {write.which: "x", "number": "C1"})
    assert "insert into counter" in number
    assert "insert into counter" not in text(write, {write.which: "x", "validateOnly": True})


@pytest.mark.parametrize("name", [name for name, write in WRITES.items() if write.creates])
def test_each_value_of_a_new_row_is_a_parameter_of_its_own(name: str) -> None:
    write = WRITES[name]
    usual = text(write, {write.which: "x"})
    assert write.effects or "jsonb" not in usual
    assert len(set(re.findall(r"\$\d+", usual))) > len(write.columns)


@pytest.mark.parametrize("name", WRITES)
def test_what_is_judged_against_other_rows_or_columns_is_not_usual(name: str) -> None:
    write = WRITES[name]
    usual = Usual.of(write).members
    apart = {column.member for column in write.columns if column.linked is not None}
    apart |= {owned.member for owned in write.lists} | {effect.reads for effect in write.rules.effects}
    apart |= {column.member for column in write.columns if column.rule.kind is WriteKind.NUMBER}
    if not write.creates:
        apart |= {member for rule in write.rules.rules for member in rule.reads}
    assert usual & apart == set()
    assert {column.member for column in write.columns} <= usual | apart


def test_an_input_with_variables_inside_is_usual_by_its_members() -> None:
    def compiled(input_: str, declared: str = "", **variables: Any) -> str:
        query = f"mutation {declared} {{ updateCustomer(input: {input_}) {{ replayed }} }}"
        operation = Documents(COMPILER.schema).find(query).choose(None)
        (selected,) = COMPILER.writes(operation, variables)
        return COMPILER.write(operation, selected, variables).sql

    usual = compiled('{customerId: "x", note: "y"}')
    assert compiled("{customerId: $id, note: $x}", "($id: ID!, $x: String)", id="x", x="y") == usual
    assert compiled('{customerId: "x", postcode: $x}', "($x: String)", x="y") != usual
    assert compiled('{customerId: "x", validateOnly: $x}', "($x: Boolean)", x=False) != usual


def test_the_usual_statement_of_a_customer_is_less_than_half_of_the_full_one() -> None:
    for name in ("createCustomer", "updateCustomer"):
        write = WRITES[name]
        lists: dict[str, Any] = {owned.member: [] for owned in write.lists}
        given = {write.which: "x", "note": "y"}
        assert 2 * len(text(write, given)) < len(text(write, {**given, **lists}, in_full=True))
