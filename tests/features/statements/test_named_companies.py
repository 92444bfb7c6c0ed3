"""A statement about one company names it by one parameter in every table, so that a database can be chosen by it.

Joins are not looked at: a table counts as placed only by `alias.company_id = $n` beside it. The statements are parsed
by sqlglot, which shares nothing with the emitter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from db.tables import metadata
from db.tokens import CredentialKind
from resolvers.compilation.context import Bindings
from resolvers.compilation.statement import Statement
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.request import RequestError
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.registry import statement_writers
from resolvers.writing.value_reading import NO_ROW
from schema.declarations.writing import WriteAction
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.profiles import searched
from tests.features.statements.test_statements import biggest
from tests.golden.case import read_cases
from tests.resolvers.writing.desk import DECLARED, document, full

COMPANY = "company_id"
OWN = {"company": "id"} | {
    table.name: COMPANY for table in metadata.tables.values() if table.primary_key[:1] == (COMPANY,)
}
"""The tables that are kept by company, with the column that has its id."""

ONE = "com_514c94de889b4144be3fe722f52193db"
ABOUT_ONE = frozenset({"company", "apps", "__typename", "__schema", "__type"})
KINDS = list(CredentialKind)
SIMILAR = " %> "
"""An operator of pg_trgm that sqlglot does not know."""


def test_the_tables_of_companies_are_those_of_the_metadata() -> None:
    assert {table.name for table in metadata.tables.values() if table.info.get("tenant")} == OWN.keys() - {"company"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The tables of companies in a part of a statement: the parameters that name one, and the aliases without any."""

    named: frozenset[str]
    strays: tuple[str, ...]

    @property
    def is_placed(self) -> bool:
        return len(self.named) == 1 and not self.strays


def reading(part: exp.Expr, *, without: frozenset[int] = frozenset()) -> Reading:
    """The tables in a part of a statement, other than those in parts `without` (by identity)."""
    named: set[str] = set()
    strays: list[str] = []
    for table in part.find_all(exp.Table):
        if table.name not in OWN or any(id(above) in without for above in _above(table)):
            continue
        found = _parameter(table)
        if found is None:
            strays.append(table.alias_or_name)
        else:
            named.add(found)
    return Reading(frozenset(named), tuple(strays))


def _above(part: exp.Expr) -> Iterator[exp.Expr]:
    above = part.parent
    while above is not None:
        yield above
        above = above.parent


def _parameter(table: exp.Table) -> str | None:
    """The parameter that a condition beside the table compares its company with."""
    query = table.find_ancestor(exp.Select, exp.Update, exp.Delete)
    for condition in _conditions(query) if query is not None else ():
        if isinstance(condition, exp.EQ) and isinstance(condition.this, exp.Column):
            column, value = condition.this, condition.expression.unnest()
            value = value.this if isinstance(value, exp.Cast) else value
            is_its_company = (column.table, column.name) == (table.alias_or_name, OWN[table.name])
            if is_its_company and isinstance(value, exp.Parameter):
                return value.sql(dialect="postgres")
    return None


def _conditions(query: exp.Expr) -> Iterator[exp.Expr]:
    """What holds of every row that a query reads."""
    joins = [join.args["on"] for join in query.args.get("joins") or () if join.args.get("on")]
    where = [query.args["where"].this] if query.args.get("where") else []
    for condition in (*joins, *where):
        yield from condition.flatten() if isinstance(condition, exp.And) else (condition,)


# --- statements that read


@dataclass(frozen=True, slots=True)
class Parts:
    """A statement that reads: its lateral joins, one for each root field with companies, and all that is outside."""

    laterals: tuple[exp.Expr, ...]
    outside: Reading

    @classmethod
    def of(cls, statement: str) -> "Parts":
        known = statement.replace(SIMILAR, " = ")
        parsed = sqlglot.parse_one(known, dialect="postgres")
        laterals = [join.this for join in parsed.find_all(exp.Join) if _is_root(join)]
        viewer = {id(part) for part in parsed.find_all(exp.CTE) if part.alias == "viewer"}  # what a credential names
        return cls(tuple(laterals), reading(parsed, without=frozenset({*map(id, laterals), *viewer})))


def _is_root(join: exp.Join) -> bool:
    alias = join.this.alias_or_name
    return isinstance(join.this, exp.Lateral) and alias.startswith("l") and alias[1:].isdigit()


def enters(lateral: exp.Expr, parameter: str) -> bool:
    """True if the rows of a lateral join are of the viewer's membership in the company of a parameter."""
    query = lateral.this.this
    members = [
        condition.this.table
        for condition in _conditions(query)
        if isinstance(condition, exp.EQ) and condition.sql(dialect="postgres").endswith(".account_id = v.account_id")
    ]
    entered = {table.alias_or_name: table for table in _tables_of(query)}
    return any(_parameter(entered[member]) == parameter for member in members)


