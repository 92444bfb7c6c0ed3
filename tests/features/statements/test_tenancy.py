"""Every tenant table in every statement carries its company, and every company read is one that the viewer enters.

The statements are parsed by sqlglot, which shares nothing with the emitter.
"""

from collections.abc import Iterator
from functools import lru_cache

import pytest
import sqlglot
from sqlglot import exp

from db.tables import metadata
from tests.features.statements.test_statements import READ, biggest
from tests.golden.case import Case, read_cases
from tests.golden.world import Viewing, World

TENANTS = frozenset(table.name for table in metadata.tables.values() if table.info.get("tenant"))
COMPANY = "company_id"
JUDGED = {"judged": COMPANY, "locked": "id"}
"""The parts of a statement whose company the viewer has entered, with the column that has its id."""

CASES = [pytest.param(case, id=case.name) for case in read_cases()]


Side = tuple[str, str]
"""A side of a condition: table and name of a column, or `$` and the number of a parameter."""


@lru_cache(1)
def tree(statement: str) -> exp.Expr:
    """The statement as sqlglot understands it."""
    return sqlglot.parse_one(statement, dialect="postgres")


def unfenced(statement: str) -> list[str]:
    """The tenant tables of a statement, by alias, that no condition of their own query holds to a company."""
    parsed = tree(statement)
    return [*_unfenced_reads(parsed, judged=statement.lstrip().startswith(READ)), *_unfenced_inserts(parsed)]


def _unfenced_reads(parsed: exp.Expr, *, judged: bool) -> Iterator[str]:
    entered = _entered_by_judged(parsed)
    for table in parsed.find_all(exp.Table):
        if isinstance(table.parent, exp.Schema | exp.Insert):
            continue
        scope = table.find_ancestor(exp.Select, exp.Update, exp.Delete)
        conditions = list(_conditions(scope)) if scope is not None else []
        alias = table.alias_or_name
        if table.name in TENANTS and not any(_holds_company(condition, alias) for condition in conditions):
            yield alias
        if table.name == "company" and judged and not _is_entered(alias, conditions, scope, entered):
            yield alias


def _unfenced_inserts(parsed: exp.Expr) -> Iterator[str]:
    for insert in parsed.find_all(exp.Insert):
        columns = [column.name for column in insert.this.expressions]
        if insert.this.this.name in TENANTS and COMPANY not in columns:
            yield insert.this.this.name


def _conditions(scope: exp.Expr) -> Iterator[exp.Expr]:
    """What must hold of every row: the parts of WHERE and of the joins' ON that are joined by AND."""
    ons = [join.args["on"] for join in scope.args.get("joins") or () if join.args.get("on")]
    where = [scope.args["where"].this] if scope.args.get("where") else []
    parts = [
        part
        for condition in (*ons, *where)
        for part in (condition.flatten() if isinstance(condition, exp.And) else (condition,))
    ]
    yield from parts
    lowest = [part for part in parts if isinstance(part, exp.GTE) and isinstance(part.this, exp.Tuple)]
    for part in lowest:
        if exp.LTE(this=part.this, expression=part.expression) in parts:  # rows that are compared as wholes, and equal
            for one, other in zip(part.this.expressions, part.expression.expressions, strict=True):
                yield exp.EQ(this=one, expression=other)


def _holds_company(condition: exp.Expr, alias: str) -> bool:
    """`alias.company_id = <a company's id, another row's company_id or a parameter>`."""
    if not isinstance(condition, exp.EQ):
        return False
    sides = (condition.this, condition.expression)
    return any(
        isinstance(one, exp.Column)
        and one.name == COMPANY
        and one.table in (alias, "")
        and _names_company(other, alias)
        for one, other in (sides, sides[::-1])
    )


def _names_company(side: exp.Expr, alias: str) -> bool:
    inner = side.unnest()
    inner = inner.this if isinstance(inner, exp.Cast) else inner
    if isinstance(inner, exp.Column):
        return (inner.name in ("id", COMPANY)) and inner.table not in (alias, "")
    return isinstance(inner, exp.Parameter)


def _is_entered(alias: str, conditions: list[exp.Expr], scope: exp.Expr | None, entered: set[Side]) -> bool:
    """`company.id = m.company_id` with `m.account_id = v.account_id`: the viewer's own membership.

    Or the company of `judged`, which is such a one, or that row once it is `locked`; or a parameter that is the
    company of such a membership, here or in a `judged` of which rows are read around this query (`entered`).
    """
    pairs = _pairs(conditions)
    known = _of_members(pairs)
    for table in scope.find_all(exp.Table) if scope is not None else ():
        known |= {(table.alias_or_name, JUDGED[table.name])} if table.name in JUDGED else set()
    if scope is not None and _is_within_judged(scope):
        known |= entered
    return any({(alias, "id"), other} == pair for pair in pairs for other in known)


def _pairs(conditions: list[exp.Expr]) -> list[set[Side]]:
    """The sides of each condition of equality."""
    equal = [condition for condition in conditions if isinstance(condition, exp.EQ)]
    return [{side for one in (each.this, each.expression) if (side := _side(one)) is not None} for each in equal]


