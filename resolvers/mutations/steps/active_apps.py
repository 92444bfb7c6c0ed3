"""The problem with an app that a company's users do not reach: it is not active, or it is above the plan and sleeps."""

from asyncpg import Record

from resolvers.masks import has
from resolvers.user_problems import UserProblem, about_app, plan_required
from schema.apps import App
from schema.errors import UserErrorCode


def not_awake(company: Record, app: App, path: tuple[str, ...]) -> UserProblem | None:
    """The problem at a path in the input with an app of an entered company (company_lock.py); None if it is awake."""
    if has(company["awake"], app):
        return None
    if has(company["active"], app):
        return plan_required(app, path)
    return about_app(UserErrorCode.APP_NOT_ACTIVE, app, path)