def _tables_of(query: exp.Expr) -> Iterator[exp.Table]:
    for table in query.find_all(exp.Table):
        if table.find_ancestor(exp.Select) is query:
            yield table


def wrong(statement: Statement, operation: Operation, variables: Mapping[str, Any]) -> list[str]:
    """What a database chosen by the company would not find, or would read of another one."""
    found = Parts.of(statement.sql)
    readings = [reading(lateral) for lateral in found.laterals]
    roots = [selected.name for selected in default_compiler().roots(operation, variables)]
    placed = [(lateral, of) for lateral, of in zip(found.laterals, readings, strict=True) if of.is_placed]
    mistakes = [f"{of.named} and {of.strays}" for of in readings if of.named and not of.is_placed]
    mistakes += [f"{of.named} not entered" for lateral, of in placed if not enters(lateral, *of.named)]
    if len(placed) < (operation.is_live or roots.count("company")):
        mistakes.append(f"{len(placed)} companies named for {roots}")
    if ABOUT_ONE.issuperset(roots) or operation.is_live:
        mistakes += [f"{of.strays}" for of in (*readings, found.outside) if of.strays]
    return mistakes


def of(query: str, variables: Mapping[str, Any]) -> tuple[Operation, Mapping[str, Any]]:
    operation = Documents(default_compiler().schema).find(query).choose(None)
    return operation, operation.coerce(variables)


def compiled(operation: Operation, variables: Mapping[str, Any], kind: CredentialKind) -> Statement:
    compiler = default_compiler()
    return (compiler.live if operation.is_live else compiler.read)(operation, variables, kind)


QUERIES = [pytest.param(case.query, case.variables, id=case.name) for case in read_cases() if not case.is_mutation]
BIG = [pytest.param(document, {}, id=f"biggest {n}") for n, document in enumerate(biggest())]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("query", "variables"), [*QUERIES, *BIG])
def test_a_statement_names_its_company_in_every_table(query: str, variables: Mapping[str, Any]) -> None:
    operation, coerced = of(query, variables)
    assert wrong(compiled(operation, coerced, CredentialKind.SESSION), operation, coerced) == []


@given(case=operations() | operations("company"), kind=st.sampled_from(KINDS))
@searched(150)
def test_so_does_any_other(case: Case, kind: CredentialKind) -> None:
    case = case.filled([None] * len(case.cursors))
    operation, variables = of(case.query, case.variables)
    try:
        statement = compiled(operation, variables, kind)
    except RequestError:
        return
    assert wrong(statement, operation, variables) == []


def test_the_parameter_is_the_key_in_the_global_id() -> None:
    query = "query ($id: ID!) { company(id: $id) { customers(first: 1) { nodes { name } } users { totalCount } } }"
    operation, variables = of(query, {"id": ONE})
    statement = compiled(operation, variables, CredentialKind.SESSION)
    (lateral,) = Parts.of(statement.sql).laterals
    (name,) = reading(lateral).named
    assert statement.arguments(Bindings(variables))[int(name[1:]) - 1] == ONE.removeprefix("com_")


# --- statements that write

AS_WHOLES = {"app_grant"}
"""Compared as whole rows, of which the first value is the parameter: so an index of open periods finds them."""

BY_COMPANY = [write for write in DECLARED.values() if write.which == "companyId"]
BY_ROW = [write for write in DECLARED.values() if write.which != "companyId"]


def written(operation: str, input_: Mapping[str, Any], kind: CredentialKind = CredentialKind.SESSION) -> exp.Expr:
    """The statement of a write with whatever an input can ask for, and with the row that it writes in its payload."""
    declared = DECLARED.get(operation)
    selection = f"{declared.member} {{ id }}" if declared is not None and declared.action.name != "DELETE" else ""
    title = operation[0].upper() + operation[1:]
    if declared is not None:
        text = document(declared, f"{selection} errors {{ code }}")
    else:
        text = f"mutation ($input: {title}Input!) {{ {operation}(input: $input) {{ errors {{ code }} }} }}"
    compiler = default_compiler()
    found, variables = of(text, {"input": input_})
    (selected,) = compiler.writes(found, variables)
    statement = compiler.write(found, selected, variables, kind, in_full=True)
    return sqlglot.parse_one(statement.sql.replace(SIMILAR, " = "), dialect="postgres")


def input_of(write: EntityWrite) -> dict[str, Any]:
    values = full(write) if write.action in (WriteAction.CREATE, WriteAction.UPDATE) else {}
    if not write.listed:
        return {write.which: f"{write.named_prefix}_{NO_ROW}", **values}
    item = values if write.creates else {write.row: f"{write.prefix}_{NO_ROW}", **values}
    return {"companyId": ONE, "items": [item]}


