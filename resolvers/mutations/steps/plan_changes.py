"""Changes of a locked company's plan and of the end of its trial, with their rows in the audit and the version."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from schema.apps import Plan

TRIAL: Final = timedelta(days=14)
"""Duration of the trial of a new company, in which its plan counts as PREMIUM."""

CHANGE_PLAN: Final = """
with trail as (
  insert into access_change (company_id, at, kind, actor_id, plan_before, plan_after)
  select id, $2, 'PLAN', $3, plan, $4 from company where id = $1
)
update company set plan = $4, access_version = access_version + 1 where id = $1
"""
SET_TRIAL: Final = """
with trail as (
  insert into access_change (company_id, at, kind, actor_id, until_before, until)
  select id, $2::timestamptz, 'TRIAL', null, trial_ends_at, $3 from company where id = $1
)
update company
set trial_ends_at = $3, access_version = access_version + 1 + coalesce(trial_ends_at <= $2, false)::int
where id = $1
"""
"""The end of the trial before counted one version by itself; it goes on counting."""


async def change_plan(
    connection: Connection, company: uuid.UUID, at: datetime, plan: Plan, *, actor: uuid.UUID | None = None
) -> None:
    """Give a company another plan; `actor` is the account that did it, None for the operator."""
    await connection.execute(CHANGE_PLAN, company, at, actor, plan.name)


async def set_trial(connection: Connection, company: uuid.UUID, at: datetime, until: datetime) -> None:
    """Let the trial of a company end at a later moment than now, by the operator."""
    await connection.execute(SET_TRIAL, company, at, until)
