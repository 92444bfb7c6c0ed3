"""Activating and deactivating apps for a company.

An app is activated with the apps that it requires, within the plan or in the trial. It is not deactivated while another
needs it, which may sleep.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from asyncpg import Record

from db.masks import NO_APPS
from resolvers.masks import has
from resolvers.mutations.company_lock import lock_as_owner
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult, UserErrors
from resolvers.mutations.steps.active_apps import plan_required
from resolvers.mutations.steps.audit import grow
from resolvers.user_problems import UserProblem, invalid
from schema.apps import CATALOGUE, App, AppKind, Plan, app_label, dependents, requirements
from schema.errors import UserErrorCode, ValidationReason

ACTIVATE_APPS: Final = """
insert into company_app (company_id, app_id, valid, activated_by)
select $1, app_id, tstzrange($2, null), $3 from unnest($4::text[]) app_id
"""
DEACTIVATE_APPS: Final = """
update company_app
set valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 microsecond')), deactivated_by = $3
where company_id = $1 and app_id = any($4::text[]) and upper_inf(valid)
"""
WRITE_COMPANY_MASK: Final = f"""
update company c set mask = coalesce((
  select bit_or(set_bit({NO_APPS}, a.position, 1)) from app a join company_app o on o.app_id = a.id
  where o.company_id = c.id and upper_inf(o.valid)
), {NO_APPS})
where c.id = $1
"""
RECORD_APP_CHANGES: Final = """
insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select $1, $2, $5, $3, app_id, $5 = 'APP_DEACTIVATED', $5 = 'APP_ACTIVATED' from unnest($4::text[]) app_id
"""


async def activate_app(write: MutationContext, given: InputValues) -> MutationResult:
    """Activate an app and the apps that it requires; active ones stay active.

    Raises Forbidden and UserErrors (NOT_FOUND, PLAN_REQUIRED).
    """
    company = await lock_as_owner(write, given["companyId"])
    app: App = given["app"]
    needed = (*requirements(app), app)
    dear = [one for one in needed if not has(company["awake"], one) and not _affords(company, one)]
    if dear:
        raise UserErrors(plan_required(dear[-1], ("app",)), values={"company": company["id"]})
    wanted = [one for one in needed if not has(company["active"], one)]
    await _switch(write, company, wanted, ACTIVATE_APPS, "APP_ACTIVATED")
    return MutationResult({"company": company["id"], "app": app.name})


def _rows(given: InputValues) -> int:
    """The app and all that it requires, the most that can be activated."""
    return 1 + len(requirements(given["app"]))


def _affords(company: Record, app: App) -> bool:
    """True when the company's plan has an app, or its trial runs, which has all."""
    return company["in_trial"] or Plan(company["plan"]).covers(CATALOGUE[app].plan)


async def deactivate_app(write: MutationContext, given: InputValues) -> MutationResult:
    """Deactivate an app for the whole company; data and toggles stay.

    Raises Forbidden and UserErrors (NOT_FOUND, ALWAYS_VISIBLE, VALIDATION, APP_NOT_ACTIVE, APP_REQUIRED_BY).
    """
    company = await lock_as_owner(write, given["companyId"])
    app: App = given["app"]
    problem = _undeactivatable(app, company)
    if problem is not None:
        raise UserErrors(problem, values={"company": company["id"]})
    await _switch(write, company, [app], DEACTIVATE_APPS, "APP_DEACTIVATED")
    return MutationResult({"company": company["id"], "app": app.name})


def _undeactivatable(app: App, company: Record) -> UserProblem | None:
    entry = CATALOGUE[app]
    requiring = [other for other in dependents(app) if has(company["active"], other)]
    match entry.always_visible, entry.kind:
        case True, _:
            return UserProblem(
                UserErrorCode.ALWAYS_VISIBLE, ("app",), lambda language: {"app": app_label(app, language)}
            )
        case _, AppKind.BASE | AppKind.PART:
            return invalid(("app",), ValidationReason.NOT_ALLOWED)
        case _ if not has(company["active"], app):
            return UserProblem(
                UserErrorCode.APP_NOT_ACTIVE, ("app",), lambda language: {"app": app_label(app, language)}
            )
        case _ if requiring:
            return UserProblem(
                UserErrorCode.APP_REQUIRED_BY,
                ("app",),
                lambda language: {
                    "app": app_label(app, language),
                    "apps": ", ".join(app_label(other, language) for other in requiring),
                },
            )
        case _:
            return None


async def _switch(write: MutationContext, company: Record, apps: Sequence[App], statement: str, kind: str) -> None:
    """Write the changed apps: the validity periods, the mask that follows from them, the audit, the version."""
    if not apps:
        return
    names = [app.name for app in apps]
    moment = (company["id"], company["at"], write.caller.account)
    await write.connection.execute(statement, *moment, names)
    await write.connection.execute(WRITE_COMPANY_MASK, company["id"])
    await write.connection.execute(RECORD_APP_CHANGES, *moment, names, kind)
    await grow(write, company["id"])


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "activateApp": Mutation(activate_app, changes_access=True, rows=_rows),
    "deactivateApp": Mutation(deactivate_app, changes_access=True),
}
