"""Requests for access: a user asks for an app with a reason, an owner grants or declines."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, IdCriterion
from schema.declarations.fields import connection, enum_value, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.access import Access, PermissionMatrix, User
from schema.types.core.company import Company
from schema.types.core.versions import Author


@strawberry.enum(description="Where a request for access stands.")
class AccessRequestState(Enum):
    OPEN = enum_value("OPEN", "No owner has decided yet.")
    GRANTED = enum_value("GRANTED", "The app was switched on.")
    DECLINED = enum_value("DECLINED", "An owner declined it, or the user was deleted.")


@entity("arq", OPEN, description="A user's request for an app. Owners see all of a company, everybody their own.")
class AccessRequest(Node):
    user: User | None = open_field("Who asks.")
    app: App = open_field("For which app.")
    reason: str = open_field("What for.")
    state: AccessRequestState = open_field("Where it stands.")
    created_at: datetime.datetime = open_field("When it was made.")
    decided_at: datetime.datetime | None = open_field("When it was decided.")
    until: datetime.datetime | None = open_field("Until when it was granted; null without an end.")
    decided_by: Author | None = open_field("Who decided; null as long as it is open.")


@filter_object("Which requests for access.")
class AccessRequestFilter:
    user: IdCriterion | None = reads(AccessRequest, "user")
    app: list[App] | None = reads(AccessRequest, "app")
    state: list[AccessRequestState] | None = reads(AccessRequest, "state")
    created_at: DateTimeCriterion | None = reads(AccessRequest, "created_at")
    search: str | None = reads(AccessRequest, "reason", "user.first_name last_name", "user.last_name first_name")


AccessRequestOrder = order_enum("AccessRequestOrder", AccessRequest, "created_at")


@extends(Company)
class CompanyAccessRequests:
    access_requests: Connection[AccessRequest] | None = connection(
        "Requests for access, newest first: all for owners, one's own for others.",
        is_open=True,
        filter=AccessRequestFilter,
        order=AccessRequestOrder,
    )


@extends(Access)
class OwnRequests:
    open_requests: list[AccessRequest] = field("What the viewer has asked for and nobody has decided yet.")


@extends(PermissionMatrix)
class OpenRequests:
    open_requests: list[AccessRequest] = field("What users ask for now and nobody has decided yet, newest first.")
