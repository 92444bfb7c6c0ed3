"""The plan of a company and the end of its trial, for the operator: read, changed, and recorded without an actor."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.remote_apply import APPLIED
from db.schema_version import is_migrated
from resolvers.admin.companies import InspectionRefused, find_company
from resolvers.mutations.steps.plan_changes import change_plan, set_trial
from resolvers.plans import moment_of
from schema.apps import Plan

LOCK_COMPANY: Final = f"""
select plan, trial_ends_at, {moment_of("company")} at, {APPLIED} applied
from company where id = $1 for no key update
"""
FIND_PLAN: Final = """
select c.id, c.name, c.plan, c.trial_ends_at, c.trial_ends_at > now() in_trial, array(
  select a.id from app a where get_bit(c.mask & ~ c.plan_mask, a.position) = 1 order by a.rank
) above
from company c where c.id = $1
"""


class PlanRefused(InspectionRefused):
    """A change of plan or trial that is refused; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class CompanyPlan:
    """A company's plan, its trial, and the active apps `above` the plan, which sleep unless the trial runs."""

    id: str
    name: str
    plan: Plan
    trial_ends_at: datetime | None
    in_trial: bool
    above: tuple[str, ...]


async def show_plan(database: Database, named: str) -> CompanyPlan:
    """The plan of the company with this id or name. Raises InspectionRefused unless there is exactly one."""
    async with database.transaction() as connection:
        return await _plan(connection, await _find(connection, named))


async def set_plan(database: Database, named: str, plan: Plan, until: datetime | None = None) -> CompanyPlan:
    """Give a company a plan; PREMIUM with a moment: until then, by its trial, and the plan of now afterwards.

    Raises InspectionRefused unless there is exactly one such company, PlanRefused for a term of another plan and for a
    moment that is over.
    """
    if until is not None and plan is not Plan.PREMIUM:
        raise PlanRefused(f"Only PREMIUM is given until a moment: then the plan of now counts again, not {plan.name}.")
    async with _locked(database, named) as (connection, company, locked):
        if until is not None:
            if until <= locked["at"]:
                raise PlanRefused("The moment of --until is over.")
            if until != locked["trial_ends_at"]:
                await set_trial(connection, company, locked["at"], until)
        elif plan.name != locked["plan"]:
            await change_plan(connection, company, locked["at"], plan)
        return await _plan(connection, company)


async def extend_trial(database: Database, named: str, days: int) -> CompanyPlan:
    """Let a company's trial end some days later; one that is over, or was none, begins now.

    Raises InspectionRefused unless there is exactly one such company.
    """
    async with _locked(database, named) as (connection, company, locked):
        at: datetime = locked["at"]
        ends = max(at, locked["trial_ends_at"] or at) + timedelta(days=days)
        await set_trial(connection, company, at, ends)
        return await _plan(connection, company)


@asynccontextmanager
async def _locked(database: Database, named: str) -> AsyncGenerator[tuple[Connection, uuid.UUID, Record]]:
    """A transaction with the locked company: its key, and `plan, trial_ends_at, at`."""
    async with database.transaction() as connection:
        company = await _find(connection, named)
        locked = await connection.fetchrow(LOCK_COMPANY, company)
        assert locked is not None, "nobody deletes companies"
        yield connection, company, locked


async def _find(connection: Connection, named: str) -> uuid.UUID:
    if not await is_migrated(connection):
        raise PlanRefused("The database is not that of this version: enfact migrate brings it there.")
    return (await find_company(connection, named))["id"]


async def _plan(connection: Connection, company: uuid.UUID) -> CompanyPlan:
    row = await connection.fetchrow(FIND_PLAN, company)
    assert row is not None, "it was found in this transaction"
    return CompanyPlan(
        f"com_{row['id'].hex}", row["name"], Plan[row["plan"]], row["trial_ends_at"], bool(row["in_trial"]),
        tuple(row["above"]),
    )  # fmt: skip
