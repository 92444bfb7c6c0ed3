"""`updateProfile`: the caller's own names and language, in the account and in every company that the caller has joined.

A row that another transaction has locked is skipped, not waited for, since the statement would not see a credential
that ends meanwhile: it is run again once the row is free.
"""

from collections.abc import Mapping
from typing import Any, Final, LiteralString

from db.sql import Sql, join, sql
from db.tables.core.identity import account
from resolvers.compilation.company_scope import VIEWER
from resolvers.compilation.context import StatementContext
from resolvers.writing.judging import REFUSED, SPENT
from resolvers.writing.unversioned.reading import Member, UnversionedIntent, read_members
from schema.declarations.writing import choice, line

MEMBERS: Final = (
    Member.of("firstName", account.columns["first_name"], line(100, required=True)),
    Member.of("lastName", account.columns["last_name"], line(100, required=True)),
    Member.of("language", account.columns["language"], choice(required=True)),
)
JUDGE_CALLER: Final = """
select {0}.account_id, {0}.confirmed, {0}.language, case
  when {0}.read_only then 'FORBIDDEN' when {0}.account_id = any({1}) then 'RATE_LIMITED' when {2} then 'PROBLEMS'
  when coalesce({3}) is null then 'UNCHANGED' end outcome
from viewer {0}
"""
WRITES: Final[Mapping[LiteralString, LiteralString]] = {
    "found": """
select a.id from judged j join account a on a.id = j.account_id where j.outcome is null
for no key update of a skip locked
""",
    "renamed": "update account a set {0} from found where a.id = found.id",
    "joined": """
select m.company_id, m.id from membership m join found on m.account_id = found.id
where m.accepted_at is not null and m.removed_at is null
""",
    "free": """
select m.id from membership m join joined j on j.company_id = m.company_id and j.id = m.id
for no key update of m skip locked
""",
    "kept": "update membership m set {0} from free where m.id = free.id",
    "busy": """
select j.account_id id from judged j where j.outcome is null and not exists (select from found)
union all (select id from joined except select id from free)
""",
}
"""Renames the account and its accepted memberships, but for those that are busy. A company with a pending invitation
keeps the names that it typed: else its owners would learn those of the login."""

FIND_OUTCOME: Final = """
select null::uuid company_id, j.confirmed, j.language, null::text[] problems, b.busy,
  case when j.outcome is not null then j.outcome when b.busy <> '{{}}' then 'RACED' end outcome
from judged j cross join (select array(select id from busy) busy) b
"""


def add_write(ctx: StatementContext) -> Sql:
    """Add the write to a statement. Returns the select of the outcome, whose columns `Outcome` names, and `busy`."""
    given = {member.column: ctx.written(member.column, "text") for member in MEMBERS}
    spent, refused = ctx.written(SPENT, "uuid[]"), ctx.written(REFUSED, "bool")
    judged = sql(JUDGE_CALLER, VIEWER, spent, refused, join(", ", given.values()))
    names = [sql("{0} = coalesce({1}, {0})", Sql(column), value) for column, value in given.items()]
    ctx.commons.append(sql(", judged as materialized ({})", judged))
    for name, statement in WRITES.items():
        ctx.commons.append(sql(", {} as materialized ({})", Sql(name), sql(statement, join(", ", names))))
    return sql(FIND_OUTCOME)


def read_input(given: Mapping[str, Any]) -> UnversionedIntent:
    """Read an input. A member that is left out keeps its value."""
    values, problems = read_members(MEMBERS, given)
    return UnversionedIntent({member.column: values.get(member.column) for member in MEMBERS}, problems)
