"""The permission matrix of a moment by the rules: a company and its people as they were, by the history's rows."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from asyncpg import BitString

from db.tables.metadata import APPS
from schema.apps import CATALOGUE, App
from tests.differential.world import Record, World

APART = ("KEY_CREATED", "KEY_REVOKED", "VIEWED_AS")
TERMS = ("EXTERNAL_ADDED", "EXTERNAL_CHANGED")


def company_then(world: World, company: Record, at: datetime.datetime) -> Record:
    """A company with the apps and the version of a moment."""
    later = {
        change["at"]
        for change in world.rows("access_change", company_id=company["id"])
        if change["at"] > at and change["kind"] not in APART
    }
    mask = _on(world.rows("company_app", company_id=company["id"]), at)
    return {**company, "mask": mask, "access_version": company["access_version"] - len(later), "moment": at}


def people_now(members: Iterable[Record]) -> Iterator[Record]:
    """Those who were not removed."""
    return (member for member in members if member["removed_at"] is None)


def people_then(world: World, company: Record, members: Iterable[Record]) -> Iterator[Record]:
    """Those who were there at the moment of a company, as they were."""
    at = company["moment"]
    for member in members:
        if member["created_at"] > at or (member["removed_at"] is not None and member["removed_at"] <= at):
            continue
        accepted = member["accepted_at"]
        yield {
            **member,
            "role": _role(world, member, at),
            "toggles": _on(world.rows("app_grant", company_id=company["id"], membership_id=member["id"]), at),
            "accepted_at": accepted if accepted is not None and accepted <= at else None,
            "until": _until(world, member, at) if member["external"] else member["until"],
            "active": company["mask"],
        }


def _on(periods: Iterable[Record], at: datetime.datetime) -> BitString:
    """The apps of the periods that hold a moment, as a mask."""
    on = {period["app_id"] for period in periods if _holds(period["valid"], at)}
    places = {CATALOGUE[app].position for app in App if app.name in on}
    text: Any = "".join("1" if place in places else "0" for place in range(APPS))
    return BitString(text)


def _holds(valid: Any, at: datetime.datetime) -> bool:
    return valid.lower <= at and (valid.upper is None or at < valid.upper)


def _role(world: World, member: Record, at: datetime.datetime) -> Any:
    """The role before the first change of it since."""
    changes = world.rows("access_change", company_id=member["company_id"], membership_id=member["id"], kind="ROLE")
    later = sorted((change for change in changes if change["at"] > at), key=lambda change: change["at"])
    return later[0]["role_before"] if later else member["role"]


def _until(world: World, member: Record, at: datetime.datetime) -> Any:
    """The term that was set last until then."""
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
