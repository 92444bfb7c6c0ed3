"""`disconnectService`: the end of a connection with its secret, by an owner, also while its app is not active.

Data that came over it stays; payment accounts are released. Nothing is written while another transaction has locked
the connection or one of these accounts: the statement does not wait, since it would not see rights that end meanwhile.
"""

from collections.abc import Mapping
from typing import Any, Final

from db.sql import Sql, rows, sql
from db.tables.core.identity import company, membership
from resolvers.compilation.company_scope import VIEWER, CompanyScope, enterable
from resolvers.compilation.context import StatementContext
from resolvers.global_ids import Key
from resolvers.writing.judging import ROW, SPENT
from resolvers.writing.unversioned.company import COMPANY
from resolvers.writing.unversioned.reading import UnversionedIntent
from resolvers.writing.value_reading import NO_ROW

SERVICE: Final = "connection"
"""The parameter that names the connection."""

SERVICES: Final = Key(("cns",))

JUDGE_CALLER: Final = """
select {0}.account_id, {0}.confirmed, {0}.language, x.*, case
  when {0}.read_only then 'FORBIDDEN' when x.company_id is null then 'NOT_FOUND'
  when x.role is distinct from 'OWNER' then 'FORBIDDEN'
  when x.company_id = any({1}) or {0}.account_id = any({1}) then 'RATE_LIMITED'
  when not x.is_there then 'FOUND' end outcome
from viewer {0} left join lateral (
  select c.id company_id, m.role, exists (select from connected_service s where s.company_id = {2} and s.id = {3})
    is_there
  from {4} where {5}
) x on true
"""
LOCK_CONNECTION: Final = """
select s.id from judged j join connected_service s on s.company_id = {0} and s.id = {1}
where j.outcome is null for update of s skip locked
"""
FIND_ACCOUNTS: Final = """
select p.id from payment_account p where p.company_id = {0} and p.connection_id = {1}
"""
LOCK_ACCOUNTS: Final = """
select p.id from locked l join payment_account p on p.company_id = {0} and p.connection_id = l.id
for no key update of p skip locked
"""
RELEASE_ACCOUNTS: Final = """
update payment_account p set connection_id = null from free where p.company_id = {0} and p.id = free.id
  and (select count(*) from free) = (select count(*) from accounts)
returning p.id
"""
DELETE_CONNECTION: Final = """
delete from connected_service s using locked l where s.company_id = {0} and s.id = l.id
  and (select count(*) from released) = (select count(*) from accounts)
returning s.id
"""
FIND_OUTCOME: Final = """
select j.company_id, j.confirmed, j.language, case when j.outcome = 'FOUND' then array[{1}] end problems,
  {0} || array(select id from accounts) busy,
  case when j.outcome is not null then j.outcome when g.id is null then 'RACED' end outcome
from judged j left join gone g on true
"""
UNKNOWN_SERVICE: Final = sql("'NOT_FOUND  connectedServiceId'")


def add_write(ctx: StatementContext) -> Sql:
    """Add the write to a statement. Returns the select of the outcome, whose columns `Outcome` names."""
    named, service = ctx.written(ROW, "uuid"), ctx.written(SERVICE, "uuid")
    member = rows(membership, sql("m"), company=named)
    source, conditions = enterable(CompanyScope(0, rows(company, sql("c")), member, ctx.kind, named=named))
    steps = {
        "judged": sql(JUDGE_CALLER, VIEWER, ctx.written(SPENT, "uuid[]"), named, service, source, conditions),
        "locked": sql(LOCK_CONNECTION, named, service),
        "accounts": sql(FIND_ACCOUNTS, named, service),
        "free": sql(LOCK_ACCOUNTS, named),
        "released": sql(RELEASE_ACCOUNTS, named),
        "gone": sql(DELETE_CONNECTION, named),
    }
    ctx.commons += [sql(", {} as materialized ({})", Sql(name), step) for name, step in steps.items()]
    return sql(FIND_OUTCOME, service, UNKNOWN_SERVICE)


def read_input(given: Mapping[str, Any]) -> UnversionedIntent:
    """Read an input: the connection that it names."""
    bound = {ROW: COMPANY(given["companyId"]) or NO_ROW, SERVICE: SERVICES(given["connectedServiceId"]) or NO_ROW}
    return UnversionedIntent(bound, ())