def inserted(parsed: exp.Expr) -> Iterator[str]:
    """What the inserts into tables of companies give as company."""
    for insert in parsed.find_all(exp.Insert):
        table = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
        if table.name in OWN:
            columns = [column.name for column in insert.this.expressions]
            yield insert.expression.expressions[columns.index(OWN[table.name])].sql(dialect="postgres")


def shifted(parsed: exp.Expr) -> list[str]:
    """What updates compute by the rules of a time zone, which no database that is chosen by a value would run."""
    found = (part for update in parsed.find_all(exp.Update) for part in update.find_all(exp.Interval))
    return [part.parent.sql() for part in found if part.parent is not None and not part.find_ancestor(exp.AtTimeZone)]


OTHERS: Mapping[str, Mapping[str, Any]] = {
    "setAppAccess": {
        "companyId": ONE,
        "expectedVersion": 1,
        "changes": [],
        "copy": [{"from": f"usr_{NO_ROW}", "to": f"usr_{NO_ROW}"}],
    },
    "activateApp": {"companyId": ONE, "app": "STOCK"},
    "deactivateApp": {"companyId": ONE, "app": "STOCK"},
    "adjustPrices": {"companyId": ONE, "percent": "5.00", "groupId": f"prg_{NO_ROW}"},
    "requestAccess": {"companyId": ONE, "app": "STOCK", "reason": "Counting"},
    "updateCompany": {"companyId": ONE, "city": "Namur"},
    "disconnectService": {"companyId": ONE, "connectedServiceId": f"cns_{NO_ROW}"},
}
OF_A_ROW: Mapping[str, Mapping[str, Any]] = {
    "decideAccessRequest": {"requestId": f"arq_{NO_ROW}", "granted": True},
}
OF_NO_COMPANY = {"updateProfile"}


def test_every_other_write_of_one_statement_is_looked_at() -> None:
    assert {
        *statement_writers(default_compiler().layout)
    } == DECLARED.keys() | OTHERS.keys() | OF_A_ROW.keys() | OF_NO_COMPANY


@pytest.mark.parametrize(
    ("operation", "input_"),
    [*((write.operation, input_of(write)) for write in BY_COMPANY), *OTHERS.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_write_that_names_its_company_does_so_in_every_table(operation: str, input_: Mapping[str, Any]) -> None:
    parsed = written(operation, input_)
    viewer = frozenset(id(part) for part in parsed.find_all(exp.CTE) if part.alias == "viewer")
    wholes = frozenset(id(update) for update in parsed.find_all(exp.Update) if update.this.name in AS_WHOLES)
    targets = frozenset(id(insert.this) for insert in parsed.find_all(exp.Insert))
    found = reading(parsed, without=viewer | wholes | targets)
    assert found.is_placed, found
    assert {*inserted(parsed)} <= {f"CAST({name} AS UUID)" for name in found.named}
    assert shifted(parsed) == []


@pytest.mark.parametrize(
    ("operation", "input_"),
    [*((write.operation, input_of(write)) for write in BY_ROW), *OF_A_ROW.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_write_that_names_a_row_finds_its_company_first(operation: str, input_: Mapping[str, Any]) -> None:
    parsed = written(operation, input_)
    (judged,) = (part for part in parsed.find_all(exp.CTE) if part.alias == "judged")
    assert "company_id" in {column.alias_or_name for select in judged.find_all(exp.Select) for column in select.selects}
    assert reading(parsed).named == frozenset()
    assert shifted(parsed) == []


# --- what counts as named


@pytest.mark.parametrize(
    ("statement", "named", "strays"),
    list[tuple[str, set[str], tuple[str, ...]]](
        [
            ("select 1 from document d where d.company_id = $1", {"$1"}, ()),
            (
                "select 1 from document d, document e where d.company_id = $1::uuid and e.company_id = $2",
                {"$1", "$2"},
                (),
            ),
            (
                "select 1 from document d join document e on e.company_id = d.company_id and d.company_id = $1",
                {"$1"},
                ("e",),
            ),
            ("select 1 from document d where d.company_id = $1 or true", set(), ("d",)),
            ("select 1 from document d where d.id = $1 and d.company_id = j.company_id", set(), ("d",)),
            ("select (select 1 from contact c) from document d where d.company_id = $1", {"$1"}, ("c",)),
            ("select 1 from company c where c.id = $1 and exists (select from app)", {"$1"}, ()),
            ("update document d set number = '' where d.company_id = $1", {"$1"}, ()),
        ]
    ),
)
def test_what_counts_as_named(statement: str, named: set[str], strays: tuple[str, ...]) -> None:
    assert reading(sqlglot.parse_one(statement, dialect="postgres")) == Reading(frozenset(named), strays)
