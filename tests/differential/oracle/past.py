"""The permission matrix of a past moment by the rules: a company and its people, from the rows of the history."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from asyncpg import BitString

from schema.apps import App
from tests.differential.data.dataset import bits
from tests.differential.oracle.world import Record, World, affords, has_bit

APART = ("KEY_CREATED", "KEY_REVOKED", "VIEWED_AS", "ACCESS_REQUESTED", "ACCESS_DECLINED")
TERMS = ("EXTERNAL_ADDED", "EXTERNAL_CHANGED")


def company_then(world: World, company: Record, at: datetime.datetime) -> Record:
    """The company with its apps, those that were awake, and its access version at a moment."""
    later = {
        change["at"]
        for change in world.rows("access_change", company_id=company["id"])
        if change["at"] > at and change["kind"] not in APART
    }
    mask = _on(world.rows("company_app", company_id=company["id"]), at)
    plan = _before_change(world, company, at, "PLAN", "plan_before", company["plan"])
    trial = _before_change(world, company, at, "TRIAL", "until_before", company["trial_ends_at"])
    in_trial = trial is not None and trial > at
    version = company["access_version"] - len(later) - len([end for end in _trial_ends(world, company) if end > at])
    return {
        **company,
        "mask": mask,
        "awake": bits(app for app in App if has_bit(mask, app) and (in_trial or affords(plan, app))),
        "access_version": version + has_trial_ended(company),
        "moment": at,
    }


def has_trial_ended(company: Record) -> bool:
    """Whether the last trial is over; that alone counts one version."""
    ends = company["trial_ends_at"]
    return ends is not None and ends <= datetime.datetime.now(datetime.UTC)


def _trial_ends(world: World, company: Record) -> Iterator[datetime.datetime]:
    """The moments at which a trial ended: the last one, and those that were extended only afterwards."""
    if has_trial_ended(company):
        yield company["trial_ends_at"]
    for change in world.rows("access_change", company_id=company["id"], kind="TRIAL"):
        if change["until_before"] is not None and change["until_before"] <= change["at"]:
            yield change["until_before"]


def _before_change(world: World, company: Record, at: datetime.datetime, kind: str, column: str, now: Any) -> Any:
    """The value before the first later change of a kind, else that of now."""
    changes = world.rows("access_change", company_id=company["id"], kind=kind)
    later = sorted((change for change in changes if change["at"] > at), key=lambda change: change["at"])
    return later[0][column] if later else now


def people_now(members: Iterable[Record]) -> Iterator[Record]:
    """The members who are not removed."""
    return (member for member in members if member["removed_at"] is None)


def people_then(world: World, company: Record, members: Iterable[Record]) -> Iterator[Record]:
    """The members at the moment of a company, with their values at that moment."""
    at = company["moment"]
    for member in members:
        if member["created_at"] > at or (member["removed_at"] is not None and member["removed_at"] <= at):
            continue
        accepted = member["accepted_at"]
        grants = list(world.rows("app_grant", company_id=company["id"], membership_id=member["id"]))
        lent = [grant for grant in grants if grant["until"] is not None and holds(grant["valid"], at)]
        yield {
            **member,
            "role": _role(world, member, at),
            "lent": _on(lent, at),
            "lent_until": min((grant["until"] for grant in lent if grant["until"] <= at), default=None),
            "toggles": _on(grants, at),
            "accepted_at": accepted if accepted is not None and accepted <= at else None,
            "until": _until(world, member, at) if member["external"] else member["until"],
            "active": company["awake"],
        }


def _on(periods: Iterable[Record], at: datetime.datetime) -> BitString:
    """The mask of the apps whose periods include a moment."""
    on = {period["app_id"] for period in periods if holds(period["valid"], at)}
    return bits(app for app in App if app.name in on)


def holds(valid: Any, at: datetime.datetime) -> bool:
    return valid.lower <= at and (valid.upper is None or at < valid.upper)


def _role(world: World, member: Record, at: datetime.datetime) -> Any:
    """The role at a moment: the one before the first later change of it."""
    changes = world.rows("access_change", company_id=member["company_id"], membership_id=member["id"], kind="ROLE")
    later = sorted((change for change in changes if change["at"] > at), key=lambda change: change["at"])
    return later[0]["role_before"] if later else member["role"]


def _until(world: World, member: Record, at: datetime.datetime) -> Any:
    """The end of access at a moment: the one set last until then."""
    login = world.one("account", id=member["account_id"]) or {}
    told = [
        change
        for change in world.rows("access_change", company_id=member["company_id"])
        if change["at"] <= at
        and (
            (change["membership_id"] == member["id"] and change["kind"] in TERMS)
            or (change["kind"] == "SUPPORT_ON" and login["kind"] == "SUPPORT")
        )
    ]
    return max(told, key=lambda change: change["at"])["until"] if told else member["until"]
