"""Access: that of the viewer, users and external users, the permission matrix and its history."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App, AppKind, Plan
from schema.declarations.criteria import DateTimeCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import Argument, enum_value, field, gated, open_field, stood_in
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, filter_object, thing
from schema.declarations.relay import Node
from schema.hidden_fields import HiddenFields
from schema.localization.language import Language
from schema.roles import Role


@strawberry.enum(description="What sort of account it is.")
class AccountKind(Enum):
    MEMBER = enum_value("MEMBER", "Somebody who works in a company.")
    ACCOUNTANT = enum_value("ACCOUNTANT", "An accountant, who enters companies from outside.")
    SUPPORT = enum_value("SUPPORT", "A member of the support staff.")


@thing("acc", description="A person's login.")
class Account:
    email: str = field("The e-mail address; it never changes.")
    first_name: str = field("First name.")
    last_name: str = field("Last name.")
    language: Language = field("The language of messages.")
    kind: AccountKind = field("What sort of account it is.")
    confirmed: bool = field("Whether the e-mail address was confirmed.")


@thing("app", description="An app of the catalogue.")
class AppInfo:
    app: App = field("Its id.")
    kind: AppKind = field("What sort of app it is.")
    category: str | None = field(
        "The group of apps that it belongs to, as SALES or WORK; of a connection the sort of service, as BANK."
    )
    label: str = field("Its name.", language=Argument(Language | None, "In this language; the viewer's by default."))
    description: str = field(
        "What it does.", language=Argument(Language | None, "In this language; the viewer's by default.")
    )
    always_visible: bool = field("Whether it cannot be switched off.")
    requires: list[App] = field("The apps that it needs.")
    plan: Plan = field("The lowest plan that has it.")


@strawberry.enum(description="Whether a user has accepted the invitation.")
class UserStatus(Enum):
    PENDING = enum_value("PENDING", "Invited, not yet accepted; has no access.")
    ACTIVE = enum_value("ACTIVE", "Has access.")


@strawberry.enum(description="Where an invitation stands that was not accepted yet.")
class InvitationState(Enum):
    WAITING = enum_value("WAITING", "Its letter was not sent yet.")
    SENT = enum_value("SENT", "Its letter was sent, and the link in it works.")
    BOUNCED = enum_value("BOUNCED", "Its letter could not be delivered.")
    EXPIRED = enum_value("EXPIRED", "Its link works no more; it can be sent again.")


@thing("ivs", description="An invitation that was not accepted yet, for who sent it.")
class Invitation:
    state: InvitationState = field("Where it stands.")
    sent_at: datetime.datetime | None = field("When its letter was sent last; null before that, and a month later.")
    expires_at: datetime.datetime | None = field("Until when its link works; null before it was sent.")


@thing("ivt", description="An invitation to the viewer, who can decline it by its id.")
class OwnInvitation:
    company_name: str = field("The name of the company.")
    role: Role = field("As what.")
    created_at: datetime.datetime = field("Since when.")
    expires_at: datetime.datetime | None = field("Until when the link of its letter works; null before it was sent.")


@entity("usr", OPEN, description="A member of a company.")
class User(Node):
    first_name: str = open_field("First name.")
    last_name: str = open_field("Last name.")
    email: str | None = stood_in(gated("The e-mail address of the login.", Role.OWNER))
    language: Language | None = stood_in(gated("The language of messages.", Role.OWNER))
    role: Role | None = stood_in(gated("The role.", Role.OWNER))
    status: UserStatus | None = stood_in(
        gated("Whether the invitation was accepted; null for who is no user any more.", Role.OWNER)
    )
    invitation: Invitation | None = stood_in(
        gated("The invitation, as long as it was not accepted; null in the matrix of a moment.", Role.OWNER)
    )
    apps: list[App] | None = stood_in(gated("The toggles that are on; of an owner: all active apps.", Role.OWNER))
    created_at: datetime.datetime | None = stood_in(gated("When the user was invited.", Role.OWNER))


@filter_object("Which members.")
class UserFilter:
    first_name: TextCriterion | None = reads(User, "first_name")
    last_name: TextCriterion | None = reads(User, "last_name")
    email: TextCriterion | None = reads(User, "email")
    role: list[Role] | None = reads(User, "role")
    status: list[UserStatus] | None = reads(User, "status")
    apps: list[App] | None = reads(User, "apps")
    created_at: DateTimeCriterion | None = reads(User, "created_at")
    search: str | None = reads(User, "first_name last_name", "last_name first_name", "email")


UserOrder = order_enum("UserOrder", User, "last_name", "first_name", "role", "created_at")


@thing("acs", description="What the viewer has in a company.")
class Access:
    user: User | None = field("The viewer as a user of the company; null from outside.")
    role: Role | None = field("The viewer's role; an external user has none.")
    external: bool = field("Whether the viewer comes from outside.")
    since: datetime.datetime = field("Since when.")
    until: datetime.datetime | None = field("Until when, if it ends by itself.")
    apps: list[App] = field("The apps that the viewer reaches, in the catalogue's order.")
    can: bool = field("Whether the viewer reaches an app.", app=Argument(App, "The app."))


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


@filter_object("Which external users.")
class ExternalUserFilter:
    first_name: TextCriterion | None = reads(ExternalUser, "first_name")
    last_name: TextCriterion | None = reads(ExternalUser, "last_name")
    email: TextCriterion | None = reads(ExternalUser, "email")
    kind: list[AccountKind] | None = reads(ExternalUser, "kind")
    office_name: TextCriterion | None = reads(ExternalUser, "office_name")
    created_by_accountant: bool | None = reads(ExternalUser, "created_by_accountant")
    since: DateTimeCriterion | None = reads(ExternalUser, "since")
    until: DateTimeCriterion | None = reads(ExternalUser, "until")
    search: str | None = reads(ExternalUser, "first_name last_name", "last_name first_name", "email", "office_name")


ExternalUserOrder = order_enum("ExternalUserOrder", ExternalUser, "last_name", "first_name", "until")


@strawberry.enum(description="Why a cell of the permission matrix is as it is.")
class CellReason(Enum):
    TOGGLE = enum_value("TOGGLE", "The toggle decides.")
    OWNER = enum_value("OWNER", "Owners reach all active apps.")
    EXTERNAL = enum_value("EXTERNAL", "External users reach all active apps.")
    ALWAYS_VISIBLE = enum_value("ALWAYS_VISIBLE", "The app cannot be switched off.")


@thing("pcl", description="One person's access to one app.")
class PermissionCell:
    app: App = field("The app.")
    granted: bool = field("Whether the toggle is on.")
    effective: bool = field("Whether the person reaches the app.")
    editable: bool = field("Whether there is a toggle.")
    reason: CellReason = field("What decides.")
    until: datetime.datetime | None = field("Until when the toggle is on, if it was lent: it then goes off by itself.")


@thing("prw", description="One person's access to every active app.")
class PermissionRow:
    user: User | None = field("The user, if the row is a user's; at a moment with the role, status and apps of then.")
    external_user: ExternalUser | None = field(
        "The external user, if the row is one's; at a moment with the term of then."
    )
    cells: list[PermissionCell] = field("One cell per column.")


@thing("pmx", Role.OWNER, description="Who may see what in a company.")
class PermissionMatrix:
    version: int = field("Grows by one with every mutation that changes access in this company, and as its trial ends.")
    apps: list[AppInfo] = field("The columns: the company's active apps in the catalogue's order.")
    sleeping_apps: list[AppInfo] = field("The active apps that are no columns, because they are above the plan.")
    rows: list[PermissionRow] = field("One row per user, then one per external user.")
    changed_since: list[PermissionCell] | None = field(
        "The cells that were switched since a version, to be merged into that matrix. Null when the matrix has to be "
        "read again: something else changed since, it is more than 500 changes ago, or there is no such version yet; "
        "null in the matrix of a moment, too.",
        version=Argument(int, "The version that the client has."),
    )


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
    ACCESS_REQUESTED = enum_value("ACCESS_REQUESTED", "A user asked for an app.")
    ACCESS_DECLINED = enum_value("ACCESS_DECLINED", "An owner declined what a user had asked for.")
    PLAN = enum_value("PLAN", "The plan changed; or, if it is the same, the apps that it has.")
    TRIAL = enum_value("TRIAL", "The end of the trial changed.")
    COMPANY_CLOSES = enum_value(
        "COMPANY_CLOSES", "The company has no owner any more, and is closed from `until` on unless one comes."
    )
    COMPANY_STAYS = enum_value("COMPANY_STAYS", "A company that was to be closed, or was, has an owner again.")


@thing("acg", description="A change of access.")
class AccessChange:
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
    plan_before: Plan | None = field("The plan before.")
    plan_after: Plan | None = field("The plan after.")
    until_before: datetime.datetime | None = field("The end of the trial before.")
    until: datetime.datetime | None = field("The term set.")


@filter_object("Which changes of access.")
class AccessChangeFilter:
    at: DateTimeCriterion | None = reads(AccessChange, "at")
    kind: list[AccessChangeKind] | None = reads(AccessChange, "kind")
    actor: IdCriterion | None = reads(AccessChange, "actor")
    user: IdCriterion | None = reads(AccessChange, "user")
    external_user: IdCriterion | None = reads(AccessChange, "external_user")
    app: list[App] | None = reads(AccessChange, "app")
    search: str | None = reads(
        AccessChange,
        "actor.first_name last_name",
        "actor.last_name first_name",
        "actor.email",
        "user.first_name last_name",
        "user.last_name first_name",
        "user.email",
        "external_user.first_name last_name",
        "external_user.last_name first_name",
        "external_user.email",
        "external_user.office_name",
    )


AccessChangeOrder = order_enum("AccessChangeOrder", AccessChange, "at")


@thing("key", description="A key with which another program reaches what its owner reaches.")
class ApiKey:
    label: str = field("What the key is for.")
    last4: str = field("The last four characters of the key.")
    owner: Account | None = field("Whose key it is.")
    company_id: strawberry.ID | None = field(
        "The only company that it opens; null for all that its owner was in when it was made and that allow keys."
    )
    apps: list[App] | None = field("The only apps that it reaches, where its owner does; null for all.")
    read_only: bool = field("Whether nothing can be changed with it.")
    hidden_fields: HiddenFields = field("How hidden fields are told, whatever a request asks for.")
    created_at: datetime.datetime = field("When it was made.")
    last_used_at: datetime.datetime | None = field(
        "When it was last used; not told of somebody else's that opens several companies."
    )
    expires_at: datetime.datetime | None = field("When it stops working; null: never.")


@thing("ses", description="A session of the viewer.")
class Session:
    created_at: datetime.datetime = field("When the viewer signed in.")
    last_used_at: datetime.datetime | None = field("When it was last used.")
    user_agent: str | None = field("The program that signed in.")
    current: bool = field("Whether this request uses it.")
