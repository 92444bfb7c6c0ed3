"""Explanations: an owner asks which selections of an operation, which is not run, a user would see, and why."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import Argument, enum_value, field, gated
from schema.declarations.object_types import extends, value
from schema.declarations.scalars import Json
from schema.roles import Role
from schema.types.core.company import Company


@strawberry.enum(description="Why a selection is not visible.")
class HiddenReason(Enum):
    NOT_ACTIVATED = enum_value("NOT_ACTIVATED", "The app is not active in the company.")
    PLAN = enum_value("PLAN", "The app is active, but above the company's plan: it sleeps.")
    NOT_GRANTED = enum_value(
        "NOT_GRANTED", "The app is active, but this user does not hold it; without an app: the user has no access now."
    )
    ROLE = enum_value("ROLE", "It is for another role.")
    OTHER_COMPANY = enum_value("OTHER_COMPANY", "It is not of this company; whether it exists is not told.")


@value("Whether somebody would see a selection of an operation.")
class AccessExplanation:
    path: list[str] = field("The response keys from the root, without list indices.")
    visible: bool = field("Whether it is visible.")
    reason: HiddenReason | None = field("Why it is not: the first gate on the way that is closed.")
    app: App | None = field("The app that is missing.")
    role: Role | None = field("The role that is missing.")


@extends(Company)
class CompanyExplanations:
    explain_access: list[AccessExplanation] | None = gated(
        "What a user, or an external user, of this company would see of a query, selection by selection. Nothing is "
        "run, no id of the query is looked up. Null for who is not here.",
        Role.OWNER,
        user_id=Argument(strawberry.ID, "The user or external user."),
        operation=Argument(str, "A document with one query, within the limits of any request."),
        variables=Argument(Json | None, "The values of its variables, an object."),
    )
