"""Previews: what a change of access would do, before it is made."""

from enum import Enum

import strawberry

from schema.declarations.fields import Argument, enum_value, field, gated
from schema.declarations.object_types import extends, value
from schema.mutations.access import AppAccessChange
from schema.roles import Role
from schema.types.core.access import ApiKey, User
from schema.types.core.company import Company


@strawberry.enum(description="How much of an operation somebody sees.")
class AccessExtent(Enum):
    WHOLE = enum_value("WHOLE", "All of its selections.")
    PARTIAL = enum_value("PARTIAL", "Some of its selections.")
    NOTHING = enum_value("NOTHING", "None of its selections.")


@value("Fields of a type, or values of an enum.")
class TypeCoordinates:
    type: str = field("The type.")
    names: list[str] = field("The names of its fields or values.")


@value("What a user would see more or less.")
class AccessPreviewPerson:
    user: User = field("The user.")
    gained: list[TypeCoordinates] = field("What would be seen that is not seen now.")
    lost: list[TypeCoordinates] = field("What would not be seen any more.")


@value("An operation of which a user would see more or less.")
class AccessPreviewOperation:
    name: str = field("Its name in the manifest.")
    user: User = field("The user.")
    before: AccessExtent = field("How much of it the user sees now.")
    after: AccessExtent = field("How much of it the user would see.")


@value("A key that would reach less.")
class AccessPreviewKey:
    api_key: ApiKey = field("The key.")
    lost: list[TypeCoordinates] = field("What it would not reach any more.")


@value("What a change of access would do. Nothing is changed.")
class AccessPreview:
    people: list[AccessPreviewPerson] = field("The users who would see more or less, in the order of the changes.")
    operations: list[AccessPreviewOperation] = field("The operations of which somebody would see more or less.")
    api_keys: list[AccessPreviewKey] = field("The keys of these users that would reach less; none for who shows a key.")


@extends(Company)
class CompanyPreview:
    preview_access: AccessPreview | None = gated(
        "What would follow from changes of toggles. What cannot be changed is left out: setAppAccess says why.",
        Role.OWNER,
        changes=Argument(list[AppAccessChange] | None, "The toggles as setAppAccess takes them, at most 3,000."),
        operations=Argument(
            list[str] | None, "Names of operations of the manifests to look at, at most 100; others are left out."
        ),
    )
