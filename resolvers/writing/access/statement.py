"""The statement of a change of access: it judges the owner, takes the company's row if that is free, and writes.

`viewer → judged → asked → found → locked → raised → standing, changing → writes`. The judged rights still hold when
the changes are written: every change of access raises the company's version under the lock of its row, and the row is
locked in the version that was judged, or not at all. The statement does not wait for that lock. On refusal nothing is
locked, and nothing is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, LiteralString, NamedTuple

from db.declarations import Table
from db.remote_apply import APPLIED
from db.sql import Sql, every, join, number, rows, sql
from db.tables.core.identity import company, membership
from resolvers.compilation.company_scope import VIEWER, CompanyScope, enterable, is_owner
from resolvers.compilation.context import StatementContext
from resolvers.plans import awake, moment, version
from resolvers.writing.judging import REFUSED, ROW, SPENT, VERSION

COMPANY: Final = sql("(select j.company_id from judged j)")
"""The key of the judged company, where the input names a row of it."""

PROBLEMS: Final = 20
"""Maximum number of problems in one refusal."""

JUDGE_CALLER: Final = """
select {0}.account_id, {0}.confirmed, {0}.language, {0}.account_id = any({1}) spent, x.*, case
  when {0}.read_only then 'FORBIDDEN' when x.company_id is null then 'NOT_FOUND'
  when x.role is distinct from 'OWNER' then 'FORBIDDEN'
  when x.version <> {2} then 'VERSION_CONFLICT' when {3} then 'PROBLEMS' end outcome
from viewer {0} left join lateral (
  select c.id company_id, {10} row_id, c.access_version, c.trial_ends_at, {4} version, c.mask active, {5} awake,
    c.plan, coalesce(c.trial_ends_at > now(), false) in_trial, m.role, {6} at,
    exists (select from membership l where l.company_id = {9} and l.lent_until <= now()) has_lapsed
  from {7} where {8}
) x on true
"""
"""The caller in the company, and the `outcome` that refuses any change; null: none.

`has_lapsed`: the time of a user's app is over; that is written before anything else."""

SUM_UP_CHANGES: Final = """
select f.*, f.count > 0 and j.spent stops from judged j cross join (
  select (array_agg(a.problem order by a.n) filter (where a.problem is not null))[1:{}] problems,
    coalesce(bool_or(a.changes), false) changes, (count(*) filter (where a.changes and a.given))::int4 count
  from asked a
) f
"""
"""The problems and the effects. `count` is the number of granted rights; `stops`: the owner may grant none now."""

LOCK_COMPANY: Final = f"""
select c.id, {APPLIED} from judged j cross join found f join company c on c.id = j.company_id and c.id = {{}}
where j.outcome is null and f.problems is null and f.changes and not f.stops and not j.has_lapsed
  and c.access_version = j.access_version
for no key update of c skip locked
"""
"""The company's row; no row if another change of access has locked it, has changed it since it was judged, or is due.

The commit waits for replicas (`db/remote_apply.py`)."""

RAISE_ACCESS_VERSION: Final = """
update company c set access_version = c.access_version + 1{1} from locked l where c.id = l.id and c.id = {0}
returning c.id, c.access_version, c.trial_ends_at
"""
FIND_COMPANY_AS_ASKED: Final = """
select r.* from raised r union all
select j.company_id, j.access_version, j.trial_ends_at from judged j cross join found f
where j.outcome is null and f.problems is null and not f.changes and not j.has_lapsed
"""
"""The company's row in the version with the asked changes: the raised one, or the judged one if nothing changes."""

FIND_EFFECTIVE_CHANGES: Final = """
select a.*, r.id company_id, j.account_id, j.at from asked a cross join judged j cross join raised r where a.changes
"""
"""The asked changes that have an effect, with the company, the caller and the time."""

