"""The oracle's resolvers of the fields that follow rules of their own.

The viewer, the catalogue, access, the permission matrix.
"""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from schema.apps import CATALOGUE, App
from tests.differential.dataset import ENDLESS
from tests.differential.gating import printed_schema
from tests.differential.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.lists import global_id, sort_key
from tests.differential.past import company_then, people_now, people_then
from tests.differential.world import Record, Scope, apps_in, apps_where, has_begun, has_bit

EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# --- the viewer and the catalogue


def _viewer_account(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Account", oracle.account or {})


def _ends(row: Record) -> datetime.datetime:
    """When a credential stops working; the driver gives infinity without its offset."""
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


def _key_last_used(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """Of somebody else's key that opens several companies it would tell of the others."""
    mine = item.row["account_id"] == (oracle.session or {})["account_id"]
    used = item.row["last_used_at"]
    return written(used) if used is not None and (mine or item.row["company_id"] is not None) else None


def _company_api_keys(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The keys that are bound to the company, or open it, of whoever has been in it since the key was made."""
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
    given = dict(arguments.get("filter") or {})
    access = given.pop("access", None)
    wanted = [
        scope for scope in oracle.scopes if access is None or scope.membership["external"] is (access == "EXTERNAL")
    ]
    items = [Item("Company", scope.company, scope) for scope in wanted]
    return oracle.connect(items, "company", "ViewerCompanyFilter", {**arguments, "filter": given})


def _app(oracle: Oracle, name: str, item: Item) -> Item:
    return Item("AppInfo", oracle.world.one("app", id=name) or {}, item.scope)


def _app_info_app(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["id"]


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
    """The changes of memberships that the viewer accepted; what hangs on one is judged by its company, if entered."""
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


def _access_since(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(item.row["created_at"])


def _access_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_where(scope_of(item).reaches)


def _access_can(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return scope_of(item).reaches(App(arguments["app"]))


def _company_active_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return apps_in(item.row["mask"])


def _login(oracle: Oracle, item: Item) -> Record:
    return oracle.world.one("account", id=item.row["account_id"]) or {}


def _user_email(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["email"]


def _user_status(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return "PENDING" if item.row["accepted_at"] is None else "ACTIVE"


def _user_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    active = item.row.get("active", scope_of(item).company["mask"])
    mask = active if item.row["role"] == "OWNER" else item.row["toggles"]
    return apps_in(mask)


def _external_user_kind(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["kind"]


def _external_user_office_name(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _login(oracle, item)["office_name"]


def _memberships(oracle: Oracle, item: Item, account: Any) -> list[Record]:
    """Those that an account has or had in the company."""
    company = scope_of(item).company["id"]
    return list(oracle.world.rows("membership", company_id=company, account_id=account))


def _called(column: str) -> Resolver:
    """In a company others are called as their membership there says, or the last one said."""

    def value(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        if item.scope is None or item.row == oracle.account:
            return item.row[column]
        theirs = _memberships(oracle, item, item.row["id"])
        return max(theirs, key=lambda row: (row["removed_at"] is None, row["removed_at"]))[column]

    return value


def _access_change_person(type_: str) -> Resolver:
    """The person concerned; nobody in a company that is lost."""

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
    """A matrix of a moment or of some people, and its rows, and those of some apps, have ids of their own."""
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
    return item.row["access_version"]


def _columns(oracle: Oracle, matrix: Item) -> list[str]:
    asked = matrix.arguments.get("apps")
    active = apps_in(matrix.row["mask"])
    return [app for app in active if asked is None or app in asked]


def _permission_matrix_apps(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [_app(oracle, app, item) for app in _columns(oracle, item)]


def _permission_matrix_rows(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """Users first, then who comes from outside, each in the order in which they came."""
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
    return [_cell(App(app), Scope(item.parent.row, item.row)) for app in _columns(oracle, item.parent)]


def _cell(app: App, person: Scope) -> dict[str, Any]:
    member, always = person.membership, CATALOGUE[app].always_visible
    reason = "EXTERNAL" if member["external"] else "OWNER" if member["role"] == "OWNER" else "TOGGLE"
    return {
        "app": app.value,
        "granted": has_bit(member["toggles"], app),
        "effective": person.reaches(app) and has_begun(member, person.company.get("moment")),
        "editable": reason == "TOGGLE" and not always,
        "reason": "ALWAYS_VISIBLE" if always else reason,
    }


SPECIAL: Final[Mapping[str, Resolver]] = {
    "Viewer.account": _viewer_account,
    "Viewer.sessions": _credentials("Session", "SESSION"),
    "Viewer.apiKeys": _credentials("ApiKey", "API_KEY"),
    "Company.apiKeys": _company_api_keys,
    "ApiKey.owner": _key_owner,
    "ApiKey.lastUsedAt": _key_last_used,
    "ApiKey.companyId": _key_company,
    "ApiKey.expiresAt": _key_ends,
    "Session.current": _session_current,
    "Viewer.companies": _viewer_companies,
    "Viewer.accessChanges": _viewer_access_changes,
    "AppInfo.app": _app_info_app,
    "AppInfo.requires": _app_info_requires,
    "AppInfo.label": _app_info_label,
    "AppInfo.description": _app_info_description,
    "Company.access": _company_access,
    "Access.since": _access_since,
    "Access.apps": _access_apps,
    "Access.can": _access_can,
    "Company.activeApps": _company_active_apps,
    "User.email": _user_email,
    "User.status": _user_status,
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
    "PermissionMatrix.rows": _permission_matrix_rows,
    "PermissionRow.user": _permission_row_user,
    "PermissionRow.externalUser": _permission_row_external_user,
    "PermissionRow.cells": _permission_row_cells,
    "ExternalUser.email": _user_email,
    "ExternalUser.since": _access_since,
}
