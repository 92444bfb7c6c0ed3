"""The decision of a request for access: an owner grants the app that a user asked for, or declines.

A request is decided once: its row is written only while it is open, under the lock of the company's row.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from db.tables.core.access_requests import access_request
from resolvers.global_ids import Key
from resolvers.user_problems import UserProblem, about_app, invalid, plan_required
from resolvers.writing.access.statement import AccessSql, Input
from resolvers.writing.judging import REFUSED, ROW, SPENT, VERSION
from resolvers.writing.outcome import Outcome, Refusal
from resolvers.writing.value_reading import NO_ROW
from schema.apps import App
from schema.errors import DECIDED_ALREADY, UserErrorCode, ValidationReason

REQUEST: Final = Key(("arq",))
GRANTED, UNTIL = "is granted", "until"
"""The names of the statement's parameters."""

FIND_REQUEST: Final = """
select 1 n, q.*, true changes, q.begins given, case
    when q.state <> 'OPEN' then 'WRONG_STATE'
    when q.until is not null and (q.is_on or not q.is_granted) then 'COMBINATION'
    when q.until <= q.moment then 'RANGE'
    when not q.is_granted then null
    when q.role <> 'EMPLOYEE' then 'NOT_TOGGLEABLE'
    when q.is_awake then null
    when q.is_active then 'PLAN_REQUIRED' else 'APP_NOT_ACTIVE' end || ' ' || q.app problem
from (
  select o.*, o.is_granted and not o.is_on begins
  from (
    select r.state, a.id app, a.position, p.id member, p.role, g.is_granted, g.until, j.at moment,
      get_bit(j.awake, a.position) = 1 is_awake, get_bit(j.active, a.position) = 1 is_active,
      get_bit(p.toggles, a.position) = 1 and not (
        get_bit(p.lent, a.position) = 1 and coalesce(p.lent_until <= now(), false)) is_on
    from judged j cross join (values ({0})) g(is_granted, until)
    join access_request r on r.company_id = {1} and r.id = j.row_id
    join membership p on p.company_id = {1} and p.id = r.user_id
    join app a on a.id = r.app_id
    where j.outcome is null
  ) o
) q
"""
"""The request, its user and its app. It `begins` a right unless the app is on since before it was deactivated.

An app whose time is over is not on, even before that is written; it is written before the statement is run again."""

WRITE_DECISION: Final = """
update access_request r
set state = case when a.is_granted then 'GRANTED' else 'DECLINED' end, decided_at = j.at, decided_by = j.account_id,
  until = a.until
from asked a cross join judged j join locked l on l.id = j.company_id
where r.company_id = {0} and r.id = j.row_id and r.state = 'OPEN'
returning r.*
"""
"""The decided request; no row if another owner was first."""

RAISE_ACCESS_VERSION: Final = """
update company c set access_version = c.access_version + 1{1} from decided d cross join asked a
where c.id = d.company_id and c.id = {0} and a.begins
returning c.id, c.access_version, c.trial_ends_at
"""
FIND_COMPANY: Final = """
select g.* from grown g union all
select j.company_id, j.access_version, j.trial_ends_at from judged j join decided d on d.company_id = j.company_id
where not exists (select from grown)
"""
"""The company's row; only a right that begins raises the version of its access."""

INSERT_GRANT: Final = """
insert into app_grant (company_id, membership_id, app_id, valid, granted_by, until)
select {0}, w.member, w.app, tstzrange(w.at, null), w.account_id, w.until from changing w where w.begins
"""
SET_TOGGLE: Final = """
update membership m set toggles = set_bit(m.toggles, w.position, 1),
  lent = set_bit(m.lent, w.position, (w.until is not null)::int), lent_until = least(m.lent_until, w.until)
from changing w where m.company_id = {0} and m.id = w.member and w.begins
"""
RECORD_DECISION: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after, until)
select {0}, w.at, case when w.begins then 'TOGGLE' else 'ACCESS_DECLINED' end, w.account_id, w.member, w.app,
  case when w.begins then false end, case when w.begins then true end, w.until
from changing w where w.begins or not w.is_granted
"""
DECIDE_REQUEST: Final = AccessSql(
    {"asked": Input(FIND_REQUEST, {GRANTED: "bool", UNTIL: "timestamptz"})},
    {"granted": INSERT_GRANT, "kept": SET_TOGGLE, "trail": RECORD_DECISION},
    part=access_request,
    raising={"decided": WRITE_DECISION, "grown": RAISE_ACCESS_VERSION, "raised": FIND_COMPANY},
)


@dataclass(frozen=True, slots=True)
class DecisionIntent:
    """The decision of an owner."""

    input: Mapping[str, Any]

    def written(self, outcome: Outcome) -> int:
        """The number of rights that were granted: one at most."""
        return outcome.total or 0 if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return {
            ROW: REQUEST(self.input["requestId"]) or NO_ROW,
            GRANTED: self.input["granted"],
            UNTIL: self.input.get("until"),
            VERSION: None,
            SPENT: spent,
            REFUSED: False,
        }

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problem of a refusal."""
        if outcome.refused is Refusal.NOT_FOUND:
            yield UserProblem(UserErrorCode.NOT_FOUND, ("requestId",))
        elif outcome.refused is Refusal.FOUND:
            code, app = outcome.found[0].split(" ")
            yield _problem(code, App[app])

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's objects: the company and the request."""
        return {"company": outcome.company, "accessRequest": outcome.row}


def read_decision(input_: Mapping[str, Any]) -> DecisionIntent:
    """Read an input; every problem with it depends on the request."""
    return DecisionIntent(input_)


def one_toggle(input_: Mapping[str, Any]) -> int:
    """Maximum number of toggles that a decision sets."""
    return 1


def _problem(code: str, app: App) -> UserProblem:
    match code:
        case "WRONG_STATE":
            return UserProblem(UserErrorCode.WRONG_STATE, ("requestId",), text=DECIDED_ALREADY)
        case "COMBINATION" | "RANGE":
            return invalid(("until",), ValidationReason[code])
        case "PLAN_REQUIRED":
            return plan_required(app, ("granted",))
        case _:
            return about_app(UserErrorCode[code], app, ("granted",))
