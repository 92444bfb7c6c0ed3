"""Activating and deactivating apps for a company.

An app is activated with the apps that it requires, within the plan or in the trial. It is not deactivated while
another app requires it, even a sleeping one.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final

from db.masks import NO_APPS
from resolvers.plans import ended_period
from resolvers.user_problems import UserProblem, about_app, invalid, plan_required
from resolvers.writing.access.intent import AccessIntent
from resolvers.writing.access.statement import AccessSql, Input
from schema.apps import CATALOGUE, App, AppKind, Plan, app_label, dependents, requirements
from schema.errors import UserErrorCode, ValidationReason

FIND_REQUIRED_APPS: Final = """
select a.n, a.app, get_bit(j.active, a.position) = 0 changes, true given, a.position, case
    when get_bit(j.awake, a.position) = 0 and not j.in_trial and j.plan <> all(string_to_array(a.plans, ' ')) then a.app
  end problem
from judged j cross join unnest({}) with ordinality a(app, position, plans, n) where j.outcome is null
"""
"""The app and its required apps; a problem is an app that sleeps, or would sleep, because the plan does not have it."""

INSERT_ACTIVATIONS: Final = """
insert into company_app (company_id, app_id, valid, activated_by)
select {0}, w.app, tstzrange(w.at, null), w.account_id from changing w
"""
RECORD_ACTIVATIONS: Final = """
insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select {0}, w.at, 'APP_ACTIVATED', w.account_id, w.app, false, true from changing w
"""
ACTIVATE_APP: Final = AccessSql(
    {"asked": Input(FIND_REQUIRED_APPS, {"apps": "text[]", "positions": "int4[]", "plans": "text[]"})},
    {"activated": INSERT_ACTIVATIONS, "trail": RECORD_ACTIVATIONS},
    f", mask = c.mask | (select bit_or(set_bit({NO_APPS}, a.position, 1)) from asked a where a.changes)",
)

FIND_DEPENDENT_APPS: Final = """
select a.n, a.app, a.n = 1 changes, false given, a.position,
  case when (get_bit(j.active, a.position) = 1) = (a.n > 1) then a.app end problem
from judged j cross join unnest({}) with ordinality a(app, position, n) where j.outcome is null
"""
"""The app and those that require it; a problem is the app if it is not active, or one of the others if it is."""

END_ACTIVATIONS: Final = f"""
update company_app o
set valid = {ended_period("o", "w.at")},
  deactivated_by = w.account_id
from changing w where o.company_id = {{0}} and o.app_id = w.app and upper_inf(o.valid)
"""
RECORD_DEACTIVATIONS: Final = """
insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select {0}, w.at, 'APP_DEACTIVATED', w.account_id, w.app, true, false from changing w
"""
DEACTIVATE_APP: Final = AccessSql(
    {"asked": Input(FIND_DEPENDENT_APPS, {"apps": "text[]", "positions": "int4[]"})},
    {"deactivated": END_ACTIVATIONS, "trail": RECORD_DEACTIVATIONS},
    f", mask = c.mask & ~ (select bit_or(set_bit({NO_APPS}, a.position, 1)) from asked a where a.changes)",
)


def activations(input_: Mapping[str, Any]) -> int:
    """Maximum number of apps that an input activates: the app and all that it requires."""
    return 1 + len(requirements(input_["app"]))


def deactivations(input_: Mapping[str, Any]) -> int:
    """The number of apps that an input deactivates: one."""
    return 1


def read_activation(input_: Mapping[str, Any]) -> AccessIntent:
    """Activate an app and the apps that it requires; active ones stay active."""
    app: App = input_["app"]
    needed = (*requirements(app), app)
    arrays = {
        "apps": [one.name for one in needed],
        "positions": [CATALOGUE[one].position for one in needed],
        "plans": [_plans(CATALOGUE[one].plan) for one in needed],
    }
    return AccessIntent(input_, arrays, _too_dear, shown={"app": app.name})


@lru_cache
def _plans(lowest: Plan) -> str:
    """The names of the plans that have an app of this lowest plan."""
    return " ".join(plan.name for plan in Plan if plan.covers(lowest))


def _too_dear(found: Sequence[str]) -> Iterable[UserProblem]:
    return (plan_required(App[found[-1]], ("app",)),)


def read_deactivation(input_: Mapping[str, Any]) -> AccessIntent:
    """Deactivate an app for the whole company; data and toggles stay."""
    app: App = input_["app"]
    apps = (app, *dependents(app))
    arrays = {"apps": [one.name for one in apps], "positions": [CATALOGUE[one].position for one in apps]}
    return AccessIntent(
        input_, arrays, partial(_in_the_way, app), tuple(_never_deactivated(app)), shown={"app": app.name}
    )


def _never_deactivated(app: App) -> Iterable[UserProblem]:
    entry = CATALOGUE[app]
    if entry.always_visible:
        yield about_app(UserErrorCode.ALWAYS_VISIBLE, app, ("app",))
    elif entry.kind in (AppKind.BASE, AppKind.PART):
        yield invalid(("app",), ValidationReason.NOT_ALLOWED)


def _in_the_way(app: App, found: Sequence[str]) -> Iterable[UserProblem]:
    """The problem with an app that is not active, or with the apps that require it."""
    if app.name in found:
        return (about_app(UserErrorCode.APP_NOT_ACTIVE, app, ("app",)),)
    requiring = [App[name] for name in found]
    return (
        UserProblem(
            UserErrorCode.APP_REQUIRED_BY,
            ("app",),
            lambda language: {
                "app": app_label(app, language),
                "apps": ", ".join(app_label(other, language) for other in requiring),
            },
        ),
    )
