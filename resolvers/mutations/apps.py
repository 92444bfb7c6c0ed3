"""Activating and deactivating apps for a company.

With what they require, within the plan, and never from under another app.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from asyncpg import Record

from db.tables.metadata import APPS
from resolvers.mutations.access import has
from resolvers.trail import grow
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, lock_as_owner
from schema.apps import CATALOGUE, App, AppKind, Plan, app_label, dependents, requirements
from schema.errors import UserErrorCode

ACTIVATE: Final = """
insert into company_app (company_id, app_id, valid, activated_by)
select $1, app_id, tstzrange($2, null), $3 from unnest($4::text[]) app_id
"""
DEACTIVATE: Final = """
update company_app
set valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 microsecond')), deactivated_by = $3
where company_id = $1 and app_id = any($4::text[]) and upper_inf(valid)
"""
KEEP_MASK: Final = """
update company c set mask = coalesce((
  select bit_or(set_bit(repeat('0', $2::int)::bit(256), a.position, 1)) from app a join company_app o on o.app_id = a.id
  where o.company_id = c.id and upper_inf(o.valid)
), repeat('0', $2::int)::bit(256))
where c.id = $1
"""
RECORD: Final = """
insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select $1, $2, $5, $3, app_id, $5 = 'APP_DEACTIVATED', $5 = 'APP_ACTIVATED' from unnest($4::text[]) app_id
"""


async def activate_app(write: Write, given: Input) -> Written:
    """Activate an app, and first what it requires. One that is active already stays so."""
    company = await lock_as_owner(write, given["companyId"])
    app: App = given["app"]
    wanted = [needed for needed in (*requirements(app), app) if not has(company["mask"], needed)]
    dear = [needed for needed in wanted if not Plan(company["plan"]).covers(CATALOGUE[needed].plan)]
    if dear:
        raise Refused(_plan_required(dear[-1]), values={"company": company["id"]})
    await _switch(write, company, wanted, ACTIVATE, "APP_ACTIVATED")
    return Written({"company": company["id"], "app": app.name})


def _rows(given: Input) -> int:
    """At most so many apps are activated."""
    return 1 + len(requirements(given["app"]))


def _plan_required(app: App) -> Problem:
    plan = CATALOGUE[app].plan.name.title()
    return Problem(
        UserErrorCode.PLAN_REQUIRED, ("app",), lambda language: {"app": app_label(app, language), "plan": plan}
    )


async def deactivate_app(write: Write, given: Input) -> Written:
    """Deactivate an app for everyone in the company; data and toggles are kept."""
    company = await lock_as_owner(write, given["companyId"])
    app: App = given["app"]
    problem = _undeactivatable(app, company)
    if problem is not None:
        raise Refused(problem, values={"company": company["id"]})
    await _switch(write, company, [app], DEACTIVATE, "APP_DEACTIVATED")
    return Written({"company": company["id"], "app": app.name})


def _undeactivatable(app: App, company: Record) -> Problem | None:
    entry = CATALOGUE[app]
    requiring = [other for other in dependents(app) if has(company["mask"], other)]
    match entry.always_visible, entry.kind:
        case True, _:
            return Problem(UserErrorCode.ALWAYS_VISIBLE, ("app",), lambda language: {"app": app_label(app, language)})
        case _, AppKind.BASE | AppKind.PART:
            return Problem(UserErrorCode.VALIDATION, ("app",), lambda language: {"field": "app"})
        case _ if not has(company["mask"], app):
            return Problem(UserErrorCode.APP_NOT_ACTIVE, ("app",), lambda language: {"app": app_label(app, language)})
        case _ if requiring:
            return Problem(
                UserErrorCode.APP_REQUIRED_BY,
                ("app",),
                lambda language: {
                    "app": app_label(app, language),
                    "apps": ", ".join(app_label(other, language) for other in requiring),
                },
            )
        case _:
            return None


async def _switch(write: Write, company: Record, apps: Sequence[App], statement: str, kind: str) -> None:
    """Write the apps that change: the validity periods, the mask that follows from them, the trail, the version."""
    if not apps:
        return
    names = [app.name for app in apps]
    moment = (company["id"], company["at"], write.caller.account)
    await write.connection.execute(statement, *moment, names)
    await write.connection.execute(KEEP_MASK, company["id"], APPS)
    await write.connection.execute(RECORD, *moment, names, kind)
    await grow(write, company["id"])


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "activateApp": Mutation(activate_app, changes_access=True, rows=_rows),
    "deactivateApp": Mutation(deactivate_app, changes_access=True),
}
