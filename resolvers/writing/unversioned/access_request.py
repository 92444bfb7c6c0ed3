"""`requestAccess`: a user asks the owners for an app.

A request for an app that is not active is taken like any other: users do not learn which apps are active.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from db.sql import Sql, number, rows, sql
from db.tables.core.identity import company, membership
from resolvers.compilation.company_scope import VIEWER, CompanyScope, enterable
from resolvers.compilation.context import StatementContext
from resolvers.forms.texts import note
from resolvers.global_ids import Key
from resolvers.user_problems import UserProblem, about_app, invalid
from resolvers.writing.judging import REFUSED, ROW, SPENT
from resolvers.writing.outcome import Outcome, Refusal
from resolvers.writing.unversioned.waiting import LOCK_COMPANY
from resolvers.writing.value_reading import NO_ROW
from schema.apps import CATALOGUE, App, app_label
from schema.errors import ASKED_ALREADY, HAS_ALREADY, UserErrorCode
from schema.errors import ValidationReason as Reason

COMPANY: Final = Key(("com",))
LONGEST_REASON: Final = 500
A_DAY: Final = 20
"""Maximum number of requests that a user makes in a company within a day."""

APP, POSITION, IS_ALWAYS_VISIBLE, REASON = "app", "position", "is always visible", "reason"
"""The names of the statement's parameters."""

JUDGE_CALLER: Final = """
select {0}.account_id, {0}.confirmed, {0}.language, x.*, case
  when {0}.read_only then 'FORBIDDEN' when x.company_id is null then 'NOT_FOUND'
  when x.company_id = any({1}) or {0}.account_id = any({1}) then 'RATE_LIMITED' end outcome, case
  when x.role is distinct from 'EMPLOYEE' then 'NOT_TOGGLEABLE' when {2} then 'ALWAYS_VISIBLE'
  when get_bit(x.effective, {3}) = 1 then 'WRONG_STATE' when {4} then 'VALIDATION' when x.is_open then 'TAKEN'
  when x.recent >= {5} then 'TOO_MANY_ATTEMPTS' end problem
from viewer {0} left join lateral (
  select c.id company_id, c.access_version, m.id member, m.role, {6} effective, clock_timestamp() at, r.*, (
    select k.next from counter k where k.company_id = {7} and k.kind = 'ACCESS_REQUEST') turn
  from {8} cross join lateral (
    select count(*) filter (where r.created_at > clock_timestamp() - interval '1 day') recent,
      coalesce(bool_or(r.state = 'OPEN' and r.app_id = {9}), false) is_open
    from access_request r where r.company_id = {7} and r.user_id = m.id
  ) r where {10}
) x on true
"""
"""The user in the company, and the reason for a refusal: `outcome` for the user, `problem` for the request."""

TAKE_TURN: Final = """
insert into counter as k (company_id, kind, next)
select {}, 'ACCESS_REQUEST', 1 from free f
on conflict (company_id, kind) do update set next = k.next + 1 where k.next = (select j.turn from judged j)
returning k.company_id
"""
"""The company's counter of requests; no row, and nothing is written, unless it still is as it was judged.

The lock of the company's row keeps others from answering requests meanwhile, by a grant or the deletion of a user."""

INSERT_REQUEST: Final = """
insert into access_request (company_id, user_id, app_id, reason, created_at)
select {}, j.member, {}, {}, j.at from judged j cross join turn returning id
"""
RECORD_REQUEST: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id)
select {}, j.at, 'ACCESS_REQUESTED', j.account_id, j.member, {} from judged j cross join asked
"""
FIND_OUTCOME: Final = """
select j.company_id, a.id row_id, j.confirmed, j.language, array[j.problem] problems,
  array[j.company_id] busy, case
  when j.outcome is not null then j.outcome when j.problem is not null then 'FOUND' when a.id is null then 'RACED' end
  outcome
from judged j left join asked a on true
"""


def add_write(ctx: StatementContext) -> Sql:
    """Add the write to a statement. Returns the select of the outcome, whose columns `Outcome` names."""
    named = ctx.written(ROW, "uuid")
    member = rows(membership, sql("m"), company=named)
    scope = CompanyScope(0, rows(company, sql("c")), member, ctx.kind, named=named)
    source, conditions = enterable(scope)
    app, reason = ctx.written(APP, "text"), ctx.written(REASON, "text")
    judged = sql(
        JUDGE_CALLER,
        VIEWER,
        ctx.written(SPENT, "uuid[]"),
        ctx.written(IS_ALWAYS_VISIBLE, "bool"),
        ctx.written(POSITION, "int4"),
        ctx.written(REFUSED, "bool"),
        number(A_DAY),
        scope.effective,
        named,
        source,
        app,
        conditions,
    )
    steps = {
        "judged": judged,
        "free": sql(LOCK_COMPANY, named, sql("j.outcome is null and j.problem is null")),
        "turn": sql(TAKE_TURN, named),
        "asked": sql(INSERT_REQUEST, named, app, reason),
        "trail": sql(RECORD_REQUEST, named, app),
    }
    ctx.commons += [sql(", {} as materialized ({})", Sql(name), step) for name, step in steps.items()]
    return sql(FIND_OUTCOME)


@dataclass(frozen=True, slots=True)
class RequestIntent:
    """The requested app, and the reason for the request."""

    company: str
    app: App
    reason: str | Reason | None

    def written(self, outcome: Outcome) -> int:
        """The number of rows that were written: one at most."""
        return 1 if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        entry, is_text = CATALOGUE[self.app], isinstance(self.reason, str)
        return {
            ROW: self.company,
            SPENT: spent,
            APP: self.app.name,
            POSITION: entry.position,
            IS_ALWAYS_VISIBLE: entry.always_visible,
            REASON: self.reason if is_text else None,
            REFUSED: not (is_text and self.reason),
        }

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problem of a refusal."""
        if outcome.refused is Refusal.NOT_FOUND:
            yield UserProblem(UserErrorCode.NOT_FOUND, ("companyId",))
        elif outcome.refused is Refusal.FOUND:
            yield self._problem(UserErrorCode[outcome.found[0]])

    def _problem(self, code: UserErrorCode) -> UserProblem:
        match code:
            case UserErrorCode.VALIDATION if isinstance(self.reason, Reason):
                return invalid(("reason",), self.reason, most=LONGEST_REASON)
            case UserErrorCode.VALIDATION:
                return invalid(("reason",), Reason.REQUIRED)
            case UserErrorCode.TOO_MANY_ATTEMPTS:
                return UserProblem(code)
            case UserErrorCode.WRONG_STATE | UserErrorCode.TAKEN:
                text = HAS_ALREADY if code is UserErrorCode.WRONG_STATE else ASKED_ALREADY
                return UserProblem(code, ("app",), lambda language: {"app": app_label(self.app, language)}, text)
            case _:
                return about_app(code, self.app, ("app",))

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's objects: the company, and the request once it is made."""
        return {"company": outcome.company, "accessRequest": outcome.row}


def read_input(given: Mapping[str, Any]) -> RequestIntent:
    """Read an input."""
    return RequestIntent(COMPANY(given["companyId"]) or NO_ROW, given["app"], note(given["reason"], LONGEST_REASON))
