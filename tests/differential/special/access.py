"""The oracle's resolvers of the viewer, the app catalogue, access and the permission matrix."""

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from schema.apps import CATALOGUE, App
from tests.differential.data.dataset import ENDLESS, NEVER
from tests.differential.oracle.core import kinds_of
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import global_id, sort_key
from tests.differential.oracle.past import company_then, has_trial_ended, holds, people_now, people_then
from tests.differential.oracle.world import Record, Scope, apps_where, has_begun, has_bit, is_awake

MOST_CHANGES: Final = 500
EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# --- the viewer and the catalogue


def _viewer_id(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return global_id("Viewer", item.row["account_id"])


def _viewer_account(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Account", oracle.account or {})


def _ends(row: Record) -> datetime.datetime:
    """The moment at which a credential expires, in UTC; the driver returns infinity without an offset."""
    return row["expires_at"].replace(tzinfo=datetime.UTC)


def _credentials(type_: str, kind: str) -> Resolver:
    def listed(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        now = datetime.datetime.now(datetime.UTC)
        mine = oracle.world.rows("credential", account_id=item.row["account_id"], kind=kind)
        rows = [row for row in mine if _ends(row) > now]
        return [Item(type_, row) for row in sorted(rows, key=lambda row: sort_key(["-created_at"], row))]

    return listed


def _key_company(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    company = item.row["company_id"]
    return global_id("Company", company) if company else None


def _key_ends(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return None if _ends(item.row) == ENDLESS else written(_ends(item.row))


def _key_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    mask = item.row["apps"]
    return apps_where(partial(has_bit, mask)) if "0" in mask.as_string() else None


def _preset_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_where(partial(has_bit, item.row["apps"]))


def _key_last_used(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """None for another account's key that opens several companies: it would reveal use in the others."""
    mine = item.row["account_id"] == (oracle.session or {})["account_id"]
    used = item.row["last_used_at"]
    return written(used) if used is not None and (mine or item.row["company_id"] is not None) else None


def opening_keys(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The keys that are bound to the company or open it, of accounts that have been in it since the key's creation."""
    now, company = datetime.datetime.now(datetime.UTC), scope_of(item).company
    members = {
        row["account_id"]: row
        for row in oracle.world.rows("membership", company_id=company["id"], removed_at=None)
        if has_begun(row)
    }
    rows = [
        row
        for row in oracle.world.rows("credential", kind="API_KEY")
        if _ends(row) > now and row["account_id"] in members and _opens(row, company, members[row["account_id"]])
    ]
    return [Item("ApiKey", row, item.scope) for row in sorted(rows, key=lambda row: sort_key(["-created_at"], row))]


def _opens(row: Record, company: Record, member: Record) -> bool:
    if row["created_at"] < member["accepted_at"] or company["id"] in row["closed"]:
        return False
    if row["company_id"] is not None:
        return row["company_id"] == company["id"]
    return Scope(company, member).reaches(App.API_ACCESS)


def _key_owner(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Account", oracle.world.one("account", id=item.row["account_id"]) or {}, item.scope)


def _session_current(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["id"] == (oracle.session or {})["id"]


def _viewer_companies(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    items = [
        Item("Company", {**scope.company, "access": "EXTERNAL" if scope.membership["external"] else "MEMBER"}, scope)
        for scope in oracle.scopes
    ]
    return oracle.connect(items, "company", "ViewerCompanyFilter", arguments)


def _app(oracle: Oracle, name: str, item: Item) -> Item:
    return Item("AppInfo", oracle.world.one("app", id=name) or {}, item.scope)


def _app_info_app(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["id"]


def _app_info_id(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return f"app_{item.row['id']}"


def _app_info_requires(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return sorted(row["requires_app_id"] for row in oracle.world.rows("app_requirement", app_id=item.row["id"]))


def _spoken(oracle: Oracle, item: Item, arguments: Arguments) -> Record:
    language = arguments.get("language") or oracle.language
    return oracle.world.one("app_text", app_id=item.row["id"], language=language) or {}


def _app_info_label(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _spoken(oracle, item, arguments)["label"]


def _app_info_description(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _spoken(oracle, item, arguments)["description"]


def _viewer_access_changes(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The changes of memberships that the viewer accepted; each is judged in its company, if that can be entered."""
    own = {
        (row["company_id"], row["id"])
        for row in oracle.world.rows("membership", account_id=item.row["account_id"])
        if row["accepted_at"] is not None
    }
    entered = {scope.company["id"]: scope for scope in oracle.scopes}
    items = [
        Item("AccessChange", row, entered.get(row["company_id"]), item)
        for row in oracle.world.rows("access_change")
        if (row["company_id"], row["membership_id"]) in own
    ]
    return oracle.connect(items, "access_change", "", arguments)


# --- access


def _company_access(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Access", scope_of(item).membership, item.scope)


def _access_user(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return None if item.row["external"] else Item("User", item.row, item.scope)


def _author(column: str) -> Resolver:
    """The last membership of the account in a column."""

    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        login = item.row[column]
        company = {"company_id": scope_of(item).company["id"], "account_id": login}
        known = list(oracle.world.rows("membership", **company)) if login is not None else []
        newest = max(known, key=lambda row: row["removed_at"] or NEVER, default=None)
        return None if newest is None else Item("Author", newest, item.scope)

    return resolve


def _author_name(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return f"{item.row['first_name']} {item.row['last_name']}"


def _open_requests(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """Those of a company, or of a member; newest first."""
    rows = oracle.world.rows("access_request", company_id=scope_of(item).company["id"], state="OPEN")
    theirs = [row for row in rows if item.type != "Access" or row["user_id"] == item.row["id"]]
    return [
        Item("AccessRequest", row, item.scope) for row in sorted(theirs, key=lambda row: sort_key(["-created_at"], row))
    ]


VERSIONED: Final = [type_.name for type_ in kinds_of(printed_schema(), printed_schema().type_map["Versioned"])]


def _access_since(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["created_at"])


def _access_company(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Company", scope_of(item).company, item.scope)


def _access_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_where(scope_of(item).reaches)


def _access_can(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return scope_of(item).reaches(App(arguments["app"]))


def _company_active_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_where(lambda app: is_awake(item.row, app))


def _company_sleeping_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_where(lambda app: has_bit(item.row["mask"], app) and not is_awake(item.row, app))


def _login(oracle: Oracle, item: Item) -> Record:
    return oracle.world.one("account", id=item.row["account_id"]) or {}


def _user_email(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["email"]


def _user_status(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    if item.row["removed_at"] is not None and "active" not in item.row:
        return None
    return "PENDING" if item.row["accepted_at"] is None else "ACTIVE"


def _user_invitation(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The invitation of a pending user of now; people of a past moment have `active`."""
    is_pending = item.row["accepted_at"] is None and item.row["removed_at"] is None and "active" not in item.row
    return Item("Invitation", item.row, item.scope) if is_pending else None


def _of_membership(oracle: Oracle, item: Item, table: str, **columns: str) -> list[Record]:
    """The letters or tokens of a membership, oldest first."""
    rows = oracle.world.rows(table, company_id=item.row["company_id"], membership_id=item.row["id"], **columns)
    return sorted(rows, key=lambda row: (row["created_at"], row["id"]))


def _invitation_state(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    letters = _of_membership(oracle, item, "outbox", kind="INVITATION")
    if letters and letters[-1]["given_up_at"] is not None:
        return "BOUNCED"
    if letters and letters[-1]["sent_at"] is None:
        return "WAITING"
    tokens = _of_membership(oracle, item, "mail_token", purpose="INVITATION")
    now = datetime.datetime.now(datetime.UTC)
    return "SENT" if any(token["expires_at"] > now for token in tokens) else "EXPIRED"


def _invitation_sent(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    letters = _of_membership(oracle, item, "outbox", kind="INVITATION")
    return written(letters[-1]["sent_at"]) if letters else None


def _invitation_expires(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    tokens = _of_membership(oracle, item, "mail_token", purpose="INVITATION")
    return written(max((token["expires_at"] for token in tokens), default=None))


def _viewer_invitations(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    if not (oracle.account or {})["confirmed"]:
        return []
    mine = oracle.world.rows(
        "membership", account_id=item.row["account_id"], external=False, accepted_at=None, removed_at=None
    )
    return [Item("OwnInvitation", row) for row in sorted(mine, key=lambda row: row["created_at"])]


def _user_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    company = {"awake": item.row["active"]} if "active" in item.row else scope_of(item).company
    toggles, owns = item.row["toggles"], item.row["role"] == "OWNER"
    return apps_where(lambda app: is_awake(company, app) if owns else has_bit(toggles, app))


def _external_user_kind(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["kind"]


def _external_user_office_name(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["office_name"]


def _memberships(oracle: Oracle, item: Item, account: Any) -> list[Record]:
    """The memberships that an account has or had in the company."""
    company = scope_of(item).company["id"]
    return list(oracle.world.rows("membership", company_id=company, account_id=account))


def _called(column: str) -> Resolver:
    """A name of another person in a company: that of their membership there, or of the last one."""

    def value(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        if item.scope is None or item.row == oracle.account:
            return item.row[column]
        theirs = _memberships(oracle, item, item.row["id"])
        return max(theirs, key=lambda row: (row["removed_at"] is None, row["removed_at"]))[column]

    return value


def _access_change_person(type_: str) -> Resolver:
    """The person whom a change concerns; None in a company that the viewer cannot enter any more."""

    def value(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        if item.scope is None:
            return None
        return oracle.referred(item, printed_schema().type_map[type_], item.row["membership_id"])

    return value


def _access_change_actor(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    if item.scope is None:
        return None
    login = oracle.world.one("account", id=item.row["actor_id"])
    if item.parent is not None and item.scope.membership["role"] != "OWNER" and login != oracle.account:
        return None
    here = login is not None and _memberships(oracle, item, login["id"])
    return Item("Account", login, item.scope) if login is not None and here else None


def _access_change_app(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["app_id"]


# --- the permission matrix


def _company_permission_matrix(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    at = arguments.get("at")
    row = item.row if at is None else company_then(oracle.world, item.row, datetime.datetime.fromisoformat(at))
    return Item("PermissionMatrix", row, item.scope, item, arguments)


def _permission_id(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The id of a matrix or a row, with marks for its moment and its arguments."""
    whole = item.type == "PermissionMatrix"
    matrix = item if whole else item.parent
    assert matrix is not None
    then = matrix.row.get("moment")
    marks = [] if then is None else [str((then - EPOCH) // datetime.timedelta(microseconds=1))]
    for argument in ("apps", "userIds") if whole else ("apps",):
        if (asked := matrix.arguments.get(argument)) is not None:
            named = "\n".join([argument, *sorted(set(asked))])
            marks.append(hashlib.sha256(named.encode()).hexdigest()[:16])
    return "_".join([global_id(item.type, item.row["id"]), *marks])


def _permission_matrix_version(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _version(item.row)


def _version(company: Record) -> int:
    """The version of now, or of a past moment."""
    return company["access_version"] + (0 if "moment" in company else has_trial_ended(company))


def _columns(oracle: Oracle, matrix: Item) -> list[str]:
    asked = matrix.arguments.get("apps")
    active = apps_where(lambda app: is_awake(matrix.row, app))
    return [app for app in active if asked is None or app in asked]


def _permission_matrix_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [_app(oracle, app, item) for app in _columns(oracle, item)]


def _permission_matrix_sleeping(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [_app(oracle, app, item) for app in _company_sleeping_apps(oracle, item, arguments)]


def _permission_matrix_rows(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The rows: users first, then externals, each in the order of creation."""
    asked = item.arguments.get("userIds")
    members = oracle.world.rows("membership", company_id=item.row["id"])
    people = sorted(
        people_then(oracle.world, item.row, members) if "moment" in item.row else people_now(members),
        key=lambda row: sort_key(["external", "created_at"], row),
    )
    ids = [global_id("ExternalUser" if row["external"] else "User", row["id"]) for row in people]
    return [
        Item("PermissionRow", row, item.scope, item)
        for id_, row in zip(ids, people, strict=True)
        if asked is None or id_ in asked
    ]


def _permission_row_user(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return None if item.row["external"] else Item("User", item.row, item.scope)


def _permission_row_external_user(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("ExternalUser", item.row, item.scope) if item.row["external"] else None


def _permission_row_cells(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    assert item.parent is not None
    return list(_cells(oracle, Scope(item.parent.row, item.row), _columns(oracle, item.parent)))


def _changed_since(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The cells of the toggles that changed after a version; None if anything else did."""
    newest = sorted(
        oracle.world.rows("access_change", company_id=item.row["id"]),
        key=lambda row: (row["at"], row["id"]),
        reverse=True,
    )[:MOST_CHANGES]
    if has_trial_ended(item.row):
        end = {"at": item.row["trial_ends_at"], "kind": "TRIAL"}
        newest = sorted([end, *newest], key=lambda row: row["at"], reverse=True)
    behind, counted = _version(item.row) - arguments["version"], [row for row in newest if _counts(row)]
    moments = sorted({row["at"] for row in counted}, reverse=True)
    later = [row for row in counted if row["at"] in moments[: max(behind, 0)]]
    cut = len(newest) >= MOST_CHANGES and len(moments) <= behind
    if "moment" in item.row or not 0 <= behind <= len(moments) or (behind and cut):
        return None
    if any(row["kind"] != "TOGGLE" for row in later):
        return None
    changed = {(row["membership_id"], row["app_id"]) for row in later}
    return [
        cell
        for person in _permission_matrix_rows(oracle, item, {})
        for cell in _cells(
            oracle,
            Scope(item.row, person.row),
            [app for app in _columns(oracle, item) if (person.row["id"], app) in changed],
        )
    ]


def _counts(change: Record) -> bool:
    return change["kind"] not in ("KEY_CREATED", "KEY_REVOKED", "VIEWED_AS", "ACCESS_REQUESTED", "ACCESS_DECLINED")


def _cells(oracle: Oracle, person: Scope, apps: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The cells of one person for some apps."""
    grants = list(oracle.world.rows("app_grant", membership_id=person.membership["id"]))
    return (_cell(App(app), person, [grant for grant in grants if grant["app_id"] == app]) for app in apps)


def _cell(app: App, person: Scope, grants: Iterable[Record]) -> dict[str, Any]:
    then = person.company.get("moment")
    marks = [] if then is None else [str((then - EPOCH) // datetime.timedelta(microseconds=1))]
    member, always = person.membership, CATALOGUE[app].always_visible
    reason = "EXTERNAL" if member["external"] else "OWNER" if member["role"] == "OWNER" else "TOGGLE"
    return {
        "id": "_".join([global_id("PermissionCell", member["id"]), *marks, app.value]),
        "app": app.value,
        "granted": has_bit(member["toggles"], app),
        "effective": person.reaches(app) and has_begun(member, person.company.get("moment")),
        "editable": reason == "TOGGLE" and not always,
        "reason": "ALWAYS_VISIBLE" if always else reason,
        "until": _end_of_toggle(grants, then),
    }


def _end_of_toggle(grants: Iterable[Record], then: datetime.datetime | None) -> Any:
    """The end that a toggle was given with, by its period of now or of a moment."""
    for grant in grants:
        if grant["valid"].upper is None if then is None else holds(grant["valid"], then):
            return None if grant["until"] is None else written(grant["until"])
    return None


SPECIAL: Final[Mapping[str, Resolver]] = {
    "Viewer.id": _viewer_id,
    "Viewer.account": _viewer_account,
    "Viewer.sessions": _credentials("Session", "SESSION"),
    "Viewer.apiKeys": _credentials("ApiKey", "API_KEY"),
    "Company.apiKeys": opening_keys,
    "ApiKey.owner": _key_owner,
    "ApiKey.lastUsedAt": _key_last_used,
    "ApiKey.companyId": _key_company,
    "ApiKey.apps": _key_apps,
    "AccessPreset.apps": _preset_apps,
    "ApiKey.expiresAt": _key_ends,
    "Session.current": _session_current,
    "Viewer.companies": _viewer_companies,
    "Viewer.accessChanges": _viewer_access_changes,
    "AppInfo.app": _app_info_app,
    "AppInfo.id": _app_info_id,
    "AppInfo.requires": _app_info_requires,
    "AppInfo.label": _app_info_label,
    "AppInfo.description": _app_info_description,
    "Company.access": _company_access,
    "Access.since": _access_since,
    "Access.company": _access_company,
    "Access.user": _access_user,
    "Author.user": _access_user,
    "Author.name": _author_name,
    **{f"{type_}.createdBy": _author("created_by") for type_ in VERSIONED},
    **{f"{type_}.updatedBy": _author("updated_by") for type_ in VERSIONED},
    "Access.apps": _access_apps,
    "Access.openRequests": _open_requests,
    "PermissionMatrix.openRequests": _open_requests,
    "AccessRequest.app": _access_change_app,
    "AccessRequest.decidedBy": _author("decided_by"),
    "Access.can": _access_can,
    "Company.activeApps": _company_active_apps,
    "Company.sleepingApps": _company_sleeping_apps,
    "User.email": _user_email,
    "User.status": _user_status,
    "User.invitation": _user_invitation,
    "Invitation.state": _invitation_state,
    "Invitation.sentAt": _invitation_sent,
    "Invitation.expiresAt": _invitation_expires,
    "Viewer.invitations": _viewer_invitations,
    "OwnInvitation.expiresAt": _invitation_expires,
    "User.apps": _user_apps,
    "ExternalUser.kind": _external_user_kind,
    "ExternalUser.officeName": _external_user_office_name,
    "Account.firstName": _called("first_name"),
    "Account.lastName": _called("last_name"),
    "Account.language": _called("language"),
    "AccessChange.actor": _access_change_actor,
    "AccessChange.user": _access_change_person("User"),
    "AccessChange.externalUser": _access_change_person("ExternalUser"),
    "AccessChange.app": _access_change_app,
    "Company.permissionMatrix": _company_permission_matrix,
    "PermissionMatrix.id": _permission_id,
    "PermissionRow.id": _permission_id,
    "PermissionMatrix.version": _permission_matrix_version,
    "PermissionMatrix.apps": _permission_matrix_apps,
    "PermissionMatrix.sleepingApps": _permission_matrix_sleeping,
    "PermissionMatrix.rows": _permission_matrix_rows,
    "PermissionMatrix.changedSince": _changed_since,
    "PermissionRow.user": _permission_row_user,
    "PermissionRow.externalUser": _permission_row_external_user,
    "PermissionRow.cells": _permission_row_cells,
    "ExternalUser.email": _user_email,
    "ExternalUser.since": _access_since,
}
