"""hidden_fields.py: from the closed gates of a statement to notes and errors."""

import pytest

from resolvers.compilation.company_scope import GatedSelection, Position
from resolvers.compilation.statement import ScopeGates, Statement
from resolvers.execution.hidden_fields import error, hidden_selections, note
from resolvers.request import Note
from schema.apps import App
from schema.declarations.gates import Gate
from schema.errors import ErrorCode
from schema.roles import Role

A, B = "a" * 32, "b" * 32
GATES: tuple[Gate, ...] = (App.INVOICES, App.DISCOUNTS, Role.OWNER)
INVOICES = Position(("companies", "nodes", "invoices"), index_at=2)
ROWS = INVOICES.in_entry(0).under("nodes").in_rows()


def statement(*entries: GatedSelection, scopes: int = 1) -> Statement:
    return Statement("", (), (ScopeGates(GATES, entries),) * scopes, weight=0)


def paths(statement: Statement, text: str | None) -> list[tuple[str, object]]:
    return [(".".join(of.path), of.gate) for of in hidden_selections(statement, text)]


def test_nothing_is_closed() -> None:
    assert hidden_selections(statement(GatedSelection(INVOICES, (0,))), None) == ()


def test_one_note_per_selection_names_every_company_once() -> None:
    of = statement(GatedSelection(INVOICES, (0,)))
    (found,) = hidden_selections(of, f"0:{A}:fft,0:{B}:fff,,0:{A}:fff")
    assert note(found) == Note(INVOICES.path, "INVOICES", None, (f"com_{A}", f"com_{B}"))


def test_what_lies_below_a_hidden_selection_is_not_mentioned() -> None:
    discount = GatedSelection(ROWS.under("discount"), (1,))
    of = statement(GatedSelection(INVOICES, (0,)), discount, GatedSelection(ROWS.under("lines").in_entry(1), (2,)))
    assert paths(of, f"0:{A}:fff") == [("companies.nodes.invoices", App.INVOICES)]
    assert paths(of, f"0:{A}:tff") == [("companies.nodes.invoices.nodes.discount", App.DISCOUNTS)]


def test_several_gates_make_one_note_of_the_first_that_is_closed() -> None:
    of = statement(GatedSelection(INVOICES, (0, 2)))
    assert paths(of, f"0:{A}:fff") == [("companies.nodes.invoices", App.INVOICES)]
    assert paths(of, f"0:{A}:ttf") == [("companies.nodes.invoices", Role.OWNER)]


def test_a_branch_of_kinds_that_are_all_closed_says_nothing() -> None:
    of = statement(GatedSelection(INVOICES, branches=((0,), (1,))), GatedSelection(ROWS.under("plan"), (2,)))
    assert paths(of, f"0:{A}:fff") == []
    assert paths(of, f"0:{A}:ftf") == [("companies.nodes.invoices.nodes.plan", Role.OWNER)]


def test_a_refused_input_is_told_apart_from_a_hidden_field() -> None:
    of = statement(GatedSelection(INVOICES, (0,), (1,)))
    assert [(found.gate, found.refused) for found in hidden_selections(of, f"0:{A}:tff")] == [(App.DISCOUNTS, True)]
    assert [(found.gate, found.refused) for found in hidden_selections(of, f"0:{A}:fff")] == [(App.INVOICES, False)]


def test_an_errors_path_has_the_index_of_the_company_and_ends_before_the_first_list_of_data() -> None:
    of = statement(GatedSelection(ROWS.under("discount"), (1,)))
    (found,) = hidden_selections(of, f",,0:{A}:tff")
    entry = error(found, "This needs Discounts.")
    assert (entry.code, entry.path) == (ErrorCode.APP_REQUIRED, ("companies", "nodes", 2, "invoices", "nodes"))
    assert entry.extensions == {
        "app": "DISCOUNTS",
        "selection": ["companies", "nodes", "invoices", "nodes", "discount"],
        "companies": [f"com_{A}"],
    }
    (of_role,) = hidden_selections(statement(GatedSelection(Position(("company", "plan")), (2,))), f"0:{A}:ttf")
    assert (error(of_role, "").code, error(of_role, "").path) == (ErrorCode.ROLE_REQUIRED, ("company", "plan"))


def test_sites_are_apart() -> None:
    of = statement(GatedSelection(INVOICES, (0,)), scopes=2)
    assert [found.companies for found in hidden_selections(of, f";1:{B}:ftt")] == [(f"com_{B}",)]


@pytest.mark.parametrize("text", [f"0:{A}:ff", f"0:{A}:ffff", f"0:{A}", "nonsense"])
def test_what_does_not_fit_the_statement_is_an_error_and_never_silence(text: str) -> None:
    with pytest.raises(ValueError, match=r"fit|unpack"):
        hidden_selections(statement(GatedSelection(INVOICES, (0,))), text)