def _side(side: exp.Expr) -> Side | None:
    inner = side.this if isinstance(side, exp.Cast) else side
    if isinstance(inner, exp.Parameter):
        return ("$", inner.name)
    return (inner.table, inner.name) if isinstance(inner, exp.Column) else None


def _of_members(pairs: list[set[Side]]) -> set[Side]:
    """The companies of the viewer's own memberships: their columns, and the parameters that these equal."""
    members = {(table, COMPANY) for pair in pairs if ("v", "account_id") in pair for table, _ in pair if table != "v"}
    return members | {side for pair in pairs if pair & members for side in pair if side[0] == "$"}


def _entered_by_judged(parsed: exp.Expr) -> set[Side]:
    """The parameters that name the company of the membership in `judged`."""
    judged = [cte for cte in parsed.find_all(exp.CTE) if cte.alias == "judged"]
    selects = [select for cte in judged for select in cte.find_all(exp.Select)]
    return {side for select in selects for side in _of_members(_pairs(list(_conditions(select)))) if side[0] == "$"}


def _is_within_judged(scope: exp.Expr) -> bool:
    """True if a query around this one reads its rows from `judged`: without any, this one is not run."""
    around = scope.find_ancestor(exp.Select)
    while around is not None:
        source = around.args.get("from_") or around.args.get("from")
        if source is not None and source.this.name == "judged":
            return True
        around = around.find_ancestor(exp.Select)
    return False


@pytest.mark.parametrize("case", CASES)
async def test_every_statement_of_every_case_is_fenced(case: Case, world: World) -> None:
    outcomes = await world.run_all(case)
    ran = outcomes[Viewing.ENTITLED].statements
    assert ran
    for statement in {statement.sql for statement in ran if " " in statement.sql.strip()}:
        assert unfenced(statement) == []


@pytest.mark.sampled(4)
@pytest.mark.parametrize("document", biggest())
async def test_the_biggest_operation_is_fenced(world: World, document: str) -> None:
    async with world.signed_in("lambert") as token:
        outcome = await world.ask(document, {}, token)
    (ran,) = outcome.statements
    tables = list(tree(ran.sql).find_all(exp.Table))
    assert sum(table.name in TENANTS for table in tables) > 20
    assert unfenced(ran.sql) == []


WHERE_MINE = "where m.company_id = $1 and m.account_id = v.account_id"
PERHAPS_MINE = "where m.company_id = $1 and (m.account_id = v.account_id or m.external)"
COMPANY_OF = f"{READ}select 1) select c.name from viewer v, company c join membership m on c.id = m.company_id"
JUDGED_MINE = f"{READ}select 1), judged as (select 1 from viewer v, membership m {WHERE_MINE})"
ONE = "from document d where d.company_id = $1"


@pytest.mark.parametrize(
    ("statement", "alias"),
    [
        ("select d.id from document d where d.id = $1", "d"),
        ("select id from document", "document"),
        ("select d.id from document d where d.company_id = $1 or d.kind = 'QUOTE'", "d"),
        ("select d.id from document d where not (d.company_id = $1)", "d"),
        ("select d.id from document d where d.company_id = d.id", "d"),
        ("select d.id from document d where d.company_id is not null", "d"),
        ("select d.id from document d where d.company_id > $1", "d"),
        ("select l.id from document d join document_line l on l.document_id = d.id where d.company_id = $1", "l"),
        (f"select (select l.id from document_line l where l.document_id = d.id) {ONE}", "l"),
        ("select d.id from document d left join lateral (select 1 where d.company_id = $1) x on true", "d"),
        ("update document d set number = '' where d.id = $1", "d"),
        ("insert into document (id, number) values ($1, $2)", "document"),
        (f"{READ}select 1) select c.name from company c where c.id = $1", "c"),
        (f"{COMPANY_OF} {PERHAPS_MINE}", "c"),
        (f"{JUDGED_MINE} select (select c.name from company c where c.id = $2) from judged j", "c"),
        (f"{JUDGED_MINE} select (select c.name from company c where c.id = $1) from viewer v", "c"),
    ],
)
def test_a_statement_without_a_fence_is_found(statement: str, alias: str) -> None:
    assert unfenced(statement) == [alias]


@pytest.mark.parametrize(
    "statement",
    [
        "select d.id from document d where d.kind = 'QUOTE' and d.company_id = $1::uuid",
        "select l.id from document d join document_line l on l.company_id = d.company_id where d.company_id = $1",
        "insert into document (company_id, id) select c.id, $1 from account c",
        f"{COMPANY_OF} {WHERE_MINE}",
        f"{READ}select 1) select c.name from viewer v, company c, membership m {WHERE_MINE} and c.id = $1",
        f"{JUDGED_MINE} select (select c.name from company c where c.id = $1) from judged j",
    ],
)
def test_a_statement_with_its_fences_passes(statement: str) -> None:
    assert unfenced(statement) == []