FIND_OUTCOME: Final = """
select j.company_id, j.row_id, j.confirmed, j.language, f.problems, f.count, case
  when j.outcome is not null then j.outcome when f.stops then 'RATE_LIMITED' when f.problems is not null then 'FOUND'
  when j.has_lapsed then 'RACED' when not f.changes then 'UNCHANGED' when r.id is null then 'RACED' end outcome
from judged j cross join found f left join raised r on true
"""


RAISING_STEPS: Final[Mapping[LiteralString, LiteralString]] = {"raised": RAISE_ACCESS_VERSION}


class Input(NamedTuple):
    """A select of a part of the input, and the parameters that it reads, by name and type.

    The parameters stand in place of `{0}`, the company's key in place of `{1}`.
    """

    select: LiteralString
    columns: Mapping[str, LiteralString] = MappingProxyType({})

    def sql(self, ctx: StatementContext, company: Sql) -> Sql:
        """The select with its parameters."""
        given = [ctx.written(name, type_name) for name, type_name in self.columns.items()]
        return sql(self.select, join(", ", given), company)


@dataclass(frozen=True, slots=True)
class AccessSql:
    """The selects and the writes of a kind of change of access.

    The last one of `inputs`, `asked`, selects the asked changes in the company of `judged`, each with its number `n`,
    its `problem` (null: none), whether it `changes` anything, and whether it gives a right (`given`).
    `company` sets further columns of the company's row `c`; `writes` are statements over `changing`, by their names,
    with the company's key in place of `{0}`. The input names the company, or a row of `part`, a table whose rows
    only owners and the row's own user see. `raising` are the steps from `locked` to `raised`, which has no
    row where another write was first.
    """

    inputs: Mapping[LiteralString, Input]
    writes: Mapping[LiteralString, LiteralString]
    company: LiteralString = ""
    part: Table | None = None
    raising: Mapping[LiteralString, LiteralString] = field(default_factory=lambda: RAISING_STEPS)

    def add(self, ctx: StatementContext) -> Sql:
        """Add it to a statement. Returns the select of the outcome, whose columns `Outcome` names."""
        ctx.writes = ctx.speaks = True
        named = ctx.written(ROW, "uuid") if self.part is None else COMPANY
        steps = {
            "judged": _judged(ctx, self.part),
            **{name: input_.sql(ctx, named) for name, input_ in self.inputs.items()},
            "found": sql(SUM_UP_CHANGES, number(PROBLEMS)),
            "locked": sql(LOCK_COMPANY, named),
            **{name: sql(step, named, sql(self.company)) for name, step in self.raising.items()},
            "standing": sql(FIND_COMPANY_AS_ASKED),
            "changing": sql(FIND_EFFECTIVE_CHANGES),
            **{name: sql(statement, named) for name, statement in self.writes.items()},
        }
        ctx.commons += [sql(", {} as materialized ({})", Sql(name), step) for name, step in steps.items()]
        return sql(FIND_OUTCOME)


def _judged(ctx: StatementContext, part: Table | None) -> Sql:
    """The caller in the company of the parameter, which names the company or a row of `part`."""
    given, target = ctx.written(ROW, "uuid"), None
    named = given if part is None else sql("c.id")
    member = rows(membership, sql("m"), company=named)
    scope = CompanyScope(0, rows(company, sql("c")), member, ctx.kind, named=given if part is None else None)
    source, conditions = enterable(scope)
    if part is not None:
        target = rows(part, sql("r"), company=member["company_id"])
        source = sql("{} join {} on {}", target.source, source, every(target.where))
        seen = sql("({} or {} = {})", is_owner(member), member["id"], target["user_id"])
        conditions = every([conditions, sql("{} = {}", target["id"], given), seen])
    return sql(
        JUDGE_CALLER,
        VIEWER,
        ctx.written(SPENT, "uuid[]"),
        ctx.written(VERSION, "int4"),
        ctx.written(REFUSED, "bool"),
        version(scope.company),
        awake(scope.company),
        moment(named),
        source,
        conditions,
        named,
        target["id"] if target is not None else sql("null::uuid"),
    )
