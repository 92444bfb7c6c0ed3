"""The problem with an app that a company's users do not reach: it is not active, or it is above the plan and sleeps."""

from asyncpg import Record

from resolvers.masks import has
from resolvers.mutations.context import UserProblem
from schema.apps import CATALOGUE, App, app_label
from schema.errors import UserErrorCode


def not_awake(company: Record, app: App, path: tuple[str, ...]) -> UserProblem | None:
    """The problem at a path in the input with an app of an entered company (company_lock.py); None if it is awake."""
    if has(company["awake"], app):
        return None
    if has(company["active"], app):
        return plan_required(app, path)
    return UserProblem(UserErrorCode.APP_NOT_ACTIVE, path, lambda language: {"app": app_label(app, language)})


def plan_required(app: App, path: tuple[str, ...]) -> UserProblem:
    """The problem with an app that is above the company's plan (PLAN_REQUIRED)."""
    plan = CATALOGUE[app].plan.name.title()
    return UserProblem(
        UserErrorCode.PLAN_REQUIRED, path, lambda language: {"app": app_label(app, language), "plan": plan}
    )
