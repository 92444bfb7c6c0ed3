"""Who may see what: a member's access, users and external users, the permission matrix and its history."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App, AppKind, Plan
from schema.declarations import OPEN, Argument, Role, entity, enum_value, field, gated, opened, stood_in, value
from schema.language import Language
from schema.relay import Node


@strawberry.enum(description="What sort of account it is.")
class AccountKind(Enum):
    MEMBER = enum_value("MEMBER", "Somebody who works in a company.")
    ACCOUNTANT = enum_value("ACCOUNTANT", "An accountant, who enters companies from outside.")
    SUPPORT = enum_value("SUPPORT", "A member of the support staff.")


@value("A person's login.", prefix="acc")
class Account:
    id: strawberry.ID = field("The global id.")
    email: str = field("The e-mail address; it never changes.")
    first_name: str = field("First name.")
    last_name: str = field("Last name.")
    language: Language = field("The language of messages.")
    kind: AccountKind = field("What sort of account it is.")
    confirmed: bool = field("Whether the e-mail address was confirmed.")


@value("An app of the catalogue.")
class AppInfo:
    app: App = field("Its id.")
    kind: AppKind = field("What sort of app it is.")
    category: str | None = field("The sort of connection.")
    label: str = field("Its name.", language=Argument(Language | None, "In this language; the viewer's by default."))
    description: str = field(
        "What it does.", language=Argument(Language | None, "In this language; the viewer's by default.")
    )
    always_visible: bool = field("Whether it cannot be switched off.")
    requires: list[App] = field("The apps that it needs.")
    plan: Plan = field("The lowest plan that has it.")


@value("What the viewer has in a company.")
class Access:
    role: Role | None = field("The viewer's role; an external user has none.")
    external: bool = field("Whether the viewer comes from outside.")
    since: datetime.datetime = field("Since when.")
    until: datetime.datetime | None = field("Until when, if it ends by itself.")
    apps: list[App] = field("The apps that the viewer reaches, in the catalogue's order.")
    can: bool = field("Whether the viewer reaches an app.", app=Argument(App, "The app."))


@strawberry.enum(description="Whether a user has accepted the invitation.")
class UserStatus(Enum):
    PENDING = enum_value("PENDING", "Invited, not yet accepted; has no access.")
    ACTIVE = enum_value("ACTIVE", "Has access.")


@entity("usr", OPEN, description="A member of a company.")
class User(Node):
    first_name: str = opened("First name.")
    last_name: str = opened("Last name.")
    email: str | None = stood_in(gated("The e-mail address of the login.", Role.OWNER))
    language: Language | None = stood_in(gated("The language of messages.", Role.OWNER))
    role: Role | None = stood_in(gated("The role.", Role.OWNER))
    status: UserStatus | None = stood_in(gated("Whether the invitation was accepted.", Role.OWNER))
    apps: list[App] | None = stood_in(gated("The toggles that are on; of an owner: all active apps.", Role.OWNER))
    created_at: datetime.datetime | None = stood_in(gated("When the user was invited.", Role.OWNER))


@entity("ext", Role.OWNER, description="Somebody from outside who reaches all active apps: an accountant or support.")
class ExternalUser(Node):
    email: str = field("The e-mail address of the login.")
    first_name: str = field("First name.")
    last_name: str = field("Last name.")
    kind: AccountKind = field("What sort of account it is.")
    office_name: str | None = field("The accountant's office.")
    created_by_accountant: bool = field("Whether this accountant created the company.")
    since: datetime.datetime = field("Since when.")
    until: datetime.datetime | None = field("Until when, if it ends by itself.")


@strawberry.enum(description="Why a cell of the permission matrix is as it is.")
class CellReason(Enum):
    TOGGLE = enum_value("TOGGLE", "The toggle decides.")
    OWNER = enum_value("OWNER", "Owners reach all active apps.")
    EXTERNAL = enum_value("EXTERNAL", "External users reach all active apps.")
    ALWAYS_VISIBLE = enum_value("ALWAYS_VISIBLE", "The app cannot be switched off.")


@value("One person's access to one app.")
class PermissionCell:
    app: App = field("The app.")
    granted: bool = field("Whether the toggle is on.")
    effective: bool = field("Whether the person reaches the app.")
    editable: bool = field("Whether there is a toggle.")
    reason: CellReason = field("What decides.")


@value("One person's access to every active app.", prefix="prw")
class PermissionRow:
    id: strawberry.ID = field("The global id.")
    user: User | None = field("The user, if the row is a user's; at a moment with the role, status and apps of then.")
    external_user: ExternalUser | None = field(
        "The external user, if the row is one's; at a moment with the term of then."
    )
    cells: list[PermissionCell] = field("One cell per column.")


@value("Who may see what in a company.", Role.OWNER, prefix="pmx")
class PermissionMatrix:
    id: strawberry.ID = field("The global id.")
    version: int = field("Grows by one with every mutation that changes access in this company.")
    apps: list[AppInfo] = field("The columns: the company's active apps in the catalogue's order.")
    rows: list[PermissionRow] = field("One row per user, then one per external user.")


@strawberry.enum(description="What sort of change of access it was.")
class AccessChangeKind(Enum):
    USER_INVITED = enum_value("USER_INVITED", "A user was invited.")
    USER_JOINED = enum_value("USER_JOINED", "A user accepted the invitation.")
    USER_DELETED = enum_value("USER_DELETED", "A user was deleted.")
    ROLE = enum_value("ROLE", "A role changed.")
    TOGGLE = enum_value("TOGGLE", "A toggle changed.")
    APP_ACTIVATED = enum_value("APP_ACTIVATED", "An app was activated for the company.")
    APP_DEACTIVATED = enum_value("APP_DEACTIVATED", "An app was deactivated for the company.")
    EXTERNAL_ADDED = enum_value("EXTERNAL_ADDED", "An external user was added.")
    EXTERNAL_CHANGED = enum_value("EXTERNAL_CHANGED", "An external user's term changed.")
    EXTERNAL_REMOVED = enum_value("EXTERNAL_REMOVED", "An external user was removed.")
    SUPPORT_ON = enum_value("SUPPORT_ON", "Support access was switched on.")
    SUPPORT_OFF = enum_value("SUPPORT_OFF", "Support access was switched off.")
    KEY_CREATED = enum_value("KEY_CREATED", "An API key was created.")
    KEY_REVOKED = enum_value("KEY_REVOKED", "An API key was revoked.")
    VIEWED_AS = enum_value("VIEWED_AS", "An owner looked at the company as a user.")
    COMPANY_CLOSES = enum_value(
        "COMPANY_CLOSES", "The company has no owner any more, and is closed from `until` on unless one comes."
    )
    COMPANY_STAYS = enum_value("COMPANY_STAYS", "A company that was to be closed, or was, has an owner again.")


@value("A change of access.", prefix="acg")
class AccessChange:
    id: strawberry.ID = field("The global id.")
    at: datetime.datetime = field("When.")
    kind: AccessChangeKind = field("What sort of change.")
    actor: Account | None = field("Who did it.")
    company_id: strawberry.ID = field("In which company.")
    user: User | None = field("The user concerned.")
    external_user: ExternalUser | None = field("The external user concerned.")
    app: App | None = field("The app concerned.")
    before: bool | None = field("The toggle before.")
    after: bool | None = field("The toggle after.")
    role_before: Role | None = field("The role before.")
    role_after: Role | None = field("The role after.")
    until: datetime.datetime | None = field("The term set.")


@strawberry.enum(description="How somebody who lacks a right is told of a hidden field.")
class HiddenFields(Enum):
    NULL = enum_value("NULL", "It is null, and a note says so.")
    ERROR = enum_value("ERROR", "It is null, and an error says so.")
    ABSENT = enum_value("ABSENT", "It is unknown, as if there were no such field.")


@value("A key with which another program reaches what its owner reaches.", prefix="key")
class ApiKey:
    id: strawberry.ID = field("The global id.")
    label: str = field("What the key is for.")
    last4: str = field("The last four characters of the key.")
    owner: Account | None = field("Whose key it is.")
    company_id: strawberry.ID | None = field(
        "The only company that it opens; null for all that its owner was in when it was made and that allow keys."
    )
    read_only: bool = field("Whether nothing can be changed with it.")
    hidden_fields: HiddenFields = field("How hidden fields are told, whatever a request asks for.")
    created_at: datetime.datetime = field("When it was made.")
    last_used_at: datetime.datetime | None = field(
        "When it was last used; not told of somebody else's that opens several companies."
    )
    expires_at: datetime.datetime | None = field("When it stops working; null: never.")


@value("A session of the viewer.", prefix="ses")
class Session:
    id: strawberry.ID = field("The global id.")
    created_at: datetime.datetime = field("When the viewer signed in.")
    last_used_at: datetime.datetime | None = field("When it was last used.")
    user_agent: str | None = field("The program that signed in.")
    current: bool = field("Whether this request uses it.")
